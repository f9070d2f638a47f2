"""What J is: a column of the results, and which direction of it is the better one."""

from __future__ import annotations

import math
from dataclasses import dataclass

CEILING = 0.95  # of the episodes, or of the way from random to the demonstrations


@dataclass(frozen=True)
class Measure:
    """A column of the results, and which direction of it is the better one.

    Attributes:
        column: of the results.
        name: in words.
        higher_is_better: False for a distance.
        ceiling: J from which on there is next to nothing to gain; infinite without one.
        best: the best J; infinite without one.
        floor: the J of a policy that has learned nothing; minus infinity without one.
        per_success: what an episode adds to J if it succeeds, J being their mean; 0 where J is not
            a share of episodes.
        start: column with what the measure is before an episode's first step; "" where that is
            the same for all episodes.
    """

    column: str
    name: str
    higher_is_better: bool = True
    ceiling: float = math.inf
    best: float = math.inf
    floor: float = -math.inf
    per_success: float = 0.0
    start: str = ""

    @property
    def sign(self) -> int:
        """+1 if higher is better, else -1."""
        return 1 if self.higher_is_better else -1


SUCCESS = Measure("success_any", "success", ceiling=CEILING, best=1.0, floor=0.0, per_success=1.0)
RETURN = Measure("return_mean", "return")
NORMALISED = Measure("normalised_score", "normalised score", ceiling=CEILING, best=1.0, floor=0.0)
DISTANCE = Measure(
    "final_distance",
    "final distance",
    higher_is_better=False,
    ceiling=-0.01,
    best=0.0,
    start="start_distance",
)
