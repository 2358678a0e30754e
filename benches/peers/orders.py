"""The generated orders, kept from one comparison to the next."""

import hashlib
import math
import os
import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from measure import ROOT, output

LAST_DAY = date(2025, 12, 31)  # the generator's own
NEXT_DAY = LAST_DAY + timedelta(days=1)
NEXT_DAY_SHARE = 0.003


@dataclass
class Orders:
    """A folder with `orders/`, and in `day/` the same orders beside those of one more day."""

    folder: Path
    rows: int
    customers: int
    files: int

    @property
    def day(self) -> Path:
        return self.folder / "day"

    @property
    def size_mb(self) -> float:
        return sum(file.stat().st_size for file in (self.folder / "orders").iterdir()) / 1e6

    def add_next_day(self) -> None:
        os.link(self.day / "next/orders-00000.parquet", self.day / "orders/orders-next-day.parquet")

    def remove_next_day(self) -> None:
        (self.day / "orders/orders-next-day.parquet").unlink(missing_ok=True)


def make(rows: int, files: int, cache: Path, generate: Path) -> Orders:
    """Makes what is not there."""
    customers = min(rows // 10, 8_000_000)
    orders = Orders(cache / f"{rows}-{customers}-{files}-{generator_digest()}", rows, customers, files)
    whole, next_day = orders.folder / "orders", orders.folder / "next"
    if not whole.exists():
        write(whole, generate, f"--rows={rows}", f"--customers={customers}", f"--files={files}", "--seed=1")
    if not next_day.exists():
        more = math.ceil(rows * NEXT_DAY_SHARE)
        days = f"--from={NEXT_DAY}", f"--to={NEXT_DAY}"
        write(next_day, generate, f"--rows={more}", f"--customers={customers}", "--seed=2", *days)
    shutil.rmtree(orders.day, ignore_errors=True)
    for folder in (whole, next_day):
        (orders.day / folder.name).mkdir(parents=True)
        for file in folder.iterdir():
            os.link(file, orders.day / folder.name / file.name)
    return orders


def write(folder: Path, generate: Path, *options: str) -> None:
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    output(generate, *options, f"--out={partial}")
    partial.rename(folder)


def generator_digest() -> str:
    """Names the folder: orders of another generator are other orders."""
    sources = sorted((ROOT / "benches/generate").glob("*.rs"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:8]
