"""Ascending Q without a density: TD3+BC's loss, its filter and noise, and acting by the best Q."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from algorithms.acting import BestOfSamples, ModeOrSample, Unclipped
from algorithms.agent import Agent
from algorithms.losses import deterministic_loss
from algorithms.objectives.mixed import QFilter
from algorithms.objectives.reverse_kl import NormalisedQ, UnscaledQ
from algorithms.policies.distributions import Deterministic
from tests.algorithms.conftest import (
    ACTION_DIM,
    BATCH_SIZE,
    assert_metrics,
    make_batch,
    step_of,
    tiny_agent,
    torch_stack,
)


def td3(*changes: str) -> Agent:
    agent = tiny_agent("TD3+BC", "paper", *changes)
    agent.policy.mlp.layers()[0][-1][0].mul_(500.0)
    return agent


def q_values(agent: Agent, actions: Tensor, member: int) -> Tensor:
    x = torch.cat([make_batch().observations, actions], 1)
    return torch_stack(agent.networks["critic"].mlp, member)(x)[:, 0]


def policy_gradient(agent: Agent, loss: Tensor) -> Tensor:
    (gradient,) = torch.autograd.grad(loss, agent.policy.mlp.flat, retain_graph=True)
    return gradient


def test_loss_of_td3_bc_by_hand() -> None:
    """-2.5 / mean |Q_1| * mean Q_1(s, pi(s)) + mean (pi(s) - a)^2, the factor a constant."""
    agent = td3()
    step = step_of(agent)
    losses, metrics = agent.method.objective.losses(step)
    batch = step.batch
    mode = agent.policy(batch.observations).mode()
    q = q_values(agent, mode, 0)
    assert (q.mean() - q_values(agent, mode, 1).mean()).abs() > 1e-3  # the first of the two
    scale = 2.5 / q.abs().mean().detach()
    expected = -(scale * q).mean() + (mode - batch.actions).square().mean()
    torch.testing.assert_close(losses["policy"], expected)
    torch.testing.assert_close(
        policy_gradient(agent, losses["policy"]),
        policy_gradient(agent, expected),
        rtol=1e-3,
        atol=1e-5,
    )
    attached = -(2.5 / q.abs().mean() * q).mean() + (mode - batch.actions).square().mean()
    difference = policy_gradient(agent, attached) - policy_gradient(agent, expected)
    assert difference.abs().max() > 1e-3
    assert metrics["imitation_kept"] == 1


def test_scales_of_q() -> None:
    q = torch.tensor([-4.0, 2.0], requires_grad=True)
    scale = NormalisedQ(2.5)(q)
    assert scale.item() == pytest.approx(2.5 / 3) and not scale.requires_grad
    assert UnscaledQ()(q) == 1.0
    assert torch.isfinite(NormalisedQ()(torch.zeros(3)))
    assert deterministic_loss(q, 0.5).item() == pytest.approx(-0.5 * -1.0)


def test_bcq_ascends_the_first_of_its_critics() -> None:
    agent = tiny_agent("BCQ")
    losses, metrics = agent.method.objective.losses(step_of(agent, seed=3))
    generator = torch.Generator().manual_seed(3)
    actions = agent.policy(make_batch().observations).sample(generator)
    q = q_values(agent, actions, 0).mean()
    torch.testing.assert_close(losses["policy"], -q)
    assert_metrics(metrics, policy_loss=-q, q_policy=q)


@pytest.mark.parametrize("name", ["SAC+BC[Q-filter]", "TD3+BC"])
def test_filter_imitates_what_q_prefers_to_the_mode(name: str) -> None:
    """1[min_j Q_j(s, a_data) > min_j Q_j(s, mode)], over demonstrations or the buffer."""
    changes = () if "filter" in name else ("filter=QFilter",)
    agent = tiny_agent(name, "paper", *changes)
    step = step_of(agent)
    assert agent.method.objective.filter == QFilter()
    batch = step.demonstrations if agent.needs_demonstrations else step.batch
    assert (batch is step.batch) == (name == "TD3+BC")
    pi = agent.policy(batch.observations)
    q = agent.networks["critic"]
    of_data = q(batch.observations, batch.actions).amin(0)
    kept = (of_data > q(batch.observations, pi.mode()).amin(0)).float()
    assert 3 <= kept.sum() <= BATCH_SIZE - 3
    losses, metrics = agent.method.objective.losses(step)
    assert metrics["imitation_kept"].item() == pytest.approx(kept.mean().item())
    if name == "TD3+BC":
        error = (pi.mode() - batch.actions).square().mean(1)
    else:
        error = -pi.log_prob(batch.actions)
    torch.testing.assert_close(metrics["imitation_loss"], (kept * error).mean())
    improvement = agent.method.objective.improvement
    alone, _ = improvement.losses(step_of(agent))
    torch.testing.assert_close(losses["policy"], alone["policy"] + metrics["imitation_loss"])


def test_filter_keeps_nothing_where_q_tells_nothing_apart() -> None:
    """1[Q(s, a) > Q(s, mode)] is 0 where both are at the clamp of 0."""
    agent = tiny_agent("SAC+BC[Q-filter]", "paper", "clamp=ClampOutput", "high=0")
    for member in agent.networks["critic"].mlp.layers():
        member[-1][1].add_(50.0)
    step = step_of(agent)
    batch = step.demonstrations
    assert step.critic(batch.observations, batch.actions).eq(0).all()
    _, metrics = agent.method.objective.losses(step)
    assert metrics["imitation_kept"] == 0


def test_deterministic_policy_explores_by_clipped_noise() -> None:
    mean = torch.tensor([[0.0, 0.95]])
    samples = Deterministic(mean, 0.1).sample(torch.Generator().manual_seed(0), 4000)
    assert samples.shape == (4000, 2) and samples.max() == 1
    assert samples[:, 0].std().item() == pytest.approx(0.1, rel=0.05)
    assert samples[:, 0].mean().item() == pytest.approx(0.0, abs=0.01)
    pi = Deterministic(mean, 0.1)
    assert torch.equal(pi.mode(), mean) and torch.equal(pi.action_for_gradient(None), mean)
    for refused in (pi.log_prob, pi.sample_with_log_prob):
        with pytest.raises(TypeError, match="no density"):
            refused(mean)  # type: ignore[operator]
    assert tiny_agent("TD3+BC").policy(torch.zeros(1, 3)).noise == 0.1


@pytest.mark.parametrize(("name", "count", "state"), [("BCQ", 100, 0), ("BEAR", 10, 2)])
@pytest.mark.parametrize("deterministic", [True, False])
def test_best_of_samples_is_the_candidate_with_the_highest_first_q(
    name: str, count: int, state: int, deterministic: bool
) -> None:
    agent = tiny_agent(name)
    for network in ("policy", "behavior"):
        module = agent.networks[network]
        (module.mlp if network == "policy" else module.decoder).layers()[0][-1][0].mul_(2000.0)
    observation = make_batch().observations[[state]]  # one at which the rules differ
    source = agent._evaluation if deterministic else agent.generator
    generator = torch.Generator().set_state(source.get_state())
    action = agent.act(observation[0].numpy(), deterministic=deterministic)
    candidates = agent.policy(observation).sample(generator, count).detach().clamp(-1, 1)
    x = torch.cat([observation.expand(count, -1), candidates], 1)
    first, second = (torch_stack(agent.networks["critic"].mlp, j)(x)[:, 0] for j in range(2))
    assert first.argmax() != torch.minimum(first, second).argmax()
    # one state at a time is multiplied by NumPy, whose sums round otherwise in the last bit
    np.testing.assert_allclose(action, candidates[first.argmax()].numpy(), rtol=1e-5, atol=1e-6)
    assert torch.equal(generator.get_state(), source.get_state())


def test_acting_rules() -> None:
    pi, generator = Deterministic(torch.full((1, ACTION_DIM), 0.5), 0.1), torch.Generator()
    observation = torch.zeros(1, 3)
    for rule in (ModeOrSample(), Unclipped()):
        mode = rule(pi, observation, None, generator, deterministic=True)
        assert torch.equal(mode, pi.mode())
        sample = rule(pi, observation, None, generator, deterministic=False)
        assert not torch.equal(sample, mode) and sample.shape == (1, ACTION_DIM)
    with pytest.raises(ValueError, match="the method has no critic"):
        BestOfSamples()(pi, observation, None, generator, deterministic=True)


def test_best_of_samples_draws_its_critics_from_the_agent_s_noise() -> None:
    rule = "acting.combination"
    agent = tiny_agent("BEAR", "paper", f"{rule}=RandomSubset", f"{rule}.subset=1")
    agent.policy.mlp.layers()[0][-1][0].mul_(2000.0)
    observation = make_batch().observations[0].numpy()
    actions = []
    with torch.random.fork_rng(devices=[]):
        for seed in range(8):
            torch.manual_seed(seed)
            agent.generator.manual_seed(2)
            actions.append(agent.act(observation, deterministic=False))
    assert all(np.array_equal(action, actions[0]) for action in actions)
