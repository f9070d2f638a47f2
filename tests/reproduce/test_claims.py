"""Claims on synthetic results whose answer is known."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from figures.experiments import ANT, CHEETAH, DOOR, PEN, WALKER, domain_of
from figures.labels import label, registered, split_label
from figures.statistics.estimates import Estimate, proportion
from figures.statistics.survival import RATIO
from reproduce.judging.claim import Claim, Part, evaluate
from reproduce.judging.claims import CLAIMS
from reproduce.judging.comparisons import (
    Difference,
    Improvement,
    Leads,
    Similar,
    Trails,
    lead,
)
from reproduce.judging.conditions import (
    Above,
    Below,
    Condition,
    Counted,
    Held,
    Never,
    Ranked,
    Verdict,
    Within,
    stretched,
)
from reproduce.judging.evidence import QUIET, Arm, Evidence, Noise, load
from reproduce.judging.levels import Level, Negligible
from reproduce.judging.questions import SCALARS, Asked, Question, Whose
from reproduce.judging.rules import between
from reproduce.judging.shares import Solved
from reproduce.judging.stability import Steadier, variances
from reproduce.judging.times import Faster
from reproduce.judging.verdicts import Effect, Finding, combine, conjunction

STEPS = (0, 2_000, 5_000, 10_000, 50_000, 100_000, 120_000, 150_000)
MEASURED = {"hand": "success_any", "push": "final_distance", "locomotion": "normalised_score"}
SUPPORTED, SMALLER, CONTRADICTED, INCONCLUSIVE, NOT_DECIDABLE, NOT_RUN, NOT_TESTABLE = Verdict
TEN = range(10)


def run(
    env: str, method: str, curve: Sequence[float] | float, seed: int, **cells: Any
) -> list[dict[str, Any]]:
    """One finished run; `curve` at STEPS, or constant."""
    values = [curve] * len(STEPS) if isinstance(curve, float) else list(curve)
    rows = []
    for step, value in zip(STEPS, values, strict=True):
        row = {
            "experiment": "figure1",
            "preset": "paper",
            "profile": "paper",
            "env": env,
            "method": method,
            "variant": "",
            "data": "human",
            "labels": "relabelled",
            "seed": seed,
            "phase": "online" if step else "offline",
            "env_step": step,
            "grad_step": step,
            "status": "done",
            "return_mean": value,
            "episodes": 20_000,  # their own noise is as good as none
            MEASURED[domain_of(env)]: value,
            **cells,
        }
        rows.append(row | {"label": label(row["method"], row["variant"])})
    return rows


def runs(
    env: str, method: str, level: float, seeds: Sequence[int] = TEN, **cells: Any
) -> list[dict[str, Any]]:
    """Constant runs around `level`, spread over +-0.009 so that intervals have a width."""
    return [
        row for s in seeds for row in run(env, method, level + 0.002 * (s % 10 - 4.5), s, **cells)
    ]


def evidence(*rows: list[dict[str, Any]], experiment: str = "figure1") -> Evidence:
    return Evidence({experiment: pd.DataFrame([row for part in rows for row in part])})


def claim(name: str) -> Claim:
    return next(each for each in CLAIMS if each.id == name)


QUESTION = Question(SCALARS["auc"], Whose("AWAC"), Asked(low=0.0))
"""Of effects whose words do not matter."""


def one(rule: Any, found: Evidence) -> Effect:
    (effect,) = rule.effects(found, ("figure1",))
    return effect


def bound(effect: Effect) -> float:
    """The smallest effect that would be seen."""
    assert effect.seen is not None and effect.seen.bound is not None
    return effect.seen.bound


# --- verdicts -----------------------------------------------------------------------------------


def estimate(low: float, high: float) -> Estimate:
    return Estimate((low + high) / 2, low, high, 10, "x")


def test_an_effect_is_judged_by_its_interval() -> None:
    assert Above(0.05).verdict(estimate(0.06, 0.2)) is SUPPORTED
    assert Above(0.05).verdict(estimate(0.04, 0.2)) is INCONCLUSIVE
    assert Above(0.05).verdict(estimate(-0.1, 0.04)) is CONTRADICTED  # a level has no zero
    assert Below(0.25).verdict(estimate(0.06, 0.2)) is SUPPORTED
    assert Below(0.05).verdict(estimate(0.06, 0.2)) is CONTRADICTED
    assert Below(0.1).verdict(estimate(0.06, 0.2)) is INCONCLUSIVE
    assert Within(0.1).verdict(estimate(-0.05, 0.05)) is SUPPORTED
    assert Within(0.1).verdict(estimate(0.05, 0.15)) is INCONCLUSIVE
    assert Within(0.1).verdict(estimate(-0.3, -0.15)) is CONTRADICTED


@pytest.mark.parametrize(
    ("condition", "low", "high", "verdict"),
    [
        (Above(0.5, zero=0.0), 0.5, 0.75, INCONCLUSIVE),
        (Above(0.5, zero=0.0), 0.0, 0.25, SMALLER),
        (Above(0.5, zero=0.0), 0.25, 0.5, INCONCLUSIVE),
        (Above(0.5, zero=0.0), -0.25, 0.0, SMALLER),
        (Above(0.5), 0.5, 0.75, INCONCLUSIVE),
        (Above(0.5), 0.25, 0.5, INCONCLUSIVE),
        (Below(0.5), 0.25, 0.5, INCONCLUSIVE),
        (Below(0.5), 0.5, 0.75, INCONCLUSIVE),
        (Counted(0.5), 0.5, 0.5, CONTRADICTED),  # 12 of 24 are not more than half
        (Counted(0.5), 0.5, 0.75, INCONCLUSIVE),
    ],
)
def test_an_interval_that_touches_the_edge_is_not_beyond_it(
    condition: Condition, low: float, high: float, verdict: Verdict
) -> None:
    assert condition.verdict(estimate(low, high)) is verdict


def test_a_rank_test_must_agree_with_the_interval() -> None:
    won, lost = estimate(0.6, 0.95), estimate(0.05, 0.4)
    for above, below, found, supports, verdict in (
        (0.04, 0.96, won, 1, SUPPORTED),
        (0.06, 0.94, won, 1, INCONCLUSIVE),
        (0.04, 0.96, won, 2, INCONCLUSIVE),  # above 0.05 / 2
        (0.96, 0.04, lost, 1, CONTRADICTED),
        (0.94, 0.06, lost, 1, INCONCLUSIVE),
    ):
        condition = Ranked(above, below, 0.05)
        assert condition.verdict(found, supports=supports) is verdict, (above, supports)
    both = Ranked(0.96, 0.04, 0.05)
    assert both.verdict(estimate(0.05, 0.2), contradicts=2) is INCONCLUSIVE


def test_a_point_without_interval_decides_nothing() -> None:
    point = Estimate(100.0, math.nan, math.nan, 3, "x")
    for condition in (Above(0.0), Below(0.0), Within(1.0)):
        assert condition.verdict(point) is INCONCLUSIVE


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.06, 0.20, SUPPORTED),
        (0.01, 0.04, SMALLER),
        (0.01, 0.06, INCONCLUSIVE),  # may be as large as claimed
        (-0.01, 0.04, SMALLER),  # whether it is anything or not
        (-0.10, -0.01, CONTRADICTED),
        (-0.10, 0.0, SMALLER),
        (-0.10, 0.06, INCONCLUSIVE),
    ],
)
def test_too_small_is_not_the_other_way(low: float, high: float, verdict: Verdict) -> None:
    assert Above(0.05, zero=0.0).verdict(estimate(low, high)) is verdict
    ratio = Above(2.0, zero=1.0)
    assert ratio.verdict(estimate(1 + 20 * low, 1 + 20 * high)) is verdict


def test_the_size_lies_on_the_claimed_side_of_zero() -> None:
    with pytest.raises(ValueError, match="zero"):
        Above(0.05, zero=0.1)


def test_one_of_many_needs_a_wider_interval() -> None:
    """z(0.025 / 5) / z(0.025) = 2.5758 / 1.9600; with 8 degrees of freedom 3.3554 / 2.3060."""
    found = Estimate(1.0, 0.0, 3.0, 10, "x")
    assert stretched(found, 1) == pytest.approx((0.0, 3.0))
    assert stretched(found, 5) == pytest.approx((1 - 1.3142, 1 + 2 * 1.3142), abs=1e-4)
    few = replace(found, freedom=8)
    assert stretched(few, 5) == pytest.approx((1 - 1.4551, 1 + 2 * 1.4551), abs=1e-4)
    assert Above(-0.1).verdict(found, supports=5) is INCONCLUSIVE
    assert Above(-0.4).verdict(found, supports=5) is SUPPORTED
    assert Above(-0.4).verdict(few, supports=5) is INCONCLUSIVE
    assert Above(3.5).verdict(found, contradicts=5) is INCONCLUSIVE
    assert Above(3.5).verdict(found, supports=5) is CONTRADICTED  # each family is its own
    assert Below(3.5).verdict(found, supports=5) is INCONCLUSIVE
    assert Within(3.1).verdict(found) is SUPPORTED
    assert Within(3.1).verdict(found, supports=5) is INCONCLUSIVE


def test_a_share_among_many_stays_exact() -> None:
    """0 of 10: the upper end at alpha is 1 - alpha ** (1 / 10), that of all 10 one minus it."""
    none, every = proportion(0, 10), proportion(10, 10)
    assert stretched(none, 1)[1] == pytest.approx(1 - 0.025**0.1)
    assert stretched(none, 4)[1] == pytest.approx(1 - (0.025 / 4) ** 0.1)
    assert stretched(every, 4)[0] == pytest.approx((0.025 / 4) ** 0.1)


def test_what_cannot_be_concluded_is_not() -> None:
    never = Never((CONTRADICTED,), Above(0.5))
    assert never.verdict(estimate(0.0, 0.4)) is INCONCLUSIVE
    assert never.verdict(estimate(0.6, 0.8)) is SUPPORTED


@pytest.mark.parametrize(("need", "wrong"), [(1.0, CONTRADICTED), (1 / 18, SUPPORTED)])
def test_many_effects_do_not_make_a_verdict_by_chance(need: float, wrong: Verdict) -> None:
    """18 effects exactly at the threshold: a claim for all, or for one, errs as one effect does.

    Each alone, 37 % of such claims would be contradicted (or, for one of 18, supported).
    """
    generator = np.random.default_rng(0)
    found = {"together": 0, "each alone": 0}
    for _ in range(400):
        several = [
            Effect("pen", QUESTION, Above(0.0).verdict(e), e, condition=Above(0.0))
            for e in (
                Estimate(v, v - 1.96, v + 1.96, 10, "x") for v in generator.standard_normal(18)
            )
        ]
        found["together"] += combine(several, need).verdict is wrong
        alone = [Effect("pen", QUESTION, e.verdict) for e in several]
        found["each alone"] += combine(alone, need).verdict is wrong
    assert found["each alone"] > 100
    assert found["together"] <= 20  # 10 expected


def effects(*verdicts: Verdict) -> list[Effect]:
    return [Effect("pen", QUESTION, verdict) for verdict in verdicts]


@pytest.mark.parametrize(
    ("verdicts", "need", "expected"),
    [
        ([SUPPORTED, SUPPORTED], 1.0, SUPPORTED),
        ([SUPPORTED, INCONCLUSIVE], 1.0, INCONCLUSIVE),
        ([SUPPORTED, CONTRADICTED], 1.0, CONTRADICTED),
        ([SUPPORTED, NOT_RUN], 1.0, NOT_RUN),
        ([CONTRADICTED, NOT_RUN], 1.0, CONTRADICTED),  # whatever the missing one would say
        ([SUPPORTED, SUPPORTED, NOT_RUN], 2 / 3, SUPPORTED),
        ([SUPPORTED, CONTRADICTED, NOT_RUN], 2 / 3, NOT_RUN),
        ([SUPPORTED, CONTRADICTED, CONTRADICTED], 2 / 3, CONTRADICTED),
        ([SUPPORTED, SUPPORTED, CONTRADICTED, CONTRADICTED], 0.501, CONTRADICTED),  # half is not
        ([SUPPORTED, SUPPORTED, SUPPORTED, CONTRADICTED], 0.501, SUPPORTED),
        ([SUPPORTED, SMALLER], 1.0, SMALLER),
        ([SMALLER, SMALLER], 1.0, SMALLER),
        ([SMALLER, CONTRADICTED], 1.0, CONTRADICTED),
        ([SMALLER, INCONCLUSIVE], 1.0, SMALLER),  # whatever the other one would say
        ([SMALLER, NOT_RUN], 1.0, SMALLER),
        ([SMALLER, NOT_DECIDABLE], 1.0, SMALLER),
        ([SMALLER, INCONCLUSIVE], 0.5, INCONCLUSIVE),
        ([SUPPORTED, SMALLER, SMALLER], 1 / 3, SUPPORTED),
        ([CONTRADICTED, SMALLER, SMALLER], 2 / 3, SMALLER),
        ([SUPPORTED, NOT_DECIDABLE], 1.0, NOT_DECIDABLE),
        ([INCONCLUSIVE, NOT_DECIDABLE], 1.0, INCONCLUSIVE),  # may yet be contradicted
        ([CONTRADICTED, NOT_DECIDABLE], 1.0, CONTRADICTED),
        ([SUPPORTED, NOT_RUN, NOT_DECIDABLE], 2 / 3, NOT_RUN),
        ([SUPPORTED, SUPPORTED, NOT_DECIDABLE], 2 / 3, SUPPORTED),
        ([NOT_DECIDABLE, NOT_DECIDABLE, INCONCLUSIVE], 0.501, NOT_DECIDABLE),
    ],
)
def test_counting(verdicts: list[Verdict], need: float, expected: Verdict) -> None:
    assert combine(effects(*verdicts), need).verdict is expected


@pytest.mark.parametrize(
    ("verdicts", "need", "may_hold", "said"),
    [
        ([INCONCLUSIVE], 1.0, True, False),
        ([INCONCLUSIVE, NOT_DECIDABLE], 1.0, False, True),
        ([SUPPORTED, INCONCLUSIVE, NOT_DECIDABLE], 2 / 3, True, False),  # just enough are left
        ([NOT_RUN, NOT_DECIDABLE, NOT_DECIDABLE], 0.5, False, False),  # not decidable itself
        ([NOT_RUN, INCONCLUSIVE, NOT_DECIDABLE], 1.0, False, True),
        ([SUPPORTED, CONTRADICTED], 1.0, False, False),  # the verdict says so
        ([SUPPORTED, SMALLER], 1.0, False, False),
        ([SUPPORTED], 1.0, True, False),
    ],
)
def test_whether_more_runs_could_support_a_claim(
    verdicts: list[Verdict], need: float, may_hold: bool, said: bool
) -> None:
    found = combine(effects(*verdicts), need)
    assert found.may_hold is may_hold
    assert found.reason.endswith("so that more runs cannot make it supported") is said
    open_ = combine(effects(INCONCLUSIVE), 1.0)
    assert conjunction([open_, found]).may_hold is may_hold


def test_conjunction_takes_the_weakest() -> None:
    good, bad = combine(effects(SUPPORTED), 1.0), combine(effects(CONTRADICTED), 1.0)
    unclear, missing = combine(effects(INCONCLUSIVE), 1.0), combine(effects(NOT_RUN), 1.0)
    assert conjunction([good, good]).verdict is SUPPORTED
    assert conjunction([good, unclear]).verdict is INCONCLUSIVE
    assert conjunction([good, unclear, missing]).verdict is NOT_RUN
    assert conjunction([missing, bad]).verdict is CONTRADICTED
    small, full = combine(effects(SMALLER), 1.0), combine(effects(NOT_DECIDABLE), 1.0)
    assert conjunction([good, small]).verdict is SMALLER
    assert conjunction([small, full, unclear, missing]).verdict is SMALLER
    assert conjunction([small, bad]).verdict is CONTRADICTED
    assert conjunction([full, unclear]).verdict is INCONCLUSIVE
    assert len(conjunction([good, bad]).effects) == 2


def test_every_part_may_contradict_by_mistake() -> None:
    """One of two effects against, in a claim of one part and of two.

    It would decide at 0.025 / 2 (z = 2.2414), and not at 0.025 / 4 (z = 2.4977) as one of four.
    """
    against = Estimate(-0.1, -0.3, -0.1 + 0.1 * 1.96 / 2.3, 10, "x")  # 0 is 2.3 errors away
    judged = Effect("t", QUESTION, CONTRADICTED, against, condition=Above(0.0))
    other = effects(SUPPORTED)
    assert combine([judged, *other], 1.0).verdict is CONTRADICTED
    found = combine([judged, *other], 1.0, parts=2)
    assert found.verdict is INCONCLUSIVE
    assert "contradicted if it stood alone, not as one of 4" in found.effects[0].note
    # support of a claim takes all of its parts, and none pays for another
    shown = Estimate(0.15, 0.15 - 0.1 * 1.96 / 2.3, 0.3, 10, "x")
    holds = Effect("t", QUESTION, SUPPORTED, shown, condition=Above(0.05, 0.0))
    assert combine([holds, *other], 1.0, parts=9).verdict is SUPPORTED


def test_a_claim_counts_its_parts() -> None:
    """6 of 10 runs hold 0.9: more than a quarter at 2.5 %, not at 1.25 %."""
    part = Part((Solved((A,), (PEN,), 0.9, None, "below", 0.25),))
    asked = claim("H4")
    rows = [row for s in TEN for row in run(PEN, "AWAC", 0.95 if s < 6 else 0.1, s)]
    # 6 of 10: the lower end at 2.5 % is 0.262, at 1.25 % 0.227
    alone = evaluate(replace(asked, parts=(part,)), evidence(rows))
    assert alone.verdict is CONTRADICTED
    assert evaluate(replace(asked, parts=(part, part)), evidence(rows)).verdict is INCONCLUSIVE


def test_what_would_be_seen_is_that_of_an_effect_among_others() -> None:
    found = evidence(
        *(runs(env, name, 0.52) for env in (PEN, DOOR) for name in ("AWAC", "SAC")),
    )
    rule = Difference("auc", A, (B,), (PEN, DOOR))
    alone = rule.effects(found, ("figure1",))
    among = combine(alone, 0.5).effects  # any of two could support it
    s = float(np.std([0.002 * k for k in range(10)], ddof=1))
    for shown, probability in ((alone[0], 0.025), (among[0], 0.0125)):
        distance = 1.06 * (2 * s**2 / 5) ** 0.5 * (1.118034 * stats.t.isf(probability, 8) + 0.8416)
        assert str(shown.seen) == f"≥ {0.05 + distance:.3g}"
    solved = Solved((A,), (PEN,), 0.9, None, "below", 0.25)
    rows = evidence(runs(PEN, "AWAC", 0.1), runs(DOOR, "AWAC", 0.1))
    (effect,) = solved.effects(rows, ("figure1",))
    assert str(effect.seen) == "none of 10"  # 0 of 10: the upper end is 0.308
    level = Level("jt", (A,), (PEN,), "above", 0.102).effects(rows, ("figure1",))[0]
    assert level.verdict is INCONCLUSIVE
    assert bound(level) < bound(combine([level] * 3, 1 / 3).effects[0])


@pytest.mark.parametrize("need", [0.0, -1.0, 1.5])
def test_impossible_needs_are_refused(need: float) -> None:
    with pytest.raises(ValueError, match="need"):
        combine(effects(SUPPORTED), need)


# --- rules --------------------------------------------------------------------------------------

A, B = Arm("AWAC"), Arm("SAC")


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (0.8, 0.6, SUPPORTED),
        (0.6, 0.8, CONTRADICTED),
        (0.7, 0.65, INCONCLUSIVE),
        (0.68, 0.65, SMALLER),  # certainly better, by less than 0.05
    ],
)
def test_difference(ours: float, theirs: float, expected: Verdict) -> None:
    found = evidence(runs(PEN, "AWAC", ours), runs(PEN, "SAC", theirs))
    effect = one(Difference("auc", A, (B,), (PEN,)), found)
    assert effect.verdict is expected
    assert effect.estimate is not None
    assert effect.estimate.value == pytest.approx(ours - theirs)
    assert effect.source == "figure1"


FIVE = (0.31, 0.42, 0.48, 0.66, 0.83)
ALSO_FIVE = (0.12, 0.27, 0.35, 0.39, 0.58)
"""Without ties, so that the ends of an interval move with its level."""


def at_levels(method: str, levels: Sequence[float]) -> list[dict[str, Any]]:
    """One constant run a level."""
    return [row for seed, level in enumerate(levels) for row in run(PEN, method, level, seed)]


def centres(values: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Interquartile means of all 5^5 resamples of five values, and how many have each.

    One value is cut at either end.
    """
    every = np.sort(list(itertools.product(values, repeat=5)), axis=1)[:, 1:4].mean(axis=1)
    return np.unique(every.round(9), return_counts=True)


