"""What five seeds could have seen, against enumeration and simulation."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from figures.statistics.estimates import aggregate, difference
from figures.statistics.power import distance_seen, spread, wins_seen
from tests.figures.verdict_rates import quickly

UNIT = np.array([-1.0, 1.0]) / np.sqrt(2)  # standard deviation 1


def test_spread_adds_variances_and_takes_single_runs_for_the_others() -> None:
    assert spread([UNIT]) == pytest.approx(1)
    assert spread([3 * UNIT, 4 * UNIT]) == pytest.approx(5)
    assert spread([3 * UNIT, np.ones(1)]) == pytest.approx(3 * np.sqrt(2))
    assert np.isnan(spread([np.ones(1), np.ones(1)]))


@pytest.mark.parametrize(("groups", "confidence"), [(1, 0.95), (1, 0.99), (2, 0.95)])
def test_eight_experiments_in_ten_see_the_distance(groups: int, confidence: float) -> None:
    far = distance_seen([UNIT] * groups, confidence=confidence, method="expanded")
    rng = np.random.default_rng(groups)
    found = 0
    with quickly():
        for _ in range(200):
            a, b = rng.normal(far, 1, 5), rng.normal(0, 1, 5)
            estimate = (
                aggregate([a], confidence=confidence, method="expanded")
                if groups == 1
                else difference(a, b, method="expanded")
            )
            found += estimate.low > 0
    assert 0.68 < found / 200 < 0.92


def test_spreads_that_differ_leave_fewer_degrees_of_freedom() -> None:
    """s^2 of 1 and 9: (1 + 9)^2 / (1 + 81) = 1.22 times the four of one group; as one of three."""
    far = distance_seen([UNIT, 3 * UNIT], confidence=0.95, method="expanded", family=3)
    quantile = 1.118034 * stats.t.isf(0.025 / 3, 4 * 100 / 82) + 0.841621
    assert far == pytest.approx(1.06 * (10 / 5) ** 0.5 * quantile, rel=1e-5)
    single = distance_seen([UNIT, np.ones(1)], confidence=0.95, method="expanded")
    alike = distance_seen([UNIT, UNIT], confidence=0.95, method="expanded")
    assert single == pytest.approx(alike)  # a single run counts as the others do


def test_wins_by_enumerating_all_orders() -> None:
    """5 against 5: the ranks of one group among ten, 252 ways."""
    wins = [
        sum(rank - place for place, rank in enumerate(ranks))
        for ranks in combinations(range(10), 5)
    ]
    for alpha in (0.05, 0.025, 0.01, 0.004):
        share = wins_seen(alpha)
        rarer = np.mean(np.array(wins) >= round(25 * share))
        assert rarer <= alpha < np.mean(np.array(wins) >= round(25 * share) - 1)
    assert wins_seen(0.0039) == np.inf  # even all won pairs have 1 / 252
