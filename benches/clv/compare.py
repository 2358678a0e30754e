"""Times BG/NBD + Gamma-Gamma and a year of CLV by tiermill and by lifetimes, and prints a Markdown table.

Both are whole processes that read the same orders and write each customer's CLV; they run in turn (A B A B …) with the
file in the page cache. Beside the whole process stands the part that is models alone: fits and CLV from histories that
are ready. Likelihoods are computed at what either found by likelihood.py. Started by run.sh.
"""

import argparse
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
CASES = {"sample": "1997-09-30", "tiled": "1997-09-30", "simulated": "2024-12-31"}
MODELS = ("bg_nbd", "gamma_gamma", "clv")  # the steps of with_lifetimes.py that are not preparation


@dataclass
class Run:
    wall_s: float
    cpu_s: float
    peak_mb: float
    stdout: dict
    models_s: float = 0.0


def main() -> None:
    args = arguments()
    cache, tiermill = args.cache, args.tiermill
    if cache is None or tiermill is None:
        target = Path(json.loads(output("cargo", "metadata", "--no-deps", "--format-version=1"))["target_directory"])
        cache = cache or target / "clv"
    if tiermill is None:
        output("cargo", "build", "--release", "--bin", "tiermill")
        tiermill = target / "release/tiermill"
    print(f"{machine()} Medians of {args.rounds} rounds in turn (sample: {args.sample_rounds}); page cache warm.\n")
    print(
        "| orders | | wall s | user + sys s | peak RSS MB | fits + CLV s | ln L BG/NBD | ln L Gamma-Gamma | Σ CLV |\n"
        "|---|---|--:|--:|--:|--:|--:|--:|--:|"
    )
    for case in args.cases:
        rounds = args.sample_rounds if case == "sample" else args.rounds
        print("\n".join(compare(case, cache / case, tiermill, rounds)), flush=True)


def arguments() -> argparse.Namespace:
    def path(text: str) -> Path:
        return Path(text).absolute()

    parser = argparse.ArgumentParser(prog="run.sh", description=__doc__.splitlines()[0])
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--rounds", type=int, default=3, help="of the cases with a million customers")
    parser.add_argument("--sample-rounds", type=int, default=5, help="of the sample, where start-up counts")
    parser.add_argument("--cache", type=path, help="where orders stay (default: clv/ in Cargo's target folder)")
    parser.add_argument("--tiermill", type=path, help="this binary instead of a fresh release build")
    return parser.parse_args()


def output(*command: str | Path, **options) -> str:
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, **{"cwd": ROOT, **options}).stdout


def compare(case: str, folder: Path, tiermill: Path, rounds: int) -> list[str]:
    """The rows of one case."""
    make_orders(case, folder)
    as_of = CASES[case]
    lifetimes_command = [sys.executable, HERE / "with_lifetimes.py", as_of, "out-lifetimes.parquet"]
    tiermill_command = [tiermill, "run", "rules.yml", "--as-of", as_of, "--out", "out-tiermill", "--format", "json"]
    ours, theirs = [], []
    for number in range(1, rounds + 1):
        print(f"{case}: round {number} of {rounds}", file=sys.stderr)
        shutil.rmtree(folder / "out-tiermill", ignore_errors=True)
        run = timed(tiermill_command, folder)
        run.models_s = tiermill_models_s(run)
        ours.append(run)
        run = timed(lifetimes_command, folder)
        run.models_s = sum(run.stdout["seconds"][step] for step in MODELS)
        theirs.append(run)
    published = folder / f"out-tiermill/as_of={as_of}"
    model = json.loads((published / "model.json").read_text())["clv"]
    params = [model["params"] | model["spend"]["params"], theirs[0].stdout["params"]]
    command = [sys.executable, HERE / "likelihood.py", as_of, next(published.glob("part-*.parquet"))]
    judged = json.loads(output(*command, cwd=folder, input=json.dumps(params)))
    name = f"{case}: {judged['customers']:,} customers, {judged['distinct']:,} distinct histories"
    rows = [
        row(name, "tiermill", ours, judged["ln_l"][0], judged["clv"]),
        row("", "lifetimes", theirs, judged["ln_l"][1], theirs[0].stdout["clv"]),
        ratios(ours, theirs),
    ]
    steps = theirs[0].stdout["seconds"]
    print("  lifetimes, round 1:", ", ".join(f"{step} {s:.2f} s" for step, s in steps.items()), file=sys.stderr)
    print("  tiermill, round 1:", ours[0].stdout["seconds"], file=sys.stderr)
    print("  tiermill's parameters, then lifetimes':", *params, sep="\n    ", file=sys.stderr)
    return rows


