"""What one row of panels shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """A column of the results and how its row of panels is drawn.

    Attributes:
        column: name in the CSV. Names starting with ``success`` are shares, drawn on [0, 1].
        name: name of the y axis, with the unit if there is one.
        share_y: the panels of the row share their y axis; False where the tasks' values are not
            comparable, as returns of different rewards are not.
        rules: values that a reader compares with, in the unit of the column: each is marked by a
            thin rule, and so is always on the axis.
        rule_names: what each of ``rules`` is, written at it; none, or as many.
        whole_range: a share has all of [0, 1] as its axis; False: as much as its values need.
    """

    column: str
    name: str
    share_y: bool = True
    rules: tuple[float, ...] = ()
    rule_names: tuple[str, ...] = ()
    whole_range: bool = True


ASKED = "asked: "
"""Begins the name of a rule that a claim asks for."""


def is_asked(rule_name: str) -> bool:
    """Whether a claim asks for the rule of this name."""
    return rule_name.startswith(ASKED)


def columns(metrics: Sequence[Metric]) -> list[str]:
    """The columns that ``metrics`` draw, for ``table.read_results``."""
    return [metric.column for metric in metrics]
