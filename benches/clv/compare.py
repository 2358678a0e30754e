"""Times BG/NBD + Gamma-Gamma and a year of CLV by tiermill and by lifetimes, and prints a Markdown table.

Both are whole processes that read the same orders and write each customer's CLV; they run in turn (A B A B …) with the
file in the page cache. Beside the whole process stands the part that is models alone: fits and CLV from histories that
are ready. Likelihoods are computed at what either found by likelihood.py. Started by run.sh.
"""

import argparse
import json
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

from measure import Usage, built, machine, medians, output, ratios, spread, table, target_folder, timed

HERE = Path(__file__).resolve().parent
CASES = {"sample": "1997-09-30", "tiled": "1997-09-30", "simulated": "2024-12-31"}
MODELS = ("bg_nbd", "gamma_gamma", "clv")  # the steps of with_lifetimes.py that are not preparation
HEAD = [
    "orders", "", "wall s", "user + sys s", "peak RSS MB", "fits + CLV s", "ln L BG/NBD", "ln L Gamma-Gamma", "Σ CLV",
]


@dataclass
class Run(Usage):
    stdout: dict = field(default_factory=dict)
    models_s: float = 0.0


def main() -> None:
    args = arguments()
    cache = args.cache or target_folder() / "clv"
    tiermill = args.tiermill or built("--bin", "tiermill")
    print(f"{machine()} Medians of {args.rounds} rounds in turn (sample: {args.sample_rounds}); page cache warm.")
    for case in args.cases:
        rounds = args.sample_rounds if case == "sample" else args.rounds
        print("\n" + table(HEAD, compare(case, cache / case, tiermill, rounds), texts=2), flush=True)


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


def compare(case: str, folder: Path, tiermill: Path, rounds: int) -> list[list[str]]:
    """The rows of one case."""
    make_orders(case, folder)
    as_of = CASES[case]
    lifetimes_command = [sys.executable, HERE / "with_lifetimes.py", as_of, "out-lifetimes.parquet"]
    tiermill_command = [tiermill, "run", "rules.yml", "--as-of", as_of, "--out", "out-tiermill", "--format", "json"]
    ours, theirs = [], []
    for number in range(1, rounds + 1):
        print(f"{case}: round {number} of {rounds}", file=sys.stderr)
        shutil.rmtree(folder / "out-tiermill", ignore_errors=True)
        run = run_in(folder, tiermill_command)
        run.models_s = tiermill_models_s(run)
        ours.append(run)
        run = run_in(folder, lifetimes_command)
        run.models_s = sum(run.stdout["seconds"][step] for step in MODELS)
        theirs.append(run)
    published = folder / f"out-tiermill/as_of={as_of}"
    model = json.loads((published / "_run/model.json").read_text())["clv"]
    params = [model["params"] | model["spend"]["params"], theirs[0].stdout["params"]]
    command = [sys.executable, HERE / "likelihood.py", as_of, next(published.glob("part-*.parquet"))]
    judged = json.loads(output(*command, cwd=folder, input=json.dumps(params)))
    name = f"{case}: {judged['customers']:,} customers, {judged['distinct']:,} distinct histories"
    rows = [
        row(name, "tiermill", ours, judged["ln_l"][0], judged["clv"]),
        row("", "lifetimes", theirs, judged["ln_l"][1], theirs[0].stdout["clv"]),
        times_more(ours, theirs),
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


def run_in(folder: Path, command: list[str | Path]) -> Run:
    """The last line that the command writes is JSON."""
    usage, said = timed(command, folder)
    return Run(**vars(usage), stdout=json.loads(said.splitlines()[-1]))


def tiermill_models_s(run: Run) -> float:
    """The phase `clv` and the phase `value`. A program that does not time the latter is charged all time that belongs
    to no phase: too much, by its start and end."""
    seconds = run.stdout["seconds"]
    value_s = seconds["value"] if "value" in seconds else run.wall_s - sum(seconds.values())
    return seconds["clv"] + value_s


def row(name: str, program: str, runs: list[Run], ln_l: list[float], clv: float) -> list[str]:
    wall_s, cpu_s, peak_mb, models_s = medians(runs, "wall_s", "cpu_s", "peak_mb", "models_s")
    used = [f"{wall_s:.2f}", f"{cpu_s:.2f}", f"{peak_mb:,.0f}", f"{models_s:.3f}"]
    return [name, program, *used, f"{ln_l[0]:,.4f}", f"{ln_l[1]:,.4f}", f"{clv:,.2f}"]


def times_more(ours: list[Run], theirs: list[Run]) -> list[str]:
    """How many times as much lifetimes takes."""
    fields = "wall_s", "cpu_s", "peak_mb", "models_s"
    return ["", "lifetimes ÷ tiermill", *(spread(ratios(theirs, ours, field), 1, " ×") for field in fields), "", "", ""]


main()
