"""The cached quantities of an update carry gradient whoever asks for them first."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.algorithms.conftest import step_of, tiny_agent


@pytest.mark.parametrize("method", ["AWAC", "SAC", "MPO"])
def test_who_asks_first_without_gradient_takes_none_from_the_others(method: str) -> None:
    """MPO has a target policy; AWAC and SAC make pi(.|s) and pi(.|s') in one pass."""
    step = step_of(tiny_agent(method))
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
    step = step_of(tiny_agent("MPO[released]"))
    with torch.no_grad():
        assert isinstance(step.q, Tensor)
    assert step.queries
    assert all(actions.requires_grad for actions in step.queries.values())
