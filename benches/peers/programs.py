"""Who does the job: tiermill, the same by hand in other engines, the bare scan, and tiermill in other circumstances."""

import importlib.metadata
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from measure import Usage, output, timed
from orders import LAST_DAY, NEXT_DAY, NEXT_DAY_SHARE, Orders

HERE = Path(__file__).resolve().parent
AS_OF = "2025-11-30"  # a month before the last order, so that the as-of filter has work
COLUMNS = "customer_id,ordered_at,amount,status"  # what the job reads
MEMORY_LIMIT = "1GB"
PEERS = {"duckdb": "DuckDB", "polars": "Polars", "datafusion": "DataFusion", "pandas": "pandas"}


@dataclass
class Program:
    """A command that is run in `folder`, and that takes the name of its output folder last."""

    key: str
    name: str
    folder: Path
    command: list[str | Path]
    parts: str = ""  # glob of the rows it writes, below its output folder; none if it writes none
    runs: list[Usage] = field(default_factory=list)
    before: Callable[[], None] = lambda: None  # not timed

    @property
    def out(self) -> Path:
        return self.folder / f"out-{self.key}"

    def run(self) -> Usage:
        shutil.rmtree(self.out, ignore_errors=True)
        self.before()
        usage, _ = timed([*self.command, *([self.out.name] if self.parts else [])], self.folder)
        return usage


def hand_written(package: str, orders: Orders) -> Program:
    command = [sys.executable, HERE / f"with_{package}.py", AS_OF]
    name = f"{PEERS[package]} {importlib.metadata.version(package)}"
    return Program(package, name, orders.folder, command, "part-*.parquet")


def bare_scan(orders: Orders, binary: Path) -> Program:
    files = sorted((orders.folder / "orders").iterdir())
    return Program("scan", "bare scan", orders.folder, [binary, "--columns", COLUMNS, *files])


class Tiermill:
    """One build of it, and what it can do."""

    def __init__(self, binary: Path):
        self.binary = binary
        self.version = output(binary, "--version").split()[-1]
        self.help = output(binary, "run", "--help")

    def program(self, key: str, name: str, folder: Path, *options: str, rules: str = "rules.yml", as_of: str = AS_OF) -> Program:
        command = [self.binary, "run", rules, "--as-of", as_of, *options, "--out"]
        return Program(key, name, folder, command, f"as_of={as_of}/part-*.parquet")

    def whole_job(self, orders: Orders) -> Program:
        shutil.copy(HERE / "rules.yml", orders.folder)
        return self.program("tiermill", f"tiermill {self.version}", orders.folder)

    def circumstances(self, orders: Orders) -> list[tuple[Program, Program | None]]:
        """Each with the program that must write the same bytes; none where this build cannot do it yet. They are
        run one after the other: a first run keeps its profile, the same day is run again with other rules, then
        the next day."""
        rules = (HERE / "rules.yml").read_text()
        (orders.day / "rules.yml").write_text(rules)
        (orders.day / "edited.yml").write_text(edited(rules))

        def in_day(key: str, name: str, **options: str) -> tuple[Program, Program | None]:
            kept = self.program(key, f"tiermill, {name}", orders.day, "--cache", "cache", **options)
            cold = self.program(f"{key}-cold", "the same without a kept profile", orders.day, **options)
            return kept, cold if "--cache" in self.help else None

        limit = self.program("limit", f"tiermill --memory-limit {MEMORY_LIMIT}", orders.folder, "--memory-limit", MEMORY_LIMIT)
        first = in_day("first", "first run with `--cache`", as_of=str(LAST_DAY))
        again = in_day("edited", "again with edited rules", rules="edited.yml", as_of=str(LAST_DAY))
        more = f"next day, {NEXT_DAY_SHARE:.1%} more orders in a new file"
        next_day = in_day("next-day", more, as_of=str(NEXT_DAY))

        def forget() -> None:
            shutil.rmtree(orders.day / "cache", ignore_errors=True)
            orders.remove_next_day()

        first[0].before, next_day[0].before = forget, orders.add_next_day
        return [(limit, self.whole_job(orders) if "--memory-limit" in self.help else None), first, again, next_day]


def edited(rules: str) -> str:
    """Other scores, other bands, another rule; the metrics are the same."""
    edits = {"quantiles: 5": "quantiles: 4", "A: 0.80, B: 0.95": "A: 0.70, B: 0.90", "m >= 3": "m >= 2"}
    for old, new in edits.items():
        assert old in rules, f"rules.yml has no `{old}`"
        rules = rules.replace(old, new)
    return rules
