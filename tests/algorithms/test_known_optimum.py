"""On a bandit whose best policy is known, every method gets as near to it as its theory lets it.

Fractions are of the way from the data's policy without its noise (0) to the best policy (1); the
numbers in comments are those of three seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest
import torch
from scipy.optimize import brentq
from torch import Tensor

from algorithms.agent import Agent
from algorithms.networks.vae import ConditionalVAE
from tests.algorithms.bandit import (
    NOISE,
    SHIFT,
    best,
    chosen,
    collected,
    contexts,
    gap_closed,
    rewards,
    trained,
    untrained,
)
from tests.tiers import tiered

# Acme's numbers are for a million updates: here the trust region is wider and its duals faster
FULL_MPO = (
    "eta_learning_rate=0.1",
    "initial_eta=0.3",
    "period=10",
    "epsilon_mean=0.1",
    "epsilon_std=0.01",
    "initial_std_multiplier=10",
    "initial_mean_multiplier=1",
)
# from 1 a temperature of 5e-4 an update takes thousands of them, in which the model is too wide
FAST_ALPHA = ("alpha_learning_rate=0.03",)
REACHED = [
    ("AWAC", (), 400, 0.5),  # 0.71, 0.63, 0.64
    ("SAC", (), 400, 0.75),  # 0.93, 0.87, 0.88
    ("SAC+BC", ("imitation_weight=0.02",), 400, 0.5),  # 0.65, 0.65, 0.68
    ("SAC+BC[Q-filter]", (), 400, 0.65),  # 0.85, 0.82, 0.86
    ("BCQ", ("phi=0.2",), 400, 0.4),
    ("BEAR", (), 400, 0.4),  # 0.59, 0.77, 0.73
    ("AWR", (), 400, 0.45),  # 0.62, 0.58, 0.62
    ("MPO", (), 800, 0.4),
    ("MPO[full]", FULL_MPO, 400, 0.6),
    ("ABM-MPO", (), 400, 0.55),  # 0.72, 0.74, 0.71
    ("DAPG", (), 40, 0.55),  # 0.72, 0.88, 0.96
    ("BRAC", FAST_ALPHA, 400, 0.3),  # 0.39, 0.46, 0.45: its model of the data is biased, see below
    ("BRAC[likelihood]", (), 400, 0.55),  # 0.76, 0.73, 0.82
    ("IQL", (), 400, 0.45),  # 0.68, 0.61, 0.58
    ("TD3+BC", (), 400, 0.55),  # 0.72, 0.82, 0.86
    ("Cal-QL", (), 400, 0.5),  # 0.70, 0.72, 0.67
    ("RLPD", (), 600, 0.35),
]


@cache
def agent_of(name: str, *changes: str, updates: int = 400) -> Agent:
    return trained(name, *changes, updates=updates)


def quick(rows: Sequence[tuple[Any, ...]], *names: Any) -> list[Any]:
    """Of the rows all but those of `names` are left to CI: a training takes seconds."""
    return tiered(rows, [row for row in rows if row[0] in names])


@pytest.mark.parametrize(("name", "changes", "updates", "fraction"), quick(REACHED, "AWAC", "SAC"))
def test_fraction_of_the_optimum(
    name: str, changes: tuple[str, ...], updates: int, fraction: float
) -> None:
    agent = agent_of(name, *changes, updates=updates)
    assert gap_closed(untrained(name, *changes)) < 0
    assert fraction < gap_closed(agent)


@pytest.mark.parametrize("name", ["BC", pytest.param("BC[all]", marks=pytest.mark.slow)])
def test_cloning_gets_nowhere(name: str) -> None:
    """The demonstrations, too, are off by SHIFT: whoever only imitates them stays at 0."""
    assert abs(gap_closed(agent_of(name))) < 0.25


@pytest.mark.slow
def test_imitation_of_full_weight_gets_nowhere() -> None:
    assert gap_closed(agent_of("SAC+BC")) < 0.2  # of weight 1: likelihood outweighs these Q


@pytest.mark.slow
def test_the_mean_of_the_released_mpo_stays_where_it_was() -> None:
    s = contexts(200, 99)
    before, after = untrained("MPO[released]"), agent_of("MPO[released]")
    assert (chosen(after, s) - chosen(before, s)).abs().max() < 0.02
    assert after.policy(s).log_std.exp().max() < 0.02  # from 0.05: only the std has learned


@pytest.mark.parametrize("lam", quick([(0.1,), (0.3,), (1.0,), (3.0,)], 0.3))
def test_awac_is_the_closed_form(lam: float) -> None:
    """pi* = N(b, sigma^2) exp(-|a - g|^2 / lambda) / Z has mean b + k (g - b) with
    k = (2 / lambda) / (2 / lambda + 1 / sigma^2).

    Actions cut at +-1 make the data's mean a little better than b.
    """
    agent = agent_of("AWAC", f"lam={lam}", updates=700)
    k = (2 / lam) / (2 / lam + 1 / NOISE**2)
    assert gap_closed(agent) == pytest.approx(1 - (1 - k) ** 2, abs=0.1)
    s = contexts(500, 5)
    progress = ((chosen(agent, s) - best(s) - SHIFT) / -SHIFT).mean()
    assert float(progress) == pytest.approx(k, abs=0.08)


@pytest.mark.parametrize(
    "name",
    quick(
        [(n,) for n in ("AWAC", "SAC", "BCQ", "BEAR", "ABM-MPO", "IQL", "RLPD")],
        "AWAC",
        "SAC",
        "BCQ",
    ),
)
def test_q_is_the_reward_where_there_is_data(name: str) -> None:
    changes, updates = next(row[1:3] for row in REACHED if row[0] == name)
    agent = agent_of(name, *changes, updates=updates)
    data = collected(500, 77).all()
    q = agent.networks["critic"](data.observations, data.actions).mean(0).detach()
    error = (q - data.rewards).square().mean() / data.rewards.var()
    assert error < 0.15


def expectile_of(x: Tensor, tau: float) -> float:
    def imbalance(v: float) -> float:
        return float(tau * (x - v).clamp(min=0).sum() - (1 - tau) * (v - x).clamp(min=0).sum())

    return float(brentq(imbalance, float(x.min()), float(x.max())))


@pytest.mark.parametrize(
    ("name", "changes", "expectile"),
    quick(
        [
            # every transition is terminal, so that the discount decides nothing but the unit of V
            ("AWR", ("critic_steps=300", "discount=0.0"), 0.5),
            ("IQL", ("expectile=0.7",), 0.7),
            ("IQL", ("expectile=0.9",), 0.9),
        ],
        "AWR",
    ),
)
def test_v_is_the_expectile_of_the_data_s_rewards(
    name: str, changes: tuple[str, ...], expectile: float
) -> None:
    """AWR's V is their mean, Q^beta: TD(lambda) of episodes of one step is the reward."""
    agent = agent_of(name, *changes)
    s = contexts(500, 5)
    noise = torch.randn(500, 200, 2, generator=torch.Generator().manual_seed(1))
    actions = (best(s) + SHIFT)[:, None] + NOISE * noise
    r = torch.stack([rewards(s, actions[:, k]) for k in range(200)], 1)
    expected = sum(expectile_of(row, expectile) for row in r[:50]) / 50
    values = agent.networks["value"](s[:50]).detach()
    assert float(values.mean()) == pytest.approx(expected, abs=0.08)