def assert_stretched(
    found: Estimate, value: float, every: np.ndarray, counts: np.ndarray, end: float, by: float
) -> None:
    """The interval is that of all resamples at `end`, stretched about the value `by` times.

    A percentile of 10,000 draws is off by the Monte-Carlo error.
    """
    assert found.value == pytest.approx(value)
    slack = 4 * math.sqrt(end * (1 - end) / 10_000)
    for shown, share in ((found.low, end), (found.high, 1 - end)):
        unstretched = value + (shown - value) / by
        least, most = np.quantile(
            every, [share - slack, share + slack], weights=counts, method="inverted_cdf"
        )
        assert least - 1e-4 <= unstretched <= most + 1e-4


def test_the_interval_of_a_difference_is_that_of_a_t_distribution() -> None:
    """95 %, five seeds against five: sqrt(5 / 4) t / z, t with the degrees of freedom of Welch."""
    found = evidence(at_levels("AWAC", FIVE), at_levels("SAC", ALSO_FIVE))
    estimate = one(Difference("auc", A, (B,), (PEN,)), found).estimate
    assert estimate is not None
    (ours, often), (theirs, as_often) = centres(FIVE), centres(ALSO_FIVE)
    every, counts = np.subtract.outer(ours, theirs), np.multiply.outer(often, as_often)
    value = (0.42 + 0.48 + 0.66) / 3 - (0.27 + 0.35 + 0.39) / 3
    freedom = stats.ttest_ind(FIVE, ALSO_FIVE, equal_var=False).df
    factor = 1.1180 * stats.t.isf(0.025, freedom) / 1.9600
    assert_stretched(estimate, value, every.ravel(), counts.ravel(), 0.025, factor)
    assert (estimate.confidence, estimate.freedom) == (0.95, pytest.approx(freedom))


