"""What each component of a method is worth, as a forest plot, and how much a number matters."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from figures import style
from figures.ablation.caption import facts, warnings
from figures.ablation.effects import Row, SweptScalar
from figures.ablation.names import PURPOSES
from figures.ablation.page import ForestPage, Name, compose
from figures.ablation.panels import NAMES, draw_forest, draw_sweep, proxy, symbol
from figures.ablation.reading import read_ablation
from figures.layout import Paragraph, size_of
from figures.learning_curves import WARNING_COLOUR
from figures.output import save
from figures.panels import Panel
from figures.results.partial import warning, without_rows

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
    ablation = read_ablation(csv)
    frame, panels, found = ablation.frame, ablation.panels, ablation.found
    pairs, common, keys = ablation.pairs, ablation.common, ablation.swept
    all_effects, all_levels = ablation.effects, ablation.levels
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
    pad = 0.08 / size_of(ax)[1]
    ax.text(0, 1 + pad, panel.subtitle, transform=ax.transAxes, fontsize=8, color=style.TEXT_GREY)
