"""What each exchange was worth, as lines of text: the numbers of the figure of ablations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from figures.ablation.effects import Runs
from figures.ablation.panels import NAMES
from figures.ablation.reading import Ablation, read_ablation
from figures.panels import Panel
from figures.statistics.across_seeds import MIN_SEEDS_FOR_INTERVAL
from figures.statistics.estimates import Estimate

_Each = TypeVar("_Each")
_SCALARS = tuple(NAMES)
_HEAD = ("task", "measure", *NAMES.values(), "runs")


def effect_lines(csv: Path) -> list[str]:
    """The table of ``results/<preset>/ablations.csv``: exchanges, then swept numbers.

    An exchange has a line a task, with the difference of AUC (mean over online steps) and of final
    J (mean of the last five evaluations) from the unchanged row. Positive is better. A swept number
    has a line a value, with AUC and final J themselves. The intervals are those of the figure, of
    95 % and expanded as those of verdicts, from five seeds on. A distance counts as negative.

    Raises:
        ResultsError: the CSV is missing or malformed, or holds nothing to compare.
    """
    ablation = read_ablation(csv)
    changed, swept = list(_exchanged(ablation)), list(_swept(ablation))
    lines = []
    if changed:
        lines.append("worth of each exchange (minus the unchanged row; positive is better):")
        lines += _aligned([("exchange", *_HEAD), *changed])
    if swept:
        lines.append("at each value of a swept number (higher is better):")
        lines += _aligned([("row", *_HEAD), *swept])
    estimates = [e.estimate for mine in ablation.effects for e in mine if e.estimate]
    estimates += [level.estimate for mine in ablation.levels for level in mine]
    if any(not estimate.known for estimate in estimates):
        lines.append(
            f"  no interval below {MIN_SEEDS_FOR_INTERVAL} seeds: such a number may be chance"
        )
    if any(not found.measure.higher_is_better for found in ablation.found):
        lines.append("  a distance counts as negative")
    return lines


def _panels(
    ablation: Ablation, of_each: Sequence[Sequence[_Each]]
) -> Iterator[tuple[Runs, Panel, Sequence[_Each]]]:
    """Each panel with its runs and its own of ``of_each``."""
    yield from zip(ablation.found, ablation.panels, of_each, strict=True)


def _exchanged(ablation: Ablation) -> Iterator[tuple[str, ...]]:
    for row, base in ablation.pairs:
        for found, panel, effects in _panels(ablation, ablation.effects):
            mine = {e.scalar: e for e in effects if (e.row, e.base) == (row, base)}
            if mine:
                whole = [_number(mine[scalar].estimate, signed=True) for scalar in _SCALARS]
                one = mine[_SCALARS[0]]
                runs = str(one.finished)
                if one.finished < one.started:
                    runs += f" of {one.started} finished"
                yield row.name(ablation.common), panel.name, found.measure.name, *whole, runs


def _swept(ablation: Ablation) -> Iterator[tuple[str, ...]]:
    for key in ablation.swept:
        for found, panel, levels in _panels(ablation, ablation.levels):
            mine = [level for level in levels if level.key == key]
            for row in dict.fromkeys(level.row for level in sorted(mine, key=lambda e: e.value)):
                of = {level.scalar: level for level in mine if level.row == row}
                one = of[_SCALARS[0]]
                own = f" ({key}={one.value:g})" if one.unchanged and one.value == one.value else ""
                name = row.name(ablation.common) + own
                whole = [_number(of[scalar].estimate) for scalar in _SCALARS]
                yield name, panel.name, found.measure.name, *whole, str(len(one.seeds))


def _number(estimate: Estimate | None, *, signed: bool = False) -> str:
    """``+0.02 [-0.03, 0.06]``; without the interval where there is none."""
    if estimate is None:
        return "-"
    value = f"{estimate.value:+.3f}" if signed else f"{estimate.value:.3f}"
    return f"{value} [{estimate.low:.3f}, {estimate.high:.3f}]" if estimate.known else value


def _aligned(table: Sequence[Sequence[str]]) -> Iterator[str]:
    """The rows, indented by two, their columns two spaces apart."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  " + "  ".join(cells).rstrip()
