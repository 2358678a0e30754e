"""What the comparisons of `peers/` and `clv/` share: fresh builds, whole processes timed in turn, Markdown tables.

It imports nothing big, and nor may the programs that use it: a child process is charged with its parent's peak memory.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Usage:
    """Of one process."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def output(*command: str | Path, **options) -> str:
    """What a command says, which must succeed."""
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, **{"cwd": ROOT, **options}).stdout


def target_folder() -> Path:
    return Path(json.loads(output("cargo", "metadata", "--no-deps", "--format-version=1"))["target_directory"])


def built(kind: str, name: str) -> Path:
    """A fresh release build of a `--bin` or an `--example`."""
    output("cargo", "build", "--release", kind, name)
    return target_folder() / "release" / ("examples" if kind == "--example" else "") / name


def timed(command: list[str | Path], folder: Path) -> tuple[Usage, str]:
    """Runs a process in a folder; its usage, and what it wrote to stdout."""
    os.sync()  # nobody pays for what the one before left to be written
    with open(folder / "stdout", "w+") as stdout, open(folder / "stderr", "w") as stderr:
        start = time.perf_counter()
        child = subprocess.Popen(command, cwd=folder, stdout=stdout, stderr=stderr)
        _, status, usage = os.wait4(child.pid, 0)
        wall_s = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            words = " ".join(map(str, command))
            sys.exit(f"`{words}` failed with {child.returncode}:\n{(folder / 'stderr').read_text()}")
        stdout.seek(0)
        return Usage(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024), stdout.read()


def medians(runs: list[Usage], *fields: str) -> list[float]:
    return [statistics.median(getattr(run, field) for run in runs) for field in fields]


def ratios(these: list[Usage], those: list[Usage], field: str = "wall_s") -> list[float]:
    """Of the runs of the same round."""
    return [getattr(this, field) / getattr(that, field) for this, that in zip(these, those, strict=True)]


def spread(values: list[float], digits: int = 2, unit: str = "") -> str:
    """The median, and the range if there is one."""
    median = f"{statistics.median(values):.{digits}f}{unit}"
    return f"{median} ({min(values):.{digits}f} – {max(values):.{digits}f})" if len(values) > 1 else median


def table(head: list[str], rows: list[list[str]], texts: int = 1) -> str:
    """Markdown; the first columns, `texts` of them, are texts and the others numbers."""
    rule = ["---" if at < texts else "--:" for at in range(len(head))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))


def machine() -> str:
    def first(path: str, key: str) -> str:
        lines = (line.split(":", 1) for line in Path(path).read_text().splitlines() if line.startswith(key))
        return next((value.strip() for _, value in lines), "unknown")

    memory_gb = int(first("/proc/meminfo", "MemTotal").split()[0]) / 2**20
    cpu = first("/proc/cpuinfo", "model name")
    return f"{len(os.sched_getaffinity(0))} cores of {cpu}, {memory_gb:.0f} GB memory, Linux {os.uname().release}."
