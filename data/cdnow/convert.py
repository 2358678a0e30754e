# /// script
# requires-python = ">=3.11"
# dependencies = ["pip", "pyarrow==26.0.1"]
# ///
"""Makes the files of this folder from the CDNOW text files inside the PyPI package `lifetimes`.

Downloads that one package, checks the digests of what it takes from it, and writes beside itself
`orders.parquet`, `sample.parquet`, `sample_summary_39wk.csv` and `LICENSE-lifetimes.txt`. The same
pyarrow writes the same bytes. What the columns mean is in README.md.

    python -m venv /tmp/cdnow && /tmp/cdnow/bin/pip install pyarrow==26.0.1
    /tmp/cdnow/bin/python data/cdnow/convert.py
"""

import csv
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from datetime import date
from decimal import Decimal
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).parent
PACKAGE = "lifetimes==0.11.3"
TAKEN = {  # name in the wheel: SHA-256
    "lifetimes/datasets/CDNOW_master.txt": "eff6889ed364c5199d6eacbbeb7a6d559971df4406ac876f322c373f00a072ef",
    "lifetimes/datasets/CDNOW_sample.txt": "6fae10155c0b0ba363c2c386e30f77990d22328220efd862a5edd1443420d94a",
    "Lifetimes-0.11.3.dist-info/LICENSE.txt": "eabba5d927630ba270781bd2704815fd9ec942bceb418ffc05b43fec4d4ac2cc",
}
CALIBRATION_END = date(1997, 9, 30)  # 39 weeks from 1 January 1997

ORDERS = pa.schema([
    ("customer_id", pa.string()),
    ("order_id", pa.int64()),
    ("ordered_at", pa.date32()),
    ("quantity", pa.int32()),
    ("amount", pa.decimal128(10, 2)),
])
SAMPLE = ORDERS.insert(1, pa.field("sample_id", pa.string()))


def download() -> list[bytes]:
    """The contents of the files in TAKEN, in their order."""
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        subprocess.run([*pip, "--dest", folder, PACKAGE], check=True)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            contents = [archive.read(name) for name in TAKEN]
    for (name, expected), content in zip(TAKEN.items(), contents):
        if hashlib.sha256(content).hexdigest() != expected:
            sys.exit(f"{name} of {PACKAGE} is not the file this script was written for")
    return contents


def read(text: bytes, ids: int) -> list[tuple]:
    """Rows of a text file: `ids` leading id columns, then row number, date, quantity, amount."""
    rows = []
    for line in text.decode("ascii").splitlines():
        fields = line.split()
        if not fields[0].isdigit():
            continue  # the heading of the master file
        day, quantity, amount = fields[ids:]
        ordered_at = date(int(day[:4]), int(day[4:6]), int(day[6:]))
        rows.append((*fields[:ids], len(rows) + 1, ordered_at, int(quantity), Decimal(amount)))
    return rows


def write(name: str, schema: pa.Schema, rows: list[tuple]) -> None:
    table = pa.Table.from_arrays(
        [pa.array(column, field.type) for field, column in zip(schema, zip(*rows))], schema=schema
    )
    pq.write_table(
        table, HERE / name, compression="zstd", compression_level=19,
        store_schema=False, store_decimal_as_integer=True,
    )


def summarise(rows: list[tuple]) -> list[tuple]:
    """(x, t_x, T, mean spend) of each sample customer: repeat purchase days and weeks up to CALIBRATION_END."""
    summary = []
    for sample_id, orders in groupby(rows, key=lambda row: row[1]):
        days: dict[date, Decimal] = {}
        for *_, day, _, amount in orders:
            if day <= CALIBRATION_END:
                days[day] = days.get(day, Decimal(0)) + amount
        first, repeats = min(days), len(days) - 1
        spent = float(sum(days.values()) - days[first])
        summary.append((
            int(sample_id), repeats, (max(days) - first).days / 7, (CALIBRATION_END - first).days / 7,
            spent / repeats if repeats else 0.0,
        ))
    return summary


def main() -> None:
    master, sample, licence = download()
    orders, sampled = read(master, ids=1), read(sample, ids=2)
    # The sample file has the master id first, then its own.
    assert (len(orders), sum(row[-1] for row in orders)) == (69_659, Decimal("2500315.63"))
    assert (len(sampled), len({row[0] for row in sampled})) == (6_919, 2_357)
    write("orders.parquet", ORDERS, orders)
    write("sample.parquet", SAMPLE, sampled)
    with open(HERE / "sample_summary_39wk.csv", "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(("id", "frequency", "recency", "T", "monetary"))
        out.writerows(summarise(sampled))
    (HERE / "LICENSE-lifetimes.txt").write_bytes(licence)


main()