def test_the_interval_of_a_level_is_one_of_99_per_cent() -> None:
    """Five seeds: sqrt(5 / 4) t_4 / z = 1.1180 * 4.6041 / 2.5758."""
    estimate = one(Level("auc", (A,), (PEN,)), evidence(at_levels("AWAC", FIVE))).estimate
    assert estimate is not None
    value, factor = (0.42 + 0.48 + 0.66) / 3, 1.1180 * 4.6041 / 2.5758
    assert_stretched(estimate, value, *centres(FIVE), 0.005, factor)
    assert (estimate.confidence, estimate.freedom) == (0.99, 4)


def test_a_ratio_of_times_stretches_in_logarithms_and_may_be_infinite() -> None:
    """One of six: as wide as t_8 has it, in logarithms; a lower end stays above 0."""
    wider = 3.4791 / 2.3060  # t_8 beyond 0.025 / 6 and 0.025
    ratio = Estimate(2.0, 0.8, 5.0, 5, RATIO, 0.95, 8)
    assert stretched(ratio, 6) == pytest.approx((2 * 0.4**wider, 2 * 2.5**wider), rel=1e-4)
    assert Above(1.5, 1.0).verdict(replace(ratio, value=np.inf, low=np.inf, high=np.inf)) is (
        SUPPORTED
    )
    never = replace(ratio, value=0.0, low=0.0, high=0.0)
    assert Above(1.5, 1.0).verdict(never, contradicts=6) is CONTRADICTED


def test_differences_of_few_seeds_stretch_by_their_t_distribution_among_many() -> None:
    """One of six: 1.35 times as wide with normal tails, 1.51 with t_8, 1.75 with t_4.

    An effect 1.43 times its lower half above the threshold has support alone, and one 1.62 times
    has it among six.
    """
    rivals = tuple(map(Arm, ("SAC", "BC", "BEAR", "BCQ", "AWR", "BRAC")))
    rule = Difference("auc", A, rivals, (PEN,), factor=0.0)

    def effects_at(*shifts: float) -> Sequence[Effect]:
        theirs = [
            at_levels(str(rival), [level - shift for level in ALSO_FIVE])
            for rival, shift in zip(rivals, shifts, strict=False)  # the others are not run
        ]
        return rule.effects(evidence(at_levels("AWAC", FIVE), *theirs), ("figure1",))

    first = effects_at(0.0)[0].estimate
    assert first is not None
    half = first.value - first.low
    less, more = (half * times - first.value for times in (1.43, 1.62))
    several = effects_at(less, more)
    assert [effect.verdict for effect in several] == [SUPPORTED, SUPPORTED, *[NOT_RUN] * 4]
    finding = combine(several, 1 / 6)
    assert [effect.verdict for effect in finding.effects[:2]] == [INCONCLUSIVE, SUPPORTED]
    assert "supported if it stood alone, not as one of 6" in finding.effects[0].note
    assert finding.verdict is SUPPORTED


def test_difference_of_distances_is_in_favour_of_the_shorter() -> None:
    push = "SawyerPush-v0"
    near = runs(push, "AWAC", 0.05, data="random")
    far = runs(push, "SAC", 0.15, data="random")
    effect = one(Difference("jt", A, (B,), (push,)), evidence(near, far))
    assert effect.verdict is SUPPORTED
    assert effect.estimate is not None
    assert effect.estimate.value == pytest.approx(0.10)


@pytest.mark.parametrize("seeds", [3, 4])
def test_few_seeds_conclude_nothing(seeds: int) -> None:
    found = evidence(runs(PEN, "AWAC", 0.9, range(seeds)), runs(PEN, "SAC", 0.1, range(seeds)))
    rules = (
        Difference("auc", A, (B,), (PEN,)),
        Improvement("auc", A, (B,), (PEN,)),
        Similar("auc", A, (B,), (PEN,)),
        Leads("auc", A, (B,), (PEN,)),
        Level("auc", (A,), (PEN,), "above", 0.5),
        Negligible("gain", (A,), (PEN,)),
        Solved((A,), (PEN,), 0.5, 100_000),
        Faster(A, (B,), (PEN,), 0.5),
    )
    assert {one(rule, found).verdict for rule in rules} == {INCONCLUSIVE}


RIVALS = tuple(
    map(Arm, ("SAC", "SAC+BC", "BC", "ABM-MPO", "AWR", "DAPG", "BEAR", "BCQ", "BRAC", "MPO"))
)


def against_all(ours: float, *wins: str, seeds: int = 5) -> Finding:
    """AWAC at `ours` against rivals at 0.3 to 0.4, those of `wins` at 0.8; all must be beaten."""
    theirs = [
        row
        for i, arm in enumerate(RIVALS)
        for s in range(5)
        for row in run(
            PEN, arm.label, (0.8 if arm.label in wins else 0.3) + 0.01 * s + 0.001 * i, s
        )
    ]
    mine = [row for s in range(seeds) for row in run(PEN, "AWAC", ours + 0.01 * s, s)]
    effects = Improvement("auc", A, RIVALS, (PEN,)).effects(evidence(mine, theirs), ("figure1",))
    return combine(effects, 1.0)


def test_an_improvement_on_all_needs_each_comparison_at_five_percent() -> None:
    """All must hold: no comparison has to pay for the others."""
    found = against_all(0.6)
    assert found.verdict is SUPPORTED
    # 5 against 5, wholly above: exact p = 1 / 252
    assert [effect.p_value for effect in found.effects] == pytest.approx([1 / 252] * 10)


def test_one_of_many_rivals_contradicts_an_improvement_at_its_share_of_five_percent() -> None:
    """1 / 252 is below 5 % / 10; the 1 / 3003 of ten against five is below 5 % / 15 as well."""
    assert against_all(0.6, "BEAR").verdict is CONTRADICTED
    effects = against_all(0.6, "BEAR").effects
    beaten = [effect for effect in effects if effect.verdict is CONTRADICTED]
    assert [effect.what for effect in beaten] == ["P(AUC of AWAC > BEAR)"]
    assert (
        combine([*effects, *effects[:5]], 1.0).verdict is INCONCLUSIVE
    )  # one of 15: 0.004 > 0.0033
    ten = against_all(0.6, "BEAR", seeds=10).effects
    assert combine([*ten, *ten[:5]], 1.0).verdict is CONTRADICTED


