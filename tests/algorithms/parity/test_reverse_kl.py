"""Along the gradient of Q: SAC, SAC+BC, BRAC, Cal-QL, RLPD, AWAC[reverse-KL]; and BC."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy import ndarray

from tests.algorithms.parity.networks import (
    A,
    Normal,
    brac_policy,
    cal_ql_policy,
    q_values,
    released_policy,
    sac_policy,
)
from tests.algorithms.parity.numerics import clip, largest, log_mean_exp, smallest
from tests.algorithms.parity.problem import (
    DISCOUNT,
    B,
    Case,
    Losses,
    Problem,
    check,
    double_precision,
    name_of,
)

Network = Callable[[ndarray, ndarray], Normal]


def squared_error(p: Problem, values: ndarray, norm: bool = False, low: float = -100) -> Losses:
    """The critic's loss for V(s') = values, y in [low, 0]."""
    y = clip(p.batch.r + DISCOUNT * p.batch.m * values, low, 0)
    return {
        "critic": lambda theta: (
            ((q_values(theta, p.batch.s, p.batch.a, norm) - y) ** 2).mean(1).sum()
        )
    }


def target(p: Problem, actions: ndarray, norm: bool = False) -> ndarray:
    """Every target Q_j(s', a'): (E, ...)."""
    return q_values(p.theta["target_critic"], p.batch.following, clip(actions, -1, 1), norm)


def ascent(
    p: Problem, network: Network, alpha: float, noise: ndarray, norm: bool = False
) -> Callable[[ndarray], ndarray]:
    """mean [alpha log pi(a|s) - min_j Q_j(s, a)] at the action that moves with theta."""

    def loss(theta: ndarray) -> ndarray:
        pi = network(theta, p.batch.s)
        q = q_values(p.theta["critic"], p.batch.s, pi.action(noise), norm)
        value = q.mean(0) if norm else smallest(q)
        return (alpha * pi.log_density_of(pi.raw(noise)) - value).mean()

    return loss


def temperature(pi: Normal, noise: ndarray, per_dim: float) -> Callable[[ndarray], ndarray]:
    excess = (pi.log_density_of(pi.raw(noise)) + per_dim * A).mean()
    return lambda log_alpha: -(log_alpha * excess).sum()


def sac(p: Problem) -> Losses:
    loss = ascent(p, sac_policy, 0.0, p.noise.normal(B, A))
    following = sac_policy(p.theta["policy"], p.batch.following).action(p.noise.normal(B, A))
    return {"policy": loss, **squared_error(p, smallest(target(p, following)))}


def sac_entropy(p: Problem) -> Losses:
    """Soft values, without a clamp."""
    alpha, noise = float(np.exp(p.theta["temperature"][0])), p.noise.normal(B, A)
    pi, next_pi = (sac_policy(p.theta["policy"], s) for s in (p.batch.s, p.batch.following))
    drawn = p.noise.normal(B, A)
    cost = alpha * next_pi.log_density_of(next_pi.raw(drawn))
    y = p.batch.r + DISCOUNT * p.batch.m * (smallest(target(p, next_pi.action(drawn))) - cost)
    return {
        "policy": ascent(p, sac_policy, alpha, noise),
        "temperature": temperature(pi, noise, -1.0),
        "critic": lambda theta: ((q_values(theta, p.batch.s, p.batch.a) - y) ** 2).mean(1).sum(),
    }


def imitation(p: Problem, network: Network, kept: ndarray) -> Callable[[ndarray], ndarray]:
    demos = p.demonstrations
    return lambda theta: -(kept * network(theta, demos.s).log_density(demos.a)).mean()


def sac_bc(p: Problem) -> Losses:
    losses, cloning = sac(p), imitation(p, sac_policy, np.ones(B))
    ascending = losses["policy"]
    return losses | {"policy": lambda theta: ascending(theta) + cloning(theta)}


def sac_bc_filter(p: Problem) -> Losses:
    """Clones only what Q prefers to the mode."""
    demos = p.demonstrations
    mode = sac_policy(p.theta["policy"], demos.s).mode()
    of_data, of_policy = (
        smallest(q_values(p.theta["critic"], demos.s, a)) for a in (demos.a, mode)
    )
    kept = (of_data > of_policy).astype(float)
    assert 0 < kept.sum() < B
    losses, cloning = sac(p), imitation(p, sac_policy, kept)
    ascending = losses["policy"]
    return losses | {"policy": lambda theta: ascending(theta) + cloning(theta)}


def bc(p: Problem) -> Losses:
    return {"policy": imitation(p, released_policy, np.ones(B))}


def bc_all(p: Problem) -> Losses:
    s, a = p.batch.s, p.batch.a
    return {"policy": lambda theta: -released_policy(theta, s).log_density(a).mean()}


def divergence(pi: Normal, model: Normal, noise: ndarray) -> ndarray:
    """mean_k [log pi(a_k) - log b(a_k)], a_k of pi: noise (K, B, A) -> (B,)."""
    u = pi.raw(noise)
    return (pi.log_density_of(u) - model.log_density_of(u)).mean(0)


def reverse_awac(p: Problem) -> Losses:
    """lambda D_KL(pi || b) - Q."""
    model = released_policy(p.theta["behavior"], p.batch.s)
    upward = ascent(p, released_policy, 0.0, p.noise.normal(B, A))
    noise = p.noise.normal(4, B, A)
    following = released_policy(p.theta["policy"], p.batch.following).action(p.noise.normal(B, A))
    return {
        "policy": lambda theta: (
            upward(theta) + 0.4 * divergence(released_policy(theta, p.batch.s), model, noise).mean()
        ),
        "behavior": lambda theta: -released_policy(theta, p.batch.s).log_density(p.batch.a).mean(),
        **squared_error(p, smallest(target(p, following))),
    }


def brac_parts(p: Problem, network: Network, model: Network, in_value: bool) -> Losses:
    """Policy and critic of BRAC-v, or with in_value=False of BRAC-p; coefficient 0.3."""
    b = p.batch
    upward, noise = ascent(p, network, 0.0, p.noise.normal(B, A)), p.noise.normal(4, B, A)
    here, there = (model(p.theta["behavior"], s) for s in (b.s, b.following))
    next_pi = network(p.theta["policy"], b.following)
    values = smallest(target(p, next_pi.action(p.noise.normal(B, A))))
    if in_value:
        values = values - 0.3 * divergence(next_pi, there, p.noise.normal(4, B, A))
    return {
        "policy": lambda theta: (
            upward(theta) + 0.3 * divergence(network(theta, b.s), here, noise).mean()
        ),
        **squared_error(p, values, low=-math.inf),
    }


def model_with_entropy(p: Problem) -> Losses:
    """-<log b(a)> + alpha <log b(a')>, and the temperature of that."""
    b, noise = p.batch, p.noise.normal(B, A)
    alpha = float(np.exp(p.theta["behavior_temperature"][0]))

    def loss(theta: ndarray) -> ndarray:
        model = brac_policy(theta, b.s)
        own = model.log_density_of(model.raw(noise))
        return -model.log_density(b.a).mean() + alpha * own.mean()

    model = brac_policy(p.theta["behavior"], b.s)
    return {"behavior": loss, "behavior_temperature": temperature(model, noise, -1.0)}


def brac(p: Problem) -> Losses:
    return brac_parts(p, brac_policy, brac_policy, True) | model_with_entropy(p)


def brac_policy_alone(p: Problem) -> Losses:
    return brac_parts(p, brac_policy, brac_policy, False) | model_with_entropy(p)


def likelihood_model(theta: ndarray, s: ndarray) -> Normal:
    return sac_policy(theta, s, low=-5)


def of_likelihood(p: Problem) -> Losses:
    return {
        "behavior": lambda theta: -likelihood_model(theta, p.batch.s).log_density(p.batch.a).mean()
    }


def brac_likelihood(p: Problem) -> Losses:
    return brac_parts(p, sac_policy, likelihood_model, True) | of_likelihood(p)


def brac_released(p: Problem) -> Losses:
    """r + the batch mean of log b(a|s), and a policy that only ascends Q."""
    b = p.batch
    upward = ascent(p, sac_policy, 0.0, p.noise.normal(B, A))
    following = sac_policy(p.theta["policy"], b.following).action(p.noise.normal(B, A))
    shift = likelihood_model(p.theta["behavior"], b.s).log_density(b.a).mean()
    y = b.r + shift + DISCOUNT * b.m * smallest(target(p, following))
    return {
        "policy": upward,
        "critic": lambda theta: ((q_values(theta, b.s, b.a) - y) ** 2).mean(1).sum(),
        **of_likelihood(p),
    }


def cal_ql(p: Problem) -> Losses:
    """0.1 (0.1 log mean exp(Q / 0.1 - log p) - Q(data)), the policy's Q at least the return."""
    b, alpha = p.batch, float(np.exp(p.theta["temperature"][0]))
    pi, next_pi = (cal_ql_policy(p.theta["policy"], s) for s in (b.s, b.following))
    noise = p.noise.normal(B, A)
    best = largest(smallest(target(p, next_pi.action(p.noise.normal(3, B, A)))))
    uniform = 2 * p.noise.uniform(2, B, A) - 1
    here, there = p.noise.normal(2, B, A), p.noise.normal(2, B, A)
    squares = squared_error(p, best)["critic"]
    log_p = np.concatenate(
        [
            np.full((2, B), A * math.log(0.5)),
            pi.log_density_of(pi.raw(here)),
            next_pi.log_density_of(next_pi.raw(there)),
        ]
    )

    def loss(theta: ndarray) -> ndarray:
        free = q_values(theta, b.s, uniform)
        bounded = q_values(theta, b.s, np.concatenate([pi.action(here), next_pi.action(there)]))
        bounded = np.where(bounded.real < b.returns, b.returns, bounded)
        values = np.concatenate([free, bounded], 1)
        pushed = sum(0.1 * log_mean_exp(member / 0.1 - log_p) for member in values)
        gap = (pushed - q_values(theta, b.s, b.a).sum(0)).mean()
        return squares(theta) + 0.1 * gap

    return {
        "policy": ascent(p, cal_ql_policy, alpha, noise),
        "critic": loss,
        "temperature": temperature(pi, noise, -1.0),
    }


def rlpd(p: Problem) -> Losses:
    """Normalised layers; the policy ascends the mean of 3, the target is a minimum of 2 drawn."""
    alpha, noise = float(np.exp(p.theta["temperature"][0])), p.noise.normal(B, A)
    pi = sac_policy(p.theta["policy"], p.batch.s)
    following = sac_policy(p.theta["policy"], p.batch.following).action(p.noise.normal(B, A))
    chosen = target(p, following, norm=True)[p.noise.permutation(3)[:2]]
    return {
        "policy": ascent(p, sac_policy, alpha, noise, norm=True),
        "temperature": temperature(pi, noise, -0.5),
        **squared_error(p, smallest(chosen), norm=True),
    }


KAPPA, WARM = "constraint.coefficient=0.3", 20_000
CASES: list[Case] = [
    ("SAC", (), 0, sac),
    ("SAC[entropy]", (), 0, sac_entropy),
    ("SAC+BC", (), 0, sac_bc),
    ("SAC+BC[Q-filter]", (), 0, sac_bc_filter),
    ("BC", (), 0, bc),
    ("BC[all]", (), 0, bc_all),
    ("AWAC[reverse-KL]", ("constraint.coefficient=0.4",), 0, reverse_awac),
    ("BRAC", (KAPPA,), WARM, brac),
    ("BRAC[policy]", (KAPPA,), WARM, brac_policy_alone),
    ("BRAC[likelihood]", (KAPPA,), WARM, brac_likelihood),
    ("BRAC[released]", (), 0, brac_released),
    ("Cal-QL", ("candidates=3", "regulariser.samples=2"), 0, cal_ql),
    ("RLPD", ("members=3",), 0, rlpd),
]


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_losses_and_gradients(case: Case) -> None:
    check(case)


def test_during_the_warm_start_brac_s_policy_follows_the_divergence_alone() -> None:
    with double_precision():
        problem = Problem("BRAC", KAPPA, updates=WARM - 1)
        model = brac_policy(problem.theta["behavior"], problem.batch.s)
        noise = problem.noise.normal(4, B, A)
        loss = problem.losses()["policy"]
        pi = brac_policy(problem.theta["policy"], problem.batch.s)
        expected = 0.3 * divergence(pi, model, noise).mean()
    assert loss.item() == pytest.approx(expected, rel=1e-10)
