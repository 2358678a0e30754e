"""The ways in which one case is run: plainly, within the least memory there is, and by way of a cache over two days.

All of them must give what DuckDB says, and the same bytes as a plain run.
"""

import datetime as dt
import json
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

import compare
import gates
import oracle
import overrides
import sides

# More customers than the least limit has room for, for most rules.
FILLER = 600_000
LEAST = {1: "303MB", 2: "336MB"}
# More rows than this are not set aside, only counted.
MOST_REJECTED = 100_000
EARLIER = [0, 1, 3, 40, 400]


@dataclass
class Case:
    """A job whose files are written, and what the oracle needs to know of it."""

    binary: str
    folder: Path
    rules: object
    files: list
    types: dict
    hive: str = ""
    timeout_seconds: int = 120
    check_rejected: bool = True
    seen: Counter = field(default_factory=Counter)  # of runs: where profiles came from, how many have spilled

    def run(self, as_of, out="out", more=()):
        """Runs the job; returns (exit code, the end of what it said, the result if there is one)."""
        rules = self.folder / "rules.yml"
        command = [self.binary, "run", rules, "--as-of", as_of, "--out", self.folder / out, *more]
        try:
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=self.timeout_seconds)
        except subprocess.TimeoutExpired:
            return None, f"no end after {self.timeout_seconds} s", {}
        (self.folder / "stdout.txt").write_text(done.stdout)
        (self.folder / "stderr.txt").write_text(done.stderr)
        result = json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else {}
        return done.returncode, done.stderr[-3000:], result

    def check(self, as_of, out="out", more=()):
        """Runs both engines; returns (complaints, the result if there is one)."""
        with duckdb.connect(config={"threads": 2}) as connection:
            script = oracle.run(connection, self.rules, self.files, as_of, self.types, self.hive)
            (self.folder / "oracle.sql").write_text(script)
            code, said, result = self.run(as_of, out, more)
            listed = [str(file) for file in self.files]
            rows = connection.execute("SELECT sum(num_rows) FROM parquet_file_metadata(?)", [listed]) if listed else None
            if not rows or rows.fetchall()[0][0] == 0:
                # Input files without a row are refused: an empty table would be published over a good one.
                return [] if code == 4 else [f"tiermill run: exit code {code}, expected 4 for an empty input"], {}
            expected = gates.exit_codes(connection, self.rules, self.files, as_of)
            if code not in expected:
                wanted = " or ".join(map(str, sorted(expected)))
                return [f"tiermill run: exit code {code}, expected {wanted}", *said.splitlines()], {}
            if code != 0:
                self.seen["refused"] += 1
                return [], {}
            published = self.folder / out / f"as_of={as_of}"
            found = list(compare.complaints(connection, self.rules, published, self.types["customer"]))
            found += sides.manifest_complaints(connection, self.rules.sides, published)
            found += overrides.complaints(connection, self.rules, published, as_of)
            if self.check_rejected:
                found += rejected_complaints(connection, published, as_of, self.rules)
            return found, result

    def same(self, as_of, out, expected="out"):
        """What differs, byte by byte, between two runs."""
        one, other = (self.folder / x / f"as_of={as_of}" for x in (out, expected))
        names = {p.relative_to(x) for x in (one, other) for p in x.rglob("*") if p.is_file()}
        files = ((n, one / n, other / n) for n in sorted(names))
        differ = [str(n) for n, a, b in files if not (a.is_file() and b.is_file() and a.read_bytes() == b.read_bytes())]
        return [f"{out} as of {as_of} differs from {expected}: {', '.join(differ)}"] if differ else []


def rejected_complaints(connection, published, as_of, rules):
    """The rows set aside. Whether a bad row after the as-of is among them is not for us to say."""
    file = published / "_run/rejected.parquet"
    count = 0
    if file.is_file():
        count = connection.execute("SELECT count(*) FROM read_parquet(?)", [str(file)]).fetchone()[0]
    in_time = f"__time IS NULL OR __day <= DATE '{as_of}'"
    low, high = connection.execute(f"SELECT count(*) FILTER ({in_time}), count(*) FROM {'set_aside' if rules.sides else 'rejected'}").fetchone()
    low, high = min(low, MOST_REJECTED), min(high, MOST_REJECTED)
    if not low <= count <= high:
        yield f"rejected.parquet has {count} rows, expected {low if low == high else f'{low} to {high}'}"


def draw(rng):
    """(the way of a case, how many rows are added to it)"""
    way = rng.choices(["plain", "cached", "merging", "limited", "limited cached"], [20, 6, 10, 1, 1])[0]
    return way, FILLER if way.startswith("limited") else 0


def plain(case, as_of, more=()):
    return case.check(as_of, more=more)[0]


def limited(case, as_of, rng):
    """Within the least limit, and without one."""
    found, result = case.check(as_of, more=least(rng))
    if found or not result:
        return found
    case.seen["spilled" if result["spilled_bytes"] else "did not spill"] += 1
    code, said, _ = case.run(as_of, "unlimited")
    return case.same(as_of, "unlimited") if code == 0 else [f"without a limit: exit code {code}", said]


def least(rng):
    threads = rng.choice(list(LEAST))
    return ["--threads", str(threads), "--memory-limit", LEAST[threads]]


def cached(case, as_of, rng, more=()):
    """A day with a file less, twice; then the day of the case with all files, twice: each as a cold run."""
    cache = [*more, "--cache", case.folder / "cache"]
    before = str(dt.date.fromisoformat(as_of) - dt.timedelta(rng.choice(EARLIER)))
    later = case.files[-1] if len(case.files) > 1 else None
    all_files, aside = case.files, case.folder / "later.parquet"
    if later:
        Path(later).rename(aside)
        case.files = all_files[:-1]
    found = day(case, before, cache, "first day: ")
    if later:
        aside.rename(later)
        case.files = all_files
    return found or day(case, as_of, cache, "")


def day(case, as_of, cache, title):
    found, result = case.check(as_of, more=cache)
    if found or not result:
        return [title + x for x in found]
    case.seen[f"profile {result['profile']}"] += 1
    case.seen["spilled"] += result["spilled_bytes"] > 0
    for out, more, wanted in (("again", cache, "kept"), ("cold", [], "read")):
        code, said, result = case.run(as_of, out, more)
        if code != 0:
            return [f"{title}{out}: exit code {code}", said]
        if result["profile"] != wanted:
            found.append(f"{title}{out}: the profile is {result['profile']}, expected {wanted}")
        found += case.same(as_of, out)
    return found
