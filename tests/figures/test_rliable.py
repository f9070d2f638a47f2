"""Against numbers that rliable 1.2.0 gave for the same values.

They are written down, since rliable cannot be imported beside pandas 3. With pandas 2 its
``get_interval_estimates`` (20,000 resamples or more) and ``create_performance_profile`` make them
again; its ``random_state`` has no effect, so that its intervals come out a little different.
"""

from __future__ import annotations

import numpy as np
import pytest

from figures.statistics.estimates import aggregate, performance_profile, probability_of_improvement

# one list a task, with ties; 8 runs, so that both trim the same number of the 24 values
A = [
    np.array(task) / 20
    for task in (
        [17, 5, 1, 17, 10, 15, 11, 17],
        [13, 6, 0, 13, 12, 13, 19, 14],
        [10, 0, 3, 19, 20, 11, 5, 0],
    )
]
B = [
    np.array(task) / 20
    for task in ([5, 0, 12, 12, 1, 6, 0, 10], [12, 11, 2, 0, 4, 6, 1, 7], [8, 10, 1, 8, 7, 0, 0, 9])
]


def test_interquartile_mean_and_its_interval() -> None:
    estimate = aggregate(A)
    assert estimate.value == pytest.approx(0.55416667)
    np.testing.assert_allclose([estimate.low, estimate.high], [0.38333333, 0.70416667], atol=0.02)


def test_probability_of_improvement_and_its_interval() -> None:
    estimate = probability_of_improvement(A, B)
    assert estimate.value == pytest.approx(0.73697917)
    np.testing.assert_allclose([estimate.low, estimate.high], [0.58066406, 0.87239583], atol=0.02)


def test_performance_profile() -> None:
    share, low, high = performance_profile(A, np.array([0.0, 0.22, 0.48, 0.71, 0.93]))
    np.testing.assert_allclose(share, np.array([21, 19, 16, 7, 3]) / 24)
    np.testing.assert_allclose(low, np.array([18, 15, 11, 3, 0]) / 24, atol=0.05)
    np.testing.assert_allclose(high, np.array([24, 22, 20, 11, 6]) / 24, atol=0.05)
