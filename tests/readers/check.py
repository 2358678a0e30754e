"""Publishes three days of the CDNOW orders, and reads them with every reader: at rest, while a run is at work, after one
was killed, and after the next run. Each must see every customer of every day once, the same sums to the cent, and the
types of the manifest. The table of `docs/outputs.md` is compared, or with --bless written.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
from readers import COUNT, MONEY, READERS

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "rules/retail_value.yml"
PAGE = ROOT / "docs/outputs.md"
DAYS = ["1998-04-30", "1998-05-31", "1998-06-30"]
LATER = ["1998-07-31", "1998-08-31"]
BEGIN, END = "<!-- begin: readers -->", "<!-- end: readers -->"


class Truth:
    """What is published, read part by part by the manifest."""

    def __init__(self, table, days):
        self.rows, self.money, self.count, self.columns = {}, Decimal(0), 0, None
        for day in days:
            folder = table / f"as_of={day}"
            manifest = json.loads((folder / "_run/manifest.json").read_text())
            self.columns = dict(manifest["columns"])
            for part in manifest["parts"]:
                rows = pq.ParquetFile(folder / part["path"]).read()
                assert rows.num_rows == part["rows"]
                self.rows[day] = self.rows.get(day, 0) + rows.num_rows
                self.money += pc.sum(rows[MONEY]).as_py()
                self.count += pc.sum(rows[COUNT]).as_py()
            assert self.rows[day] == manifest["customers"]

    def complaints(self, reader, seen):
        if seen.rows != self.rows:
            yield f"rows are {seen.rows}, published are {self.rows}"
        if (seen.money, seen.count) != (self.money, self.count):
            yield f"sums are {seen.money}, {seen.count}, published are {self.money}, {self.count}"
        types = {**seen.types}
        as_of = types.pop("as_of", None)
        if as_of != reader.as_of:
            yield f"as_of is {as_of}, documented as {reader.as_of}"
        # Where pandas meets a null among whole numbers, it has doubles.
        doubles = {"SMALLINT", "INTEGER", "BIGINT"} if reader.name == "pandas" else set()
        for name, ty in self.columns.items():
            found = types.pop(name, None)
            if found != ty and not (found == "DOUBLE" and ty in doubles):
                yield f"{name} is {found}, published is {ty}"
        if types:
            yield f"there are also {types}"


def look(readers, table, days, when):
    """Complaints of all readers."""
    truth, wrong = Truth(table, days), []
    for reader in readers:
        start = time.monotonic()
        try:
            found = list(truth.complaints(reader, reader.read(str(table))))
        except Exception as error:  # whatever a reader throws is its complaint
            found = [f"{type(error).__name__}: {str(error).splitlines()[0][:200]}"]
        print(f"{when}: {reader.name}: {'; '.join(found) or 'ok'} ({time.monotonic() - start:.1f} s)")
        wrong += found
    return wrong


def run(binary, table, day):
    command = [binary, "run", RULES, "--as-of", day, "--out", table, "--format", "json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def done(process):
    _, stderr = process.communicate()
    assert process.returncode == 0, stderr.decode()


def stopped(binary, table, day):
    """A run that is stopped while its staging folder is half full; one that is faster is undone and repeated."""
    staging = table.parent / f".{table.name}.tiermill/as_of={day}.staging"
    for _ in range(200):
        process = run(binary, table, day)
        while process.poll() is None:
            if staging.is_dir() and any(staging.glob("*.parquet")):
                process.send_signal(signal.SIGSTOP)
                time.sleep(0.01)
                if any(staging.glob("*.parquet")) and not (table / f"as_of={day}").exists():
                    return process
                process.send_signal(signal.SIGCONT)
                break
        process.communicate()
        for name in ("_run", ""):
            folder = table / f"as_of={day}" / name
            for file in folder.glob("*") if folder.is_dir() else []:
                file.unlink()
            if folder.is_dir():
                folder.rmdir()
    sys.exit("no run could be stopped while it publishes")


def folder_reads(reader, table, days):
    """Whether the reader takes the table by the name of its folder alone."""
    if reader.folder is None:
        return "no"
    try:
        return "no" if list(Truth(table, days).complaints(reader, reader.folder(str(table)))) else "yes"
    except Exception:  # some cannot; the page says so
        return "no"


def line(reader, table, days):
    read = reader.line.replace("PATH", "out/retail_value")
    folder = folder_reads(reader, table, days)
    return f"| {reader.name} | {reader.version} | `{read}` | {folder} | `{reader.as_of}` |"


def compare_page(lines, complete, bless):
    text = PAGE.read_text()
    before, rest = text.split(BEGIN)
    own, after = rest.split(END)
    head = ["| reader | version | read | the folder alone | `as_of` is |", "|---|---|---|---|---|"]
    if bless:
        if not complete:
            sys.exit("--bless needs all readers")
        PAGE.write_text(f"{before}{BEGIN}\n" + "\n".join(head + lines) + f"\n{END}{after}")
        return []
    return [f"docs/outputs.md lacks: {one}" for one in lines if one not in own.splitlines()]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, type=Path)
    parser.add_argument("--quick", action="store_true", help="only readers that are there in a moment")
    parser.add_argument("--bless", action="store_true", help="write the table of docs/outputs.md")
    args = parser.parse_args()
    binary = args.bin.resolve()
    readers = []
    for reader in READERS:
        reason = "it takes long" if args.quick and not reader.quick else reader.missing()
        if reason:
            print(f"left out: {reader.name}: {reason}")
        else:
            readers.append(reader)
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "retail_value"
        for day in DAYS:
            done(run(binary, table, day))
        wrong = look(readers, table, DAYS, "at rest")
        lines = [line(reader, table, DAYS) for reader in readers]
        process = stopped(binary, table, LATER[0])
        wrong += look(readers, table, DAYS, "while a run is at work")
        process.kill()
        process.communicate()
        wrong += look(readers, table, DAYS, "after it was killed")
        # The next run is of another day, and leaves nothing of the dead one.
        done(run(binary, table, LATER[1]))
        wrong += look(readers, table, [*DAYS, LATER[1]], "after the next run")
        names = sorted(path.name for path in Path(folder).iterdir())
        if names != ["retail_value"]:
            wrong.append(f"beside the table there is {names}")
    wrong += compare_page(lines, len(readers) == len(READERS), args.bless)
    print("\n".join(wrong))
    print(f"{len(readers)} readers, {len(wrong)} complaints")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
