"""Effects and intervals against hand-computed values, enumeration and brute force."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from figures.statistics import resampling
from figures.statistics.across_seeds import centre
from figures.statistics.bootstrap import bootstrap
from figures.statistics.estimates import (
    Equivalence,
    Estimate,
    aggregate,
    difference,
    improvement_test,
    paired_difference,
    performance_profile,
    probability_of_improvement,
    proportion,
    rank_probabilities,
)
from figures.statistics.resampling import welch
from tests.figures.coverage import ONE_TASK, coverage, pooled, population_centre

SIX = np.array([0.1, 0.2, 0.4, 0.7, 0.8, 0.9])
FIVE = np.array([0.0, 0.5, 0.5, 0.6, 1.0])


def ends(estimate: Estimate) -> tuple[float, float]:
    return estimate.low, estimate.high


# --- aggregate ---


def test_aggregate_pools_values_of_all_tasks() -> None:
    # Pooled and sorted: 0 1 2 3 4 5 100 200; a quarter, 2 values, is cut at either end.
    estimate = aggregate([np.array([0.0, 200.0, 3.0]), np.array([1.0, 2.0, 4.0, 5.0, 100.0])])
    assert estimate.value == pytest.approx((2 + 3 + 4 + 5) / 4)
    assert estimate.seeds == 3
    assert estimate.name == "interquartile mean"
    assert not estimate.known


def test_aggregate_of_three_values_is_their_mean() -> None:
    estimate = aggregate([np.array([0.0, 1.0, 8.0])])
    assert (estimate.value, estimate.name) == (3.0, "mean")


@pytest.mark.parametrize("seeds", [1, 2, 3, 4])
def test_there_is_no_interval_below_five_seeds_in_any_group(seeds: int) -> None:
    few, many = np.arange(seeds, dtype=float), np.arange(10.0)
    for estimate in (
        aggregate([many, few]),
        difference(many, few),
        paired_difference(few, few + 1),
        probability_of_improvement([many, many], [many, few]),
        proportion(1, seeds),
    ):
        assert np.isnan(ends(estimate)).all()
        assert not estimate.known
        assert estimate.seeds == seeds
        assert np.isfinite(estimate.value)
    share, low, high = performance_profile([many, few], np.array([0.5]))
    assert np.isfinite(share).all()
    assert np.isnan([low, high]).all()
    assert np.isnan(list(rank_probabilities({"a": many, "b": few}).values())).all()


def test_five_seeds_have_an_interval() -> None:
    assert aggregate([FIVE, SIX]).known
    assert difference(FIVE, SIX).known


@pytest.mark.parametrize("confidence", [0.6, 0.75])
def test_the_bootstrap_is_that_of_all_resamples(confidence: float) -> None:
    """Two tasks of 2 and 3 seeds: 2^2 * 3^3 = 108 resamples, all as likely, within tasks."""
    first, second = np.array([0.0, 1.0]), np.array([5.0, 7.0, 20.0])
    every = np.sort(
        [
            centre(np.array([*a, *b]))
            for a in itertools.product(first, repeat=2)
            for b in itertools.product(second, repeat=3)
        ]
    )
    tail = (1 - confidence) / 2
    low, high = bootstrap([first, second], pooled, confidence)
    # The ends are quantiles of a discrete distribution: those at tail +- the Monte-Carlo error.
    slack = 4 * np.sqrt(tail * (1 - tail) / 10_000)
    assert np.quantile(every, tail - slack, method="inverted_cdf") <= low
    assert low <= np.quantile(every, tail + slack, method="inverted_cdf")
    assert np.quantile(every, 1 - tail - slack, method="inverted_cdf") <= high
    assert high <= np.quantile(every, 1 - tail + slack, method="inverted_cdf")


def test_resampling_stays_within_tasks() -> None:
    """Tasks that are constant leave nothing to resample, however different they are."""
    estimate = aggregate([np.zeros(5), np.ones(5), np.full(5, 9.0)])
    assert ends(estimate) == (estimate.value, estimate.value)
    assert estimate.known


def test_order_of_tasks_does_not_matter_but_for_the_draws() -> None:
    rng = np.random.default_rng(0)
    groups = [rng.random(8), rng.random(6), rng.random(7)]
    one, other = aggregate(groups), aggregate(groups[::-1])
    assert one.value == pytest.approx(other.value)
    np.testing.assert_allclose(ends(one), ends(other), atol=0.01)


def test_the_same_input_gives_the_same_numbers_whatever_the_global_state() -> None:
    np.random.seed(1)
    first = aggregate([SIX, FIVE]), difference(SIX, FIVE), rank_probabilities({"a": SIX, "b": FIVE})
    np.random.seed(2)
    again = aggregate([SIX, FIVE]), difference(SIX, FIVE), rank_probabilities({"a": SIX, "b": FIVE})
    assert first == again


def test_a_lower_confidence_is_inside_a_higher_one() -> None:
    wide, narrow = aggregate([SIX, FIVE]), aggregate([SIX, FIVE], confidence=0.5)
    assert wide.low < narrow.low < narrow.high < wide.high
    assert (wide.confidence, narrow.confidence) == (0.95, 0.5)


# --- differences ---


def test_difference_by_hand() -> None:
    # Interquartile means: (0.2 + 0.4 + 0.7 + 0.8) / 4 = 0.525 and (0.5 + 0.5 + 0.6) / 3.
    estimate = difference(SIX, FIVE)
    assert estimate.value == pytest.approx(0.525 - 1.6 / 3)
    assert (estimate.seeds, estimate.name) == (5, "difference of interquartile means")


def test_both_groups_have_the_centre_of_the_smaller_one() -> None:
    outlier = np.array([0.0, 0.0, 0.0, 0.0, 10.0])
    estimate = difference(outlier, np.array([1.0, 1.0, 1.0]))
    assert estimate.value == pytest.approx(2.0 - 1.0)  # means, not 0 - 1
    assert estimate.name == "difference of means"


def test_differences_change_sign_with_their_arguments() -> None:
    assert difference(SIX, FIVE).value == pytest.approx(-difference(FIVE, SIX).value)
    there, back = paired_difference(SIX[:5], FIVE), paired_difference(FIVE, SIX[:5])
    np.testing.assert_allclose(ends(there), (-back.high, -back.low), atol=0.02)


def test_groups_are_resampled_independently() -> None:
    """A group minus itself varies; paired with itself it does not."""
    assert difference(SIX, SIX).low < -0.2
    assert ends(paired_difference(SIX, SIX)) == (0.0, 0.0)


def test_pairing_removes_what_the_pairs_share() -> None:
    rng = np.random.default_rng(0)
    shared = rng.normal(size=10)
    a, b = shared + 1.0, shared + rng.normal(scale=0.01, size=10)
    paired, free = paired_difference(a, b), difference(a, b)
    assert paired.low == pytest.approx(1.0, abs=0.02)
    assert paired.high - paired.low < 0.1 * (free.high - free.low)
    assert paired.value == pytest.approx(float(centre(a - b)))


def test_pairs_must_be_as_many() -> None:
    with pytest.raises(ValueError, match="a has 6 values, b 5"):
        paired_difference(SIX, FIVE)


# --- probability of improvement ---


def test_probability_of_improvement_by_hand() -> None:
    # Pairs: 1 beats 0, ties 1; 3 beats 0 and 1: (1 + 1/2 + 2) / 4. Second task: never, so 0.
    first = probability_of_improvement([np.array([1.0, 3.0])], [np.array([0.0, 1.0])])
    assert first.value == pytest.approx(3.5 / 4)
    both = probability_of_improvement(
        [np.array([1.0, 3.0]), np.array([0.0])], [np.array([0.0, 1.0]), np.array([2.0, 3.0])]
    )
    assert both.value == pytest.approx(3.5 / 8)


grades = st.lists(st.integers(0, 4).map(float), min_size=1, max_size=4)


@settings(max_examples=60)
@given(st.lists(st.tuples(grades, grades), min_size=1, max_size=3))
def test_probability_of_improvement_by_brute_force(tasks) -> None:
    expected = np.mean(
        [
            np.mean([1.0 if x > y else 0.5 if x == y else 0.0 for x in a for y in b])
            for a, b in tasks
        ]
    )
    a_groups = [np.array(a) for a, _ in tasks]
    b_groups = [np.array(b) for _, b in tasks]
    assert probability_of_improvement(a_groups, b_groups).value == pytest.approx(expected)
    assert probability_of_improvement(b_groups, a_groups).value == pytest.approx(1 - expected)


def test_probability_of_improvement_is_mann_whitneys_u() -> None:
    u = stats.mannwhitneyu(SIX, FIVE).statistic
    assert probability_of_improvement([SIX], [FIVE]).value == pytest.approx(u / 30)


def test_probability_of_improvement_of_separate_groups_is_certain() -> None:
    estimate = probability_of_improvement([SIX + 5, FIVE + 5], [SIX, FIVE])
    assert (estimate.value, *ends(estimate)) == (1.0, 1.0, 1.0)


def test_probability_of_improvement_interval_by_an_independent_bootstrap() -> None:
    rng = np.random.default_rng(9)
    a, b = SIX[rng.integers(0, 6, (20_000, 6))], FIVE[rng.integers(0, 5, (20_000, 5))]
    greater = (a[:, :, None] > b[:, None, :]) + 0.5 * (a[:, :, None] == b[:, None, :])
    expected = np.percentile(greater.mean(axis=(1, 2)), [2.5, 97.5])
    estimate = probability_of_improvement([SIX], [FIVE])
    np.testing.assert_allclose(ends(estimate), expected, atol=0.02)


def test_tasks_must_be_the_same() -> None:
    with pytest.raises(ValueError, match="2 tasks, b_groups 1"):
        probability_of_improvement([SIX, SIX], [SIX])


def test_improvement_test_without_ties_is_exact() -> None:
    # 3 above 3: one of C(6, 3) = 20 orders is as extreme.
    high, low = np.array([4.0, 5.0, 6.0]), np.array([1.0, 2.0, 3.0])
    assert improvement_test(high, low) == pytest.approx(1 / 20)
    assert improvement_test(low, high) == pytest.approx(1.0)


def test_improvement_test_is_exact_with_many_seeds() -> None:
    """1 / C(20, 10), where the normal approximation has 9.1e-5."""
    low = np.arange(10) / 100
    assert improvement_test(low + 1, low) == pytest.approx(1 / 184_756)


def test_improvement_test_with_ties_counts_all_permutations() -> None:
    a, b = np.array([1.0, 1.0, 0.5, 1.0]), np.array([0.0, 0.5, 1.0])
    together = np.concatenate([a, b])

    def u(chosen: tuple[int, ...]) -> float:
        others = [i for i in range(7) if i not in chosen]
        return sum(
            1.0 if together[i] > together[j] else 0.5 if together[i] == together[j] else 0.0
            for i in chosen
            for j in others
        )

    every = [u(chosen) for chosen in itertools.combinations(range(7), 4)]
    expected = np.mean(np.array(every) >= u((0, 1, 2, 3)))
    assert improvement_test(a, b) == pytest.approx(expected)


def test_improvement_test_of_equal_values_finds_nothing() -> None:
    assert improvement_test(np.ones(5), np.ones(5)) == 1.0


# --- proportion ---


def at_least(k: int, n: int, p: float) -> float:
    """P(X >= k) for a binomial X, summed."""
    return sum(math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))


@pytest.mark.parametrize(("k", "n"), [(3, 10), (1, 5), (24, 25)])
@pytest.mark.parametrize("confidence", [0.95, 0.99])
def test_proportion_is_exact(k: int, n: int, confidence: float) -> None:
    """Clopper and Pearson: at the lower end k or more, at the upper end k or fewer, have alpha."""
    found = proportion(k, n, confidence)
    assert (found.value, found.seeds) == (k / n, n)
    assert at_least(k, n, found.low) == pytest.approx((1 - confidence) / 2)
    assert 1 - at_least(k + 1, n, found.high) == pytest.approx((1 - confidence) / 2)


def test_five_of_five_do_not_show_more_than_half() -> None:
    # all n succeed with probability p^n: the lower end is 0.025^(1/n)
    assert ends(proportion(0, 5)) == pytest.approx((0.0, 1 - 0.025**0.2))
    assert ends(proportion(5, 5)) == pytest.approx((0.025**0.2, 1.0))
    assert proportion(5, 5).low < 0.5 < proportion(6, 6).low


def test_an_expanded_interval_is_stretched_for_few_seeds() -> None:
    """Five seeds, 95 %: sqrt(5 / 4) t_4 / z = 1.1180 * 2.7764 / 1.9600; two alike have t_8."""
    for function, arguments, t in (
        (aggregate, ([FIVE],), 2.7764),
        (paired_difference, (FIVE, SIX[:5]), 2.7764),
        (difference, (FIVE, FIVE[::-1] + 1), 2.3060),
    ):
        plain, wide = function(*arguments), function(*arguments, method="expanded")
        assert wide.value == plain.value
        for end, stretched in zip(ends(plain), ends(wide), strict=True):
            factor = 1.1180 * t / 1.9600
            assert stretched - plain.value == pytest.approx(factor * (end - plain.value), rel=1e-4)
        assert wide.freedom == (8 if function is difference else 4)
    assert not aggregate([FIVE[:4]], method="expanded").known


@pytest.mark.parametrize(("successes", "n"), [(3, 2), (-1, 5), (0, 0)])
def test_senseless_proportions_are_refused(successes: int, n: int) -> None:
    with pytest.raises(ValueError):
        proportion(successes, n)


# --- equivalence ---


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (-0.04, 0.04, "equivalent"),
        (0.0, 0.0, "equivalent"),
        (0.06, 0.30, "different"),
        (-0.30, -0.06, "different"),
        (0.01, 0.30, "inconclusive"),
        (-0.20, 0.20, "inconclusive"),
        (0.05, 0.20, "inconclusive"),  # touches the margin
        (-0.05, 0.0, "inconclusive"),
        (np.nan, np.nan, "inconclusive"),
    ],
)
def test_verdict_of_an_interval(low: float, high: float, verdict: str) -> None:
    assert Equivalence(Estimate(0.0, low, high, 5, "effect", 0.9), 0.05).verdict == verdict


@pytest.mark.parametrize("margin", [0.0, -0.1, np.nan, np.inf])
def test_a_margin_is_positive(margin: float) -> None:
    with pytest.raises(ValueError, match="margin"):
        Equivalence(Estimate(0.0, -0.1, 0.1, 5, "effect", 0.9), margin)


# --- performance profile ---


def test_performance_profile_by_hand() -> None:
    # Above 0.45: 3 of 6 and 4 of 5; above 0.5 (strictly): 3 of 6 and 2 of 5; above 1: none.
    share, low, high = performance_profile([SIX, FIVE], np.array([-1.0, 0.45, 0.5, 1.0]))
    np.testing.assert_allclose(share, [1.0, (0.5 + 0.8) / 2, (0.5 + 0.4) / 2, 0.0])
    assert (low[0], high[0], low[3], high[3]) == (1.0, 1.0, 0.0, 0.0)
    assert (low[1:3] < share[1:3]).all()
    assert (share[1:3] < high[1:3]).all()


def test_performance_profile_of_one_task_has_binomial_bands() -> None:
    """Resampled, the number above 0.45 is Binomial(10, 0.5): its 2.5 % quantiles are 2 and 8."""
    _, low, high = performance_profile([np.tile([0.0, 1.0], 5)], np.array([0.45]))
    assert (low[0], high[0]) == pytest.approx((0.2, 0.8))


def test_performance_profile_falls_with_its_threshold() -> None:
    share, low, high = performance_profile([SIX, FIVE], np.linspace(-0.1, 1.1, 30))
    for curve in (share, low, high):
        assert (np.diff(curve) <= 1e-12).all()


# --- ranks ---


def test_rank_probabilities_of_separate_methods() -> None:
    assert rank_probabilities({"a": SIX, "b": SIX + 5, "c": FIVE}) == {"a": 0.0, "b": 1.0, "c": 0.0}


def test_ties_share_the_first_rank() -> None:
    ranks = rank_probabilities({"a": np.ones(5), "b": np.ones(6), "c": np.zeros(5)})
    assert ranks == {"a": 0.5, "b": 0.5, "c": 0.0}


def test_rank_probability_of_one_against_a_constant_by_enumeration() -> None:
    """All 5^5 resamples of one method, against one that always has 0.55."""
    every = np.array(list(itertools.product(FIVE, repeat=5)))
    first = (centre(every) > 0.55).mean()
    ranks = rank_probabilities({"a": FIVE, "b": np.full(5, 0.55)})
    assert ranks["a"] == pytest.approx(first, abs=0.02)
    assert sum(ranks.values()) == pytest.approx(1.0)


def test_rank_probabilities_do_not_depend_on_the_order_of_methods() -> None:
    one = rank_probabilities({"a": SIX, "b": FIVE, "c": SIX[::-1] + 0.1})
    other = rank_probabilities({"c": SIX[::-1] + 0.1, "b": FIVE, "a": SIX})
    assert one == other


def test_methods_are_resampled_independently() -> None:
    """Two methods with the same values: half the first ranks each, not a tie every time."""
    ranks = rank_probabilities({"a": SIX, "b": SIX + 1e-9})
    assert ranks["a"] == pytest.approx(0.5, abs=0.05)


# --- refusals ---


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.array([0.0, np.nan, 1.0]), "value 1 is nan"),
        (np.array([0.0, np.inf]), "value 1 is inf"),
        (np.array([]), "no value"),
        (np.zeros((2, 3)), r"shape \(2, 3\)"),
    ],
)
def test_senseless_groups_are_refused(bad, message: str) -> None:
    for call in (
        lambda: aggregate([SIX, bad]),
        lambda: difference(SIX, bad),
        lambda: paired_difference(bad, SIX),
        lambda: probability_of_improvement([bad], [SIX]),
        lambda: improvement_test(SIX, bad),
        lambda: performance_profile([bad], np.array([0.5])),
        lambda: performance_profile([SIX], bad),
        lambda: rank_probabilities({"a": SIX, "b": bad}),
    ):
        with pytest.raises(ValueError, match=message):
            call()


def test_nothing_to_estimate_is_refused() -> None:
    with pytest.raises(ValueError, match="no group"):
        aggregate([])
    with pytest.raises(ValueError, match="no method"):
        rank_probabilities({})
    with pytest.raises(ValueError, match="confidence 95"):
        aggregate([SIX, FIVE], confidence=95)


# --- coverage, a small part of python -m tests.figures.coverage ---


def test_coverage_is_poor_with_three_seeds_and_near_nominal_with_ten() -> None:
    few, many = (
        coverage(ONE_TASK, pooled, population_centre(ONE_TASK, seeds), seeds, 200, resamples=500)
        for seeds in (3, 10)
    )
    assert few.share < 0.85
    assert many.share >= 0.88
    assert few.width > many.width


def test_welchs_degrees_of_freedom_are_those_of_scipy() -> None:
    rng = np.random.default_rng(3)
    for first, second, size in ((5, 5, 1.0), (10, 5, 3.0), (10, 5, 0.2)):
        a, b = rng.normal(0, 1, first), rng.normal(0, size, second)
        expected = stats.ttest_ind(a, b, equal_var=False).df
        assert welch([a, b]) == pytest.approx(expected)
        assert difference(a, b, method="expanded").freedom == pytest.approx(expected)
    constant = np.ones(7)
    assert welch([constant, b]) == pytest.approx(4)  # all of the spread is that of the other
    assert welch([constant, constant[:5]]) == 4
    # two tasks a side: means of 6 and 3 values weigh 2/3 and 1/3
    groups = [rng.normal(0, 1, count) for count in (6, 3)]
    errors = [w**2 * g.var(ddof=1) / len(g) for w, g in zip((2 / 3, 1 / 3), groups, strict=True)]
    by_hand = sum(errors) ** 2 / (errors[0] ** 2 / 5 + errors[1] ** 2 / 2)
    assert welch(groups, [2 / 3, 1 / 3]) == pytest.approx(by_hand)


def test_an_interval_is_at_least_as_wide_as_its_noise() -> None:
    """95 %: 1.96 times the noise on either side, whatever the seeds say."""
    narrow = Estimate(0.5, 0.49, 0.8, 5, "x", 0.95, 4)
    wide = resampling.at_least(narrow, 0.1)
    assert ends(wide) == pytest.approx((0.5 - 0.196, 0.8), abs=1e-4)
    assert ends(resampling.at_least(narrow, 0.2)) == pytest.approx((0.5 - 0.392, 0.892), abs=1e-4)
    assert resampling.at_least(narrow, 0.0) is narrow
    assert not resampling.at_least(Estimate(0.5, math.nan, math.nan, 3, "x"), 0.1).known
