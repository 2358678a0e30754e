"""One fault a run, at each system call with which a run publishes: that it takes the lock, stages, swaps in and clears away.

After a fault the partition is the old one or the new one, whole; the exit code and the message agree with which of them
it is; nothing but days is in the table. Then a run of another day must work, leave nothing beside the table, and find the
partition as it was, or put it back.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DAY, OTHER = "1998-06-30", "1998-05-31"
CALLS = ["mkdir", "openat", "flock", "rename", "renameat2", "link", "fsync", "write", "unlink", "unlinkat", "rmdir"]
RULES = """
tiermill: 1
name: faults
inputs: {{orders: {{path: {data}, columns: {{customer: customer_id, time: ordered_at, amount: amount}}}}}}
metrics: {{revenue: sum(amount), rows: count(*)}}
scores: {{m: {{of: revenue, quantiles: 4}}}}
segments: {{tier: {{rules: [{{id: high, when: m = 4}}], default: rest}}}}
"""


def digest(data):
    return hashlib.sha256(data).hexdigest()


class Table:
    """A published table in a folder of its own."""

    def __init__(self, binary, folder):
        self.binary, self.folder, self.out = binary, folder, folder / "out"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "rules.yml").write_text(RULES.format(data=ROOT / "data/cdnow/orders.parquet"))

    def run(self, day, edited, faults=(), log=None):
        command = [self.binary, "run", "rules.yml", "--as-of", day, "--out", "out", "--threads", "1"]
        command += ["--set", "scores.m.quantiles=5"] if edited else []
        if faults or log:
            traced = ["strace", "-f", "-qq", "-o", log or "/dev/null", "-e", "trace=" + ",".join(CALLS)]
            command = traced + [word for fault in faults for word in ("-e", f"inject={fault}")] + command
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True)

    def partition(self, day):
        """The hash of a whole partition; what is wrong with one that is not; none where there is none."""
        folder = self.out / f"as_of={day}"
        if not folder.exists():
            return None
        try:
            manifest = (folder / "_run/manifest.json").read_bytes()
            if (folder / "_SUCCESS").read_text() != digest(manifest) + "\n":
                return "torn: `_SUCCESS` is of another manifest"
            entries = json.loads(manifest)
            entries = entries["parts"] + entries["tables"]
            for entry in entries:
                if digest((folder / entry["path"]).read_bytes()) != entry["sha256"]:
                    return f"torn: {entry['path']}"
            names = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
            more = names - {e["path"] for e in entries} - {"_SUCCESS", "_run/manifest.json"}
            return f"torn: there is also {more}" if more else digest(manifest)
        except OSError as error:
            return f"torn: {error}"


def published_calls(log):
    """Which call of its kind, in its thread, each one is that comes while a run publishes: [(call, number), …]. strace counts
    by thread, too."""
    counts, calls, begun = {}, {}, False
    for line in Path(log).read_text().splitlines():
        found = re.match(r"(\d+) +(\w+)\((.*)", line)
        if not found:
            continue
        thread, call, rest = found.groups()
        counts[thread, call] = counts.get((thread, call), 0) + 1
        begun = begun or ".out.tiermill" in rest
        named = call not in ("fsync", "write", "flock", "unlinkat")
        # What is printed is no part of publishing.
        printed = call == "write" and rest.startswith(("1,", "2,"))
        if begun and call in CALLS and not printed and ("out" in rest or not named):
            calls[call, counts[thread, call]] = True
    return list(calls)


def check(base, folder, binary, faults, old, new):
    """Complaints about one fault."""
    shutil.copytree(base, folder, symlinks=True)
    table = Table(binary, folder)
    ran = table.run(DAY, True, faults)
    found = table.partition(DAY)
    complaints = []
    aside = list((folder / ".out.tiermill").glob("*.replaced"))
    if found not in (old, new) and not (found is None and aside):
        complaints.append(f"the partition is {found}")
    stray = [name for name in os.listdir(table.out) if not name.startswith("as_of=")]
    if stray:
        complaints.append(f"in the table there is {stray}")
    said = ran.stdout + ran.stderr
    # What is printed is no part of publishing, nor is reading the rules; threads count their calls by themselves, so those are hit, too.
    elsewhere = "failed printing to std" in said or "cannot read `rules.yml`" in said
    killed = ran.returncode < 0 or ran.returncode == 137 or elsewhere
    if not killed and ran.returncode == 0 and found != new:
        complaints.append("exit 0, and the old partition")
    if not killed and ran.returncode not in (0, 4, 5, 6):
        complaints.append(f"exit {ran.returncode}: {ran.stderr[-300:]}")
    if not killed and ran.returncode != 0 and found == new and "is published" not in said:
        complaints.append(f"it is published, and the message does not say so: {ran.stderr[-300:]}")
    if not killed and found == old and "is published" in said.replace("says that it is published", ""):
        complaints.append(f"it is not published, and the message says so: {ran.stderr[-300:]}")
    after = table.run(OTHER, False)
    if after.returncode != 0:
        complaints.append(f"the next run ends with {after.returncode}: {after.stderr[-300:]}")
    if table.partition(DAY) != (old if found is None else found):
        complaints.append(f"after the next run the partition is {table.partition(DAY)}")
    left = sorted(set(os.listdir(folder)) - {"out", "rules.yml"})
    if left or any(not name.startswith("as_of=") for name in os.listdir(table.out)):
        complaints.append(f"the next run leaves {left}, {os.listdir(table.out)}")
    shutil.rmtree(folder)
    return complaints


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, type=Path)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    args = parser.parse_args()
    binary = args.bin.resolve()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        base = Table(binary, root / "base")
        for day in (DAY, OTHER):
            assert base.run(day, False).returncode == 0
        old = base.partition(DAY)
        trial = root / "trial"
        shutil.copytree(root / "base", trial)
        table = Table(binary, trial)
        log = str(root / "log")
        assert table.run(DAY, True, log=log).returncode == 0
        new = table.partition(DAY)
        assert new != old and not new.startswith("torn")
        calls = published_calls(log)
        # The same with a file system that cannot exchange folders: EINVAL.
        no_exchange = "renameat2:error=EINVAL"
        shutil.rmtree(trial)
        shutil.copytree(root / "base", trial)
        assert table.run(DAY, True, [no_exchange], log).returncode == 0
        assert table.partition(DAY) == new
        plain = [one for one in published_calls(log) if one[0] in ("rename", "renameat2")]
        faults = [[f"{call}:{how}:when={number}"] for call, number in calls for how in ("signal=KILL", "error=EIO", "error=ENOSPC")]
        faults += [[no_exchange, f"{call}:{how}:when={number}"] for call, number in plain if call == "rename" for how in ("signal=KILL", "error=EIO")]
        print(f"{len(calls)} calls, {len(faults)} faults")
        wrong = 0
        with ThreadPoolExecutor(args.jobs) as pool:
            each = lambda numbered: check(root / "base", root / f"case-{numbered[0]}", binary, numbered[1], old, new)
            for fault, complaints in zip(faults, pool.map(each, enumerate(faults))):
                wrong += bool(complaints)
                for complaint in complaints:
                    print(f"{' and '.join(fault)}: {complaint}")
    print(f"{len(faults) - wrong} faults as they should be, {wrong} not")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
