"""What one effect measures, of whom, and what is asked of it.

Tables, axes and limits are read from here. No module reads them back from words.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf
from typing import Literal

from figures.statistics.scalars import SLOPE_UNIT

Sign = Literal["", "−", "/", ">"]


@dataclass(frozen=True)
class Limits:
    """The least and the largest value that something can have."""

    low: float = -inf
    high: float = inf


ANY = Limits()
SHARE = Limits(0.0, 1.0)


@dataclass(frozen=True)
class Quantity:
    """What is measured.

    Attributes:
        name: in words, such as ``AUC``.
        axis: name of its axis; ``{}`` is the measure of the domain with its unit, ``{tasks}`` the
            tasks whose unit it has.
        limits: values that it can have; None for those of the measure.
        zero: its value where there is no effect; None for a level or a share, which has none.
        change: whether it is a change of the measure, which has either sign.
        digits: decimal places that tables show.
    """

    name: str
    axis: str
    limits: Limits | None = None
    zero: float | None = None
    change: bool = False
    digits: int = 3


@dataclass(frozen=True)
class Whose:
    """Whose quantity it is: that of ``first``, or how it compares with that of ``second``.

    ``−`` is a difference, ``/`` a ratio, ``>`` the probability that the first is higher. All are ""
    of a quantity of no method.
    """

    first: str = ""
    sign: Sign = ""
    second: str = ""

    def __str__(self) -> str:
        return f"{self.first} {self.sign} {self.second}" if self.sign else self.first

    @property
    def methods(self) -> tuple[str, ...]:
        """The first method of either side, without what is said of its data."""
        return tuple(each.partition(", ")[0] for each in (self.first, self.second) if each)


@dataclass(frozen=True)
class Asked:
    """The values that are asked for, as an open interval."""

    low: float = -inf
    high: float = inf

    def __post_init__(self) -> None:
        if not self.low < self.high or (self.low, self.high) == (-inf, inf):
            raise ValueError(f"nothing is asked by {self.low} to {self.high}")

    def __str__(self) -> str:
        if self.high == inf:
            return f"> {self.low:g}"
        return f"< {self.high:g}" if self.low == -inf else f"within ±{self.high:g}"


def above(value: float) -> Asked:
    """More than ``value``."""
    return Asked(low=value or 0.0)  # no -0


def below(value: float) -> Asked:
    """Less than ``value``."""
    return Asked(high=value)


def beside(value: float, side: Literal["above", "below"]) -> Asked:
    """More or less than ``value``, by the ``side``."""
    return above(value) if side == "above" else below(value)


def within(margin: float) -> Asked:
    """Between -``margin`` and ``margin``."""
    return Asked(-margin, margin)


@dataclass(frozen=True)
class Question:
    """A quantity, whose it is, and the values asked for."""

    quantity: Quantity
    whose: Whose
    asks: Asked

    @property
    def what(self) -> str:
        """``AUC: AWAC − SAC``, ``P(AUC of AWAC > SAC)``; the name alone if it is of no method."""
        if self.whose.sign == ">":
            return f"P({self.quantity.name} of {self.whose})"
        who = str(self.whose)
        return f"{self.quantity.name}: {who}" if who else self.quantity.name

    @property
    def heading(self) -> str:
        """The quantity without whose it is."""
        name = self.quantity.name
        return f"P({name} is higher)" if self.whose.sign == ">" else name

    @property
    def differs(self) -> bool:
        """Whether it is a difference, which has another axis than a level."""
        return self.whose.sign == "−"


SCALARS = {
    "j0": Quantity("J after the offline phase", "{}"),
    "jt": Quantity("final J", "{}"),
    "auc": Quantity("AUC", "{}"),
    "dip": Quantity("dip", "loss of {}", zero=0.0, change=True),
    "gain": Quantity("gain", "change of {}", zero=0.0, change=True),
    "rise": Quantity("rise", "change of {}", zero=0.0, change=True),
    "offline_gain": Quantity("offline gain", "change of {}", zero=0.0, change=True),
    "slope": Quantity(
        f"slope per {SLOPE_UNIT // 1000:,} K steps",
        f"{{}} per {SLOPE_UNIT:,} steps",
        ANY,
        zero=0.0,
    ),
    "monotonicity": Quantity(
        "rank correlation of J with time", "rank correlation", Limits(-1.0, 1.0), zero=0.0
    ),
}
"""Of the scalars that claims ask about (``figures.statistics.scalars``)."""


def until(quantity: Quantity, step: int | None) -> Quantity:
    """The same, measured up to ``step``; at the end if it is None."""
    return replace(quantity, name=f"{quantity.name} by step {step:,}") if step else quantity


def improvement(quantity: Quantity) -> Quantity:
    """The probability that it is higher in a run of one method than in one of another."""
    return Quantity(quantity.name, "probability", SHARE)
