"""Networks and densities in NumPy, made from a vector of parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy import ndarray

from tests.algorithms.parity.numerics import clip, relu, sigmoid

OBS, A, WIDTH, Z = 3, 2, 4, 4  # observations, actions, hidden units, latents of a VAE


def layers(theta: ndarray, sizes: tuple[int, ...], x: ndarray, norm: bool = False) -> ndarray:
    """One ReLU network on (R, in): theta holds weights (in, out) and bias of each layer in turn."""
    start = 0
    for number, (rows, columns) in enumerate(pairwise(sizes)):
        weight = theta[start : start + rows * columns].reshape(rows, columns)
        start += rows * columns
        x = x @ weight + theta[start : start + columns]
        start += columns
        if number < len(sizes) - 2:
            if norm:
                centred = x - x.mean(-1, keepdims=True)
                x = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
            x = relu(x)
    assert start == theta.size
    return x


def count(*sizes: int) -> int:
    return sum(a * b + b for a, b in pairwise(sizes))


def q_values(theta: ndarray, s: ndarray, a: ndarray, norm: bool = False) -> ndarray:
    """Q_j(s, a): (E, ...) for s (B, OBS) and a (B, A) or (K, B, A)."""
    x = np.concatenate([np.broadcast_to(s, (*a.shape[:-1], OBS)), a], -1)
    members = theta.reshape(-1, count(OBS + A, WIDTH, 1))
    q = [layers(m, (OBS + A, WIDTH, 1), x.reshape(-1, OBS + A), norm)[:, 0] for m in members]
    return np.stack(q).reshape(len(q), *a.shape[:-1])


def value(theta: ndarray, s: ndarray) -> ndarray:
    return layers(theta, (OBS, WIDTH, 1), s)[:, 0]


@dataclass
class Normal:
    """Diagonal, (B, A); squashed by tanh or not."""

    mean: ndarray
    log_std: ndarray
    squashed: bool

    def raw(self, noise: ndarray) -> ndarray:
        """Before the tanh."""
        return self.mean + np.exp(self.log_std) * noise

    def action(self, noise: ndarray) -> ndarray:
        return np.tanh(self.raw(noise)) if self.squashed else self.raw(noise)

    def mode(self) -> ndarray:
        return np.tanh(self.mean) if self.squashed else self.mean

    def raw_log_density(self, u: ndarray) -> ndarray:
        z = (u - self.mean) / np.exp(self.log_std)
        return (-0.5 * z**2 - self.log_std - 0.5 * math.log(2 * math.pi)).sum(-1)

    def log_density_of(self, u: ndarray) -> ndarray:
        """Of the action that the raw sample u becomes."""
        if not self.squashed:
            return self.raw_log_density(u)
        return self.raw_log_density(u) + 2 * np.log(np.cosh(u)).sum(-1)  # 1 - tanh^2 = cosh^-2

    def log_density(self, actions: ndarray) -> ndarray:
        """Of given actions; the squashed density has none at +-1."""
        if not self.squashed:
            return self.raw_log_density(actions)
        return self.log_density_of(np.arctanh(clip(actions, -1 + 1e-4, 1 - 1e-4)))


def released_policy(theta: ndarray, s: ndarray) -> Normal:
    """Mean tanh f(s), log sigma = -6 + 6 sigmoid(p)."""
    mean = np.tanh(layers(theta[A:], (OBS, WIDTH, A), s))
    return Normal(mean, -6 + 6 * sigmoid(theta[:A]) + 0 * mean, False)


def iql_policy(theta: ndarray, s: ndarray) -> Normal:
    """Mean tanh f(s), log sigma = clip(p, -5, 2)."""
    mean = np.tanh(layers(theta[A:], (OBS, WIDTH, A), s))
    return Normal(mean, clip(theta[:A], -5, 2) + 0 * mean, False)


def sac_policy(theta: ndarray, s: ndarray, low: float = -20, high: float = 2) -> Normal:
    mean, output = np.split(layers(theta, (OBS, WIDTH, 2 * A), s), 2, -1)
    return Normal(mean, clip(output, low, high), True)


def brac_policy(theta: ndarray, s: ndarray) -> Normal:
    """Log sigma = -5 + 2.5 (tanh x + 1)."""
    mean, output = np.split(layers(theta, (OBS, WIDTH, 2 * A), s), 2, -1)
    return Normal(mean, -5 + 2.5 * (np.tanh(output) + 1), True)


def cal_ql_policy(theta: ndarray, s: ndarray) -> Normal:
    """Log sigma = clip(m x + c, -20, 2)."""
    mean, output = np.split(layers(theta[:-2], (OBS, WIDTH, 2 * A), s), 2, -1)
    return Normal(mean, clip(theta[-2] * output + theta[-1], -20, 2), True)


def decoded(theta: ndarray, s: ndarray, z: ndarray) -> ndarray:
    """A VAE's action before its tanh, for z (..., B, Z)."""
    x = np.concatenate([np.broadcast_to(s, (*z.shape[:-1], OBS)), z], -1)
    sizes = (OBS + Z, WIDTH, A)
    decoder = theta[count(OBS + A, WIDTH, 2 * Z) :]
    return layers(decoder, sizes, x.reshape(-1, OBS + Z)).reshape(*z.shape[:-1], A)


def encoded(theta: ndarray, s: ndarray, a: ndarray) -> tuple[ndarray, ndarray]:
    sizes = (OBS + A, WIDTH, 2 * Z)
    output = layers(theta[: count(*sizes)], sizes, np.concatenate([s, a], -1))
    return output[:, :Z], clip(output[:, Z:], -4, 15)


def perturbed(theta: ndarray, s: ndarray, anchors: ndarray, phi: float) -> ndarray:
    """BCQ's action: clip(a + phi tanh xi(s, a), -1, 1)."""
    x = np.concatenate([np.broadcast_to(s, (*anchors.shape[:-1], OBS)), anchors], -1)
    xi = layers(theta, (OBS + A, WIDTH, A), x.reshape(-1, OBS + A)).reshape(anchors.shape)
    return clip(anchors + phi * np.tanh(xi), -1, 1)
