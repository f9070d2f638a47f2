"""The paper's derivation (B.2) on discrete policies, by brute force; nothing here is trained."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from algorithms.losses import weighted_mle_loss
from algorithms.objectives.weights import BatchMean, Exponential, Unnormalised, Weights

Vector = NDArray[np.float64]
LAMBDAS = pytest.mark.parametrize("lam", [0.3, 1.0, 5.0])


def problem(actions: int = 5, seed: int = 0) -> tuple[Vector, Vector]:
    """Advantages and a behaviour policy at one state."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=actions), rng.dirichlet(np.ones(actions))


def kl(p: Vector, q: Vector) -> Vector:
    """D_KL(p || q) in nats over the last axis."""
    return np.asarray((p * (np.log(p) - np.log(q))).sum(-1))


def total_variation(p: Vector, q: Vector) -> Vector:
    """Half the L1 distance: the largest difference of probability of any event."""
    return np.asarray(0.5 * np.abs(p - q).sum(-1))


def closed_form(advantages: Vector, behavior: Vector, lam: float) -> Vector:
    """Eq. 10."""
    return np.asarray(softmax(np.log(behavior) + advantages / lam))


def lagrangian(pi: Vector, advantages: Vector, behavior: Vector, lam: float) -> Vector:
    """Eq. 2 without the constant lambda * epsilon."""
    return np.asarray((pi * advantages).sum(-1) - lam * kl(pi, behavior))


@LAMBDAS
def test_eq_10_maximises_the_lagrangian(lam: float) -> None:
    advantages, behavior = problem()
    best = closed_form(advantages, behavior, lam)

    def loss(logits: Vector) -> float:
        return -float(lagrangian(softmax(logits), advantages, behavior, lam))

    found = minimize(loss, np.zeros(5), tol=1e-12)
    np.testing.assert_allclose(softmax(found.x), best, atol=1e-4)
    top = float(lagrangian(best, advantages, behavior, lam))
    assert top == pytest.approx(-found.fun, abs=1e-8)
    assert top == pytest.approx(lam * math.log((behavior * np.exp(advantages / lam)).sum()))
    rng = np.random.default_rng(1)
    others = np.concatenate(
        [
            rng.dirichlet(np.ones(5), 20_000),
            rng.dirichlet(best * 2000 + 1e-3, 20_000) + 1e-12,  # close to the optimum
        ]
    )
    assert (lagrangian(others, advantages, behavior, lam) <= top + 1e-9).all()


@LAMBDAS
def test_eq_10_solves_the_constrained_problem(lam: float) -> None:
    """Eq. 1 with epsilon = D_KL(pi* || pi_beta): no policy within the bound has more advantage."""
    advantages, behavior = problem(seed=3)
    best = closed_form(advantages, behavior, lam)
    others = np.random.default_rng(2).dirichlet(best * 50 + 0.05, 40_000) + 1e-12
    within = kl(others, behavior) <= kl(best, behavior)
    assert 1000 < within.sum() < 39_000
    assert (others[within] @ advantages).max() <= best @ advantages + 1e-9
    assert (others[~within] @ advantages).max() > best @ advantages


def test_eq_9_as_printed_has_two_signs_wrong() -> None:
    """d/dpi of Eq. 8 is A + lambda log pi_beta - lambda log pi - lambda - alpha.

    The paper prints A - lambda log pi_beta + lambda log pi + lambda - alpha, whose zero would be
    pi_beta exp(-A / lambda): the worst direction. Its Eq. 10 follows from the correct derivative.
    """
    advantages, behavior = problem()
    a, log_b, lam, alpha = torch.tensor(advantages), torch.tensor(behavior).log(), 0.7, 0.2
    pi = torch.tensor(np.random.default_rng(0).dirichlet(np.ones(5)), requires_grad=True)
    divergence = (pi * (pi.log() - log_b)).sum()
    ((pi * a).sum() - lam * divergence + alpha * (1 - pi.sum())).backward()
    log_pi = pi.detach().log()
    correct = a + lam * log_b - lam * log_pi - lam - alpha
    printed = a - lam * log_b + lam * log_pi + lam - alpha
    torch.testing.assert_close(pi.grad, correct)
    assert (printed - correct).abs().max() > 0.1
    at_optimum = torch.tensor(closed_form(advantages, behavior, lam)).log()
    residual = a + lam * log_b - lam * at_optimum
    assert residual.std() < 1e-12  # zero for one alpha: the same for every action
    assert (a - lam * log_b + lam * at_optimum).std() > 0.1


