"""What every method starts from: random policy, expert, demonstrations and prior data of each task.

    python reproduce/prior_data.py --describe                  # of preset quick
    python reproduce/prior_data.py --describe --preset small --write

Makes what is not cached yet (minutes with preset quick, half an hour with small). `--write` puts
the table into docs/data.md as well, whose table is that of all tasks at preset small.
"""

from __future__ import annotations

if __name__ == "__main__":  # in one line, before an import fails
    from reproduce.commandline.installation import exit_without_training

    exit_without_training()

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from envs.push import SUCCESS_DISTANCE_M
from envs.success import binary_rewards
from envs.tasks import TASKS, Task, task
from envs.trajectory import DataError, Dataset
from figures.files import write_text
from reproduce.commandline.options import Common, flags_given
from reproduce.commandline.script import command
from reproduce.runs.evaluator import random_episodes
from reproduce.specs.grid import RunSpec

COLUMNS = ("task", "what", "episodes", "steps", "return", "success", "sha256", "source")
PAGE = Path(__file__).resolve().parent.parent / "docs" / "data.md"
_BEGIN, _END = "<!-- table: begin -->", "<!-- table: end -->"


@dataclass(frozen=True)
class DescribeOptions(Common):
    """Options of the description."""

    envs: tuple[str, ...] = tuple(TASKS)
    """Tasks (default: all seven)."""
    describe: bool = False
    """Print a table of every task's prior data, making what is not cached yet."""
    write: bool = False
    """Also write the table into docs/data.md; of all tasks, at preset small."""


NOT_READ = ("engine", "precision", "device", "track", "methods_from")

Line = tuple[str, ...]


@command(DescribeOptions, __doc__)
def main(options: DescribeOptions) -> int:
    """Print the table of prior data; with `--write` put it into docs/data.md as well.

    A task that cannot be described is told on stderr, and the others are described.

    Returns the exit status: 0 all described, 2 bad input, `--describe` is missing, or a task fails.
    """
    if not options.describe:
        raise ValueError("nothing to do: say --describe (or --help)")
    if options.write and (options.preset != "small" or set(options.envs) != set(TASKS)):
        raise ValueError(
            "--write: the table of docs/data.md is of all tasks at preset small; say --preset "
            "small and no --envs"
        )
    for flag in flags_given(options, NOT_READ):
        raise ValueError(f"{flag}: no method runs here; leave it away")
    options.check_folders()
    lines: list[Line] = []
    status = 0
    for task_id in options.envs:
        try:
            lines += describe(task_id, options)
        except (DataError, ValueError) as error:  # the other tasks can be described all the same
            print(f"error: {error}", file=sys.stderr)
            status = 2
    table = Table(*COLUMNS)
    for line in lines:
        table.add_row(*line)
    Console(width=170).print(table)
    if options.write:
        page = PAGE.read_text()
        head, rest = page.split(_BEGIN)
        _, foot = rest.split(_END)
        write_text(PAGE, f"{head}{_BEGIN}\n{markdown(lines)}\n{_END}{foot}")
    return status


def describe(task_id: str, options: DescribeOptions) -> list[Line]:
    """The lines of one task: random policy, demonstrations, the rest of the prior data."""
    from reproduce.runs.assemble import prior_data_of
    from reproduce.runs.option_checks import resolve_data
    from reproduce.runs.resolved import resolved

    source = resolve_data(options, [task_id])[task_id]
    lines = [_random_line(task_id)]
    if source[0] == "none":
        return lines
    run = resolved(
        RunSpec.of(options.preset, options.profile, task_id, "AWAC", 0, source, options.settings)
    )
    data = prior_data_of(run, options.place)
    what = "random data" if source[0] == "random" else "rollouts of the clone"
    for name, part in (("demonstrations", data.demonstrations), (what, data.rollouts)):
        if part.trajectories:
            lines.append(_line(name, part, run.task))
    return lines


def _random_line(task_id: str) -> Line:
    stats, known = random_episodes(task_id), task(task_id)
    successes = stats.success_final if known.domain == "push" else stats.success_any
    return (
        task_id,
        "random policy",
        str(len(stats.returns)),
        str(int(stats.lengths.sum())),
        _spread(stats.returns),
        "-" if known.success_steps_sustained is None else f"{successes.mean():.2f}",
        "-",
        "uniform actions",
    )


def _line(what: str, dataset: Dataset, known: Task) -> Line:
    provenance, success = dataset.provenance, success_rate(known, dataset)
    note = f" ({provenance.note})" if provenance.note else ""
    return (
        known.id,
        what,
        str(len(dataset.trajectories)),
        str(dataset.steps),
        _spread(dataset.returns),
        "-" if success is None else f"{success:.2f}",
        dataset.content_checksum[:12],
        f"{provenance.source}: {provenance.origin}{note}",
    )


def success_rate(known: Task, dataset: Dataset) -> float | None:
    """Share of episodes with success at some step; pushing: at the last. None if it knows none."""
    if known.success_steps_sustained is None:
        return None
    if known.domain == "push":
        return float(np.mean([-t.rewards[-1] < SUCCESS_DISTANCE_M for t in dataset.trajectories]))
    reached = [binary_rewards(known, t.next_observations).max() == 0 for t in dataset.trajectories]
    return float(np.mean(reached))


def _spread(returns: Sequence[float] | np.ndarray) -> str:
    values = np.asarray(returns)
    return f"{values.mean():.1f} ± {values.std():.1f}"


def markdown(lines: Iterable[Line]) -> str:
    """The table in Markdown."""
    rows = [COLUMNS, ("---",) * len(COLUMNS), *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    sys.exit(main())
