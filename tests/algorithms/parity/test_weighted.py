"""Weighted maximum likelihood: AWAC, AWR, MPO, ABM-MPO and IQL."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy import ndarray

from tests.algorithms.parity.networks import A, Normal, iql_policy, q_values, released_policy, value
from tests.algorithms.parity.numerics import clip, log_mean_exp, smallest, softplus
from tests.algorithms.parity.problem import (
    DISCOUNT,
    B,
    Case,
    Losses,
    Problem,
    check,
    name_of,
)

LAM, CLIP = 0.4, 0.3
NUMBERS = (f"objective.weights.shape.lam={LAM}", f"objective.weights.shape.clip={CLIP}")


def minimum(p: Problem, network: str, s: ndarray, a: ndarray) -> ndarray:
    return smallest(q_values(p.theta[network], s, clip(a, -1, 1)))


def td(p: Problem, noise: ndarray) -> Callable[[ndarray], ndarray]:
    """sum_j mean (Q_j - y)^2 with y = clip(r + gamma m min_j target Q_j(s', a'), -100, 0)."""
    b = p.batch
    following = released_policy(p.theta["policy"], b.following).action(noise)
    y = b.r + DISCOUNT * b.m * minimum(p, "target_critic", b.following, following)
    y = clip(y, -100, 0)
    return lambda theta: ((q_values(theta, b.s, b.a) - y) ** 2).mean(1).sum()


def advantage(p: Problem, a: ndarray, at: ndarray) -> ndarray:
    return minimum(p, "critic", p.batch.s, a) - minimum(p, "critic", p.batch.s, at)


def policy(p: Problem) -> Normal:
    return released_policy(p.theta["policy"], p.batch.s)


def likelihood(
    p: Problem, weights: ndarray, actions: ndarray | None = None
) -> Callable[[ndarray], ndarray]:
    """-mean w log pi(a|s) at the buffer's actions, or at those given."""
    a = p.batch.a if actions is None else actions
    return lambda theta: -(weights * released_policy(theta, p.batch.s).log_density(a)).mean()


def sampled(p: Problem) -> ndarray:
    """The action of the policy that V(s) is taken at."""
    action: ndarray = policy(p).action(p.noise.normal(B, A))
    return action


def awac(p: Problem) -> Losses:
    weights = np.exp(np.minimum(advantage(p, p.batch.a, sampled(p)), CLIP) / LAM)
    return {"policy": likelihood(p, weights), "critic": td(p, p.noise.normal(B, A))}


def awac_mode(p: Problem) -> Losses:
    weights = np.exp(np.minimum(advantage(p, p.batch.a, policy(p).mode()), CLIP) / LAM)
    return {"policy": likelihood(p, weights), "critic": td(p, p.noise.normal(B, A))}


def awac_batch(p: Problem) -> Losses:
    weights = np.exp(np.minimum(advantage(p, p.batch.a, sampled(p)), CLIP) / LAM)
    return {
        "policy": likelihood(p, weights / weights.mean()),
        "critic": td(p, p.noise.normal(B, A)),
    }


def awac_partition(p: Problem) -> Losses:
    """Z(s) = mean of exp(A / lambda) over 3 actions of b."""
    model, tried = released_policy(p.theta["behavior"], p.batch.s), sampled(p)
    of_model = model.action(p.noise.normal(3, B, A))
    z = np.exp(np.minimum(advantage(p, of_model, tried), CLIP) / LAM).mean(0)
    weights = np.exp(np.minimum(advantage(p, p.batch.a, tried), CLIP) / LAM) / z
    return {
        "policy": likelihood(p, weights),
        "critic": td(p, p.noise.normal(B, A)),
        "behavior": likelihood(p, np.ones(B)),
    }


def mpo(p: Problem) -> Losses:
    """A softmax of Q / lambda over 4 actions of the policy at each state."""
    drawn = policy(p).action(p.noise.normal(4, B, A))
    scores = np.minimum(minimum(p, "critic", p.batch.s, drawn), CLIP) / LAM
    weights = np.exp(scores) / np.exp(scores).mean(0)
    return {"policy": likelihood(p, weights, drawn), "critic": td(p, p.noise.normal(B, A))}


def mpo_released(p: Problem) -> Losses:
    """The action mu + sigma eps moves with the policy: log pi is -eps^2 / 2 - log sigma."""
    noise = p.noise.normal(B, A)
    scores = advantage(p, policy(p).action(noise), policy(p).mode())
    weights = np.exp(np.minimum(scores, CLIP) / LAM)
    weights = weights / weights.mean()

    def loss(theta: ndarray) -> ndarray:
        pi = released_policy(theta, p.batch.s)
        return -(weights * pi.log_density(pi.action(noise))).mean()

    return {"policy": loss, "critic": td(p, p.noise.normal(B, A))}


def kl_by_dimension(p: Normal, q: Normal) -> ndarray:
    """D_KL(p || q): (B, A)."""
    ratio, distance = np.exp(2 * (p.log_std - q.log_std)), (p.mean - q.mean) ** 2
    return q.log_std - p.log_std + (ratio + distance / np.exp(2 * q.log_std)) / 2 - 0.5


