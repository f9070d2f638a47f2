"""All pictures of a report: as files for Markdown, as charts for the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from figures.experiments import OF_DOMAIN
from figures.learning_curves import draw
from figures.metrics import Metric
from figures.report_plots import draw_aggregates, save_png
from reproduce.judging.evidence import MEASURES
from reproduce.reporting.aggregates import ALL_TASKS, SCALARS, Aggregate
from reproduce.reporting.blocks import Block, Picture
from reproduce.reporting.cards import panel_name
from reproduce.reporting.charts import Chart, Pool, chart
from reproduce.reporting.content import Content
from reproduce.reporting.document import aggregate_name, curves_name

FOLDER = "report"


@dataclass(frozen=True)
class Curves:
    """Learning curves that are drawn twice, as a file and as a chart."""

    name: str
    title: str
    experiment: str
    domain: str
    tasks: tuple[str, ...]
    rows: pd.DataFrame
    column: str


def all_curves(content: Content) -> Iterator[Curves]:
    """The curves of every domain, then those of the cards."""
    for found in content.aggregates:
        table = content.others.tables[found.experiment]
        rows = table[(table["profile"] == found.profile) & table["env"].isin(found.tasks)]
        for metric in OF_DOMAIN[found.domain].metrics:
            yield Curves(
                curves_name(found, metric.column), f"Profile {found.profile}", found.experiment,
                found.domain, found.tasks, rows, metric.column,
            )  # fmt: skip
    for card in content.cards:
        for side in card.sides:
            for panels in side.panels:
                yield Curves(
                    panel_name(card.claim, panels), f"{card.claim.id}, profile {side.profile}",
                    panels.experiment, panels.domain, panels.tasks, panels.rows,
                    MEASURES[panels.domain].column,
                )  # fmt: skip


def draw_pictures(content: Content, blocks: list[Block], out: Path) -> list[Path]:
    """Write every picture that ``blocks`` name into ``out/report``, and remove the other PNGs
    there, which an earlier report left; returns their paths."""
    wanted = {block.path for block in blocks if isinstance(block, Picture) and block.path}
    written = []
    for name, figure in _figures(content, wanted):
        path = out / FOLDER / f"{name}.png"
        save_png(figure, path)
        written.append(path)
    for left in set((out / FOLDER).glob("*.png")) - set(written):
        left.unlink()
    return written


def _figures(content: Content, wanted: set[str]) -> Iterator[tuple[str, Figure]]:
    for found in content.aggregates:
        yield aggregate_name(found), _aggregate(found)
    for curves in all_curves(content):
        if f"{FOLDER}/{curves.name}.png" in wanted:
            metric = _metric(curves)
            figure = draw(curves.rows, panels=curves.tasks, metrics=[metric], title=curves.title)
            yield curves.name, figure


def _metric(curves: Curves) -> Metric:
    """As the figures draw the column; by its measure's name where they draw another."""
    drawn = {metric.column: metric for metric in OF_DOMAIN[curves.domain].metrics}
    return drawn.get(curves.column, Metric(curves.column, MEASURES[curves.domain].name))


def charts(content: Content, pool: Pool) -> list[Chart]:
    """Every chart of the page; their points are in ``pool``."""
    return [
        chart(
            curves.name, curves.rows, content.others.tables[curves.experiment], pool,
            experiment=curves.experiment, tasks=curves.tasks, column=curves.column,
            axis=_metric(curves).name,
        )
        for curves in all_curves(content)
        if curves.column in curves.rows and curves.rows[curves.column].notna().any()
    ]  # fmt: skip


def _aggregate(found: Aggregate) -> Figure:
    scores = {SCALARS[scalar]: each for scalar, each in found.overall.scores.items()}
    several = len(found.tasks) > 1
    measure = MEASURES[found.domain]
    axis = measure.name if measure.higher_is_better else f"−{measure.name} (m)"
    incomplete = [m for m, n in found.overall.tasks_of.items() if n < len(found.tasks)]
    note = f" Not run on all of them: {', '.join(incomplete)}." if incomplete else ""
    counts = [len(score.values) for score in found.overall.scores["jt"]]
    return draw_aggregates(
        scores,
        found.profiles,
        {SCALARS[scalar]: each for scalar, each in found.improvements.items() if each},
        title=f"{found.domain.capitalize()}, profile {found.profile}: "
        + (ALL_TASKS if several else found.tasks[0]),
        measure=axis,
        caption=f"Ticks: single runs ({min(counts)} to {max(counts)} a method, on "
        f"{', '.join(found.tasks)}). Discs: interquartile mean (mean below 4 runs), filled with a "
        "95 % stratified bootstrap interval where every task has 5 seeds, else hollow without one. "
        f"Higher is better throughout.{note}",
    )
