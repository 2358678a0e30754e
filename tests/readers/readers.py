"""The readers: how each reads a published table in one line, and what it then sees.

A reader yields, of the whole table: rows by as-of date, exact sums of a decimal and a count, and the SQL type of each
column in our words. What it needs is imported only when it reads, so that one that is not there can be left out.
"""

import importlib.metadata
import os
import re
import shutil
from dataclasses import dataclass
from decimal import Decimal

MONEY, COUNT = "revenue", "purchase_days"


@dataclass
class Seen:
    """What a reader sees in a table."""

    rows: dict[str, int]
    money: Decimal
    count: int
    types: dict[str, str]


@dataclass
class Reader:
    """One of them; `line` is for the documentation, with PATH for the table."""

    name: str
    package: str
    line: str
    as_of: str
    read: object
    needs: str | None = None
    folder: object = None
    quick: bool = False

    @property
    def version(self):
        return importlib.metadata.version(self.package)

    def missing(self):
        """Why it cannot read here, or none."""
        try:
            self.version
        except importlib.metadata.PackageNotFoundError:
            return f"{self.package} is not installed"
        if self.needs and not shutil.which(self.needs):
            return f"there is no `{self.needs}`"
        return None


def sql_of_arrow(ty):
    text = str(ty)
    decimal = re.fullmatch(r"decimal128\((\d+), (\d+)\)", text)
    if decimal:
        return f"DECIMAL({decimal[1]}, {decimal[2]})"
    if text.startswith("dictionary<values="):
        text = text.removeprefix("dictionary<values=").split(",")[0]
    names = {
        "string": "VARCHAR", "large_string": "VARCHAR", "int16": "SMALLINT", "int32": "INTEGER", "int64": "BIGINT",
        "double": "DOUBLE", "bool": "BOOLEAN", "date32[day]": "DATE",
    }
    return names.get(text, text)


def of_arrow(table):
    """What an Arrow table shows."""
    import pyarrow.compute as pc

    days = pc.value_counts(pc.cast(table["as_of"], "string"))
    rows = {str(one["values"]): one["counts"].as_py() for one in days}
    money, count = (pc.sum(table[name]).as_py() for name in (MONEY, COUNT))
    return Seen(rows, money, count, {name: sql_of_arrow(table.schema.field(name).type) for name in table.column_names})


def duckdb_at(pattern):
    def read(path):
        import duckdb

        source = f"read_parquet('{path}{pattern}', hive_partitioning = true)"
        rows = duckdb.sql(f"SELECT CAST(as_of AS VARCHAR), count(*) FROM {source} GROUP BY 1").fetchall()
        [(money, count)] = duckdb.sql(f"SELECT sum({MONEY}), sum({COUNT}) FROM {source}").fetchall()
        types = {row[0]: row[1].replace(",", ", ") for row in duckdb.sql(f"DESCRIBE SELECT * FROM {source}").fetchall()}
        return Seen(dict(rows), money, int(count), types)

    return read


def pyarrow_folder(path):
    import pyarrow.dataset as ds

    return of_arrow(ds.dataset(path, partitioning="hive").to_table())


def pandas_folder(path):
    import pandas as pd

    frame = pd.read_parquet(path)
    rows = {str(day): int(n) for day, n in frame["as_of"].value_counts().items()}
    types = {}
    for name, dtype in frame.dtypes.items():
        value = frame[name].dropna().iloc[0]
        text = str(dtype)
        if text == "category":
            pass
        elif isinstance(value, Decimal):
            text = f"DECIMAL(18, {-value.as_tuple().exponent})"
        elif isinstance(value, str):
            text = "VARCHAR"
        # Nulls make whole numbers of pandas doubles; the values are the same.
        names = {"int16": "SMALLINT", "int32": "INTEGER", "int64": "BIGINT", "float64": "DOUBLE", "bool": "BOOLEAN"}
        types[name] = names.get(text, text)
    money = sum(frame[MONEY].dropna(), Decimal(0))
    return Seen(rows, money, int(frame[COUNT].sum()), types)


