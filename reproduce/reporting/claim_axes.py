"""What a claim asks for, as places on an axis: thresholds on curves, and effects on one axis."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite

from figures import style
from figures.domains import DOMAINS
from figures.experiments import domain_of, row_of, title_of
from figures.forest import Forest, Score
from figures.labels import method_of
from figures.statistics.scalars import SLOPE_UNIT
from reproduce.judging.claim import Claim
from reproduce.judging.conditions import Verdict
from reproduce.judging.levels import Level
from reproduce.judging.rules import Rule
from reproduce.judging.shares import Solved
from reproduce.judging.times import Faster
from reproduce.judging.verdicts import NO_ESTIMATE, Effect
from reproduce.reporting.bounds import compares, possible

LEVELS = ("j0", "jt", "auc")
"""Scalars that are values of the measure itself."""
AXES = {
    "time to": "ratio of times",
    "share of demonstrations": "share of the demonstrations",
    "share of runs": "share of the runs",
    "P(": "probability",
    "rank correlation": "rank correlation",
    "largest bias": "difference, in rewards",
    "fluctuation": "difference in variance",
    "variance": "difference in variance",
    "slope": f"{{}} per {SLOPE_UNIT:,} steps",
    "gain": "change of {}",
    "dip": "loss of {}",
    "J after the offline phase": "{}",
    "final J": "{}",
    "AUC": "{}",
}
"""Names of axes by how the quantity begins; ``{}`` is the measure with its unit."""
_ASKS = re.compile(r"(>|<|within ±) ?(-?[\d.e+-]+)")
_SETS_AGAINST = re.compile(r" − | / | > ")


@dataclass(frozen=True)
class Group:
    """Effects of one quantity that are asked for the same, so that they share an axis."""

    quantity: str
    asks: str
    domain: str
    effects: tuple[Effect, ...]


def asked(asks: str) -> tuple[float, float]:
    """The values that ``> 0.05``, ``< 0.5`` or ``within ±0.1`` ask for, as an interval.

    Raises:
        ValueError: ``asks`` is written otherwise.
    """
    found = _ASKS.fullmatch(asks)
    if found is None:
        raise ValueError(f"asks {asks!r}: none of > x, < x, within ±x")
    value = float(found[2])
    return {">": (value, inf), "<": (-inf, value), "within ±": (-value, value)}[found[1]]


def groups(effects: Sequence[Effect]) -> list[Group]:
    """Effects by quantity, by what is asked and by domain, levels apart from differences, in the
    order in which those come first; within each by task, then by method in the order of every
    figure."""
    found: dict[tuple[str, str, str, bool], list[Effect]] = {}
    for effect in effects:
        key = (_quantity(effect.what)[0], effect.asks, _domain(effect.task), compares(effect))
        found.setdefault(key, []).append(effect)
    tasks = list(dict.fromkeys(effect.task for effect in effects))
    return [
        Group(*key[:3], tuple(sorted(mine, key=lambda effect: _place(effect, tasks))))
        for key, mine in found.items()
    ]


def forests(
    effects: Sequence[Effect], ends: Sequence[tuple[float, float] | None] = ()
) -> list[Forest]:
    """A panel a group, a row an effect; none at all if no effect has a value.

    ``ends``: of the interval that decides each effect (``deciding``); none are drawn without it.
    """
    if not any(_has_value(effect) for effect in effects):
        return []
    decides = {id(effect): each for effect, each in zip(effects, ends, strict=bool(ends))}
    found = []
    for group in groups(effects):
        several = len({effect.task for effect in group.effects}) > 1
        wanted = asked(group.asks)
        found.append(
            Forest(
                _heading(group, several),
                _axis(group),
                tuple(_score(e, decides.get(id(e)), several) for e in group.effects),
                wanted,
                tuple(filter(isfinite, wanted)),
                _zero(group),
            )
        )
    return found


def _has_value(effect: Effect) -> bool:
    known = effect.estimate is not None and isfinite(effect.estimate.value)
    return known and effect.verdict is not Verdict.NOT_RUN


def lacking(effect: Effect) -> str:
    """Why an effect has no value, in a few words; "" if it has one."""
    if _has_value(effect):
        return ""
    if effect.verdict is Verdict.NOT_RUN:
        if effect.what.startswith("share of demonstrations"):
            return effect.note
        step = re.search(r"finished (beyond step [\d,]*\d)", effect.note)
        return f"no run finished {step[1]}" if step else "no finished run"
    if effect.note.startswith("no run reached it"):
        return f"no run reached {_quantity(effect.what)[0].removeprefix('time to ')}"
    return re.split("[:;]", effect.note)[0] or "no value"


def thresholds(claim: Claim, domain: str) -> tuple[float, ...]:
    """Values of the measure, in its own unit, that ``claim`` sets curves of ``domain`` against."""
    sign = DOMAINS[domain].measure.sign
    rules = [rule for part in claim.parts for rule in part.rules]
    values = [
        sign * value
        for rule in rules
        if any(domain_of(task) == domain for task in rule.tasks_asked())
        for value in _levels(rule)
    ]
    return tuple(dict.fromkeys(values))


def _levels(rule: Rule) -> list[float]:
    if isinstance(rule, Level):
        return [rule.value] if rule.scalar in LEVELS else []
    return [rule.threshold] if isinstance(rule, Solved | Faster) else []


def _quantity(what: str) -> tuple[str, str]:
    """``AUC: AWAC − SAC`` -> ("AUC", "AWAC − SAC"); what names no method is its own quantity."""
    if probability := re.fullmatch(r"P\((.*) of (.* > .*)\)", what):
        return f"P({probability[1]} is higher)", probability[2]
    quantity, _, who = what.partition(": ")
    return quantity, who


def _rival(who: str) -> str:
    """Whose colour a comparison has: the method that is not AWAC, else the first."""
    names = [name.partition(", ")[0] for name in _SETS_AGAINST.split(who)]
    others = [name for name in names if name != "AWAC"]
    found = (others or names)[0]
    return found if method_of(found) in style.METHOD_ORDER else ""


def _place(effect: Effect, tasks: Sequence[str]) -> tuple[int, tuple[int, str, str]]:
    return tasks.index(effect.task), style.place_of(_rival(_quantity(effect.what)[1]))


def _heading(group: Group, several: bool) -> str:
    """``AUC: asked > 0.05``, with the task where it is the same in all rows."""
    task = "" if several else f", {title_of(group.effects[0].task)}"
    return f"{group.quantity}{task}: asked {group.asks.replace('-', '−')}"


def _score(effect: Effect, ends: tuple[float, float] | None, several: bool) -> Score:
    who, task = _quantity(effect.what)[1], title_of(effect.task)
    label = ", ".join(filter(None, (who, task * several))) or task
    instead = lacking(effect)
    found = NO_ESTIMATE if instead or effect.estimate is None else effect.estimate
    shown = possible(effect).of(found)
    return Score(label, shown, (), _rival(who), effect.task, decides=ends, instead=instead)


def _domain(task: str) -> str:
    row = row_of(task)
    return row.domain if row else ""


def _zero(group: Group) -> float | None:
    """Where there is no effect; a level or a share has no such place."""
    if group.quantity.startswith("time to"):
        return 1.0
    if group.quantity.startswith(("share", "P(")):
        return None
    compared = any(map(compares, group.effects))
    own = group.quantity.startswith(("gain", "dip", "slope", "rank correlation"))
    return 0.0 if compared or own else None


def axis_of(domain: str) -> str:
    """Name of the axis of J, which is higher where it is better."""
    known = DOMAINS[domain]
    name = known.measure.name if known.measure.higher_is_better else f"−{known.measure.name}"
    return f"{name} ({known.unit})" if known.unit else name


def _axis(group: Group) -> str:
    name = next((AXES[start] for start in AXES if group.quantity.startswith(start)), "")
    if "{}" not in name or not group.domain:
        return name if name and "{}" not in name else group.quantity
    compared = any(map(compares, group.effects))
    return f"{'difference in ' * compared}{name.format(axis_of(group.domain))}"
