"""Cross-check against rliable, where it is installed: ``pip install "rliable==1.2.0" "pandas<3"``.

It is no dependency: with pandas 3 it fails at import, and its ``random_state`` has no effect
(resamples come from NumPy's global state), so that its intervals cannot be repeated.
"""

from __future__ import annotations

import numpy as np
import pytest

from figures.statistics.estimates import aggregate, performance_profile, probability_of_improvement

try:
    from rliable import library, metrics
except (ImportError, TypeError):  # TypeError: its dependency arch with pandas 3
    pytest.skip("rliable cannot be imported", allow_module_level=True)

# (runs, tasks), with ties; 8 runs, so that both trim the same number of the 24 values.
RNG = np.random.default_rng(0)
A = RNG.integers(0, 21, (8, 3)) / 20
B = RNG.integers(0, 15, (8, 3)) / 20
A_GROUPS, B_GROUPS = list(A.T), list(B.T)


def test_interquartile_mean_and_its_interval() -> None:
    values, intervals = library.get_interval_estimates(
        {"a": A}, lambda scores: np.array([metrics.aggregate_iqm(scores)]), reps=10_000
    )
    estimate = aggregate(A_GROUPS)
    assert estimate.value == pytest.approx(values["a"][0])
    np.testing.assert_allclose([estimate.low, estimate.high], intervals["a"][:, 0], atol=0.02)


def test_probability_of_improvement_and_its_interval() -> None:
    values, intervals = library.get_interval_estimates(
        {"a,b": (A, B)}, metrics.probability_of_improvement, reps=2_000
    )
    estimate = probability_of_improvement(A_GROUPS, B_GROUPS)
    assert estimate.value == pytest.approx(float(values["a,b"]))
    np.testing.assert_allclose([estimate.low, estimate.high], np.ravel(intervals["a,b"]), atol=0.02)


def test_performance_profile() -> None:
    thresholds = np.array([0.0, 0.22, 0.48, 0.71, 0.93])
    shares, _ = library.create_performance_profile({"a": A}, thresholds, reps=50)
    np.testing.assert_allclose(performance_profile(A_GROUPS, thresholds)[0], shares["a"])
