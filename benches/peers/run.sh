#!/bin/sh
# Times tiermill against DuckDB (and Polars) on the same job; `run.sh --help` has the options.
# Makes or reuses a Python environment in the temporary folder, then leaves everything to compare.py.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
venv=${TMPDIR:-/tmp}/tiermill-peers-venv
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/python" -c 'import duckdb, polars' 2>/dev/null ||
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check duckdb polars
exec "$venv/bin/python" "$here/compare.py" "$@"
