"""How runs are put into jobs. This module only computes; it never calls SLURM."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reproduce.commandline.options import SlurmOptions
from reproduce.launching.slurm_client import Limits, minutes_of
from reproduce.specs.grid import RunSpec

_WORTH_A_JOB_S = 1800.0
_MOST_PER_JOB = 32
_DAY_MIN = 24 * 60
_MARGIN_MIN = 15  # for the prior data, which the first job of a task makes, and for slower nodes
_MEMORY_GB = 3  # a run at the paper's size; Ant's replay buffer alone is 1 GB


@dataclass(frozen=True)
class Shape:
    """What every job of a launch asks for."""

    runs: int
    """Largest number of runs in a job."""
    cores: int
    gpus: int
    at_once: int
    """Runs at a time in a job, each on a core of its own."""
    memory: str
    minutes: int

    def __str__(self) -> str:
        gpus = f", {self.gpus} GPU{'s' * (self.gpus > 1)}" if self.gpus else ""
        cores = f"{self.cores} core{'s' * (self.cores > 1)}"
        limit = f"{self.minutes} min" if self.minutes < 120 else f"{self.minutes / 60:.3g} h"
        return (
            f"up to {self.runs} runs, {self.at_once} at a time, on {cores}{gpus}, "
            f"{self.memory}, time limit {limit}"
        )


def shape_of(seconds: Sequence[float], options: SlurmOptions, limits: Limits) -> Shape:
    """Choose the shape of jobs for runs that should take so many `seconds` each.

    A run is one thread. If jobs may share a node, a long run has a job of its own, and short runs
    follow each other in one job. If a job gets a whole node, it gets a run for each core.

    Raises ValueError if the options contradict each other or the node.
    """
    longest = max(seconds, default=0.0)
    slots = options.gpus * options.runs_per_gpu or None
    cores = options.cpus or slots
    runs = options.runs_per_job
    if runs is None:
        fill = math.ceil(_WORTH_A_JOB_S / max(longest, 1.0))
        runs = min(fill, _MOST_PER_JOB) if cores is None else max(fill, cores)
        runs = max(runs, limits.cores) if limits.whole_nodes else runs
        runs = max(1, min(runs, len(seconds) or 1))
    if cores is None:
        share = runs if options.runs_per_job or limits.whole_nodes else 1
        cores = min(share, limits.cores)
    if cores > limits.cores:
        raise ValueError(f"--cpus {cores}: the partition's nodes have {limits.cores} cores")
    at_once = max(1, min(cores, runs, slots or runs))
    minutes = _minutes(longest * math.ceil(runs / at_once), options, limits)
    memory = options.mem or f"{_MEMORY_GB * at_once}G"
    return Shape(runs, cores, options.gpus, at_once, memory, minutes)


def _minutes(seconds: float, options: SlurmOptions, limits: Limits) -> int:
    if options.time is not None:
        return minutes_of(options.time)
    wanted = min(_DAY_MIN, math.ceil(2 * seconds / 60) + _MARGIN_MIN)
    return min(wanted, limits.minutes or wanted)


def packs(seconds: Mapping[RunSpec, float], runs: int) -> list[list[RunSpec]]:
    """Split runs into jobs of at most `runs` each. All stay in the order of the grid.

    This order has seeds outermost, so the runs that finish first cover all methods. Runs of equal
    length share a job as far as the order allows.
    """
    specs = list(seconds)
    return [specs[i : i + runs] for i in range(0, len(specs), runs)]
