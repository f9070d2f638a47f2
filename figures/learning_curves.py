"""Offline-to-online learning curves: one column per task, one row per metric and profile."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from figures import style
from figures.caption import describe
from figures.end_labels import End, label_ends, margin, short_names, widest
from figures.experiments import EXPERIMENTS
from figures.layout import CAPTION_LINE, Paragraph, columns_of, compose, size_of, wrap
from figures.metrics import Metric
from figures.panels import NONE, bands_of, ours_of, panels_of, refuse_blank, rows_of
from figures.phase_axis import (
    NAME_LINE,
    ONLINE_NAME,
    name_lines,
    name_phases,
    set_phase_axis,
)
from figures.results.partial import Absent, warning
from figures.results.table import RUN
from figures.rule_lines import draw_rules, is_curve, name_rules
from figures.run_facts import RunFacts
from figures.statistics.across_seeds import curve, evaluations, runs

METRICS: tuple[Metric, ...] = EXPERIMENTS["figure1"].metrics
MARKERS_PER_CURVE = 6
MARK_EVERY_POINT_UP_TO = 12
LEAST_SHARE = 0.25
"""Least upper end of an axis of shares that follows its values."""
SUBTITLE_SIZE = 8.0
WARNING_COLOUR = "#9C1C1C"
NO_FACTS = RunFacts()


@dataclass(frozen=True)
class Look:
    """A label with its style and its place in the legend."""

    label: str
    style: style.MethodStyle
    rank: int


def draw(
    frame: pd.DataFrame,
    *,
    panels: Sequence[str],
    metrics: Sequence[Metric] = METRICS,
    title: str = "",
    caption: str = "",
    absent: Sequence[Absent] = (),
    notes: Sequence[str] = (),
    seeds_of: Collection[str] | None = None,
    run_facts: RunFacts = NO_FACTS,
) -> Figure:
    """Draw learning curves from a tidy results frame.

    Every seed is a thin line; the aggregate over seeds (``statistics.across_seeds``) is thick, with
    a 95 % interval from 5 seeds on; its name stands at its end. Where some methods have several
    seeds, those of ours with one are grey. The offline phase lies left of 0 on its own scale. Tasks
    without rows get no column; a task with several data sources or label readings gets one each.
    Profiles stand beneath each other, a task in one column. Runs without prior data are dashed in
    the panels of their task.

    Args:
        frame: as ``table.read_results`` returns it, or ``compare.beside``.
        panels: task ids, in the order of the columns.
        metrics: one for each row of panels.
        title: heading of the figure, "" for none.
        caption: opening sentence; the facts (seeds, data, preset, commit, incomplete runs) follow.
        absent: runs without any row, for the caption (``partial.without_rows``).
        notes: further sentences for the caption (``compare.beside``).
        seeds_of: labels whose single seeds are drawn; all where it is None.
        run_facts: what the manifest says of the runs.

    Returns:
        A Figure that belongs to no pyplot state; write it with ``output.save``.

    Raises:
        ResultsError: no task of ``panels`` has a row, or a method has no value of a metric.
        KeyError: the frame has no column of a metric (``read_results(drawn=...)`` sees to it).
    """
    every = panels_of(frame, panels, run_facts.prior_data)
    drawn = rows_of(every, frame)
    missing = [env for env in panels if env not in set(drawn["env"])]
    curves = {metric.column: curve(drawn, metric.column) for metric in metrics}
    ours = ours_of(drawn)
    for panel, metric in itertools.product(every, metrics):
        refuse_blank(panel, panel.rows(ours), metric)
    looks, grey = greyed(looks_of(drawn), list(curves.values()), set(ours["label"]))
    names = [look.label for look in looks]
    facts = describe(every, drawn, curves, metrics, names, missing, seeds_of, run_facts)
    one_seed = "Grey: a single seed." if grey else ""
    text = [Paragraph(" ".join(filter(None, (caption, *notes, one_seed, facts.facts))))]
    alarms = " ".join(filter(None, (facts.warnings, warning(absent))))
    text += [Paragraph(alarms, WARNING_COLOUR)] if alarms else []

    bands = bands_of(every)
    columns = columns_of(bands)
    short = short_names(names, widest(columns))
    wide, beside = style.panel_width(columns), margin(list(short.values()))
    subtitles = {panel: _broken(panel.subtitle, wide + beside) for panel in every}
    most = max(map(len, subtitles.values()))

    with mpl.rc_context(style.theme()):
        page = compose(
            len(metrics),
            bands,
            title=title,
            legend=[_legend_line(look, legend_name(look, drawn)) for look in looks],
            caption=text,
            share_y=[metric.share_y for metric in metrics],
            beside=beside,
            more_above=CAPTION_LINE * (most - 1),
            more_below=NAME_LINE * name_lines(wide, ONLINE_NAME)[0].count("\n"),
        )
        drawn_on: list[tuple[Axes, Metric, list[End]]] = []
        for band, axes in zip(bands, page.axes, strict=True):
            for column, panel in band.items():
                rows = panel.rows(drawn)
                span = span_of(rows)
                _head(axes[0][column], panel.title, subtitles[panel], most)
                for metric, line in zip(metrics, axes, strict=True):
                    ax = line[column]
                    set_phase_axis(ax, *span)
                    aggregates = panel.rows(curves[metric.column])
                    _draw_panel(ax, rows, aggregates, metric.column, looks, seeds_of)
                    _dress_panel(ax, metric, left=column == min(band))
                    drawn_on.append((ax, metric, _ends_of(aggregates, looks)))
                    ax.tick_params(labelbottom=line is axes[-1])
                name_phases(axes[-1][column], *span, ONLINE_NAME, wide)
        for ax, metric, ends in drawn_on:  # limits that panels share are final only now
            label_ends(ax, [replace(end, name=short[end.name]) for end in ends])
            name_rules(ax, metric)
    return page.figure


def span_of(rows: pd.DataFrame) -> tuple[float, float]:
    """The first and the last step of the axis: that of no offline phase begins at 0."""
    steps = rows.loc[rows["phase"] != "init", "env_step"]
    return (0.0, 0.0) if steps.empty else (float(min(steps.min(), 0)), float(max(steps.max(), 0)))


def looks_of(frame: pd.DataFrame) -> list[Look]:
    """The labels of ``frame`` in the fixed order of methods, each method before its variants; those
    without prior data are dashed beside others."""
    prior = frame["data"] != NONE
    dashed = set(frame["label"]) - set(frame.loc[prior, "label"]) if prior.any() else set()
    found = style.styles_of(frame["label"])
    return [
        Look(name, style.without_prior_data(look) if name in dashed else look, rank)
        for rank, (name, look) in enumerate(found.items())
    ]


def greyed(
    looks: Sequence[Look], curves: Sequence[pd.DataFrame], ours: set[str]
) -> tuple[list[Look], bool]:
    """The looks, grey where a method of ours has one seed and others have more, and if any is."""
    seeds = pd.concat(curves).groupby("label")["seeds"].max()
    single = style.singles({str(name): int(count) for name, count in seeds.items()}) & ours
    changed = [
        replace(look, style=style.single_seed(look.style)) if look.label in single else look
        for look in looks
    ]
    return changed, bool(single)


def named_at_its_end(complete: bool, last: float, right: float) -> bool:
    """Whether a curve whose last step is ``last`` has its name right of its panel.

    ``right`` is the last step of any curve in the panel. A curve that is still on its way has none:
    the line to the name would look like its rest.
    """
    return complete or last == right


def _ends_of(aggregates: pd.DataFrame, looks: Sequence[Look]) -> list[End]:
    """Where the curves end that get a name there."""
    found, right = [], float(aggregates["env_step"].max())
    for look in looks:
        thick = aggregates[aggregates["label"] == look.label]
        if not thick.empty:
            last = thick.sort_values("env_step").iloc[-1]
            step, value = float(last["env_step"]), float(last["centre"])
            if named_at_its_end(bool(last["complete"]), step, right):
                found.append(End(look.label, look.style.colour, step, value))
    return found


def legend_name(look: Look, frame: pd.DataFrame) -> str:
    """The label, with what became of its runs where none of them is finished."""
    states = set(frame.loc[frame["label"] == look.label, "status"])
    if "done" in states:
        return look.label
    return f"{look.label} ({'unfinished' if 'running' in states else 'failed'})"


def _legend_line(look: Look, name: str) -> Line2D:
    return Line2D([], [], label=name, **_line_style(look))


def _line_style(look: Look) -> dict[str, Any]:
    """Keywords for a thick line with markers."""
    filled = look.style.colour if look.style.filled else "white"
    return {
        "color": look.style.colour,
        "linestyle": look.style.line,
        "linewidth": look.style.width,
        "marker": look.style.marker,
        "markersize": style.MARKER_SIZES.get(look.style.marker, style.OTHER_MARKER_SIZE),
        "markerfacecolor": filled,
        "markeredgecolor": "white" if look.style.filled else look.style.colour,
        "markeredgewidth": 0.5 if look.style.filled else 1.0,
    }


def _draw_panel(
    ax: Axes,
    rows: pd.DataFrame,
    aggregates: pd.DataFrame,
    metric: str,
    looks: Sequence[Look],
    seeds_of: Collection[str] | None,
) -> None:
    """Thin lines of the seeds of ``seeds_of``, then band and thick line of each aggregate. A seed
    that no aggregate holds is drawn in any case."""
    states = runs(rows)
    failed_runs = set(states.loc[states["status"] == "failed", list(RUN)].itertuples(index=False))
    each_seed = evaluations(rows, metric)
    for look in looks:
        mine = each_seed[each_seed["label"] == look.label]
        thick = aggregates[aggregates["label"] == look.label]
        lonely = mine["seed"].nunique() == 1 and not thick.empty
        asked = seeds_of is None or look.label in seeds_of
        for key, run in mine.groupby(list(RUN), sort=True):
            failed = key in failed_runs
            outside = thick.empty or failed or str(run["status"].iloc[-1]) != "done"
            line = not lonely and (asked or outside)
            _draw_seed(ax, run, metric, look, len(looks), failed=failed, line=line)
        if not thick.empty:
            draw_aggregate(ax, thick, look, len(looks))


def _draw_seed(
    ax: Axes, run: pd.DataFrame, metric: str, look: Look, count: int, *, failed: bool, line: bool
) -> None:
    """One seed; ``count`` is the number of curves in the figure."""
    if line:
        ax.plot(
            run["env_step"],
            run[metric],
            color=look.style.colour,
            lw=style.SEED_WIDTH,
            alpha=style.SEED_ALPHA * style.fade(count),
            marker="." if len(run) == 1 else None,
            zorder=2,
        )
    if failed:
        ax.plot(
            run["env_step"].iloc[-1:],
            run[metric].iloc[-1:],
            color=look.style.colour,
            marker="x",
            markersize=7,
            markeredgewidth=1.8,
            linestyle="none",
            zorder=6,
        )


def draw_aggregate(ax: Axes, thick: pd.DataFrame, look: Look, count: int) -> None:
    """Band and thick line of one aggregate; ``count`` is the number of curves in the figure."""
    steps = thick["env_step"].to_numpy(dtype=float)
    if bool(thick["low"].notna().all()):
        low, high = thick["low"].to_numpy(dtype=float), thick["high"].to_numpy(dtype=float)
        alpha = style.BAND_ALPHA * style.fade(count)
        ax.fill_between(steps, low, high, color=look.style.colour, alpha=alpha, lw=0, zorder=1.5)
    ax.plot(
        steps,
        thick["centre"].to_numpy(dtype=float),
        zorder=look.style.zorder - 0.01 * look.rank,
        markevery=_marked(ax, steps, look.rank / max(count, 1)),
        **_line_style(look),
    )


def _marked(ax: Axes, steps: np.ndarray, offset: float) -> list[int]:
    """Indices of the steps to mark: evenly spread on paper, staggered by ``offset`` in [0, 1) so
    that the markers of curves that coincide stay apart."""
    if len(steps) <= MARK_EVERY_POINT_UP_TO:
        return list(range(len(steps)))
    places = np.asarray(ax.xaxis.get_transform().transform(steps), dtype=float)
    share = (np.arange(MARKERS_PER_CURVE) + offset) / MARKERS_PER_CURVE
    wanted = places[0] + share * (places[-1] - places[0])
    return sorted({int(np.abs(places - place).argmin()) for place in wanted})


def _broken(subtitle: str, width: float) -> list[str]:
    """The lines of a subtitle: one, or broken before a ``+`` if that is not enough room."""
    if len(whole := wrap(subtitle, width, SUBTITLE_SIZE)) == 1:
        return whole
    parts = subtitle.replace(" + ", "\n+ ").split("\n")
    return [line for part in parts for line in wrap(part, width, SUBTITLE_SIZE)]


def _head(ax: Axes, title: str, subtitle: Sequence[str], most: int) -> None:
    """What stands above a panel; ``most``: lines of the longest subtitle, above which the titles
    of all panels stand."""
    ax.set_title(title, loc="left", weight="bold", pad=19 + 72 * CAPTION_LINE * (most - 1))
    ax.text(
        0,
        1.035,
        "\n".join(subtitle),
        transform=ax.transAxes,
        fontsize=SUBTITLE_SIZE,
        linespacing=1.25,
        color=style.TEXT_GREY,
    )


def _dress_panel(ax: Axes, metric: Metric, *, left: bool) -> None:
    """Y axis, grid and rules."""
    ax.grid(axis="y", color="#E4E4E4", lw=0.6, zorder=0)
    ax.set_axisbelow(True)
    draw_rules(ax, metric)
    if metric.column.startswith("success") and metric.whole_range:
        ax.set_ylim(-0.04, 1.04)
        ax.set_yticks([0, 0.25, 0.5, 0.75, 1.0])
    else:
        ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
        if metric.column.startswith("success"):
            most = min(1.0, max(LEAST_SHARE, 1.05 * max(_drawn(ax), default=0.0)))
            ax.set_ylim(-0.04 * most, 1.04 * most)
    if left:
        ax.set_ylabel(metric.name)
        ax.yaxis.set_label_coords(-0.5 / size_of(ax)[0], 0.5)
    elif metric.share_y:
        ax.tick_params(labelleft=False)


def _drawn(ax: Axes) -> list[float]:
    """The largest value of every curve in a panel, and of those in panels that share its axis."""
    axes = [each for each in ax.figure.axes if ax.get_shared_y_axes().joined(ax, each)]
    lines = [
        np.asarray(line.get_ydata(), float)
        for each in axes or [ax]
        for line in each.lines
        if is_curve(each, line)
    ]
    return [float(np.nanmax(line)) for line in lines if np.isfinite(line).any()]
