"""What SLURM's commands say. Accounting (sacct) is never asked: not every cluster has it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

COMMANDS = ("sbatch", "srun", "squeue", "scontrol", "sinfo")
_ENDED = (
    "BOOT_FAIL",
    "CANCELLED",
    "COMPLETED",
    "DEADLINE",
    "FAILED",
    "NODE_FAIL",
    "OUT_OF_MEMORY",
    "PREEMPTED",
    "REVOKED",
    "TIMEOUT",
)
_ANSWER_S = 20.0  # SLURM's own commands give up after 10 to 16 s
_DEFAULT_MAX_ARRAY = 1001


class SlurmError(RuntimeError):
    """A SLURM command failed; `said` is what the command said."""

    def __init__(self, said: str) -> None:
        super().__init__(f"SLURM: {said}")
        self.said = said


@dataclass(frozen=True)
class Job:
    """One job, or one element of a job array, as squeue shows it."""

    id: str
    """`123`, or `123_4` for an element of an array."""
    name: str
    state: str
    """SLURM's long name: PENDING, RUNNING, NODE_FAIL, ..."""
    reason: str
    """Why it waits, or why it ended; "None" for neither."""

    @property
    def live(self) -> bool:
        """Whether it waits, runs or is about to end."""
        return self.state not in _ENDED

    @property
    def index(self) -> int:
        """Its place in the array; 0 for a job outside of arrays."""
        return int(self.id.partition("_")[2] or 0)


@dataclass(frozen=True)
class Limits:
    """What a partition of the cluster allows."""

    max_array: int
    """Largest number of elements in a job array."""
    cores: int
    """Cores of the partition's smallest node."""
    minutes: int | None
    """Longest time limit; None if any is allowed."""
    whole_nodes: bool
    """Whether a job gets all of a node, whatever it asks for."""


def absent() -> str:
    """Why SLURM cannot be used here; "" if it can."""
    missing = [name for name in COMMANDS if shutil.which(name) is None]
    if missing:
        return f"no {missing[0]} on the path"
    try:
        answer = _run("scontrol", "ping")
    except SlurmError as error:
        return f"its controller does not answer ({error.said})"
    return "" if re.search(r"\bUP\b", answer) else "its controller does not answer"


def jobs(names: Sequence[str]) -> list[Job]:
    """Jobs with these names that SLURM knows: waiting, running, and ended not long ago.

    Raises SlurmError if the controller does not answer. That says nothing about the jobs.
    """
    if not names:
        return []
    lines = _run(
        "squeue",
        "--noheader",
        "--array",
        "--states=all",
        f"--name={','.join(names)}",
        "--format=%i|%j|%T|%r",
    ).splitlines()
    return [Job(*line.split("|", 3)) for line in lines if line.count("|") >= 3]


def limits(partition: str | None) -> Limits:
    """Ask for the limits of a partition, or of the default partition. Raises SlurmError."""
    config = _run("scontrol", "show", "config")
    chosen = [f"--partition={partition}"] if partition else []
    told = _run("sinfo", "--noheader", "--format=%P|%c|%l|%h", *chosen).splitlines()
    rows = [line.split("|") for line in told if line.count("|") == 3]
    rows = [row for row in rows if partition or row[0].endswith("*")] or rows
    if not rows:
        raise SlurmError(f"there is no partition {partition}" if partition else "no partition")
    maximum = re.search(r"^MaxArraySize\s*=\s*(\d+)", config, re.MULTILINE)
    times = [minutes_of(row[2]) for row in rows if row[2].strip() not in ("infinite", "n/a")]
    return Limits(
        max_array=int(maximum[1]) if maximum else _DEFAULT_MAX_ARRAY,
        cores=min(int(row[1].rstrip("+")) for row in rows),
        minutes=min(times) if times else None,
        whole_nodes="select/linear" in config or any("EXCLUSIVE" in row[3] for row in rows),
    )


def minutes_of(text: str) -> int:
    """Turn a time into minutes, rounded up. SLURM writes 90, 1:30:00, 2-0, 2-12:00 or 30:00.

    Raises ValueError for any other text, and for 0, which SLURM takes for no limit at all.
    """
    match = re.fullmatch(r"(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?", text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a time; write minutes or [days-]hours:minutes:seconds")
    days, *parts = match.groups()
    numbers = [int(part) for part in parts if part is not None]
    if days is not None:  # days-hours[:minutes[:seconds]]
        hours, minutes, seconds = [*numbers, 0, 0][:3]
    elif len(numbers) == 3:
        hours, minutes, seconds = numbers
    else:  # minutes[:seconds]
        hours, (minutes, seconds) = 0, [*numbers, 0][:2]
    total = (int(days or 0) * 24 + hours) * 60 + minutes + (seconds > 0)
    if total == 0:
        raise ValueError(f"{text!r} is a time of 0, which SLURM takes for no limit; give 1 or more")
    return total


def _run(*command: str) -> str:
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=_ANSWER_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SlurmError(str(error)) from error
    if result.returncode != 0:
        said = (result.stderr or result.stdout).strip().splitlines()
        raise SlurmError(said[-1] if said else f"{command[0]} failed")
    return result.stdout
