"""Kaplan-Meier, restricted means and the log-rank test against closed forms."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from figures.statistics.survival import (
    log_rank,
    median_time,
    restricted_mean,
    restricted_mean_ratio,
)

TIMES = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
SOME = np.array([True, True, False, True, True, True])  # censored at 3
NONE = np.zeros(6, dtype=bool)
ALL = np.ones(6, dtype=bool)


def test_times_with_a_censored_run_by_hand() -> None:
    # S: 5/6 from 1; 4/6 from 2; at 4 three are at risk: 4/6 * 2/3 = 4/9; at 5 2/9; at 6 0.
    # Area to 5: 1 + 5/6 + 2 * 4/6 + 4/9.
    assert median_time((TIMES, SOME)) == 4.0
    assert restricted_mean(TIMES, SOME, 5.0) == pytest.approx(1 + 5 / 6 + 4 / 3 + 4 / 9)


def test_without_censoring_the_restricted_mean_is_the_mean_of_capped_times() -> None:
    times = np.array([9.0, 2.0, 2.0, 7.0, 0.0])
    every = np.ones(5, dtype=bool)
    assert restricted_mean(times, every, 5.0) == pytest.approx((5 + 2 + 2 + 5 + 0) / 5)
    assert median_time((times, every)) == 2.0


def test_runs_that_never_arrive_are_not_left_out() -> None:
    """Two of six arrive at 1: the mean of the solved alone would be 1."""
    times = np.array([1.0, 1.0, 10.0, 10.0, 10.0, 10.0])
    assert median_time((times, times < 10)) == np.inf
    assert restricted_mean(times, times < 10, 10.0) == pytest.approx((2 * 1 + 4 * 10) / 6)


def test_no_run_arrives() -> None:
    times = np.full(6, 8.0)
    assert (median_time((times, NONE)), restricted_mean(times, NONE, 8.0)) == (np.inf, 8.0)


def test_at_a_tie_events_come_before_censoring() -> None:
    # At 2: three at risk, one event, then one is censored: S = 2/3; at 3 the last one: 0.
    times, observed = np.array([2.0, 2.0, 3.0]), np.array([False, True, True])
    assert restricted_mean(times, observed, 3.0) == pytest.approx(2 + 2 / 3)


samples = st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=8)


@settings(max_examples=100)
@given(samples, st.integers(1, 9))
def test_restricted_mean_is_the_area_under_scipys_estimate(sample, horizon: int) -> None:
    times = np.array([float(time) for time, _ in sample])
    observed = np.array([seen for _, seen in sample])
    last = times.max()
    if horizon > last and not observed[times == last].all():
        with pytest.raises(ValueError, match="horizon"):
            restricted_mean_ratio((times, observed), (times, observed), horizon)
        return
    survival = stats.ecdf(stats.CensoredData(uncensored=times[observed], right=times[~observed])).sf
    area = sum(float(survival.evaluate(step + 0.5)) for step in range(horizon))  # whole steps
    assert restricted_mean(times, observed, horizon) == pytest.approx(area)


def test_a_horizon_beyond_what_is_known_is_refused() -> None:
    with pytest.raises(ValueError, match="choose at most 6"):
        restricted_mean_ratio((TIMES, NONE), (TIMES, ALL), horizon=7.0)
    both = np.array([5.0, 5.0])
    for observed in (np.array([True, False]), np.array([False, True])):  # one has not arrived
        with pytest.raises(ValueError, match="choose at most 5"):
            restricted_mean_ratio((both, observed), (TIMES, ALL), horizon=6.0)
    known = restricted_mean_ratio((TIMES, ALL), (TIMES, ALL), horizon=7.0)
    assert known.value == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("times", "observed", "horizon", "message"),
    [
        (TIMES, SOME[:5], 5.0, "observed"),
        (TIMES, SOME.astype(float), 5.0, "observed"),
        (-TIMES, SOME, 5.0, "negative"),
        (np.array([np.nan]), np.array([True]), 5.0, "nan"),
        (np.array([]), np.array([], dtype=bool), 5.0, "no value"),
        (TIMES, SOME, 0.0, "horizon"),
        (TIMES, SOME, np.inf, "horizon"),
    ],
)
def test_senseless_samples_are_refused(times, observed, horizon: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        restricted_mean_ratio((times, observed), (TIMES, ALL), horizon)


def test_ratio_by_hand() -> None:
    # Without censoring before the horizon: means 6 and 3.
    slow = np.array([6.0, 6.0, 5.0, 7.0, 6.0]), np.ones(5, dtype=bool)
    fast = np.array([3.0, 2.0, 4.0, 3.0, 3.0]), np.ones(5, dtype=bool)
    ratio = restricted_mean_ratio(slow, fast, horizon=10.0)
    assert ratio.value == pytest.approx(2.0)
    assert 1.4 < ratio.low < 2.0 < ratio.high < 3.0
    assert (ratio.seeds, ratio.freedom) == (5, 4)


def test_ratio_is_turned_over_with_its_samples() -> None:
    slow, fast = (TIMES + 2, SOME), (TIMES, ALL)
    one = restricted_mean_ratio(slow, fast, horizon=6.0)
    other = restricted_mean_ratio(fast, slow, horizon=6.0)
    assert one.value == pytest.approx(1 / other.value)
    assert one.high == pytest.approx(1 / other.low, rel=0.05)


def test_ratio_interval_is_that_of_all_resamples() -> None:
    """Against a constant sample of mean 2: all 5^5 resamples of the other, whose logarithms lie
    sqrt(5 / 4) t_4 / z = 1.5837 times as far from that of the value 2.4."""
    times = np.array([1.0, 2.0, 4.0, 8.0, 9.0])
    every = [np.mean(chosen) / 2 for chosen in itertools.product(times, repeat=5)]
    ratio = restricted_mean_ratio(
        (times, np.ones(5, dtype=bool)), (np.full(5, 2.0), np.ones(5, dtype=bool)), horizon=10.0
    )
    expected = 2.4 * (np.percentile(every, [2.5, 97.5]) / 2.4) ** 1.5837
    np.testing.assert_allclose([ratio.low, ratio.high], expected, atol=0.1)


def test_ratio_where_no_time_is_needed() -> None:
    at_once, late = (np.zeros(6), ALL), (np.full(6, 5.0), ALL)
    ratio = restricted_mean_ratio(late, at_once, horizon=5.0)
    assert (ratio.value, ratio.low, ratio.high) == (np.inf, np.inf, np.inf)
    both = restricted_mean_ratio(at_once, at_once, horizon=5.0)
    assert (both.value, both.low, both.high) == (1.0, 1.0, 1.0)


def test_ratio_has_no_interval_below_five_runs() -> None:
    few = np.array([1.0, 2.0]), np.ones(2, dtype=bool)
    ratio = restricted_mean_ratio(few, (TIMES, ALL), horizon=5.0)
    assert ratio.value == pytest.approx(1.5 / ((1 + 2 + 3 + 4 + 5 + 5) / 6))
    assert not ratio.known


def test_log_rank_by_hand() -> None:
    """a: events at 1, 2; b: events at 3, 4. Expected in a: 2/4 at 1, 1/3 at 2, 0 after: 5/6.
    Variance: 1/4 + 2/9 = 17/36. Z = (2 - 5/6) / sqrt(17/36) = 1.69775; two-sided p = 0.08955."""
    a = np.array([1.0, 2.0]), np.array([True, True])
    b = np.array([3.0, 4.0]), np.array([True, True])
    assert log_rank(a, b) == pytest.approx(2 * stats.norm.sf((7 / 6) / np.sqrt(17 / 36)))
    assert log_rank(a, b) == pytest.approx(log_rank(b, a))


def test_log_rank_counts_censored_runs() -> None:
    late = np.full(6, 6.0), NONE
    assert log_rank((TIMES, ALL), late) < log_rank((TIMES, ALL), (np.full(6, 6.0), ALL)) < 0.1


@pytest.mark.filterwarnings("error")
def test_log_rank_says_nothing_where_there_is_nothing() -> None:
    assert log_rank((TIMES, NONE), (TIMES, NONE)) == 1.0
    assert log_rank((np.zeros(6), ALL), (np.zeros(5), np.ones(5, dtype=bool))) == 1.0
