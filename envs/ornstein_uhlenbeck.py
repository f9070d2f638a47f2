"""Correlated random actions: the process that the paper draws its random pushing data from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class OrnsteinUhlenbeck:
    """The process ``x <- x + theta * (0 - x) + sigma * N(0, 1)``, one update a sample.

    Per dimension, independently: an autoregression with coefficient 1 - theta. After many samples
    its mean is 0, its variance ``sigma**2 / (1 - (1 - theta)**2)`` (0.324 with the defaults, a
    standard deviation of 0.57) and its autocorrelation at lag k ``(1 - theta)**k``. (The process
    in continuous time has the variance ``sigma**2 / (2 * theta)``, 0.3: not the same.)

    Samples are not bounded; whoever uses them as actions clips them to [-1, 1]. The process goes
    on unclipped, as the authors' does.

    Args:
        dimension: A, at least 1.
        theta: pull towards 0 a step, 0 < theta < 2 (outside, the process has no bounds).
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

    @property
    def stationary_variance(self) -> float:
        """Variance of every entry after many samples."""
        return self.sigma**2 / (1.0 - (1.0 - self.theta) ** 2)

    def reset(self) -> None:
        """Start a new episode: put the process back to 0. The generator goes on."""
        self._state = np.zeros(self.dimension)

    def sample(self) -> NDArray[np.float64]:
        """Advance one step and return the (A,) new value; the caller may change it."""
        noise = self._generator.standard_normal(self.dimension)
        self._state = self._state - self.theta * self._state + self.sigma * noise
        return self._state.copy()