@pytest.mark.parametrize(
    ("p_values", "expected"),
    [
        (None, CONTRADICTED),  # the rivals win all 25 pairs
        ((0.96, 0.04), CONTRADICTED),
        ((0.94, 0.06), INCONCLUSIVE),
    ],
)
def test_no_improvement_needs_the_test_of_the_opposite(
    p_values: tuple[float, float] | None, expected: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of five values against five, without ties, no interval lies below 1/2 where p is above 5 %.

    The p-values are therefore given here.
    """
    if p_values is not None:
        given = iter(p_values)
        monkeypatch.setattr(
            "reproduce.judging.comparisons.improvement_test", lambda ours, theirs: next(given)
        )
    better = [0.2 + level for level in FIVE]
    found = evidence(at_levels("AWAC", [level - 0.7 for level in better]), at_levels("SAC", better))
    effect = one(Improvement("auc", A, (B,), (PEN,)), found)
    assert effect.estimate is not None
    assert (effect.estimate.value, effect.estimate.high) == (0.0, 0.0)
    assert effect.p_value == (1.0 if p_values is None else p_values[0])
    assert effect.verdict is expected


@pytest.mark.parametrize(
    ("theirs", "expected"), [(0.71, SUPPORTED), (0.9, CONTRADICTED), (0.8, INCONCLUSIVE)]
)
def test_similar(theirs: float, expected: Verdict) -> None:
    found = evidence(runs(PEN, "AWAC", 0.7), runs(PEN, "SAC", theirs))
    assert one(Similar("jt", A, (B,), (PEN,)), found).verdict is expected


def test_no_significant_difference_is_not_similarity() -> None:
    wide = [row for s in TEN for row in run(PEN, "AWAC", 0.1 * s, s)]
    also = [row for s in TEN for row in run(PEN, "SAC", 0.1 * s, s)]
    assert one(Similar("jt", A, (B,), (PEN,)), evidence(wide, also)).verdict is INCONCLUSIVE


def test_leads_needs_every_rival() -> None:
    rule = Leads("auc", A, (B, Arm("BEAR")), (PEN,))
    best, worse = runs(PEN, "AWAC", 0.9), runs(PEN, "SAC", 0.5)
    assert one(rule, evidence(best, worse)).verdict is INCONCLUSIVE
    assert one(rule, evidence(best, worse, runs(PEN, "BEAR", 0.5))).verdict is SUPPORTED
    # one better rival is enough to contradict, whatever the others would do
    assert one(rule, evidence(best, runs(PEN, "SAC", 0.99))).verdict is CONTRADICTED
    assert one(rule, evidence(best)).verdict is NOT_RUN


@pytest.mark.parametrize("level", [0.1, 0.9])
def test_a_rival_whose_seeds_are_being_made_takes_no_verdict_away(level: float) -> None:
    """It has no interval, and counts as not run."""
    few = runs(PEN, "BEAR", level, range(3))
    rule = Leads("auc", A, (B, Arm("BEAR")), (PEN,))
    beaten = one(rule, evidence(runs(PEN, "AWAC", 0.5), runs(PEN, "SAC", 0.8), few))
    assert beaten.verdict is CONTRADICTED and "1 of 2 rivals run" in beaten.note
    assert beaten.estimate is not None and beaten.estimate.value == pytest.approx(-0.3)
    ahead = one(rule, evidence(runs(PEN, "AWAC", 0.5), runs(PEN, "SAC", 0.3), few))
    assert ahead.verdict is INCONCLUSIVE  # BEAR might be better
    trailing = Trails("auc", (A,), (B, Arm("BEAR")), (PEN,))
    behind = one(trailing, evidence(runs(PEN, "AWAC", 0.5), runs(PEN, "SAC", 0.8), few))
    assert behind.verdict is SUPPORTED and "1 of 2 others run" in behind.note
    # alone it is shown, without an interval
    alone = one(rule, evidence(runs(PEN, "AWAC", 0.5), few))
    assert alone.verdict is INCONCLUSIVE and "1 of 2 rivals run" in alone.note


@pytest.mark.parametrize(
    ("theirs", "first", "nearly"),
    [
        (0.8, SUPPORTED, SUPPORTED),
        (0.9, INCONCLUSIVE, SUPPORTED),
        (0.92, CONTRADICTED, SUPPORTED),
        (0.97, CONTRADICTED, CONTRADICTED),
    ],
)
def test_first_or_equal_within_delta(theirs: float, first: Verdict, nearly: Verdict) -> None:
    """The paper calls ABM comparable on Ant, and AWAC the best all the same."""
    found = evidence(runs(PEN, "AWAC", 0.9), runs(PEN, "SAC", theirs, TEN), runs(PEN, "BEAR", 0.3))
    rivals = (B, Arm("BEAR"))
    effect = one(Leads("auc", A, rivals, (PEN,)), found)
    assert effect.verdict is first
    assert effect.estimate is not None
    assert effect.estimate.value == pytest.approx(0.9 - theirs)  # to the best rival, not to BEAR
    assert one(Leads("auc", A, rivals, (PEN,), factor=1.0), found).verdict is nearly


def test_the_lead_is_the_smallest_of_the_differences() -> None:
    rng = np.random.default_rng(0)
    ours, near, far = (rng.normal(level, 0.1, 6) for level in (0.8, 0.75, 0.3))
    found, alone = lead(ours, [near, far], [QUIET, QUIET]), between(ours, near)
    assert (found.value, found.low) == (alone.value, alone.low)
    assert found.high == pytest.approx(stretched(alone, 2)[1])  # any of two might be ahead
    assert lead(ours, [far], [QUIET]).low == between(ours, far).low
    assert not lead(ours, [near, far[:4]], [QUIET, QUIET]).known
    noise = [
        QUIET,
        Noise(0.5, 0.5),
    ]  # of the far one: its lower end reaches below that of the near one
    assert lead(ours, [near, far], noise).low == between(ours, far, noise[1]).low < found.low


def test_level_with_a_horizon_looks_no_further() -> None:
    late = [0.1, 0.2, 0.2, 0.2, 0.2, 0.2, 1.0, 1.0]  # good only after 100 K
    found = evidence([row for s in TEN for row in run(PEN, "AWAC", late, s)])
    rule = Level("jt", (A,), (PEN,), "above", 0.15, horizon=100_000)
    assert one(rule, found).estimate.value == pytest.approx(0.2)  # type: ignore[union-attr]
    whole = one(Level("jt", (A,), (PEN,), "above", 0.15), found)
    assert whole.estimate.value == pytest.approx((3 * 0.2 + 2 * 1.0) / 5)  # type: ignore[union-attr]


def test_the_evaluation_at_the_horizon_counts() -> None:
    late = [0.1, 0.2, 0.2, 0.2, 0.2, 0.7, 1.0, 1.0]  # 0.7 at step 100,000
    found = evidence([row for s in TEN for row in run(PEN, "AWAC", late, s)])
    effect = one(Level("jt", (A,), (PEN,), "above", 0.15, horizon=100_000), found)
    assert effect.estimate is not None
    assert effect.estimate.value == pytest.approx((4 * 0.2 + 0.7) / 5)


def test_short_runs_can_show_that_a_level_is_reached_by_then_and_not_that_it_is_not() -> None:
    found = evidence([row for s in TEN for row in run(PEN, "AWAC", 0.5, s)])  # to step 150,000
    for value, side, horizon, verdict in (
        (0.3, "above", 200_000, SUPPORTED),
        (0.7, "below", 200_000, SUPPORTED),
        (0.7, "above", 200_000, NOT_RUN),
        (0.3, "below", 200_000, NOT_RUN),
        (0.7, "above", 150_000, CONTRADICTED),
    ):
        rule = Level("jt", (A,), (PEN,), side, value, horizon=horizon)  # type: ignore[arg-type]
        effect = one(rule, found)
        assert effect.verdict is verdict, (value, side, horizon)
        assert ("finished beyond step 200,000" in effect.missing) is (verdict is NOT_RUN)
        assert (effect.estimate is None) is (verdict is NOT_RUN)
        assert ("at step 150,000 it is at 0.500" in effect.note) is (verdict is NOT_RUN)


def test_undefined_rank_correlation_concludes_nothing() -> None:
    found = evidence([row for s in TEN for row in run(PEN, "AWAC", 0.5, s)])
    effect = one(Level("monotonicity", (A,), (PEN,), "above", 0.7), found)
    assert effect.verdict is INCONCLUSIVE
    assert "not defined" in effect.note


def test_equal_runs_are_known_as_well_as_their_episodes_tell() -> None:
    """Five runs without a success in 20 episodes have a spread of 0, and decide by the noise."""
    share = 2 / 24
    noise = 1.06 * (share * (1 - share) / 24 / 5) ** 0.5  # 1.06: an interquartile mean
    rule = Level("j0", (A,), (PEN,), "below", 0.5)
    never = evidence(*(run(PEN, "AWAC", 0.0, s, episodes=20) for s in range(5)))
    effect = one(rule, never)
    assert effect.estimate is not None and effect.verdict is SUPPORTED
    assert effect.estimate.high == pytest.approx(2.5758 * noise, rel=1e-4)
    assert one(Level("j0", (A,), (PEN,), "below", 0.06), never).verdict is INCONCLUSIVE
    # runs at one half have gained 0 from step 0 on, which 20 episodes cannot tell from 0.05
    half = evidence(*(run(PEN, "AWAC", 0.5, s, episodes=20) for s in range(5)))
    assert one(Negligible("gain", (A,), (PEN,)), half).verdict is INCONCLUSIVE
    both = evidence(
        *(run(PEN, name, 0.0, s, episodes=20) for s in range(5) for name in ("AWAC", "SAC"))
    )
    compared = one(Similar("j0", A, (B,), (PEN,), factor=4.0), both)
    assert compared.estimate is not None and compared.verdict is SUPPORTED
    assert compared.estimate.high == pytest.approx(1.96 * 2**0.5 * noise, rel=1e-4)
    assert one(Similar("j0", A, (B,), (PEN,)), both).verdict is SUPPORTED  # within 0.1
    assert one(Similar("j0", A, (B,), (PEN,), factor=1.0), both).verdict is INCONCLUSIVE
    first = one(Leads("j0", A, (B,), (PEN,), factor=1.0), both)
    assert first.verdict is INCONCLUSIVE
    assert one(Leads("j0", A, (B,), (PEN,), factor=4.0), both).verdict is SUPPORTED


def test_every_scalar_with_a_noise_is_known_to_the_rules() -> None:
    wide = evidence(
        *(run(PEN, "AWAC", 0.5, s, episodes=4) for s in range(5)),
        *([run(PEN, "AWAC", 0.5, s, episodes=4)[0] | {"env_step": -9}] for s in range(5)),
    )
    for scalar in ("j0", "jt", "gain", "auc", "offline_gain"):
        found = wide.noise("figure1", PEN, (A,), scalar)
        assert found.now == found.of_five > 0
        assert wide.noise("figure1", PEN, (A,), scalar, 50_000).now > 0
    assert wide.noise("figure1", PEN, (A,), "dip") is QUIET
    ten = evidence(*(run(PEN, "AWAC", 0.5, s, episodes=4) for s in TEN))
    more = ten.noise("figure1", PEN, (A,), "j0")
    assert more.now == pytest.approx(more.of_five / 2**0.5)


def test_what_would_be_seen_is_beyond_the_noise() -> None:
    """Equal runs of 20 episodes: z(0.025) + z(0.2) times the noise of both groups."""
    both = evidence(
        *(run(PEN, name, 0.5, s, episodes=20) for s in range(5) for name in ("AWAC", "SAC"))
    )
    noise = 1.06 * (2 * 0.25 / 24 / 5) ** 0.5
    effect = one(Difference("j0", A, (B,), (PEN,)), both)
    assert str(effect.seen) == f"≥ {0.05 + (1.959964 + 0.841621) * noise:.3g}"
    alone = one(Level("j0", (A,), (PEN,), "above", 0.4), both)
    one_group = 1.06 * (0.25 / 24 / 5) ** 0.5
    assert str(alone.seen) == f"≥ {0.4 + (2.575829 + 0.841621) * one_group:.3g}"


def test_negligible() -> None:
    rising = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]
    still = evidence(runs(PEN, "AWAC", 0.5))
    moving = evidence([row for s in TEN for row in run(PEN, "AWAC", rising, s)])
    falling = evidence([row for s in TEN for row in run(PEN, "AWAC", rising[::-1], s)])
    rule = Negligible("gain", (A,), (PEN,))
    assert one(rule, still).verdict is SUPPORTED
    assert one(rule, moving).verdict is CONTRADICTED
    assert one(rule, falling).verdict is SUPPORTED  # a loss is no improvement


def test_runs_that_never_succeed_gain_nothing() -> None:
    """The one evaluation before the online phase has 20 episodes: its noise alone reaches 0.07.

    The end has five. Its interval ends at z = 2.576 standard errors of an interquartile mean of
    five runs, each of 100 episodes, whose noise is that of a share of 2 / 104.
    """
    share = 2 / 104
    end = 2.576 * 1.06 * (share * (1 - share) / 104 / 5) ** 0.5
    rule = Negligible("gain", (A,), (PEN,))
    never = one(rule, evidence(*(run(PEN, "AWAC", 0.0, s, episodes=20) for s in range(5))))
    assert never.verdict is SUPPORTED
    assert never.estimate is not None and never.estimate.high == pytest.approx(end, rel=0.02)
    half = [0.5, *[0.52] * 7]  # a gain of 0.02 may be one of 0.07
    some = one(rule, evidence(*(run(PEN, "AWAC", half, s, episodes=20) for s in range(5))))
    assert some.verdict is INCONCLUSIVE
    assert some.estimate is not None and some.estimate.high > 0.07


def test_nothing_can_dip_that_has_learned_nothing() -> None:
    rising = [0.01, 0.02, 0.05, 0.1, 0.1, 0.1, 0.1, 0.1]
    falling = [0.4, 0.1, 0.1, 0.3, 0.4, 0.4, 0.4, 0.4]
    found = evidence(
        *(run(CHEETAH, "SAC", [v + 0.001 * s for v in rising], s) for s in TEN),
        *(run(CHEETAH, "AWAC", [v + 0.001 * s for v in falling], s) for s in TEN),
    )
    dip = Level("dip", (B,), (CHEETAH,), "above", 0.05, zero=0.0)
    effect = one(dip, found)
    assert effect.verdict is NOT_DECIDABLE
    assert "nothing to lose: SAC at" in effect.note
    assert one(Level("dip", (A,), (CHEETAH,), "above", 0.05, zero=0.0), found).verdict is SUPPORTED
    more = Difference("dip", B, (A,), (CHEETAH,), factor=0.0)
    assert one(more, found).verdict is NOT_DECIDABLE


def test_nobody_gains_what_there_is_no_room_for() -> None:
    """From 0.9 a method can gain 0.1; that another one gained 0.2 from below says nothing of it."""
    high = [0.90, 0.92, 0.92, 0.92, 0.92, 0.92, 0.92, 0.92]
    low = [0.2, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4]
    found = evidence(
        *(run(CHEETAH, "AWAC", [v + 0.001 * s for v in high], s) for s in TEN),
        *(run(CHEETAH, "SAC", [v + 0.001 * s for v in low], s) for s in TEN),
        *(run(CHEETAH, "BC", [v - 0.3 + 0.001 * s for v in high], s) for s in TEN),
    )
    effect = one(Difference("gain", A, (B,), (CHEETAH,), factor=0.0), found)
    assert effect.verdict is NOT_DECIDABLE
    assert "too little to gain what the other gained: AWAC at" in effect.note
    # with room for it the smaller gain is one
    assert (
        one(Difference("gain", Arm("BC"), (B,), (CHEETAH,), factor=0.0), found).verdict
        is CONTRADICTED
    )
    assert one(Difference("gain", B, (A,), (CHEETAH,), factor=0.0), found).verdict is SUPPORTED


def at_the_end(level: float) -> list[float]:
    """A curve whose last five evaluations have this mean."""
    return [0.0, 0.0, 0.0, *[level] * 5]


def test_solved_is_a_level_that_lasts() -> None:
    """Three good evaluations of eight are not enough; the mean of the last five is looked at."""
    peak = [0.0, 0.95, 1.0, 1.0, 0.95, 0.8, 0.8, 0.8]
    found = evidence(
        *(run(PEN, "AWAC", peak, s) for s in TEN),
        *(run(PEN, "SAC", at_the_end(0.9), s) for s in TEN),
    )
    (of_awac,) = Solved((A,), (PEN,), 0.9, None).effects(found, ("figure1",))
    assert of_awac.verdict is CONTRADICTED
    assert of_awac.estimate is not None and of_awac.estimate.value == 0.0
    assert one(Solved((B,), (PEN,), 0.9, None), found).verdict is SUPPORTED
    assert one(Solved((B,), (PEN,), 0.91, None), found).verdict is CONTRADICTED


def test_solved_by_a_step_looks_no_further() -> None:
    late = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]  # at 150 K
    found = evidence(
        *(run(PEN, "AWAC", [*[1.0] * 7, 0.0], s) for s in TEN),
        *(run(PEN, "SAC", late, s) for s in TEN),
    )
    assert one(Solved((A,), (PEN,), 0.9, 120_000), found).verdict is SUPPORTED
    assert one(Solved((A,), (PEN,), 0.9, None), found).verdict is CONTRADICTED
    assert one(Solved((B,), (PEN,), 0.1, 130_000), found).verdict is CONTRADICTED  # not late: 0 yet
    assert one(Solved((B,), (PEN,), 0.1, None), found).verdict is SUPPORTED


def test_solved_counts_the_evaluation_at_the_step_itself() -> None:
    curve = [0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.0]  # 0.9 over the five up to 120,000
    found = evidence(*(run(PEN, "AWAC", curve, s) for s in TEN))
    assert one(Solved((A,), (PEN,), 0.85, 120_000), found).verdict is SUPPORTED
    assert one(Solved((A,), (PEN,), 0.95, 120_000), found).verdict is CONTRADICTED


def test_a_run_that_ends_at_the_step_has_had_its_time() -> None:
    found = evidence(*(run(PEN, "AWAC", 0.2, s) for s in TEN))  # to step 150,000
    assert one(Solved((A,), (PEN,), 0.9, 150_000), found).verdict is CONTRADICTED
    assert one(Solved((A,), (PEN,), 0.9, 150_001), found).verdict is NOT_RUN


def test_a_run_at_the_threshold_but_for_rounding_holds_it() -> None:
    last = [0.85, 0.95, 0.9, 0.95, 0.85]
    assert np.mean(last) < 0.9 == pytest.approx(np.mean(last))
    found = evidence(*(run(PEN, "AWAC", [0.0, 0.0, 0.0, *last], s) for s in TEN))
    effect = one(Solved((A,), (PEN,), 0.9, None), found)
    assert effect.verdict is SUPPORTED
    assert effect.estimate is not None and effect.estimate.value == 1.0


@pytest.mark.parametrize(
    ("seeds", "solved", "verdict"),
    [
        (5, 5, INCONCLUSIVE),
        (6, 6, SUPPORTED),
        (10, 9, SUPPORTED),
        (10, 8, INCONCLUSIVE),
        (10, 1, CONTRADICTED),
        (5, 0, INCONCLUSIVE),
    ],
)
def test_a_share_of_runs_is_judged_exactly(seeds: int, solved: int, verdict: Verdict) -> None:
    """The lower end for 5 of 5 is 0.025 ** (1 / 5) = 0.478; for 6 of 6 0.541."""
    found = evidence(
        *(run(PEN, "AWAC", at_the_end(0.95 if s < solved else 0.5), s) for s in range(seeds))
    )
    effect = one(Solved((A,), (PEN,), 0.9, None), found)
    assert effect.verdict is verdict
    assert effect.estimate is not None
    if solved == seeds:
        assert effect.estimate.low == pytest.approx(0.025 ** (1 / seeds))
    if verdict is INCONCLUSIVE and seeds == 5:
        assert str(effect.seen) == "none of 5"


def test_a_level_of_few_episodes_says_nothing() -> None:
    rule = Solved((A,), (PEN,), 0.9, None)
    for episodes, verdict in ((20, SUPPORTED), (19, INCONCLUSIVE)):
        found = evidence(*(run(PEN, "AWAC", 0.95, s, episodes=episodes) for s in TEN))
        assert one(rule, found).verdict is verdict
    assert "95 episodes" in one(rule, found).note
    (table,) = found.tables.values()
    unknown = Evidence({"figure1": table.drop(columns="episodes")})
    assert one(rule, unknown).verdict is INCONCLUSIVE


def test_a_run_that_ended_too_soon_is_not_a_failure() -> None:
    rule = Solved((A,), (PEN,), 0.9, 200_000)
    never = evidence(*(run(PEN, "AWAC", 0.2, s) for s in TEN))
    assert one(rule, never).verdict is NOT_RUN
    assert one(rule, never).remark.startswith(
        "missing: AWAC, finished beyond step 200,000; so far 0"
    )
    assert "10 ended before" in one(rule, never).note
    # what had solved it by then has solved it by the later step; 9 of 10 is enough
    most = evidence(*(run(PEN, "AWAC", 0.95 if s else 0.2, s) for s in TEN))
    assert one(rule, most).verdict is SUPPORTED
    frozen = evidence(*(run(PEN, "AWAC", 0.2, s)[:1] for s in TEN))  # never trained online
    assert "ended before" not in one(Solved((A,), (PEN,), 0.9, 200_000), frozen).note


@pytest.mark.parametrize(
    ("seeds", "verdict"),
    [
        (3, INCONCLUSIVE),
        (5, INCONCLUSIVE),  # 5 of 5 would not show more than half, nor 0 of 5 less
        (6, NOT_RUN),  # 6 of 6 would
    ],
)
@pytest.mark.parametrize("episodes", [2, 20])  # ten or a hundred behind a level
def test_longer_runs_are_missing_where_they_could_decide(
    seeds: int, verdict: Verdict, episodes: int
) -> None:
    rule = Solved((A,), (PEN,), 0.9, 200_000)
    short = evidence(*(run(PEN, "AWAC", 0.2, s, episodes=episodes) for s in range(seeds)))
    assert one(rule, short).verdict is verdict


def test_runs_that_could_not_decide_are_not_missed() -> None:
    """6 of 10 hold and one ended early: neither 6 nor 7 of 10 is more than half."""
    held = Held(6, 1, 10, Above(0.5))
    found = Estimate(0.6, *held.ends(0.95), 10, "share")
    assert held.verdict(found) is INCONCLUSIVE and not held.may_decide(found)
    assert Held(6, 3, 10, Above(0.5)).may_decide(found)  # 9 of 10 would


def test_a_share_among_others_keeps_an_exact_interval() -> None:
    """16 to 35 of 35 hold: the lower end at 0.025 / 4 is 0.2503, more than a quarter."""
    held = Held(16, 19, 35, Below(0.25))
    found = Estimate(16 / 35, *held.ends(0.95), 35, "share")
    assert held.ends(1 - 0.05 / 4)[0] == pytest.approx(0.2503, abs=1e-4)
    assert held.verdict(found, contradicts=4) is CONTRADICTED
    assert held.verdict(found, contradicts=5) is INCONCLUSIVE
    # as few as 0 of 35 at 0.05 / 2 / f: 1 - (0.025 / f)^(1 / 35)
    none = Held(0, 0, 35, Below(0.15))
    assert none.verdict(found, supports=7) is SUPPORTED  # 0.1487
    assert none.verdict(found, supports=8) is INCONCLUSIVE  # 0.1520


def test_the_arms_named_are_those_whose_runs_are_short() -> None:
    both = evidence(
        *(run(PEN, "AWAC", 0.95, s) for s in TEN), *(run(PEN, "SAC", 0.2, s) for s in TEN)
    )
    effect = one(Solved((A, B), (PEN,), 0.9, 200_000), both)
    assert effect.remark.startswith("missing: SAC, finished beyond step 200,000; so far 10 of 20")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_unknown_episodes_of_any_arm_decide_nothing(order: tuple[int, int]) -> None:
    known, unknown = runs(PEN, "AWAC", 0.95), runs(PEN, "SAC", 0.95, episodes=math.nan)
    arms = [(A, B)[place] for place in order]
    rule = Solved(tuple(arms), (PEN,), 0.9, None)
    assert one(rule, evidence(known, unknown)).verdict is INCONCLUSIVE


def test_what_is_seen_without_a_verdict_is_among_the_others_too() -> None:
    """Four seeds have no interval; what five would show is still that of one among two."""
    times = {"AWAC": (1, 2, 3, 4), "SAC": (3, 5, 6, 7)}
    rows = []
    for env in (CHEETAH, WALKER):
        for name, crossed in times.items():
            for s, at in enumerate(crossed):
                curve = [0.1] * at + [0.95] * (20 - at)
                steps = [10_000 * k for k in range(20)]
                rows += [
                    row | {"env_step": step, MEASURED[domain_of(env)]: value}
                    for row, step, value in zip(
                        run(env, name, [0.0] * len(STEPS), s)[:1] * 20, steps, curve, strict=True
                    )
                ]
    effects_ = Faster(A, (B,), (CHEETAH, WALKER), 0.9, ratio=1.5).effects(
        evidence(rows), ("figure1",)
    )
    assert effects_[0].condition is None and effects_[0].seen
    among = combine(effects_, 0.5).effects[0]
    assert bound(among) > bound(effects_[0])


def test_solved_pools_the_arms() -> None:
    # 0 of 10 alone has its upper end at 1 - 0.025 ** (1 / 10) = 0.308; 0 of 20 at 0.168
    alone = evidence(runs(PEN, "AWAC", 0.1))
    both = evidence(runs(PEN, "AWAC", 0.1), runs(PEN, "SAC", 0.1))
    rule = Solved((A,), (PEN,), 0.9, None, "below", 0.25)
    assert one(rule, alone).verdict is INCONCLUSIVE
    assert one(Solved((A, B), (PEN,), 0.9, None, "below", 0.25), both).verdict is SUPPORTED


def noisy(method: str, size: float, apart: float, q: float, **cells: Any) -> list[dict[str, Any]]:
    """Ten runs that go up and down by `size`, and whose levels are `apart`."""
    rows = []
    for s in TEN:
        level = 0.7 + apart * (s - 4.5)
        curve = [level + size * (-1) ** place * (1 + 0.01 * s) for place in range(len(STEPS))]
        rows += run(PEN, method, curve, s, variant=cells.get("variant", ""), q_max=q + 0.001 * s)
    return rows


def drawn(method: str, level: float, seed: int, **cells: Any) -> list[list[dict[str, Any]]]:
    """Ten runs at one level, whose evaluations have 20 episodes each."""
    rng = np.random.default_rng(seed)
    shown = rng.binomial(20, level, (10, len(STEPS))) / 20
    return [run(PEN, method, list(shown[s]), s, episodes=20, **cells) for s in TEN]


@pytest.mark.parametrize(("ours", "theirs"), [(0.5, 0.25), (0.98, 0.5), (0.5, 0.5)])
def test_noise_of_the_episodes_is_no_unsteadiness(ours: float, theirs: float) -> None:
    """It is largest at one half. Of 40 effects at 5 % two may err, and six have a chance of 1 %."""
    rule = Steadier(A, Arm("AWAC [no-clamp]"), (PEN,))
    wrong = 0
    for seed in range(20):
        found = evidence(
            *drawn("AWAC", ours, seed), *drawn("AWAC", theirs, 100 + seed, variant="no-clamp")
        )
        within, between, _ = rule.effects(found, ("figure1",))
        wrong += (within.verdict is not INCONCLUSIVE) + (between.verdict is not INCONCLUSIVE)
    assert wrong <= 5


@pytest.mark.parametrize(("end", "decidable"), [(0.02, False), (0.14, False), (0.16, True)])
def test_what_has_learned_nothing_is_not_called_steady(end: float, decidable: bool) -> None:
    """Delta is 0.05 and an untrained policy at 0.1. The critic is asked of all the same."""
    rule = Steadier(A, Arm("AWAC [no-clamp]"), (PEN,))
    found = evidence(
        noisy("AWAC", 0.1, 0.01, 1.0),
        *(runs(PEN, "AWAC", end, seeds=(s,), variant="no-clamp", q_max=9.0 + s) for s in TEN),
    )
    within, between, critic = rule.effects(found, ("figure1",))
    assert (within.verdict is not NOT_DECIDABLE) is decidable
    assert (between.verdict is not NOT_DECIDABLE) is decidable
    assert critic.verdict is SUPPORTED
    if not decidable:
        assert f"AWAC [no-clamp] at {end:g}" in within.note


def test_seeds_of_another_table_count_as_well() -> None:
    """Ablations have five of AWAC's runs, a figure ten, of which five are the same."""
    table = evidence(
        *(runs(PEN, "AWAC", 0.5, seeds=(s,)) for s in range(5)),
        *(runs(PEN, "AWAC", 0.4, seeds=(s,), variant="no-clamp") for s in range(5)),
    ).tables["figure1"]
    ten = evidence(
        *(runs(PEN, "AWAC", 0.5 + 0.02 * s, seeds=(s,)) for s in range(10)),
        *(runs(PEN, "AWAC", 0.9, seeds=(s,), data="embedded") for s in range(10, 12)),
        *(runs(PEN, "AWAC", 0.9, seeds=(s,), profile="released") for s in range(10, 12)),
        *(runs(PEN, "SAC", 0.9, seeds=(s,)) for s in range(10, 12)),
    ).tables["figure1"]
    found = Evidence({"ablations": table, "figure1": ten})
    assert found.rows("ablations", PEN, A)["seed"].nunique() == 10
    (values,) = found.scalars("ablations", PEN, [A], "jt")
    assert values == pytest.approx([0.5] * 5 + [0.6, 0.62, 0.64, 0.66, 0.68], abs=0.01)
    changed = Arm("AWAC [no-clamp]")
    assert found.rows("ablations", PEN, changed)["seed"].nunique() == 5
    assert found.source(("figure1",), PEN, [A, changed]) is None  # no seed is lent to a row
    assert found.rows("ablations", PEN, A, 50_000)["env_step"].max() == 50_000


def test_steadiness_needs_the_episodes_of_both() -> None:
    rule = Steadier(A, Arm("AWAC [no-clamp]"), (PEN,))
    unlike = [row | {"episodes": math.nan} for part in drawn("AWAC", 0.5, 1) for row in part]
    found = evidence(unlike, *drawn("AWAC", 0.5, 2, variant="no-clamp"))
    for effect in rule.effects(found, ("figure1",))[:2]:
        assert effect.verdict is INCONCLUSIVE
        assert "tell the episodes" in effect.note


def test_variances_by_hand() -> None:
    # mean 2: squares 4 1 1 0 4, times 5 / 4; noise 0.5
    found = variances(np.array([0.0, 1.0, 3.0, 2.0, 4.0]), np.full(5, 0.5))
    np.testing.assert_allclose(found, [4.75, 1.0, 1.0, -0.25, 4.75])
    assert variances(np.array([3.0]), np.array([0.5])) == 0


def test_a_dip_that_was_not_measured_is_not_compared() -> None:
    found = evidence(runs(PEN, "AWAC", 0.5), runs(PEN, "SAC", 0.5))
    (table,) = found.tables.values()
    sparse = Evidence({"figure1": table[(table["env_step"] == 0) | (table["env_step"] > 20_000)]})
    effect = one(Difference("dip", A, (B,), (PEN,), factor=0.0), sparse)
    assert effect.verdict is INCONCLUSIVE and "not defined" in effect.note


def test_steadier_is_less_spread_and_a_smaller_q() -> None:
    rule = Steadier(A, Arm("AWAC [no-clamp]"), (PEN,))
    calm = noisy("AWAC", 0.01, 0.002, -1.0)
    wild = noisy("AWAC", 0.05, 0.02, 3.0, variant="no-clamp")
    within, between, critic = rule.effects(evidence(calm, wild), ("figure1",))
    assert {each.verdict for each in (within, between, critic)} == {SUPPORTED}
    assert "a variance" in within.what
    # differences of +-2 size (1 + s / 100): half their square is 2 size^2 (1 + s / 100)^2
    assert within.estimate is not None
    grown = np.mean([(1 + 0.01 * s) ** 2 for s in (2, 3, 4, 5, 6, 7)])  # the middle six of ten
    excess = 2 * (0.05**2 - 0.01**2) * grown
    assert within.estimate.value == pytest.approx(excess, rel=2e-3)
    assert critic.estimate is not None and critic.estimate.value == pytest.approx(4.0)
    assert "q_max" in critic.note
    turned = rule.effects(
        evidence(
            noisy("AWAC", 0.05, 0.02, 3.0), noisy("AWAC", 0.01, 0.002, -1.0, variant="no-clamp")
        ),
        ("figure1",),
    )
    assert {each.verdict for each in turned} == {CONTRADICTED}
    # a larger area, but no steadier: A3 is not about that
    higher = evidence(
        calm,
        [
            row
            | {
                "success_any": row["success_any"] - 0.3,
                "variant": "no-clamp",
                "label": "AWAC [no-clamp]",
            }
            for row in calm
        ],
    )
    assert {each.verdict for each in rule.effects(higher, ("figure1",))} == {INCONCLUSIVE}


def test_the_bias_of_q_is_preferred_where_the_rows_have_it() -> None:
    rule = Steadier(A, Arm("AWAC [no-clamp]"), (PEN,))
    found = evidence(
        noisy("AWAC", 0.01, 0.002, 3.0), noisy("AWAC", 0.01, 0.002, 0.0, variant="no-clamp")
    )
    (table,) = found.tables.values()
    table["q_bias"] = np.where(table["variant"] == "no-clamp", 2.0, 0.5) + 0.01 * table["seed"]
    critic = rule.effects(found, ("figure1",))[-1]
    assert (critic.verdict, critic.note.split("; ")[-1]) == (SUPPORTED, "q_bias")
    # one of ten critics that runs away is in the mean
    runaway = table.assign(q_bias=table["q_bias"].where(table["seed"] != TEN[-1], 1e6))
    runaway["q_bias"] = runaway["q_bias"].where(runaway["variant"] == "no-clamp", 0.5)
    critic = rule.effects(Evidence({"figure1": runaway}), ("figure1",))[-1]
    assert critic.estimate is not None and critic.estimate.value == pytest.approx(1e5, rel=1e-3)
    table.loc[3, ["q_bias", "env_step"]] = [np.nan, 0]
    bare = Evidence({"figure1": table.drop(columns=["q_bias", "q_max"])})
    assert "nothing of Q" in rule.effects(bare, ("figure1",))[-1].note


def test_faster() -> None:
    quick = [0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]  # from 2 K on
    slow = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0]  # from 10 K on
    found = evidence(
        [row for s in TEN for row in run(PEN, "AWAC", quick, s)],
        [row for s in TEN for row in run(PEN, "SAC", slow, s)],
    )
    effect = one(Faster(A, (B,), (PEN,), 0.9, ratio=2.0), found)
    assert effect.estimate is not None
    assert effect.estimate.value == pytest.approx(5.0)
    assert effect.verdict is SUPPORTED
    assert effect.p_value is not None
    assert effect.p_value < 0.01
    assert one(Faster(A, (B,), (PEN,), 0.9, ratio=8.0), found).verdict is SMALLER
    assert one(Faster(B, (A,), (PEN,), 0.9), found).verdict is CONTRADICTED


