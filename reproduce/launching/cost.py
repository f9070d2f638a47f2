"""What a launch will cost, and whether the user agrees to it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from reproduce.launching.packing import Shape

ASK_ABOVE_CORE_HOURS = 100.0


@dataclass(frozen=True)
class Cost:
    """The cost of runs that are still to be made."""

    runs: int
    core_hours: float
    """Reserved cores times the hours for which they are reserved."""
    gpu_hours: float = 0.0
    jobs: int | None = None
    """None if the runs are no jobs of a cluster."""

    def __str__(self) -> str:
        where = "" if self.jobs is None else f" in {self.jobs} job{'s' * (self.jobs != 1)}"
        gpus = f", {self.gpu_hours:.3g} GPU-hours" if self.gpu_hours else ""
        return (
            f"cost: {self.runs} run{'s' * (self.runs != 1)}{where}, "
            f"{self.core_hours:.3g} core-hours{gpus}"
        )


def cost_here(seconds: Sequence[float]) -> Cost:
    """The cost on this machine, with a core for each run."""
    return Cost(len(seconds), sum(seconds) / 3600)


def cost_of(jobs: Sequence[Sequence[float]], shape: Shape) -> Cost:
    """The cost of jobs, given the seconds of their runs.

    A job starts its runs in order, `shape.at_once` at a time.
    """
    hours = sum(_makespan(job, shape.at_once) for job in jobs) / 3600
    return Cost(sum(map(len, jobs)), hours * shape.cores, hours * shape.gpus, len(jobs))


def _makespan(seconds: Sequence[float], at_once: int) -> float:
    ends = [0.0] * at_once
    for each in seconds:
        ends[ends.index(min(ends))] += each
    return max(ends)


def affordable(hours: float) -> bool:
    """Whether so many core-hours or GPU-hours may start without asking."""
    return hours <= ASK_ABOVE_CORE_HOURS


def confirm(cost: Cost, *, yes: bool) -> None:
    """Ask about a high cost. Raises ValueError if the answer is no, or if nobody can be asked."""
    if yes or affordable(max(cost.core_hours, cost.gpu_hours)):
        return
    if not sys.stdin.isatty():
        raise ValueError(
            f"{cost}: above {ASK_ABOVE_CORE_HOURS:.0f}, and no terminal to ask for "
            "consent; --yes gives it"
        )
    try:
        answer = input(f"{cost}. Start? [y/N] ")
    except EOFError:  # Ctrl-D
        answer = ""
    if answer.strip().lower() not in ("y", "yes"):
        raise ValueError("not started")