def polars_at(pattern):
    def read(path):
        import polars as pl

        frame = pl.scan_parquet(f"{path}{pattern}", hive_partitioning=True)
        rows = frame.group_by(pl.col("as_of").cast(pl.String)).len().collect().rows()
        money, count = frame.select(pl.col(MONEY).sum(), pl.col(COUNT).sum()).collect().row(0)
        names = {
            "String": "VARCHAR", "Int16": "SMALLINT", "Int32": "INTEGER", "Int64": "BIGINT", "Float64": "DOUBLE",
            "Boolean": "BOOLEAN", "Date": "DATE",
        }
        types = {}
        for name, dtype in frame.collect_schema().items():
            text = str(dtype)
            decimal = re.fullmatch(r"Decimal\(precision=(\d+), scale=(\d+)\)", text)
            types[name] = f"DECIMAL({decimal[1]}, {decimal[2]})" if decimal else names.get(text, text)
        return Seen({str(day): n for day, n in rows}, money, count, types)

    return read


def clickhouse_at(pattern):
    def read(path):
        import json

        import chdb

        source = f"file('{path}{pattern}', Parquet)"

        def query(text):
            return json.loads(str(chdb.query(f"{text} SETTINGS use_hive_partitioning = 1", "JSONCompact")))["data"]

        rows = query(f"SELECT toString(as_of), toInt32(count()) FROM {source} GROUP BY 1")
        [(money, count)] = query(f"SELECT toString(sum({MONEY})), toString(sum({COUNT})) FROM {source}")
        described = query(f"DESCRIBE (SELECT * FROM {source})")
        names = {
            "String": "VARCHAR", "Int16": "SMALLINT", "Int32": "INTEGER", "Int64": "BIGINT", "Float64": "DOUBLE",
            "Bool": "BOOLEAN", "Date": "DATE", "Date32": "DATE",
        }
        types = {}
        for name, ty, *_ in described:
            while wrapped := re.fullmatch(r"(?:LowCardinality|Nullable)\((.*)\)", ty):
                ty = wrapped[1]
            types[name] = names.get(ty, ty.replace("Decimal", "DECIMAL"))
        return Seen(dict(rows), Decimal(money), int(count), types)

    return read


SPARK = []


def spark_folder(path):
    from pyspark.sql import SparkSession
    from pyspark.sql import functions as f

    if not SPARK:
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
        session = builder.config("spark.sql.shuffle.partitions", "2").getOrCreate()
        session.sparkContext.setLogLevel("ERROR")
        SPARK.append(session)
    frame = SPARK[0].read.parquet(path)
    rows = {str(row[0]): row[1] for row in frame.groupBy("as_of").count().collect()}
    money, count = frame.select(f.sum(MONEY), f.sum(COUNT)).first()
    names = {
        "string": "VARCHAR", "smallint": "SMALLINT", "int": "INTEGER", "bigint": "BIGINT", "double": "DOUBLE",
        "boolean": "BOOLEAN", "date": "DATE",
    }
    types = {name: names.get(ty, ty.upper().replace(",", ", ")) for name, ty in frame.dtypes}
    return Seen(rows, money, count, types)


READERS = [
    Reader("DuckDB", "duckdb", "FROM read_parquet('PATH/*/*.parquet', hive_partitioning = true)", "DATE", duckdb_at("/*/*.parquet"), folder=duckdb_at(""), quick=True),
    Reader("DuckDB, parts by name", "duckdb", "FROM read_parquet('PATH/as_of=*/part-*.parquet', hive_partitioning = true)", "DATE", duckdb_at("/as_of=*/part-*.parquet"), quick=True),
    Reader("pyarrow", "pyarrow", 'pyarrow.dataset.dataset("PATH", partitioning="hive")', "VARCHAR", pyarrow_folder, folder=pyarrow_folder, quick=True),
    Reader("pandas", "pandas", 'pandas.read_parquet("PATH")', "category", pandas_folder, folder=pandas_folder),
    Reader("Polars", "polars", 'polars.scan_parquet("PATH/*/*.parquet", hive_partitioning=True)', "DATE", polars_at("/*/*.parquet"), folder=polars_at(""), quick=True),
    Reader("ClickHouse", "chdb", "FROM file('PATH/*/*.parquet', Parquet) SETTINGS use_hive_partitioning = 1", "DATE", clickhouse_at("/*/*.parquet"), folder=clickhouse_at("")),
    Reader("Spark", "pyspark", 'spark.read.parquet("PATH")', "DATE", spark_folder, needs="java", folder=spark_folder),
]
