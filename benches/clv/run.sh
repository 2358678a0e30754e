#!/bin/sh
# Times the CLV of tiermill beside that of `lifetimes`; `run.sh --help` has the options.
# Makes or reuses a Python environment in the temporary folder, then leaves everything to compare.py.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
venv=${TMPDIR:-/tmp}/tiermill-clv-venv
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
# lifetimes 0.11.3 is the last one (2020); these are versions it works with, on Python 3.9 to 3.11.
"$venv/bin/python" -c 'import lifetimes, pyarrow' 2>/dev/null ||
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
        lifetimes==0.11.3 autograd==1.6.2 numpy==1.24.4 pandas==1.5.3 scipy==1.10.1 pyarrow==17.0.0
export PYTHONPATH="$here/.." PYTHONDONTWRITEBYTECODE=1
exec "$venv/bin/python" "$here/compare.py" "$@"
