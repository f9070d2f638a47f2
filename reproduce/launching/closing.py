"""The last lines of a quick figure: what it shows, and the command that makes the real one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from figures.experiments import EXPERIMENTS, Experiment, title_of
from figures.labels import method_of
from figures.results.table import read_results
from reproduce.commandline.durations import duration
from reproduce.runs.plan import Pace
from reproduce.specs.grid import PRESETS, RunSpec

_SHOWN = ("AWAC", "SAC")


def closing(experiment: str, csv: Path, specs: Sequence[RunSpec], jobs: int | None) -> list[str]:
    """Say what AWAC and SAC show, and give the command for the preset `small` with its time here.

    Args:
        experiment: a figure's name; any other experiment has no such lines, nor has a part of its
            runs or one with other settings.
        csv: its results.
        specs: its runs that were asked for.
        jobs: how many run at a time; None: as many as a cluster has room for.
    """
    if experiment not in EXPERIMENTS or not csv.exists():
        return []
    row = EXPERIMENTS[experiment]
    lines = [f"seen: {seen(read_results(csv), row)}"]
    whole = {(task, method) for task in row.tasks for method in row.methods}
    if {(spec.env, spec.registered) for spec in specs if not spec.settings} != whole:
        return lines
    command = f"python reproduce/{experiment}.py --preset small"
    if jobs is None:
        return [*lines, f"the real one: {command}; it can be interrupted"]
    return [
        *lines,
        f"the real one: {command} --jobs {jobs}, "
        f"at most {duration(_seconds(specs) / jobs)} on this machine; it can be interrupted",
    ]


def seen(frame: pd.DataFrame, experiment: Experiment) -> str:
    """Write the figure's first metric at the start, after the offline phase and at the end.

    The numbers are means over seeds of single evaluations, for AWAC and SAC on each task.
    """
    metric = experiment.metrics[0]
    parts = []
    for task in experiment.tasks:
        for method in _SHOWN:
            mine = frame[(frame["env"] == task) & (frame["label"].map(method_of) == method)]
            mine = mine[mine["label"] == mine["label"].min()]  # the row itself before its variants
            runs = [rows.sort_values("env_step") for _, rows in mine.groupby("seed")]
            values = [
                [
                    rows[metric.column].iloc[0],
                    *rows.loc[rows["env_step"] == 0, metric.column],
                    rows[metric.column].iloc[-1],
                ]
                for rows in runs
            ]
            whole = [row for row in values if len(row) == 3]
            if whole:
                means = pd.DataFrame(whole).mean()
                numbers = " -> ".join(f"{value:.2f}" for value in means)
                parts.append(f"{title_of(task)} {mine['label'].iloc[0]} {numbers}")
    at = "at the start -> after the offline phase -> at the end"
    return f"{metric.name.lower()} {at}: {'; '.join(parts)}" if parts else "no finished run yet"


def _seconds(specs: Sequence[RunSpec]) -> float:
    """Seconds of the same runs at preset `small`, all seeds in turn, by the eager engine."""
    pace = Pace("cpu")
    cells = dict.fromkeys(replace(spec, preset="small", seed=0) for spec in specs)
    return PRESETS["small"].seeds * sum(pace.seconds(cell) for cell in cells)
