"""Learning curves as data for the page: every seed a trace, the aggregate a thicker one.

A trace names its points. ``PointPool`` holds them, since several cards show the same runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from figures.caption import describe
from figures.learning_curves import NO_FACTS, Look, greyed, legend_name, looks_of
from figures.metrics import Metric
from figures.panels import Panel, ours_of, panels_of, rows_of
from figures.results.table import RUN
from figures.run_facts import RunFacts
from figures.statistics.across_seeds import curve, evaluations

DIGITS = 6
"""Of a value in the page; the CSV has all."""
PADDING = 0.05
Points = tuple[list[int], list[float]]


@dataclass
class PointPool:
    """Points of all charts of a page by name: steps, and values to ``DIGITS`` digits."""

    series: dict[str, Points] = field(default_factory=dict)
    _curves: dict[tuple[str, str], pd.DataFrame] = field(default_factory=dict)

    def add(self, name: str, rows: pd.DataFrame, column: str) -> str:
        """Keep the points of ``rows`` under ``name``, which is returned."""
        if name not in self.series:
            steps = [int(step) for step in rows["env_step"]]
            values = [float(f"{float(value):.{DIGITS}g}") for value in rows[column]]
            self.series[name] = (steps, values)
        return name

    def curve(self, experiment: str, table: pd.DataFrame, column: str) -> pd.DataFrame:
        """``statistics.curve`` of a whole experiment, computed once."""
        key = (experiment, column)
        if key not in self._curves:
            self._curves[key] = curve(table, column)
        return self._curves[key]


@dataclass(frozen=True)
class Trace:
    """One line, or the band between two.

    Attributes:
        kind: of a single run, or of all of a method together.
        label: of the method.
        name: what a reader is told who points at it.
        series: names of its points in the pool; of a band, its lower and upper end.
        failed: the run failed after its last point.
        complete: False of an aggregate of unfinished runs.
    """

    kind: Literal["seed", "band", "aggregate"]
    label: str
    name: str
    series: tuple[str, ...]
    failed: bool = False
    complete: bool = True


@dataclass(frozen=True)
class ChartPanel:
    """One task and kind of data: its traces, its first and last step, and its y axis."""

    panel: Panel
    traces: tuple[Trace, ...]
    steps: tuple[int, int]
    limits: tuple[float, float]


@dataclass(frozen=True)
class Chart:
    """One picture of curves.

    Attributes:
        id: name, unique in the page.
        metric: what is drawn, and its rules.
        looks: of the methods, in the order of the legend.
        names: of the methods in the legend, which say where no run is finished.
        panels: side by side, or beneath each other where there is no room.
        caption: what is drawn, of which data, by which code.
    """

    id: str
    metric: Metric
    looks: tuple[Look, ...]
    names: tuple[str, ...]
    panels: tuple[ChartPanel, ...]
    caption: str


def chart(
    name: str,
    rows: pd.DataFrame,
    table: pd.DataFrame,
    pool: PointPool,
    *,
    experiment: str,
    tasks: Sequence[str],
    metric: Metric,
    caption: str = "",
    run_facts: RunFacts = NO_FACTS,
) -> Chart:
    """The curves of ``rows``, a panel a task and kind of data.

    Args:
        name: of the chart, unique in the page.
        rows: what is shown, of one profile.
        table: all rows of the experiment; aggregates are of its finished runs.
        pool: keeps the points.
        experiment: whose rows they are.
        tasks: in the order of the panels.
        metric: what is drawn.
        caption: its opening sentence; the facts follow.
        run_facts: what the manifest says of the runs.
    """
    panels = panels_of(rows, tasks, run_facts.prior_data)
    every = pool.curve(experiment, table, metric.column)
    shown = rows_of(panels, every)
    shown = shown[shown["label"].isin(set(rows["label"]))]
    ours = ours_of(rows)
    looks, grey = greyed(looks_of(rows), [shown], set(ours["label"]))
    drawn = [
        tuple(_traces(panel, rows, shown, pool, looks, experiment, metric)) for panel in panels
    ]
    limits = _limits(drawn, pool.series, metric)
    names = [look.label for look in looks]
    facts = describe(panels, rows, {metric.column: shown}, [metric], names, [], run_facts=run_facts)
    one_seed = "Grey: a single seed." if grey else ""
    return Chart(
        name,
        metric,
        tuple(looks),
        tuple(legend_name(look, rows) for look in looks),
        tuple(
            ChartPanel(panel, traces, _steps(traces, pool.series), each)
            for panel, traces, each in zip(panels, drawn, limits, strict=True)
        ),
        " ".join(filter(None, (caption, one_seed, facts.facts, facts.warnings))),
    )


def _traces(
    panel: Panel,
    rows: pd.DataFrame,
    aggregates: pd.DataFrame,
    pool: PointPool,
    looks: Sequence[Look],
    experiment: str,
    metric: Metric,
) -> Iterator[Trace]:
    """The traces of one panel: of each method its seeds, its band and its aggregate."""
    column = metric.column
    mine, thick = evaluations(panel.rows(rows), column), panel.rows(aggregates)
    for look in looks:
        each = mine[mine["label"] == look.label]
        for key, run in each.groupby(list(RUN), sort=True):
            state = str(run["status"].iloc[0])
            name = f"seed {int(run['seed'].iloc[0])}" + (f" ({state})" if state != "done" else "")
            points = pool.add("|".join(map(str, (experiment, *key, column))), run, column)
            yield Trace("seed", look.label, name, (points,), state == "failed")
        centre = thick[thick["label"] == look.label]
        if centre.empty:
            continue
        base = "|".join(
            (experiment, panel.env, panel.data, panel.labels, panel.profile, look.label, column)
        )
        seeds = int(centre["seeds"].max())
        complete = bool(centre["complete"].all())
        kind = "seed" if complete else "unfinished seed"
        name = f"{seeds} {kind}{'s' * (seeds != 1)} together"
        if bool(centre["low"].notna().all()):
            ends = tuple(pool.add(f"{base}|{end}", centre, end) for end in ("low", "high"))
            yield Trace("band", look.label, name, ends)
        points = pool.add(f"{base}|centre", centre, "centre")
        yield Trace("aggregate", look.label, name, (points,), complete=complete)


def _steps(traces: Sequence[Trace], series: Mapping[str, Points]) -> tuple[int, int]:
    steps = [step for trace in traces for name in trace.series for step in series[name][0]]
    return min(steps, default=0), max(steps, default=0)


def _limits(
    drawn: Sequence[Sequence[Trace]], series: Mapping[str, Points], metric: Metric
) -> list[tuple[float, float]]:
    """The y axis of every panel: the same where values are comparable; all of a share."""
    if metric.column.startswith("success") and metric.whole_range:
        return [(-0.04, 1.04)] * len(drawn)
    values = [
        [value for trace in traces for name in trace.series for value in series[name][1]]
        for traces in drawn
    ]
    if metric.share_y:
        values = [[value for each in values for value in each]] * len(drawn)
    found = []
    for each in values:
        low, high = min([*each, *metric.rules]), max([*each, *metric.rules])
        room = PADDING * (high - low) or 0.5
        found.append((low - room, high + room))
    return found
