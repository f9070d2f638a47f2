"""The last lines of a quick figure: what it shows, and the command that makes the real one."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from figures.experiments import EXPERIMENTS, Experiment, title_of
from figures.labels import method_of
from figures.results.table import CONDITION, RUN, read_results
from figures.shared_settings import SharedSettings
from figures.statistics.across_seeds import runs
from reproduce.commandline.durations import duration
from reproduce.commandline.options import FigureOptions, as_typed
from reproduce.runs.plan import Pace
from reproduce.runs.resolved import one_spelling
from reproduce.specs.grid import RunSpec
from reproduce.specs.presets import PRESETS

_SHOWN = ("AWAC", "SAC")
_KEPT = (
    "profile",
    "data",
    "download",
    "labels",
    "data_dir",
    "cache_dir",
    "engine",
    "device",
    "methods_from",
)
"""Options that the real one has as well: what runs learn from, and where. Sizes are the preset's,
and runs with settings have no such command."""


def closing(
    experiment: str,
    csv: Path,
    specs: Sequence[RunSpec],
    jobs: int | None,
    options: FigureOptions,
) -> list[str]:
    """Say what AWAC, SAC and methods asked for by name show, and how to make the real one.

    The real one is the preset `small`: its command, and how long it takes here.

    Args:
        experiment: a figure's name; any other experiment has no such lines, nor has a part of its
            runs or one with other settings.
        csv: its results.
        specs: its runs that were asked for.
        jobs: how many run at a time; None: as many as a cluster has room for.
        options: with which they were asked for.
    """
    if experiment not in EXPERIMENTS or not csv.exists():
        return []
    row = EXPERIMENTS[experiment]
    frame = read_results(csv, drawn=[row.metrics[0].column])
    told = seen(frame, row, list(map(one_spelling, specs)), more=options.methods)
    lines = [f"seen: {told}"]
    whole = {(task, method) for task in row.tasks for method in row.methods}
    if {(spec.env, spec.registered) for spec in specs if not spec.settings} != whole:
        return lines
    words = ["python", f"reproduce/{experiment}.py", "--preset", "small", *_kept(options)]
    command = shlex.join(words)
    if jobs is None:
        return [*lines, f"the real one: {command}; it can be interrupted"]
    return [
        *lines,
        f"the real one: {command} --jobs {jobs}, "
        f"at most {duration(_seconds(specs) / jobs)} on this machine; it can be interrupted",
    ]


def _kept(options: FigureOptions) -> list[str]:
    """The user's own options of ``_KEPT``, and a results folder beside the user's own.

    A folder holds one preset, so that the real one would be refused in the same folder.
    """
    kept = replace(FigureOptions(), **{name: getattr(options, name) for name in _KEPT})
    if options.out is not None and options.out != replace(options, out=None).results:
        out = options.out if options.out.name.strip(".") else options.out.resolve()
        kept = replace(kept, out=out.with_name(f"{out.name}-small"))
    return as_typed(kept)


def seen(
    frame: pd.DataFrame,
    experiment: Experiment,
    specs: Sequence[RunSpec],
    more: Sequence[str] = (),
) -> str:
    """Write the figure's first metric at the start, after the offline phase and at the end.

    The numbers are means over seeds of single evaluations, for AWAC and SAC on each task, and for
    ``more`` rows and variants by their registered names. Settings that all share are left out of
    their labels. Finished runs alone count, and only those
    on the data and with the profile of ``specs``: the table may hold others.
    """
    metric = experiment.metrics[0]
    asked = {(s.env, s.data, s.labels, s.profile, s.label) for s in specs}
    keys = frame[[*CONDITION, "label"]].itertuples(index=False, name=None)
    wanted = frame[[key in asked for key in keys]]
    done = runs(wanted).query("status == 'done'")
    finished = wanted.merge(done[list(RUN)], on=list(RUN))
    parts, shared = [], SharedSettings.of(finished)
    named = sorted({spec.label for spec in specs if spec.registered in more})
    for task in experiment.tasks:
        here = finished[finished["env"] == task]
        of = here["label"].map(method_of)
        # the row itself before its variants
        shown = [str(here["label"][of == method].min()) for method in _SHOWN]
        for label in dict.fromkeys([*shown, *named]):
            mine = here[here["label"] == label]
            values = [_three(rows, metric.column) for _, rows in mine.groupby(list(RUN))]
            whole = [row for row in values if len(row) == 3]
            if whole:
                means = pd.DataFrame(whole).mean()
                numbers = " -> ".join(f"{value:.2f}" for value in means)
                parts.append(f"{title_of(task)} {shared.label(label)} {numbers}")
    at = "at the start -> after the offline phase -> at the end"
    return f"{metric.name.lower()} {at}: {'; '.join(parts)}" if parts else "no finished run yet"


def _three(run: pd.DataFrame, column: str) -> list[float]:
    """A run's first value, that at step 0 and its last one; fewer where it lacks one."""
    rows = run[run[column].notna()].sort_values(["env_step", "phase"], kind="stable")
    rows = rows.drop_duplicates("env_step", keep="last")  # step 0 may stand in both phases
    values = rows[column]
    return [*values.iloc[:1], *values[rows["env_step"] == 0], *values.iloc[-1:]]


def _seconds(specs: Sequence[RunSpec]) -> float:
    """Seconds of the same runs at preset `small`, all seeds in turn, by the eager engine."""
    pace = Pace("cpu")
    cells = dict.fromkeys(replace(spec, preset="small", seed=0) for spec in specs)
    return PRESETS["small"].seeds * sum(pace.seconds(cell) for cell in cells)
