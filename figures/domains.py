"""DOMAINS: what pictures and verdicts need to know of all tasks of a domain, one row a domain."""

from __future__ import annotations

from dataclasses import dataclass

from figures.measures import DISTANCE, NORMALISED, SUCCESS, Measure


@dataclass(frozen=True)
class Domain:
    """One domain.

    Attributes:
        name: as in `envs.tasks` and in the rows of EXPERIMENTS.
        place: where something happened, in a sentence.
        measure: what J is on its tasks.
        margin: delta, the smallest difference that matters, in units of the measure.
        unit: of the measure, "" for a share or a score.
        level: what follows a value of the measure in a sentence.
    """

    name: str
    place: str
    measure: Measure
    margin: float
    unit: str
    level: str


_ROWS = (
    Domain("hand", "on the hand", SUCCESS, 0.05, "", "success"),  # 5 % of episodes
    # 1 cm: a sixth of the radius that counts as success
    Domain("push", "in pushing", DISTANCE, 0.01, "m", "m from the goal"),
    # 5 % of the way from random to the expert
    Domain("locomotion", "in locomotion", NORMALISED, 0.05, "", "normalised score"),
)

DOMAINS: dict[str, Domain] = {row.name: row for row in _ROWS}
