"""Refuse what a figure could not draw, before anything is trained for it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from figures.experiments import EXPERIMENTS
from figures.results.compare import read_compared
from figures.selection import Selection
from reproduce.commandline.options import FigureOptions, flags_given


def refuse_undrawable(experiment: str, envs: Sequence[str]) -> None:
    """Raise ValueError for a task of another figure.

    Unknown task names pass; a later check names the nearest tasks.
    """
    if experiment not in EXPERIMENTS:  # an ablation shows any task
        return
    shown = EXPERIMENTS[experiment].tasks
    for env in (env for env in envs if env not in shown):
        owner = next((row.name for row in EXPERIMENTS.values() if env in row.tasks), experiment)
        if owner != experiment:
            raise ValueError(
                f"--envs {env}: {experiment} shows {', '.join(shown)}; "
                f"run `python reproduce/{owner}.py --envs {env}`"
            )


def refuse_uncomparable(experiment: str, paths: Sequence[Path]) -> None:
    """Raise ValueError for a file of `--compare` that cannot be shown beside the experiment's runs.

    An experiment without curves cannot show any file.
    """
    if paths and experiment not in EXPERIMENTS:
        raise ValueError(
            f"--compare: {experiment} has no curves to stand beside; give it to "
            f"{', '.join(EXPERIMENTS)}, report.py or export.py"
        )
    for path in paths:
        read_compared(path)


def refuse_unselectable(experiment: str, only: Selection) -> None:
    """Raise ValueError where `--plot-only` cannot draw a part.

    A task of another figure is told with that figure. An ablation compares all of its rows.
    """
    if only and experiment not in EXPERIMENTS:
        flag = "--envs" if only.envs else "--methods"
        raise ValueError(f"{flag}: --plot-only draws all rows of {experiment}; leave {flag} away")
    refuse_undrawable(experiment, only.envs)


def refuse_unwritable(out: Path) -> None:
    """Raise ValueError unless files can be made in the folder `out`, which need not exist yet."""
    there = next(part for part in (out, *out.parents) if os.path.lexists(part))
    if not there.is_dir():
        raise ValueError(f"--out {out}: {there} is no folder; give the path of one")
    effective = os.access in os.supports_effective_ids
    if not os.access(there, os.W_OK | os.X_OK, effective_ids=effective):
        raise ValueError(
            f"--out {out}: nothing can be written in {there}; change its permissions, or give "
            "another folder"
        )


def refuse_options_of_runs(options: FigureOptions) -> None:
    """Raise ValueError for options of new runs: a picture shows what its CSV holds."""
    of_runs = ("profile", "seeds", "labels", "set", "precision", "reference", "vary", "sweep")
    given = flags_given(options, of_runs)
    if given:
        raise ValueError(
            f"--plot-only draws what the CSV holds, every profile, setting and seed: leave out "
            f"{', '.join(given)}; --envs and --methods choose what is drawn"
        )
