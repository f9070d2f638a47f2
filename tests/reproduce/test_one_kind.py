"""Effects on several sets of prior data of one task decide nothing together."""

from __future__ import annotations

import pytest

from figures.experiments import PEN
from figures.statistics.estimates import Estimate
from reproduce.judging.conditions import Above, Verdict
from reproduce.judging.provenance import Parts, of_one_kind
from reproduce.judging.questions import SCALARS, Question, Whose, above
from reproduce.judging.verdicts import Effect, Finding, combine


def effect(value: float, data: str) -> Effect:
    estimate, condition = Estimate(value, value - 0.1, value + 0.1, 10, "IQM"), Above(0.0)
    return Effect(
        PEN,
        Question(SCALARS["auc"], Whose("AWAC"), above(0.0)),
        condition.verdict(estimate),
        estimate,
        condition=condition,
        code=("c1",),
        checksums=(data,),
    )


def judged(parts: Parts) -> Finding:
    return combine(parts[0], 1.0)


def test_two_sets_of_data_do_not_support_a_claim_together() -> None:
    parts = [[effect(0.2, "d1"), effect(0.2, "d2")]]
    assert judged(parts).verdict is Verdict.SUPPORTED
    found = of_one_kind(parts, judged)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert f"prior data of {PEN}" in found.reason and "supported if they were" in found.reason
    same = [[effect(0.2, "d1"), effect(0.2, "d1")]]
    assert of_one_kind(same, judged).verdict is Verdict.SUPPORTED


def test_those_on_the_data_of_most_effects_decide_alone() -> None:
    parts = [[effect(-0.2, "d1"), effect(-0.2, "d1"), effect(0.2, "d2")]]
    found = of_one_kind(parts, judged)
    assert found.verdict is Verdict.CONTRADICTED
    assert "those of c1 decide" in found.reason or "those of one kind decide" in found.reason
    most = [[effect(0.2, "d1"), effect(0.2, "d1"), effect(-0.2, "d2")]]
    assert of_one_kind(most, judged).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(("first", "second"), [(-0.2, 0.2), (0.2, -0.2)])
def test_as_many_on_each_data_leave_the_decision_to_the_larger_name(
    first: float, second: float
) -> None:
    found = of_one_kind([[effect(first, "d1"), effect(second, "d2")]], judged)
    assert (found.verdict is Verdict.CONTRADICTED) == (second < 0)
