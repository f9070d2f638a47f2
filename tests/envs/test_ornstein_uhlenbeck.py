"""The correlated random actions: moments, reproducibility, refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from envs.data.ornstein_uhlenbeck import OrnsteinUhlenbeck


def path(process: OrnsteinUhlenbeck, steps: int) -> Any:
    return np.array([process.sample() for _ in range(steps)])


def test_follows_its_recursion_from_zero() -> None:
    process = OrnsteinUhlenbeck(3, theta=0.25, sigma=2.0, seed=5)
    noise = np.random.default_rng(5).standard_normal((4, 3))
    x = np.zeros(3)
    for n in noise:
        x = x + 0.25 * (0.0 - x) + 2.0 * n
        np.testing.assert_allclose(process.sample(), x, rtol=1e-12)


def test_defaults_are_the_papers() -> None:
    process = OrnsteinUhlenbeck(2, seed=0)
    assert (process.theta, process.sigma) == (0.15, 0.3)


@pytest.mark.parametrize("theta", [0.15, 0.6])
def test_long_run_moments(theta: float) -> None:
    process = OrnsteinUhlenbeck(20, theta=theta, seed=1)
    x = path(process, 10_000)[200:]
    # Standard errors: 0.003 of the mean, half a percent of the variance.
    assert x.mean() == pytest.approx(0.0, abs=0.012)
    # That of the recursion: 0.3243 with theta 0.15. Not 0.3, that of the continuous process.
    assert x.var() == pytest.approx(0.3**2 / (1 - (1 - theta) ** 2), rel=0.025)
    for lag in (1, 3, 8):
        correlation = (x[:-lag] * x[lag:]).mean() / x.var()
        assert correlation == pytest.approx((1.0 - theta) ** lag, abs=0.02)
    # Dimensions do not know of each other.
    assert abs(np.corrcoef(x[:, 0], x[:, 1])[0, 1]) < 0.12


def test_same_seed_same_samples() -> None:
    first = path(OrnsteinUhlenbeck(2, seed=3), 50)
    np.testing.assert_array_equal(first, path(OrnsteinUhlenbeck(2, seed=3), 50))
    np.testing.assert_array_equal(
        first, path(OrnsteinUhlenbeck(2, seed=np.random.default_rng(3)), 50)
    )
    assert not np.array_equal(first, path(OrnsteinUhlenbeck(2, seed=4), 50))


def test_reset_puts_it_back_to_zero_and_keeps_the_generator() -> None:
    process = OrnsteinUhlenbeck(2, seed=0)
    path(process, 30)
    process.reset()
    after = process.sample()
    noise = np.random.default_rng(0).standard_normal((31, 2))[-1]
    np.testing.assert_allclose(after, 0.3 * noise, rtol=1e-12)


def test_samples_are_copies() -> None:
    process, other = OrnsteinUhlenbeck(2, seed=0), OrnsteinUhlenbeck(2, seed=0)
    process.sample()[:] = 1e9
    other.sample()
    np.testing.assert_array_equal(process.sample(), other.sample())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"dimension": 0}, "dimension"),
        ({"theta": 0.0}, "theta"),
        ({"theta": 2.0}, "theta"),
        ({"sigma": -0.1}, "sigma"),
        ({"sigma": float("nan")}, "sigma"),
    ],
)
def test_arguments_outside_their_range_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        OrnsteinUhlenbeck(**{"dimension": 2, "seed": 0, **wrong})
