#!/bin/sh
# Reads three published days with every reader of Parquet that people use, and compares: makes a virtual environment, then
# runs check.py in it. A reader that cannot be had is left out, and the reason is printed.
#   tests/readers/run.sh --bin target/release/tiermill [--quick] [--bless]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
venv=${TIERMILL_READERS_VENV:-$HOME/.cache/tiermill/readers}
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
pip() { "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$@"; }
# asks no index when the pinned versions are there already
pip --requirement "$here/requirements-quick.txt"
case " $* " in
    *" --quick "*) ;;
    *)
        while read -r package; do
            pip "$package" || echo "$package cannot be installed here: its reader is left out" >&2
        done < "$here/requirements-more.txt"
        ;;
esac
PYTHONDONTWRITEBYTECODE=1 exec "$venv/bin/python" "$here/check.py" "$@"
