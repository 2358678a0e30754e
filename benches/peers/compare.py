"""Times tiermill and hand-written peers on one job, and prints Markdown tables.

The job is rules.yml; each peer is a whole process that reads `orders/` and writes Parquet sorted by customer. They run
in turn (A B A B …), after one warm-up each whose outputs must hold the same rows. What is timed is theirs alone:
reading, computing, writing; of tiermill also its manifest, report and read-back check. Then tiermill alone: with little
memory, and with a kept profile, where it must write the bytes that it writes without. Started by run.sh.
"""

import argparse
import statistics
import subprocess
import sys
from pathlib import Path

import orders
from measure import built, machine, medians, ratios, spread, table, target_folder
from orders import Orders
from programs import AS_OF, HERE, PEERS, Program, Tiermill, bare_scan, hand_written

MILLION = 1_000_000


def main() -> None:
    args = arguments()
    cache = args.cache or target_folder() / "peers"
    generate = args.generate or built("--example", "generate")
    scan = args.scan or built("--example", "scan")
    tiermill = None if args.no_tiermill else Tiermill(args.tiermill or built("--bin", "tiermill"))

    print(f"{machine()} Medians of {args.rounds} rounds in turn, after a warm-up; page cache warm.\n", flush=True)
    summaries = {}
    for millions in args.sizes:
        made = orders.make(round(millions * MILLION), args.files, cache, generate)
        peers = [name for name in args.peers if name != "pandas" or millions <= args.pandas_up_to]
        rivals = [hand_written(name, made) for name in peers]
        programs = [*([tiermill.whole_job(made)] if tiermill else []), *rivals, bare_scan(made, scan)]
        alone = tiermill.circumstances(made) if tiermill else []
        measure(programs, alone, args.rounds)
        print(report(made, programs, [program for program, _ in alone]), flush=True)
        if tiermill and rivals:
            summaries[millions] = summary(programs[0], rivals, programs[-1], [program for program, _ in alone])
    if summaries:
        print(overview(summaries))


def arguments() -> argparse.Namespace:
    def path(text: str) -> Path:
        return Path(text).absolute()

    def sizes(text: str) -> list[float]:
        return [float(size) for size in text.split(",")]

    parser = argparse.ArgumentParser(prog="run.sh", description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=sizes, default=[1, 10, 100], help="million orders: 1,10,100")
    parser.add_argument("--files", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=list(PEERS))
    parser.add_argument("--pandas-up-to", type=float, default=10, metavar="SIZE", help="leave it out above (default: 10)")
    parser.add_argument("--no-tiermill", action="store_true", help="only the hand-written peers")
    parser.add_argument("--cache", type=path, help="where generated orders stay (default: peers/ in Cargo's target folder)")
    parser.add_argument("--tiermill", type=path, help="this binary instead of a fresh release build")
    parser.add_argument("--generate", type=path, help="this generator instead of a fresh release build")
    parser.add_argument("--scan", type=path, help="this bare scan instead of a fresh release build")
    return parser.parse_args()


def measure(programs: list[Program], alone: list[tuple[Program, Program | None]], rounds: int) -> None:
    """Warms up and checks, then fills in the runs."""
    for program in programs:
        program.run()
        if program.parts:
            check("same_rows.py", programs[0], program)
    able = [(program, same) for program, same in alone if same]
    for program, same in able:
        program.run()
        same.run()
        check("same_bytes.py", same, program)
    for number in range(1, rounds + 1):
        print(f"round {number} of {rounds}", file=sys.stderr)
        for program in [*programs, *(program for program, _ in able)]:
            program.runs.append(program.run())


def check(script: str, one: Program, other: Program) -> None:
    """In a process of its own, because it needs memory."""
    globs = [each.out / each.parts for each in (one, other)]
    if subprocess.run([sys.executable, HERE / script, *globs]).returncode != 0:
        sys.exit(f"{one.name} and {other.name} do not do the same")


def report(made: Orders, programs: list[Program], alone: list[Program]) -> str:
    base = programs[0]
    head = ["", "wall s", "CPU s", "peak memory MB", f"wall ÷ {base.name.split()[0]}'s: median (min – max)"]

    def row(program: Program) -> list[str]:
        if not program.runs:
            return [program.name, "not there", "", "", ""]
        wall_s, cpu_s, peak_mb = medians(program.runs, "wall_s", "cpu_s", "peak_mb")
        ratio = "1" if program is base else spread(ratios(program.runs, base.runs))
        return [program.name, f"{wall_s:.2f}", f"{cpu_s:.2f}", f"{peak_mb:,.0f}", ratio]

    said = (
        f"{made.rows:,} orders of {made.customers:,} customers in {made.files} files ({made.size_mb:,.0f} MB), as of "
        f"{AS_OF}; the same rows from all.\n\n"
    )
    return said + table(head, [row(program) for program in [*programs, *alone]]) + "\n"


def summary(whole: Program, rivals: list[Program], scan: Program, alone: list[Program]) -> dict[str, str | float]:
    """What is claimed of one size. Ratios are tiermill's over the other's."""
    fastest = min(rivals, key=lambda rival: medians(rival.runs, "wall_s"))
    claims: dict[str, str | float] = {
        "fastest peer": fastest.name,
        "wall ÷ the fastest peer's": spread(ratios(whole.runs, fastest.runs)),
        "peak memory ÷ the fastest peer's": spread(ratios(whole.runs, fastest.runs, "peak_mb")),
        "wall ÷ the bare scan's": spread(ratios(whole.runs, scan.runs)),
        "wall s": statistics.median(run.wall_s for run in whole.runs),
    }
    for program in alone:
        claims[f"{program.name}, ÷ the whole job"] = spread(ratios(program.runs, whole.runs)) if program.runs else "not there"
    return claims


def overview(summaries: dict[float, dict[str, str | float]]) -> str:
    """One column a size."""
    sizes = sorted(summaries)
    growth = ["–"]
    growth += [f"{summaries[size]['wall s'] / summaries[less]['wall s']:.1f} ×" for less, size in zip(sizes, sizes[1:])]
    claims = [name for name in summaries[sizes[0]] if name != "wall s"]
    rows = [[name, *(str(summaries[size][name]) for size in sizes)] for name in claims]
    head = ["million orders", *(f"{size:g}" for size in sizes)]
    return table(head, [*rows, ["wall ÷ that of the size before", *growth]])


main()
