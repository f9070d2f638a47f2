"""NumPy functions that also take complex numbers, and gradients by the complex step.

d f / d x_i = Im f(x + i h e_i) / h has no cancellation: with h = 1e-30 it is exact to rounding.
What decides (which is larger, what is clipped) is decided by the real parts.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy import ndarray

H = 1e-30


def gradient(function: Callable[[ndarray], complex], theta: ndarray) -> ndarray:
    """Of a scalar function at theta (P,): (P,)."""
    slopes = np.zeros(theta.size)
    for i in range(theta.size):
        moved = theta.astype(complex)
        moved[i] += 1j * H
        slopes[i] = complex(function(moved)).imag / H
    return slopes


def relu(x: ndarray) -> ndarray:
    return np.where(x.real > 0, x, 0)


def clip(x: ndarray, low: float, high: float) -> ndarray:
    return np.where(x.real < low, low, np.where(x.real > high, high, x))


def smallest(x: ndarray) -> ndarray:
    """Along the first axis."""
    return np.take_along_axis(x, x.real.argmin(0)[None], 0)[0]


def largest(x: ndarray) -> ndarray:
    """Along the first axis."""
    return np.take_along_axis(x, x.real.argmax(0)[None], 0)[0]


def absolute(x: ndarray) -> ndarray:
    return np.where(x.real < 0, -x, x)


def log_mean_exp(x: ndarray) -> ndarray:
    """Along the first axis."""
    top = x.real.max(0)
    return top + np.log(np.exp(x - top).mean(0))


def sigmoid(x: ndarray) -> ndarray:
    return 1 / (1 + np.exp(-x))


def softplus(x: ndarray) -> ndarray:
    return np.log(1 + np.exp(x))
