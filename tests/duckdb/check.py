"""The command: random cases through tiermill and through DuckDB, compared value by value.

    check.py --bin PATH [--cases N] [--seed S] [--case-seed S] [--big N] [--keep DIR]
    check.py --self-test

A case is one seed: `--seed` 1 runs the case seeds 1000001, 1000002, …; `--case-seed` runs a single one again and keeps
its folder. Exit code 0 when everything agrees, 1 when anything does not, 2 for wrong usage.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random

import duckdb

import big
import compare
import generate
import goldens
import oracle
import randrules
import sides
from rules import Metric, Rules, yaml_text


def tiermill(binary, folder, as_of, timeout_seconds=120):
    """Runs the job of `folder`; returns (exit code, the end of what it said)."""
    command = [binary, "run", folder / "rules.yml", "--as-of", as_of, "--out", folder / "out"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=timeout_seconds)
    except subprocess.TimeoutExpired:
        return None, f"no end after {timeout_seconds} s"
    (folder / "stdout.txt").write_text(done.stdout)
    (folder / "stderr.txt").write_text(done.stderr)
    return done.returncode, done.stderr[-3000:]


def rejected_complaints(connection, published, as_of, rules):
    """The rows set aside. Whether a bad row after the as-of is among them is not for us to say."""
    file = published / "rejected.parquet"
    count = 0
    if file.is_file():
        count = connection.execute("SELECT count(*) FROM read_parquet(?)", [str(file)]).fetchone()[0]
    in_time = f"__time IS NULL OR __day <= DATE '{as_of}'"
    low, high = connection.execute(f"SELECT count(*) FILTER ({in_time}), count(*) FROM {'set_aside' if rules.sides else 'rejected'}").fetchone()
    if not low <= count <= high:
        yield f"rejected.parquet has {count} rows, expected {low if low == high else f'{low} to {high}'}"


def evaluate(binary, folder, connection, rules, files, as_of, types, hive="", timeout_seconds=120, check_rejected=True):
    """Runs both engines on what is written in `folder`; returns the list of complaints."""
    script = oracle.run(connection, rules, files, as_of, types, hive)
    (folder / "oracle.sql").write_text(script)
    code, said = tiermill(binary, folder, as_of, timeout_seconds)
    rows = connection.execute("SELECT sum(num_rows) FROM parquet_file_metadata(?)", [[str(file) for file in files]])
    if rows.fetchall()[0][0] == 0:
        # Input files without a row are refused: an empty table would be published over a good one.
        return [] if code == 4 else [f"tiermill run: exit code {code}, expected 4 for an empty input"]
    if code != 0:
        return [f"tiermill run: exit code {code}, expected 0", *said.splitlines()]
    published = folder / "out" / f"as_of={as_of}"
    found = list(compare.complaints(connection, rules, published, types["customer"]))
    found += sides.manifest_complaints(connection, rules.sides, published)
    if check_rejected:
        found += rejected_complaints(connection, published, as_of, rules)
    return found


def random_case(binary, folder, seed):
    rng = Random(seed)
    orders = generate.draw(rng)
    rules = randrules.draw(rng, orders)
    with duckdb.connect(config={"threads": 2}) as connection:
        rules.path, files = generate.write(connection, orders, folder, rng)
        if rules.sides:
            sides.write(connection, rules.sides, folder, rng)
        (folder / "rules.yml").write_text(yaml_text(rules, rng))
        # a filter may or may not let a NaN through, before it is rejected
        sure = not (orders.has_nan and rules.where is not None)
        return evaluate(binary, folder, connection, rules, files, orders.as_of, orders.types, orders.hive, check_rejected=sure)


def missing_case(binary, folder):
    """A path without files is a missing input, not an empty one."""
    rules = Rules("missing", "data/nowhere/*.parquet", "customer_id", "order_id", "ordered_at", "amount")
    rules.metrics = [Metric("order_count", "count", "rows")]
    (folder / "rules.yml").write_text(yaml_text(rules))
    code, said = tiermill(binary, folder, "2025-01-31")
    return [] if code == 4 else [f"tiermill run: exit code {code}, expected 4 for a missing input", *said.splitlines()]


def big_case(binary, folder, count):
    rules = big.rules()
    with duckdb.connect() as connection:
        rules.path, files = big.write(connection, count, folder)
        (folder / "rules.yml").write_text(yaml_text(rules))
        return evaluate(binary, folder, connection, rules, files, big.AS_OF, big.TYPES, timeout_seconds=3600, check_rejected=False)


class Tally:
    """Runs cases in folders of their own, prints what went wrong, and keeps the folders of failures."""

    def __init__(self, root, keep_all):
        self.root, self.keep_all = root, keep_all
        self.passed = self.failed = 0

    def run(self, title, case):
        folder = self.root / title.replace(" ", "-")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            found = case(folder)
        except duckdb.Error as error:
            found = [f"DuckDB: {error}"]
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
        tally.run(f"case {args.case_seed}", lambda folder: random_case(args.bin, folder, args.case_seed))
        print(f"folder {root}")
    else:
        tally.run("missing input", lambda folder: missing_case(args.bin, folder))
        for number in range(1, args.cases + 1):
            seed = args.seed * 1_000_000 + number
            tally.run(f"case {seed}", lambda folder, seed=seed: random_case(args.bin, folder, seed))
            if number % 20 == 0:
                print(f"{number} of {args.cases} cases, {tally.failed} failed, {time.monotonic() - started:.0f} s", flush=True)
    if args.big:
        tally.run(f"big {args.big}", lambda folder: big_case(args.bin, folder, args.big))
    if not args.keep and not any(root.iterdir()):
        root.rmdir()
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
