"""Runs duckdb.sql: `with_duckdb.py AS_OF OUT`, in the folder of `orders/`; writes OUT/part-00000.parquet."""

import sys
from pathlib import Path

import duckdb

as_of, out = sys.argv[1:]
Path(out).mkdir(parents=True)
duckdb.execute(f"SET VARIABLE as_of = DATE '{as_of}'; SET VARIABLE out = '{out}/part-00000.parquet'")
duckdb.execute(Path(__file__).with_name("duckdb.sql").read_text())
