"""Methods with a VAE or a deterministic policy: BCQ, BEAR, TD3+BC."""

from __future__ import annotations

import numpy as np
import pytest
from numpy import ndarray

from tests.algorithms.parity.networks import (
    OBS,
    WIDTH,
    A,
    Z,
    decoded,
    encoded,
    layers,
    perturbed,
    q_values,
    sac_policy,
)
from tests.algorithms.parity.numerics import clip, largest, smallest
from tests.algorithms.parity.problem import (
    DISCOUNT,
    B,
    Case,
    Losses,
    Problem,
    check,
    name_of,
)

PHI, SIGMA = 0.1, 0.8


def soft_clipped(q: ndarray) -> ndarray:
    return 0.75 * smallest(q) + 0.25 * largest(q)


def squared_error(p: Problem, values: ndarray) -> Losses:
    y = clip(p.batch.r + DISCOUNT * p.batch.m * values, -100, 0)
    return {
        "critic": lambda theta: ((q_values(theta, p.batch.s, p.batch.a) - y) ** 2).mean(1).sum()
    }


def vae(p: Problem) -> Losses:
    """Reconstruction, and half the divergence of the latents; means over dimensions too."""
    noise = p.noise.normal(B, Z)

    def loss(theta: ndarray) -> ndarray:
        mean, log_std = encoded(theta, p.batch.s, p.batch.a)
        z = mean + np.exp(log_std) * noise
        error = (np.tanh(decoded(theta, p.batch.s, z)) - p.batch.a) ** 2
        divergence = 0.5 * (mean**2 + np.exp(2 * log_std) - 2 * log_std - 1)
        return error.mean() + 0.5 * divergence.mean()

    return {"behavior": loss}


def anchors(p: Problem, s: ndarray, *shape: int) -> ndarray:
    """Actions of the VAE for latents cut at +-0.5."""
    return np.tanh(decoded(p.theta["behavior"], s, clip(p.noise.normal(*shape, Z), -0.5, 0.5)))


def bcq(p: Problem) -> Losses:
    b = p.batch
    here = anchors(p, b.s, B)
    following = perturbed(p.theta["target_policy"], b.following, anchors(p, b.following, 3, B), PHI)
    values = largest(soft_clipped(q_values(p.theta["target_critic"], b.following, following)))
    return {
        "policy": lambda theta: (
            -q_values(p.theta["critic"], b.s, perturbed(theta, b.s, here, PHI))[0].mean()
        ),
        **squared_error(p, values),
        **vae(p),
    }


def kernel(x: ndarray, y: ndarray) -> ndarray:
    """Mean over all pairs of exp(-|x - y|_1 / (2 sigma)): (N, B, A), (M, B, A) -> (B,)."""
    total = 0.0
    for one in x:
        for other in y:
            difference = one - other
            distance = np.where(difference.real < 0, -difference, difference).sum(-1)
            total = total + np.exp(-distance / (2 * SIGMA))
    return np.asarray(total / (len(x) * len(y)))


def bear(p: Problem) -> Losses:
    b, noise = p.batch, p.noise.normal(B, A)
    of_data = decoded(p.theta["behavior"], b.s, clip(p.noise.normal(3, B, Z), -0.5, 0.5))
    of_policy = p.noise.normal(3, B, A)
    following = sac_policy(p.theta["policy"], b.following).action(p.noise.normal(4, B, A))
    values = largest(soft_clipped(q_values(p.theta["target_critic"], b.following, following)))

    def distance(theta: ndarray) -> ndarray:
        u = sac_policy(theta, b.s).raw(of_policy)
        squared = kernel(of_data, of_data) + kernel(u, u) - 2 * kernel(of_data, u)
        return np.sqrt(squared + 1e-6)

    multiplier = np.exp(p.theta["multiplier"][0])
    violation = (distance(p.theta["policy"]) - 0.05).mean()

    def loss(theta: ndarray) -> ndarray:
        q = smallest(q_values(p.theta["critic"], b.s, sac_policy(theta, b.s).action(noise)))
        return -q.mean() + multiplier * (distance(theta) - 0.05).mean()

    return {
        "policy": loss,
        "multiplier": lambda log_value: -(np.exp(log_value) * violation).sum(),
        **squared_error(p, values),
        **vae(p),
    }


def mode(theta: ndarray, s: ndarray) -> ndarray:
    return np.tanh(layers(theta, (OBS, WIDTH, A), s))


def td3_bc(p: Problem) -> Losses:
    """-2.5 / mean|Q| Q(s, pi(s)) + (pi(s) - a)^2; smoothed target actions."""
    b = p.batch
    smoothing = clip(0.2 * p.noise.normal(B, A), -0.5, 0.5)
    following = clip(mode(p.theta["target_policy"], b.following) + smoothing, -1, 1)
    values = smallest(q_values(p.theta["target_critic"], b.following, following))
    scale = 2.5 / np.abs(q_values(p.theta["critic"], b.s, mode(p.theta["policy"], b.s))[0]).mean()

    def loss(theta: ndarray) -> ndarray:
        a = mode(theta, b.s)
        q = q_values(p.theta["critic"], b.s, a)[0]
        return -(scale * q).mean() + ((a - b.a) ** 2).mean()

    return {"policy": loss, **squared_error(p, values)}


CASES: list[Case] = [
    ("BCQ", (f"phi={PHI}", "next_value.candidates=3"), 0, bcq),
    ("BEAR", ("mmd_samples=3", f"sigma={SIGMA}", "next_value.candidates=4"), 20_000, bear),
    ("TD3+BC", (), 0, td3_bc),
]


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_losses_and_gradients(case: Case) -> None:
    check(case)
