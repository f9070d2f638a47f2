"""What each component of a method is worth, as a forest plot, and how much a number matters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from figures import style
from figures.ablation_caption import facts, own_value, warnings
from figures.ablation_effects import (
    Row,
    Runs,
    SweptScalar,
    effects,
    exchanges,
    levels,
)
from figures.ablation_names import PURPOSES
from figures.ablation_page import ForestPage, Name, compose
from figures.ablation_panels import NAMES, draw_forest, draw_sweep, proxy, symbol
from figures.experiments import in_order, measure_of
from figures.layout import Paragraph
from figures.learning_curves import WARNING_COLOUR
from figures.output import save
from figures.panels import Panel, panels_of
from figures.results.manifest import read_manifest
from figures.results.partial import warning, without_rows
from figures.results.table import ResultsError, read_results

TITLE = "Ablations: one component exchanged at a time"


def make(csv: Path, out_stem: Path) -> list[Path]:
    """Draw ``results/<preset>/ablations.csv`` into ``<out_stem>.png`` and ``<out_stem>.pdf``.

    A manifest that lies beside the CSV says which value of a swept number the unchanged row has;
    without one that row is a dashed rule.

    Returns:
        The two paths.

    Raises:
        ResultsError: the CSV is missing or malformed, or holds nothing to compare.
    """
    return save(draw(csv), out_stem)


def draw(csv: Path) -> Figure:
    """The figure that ``make`` saves: a column a task and data source, a row an exchange, and
    beneath a row of panels for each swept number."""
    frame = read_results(csv)
    wanted = {measure.column for env in set(frame["env"]) if (measure := measure_of(env))}
    frame = read_results(csv, drawn=sorted(wanted & set(frame.columns)))
    envs = in_order(frame["env"])
    panels = panels_of(_with_prior_data(frame), envs)
    found = [Runs(panel, frame) for panel in panels]
    rows = list(dict.fromkeys(row for runs in found for row in runs.rows))
    common = frozenset.intersection(*(row.settings for row in rows))
    pairs = exchanges(rows)
    all_effects = [list(effects(runs, pairs)) for runs in found]
    manifest = read_manifest(csv)
    all_levels = [
        _placed(list(levels(runs)), panel, manifest)
        for runs, panel in zip(found, panels, strict=True)
    ]
    keys = sorted({level.key for mine in all_levels for level in mine})
    if not pairs and not keys:
        raise ResultsError(
            f"{csv}: no two rows that differ in one component or setting, so there is nothing to "
            "compare; run `python reproduce/ablations.py`"
        )
    text = [Paragraph(facts(panels, frame, found, all_effects, all_levels, common))]
    absent = warning(without_rows(csv, frame))
    alarm = " ".join(filter(None, (warnings(panels, frame), absent)))
    text += [Paragraph(alarm, WARNING_COLOUR)] if alarm else []
    with mpl.rc_context(style.theme()):
        page = compose(
            [_name(row, base, common) for row, base in pairs],
            len(panels),
            [Paragraph(_sweep_text(key, all_levels, common)) for key in keys],
            title=TITLE,
            legend=[proxy(scalar) for scalar in NAMES],
            caption=text,
        )
        for column, panel in enumerate(panels):
            measure = found[column].measure
            if pairs:
                draw_forest(page.forests[column], all_effects[column], pairs, measure)
            for number, key in enumerate(keys):
                mine = [level for level in all_levels[column] if level.key == key]
                draw_sweep(page.sweeps[number][column], mine, key, measure)
            _head(page, column, panel)
    return page.figure


def _with_prior_data(frame: pd.DataFrame) -> pd.DataFrame:
    """Without runs that had no data, where the task has others to compare them with."""
    has_data = frame["data"] != "none"
    compared = has_data.groupby([frame["env"], frame["profile"]]).transform("any")
    return frame[has_data | ~compared]


def _placed(
    found: Sequence[SweptScalar], panel: Panel, manifest: list[dict[str, object]]
) -> list[SweptScalar]:
    """The rows whose value the CSV does not tell at their own, where the manifest tells it."""
    return [
        replace(level, value=own_value(manifest, panel, level.row, level.key))
        if math.isnan(level.value)
        else level
        for level in found
    ]


def _name(row: Row, base: Row, common: frozenset[str]) -> Name:
    changed = " ".join(sorted(row.settings - base.settings))
    return Name(row.name(common), PURPOSES.get(row.registered, changed if not row.named else ""))


def _sweep_text(key: str, found: Sequence[Sequence[SweptScalar]], common: frozenset[str]) -> str:
    bases = {level.base.name(common) for mine in found for level in mine if level.key == key}
    return (
        f"Sensitivity of {', '.join(sorted(bases))} to {symbol(key)}. The row as it stands "
        "is marked by an upright rule; level dashes stand for a row whose value is not known."
    )


def _head(page: ForestPage, column: int, panel: Panel) -> None:
    ax = page.forests[column] if page.forests else page.sweeps[0][column]
    ax.set_title(panel.title, loc="left", weight="bold", pad=19)
    pad = 0.08 / (ax.get_position().height * page.figure.get_size_inches()[1])
    ax.text(0, 1 + pad, panel.subtitle, transform=ax.transAxes, fontsize=8, color=style.TEXT_GREY)
