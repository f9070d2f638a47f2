"""The pieces of a report, and how its numbers are written; two renderers make text of them.

Text may hold `` `code` ``, ``**bold**`` and ``[links](target)``, nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from figures.statistics.estimates import Estimate

NONE = "–"
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Heading:
    """A heading; ``anchor`` is what links point to."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Warning:
    """What a reader must not overlook."""

    text: str


@dataclass(frozen=True)
class Quote:
    """The paper's words."""

    text: str


@dataclass(frozen=True)
class Items:
    """A list of single lines."""

    texts: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Cells of text; every row has as many as there are columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"{len(row)} cells in a row of {len(self.columns)}: {row}")


@dataclass(frozen=True)
class Code:
    """Shell commands, one a line."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Picture:
    """A picture beside the report, ``path`` relative to it, "" for none; in a page that can draw,
    the drawing of that name stands in its place. ``source``: links to what it was drawn from."""

    path: str
    alt: str
    chart: str = ""
    source: str = ""


@dataclass(frozen=True)
class Filter:
    """Where a page lets its reader choose methods and tasks."""


@dataclass(frozen=True)
class Fold:
    """Blocks behind a line that unfolds them."""

    summary: str
    blocks: tuple[Block, ...]


Block = Heading | Text | Warning | Quote | Items | Table | Code | Picture | Filter | Fold


def flat(blocks: Iterable[Block]) -> Iterator[Block]:
    """All blocks, those in folds in the place of their fold."""
    for block in blocks:
        if isinstance(block, Fold):
            yield from flat(block.blocks)
        else:
            yield block


def number(value: float | None, digits: int = 3) -> str:
    """``0.123``, with U+2212 for minus; an en dash for what is unknown."""
    if value is None or math.isnan(value):
        return NONE
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.removeprefix("-")
    return text.replace("-", "−")


def interval(estimate: Estimate | None, digits: int = 3) -> str:
    """``0.1 … 0.3``."""
    if estimate is None or not estimate.known:
        return NONE
    return f"{number(estimate.low, digits)} … {number(estimate.high, digits)}"


def with_interval(estimate: Estimate, values: Sequence[float]) -> str:
    """``0.2 [0.1 … 0.3]``; below 5 seeds the runs instead: ``0.2 (0.1, 0.3)``."""
    if estimate.known:
        return f"{number(estimate.value)} [{interval(estimate)}]"
    if len(values) == 1:
        return f"{number(estimate.value)} (one run)"
    return f"{number(estimate.value)} ({', '.join(map(number, values))})"


def p_value(value: float | None) -> str:
    """``0.012``; ``< 0.001``."""
    return "< 0.001" if value is not None and value < 0.001 else number(value)


def counted(number: int, name: str) -> str:
    """``1 run``, ``2 runs``."""
    return f"{number:,} {name}{'s' * (number != 1)}"


def each_of(numbers: Iterable[int]) -> str:
    """``5``, ``10 and 5``."""
    return " and ".join(map(str, numbers))


def sources(experiment: str, beside: str) -> str:
    """Links to the rows of an experiment and to what made them, which lie in ``beside``."""
    csv, manifest = f"{experiment}.csv", f"{experiment}.manifest.json"
    return f"Rows: [{csv}]({beside}{csv}); what made them: [{manifest}]({beside}{manifest})."


def link(out: Path, target: str, text: str) -> str:
    """A link from a file in ``out`` to one of the project, or its name where there is none.

    A report that lies outside of the project would show where that is on this machine.
    """
    file, _, anchor = target.partition("#")
    folder = out.resolve()
    if not folder.is_relative_to(ROOT) or not (ROOT / file).exists():
        return f"{text} (`{file}`)"
    up = "../" * len(folder.relative_to(ROOT).parts)
    return f"[{text}]({up}{file}{'#' * bool(anchor)}{anchor})"
