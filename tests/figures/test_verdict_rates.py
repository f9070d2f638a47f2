"""A small version of the table of wrong verdicts, and H1's rule on policies of known success."""

from __future__ import annotations

import numpy as np
import pytest

from figures.statistics.across_seeds import centre
from figures.statistics.resampling import bootstrap
from reproduce.judging.conditions import Verdict
from tests.figures.verdict_rates import CASES, quick_bootstrap, rates, solved_rate


def test_a_policy_that_does_not_solve_the_task_is_not_called_so() -> None:
    """Constant true success 0.85 is supported in at most 5 of 100 experiments, 0.95 in 80 with 10
    seeds; never with 5, of which even all prove nothing."""
    assert solved_rate(0.85, 10, 400) <= 0.05
    assert solved_rate(0.84, 5, 400) == solved_rate(0.95, 5, 400) == 0
    assert solved_rate(0.95, 10, 400) >= 0.8


def test_what_shared_start_states_can_do() -> None:
    """The worst case, in which start states alone decide: P(15 or more of 100 expected failures
    come out as 10 or fewer) = 0.099, once for all runs."""
    assert solved_rate(0.85, 10, 2_000, shared=True) == pytest.approx(0.099, abs=0.02)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_wrong_verdicts_are_rare_where_the_claim_just_fails(case: object) -> None:
    """At what is claimed, and at none: of 30 experiments with 10 seeds, 6 are too many by chance
    (P = 0.003 at 5 %)."""
    for share in (0.0, 1.0):
        found = rates(case, "spread", share, 10, 30)  # type: ignore[arg-type]
        for verdict in case.wrong(share):  # type: ignore[attr-defined]
            assert found[verdict] * 30 < 6, (share, verdict)
    assert rates(case, "spread", 8.0, 10, 5)[Verdict.INCONCLUSIVE] < 1  # type: ignore[arg-type]


def test_the_quick_bootstrap_is_the_bootstrap() -> None:
    values = np.random.default_rng(0).normal(size=8)
    quick, slow = (
        quick_bootstrap([values], centre, 0.95, resamples=20_000),
        bootstrap([values], centre, 0.95),
    )
    assert np.array(quick) == pytest.approx(np.array(slow), abs=0.03)