def mpo_full(p: Problem) -> Losses:
    """E-step by the target critics; two trust regions, all duals summed over dimensions."""
    old = released_policy(p.theta["behavior"], p.batch.s)
    drawn = old.action(p.noise.normal(4, B, A))
    q = minimum(p, "target_critic", p.batch.s, drawn)
    eta = softplus(p.theta["eta"]) + 1e-8
    weights = np.exp(q / eta) / np.exp(q / eta).mean(0)
    multiplier = {name: softplus(p.theta[f"{name}_multiplier"]) + 1e-8 for name in ("mean", "std")}

    def divergences(theta: ndarray) -> dict[str, ndarray]:
        new = released_policy(theta, p.batch.s)
        return {
            "mean": kl_by_dimension(old, Normal(new.mean, old.log_std, False)).mean(0),
            "std": kl_by_dimension(old, Normal(old.mean, new.log_std, False)).mean(0),
        }

    def loss(theta: ndarray) -> ndarray:
        held = sum((multiplier[k] * d).sum() for k, d in divergences(theta).items())
        return likelihood(p, weights, drawn)(theta) + held

    def dual(name: str, bound: float) -> Callable[[ndarray], ndarray]:
        violation = divergences(p.theta["policy"])[name] - bound
        return lambda raw: -((softplus(raw) + 1e-8) * violation).sum()

    def of_eta(raw: ndarray) -> ndarray:
        eta = softplus(raw) + 1e-8
        return (eta * 0.1 + eta * log_mean_exp(q / eta).mean()).sum()

    return {
        "policy": loss,
        "eta": of_eta,
        "critic": td(p, p.noise.normal(B, A)),
        "mean_multiplier": dual("mean", 2.5e-3),
        "std_multiplier": dual("std", 1e-6),
    }


def abm_policy(p: Problem) -> tuple[Callable[[ndarray], ndarray], ndarray]:
    """Loss of the policy on 4 actions of the prior, and the action that V(s) is taken at."""
    prior = released_policy(p.theta["behavior"], p.batch.s)
    drawn, tried = prior.action(p.noise.normal(4, B, A)), policy(p).action(p.noise.normal(B, A))
    scores = np.exp(np.minimum(advantage(p, drawn, tried), CLIP) / LAM)
    return likelihood(p, scores / scores.mean(0), drawn), tried


def abm(p: Problem) -> Losses:
    loss, tried = abm_policy(p)
    kept = (advantage(p, p.batch.a, tried) > 0).astype(float)
    assert 0 < kept.sum() < B
    critic = td(p, p.noise.normal(B, A))
    return {"policy": loss, "critic": critic, "behavior": likelihood(p, kept)}


def abm_exponential(p: Problem) -> Losses:
    """The prior's weights against an action of its own, without a clip."""
    loss, _ = abm_policy(p)
    critic = td(p, p.noise.normal(B, A))
    own = released_policy(p.theta["behavior"], p.batch.s).action(p.noise.normal(B, A))
    weights = np.exp(advantage(p, p.batch.a, own) / LAM)
    behavior = likelihood(p, weights / weights.mean())
    return {"policy": loss, "critic": critic, "behavior": behavior}


def awr_value(p: Problem) -> Losses:
    """In units of 1 / (1 - gamma)."""
    unit = 1 / (1 - DISCOUNT)
    return {
        "value": lambda theta: (
            0.5 * ((unit * value(theta, p.batch.s) - p.batch.targets) / unit) ** 2
        ).mean()
    }


def awr_policy(p: Problem) -> Losses:
    return {"policy": likelihood(p, np.exp(np.minimum(p.batch.advantages, CLIP) / LAM))}


def iql(p: Problem) -> Losses:
    b = p.batch
    q = minimum(p, "target_critic", b.s, b.a)
    y = clip(b.r + DISCOUNT * b.m * value(p.theta["value"], b.following), -100, 0)
    weights = np.exp(np.minimum(q - value(p.theta["value"], b.s), CLIP) / LAM)

    def expectile(theta: ndarray) -> ndarray:
        u = q - value(theta, b.s)
        return (np.where(u.real < 0, 0.3, 0.7) * u**2).mean()

    return {
        "policy": lambda theta: -(weights * iql_policy(theta, b.s).log_density(b.a)).mean(),
        "critic": lambda theta: ((q_values(theta, b.s, b.a) - y) ** 2).mean(1).sum(),
        "value": expectile,
    }


FOUR = "objective.actions.samples=4"
CASES: list[Case] = [
    ("AWAC", NUMBERS, 0, awac),
    ("AWAC[V-mode]", NUMBERS, 0, awac_mode),
    ("AWAC[batch]", NUMBERS, 0, awac_batch),
    ("AWAC[Z(s)]", (*NUMBERS, "partition_samples=3"), 0, awac_partition),
    ("MPO", (*NUMBERS, FOUR), 0, mpo),
    ("MPO[released]", NUMBERS, 0, mpo_released),
    ("MPO[full]", (FOUR,), 1, mpo_full),
    ("ABM-MPO", (*NUMBERS, FOUR), 0, abm),
    (
        "ABM-MPO[exponential]",
        (*NUMBERS, FOUR, f"behavior.weights.shape.lam={LAM}"),
        0,
        abm_exponential,
    ),
    ("AWR", NUMBERS, 0, awr_value),
    ("AWR", NUMBERS, 200, awr_policy),
    ("IQL", NUMBERS, 0, iql),
]


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_losses_and_gradients(case: Case) -> None:
    check(case)
