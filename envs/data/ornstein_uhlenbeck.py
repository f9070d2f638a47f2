"""Correlated random actions: the process behind the paper's random pushing data."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class OrnsteinUhlenbeck:
    """The process ``x <- x + theta * (0 - x) + sigma * N(0, 1)``, one update a sample.

    Each dimension is an independent autoregression with coefficient 1 - theta. After many samples
    its mean is 0, its variance is ``sigma**2 / (1 - (1 - theta)**2)`` (0.324 with the defaults, a
    standard deviation of 0.57), and its autocorrelation at lag k is ``(1 - theta)**k``. (The
    process in continuous time has another variance, ``sigma**2 / (2 * theta)``, 0.3.)

    Samples have no bounds: users of them as actions must clip them to [-1, 1]. The process itself
    goes on unclipped, as the authors' does.

    Args:
        dimension: A, at least 1.
        theta: pull towards 0 a step, 0 < theta < 2. The process has no bounds outside this range.
        sigma: standard deviation of the noise of one step, not negative.
        seed: a seed or a generator; the same one gives the same samples.

    Raises:
        ValueError: for an argument outside its range.
    """

    def __init__(
        self,
        dimension: int,
        *,
        theta: float = 0.15,
        sigma: float = 0.3,
        seed: int | np.random.Generator,
    ) -> None:
        if dimension < 1:
            raise ValueError(f"dimension must be at least 1, got {dimension}")
        if not 0.0 < theta < 2.0:
            raise ValueError(f"theta must lie between 0 and 2, got {theta}")
        if not 0.0 <= sigma < np.inf:
            raise ValueError(f"sigma must be finite and not negative, got {sigma}")
        self.dimension = dimension
        self.theta = float(theta)
        self.sigma = float(sigma)
        self._generator = np.random.default_rng(seed)
        self._state = np.zeros(dimension)

    def reset(self) -> None:
        """Start a new episode: put the process back to 0. The generator goes on."""
        self._state = np.zeros(self.dimension)

    def sample(self) -> NDArray[np.float64]:
        """Advance one step and return the (A,) new value. The caller may change this array."""
        noise = self._generator.standard_normal(self.dimension)
        self._state = self._state - self.theta * self._state + self.sigma * noise
        return self._state.copy()