def make_orders(case: str, folder: Path) -> None:
    """Remade when the script that makes them changes."""
    script = (HERE / "make_orders.py").read_bytes()
    made = folder / "make_orders.py"
    orders = folder / "orders.parquet"
    if not (made.exists() and made.read_bytes() == script):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        output(sys.executable, HERE / "make_orders.py", case, orders)
        made.write_bytes(script)
    shutil.copy(HERE / "rules.yml", folder)
    orders.read_bytes()  # into the page cache


def timed(command: list, folder: Path) -> Run:
    """One timed process. The peak is right only while this process is small, hence no NumPy or PyArrow in here."""
    with open(folder / "stdout", "w+") as out, open(folder / "stderr", "w") as log:
        start = time.perf_counter()
        child = subprocess.Popen(command, cwd=folder, stdout=out, stderr=log)
        _, status, usage = os.wait4(child.pid, 0)
        wall_s = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            sys.exit(f"{command[0]} failed with {child.returncode}:\n{(folder / 'stderr').read_text()}")
        out.seek(0)
        said = json.loads(out.read().splitlines()[-1])
    return Run(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, said)


def tiermill_models_s(run: Run) -> float:
    """The phase `clv` and the phase `value`. A program that does not time the latter is charged all time that belongs
    to no phase: too much, by its start and end."""
    seconds = run.stdout["seconds"]
    value_s = seconds["value"] if "value" in seconds else run.wall_s - sum(seconds.values())
    return seconds["clv"] + value_s


def row(name: str, program: str, runs: list[Run], ln_l: list[float], clv: float) -> str:
    wall, cpu, peak, models = (
        statistics.median(getattr(run, field) for run in runs) for field in ("wall_s", "cpu_s", "peak_mb", "models_s")
    )
    return (
        f"| {name} | {program} | {wall:.2f} | {cpu:.2f} | {peak:,.0f} | {models:.3f} "
        f"| {ln_l[0]:,.4f} | {ln_l[1]:,.4f} | {clv:,.2f} |"
    )


def ratios(ours: list[Run], theirs: list[Run]) -> str:
    """Of the medians; of wall and models also the range over the rounds."""

    def ratio(field: str, spread: bool) -> str:
        each = [getattr(their, field) / getattr(our, field) for our, their in zip(ours, theirs)]
        text = f"{statistics.median(each):.1f} ×"
        return f"{text} ({min(each):.1f} – {max(each):.1f})" if spread and len(each) > 1 else text

    cells = [ratio("wall_s", True), ratio("cpu_s", False), ratio("peak_mb", False), ratio("models_s", True)]
    return f"| | lifetimes ÷ tiermill | {' | '.join(cells)} | | | |"


def machine() -> str:
    def first(path: str, key: str) -> str:
        lines = (line.split(":", 1) for line in Path(path).read_text().splitlines() if line.startswith(key))
        return next((value.strip() for _, value in lines), "unknown")

    memory_gb = int(first("/proc/meminfo", "MemTotal").split()[0]) / 2**20
    cpu = first("/proc/cpuinfo", "model name")
    return f"{len(os.sched_getaffinity(0))} cores of {cpu}, {memory_gb:.0f} GB memory, Linux {os.uname().release}."


main()
