"""What a claim asks for, as places on an axis: thresholds on curves, and effects on one axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from figures import style
from figures.domains import DOMAINS
from figures.experiments import domain_of, row_of, title_of
from figures.forest import Forest, Score
from figures.labels import method_of
from figures.metrics import ASKED
from reproduce.judging.claim import Claim
from reproduce.judging.conditions import Verdict
from reproduce.judging.levels import Level
from reproduce.judging.questions import Question, Whose
from reproduce.judging.rules import Rule
from reproduce.judging.shares import Solved
from reproduce.judging.times import Faster
from reproduce.judging.verdicts import NO_ESTIMATE, Effect
from reproduce.reporting.bounds import clipped, possible

LEVELS = ("j0", "jt", "auc")
"""Scalars that are values of the measure itself."""


@dataclass(frozen=True)
class Group:
    """Effects of one quantity in one domain that are asked for the same: they share an axis."""

    domain: str
    effects: tuple[Effect, ...]

    @property
    def question(self) -> Question:
        """Of the first effect; the others differ in whose quantity it is."""
        return self.effects[0].question


def groups(effects: Sequence[Effect]) -> list[Group]:
    """Effects by quantity, by what is asked and by domain, levels apart from differences, in the
    order in which those come first; within each by task, then by method in the order of every
    figure."""
    found: dict[tuple[object, ...], list[Effect]] = {}
    for effect in effects:
        question = effect.question
        key = (_domain(effect.task), question.heading, question.asks, question.differs)
        found.setdefault(key, []).append(effect)
    tasks = list(dict.fromkeys(effect.task for effect in effects))
    return [
        Group(_domain(mine[0].task), tuple(sorted(mine, key=lambda effect: _place(effect, tasks))))
        for mine in found.values()
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
        wanted = group.question.asks.low, group.question.asks.high
        found.append(
            Forest(
                _heading(group, several),
                _axis(group),
                tuple(_score(e, decides.get(id(e)), several) for e in group.effects),
                wanted,
                tuple(filter(isfinite, wanted)),
                _zero(group.question),
            )
        )
    return found


def _has_value(effect: Effect) -> bool:
    known = effect.estimate is not None and isfinite(effect.estimate.value)
    return known and effect.verdict is not Verdict.NOT_RUN


def lacking(effect: Effect) -> str:
    """Why an effect has no value, in a few words; "" if it has one."""
    return "" if _has_value(effect) else effect.lacks or "no value"


def thresholds(claim: Claim, domain: str) -> dict[float, str]:
    """Values of the measure, in its own unit, that ``claim`` sets curves of ``domain`` against.

    Each with what its line is called: ``asked: 0.9``, or ``asked: 0.44 (Ant)`` where it is asked of
    some of the claim's tasks alone.
    """
    sign = DOMAINS[domain].measure.sign
    tasks: dict[float, dict[str, None]] = {}
    for rule in (rule for part in claim.parts for rule in part.rules):
        mine = [task for task in rule.tasks_asked() if domain_of(task) == domain]
        for value in _levels(rule) if mine else ():
            tasks.setdefault(sign * value, {}).update(dict.fromkeys(mine))
    every = {task for on in tasks.values() for task in on}
    return {
        value: f"{ASKED}{value:.2g}"
        + ("" if set(on) == every else f" ({', '.join(map(title_of, on))})")
        for value, on in tasks.items()
    }


def _levels(rule: Rule) -> list[float]:
    if isinstance(rule, Level):
        return [rule.value] if rule.scalar in LEVELS else []
    return [rule.threshold] if isinstance(rule, Solved | Faster) else []


def _rival(whose: Whose) -> str:
    """Whose colour a comparison has: the method that is not AWAC, else the first."""
    others = [name for name in whose.methods if name != "AWAC"]
    found = (others or [*whose.methods, ""])[0]
    return found if method_of(found) in style.METHOD_ORDER else ""


def _place(effect: Effect, tasks: Sequence[str]) -> tuple[int, tuple[int, str, str]]:
    return tasks.index(effect.task), style.place_of(_rival(effect.question.whose))


def _heading(group: Group, several: bool) -> str:
    """``AUC: asked > 0.05``, with the task where it is the same in all rows."""
    task = "" if several else f", {title_of(group.effects[0].task)}"
    question = group.question
    return f"{question.heading}{task}: asked {str(question.asks).replace('-', '−')}"


def _score(effect: Effect, ends: tuple[float, float] | None, several: bool) -> Score:
    whose, task = effect.question.whose, title_of(effect.task)
    label = ", ".join(filter(None, (str(whose), task * several))) or task
    instead = lacking(effect)
    found = NO_ESTIMATE if instead or effect.estimate is None else effect.estimate
    shown = clipped(found, possible(effect))
    return Score(label, shown, (), _rival(whose), effect.task, decides=ends, instead=instead)


def _domain(task: str) -> str:
    row = row_of(task)
    return row.domain if row else ""


def _zero(question: Question) -> float | None:
    """Where there is no effect; a level or a share has no such place."""
    own = question.quantity.zero
    return 0.0 if own is None and question.differs else own


def axis_of(domain: str) -> str:
    """Name of the axis of J, which is higher where it is better."""
    known = DOMAINS[domain]
    name = known.measure.name if known.measure.higher_is_better else f"−{known.measure.name}"
    return f"{name} ({known.unit})" if known.unit else name


def _axis(group: Group) -> str:
    question, axis = group.question, group.question.quantity.axis
    axis = axis.replace("{tasks}", ", ".join({title_of(e.task): None for e in group.effects}))
    if "{}" not in axis:
        return axis
    if not group.domain:
        return question.heading
    return f"{'difference in ' * question.differs}{axis.format(axis_of(group.domain))}"