def test_faster_counts_runs_that_never_get_there() -> None:
    quick = [0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    found = evidence(
        [row for s in TEN for row in run(PEN, "AWAC", quick, s)],
        [row for s in TEN for row in run(PEN, "SAC", 0.0, s)],
    )
    effect = one(Faster(A, (B,), (PEN,), 0.9), found)
    assert effect.estimate is not None
    assert effect.estimate.value == pytest.approx(5.0)  # 10 K, the last step with five, over 2 K
    assert effect.verdict is SUPPORTED


def test_a_peak_is_not_faster() -> None:
    """Runs that touch the threshold and fall again have not reached it."""
    peak = [0.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5]
    found = evidence([row for s in TEN for row in run(PEN, "AWAC", peak, s)], runs(PEN, "SAC", 0.3))
    effect = one(Faster(A, (B,), (PEN,), 0.9), found)
    assert effect.verdict is NOT_DECIDABLE
    assert "no run reached it" in effect.note


def test_a_run_that_loses_it_has_not_reached_it() -> None:
    """From step 0 on its mean is 0.925, above 0.9; its last five evaluations have 0.88."""
    lost = [1.0, 1.0, 1.0, 1.0, 0.85, 0.85, 0.85, 0.85]
    assert np.mean(lost) > 0.9 > np.mean(lost[-5:])
    found = evidence(
        *(run(PEN, "AWAC", lost, seed) for seed in TEN),
        runs(PEN, "SAC", 0.95),
        runs(PEN, "BC", 0.3),
    )
    effect = one(Faster(A, (B,), (PEN,), 0.9), found)
    assert "AWAC: 0 of 10 reached it" in effect.note
    assert "SAC: 10 of 10 reached it, 10 of them at step 0" in effect.note
    assert one(Faster(A, (Arm("BC"),), (PEN,), 0.9), found).verdict is NOT_DECIDABLE


def test_a_rival_that_never_gets_there_cannot_contradict_a_ratio() -> None:
    """Restricted means end at the last step that is asked: 5,000 against 10,000 is all that a
    ratio can show."""
    later = [0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    found = evidence(
        *(run(PEN, "AWAC", later, seed) for seed in TEN),
        runs(PEN, "SAC", 0.3),
        runs(PEN, "BC", 1.0),
    )
    effect = one(Faster(A, (B,), (PEN,), 0.9, ratio=4.0), found)
    assert effect.estimate is not None and effect.estimate.high < 4.0
    assert effect.verdict is INCONCLUSIVE
    assert "lower bound" in effect.note
    # one that does get there, and at once, can
    assert one(Faster(A, (Arm("BC"),), (PEN,), 0.9, ratio=4.0), found).verdict is CONTRADICTED


def test_a_rival_that_gets_there_after_the_common_budget_cannot_contradict_a_ratio() -> None:
    """AWAC's runs end before the rival's arrive: 10,000 against a mean of 6,000 is all that a
    ratio can show, although every run of the rival arrives."""
    later = [0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    found = evidence(
        *(run(PEN, "AWAC", later if seed < 8 else 0.0, seed) for seed in TEN),
        *(
            [row | {"env_step": 4 * row["env_step"]} for row in run(PEN, "SAC", later, seed)]
            for seed in TEN
        ),
    )
    effect = one(Faster(A, (B,), (PEN,), 0.9, ratio=4.0), found)
    assert "SAC: 10 of 10 reached it" in effect.note
    assert effect.estimate is not None and effect.estimate.value == pytest.approx(10 / 6)
    assert effect.estimate.low > 1.0 and effect.estimate.high < 4.0
    assert effect.verdict is INCONCLUSIVE
    assert "lower bound" in effect.note


def test_faster_where_no_run_gets_there() -> None:
    found = evidence(runs(PEN, "AWAC", 0.1), runs(PEN, "SAC", 0.1))
    effect = one(Faster(A, (B,), (PEN,), 0.9), found)
    assert effect.verdict is NOT_DECIDABLE
    assert "no run reached it" in effect.note


def test_five_evaluations_cannot_say_when() -> None:
    """Only at step 0 do five evaluations begin: a run that is not there then is not seen later."""
    rows = [
        row
        for method, level in (("AWAC", 1.0), ("SAC", 0.3))
        for seed in TEN
        for row in run(PEN, method, level, seed)
        if row["env_step"] <= STEPS[4]
    ]
    effect = one(Faster(A, (B,), (PEN,), 0.9), evidence(rows))
    assert effect.verdict is INCONCLUSIVE
    assert "too few evaluations" in effect.note


def test_faster_where_both_are_there_from_the_start() -> None:
    found = evidence(runs(PEN, "AWAC", 0.95), runs(PEN, "SAC", 0.95))
    effect = one(Faster(A, (B,), (PEN,), 0.9), found)
    assert effect.estimate is not None
    assert effect.estimate.value == pytest.approx(1.0)
    assert effect.verdict is INCONCLUSIVE  # neither is the faster one


def test_times_are_compared_up_to_where_the_shorter_runs_end() -> None:
    """SAC ends at 100,000, and its last step that five evaluations follow is 2,000."""
    late = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    sac = [row for s in TEN for row in run(PEN, "SAC", 0.0, s) if row["env_step"] <= 100_000]
    awac = [run(PEN, "AWAC", late if s else 0.0, s) for s in TEN]  # one never gets there
    effect = one(Faster(A, (B,), (PEN,), 0.9), evidence(*awac, sac))
    assert effect.estimate is not None
    assert effect.estimate.value == pytest.approx(1.0)  # nobody is there at 2,000
    assert effect.verdict is INCONCLUSIVE


# --- evidence -----------------------------------------------------------------------------------


def test_profiles_and_data_never_mix() -> None:
    found = evidence(
        runs(PEN, "AWAC", 0.9),
        runs(PEN, "AWAC", 0.1, profile="released"),
        runs(PEN, "AWAC", 0.2, data="embedded", labels=""),
        runs(PEN, "AWAC", 0.3, data="none", labels=""),
        runs(PEN, "AWAC", 0.4, labels="stored"),
    )
    for other, arm, level in (
        ("paper", A, 0.9),  # human, relabelled: the first choice
        ("released", A, 0.1),
        ("paper", Arm("AWAC", "none"), 0.3),
    ):
        (values,) = found.under(profile=other).scalars("figure1", PEN, (arm,), "auc")
        assert values.shape == (10,)
        assert values.mean() == pytest.approx(level)


def test_a_comparison_is_of_runs_with_the_same_data() -> None:
    """Not of AWAC's human demonstrations, though preferred, with the expert's of SAC."""
    rule = Difference("auc", A, (B,), (PEN,))
    expert = {"data": "expert", "labels": "stored"}
    awac = (runs(PEN, "AWAC", 0.9), runs(PEN, "AWAC", 0.3, **expert))
    effect = one(rule, evidence(*awac, runs(PEN, "SAC", 0.5, **expert)))
    assert effect.estimate is not None
    assert effect.estimate.value == pytest.approx(0.3 - 0.5)
    # with as many methods on either, the first choice; and then SAC has none of it
    both = evidence(*awac, runs(PEN, "SAC", 0.5, **expert), runs(PEN, "BC", 0.4))
    assert one(rule, both).verdict is NOT_RUN
    assert one(Level("auc", (A,), (PEN,), "above", 0.8), both).verdict is SUPPORTED


def test_unfinished_runs_are_no_evidence() -> None:
    found = evidence(
        runs(PEN, "AWAC", 0.9, range(5)),
        runs(PEN, "AWAC", 0.1, range(5, 8), status="running"),
        runs(PEN, "AWAC", 0.1, range(8, 10), status="failed"),
    )
    (values,) = found.scalars("figure1", PEN, (A,), "auc")
    assert values.shape == (5,)


def test_arms_come_from_one_experiment() -> None:
    rule = Difference("auc", A, (B,), (PEN,))
    split = Evidence(
        {
            "figure1": pd.DataFrame(runs(PEN, "AWAC", 0.9)),
            "ablations": pd.DataFrame(runs(PEN, "SAC", 0.1)),
        }
    )
    (effect,) = rule.effects(split, ("figure1", "ablations"))
    assert effect.verdict is NOT_RUN
    assert effect.missing == "all in one experiment"


def test_with_and_without_prior_data() -> None:
    found = evidence(
        runs(PEN, "AWAC", 0.9), runs(PEN, "AWAC", 0.2, data="none", labels=""), experiment="figure1"
    )
    effect = one(Difference("auc", A, (Arm("AWAC", "none"),), (PEN,)), found)
    assert effect.verdict is SUPPORTED
    assert effect.estimate is not None
    assert effect.estimate.value == pytest.approx(0.7)
    assert "no prior data" in effect.what


def test_a_method_without_online_phase_is_compared_with_the_others_budget() -> None:
    frozen = [run(PEN, "BC", 0.6 + 0.002 * s, s)[0] for s in TEN]
    found = evidence(runs(PEN, "AWAC", 0.9), frozen)
    effect = one(Difference("auc", A, (Arm("BC"),), (PEN,)), found)
    assert effect.verdict is SUPPORTED


# --- the list -----------------------------------------------------------------------------------


def test_claims_are_complete() -> None:
    names = [each.id for each in CLAIMS]
    assert len(set(names)) == len(names)
    expected = (
        {f"H{i}" for i in range(1, 14)}
        | {f"S{i}" for i in range(1, 4)}
        | {f"M{i}" for i in range(1, 13)}
        | {f"A{i}" for i in range(1, 11)}
        | {f"T{i}" for i in range(1, 4)}
    )
    assert expected <= set(names)
    for each in CLAIMS:
        assert bool(each.parts) != bool(each.untestable), each.id
        assert bool(each.arms()) == bool(each.experiments), each.id
        assert each.quote
        assert each.section
        assert each.check


def test_arms_are_methods_that_exist() -> None:
    from algorithms.catalogue.methods import METHODS
    from algorithms.catalogue.variants import VARIANTS

    for each in CLAIMS:
        for arm in each.arms():
            method, variant = split_label(arm.label)
            assert method in METHODS, arm
            if variant and "=" not in variant:
                assert registered(method, variant) in VARIANTS, arm


def test_nothing_run_is_not_run() -> None:
    empty = Evidence({})
    for each in CLAIMS:
        if each.id == "H9":  # asks no run
            continue
        expected = NOT_TESTABLE if each.untestable else NOT_RUN
        assert evaluate(each, empty).verdict is expected, each.id


def planted(awac: float, sac: float) -> Evidence:
    rows = [
        row
        for env in (CHEETAH, ANT, WALKER)
        for method, level in (("AWAC", awac), ("SAC", sac))
        for row in runs(env, method, level, data="expert", labels="")
    ]
    return evidence(rows, experiment="figure3")


def test_m4_all_three_ways() -> None:
    """SAC is poor after the offline phase: below 0.25, whatever AWAC does."""
    assert evaluate(claim("M4"), planted(0.8, 0.1)).verdict is SUPPORTED
    assert evaluate(claim("M4"), planted(0.05, 0.1)).verdict is SUPPORTED
    assert evaluate(claim("M4"), planted(0.8, 0.6)).verdict is CONTRADICTED
    assert evaluate(claim("M4"), planted(0.8, 0.25)).verdict is INCONCLUSIVE
    assert len(evaluate(claim("M4"), planted(0.8, 0.1)).effects) == 3


def sac_with_and_without(data: float, none: float) -> Evidence:
    """Levels between an untrained policy, 0, and the expert, 1: on Ant such a one has 0.25."""
    rows = [
        row
        for env, floor in ((CHEETAH, 0.0), (ANT, 0.25), (WALKER, 0.0))
        for row in runs(env, "SAC", floor + (1 - floor) * data, data="expert", labels="")
        + runs(env, "SAC", floor + (1 - floor) * none, variant="no-data", data="none", labels="")
    ]
    return evidence(rows, experiment="figure3")


@pytest.mark.parametrize(
    ("data", "none", "verdict"),
    [
        (0.6, 0.3, SUPPORTED),
        (0.3, 0.6, CONTRADICTED),
        (0.2, 0.1, NOT_DECIDABLE),
        (-0.5, 0.2, NOT_DECIDABLE),  # the worse of two that learn nothing
        (0.1, 0.25, INCONCLUSIVE),  # the other may have learned, and may not
        (0.25, 0.1, INCONCLUSIVE),
        (0.2, 0.27, CONTRADICTED),  # the other has, by a little
    ],
)
def test_m5_says_nothing_where_neither_sac_learns(
    data: float, none: float, verdict: Verdict
) -> None:
    found = evaluate(claim("M5"), sac_with_and_without(data, none))
    assert found.verdict is verdict
    notes = [effect.note for effect in found.effects]
    for level, note in zip((0.25, 0.4375, 0.25), notes, strict=True):
        told = f"neither ends above {level:g}"
        assert (told in note) is (verdict is NOT_DECIDABLE)
    assert all(("neither certainly ends" in n) is (verdict is INCONCLUSIVE) for n in notes)


def test_trailing_the_best_takes_one_better_method() -> None:
    rule = Trails("auc", (A,), (B, Arm("BEAR")), (PEN,))
    mine, worse = runs(PEN, "AWAC", 0.5), runs(PEN, "SAC", 0.3)
    effect = one(rule, evidence(mine, worse, runs(PEN, "BEAR", 0.8)))
    assert effect.verdict is SUPPORTED and "the best is BEAR" in effect.note
    assert effect.estimate is not None and effect.estimate.value == pytest.approx(0.3)
    assert one(rule, evidence(mine, runs(PEN, "SAC", 0.8))).verdict is SUPPORTED
    # the one that was not run might be better
    assert one(rule, evidence(mine, worse)).verdict is INCONCLUSIVE
    assert one(rule, evidence(mine, worse, runs(PEN, "BEAR", 0.4))).verdict is CONTRADICTED
    assert one(rule, evidence(mine, worse, runs(PEN, "BEAR", 0.5))).verdict is INCONCLUSIVE
    assert one(rule, evidence(mine)).verdict is NOT_RUN


def test_trailing_is_leading_seen_from_the_other_side() -> None:
    rng = np.random.default_rng(1)
    rows = [
        [row for s in TEN for row in run(PEN, method, float(rng.normal(level, 0.1)), s)]
        for method, level in (("AWAC", 0.5), ("SAC", 0.55), ("BEAR", 0.4))
    ]
    found = evidence(*rows)
    rivals = (B, Arm("BEAR"))
    behind = one(Trails("auc", (A,), rivals, (PEN,)), found).estimate
    ahead = one(Leads("auc", A, rivals, (PEN,)), found).estimate
    assert behind is not None and ahead is not None
    assert (behind.value, behind.low, behind.high) == (-ahead.value, -ahead.high, -ahead.low)


def test_m7_finds_a_dip() -> None:
    dip = [0.8, 0.3, 0.3, 0.6, 0.8, 0.9, 0.9, 0.9]  # 2 K and 5 K are in the first tenth
    rows = [
        row
        for env in (CHEETAH, ANT, WALKER)
        for method in ("SAC", "SAC+BC", "AWAC")
        for s in TEN
        for row in run(
            env, method, [v - 0.001 * s for v in dip] if method != "AWAC" else 0.8, s, data="expert"
        )
    ]
    found = evaluate(claim("M7"), evidence(rows, experiment="figure3"))
    assert found.verdict is SUPPORTED
    # smoothed at 2 K: (0.8 + 0.3 + 0.3) / 3; at 5 K: (0.3 + 0.3 + 0.6) / 3 = 0.4, the lowest
    assert found.effects[0].estimate is not None
    assert found.effects[0].estimate.value == pytest.approx(0.4)


def test_m7_is_contradicted_where_the_curves_only_rise() -> None:
    rise = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    rows = [
        row
        for env in (CHEETAH, ANT, WALKER)
        for method in ("SAC", "SAC+BC", "AWAC")
        for s in TEN
        for row in run(env, method, [v - 0.001 * s for v in rise], s, data="expert")
    ]
    found = evaluate(claim("M7"), evidence(rows, experiment="figure3"))
    assert found.verdict is CONTRADICTED
    # at 2 K: (0.2 + 0.3 + 0.4) / 3, at 5 K 0.4: the lower one is 0.1 above the start
    assert found.effects[0].estimate is not None
    assert found.effects[0].estimate.value == pytest.approx(-0.1)


def test_a_claim_is_contradicted_by_one_task() -> None:
    rows = [
        row
        for env, level in ((CHEETAH, 0.1), (ANT, 0.1), (WALKER, 0.9))
        for row in runs(env, "SAC", level, data="expert") + runs(env, "AWAC", 0.95, data="expert")
    ]
    assert evaluate(claim("M4"), evidence(rows, experiment="figure3")).verdict is CONTRADICTED


def test_results_in_the_repository_can_be_judged() -> None:
    folder = Path(__file__).resolve().parents[2] / "results" / "earlier" / "small"
    found = Evidence(load(folder))
    h8 = evaluate(claim("H8"), found)
    assert h8.effects[0].estimate is not None
    table = found.tables["figure1"]
    sac = table[(table["method"] == "SAC") & (table["env"] == PEN) & (table["env_step"] >= 0)]
    by_seed = [
        group["success_any"].iloc[-5:].mean()
        for _, group in sac.sort_values("env_step").groupby("seed")
    ]
    assert h8.effects[0].estimate.value == pytest.approx(np.mean(by_seed))


def test_the_first_named_experiment_with_all_arms_is_the_source() -> None:
    """The order is the claim's: an arm in two tables is read from the first one named."""
    high = pd.DataFrame(runs(PEN, "AWAC", 0.9, range(5)))
    both = pd.DataFrame([*runs(PEN, "AWAC", 0.2, range(5)), *runs(PEN, "SAC", 0.1, range(5))])
    found = Evidence({"figure1": high, "ablations": both})
    alone, pair = [Arm("AWAC")], [Arm("AWAC"), Arm("SAC")]
    assert found.source(("figure1", "ablations"), PEN, alone) == "figure1"
    assert found.source(("ablations", "figure1"), PEN, alone) == "ablations"
    assert found.source(("figure1", "ablations"), PEN, pair) == "ablations"
    assert found.source(("figure1",), PEN, pair) is None
