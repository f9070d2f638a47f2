"""The cached quantities of an update carry gradient whoever asks for them first."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from algorithms.agent import Agent
from algorithms.catalogue.resolving import resolve
from algorithms.step import Step
from algorithms.types import Batch


def _step(method: str) -> Step:
    settings = resolve(method, settings=("policy_hidden=8", "q_hidden=8"))
    agent = Agent(settings.method, settings.config, 3, 2, seed=0)
    draws = torch.Generator().manual_seed(1)
    states = torch.randn(5, 3, generator=draws)
    actions = torch.rand(4, 2, generator=draws) * 2 - 1
    batch = Batch(states[:-1], actions, -torch.ones(4), torch.ones(4), states[1:])
    return Step(
        agent.method.objective,
        agent.method.constraint,
        agent.networks,
        agent.config,
        batch,
        None,
        agent.generator,
    )


@pytest.mark.parametrize("method", ["AWAC", "SAC", "MPO"])
def test_who_asks_first_without_gradient_takes_none_from_the_others(method: str) -> None:
    """MPO has a target policy; AWAC and SAC make pi(.|s) and pi(.|s') in one pass."""
    step = _step(method)
    with torch.no_grad():
        following = step.next_pi.mode()
        value = step.q.mean()
    assert not following.requires_grad and not value.requires_grad
    (of_policy,) = torch.autograd.grad(
        step.pi.log_prob(step.batch.actions).sum(), [step.policy.mlp.flat]
    )
    (of_critic,) = torch.autograd.grad(step.q.sum(), [step.critic.mlp.flat])
    assert of_policy.abs().sum() > 0 and of_critic.abs().sum() > 0


def test_queries_are_drawn_with_gradient_whoever_asks_first() -> None:
    """MPO[released] at undetached actions of its own: they carry gradient, Q at them none."""
    step = _step("MPO[released]")
    with torch.no_grad():
        assert isinstance(step.q, Tensor)
    assert step.queries
    assert all(actions.requires_grad for actions in step.queries.values())