@pytest.mark.slow
def test_bcq_stays_within_phi_of_its_vae_and_uses_it() -> None:
    gaps = []
    for phi in (0.05, 0.2):
        agent = agent_of("BCQ", f"phi={phi}")
        vae, s = agent.networks["behavior"], contexts(100, 3)
        assert isinstance(vae, ConditionalVAE)
        generator = torch.Generator().manual_seed(8)
        anchors = vae.sample_before_squash(s, 4, generator).tanh().flatten(0, 1)
        generator.manual_seed(8)
        change = agent.policy(s).sample(generator, 4) - anchors
        assert change.abs().max() <= phi + 1e-6
        towards = (change * (best(s).repeat(4, 1) - anchors)).sum(1)
        assert (towards > 0).float().mean() > 0.9  # uphill
        assert change.abs().mean() > 0.6 * phi
        gaps.append(gap_closed(agent))
    assert gaps[1] > gaps[0] + 0.1 and gaps[0] > 0.1


def final_metrics(name: str, *changes: str, updates: int = 400) -> dict[str, float]:
    """Of the trained agent's next update, averaged over ten batches."""
    agent = agent_of(name, *changes, updates=updates)
    agent.generator.manual_seed(9)  # tests share the agent
    batches = [collected(64, 900 + seed).all() for seed in range(10)]
    seen = [agent.method.constraint.policy_term(agent._step(batch, None))[2] for batch in batches]
    return {key: float(torch.stack([m[key] for m in seen]).mean()) for key in seen[0]}


@pytest.mark.slow
def test_bear_s_distance_settles_at_its_threshold() -> None:
    """Either the bound binds, or the multiplier falls towards 0. With a kernel as narrow as the
    actions, and a dual that has the time to find its value.
    """
    found = {}
    for threshold in (0.2, 0.35):
        changes = (
            "kernel.sigma=10",
            "constraint.multiplier_learning_rate=0.05",
            f"threshold={threshold}",
        )
        found[threshold] = final_metrics("BEAR", *changes)
        assert gap_closed(agent_of("BEAR", *changes)) > 0.4
    assert found[0.2]["constraint_mmd"] == pytest.approx(0.2, abs=0.07)
    assert found[0.2]["constraint_multiplier"] > 0.1
    assert found[0.35]["constraint_mmd"] < 0.35  # free to leave, it has no reason to go farther
    assert found[0.35]["constraint_multiplier"] < 0.05


@pytest.mark.slow
def test_brac_s_divergence_falls_as_its_coefficient_grows() -> None:
    """With sigma of at most 1 before the tanh, actions cut at +-1 pull the model's mean outward."""
    fast = ("policy_learning_rate=0.01", "behavior_learning_rate=0.01", *FAST_ALPHA)
    found = []
    for coefficient in (0.03, 0.3, 3.0):
        changes = (*fast, f"coefficient={coefficient}")
        divergence = final_metrics("BRAC", *changes)["constraint_kl"]
        found.append((divergence, gap_closed(agent_of("BRAC", *changes))))
    divergences, gaps = zip(*found, strict=True)
    assert divergences[0] > 2 * divergences[1] > 4 * divergences[2]
    assert gaps[0] > gaps[1] + 0.1 > gaps[2] + 0.2
