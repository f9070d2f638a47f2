"""How the runs are getting on, read from their folders, whoever started them and wherever.

    python reproduce/status.py                       # every run below results/
    python reproduce/status.py results/paper --watch # again every 2 s, until none runs or is queued

Ends with status 1 if any run has failed, 2 if there is nothing to show, 0 otherwise. Whether a
cluster still knows a queued job is for its own commands to say.
"""

from __future__ import annotations

if __name__ == "__main__":  # in one line, before an import fails
    from reproduce.commandline.installation import exit_without_training

    exit_without_training()

import os
import re
import socket
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from figures import labels
from reproduce.commandline.durations import duration
from reproduce.commandline.script import command
from reproduce.runs.folder import DamagedRun, RunFolder
from reproduce.runs.lock import described, read_beat

_MARKS = {"config.json", "lock", "status.json", "queued.json", "failed"}
_SPEC = {"env", "method", "seed", "profile", "data"}

_STYLES = {"failed": "red", "running": "green", "queued": "yellow", "resumable": "cyan"}
_COLUMNS = ("task", "method", "data", "seed", "state", "step", "steps/s", "left", "return", "")
_WIDTH = 150  # where the output is no terminal


@dataclass(frozen=True)
class Line:
    """What there is to say about one run. `note`: why it failed, what it waits for, where it is."""

    task: str
    method: str
    data: str
    seed: int
    state: str
    step: int | None = None
    end: int | None = None
    steps_per_s: float = 0.0
    last_return: float | None = None
    note: str = ""

    @property
    def left_s(self) -> float | None:
        """At the pace of the last second; none where nothing is known or nothing runs."""
        if self.state != "running" or self.steps_per_s <= 0 or None in (self.step, self.end):
            return None
        assert self.step is not None and self.end is not None
        return (self.end - self.step) / self.steps_per_s


def find_runs(top: Path) -> list[Path]:
    """Every run folder below `top`, or `top` itself; what lies inside of one is not looked at."""
    found = []
    for folder, below, files in os.walk(top):
        if _MARKS.intersection(files) and _is_run(Path(folder)):
            found.append(Path(folder))
            below.clear()
    return found


def _is_run(folder: Path) -> bool:
    """Whether a folder with such a file is a run's: by its place, or by what config.json says.

    Other programs have a `config.json` and a `lock` too.
    """
    place = folder.absolute().parts
    if len(place) > 5 and place[-5] == "runs" and re.fullmatch(r"seed\d+", place[-1]):
        return True
    try:
        spec = RunFolder(folder).config()["identity"]["spec"]
        return set(spec) >= _SPEC and int(spec["seed"]) >= 0
    except (DamagedRun, OSError, KeyError, TypeError, ValueError):
        return False


def line_of(path: Path) -> Line:
    """Read one run folder. Damaged files make it a failed run, with the file as the reason."""
    folder = RunFolder(path)
    state, note = str(folder.state()), ""
    if state == "pending":
        state, note = "resumable", "from the beginning: no checkpoint yet"
    config: dict[str, Any] = {}
    rows: list[dict[str, str]] = []
    if (path / "config.json").exists():
        try:
            config = folder.config()["identity"]
            rows = folder.rows()
        except (DamagedRun, OSError) as error:
            state, note = "failed", str(error)
    status = folder.status()
    step, end = (
        status.get("step"),
        status.get("end", config.get("schedule", {}).get("online_steps")),
    )
    if rows and (step is None or state == "done"):
        step = int(rows[-1]["env_step"])
    if state == "running":
        note = _where(read_beat(path))
    elif state == "queued":
        note = _queue(folder.queued())
    elif state == "failed":
        note = (note or folder.failure() or "no reason recorded").splitlines()[0]
    try:
        last_return = float(rows[-1]["return_mean"])
    except (LookupError, ValueError):
        last_return = None
    return Line(
        *_name(path, config.get("spec", {})),
        state,
        step,
        end,
        status.get("steps_per_s", 0.0),
        last_return,
        note,
    )


