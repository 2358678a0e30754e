#!/bin/sh
# Times tiermill against the same job in DuckDB, Polars, DataFusion and pandas; `run.sh --help` has the options.
# Makes or reuses a Python environment in the temporary folder, then leaves everything to compare.py.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
venv=${TMPDIR:-/tmp}/tiermill-peers-venv
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/python" -c 'import duckdb, polars, datafusion, pandas, pyarrow' 2>/dev/null ||
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check duckdb polars datafusion pandas pyarrow
export PYTHONPATH="$here/.." PYTHONDONTWRITEBYTECODE=1
exec "$venv/bin/python" "$here/compare.py" "$@"
