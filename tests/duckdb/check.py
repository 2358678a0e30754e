"""The command: random cases through tiermill and through DuckDB, compared value by value.

    check.py --bin PATH [--cases N] [--seed S] [--case-seed S] [--big N] [--keep DIR]
    check.py --self-test

A case is one seed: `--seed` 1 runs the case seeds 1000001, 1000002, …; `--case-seed` runs a single one again and keeps
its folder. Exit code 0 when everything agrees, 1 when anything does not, 2 for wrong usage.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

import duckdb

import big
import generate
import goldens
import overrides
import randrules
import sides
import ways
from rules import Metric, Rules, yaml_text


def random_case(binary, folder, seed, seen):
    rng = Random(seed)
    way, filler = ways.draw(rng)
    orders = generate.draw(rng)
    orders.filler = filler
    if way == "merging":
        generate.come_later(rng, orders)
    rules = randrules.draw(rng, orders, way == "merging")
    with duckdb.connect(config={"threads": 2}) as connection:
        rules.path, files = generate.write(connection, orders, folder, rng)
        if rules.sides:
            sides.write(connection, rules.sides, folder, rng)
        if rules.overrides:
            overrides.write(connection, rules.overrides, folder, rng, orders.types["customer"])
        (folder / "rules.yml").write_text(yaml_text(rules, rng))
    # a filter may or may not let a NaN through, before it is rejected
    sure = not (orders.has_nan and rules.where is not None)
    case = ways.Case(binary, folder, rules, files, orders.types, orders.hive, check_rejected=sure, seen=seen)
    if way == "plain":
        return ways.plain(case, orders.as_of)
    if way == "limited":
        return ways.limited(case, orders.as_of, rng)
    return ways.cached(case, orders.as_of, rng, ways.least(rng) if way == "limited cached" else ())


def missing_case(binary, folder):
    """A path without files is a missing input, not an empty one."""
    rules = Rules("missing", "data/nowhere/*.parquet", "customer_id", "order_id", "ordered_at", "amount")
    rules.metrics = [Metric("order_count", "count", "rows")]
    (folder / "rules.yml").write_text(yaml_text(rules))
    code, said, _ = ways.Case(binary, folder, rules, [], {}).run("2025-01-31")
    return [] if code == 4 else [f"tiermill run: exit code {code}, expected 4 for a missing input", *said.splitlines()]


def big_case(binary, folder, count):
    rules = big.rules()
    with duckdb.connect() as connection:
        rules.path, files = big.write(connection, count, folder)
    (folder / "rules.yml").write_text(yaml_text(rules))
    case = ways.Case(binary, folder, rules, files, big.TYPES, timeout_seconds=3600, check_rejected=False)
    return ways.plain(case, big.AS_OF)


# A case that takes longer says so.
SLOW_SECONDS = 60


class Tally:
    """Runs cases in folders of their own, prints what went wrong, and keeps the folders of failures."""

    def __init__(self, root, keep_all):
        self.root, self.keep_all = root, keep_all
        self.passed = self.failed = 0
        self.seen = Counter()

    def run(self, title, case):
        folder = self.root / title.replace(" ", "-")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        started = time.monotonic()
        try:
            found = case(folder)
        except duckdb.Error as error:
            found = [f"DuckDB: {error}"]
        seconds = time.monotonic() - started
        if seconds > SLOW_SECONDS:
            print(f"{title} took {seconds:.0f} s", flush=True)
        if not found:
            self.passed += 1
            if not self.keep_all:
                shutil.rmtree(folder)
            return
        self.failed += 1
        print(f"MISMATCH {title}\n  folder {folder}\n  rules  {folder / 'rules.yml'}")
        for line in found[:40]:
            print(f"  {line}")
        sys.stdout.flush()


def arguments():
    parser = argparse.ArgumentParser(description="Compare tiermill with DuckDB on random orders and rules.")
    parser.add_argument("--bin", type=lambda p: str(Path(p).resolve()), help="the tiermill binary")
    parser.add_argument("--cases", type=int, default=200, metavar="N", help="random cases (default 200)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="which run of cases (default 1)")
    parser.add_argument("--case-seed", type=int, metavar="S", help="run only this case, and keep its folder")
    parser.add_argument("--big", type=int, metavar="N", help="also one case of N orders")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the folder of every case below DIR")
    parser.add_argument("--self-test", action="store_true", help="only check the oracle against hand-worked results")
    args = parser.parse_args()
    if not args.self_test and not (args.bin and Path(args.bin).is_file()):
        parser.error("--bin must name the tiermill binary" + (f": no file {args.bin}" if args.bin else ""))
    return args


def main():
    args = arguments()
    wrong = list(goldens.failures())
    for line in wrong:
        print(line)
    if wrong:
        print("the oracle disagrees with its hand-worked results; nothing was compared")
        return 1
    if args.self_test:
        print(f"self-test: {len(goldens.GOLDENS)} hand-worked examples agree")
        return 0

    root = args.keep or Path(tempfile.mkdtemp(prefix="tiermill-duckdb-"))
    tally = Tally(root.resolve(), bool(args.keep) or args.case_seed is not None)
    started = time.monotonic()
    if args.case_seed is not None:
        tally.run(f"case {args.case_seed}", lambda folder: random_case(args.bin, folder, args.case_seed, tally.seen))
        print(f"folder {root}")
    else:
        tally.run("missing input", lambda folder: missing_case(args.bin, folder))
        for number in range(1, args.cases + 1):
            seed = args.seed * 1_000_000 + number
            tally.run(f"case {seed}", lambda folder, seed=seed: random_case(args.bin, folder, seed, tally.seen))
            if number % 20 == 0:
                print(f"{number} of {args.cases} cases, {tally.failed} failed, {time.monotonic() - started:.0f} s", flush=True)
    if args.big:
        tally.run(f"big {args.big}", lambda folder: big_case(args.bin, folder, args.big))
    if not args.keep and not any(root.iterdir()):
        root.rmdir()
    print(", ".join(f"{count} {what}" for what, count in sorted(tally.seen.items())))
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
