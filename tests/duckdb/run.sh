#!/bin/sh
# Compares tiermill with DuckDB on random orders and rules: makes a virtual environment, then runs check.py in it.
#   tests/duckdb/run.sh --bin target/release/tiermill --cases 200 --seed 1
set -eu
here=$(cd "$(dirname "$0")" && pwd)
venv=${TIERMILL_VENV:-$HOME/.cache/tiermill/venv}
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
# asks no index when the pinned version is there already
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
PYTHONDONTWRITEBYTECODE=1 exec "$venv/bin/python" "$here/check.py" "$@"
