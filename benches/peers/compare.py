"""Times tiermill and hand-written peers on one job, and prints a Markdown table.

The job is rules.yml; each peer is a whole process that reads `orders/` and writes Parquet sorted by customer. They run
in turn (A B A B …), after one warm-up each whose outputs must hold the same rows. What is timed is theirs alone:
reading, computing, writing; of tiermill also its manifest, report and read-back check. Started by run.sh.
"""

import argparse
import hashlib
import importlib.metadata
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
AS_OF = "2025-11-30"  # a month before the last order, so that the as-of filter has work


@dataclass
class Peer:
    name: str
    version: str
    command: list[str]
    parts: str  # glob of the rows it writes, below its output folder


@dataclass
class Usage:
    wall_s: float
    cpu_s: float
    peak_mb: float


def main() -> None:
    args = arguments()
    target = Path(json.loads(output("cargo", "metadata", "--no-deps", "--format-version=1"))["target_directory"])
    folder = (args.cache or target / "peers") / f"{args.rows}-{args.customers}-{args.files}-{generator_digest()}"
    make_orders(args, folder, args.generate or built(target, "--example", "generate"))
    shutil.copy(HERE / "rules.yml", folder)

    peers = []
    if not args.no_tiermill:
        binary = args.tiermill or built(target, "--bin", "tiermill")
        command = [binary, "run", "rules.yml", "--as-of", AS_OF, "--out"]
        peers.append(Peer("tiermill", output(binary, "--version").split()[-1], command, f"as_of={AS_OF}/part-*.parquet"))
    for package in ("duckdb", "polars") if args.polars else ("duckdb",):
        command = [sys.executable, HERE / f"with_{package}.py", AS_OF]
        peers.append(Peer(package, importlib.metadata.version(package), command, "part-*.parquet"))

    for peer in peers:
        run(peer, folder)
        same = [sys.executable, HERE / "same_rows.py"]
        globs = [folder / f"out-{each.name}" / each.parts for each in (peers[0], peer)]
        subprocess.run([*same, *globs], check=True)
    rounds = []
    for number in range(1, args.rounds + 1):
        print(f"round {number} of {args.rounds}", file=sys.stderr)
        rounds.append([run(peer, folder) for peer in peers])
    print(report(args, folder, peers, rounds))


def arguments() -> argparse.Namespace:
    def number(text: str) -> int:
        return int(text.replace("_", ""))

    def path(text: str) -> Path:
        return Path(text).absolute()

    parser = argparse.ArgumentParser(prog="run.sh", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=number, default=10_000_000)
    parser.add_argument("--customers", type=number, default=1_000_000)
    parser.add_argument("--files", type=number, default=8)
    parser.add_argument("--rounds", type=number, default=5)
    parser.add_argument("--polars", action="store_true", help="add Polars (Python) as a third peer")
    parser.add_argument("--no-tiermill", action="store_true", help="only the hand-written peers")
    parser.add_argument("--cache", type=path, help="where generated orders stay (default: peers/ in Cargo's target folder)")
    parser.add_argument("--tiermill", type=path, help="this binary instead of a fresh release build")
    parser.add_argument("--generate", type=path, help="this generator instead of a fresh release build")
    return parser.parse_args()


def output(*command: str | Path) -> str:
    return subprocess.run(command, cwd=ROOT, check=True, text=True, stdout=subprocess.PIPE).stdout


def built(target: Path, kind: str, name: str) -> Path:
    output("cargo", "build", "--release", kind, name)
    return target / "release" / ("examples" if kind == "--example" else "") / name


def generator_digest() -> str:
    """Names the cache: orders of another generator are other orders."""
    sources = [ROOT / "benches/generate.rs", *sorted((ROOT / "benches/generate").glob("*.rs"))]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:8]


def make_orders(args: argparse.Namespace, folder: Path, generate: Path) -> None:
    orders, partial = folder / "orders", folder / "orders.partial"
    if orders.exists():
        return
    shutil.rmtree(partial, ignore_errors=True)
    counts = [f"--{name}={getattr(args, name)}" for name in ("rows", "customers", "files")]
    output(generate, *counts, "--seed=1", f"--out={partial}")
    partial.rename(orders)


def run(peer: Peer, folder: Path) -> Usage:
    """One timed process. The peak is right only while this process is small, hence no DuckDB or Polars in here."""
    out = f"out-{peer.name}"
    shutil.rmtree(folder / out, ignore_errors=True)
    with open(folder / f"{out}.log", "w") as log:
        start = time.perf_counter()
        child = subprocess.Popen([*peer.command, out], cwd=folder, stdout=log, stderr=log)
        _, status, usage = os.wait4(child.pid, 0)
        wall_s = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{peer.name} failed with {child.returncode}:\n{(folder / f'{out}.log').read_text()}")
    return Usage(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def report(args: argparse.Namespace, folder: Path, peers: list[Peer], rounds: list[list[Usage]]) -> str:
    size_mb = sum(file.stat().st_size for file in (folder / "orders").iterdir()) / 1e6
    base = peers[0].name
    lines = [
        f"{args.rows:,} orders of {args.customers:,} customers in {args.files} files ({size_mb:,.0f} MB), as of {AS_OF}.",
        f"{machine()} Medians of {args.rounds} rounds in turn, after a warm-up; page cache warm; same rows from all.",
        "",
        f"| | wall s | user + sys s | peak RSS MB | wall ÷ {base}'s: median (min – max) |",
        "|---|--:|--:|--:|--:|",
    ]
    for index, peer in enumerate(peers):
        mine = [row[index] for row in rounds]
        ratios = [row[index].wall_s / row[0].wall_s for row in rounds]
        wall_s, cpu_s, peak_mb = (
            statistics.median(getattr(usage, field) for usage in mine) for field in ("wall_s", "cpu_s", "peak_mb")
        )
        ratio = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} – {max(ratios):.2f})" if index else "1"
        lines.append(f"| {peer.name} {peer.version} | {wall_s:.2f} | {cpu_s:.2f} | {peak_mb:,.0f} | {ratio} |")
    return "\n".join(lines)


def machine() -> str:
    def first(path: str, key: str) -> str:
        lines = (line.split(":", 1) for line in Path(path).read_text().splitlines() if line.startswith(key))
        return next((value.strip() for _, value in lines), "unknown")

    memory_gb = int(first("/proc/meminfo", "MemTotal").split()[0]) / 2**20
    cpu = first("/proc/cpuinfo", "model name")
    return f"{len(os.sched_getaffinity(0))} cores of {cpu}, {memory_gb:.0f} GB memory, Linux {os.uname().release}."


main()