@LAMBDAS
@pytest.mark.parametrize("normalisation", [Unnormalised(), BatchMean()])
def test_eq_4_has_its_optimum_at_eq_10(lam: float, normalisation: Unnormalised | BatchMean) -> None:
    """Weighted maximum likelihood over a buffer projects to pi*; ignoring Z(s) changes nothing.

    One state, a buffer of 1000 transitions with exact frequencies: the gradient of the loss to the
    policy's logits vanishes at pi*, and not at pi_beta.
    """
    counts = np.array([500, 300, 100, 80, 20])
    advantages, behavior = problem()[0], counts / counts.sum()
    actions = torch.tensor(np.repeat(np.arange(5), counts))
    weights = Weights(Exponential(lam=lam), normalisation)(torch.tensor(advantages)[actions])

    def gradient(pi: Vector) -> float:
        logits = torch.tensor(np.log(pi), requires_grad=True)
        weighted_mle_loss(torch.log_softmax(logits, 0)[actions], weights).backward()
        assert logits.grad is not None
        return float(logits.grad.abs().max() / weights.mean())

    assert gradient(closed_form(advantages, behavior, lam)) < 1e-9
    assert gradient(behavior) > 0.01


def test_eq_11_forward_kl_is_maximum_likelihood_up_to_a_constant() -> None:
    """KL(pi* || pi_theta) + E_{pi*} log pi_theta does not depend on theta; nor does Z."""
    advantages, behavior = problem()
    best = closed_form(advantages, behavior, 0.5)
    rng = np.random.default_rng(0)
    thetas = np.exp(log_softmax(rng.normal(size=(50, 5)), axis=-1))
    constant = kl(best[None], thetas) + (best * np.log(thetas)).sum(-1)
    assert np.ptp(kl(best[None], thetas)) > 0.5
    assert np.ptp(constant) < 1e-12


@cache
def random_pairs(count: int = 20_000) -> tuple[Vector, Vector]:
    """Pairs (pi*, pi_theta) of 2 ... 8 actions, from nearly equal to nearly disjoint."""
    rng = np.random.default_rng(7)
    stars, thetas = np.zeros((count, 8)), np.zeros((count, 8))
    for i in range(count):
        n, sharpness = int(rng.integers(2, 9)), float(rng.choice([0.1, 0.5, 1.0, 10.0, 1000.0]))
        theta = rng.dirichlet(np.full(n, max(sharpness, 0.5))) + 1e-6
        star = rng.dirichlet(np.full(n, sharpness)) if i % 2 else rng.dirichlet(theta * 500 + 1e-3)
        star = star + 1e-9
        stars[i, :n], thetas[i, :n] = star / star.sum(), theta / theta.sum()
    return stars, thetas


def terms(stars: Vector, thetas: Vector) -> tuple[Vector, Vector, Vector, Vector]:
    """KL(pi* || pi_theta), TV, KL(pi_theta || pi*), alpha_theta; unused places hold 0."""
    used = thetas > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        log_ratio = np.where(used, np.log(stars) - np.log(thetas), 0.0)
    forward, reverse = (stars * log_ratio).sum(-1), -(thetas * log_ratio).sum(-1)
    return forward, total_variation(stars, thetas), reverse, np.where(used, thetas, 1.0).min(-1)


def test_eq_12_and_13_hold_on_random_policies() -> None:
    """As printed, in nats, D_TV being half the L1 distance and alpha the minimum of pi_theta."""
    forward, tv, reverse, alpha = terms(*random_pairs())
    middle, slack = 2 / alpha * tv**2, 1e-9
    assert (forward <= middle * (1 + slack) + slack).all()  # Eq. 12
    assert (middle <= reverse / alpha * (1 + slack) + slack).all()  # Eq. 13
    assert forward.min() < 1e-3 and forward.max() > 1  # the pairs cover both ends


def test_eq_12_and_13_are_no_looser_than_they_need_to_be() -> None:
    """The readings and constants that would be false: the test above can tell."""
    stars, thetas = random_pairs()
    forward, tv, reverse, alpha = terms(stars, thetas)
    smallest_of_star = np.where(stars > 0, stars, 1.0).min(-1)
    assert (forward > 1 / alpha * tv**2).any()  # half the constant of Eq. 12
    assert (forward > 2 / np.maximum(alpha, smallest_of_star) * tv**2).any()  # alpha of pi*
    assert (2 / alpha * (2 * tv) ** 2 > reverse / alpha).any()  # D_TV as the whole L1 distance
    assert (2 / alpha * tv**2 > 0.9 * reverse / alpha).any()  # Pinsker is nearly tight
