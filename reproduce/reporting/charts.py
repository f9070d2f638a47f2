"""Learning curves as data for plotly.js: every seed a trace, the aggregate a thicker one.

A trace names its points (``series``) instead of holding them, since several cards show the same
runs; ``Pool`` holds the points, and the page puts them in before it draws.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from figures import style
from figures.learning_curves import Look, looks_of
from figures.panels import Panel, panels_of
from figures.statistics import curve, evaluations
from figures.table import RUN

GAP = 0.05
SEED_OPACITY = 0.35
BAND_OPACITY = 0.14


@dataclass
class Pool:
    """Points of all charts of a page by name: steps and values, as they stand in the CSV."""

    series: dict[str, tuple[list[int], list[float]]] = field(default_factory=dict)
    _curves: dict[tuple[str, str], pd.DataFrame] = field(default_factory=dict)

    def add(self, name: str, rows: pd.DataFrame, column: str) -> str:
        """Keep the points of ``rows`` under ``name``, which is returned."""
        if name not in self.series:
            steps = [int(step) for step in rows["env_step"]]
            self.series[name] = (steps, [float(value) for value in rows[column]])
        return name

    def curve(self, experiment: str, table: pd.DataFrame, column: str) -> pd.DataFrame:
        """``statistics.curve`` of a whole experiment, computed once."""
        key = (experiment, column)
        if key not in self._curves:
            self._curves[key] = curve(table, column)
        return self._curves[key]


@dataclass(frozen=True)
class Chart:
    """One interactive picture: traces and layout as plotly.js takes them, but for ``series``."""

    id: str
    data: list[dict[str, Any]]
    layout: dict[str, Any]


def chart(
    name: str,
    rows: pd.DataFrame,
    table: pd.DataFrame,
    pool: Pool,
    *,
    experiment: str,
    tasks: Sequence[str],
    column: str,
    axis: str,
) -> Chart:
    """The curves of ``rows``, a panel a task and kind of data.

    Args:
        name: of the chart, unique in the page.
        rows: what is shown, of one profile.
        table: all rows of the experiment; aggregates are of its finished runs.
        pool: keeps the points.
        experiment: whose rows they are.
        tasks: in the order of the panels.
        column: what is drawn.
        axis: name of the y axis.
    """
    panels = panels_of(rows, tasks)
    looks = looks_of(rows)
    aggregates = pool.curve(experiment, table, column)
    seen: set[str] = set()
    data = [
        trace
        for number, panel in enumerate(panels, 1)
        for trace in _panel(number, panel, rows, aggregates, pool, looks, experiment, column, seen)
    ]
    return Chart(name, data, _layout(panels, axis, column))


def _panel(
    number: int,
    panel: Panel,
    rows: pd.DataFrame,
    aggregates: pd.DataFrame,
    pool: Pool,
    looks: Sequence[Look],
    experiment: str,
    column: str,
    seen: set[str],
) -> Iterator[dict[str, Any]]:
    """Traces of one panel; the first thick one of a method, over all panels, is in the legend."""
    axes = {
        "xaxis": f"x{number if number > 1 else ''}",
        "yaxis": f"y{number if number > 1 else ''}",
    }
    mine = evaluations(panel.rows(rows), column)
    thick = panel.rows(aggregates)
    for look in looks:
        colour = look.style.colour
        shared = {**axes, "type": "scatter", "mode": "lines", "legendgroup": look.label}
        each = mine[mine["label"] == look.label]
        for key, run in each.groupby(list(RUN), sort=True):
            seed = int(run["seed"].iloc[0])
            state = run["status"].iloc[0]
            yield {
                **shared,
                "name": f"{look.label}, seed {seed}",
                "meta": "seed",
                "series": pool.add("|".join(map(str, (experiment, *key, column))), run, column),
                "line": {"color": colour, "width": 1},
                "opacity": SEED_OPACITY,
                "showlegend": False,
                "hovertemplate": f"{look.label}, seed {seed}"
                f"{'' if state == 'done' else f' ({state})'}"
                f"<br>step %{{x:,}}<br>{column} %{{y}}<extra></extra>",
            }
        centre = thick[thick["label"] == look.label]
        if centre.empty:
            continue
        base = "|".join((experiment, panel.env, panel.data, panel.labels, panel.profile,
                         look.label, column))  # fmt: skip
        if bool(centre["low"].notna().all()):
            for end in ("low", "high"):
                yield {
                    **shared,
                    "name": f"{look.label}, {end}",
                    "meta": "band",
                    "series": pool.add(f"{base}|{end}", centre, end),
                    "line": {"width": 0, "color": colour},
                    "hoverinfo": "skip",
                    "showlegend": False,
                    **({"fill": "tonexty", "fillcolor": _faint(colour)} if end == "high" else {}),
                }
        seeds = int(centre["seeds"].max())
        yield {
            **shared,
            "name": look.label,
            "meta": "aggregate",
            "series": pool.add(f"{base}|centre", centre, "centre"),
            "line": {"color": colour, "width": 1.4 * look.style.width, "dash": _dash(look)},
            "showlegend": look.label not in seen,
            "hovertemplate": f"{look.label}, {seeds} seed{'s' * (seeds != 1)} together"
            f"<br>step %{{x:,}}<br>{column} %{{y:.4g}}<extra></extra>",
        }
        seen.add(look.label)


def _layout(panels: Sequence[Panel], axis: str, column: str) -> dict[str, Any]:
    count = len(panels)
    width = (1 - GAP * (count - 1)) / count
    layout: dict[str, Any] = {
        "height": 430, "margin": {"l": 60, "r": 15, "t": 58, "b": 50}, "hovermode": "closest",
        "font": {"size": 12}, "plot_bgcolor": "#FFFFFF", "paper_bgcolor": "#FFFFFF",
        "legend": {"groupclick": "togglegroup", "itemsizing": "constant"},
        "annotations": [], "shapes": [],
    }  # fmt: skip
    for number, panel in enumerate(panels, 1):
        key = str(number) if number > 1 else ""
        left = (number - 1) * (width + GAP)
        grid = {"gridcolor": "#E8E8E8", "zerolinecolor": "#9A9A9A"}
        layout[f"xaxis{key}"] = {
            **grid, "domain": [left, left + width], "anchor": f"y{key}",
            "title": {"text": "online steps (left of 0: offline updates)", "font": {"size": 11}},
        }  # fmt: skip
        layout[f"yaxis{key}"] = {**grid, "anchor": f"x{key}"}
        if column.startswith("success"):
            layout[f"yaxis{key}"]["range"] = [-0.03, 1.03]
        if number == 1:
            layout["yaxis"]["title"] = {"text": axis}
        layout["annotations"].append(
            {
                "text": f"<b>{panel.title}</b><br>{panel.subtitle}", "showarrow": False,
                "xref": "paper", "yref": "paper", "x": left, "y": 1.0, "yshift": 34,
                "xanchor": "left", "align": "left", "font": {"size": 11},
            }
        )  # fmt: skip
    return layout


def _dash(look: Look) -> str:
    """Plotly's name of a Matplotlib dash pattern."""
    names = {
        style.SOLID: "solid", style.DASHED: "dash", style.DASH_DOTTED: "dashdot",
        style.DOTTED: "dot", style.LONG_DASHED: "longdash",
        **dict.fromkeys(style.OTHER_LINES, "longdashdot"),
    }  # fmt: skip
    return names.get(look.style.line, "solid")


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{BAND_OPACITY})"