def _name(path: Path, spec: dict[str, Any]) -> tuple[str, str, str, int]:
    """Task, method with its variant, profile and data, seed: as recorded, else from the path."""
    try:
        variant = labels.variant(spec.get("named", ""), spec.get("settings", ()))
        method = labels.label(spec["method"], variant)
        data = f"{spec['profile']}/{spec['data']}"
        if spec.get("labels") == "stored" and spec["data"] not in ("random", "none"):
            data += "-stored"
        return str(spec["env"]), method, data, int(spec["seed"])
    except (AttributeError, KeyError, TypeError, ValueError):
        task, data, method, seed = path.absolute().parts[-4:]
        return task, method, data.replace("-", "/", 1), int(seed.removeprefix("seed") or 0)


def _where(beat: dict[str, Any]) -> str:
    slurm = beat.get("slurm") or {}
    return described(beat) if slurm or beat.get("host") != socket.gethostname() else ""


def _queue(info: dict[str, Any]) -> str:
    at = info.get("at")
    since = f", {duration(time.time() - at)} ago" if isinstance(at, (int, float)) else ""
    return f"{info.get('cluster', '?')} job {info.get('job', '?')}{since}"


def lines_of(top: Path) -> list[Line]:
    """All runs below `top`, by task, data, method and seed."""
    lines = [line_of(path) for path in find_runs(top)]
    return sorted(lines, key=lambda line: (line.task, line.data, line.method, line.seed))


def picture(lines: Sequence[Line]) -> Group:
    """The table and the line that sums it up."""
    table = Table(*_COLUMNS, box=None, padding=(0, 1), header_style="bold")
    for column in table.columns:
        column.overflow = "fold"
    for column in table.columns[3:9]:
        column.no_wrap = True
    for column in table.columns[5:9]:
        column.justify = "right"
    for line in lines:
        table.add_row(*map(Text, _cells(line)), style=_STYLES.get(line.state, ""))
    return Group(table, Text(summary(lines)))


def _cells(line: Line) -> tuple[str, ...]:
    step = "" if line.step is None else f"{line.step:,}"
    return (
        line.task,
        line.method,
        line.data,
        str(line.seed),
        line.state,
        f"{step} of {line.end:,}" if step and line.end is not None else step,
        f"{line.steps_per_s:,.0f}" if line.state == "running" and line.steps_per_s > 0 else "",
        "" if line.left_s is None else duration(line.left_s),
        "" if line.last_return is None else f"{line.last_return:.1f}",
        line.note,
    )


def summary(lines: Sequence[Line]) -> str:
    """'12 runs: 8 done, 2 running, 1 queued, 1 failed; the running ones end in 3.4 h'."""
    count = Counter(line.state for line in lines)
    order = ("done", "running", "queued", "resumable", "failed")
    text = f"{len(lines)} run{'s' * (len(lines) != 1)}: "
    text += ", ".join(f"{count[state]} {state}" for state in order if count[state])
    left = [line.left_s for line in lines if line.left_s is not None]
    return f"{text}; the running ones end in {duration(max(left))}" if left else text


@dataclass(frozen=True)
class StatusOptions:
    """Which runs are shown, and how often."""

    dir: tyro.conf.Positional[Path] = Path("results")
    """Folder below which the runs are."""
    watch: bool = False
    """Show them again and again, until no run is running or queued."""
    every_s: float = 2.0
    """Seconds between two pictures of `--watch`."""


@command(StatusOptions, __doc__)
def main(options: StatusOptions) -> int:
    """Print a line for each run below the folder; with `--watch` again and again.

    Returns the exit status: 0 no run has failed, 1 one has, 2 there is nothing to show.
    """
    if not 0.1 <= options.every_s < float("inf"):
        raise ValueError(f"--every-s {options.every_s}: must be 0.1 seconds or more")
    if not options.dir.is_dir():
        raise ValueError(f"{options.dir}: there is no such folder")
    lines = lines_of(options.dir)
    if not lines:
        raise ValueError(f"no run has begun below {options.dir}")
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH)
    if options.watch:
        lines = _watch(console, options.dir, lines, options.every_s)
    else:
        console.print(picture(lines))
    return int(any(line.state == "failed" for line in lines))


def _watch(console: Console, top: Path, lines: list[Line], every_s: float) -> list[Line]:
    with Live(picture(lines), console=console, auto_refresh=False) as live:
        try:
            while any(line.state in ("running", "queued") for line in lines):
                time.sleep(every_s)
                lines = lines_of(top)
                live.update(picture(lines), refresh=True)
        except KeyboardInterrupt:
            pass
    return lines


if __name__ == "__main__":
    sys.exit(main())
