"""BRAC's model of the data: likelihood, an entropy term, and the temperature that weighs it."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from algorithms.agent import Agent
from algorithms.policies.distributions import TanhGaussian
from tests.algorithms.conftest import ACTION_DIM, learn, make_batch, step_of, tiny_agent


def brac(*changes: str, name: str = "BRAC") -> Agent:
    agent = tiny_agent(name, "paper", *changes)
    agent.networks["behavior"].mlp.layers()[0][-1][0].mul_(700.0)
    return agent


def samples(agent: Agent, seed: int) -> tuple[Tensor, Tensor]:
    """One reparameterised action of b a state, and its log-density."""
    pi = agent.networks["behavior"](make_batch().observations)
    assert isinstance(pi, TanhGaussian)
    noise = torch.randn(1, *pi.mean.shape, generator=torch.Generator().manual_seed(seed))[0]
    u = pi.mean + pi.log_std.exp() * noise
    log_normal = -0.5 * noise**2 - pi.log_std - 0.5 * math.log(2 * math.pi)
    return torch.tanh(u), (log_normal - torch.log1p(-(torch.tanh(u) ** 2))).sum(-1)


def test_losses_by_hand() -> None:
    """-<log b(a|s)> + alpha <log b(a'|s)>, and -log alpha <log b(a'|s) + target>."""
    agent = brac("behavior.entropy.initial_alpha=0.7", "behavior.entropy.entropy_per_dim=-1.5")
    batch = make_batch()
    losses, metrics = agent.method.behavior.losses(step_of(agent, seed=4))
    _, log_prob = samples(agent, 4)
    likelihood = agent.networks["behavior"](batch.observations).log_prob(batch.actions).mean()
    expected = -likelihood + 0.7 * log_prob.mean()
    torch.testing.assert_close(losses["behavior"], expected, rtol=1e-4, atol=1e-4)
    flat = agent.networks["behavior"].mlp.flat
    (gradient,) = torch.autograd.grad(losses["behavior"], flat, retain_graph=True)
    (by_hand,) = torch.autograd.grad(expected, flat)
    torch.testing.assert_close(gradient, by_hand, rtol=1e-3, atol=1e-4)
    log_alpha = agent.networks["behavior_temperature"].log_value
    (slope,) = torch.autograd.grad(losses["behavior_temperature"], log_alpha, retain_graph=True)
    target = -1.5 * ACTION_DIM
    torch.testing.assert_close(slope, -(log_prob.detach().mean() + target), rtol=1e-4, atol=1e-4)
    assert torch.autograd.grad(losses["behavior"], log_alpha, allow_unused=True) == (None,)
    torch.testing.assert_close(metrics["behavior_log_prob"], likelihood, rtol=1e-4, atol=1e-4)
    assert metrics["behavior_entropy"].item() == pytest.approx(-log_prob.mean().item(), rel=1e-4)
    assert metrics["behavior_temperature"].item() == pytest.approx(0.7)


def test_likelihood_alone_draws_nothing() -> None:
    """So that what used it before the entropy term came draws the same noise as before."""
    agent = brac(name="BRAC[likelihood]")
    step = step_of(agent)
    before = agent.generator.get_state()
    losses, _ = agent.method.behavior.losses(step)
    assert set(losses) == {"behavior"}
    assert torch.equal(agent.generator.get_state(), before)


@pytest.mark.parametrize(("per_dim", "rises"), [(5.0, True), (-50.0, False)])
def test_temperature_rises_iff_the_entropy_is_below_its_target(per_dim: float, rises: bool) -> None:
    agent = brac(f"behavior.entropy.entropy_per_dim={per_dim}")
    before = agent.networks["behavior_temperature"].value().detach()
    metrics = learn(agent)
    assert bool(metrics["behavior_entropy"] < per_dim * ACTION_DIM) == rises
    after = agent.networks["behavior_temperature"].value().detach()
    assert bool(after > before) == rises and after != before


def test_at_alpha_1_the_entropy_term_cancels_the_pull_on_sigma_of_data_without_noise() -> None:
    """Where a = mode(s), d(-log b)/d log sigma is 1 a dimension, and that of log b(a'|s) is -1 but
    for the Jacobian of the tanh: the likelihood alone shrinks sigma without end."""
    pulls = []
    for name in ("BRAC[likelihood]", "BRAC"):
        agent = tiny_agent(name, "paper", "behavior.policy.log_std=ClippedLogStd")
        bias = agent.networks["behavior"].mlp.layers()[0][-1][1]
        bias[ACTION_DIM:] = -3.0  # sigma 0.05, mean near 0: hardly any Jacobian
        batch = make_batch()
        mode = agent.networks["behavior"](batch.observations).mode().detach()
        step = agent._step(batch._replace(actions=mode), None)
        loss = agent.method.behavior.losses(step)[0]["behavior"]
        (gradient,) = torch.autograd.grad(loss, agent.networks["behavior"].mlp.flat)
        pulls.append(gradient[-ACTION_DIM:])
    torch.testing.assert_close(pulls[0], torch.ones(ACTION_DIM), rtol=1e-3, atol=0)
    assert pulls[1].abs().max() < 0.05
