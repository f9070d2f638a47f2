"""The advantage over the model of the data: what ABM's released code weighs its prior by."""

from __future__ import annotations

import torch

from algorithms.behaviors.advantage_weighted import AdvantageWeightedBehavior, PriorAdvantage
from algorithms.networks.q_ensemble import QEnsemble
from tests.algorithms.conftest import make_batch, step_of, tiny_agent


def test_advantage_over_one_clipped_action_of_the_model() -> None:
    """min_j Q_j(s, a) - min_j Q_j(s, clip(a')), a' drawn from b(.|s); nothing carries gradient."""
    agent = tiny_agent("ABM-MPO", "paper", "behavior.advantage=PriorAdvantage")
    behavior, critic = agent.networks["behavior"], agent.networks["critic"]
    assert isinstance(agent.method.behavior, AdvantageWeightedBehavior)
    assert isinstance(critic, QEnsemble)
    behavior.mlp.layers()[0][-1][0].mul_(20_000.0)  # else all actions lie near 0
    batch = make_batch()
    found = PriorAdvantage()(step_of(agent, seed=4))

    model = behavior(batch.observations)
    noise = torch.randn(model.mean.shape, generator=torch.Generator().manual_seed(4))
    drawn = (model.mean + model.log_std.exp() * noise).detach()
    assert (drawn.abs() > 1).any() and (drawn.abs() < 1).any()  # clipping matters
    drawn = drawn.clamp(-1, 1)
    q = torch.minimum(*critic(batch.observations, batch.actions))
    v = torch.minimum(*critic(batch.observations, drawn))
    torch.testing.assert_close(found, (q - v).detach())
    assert not found.requires_grad and found.abs().min() > 1e-3
