"""Cal-QL at rewards r equals its authors' at 10 r + 5: one tenth of weight, temperature and alpha.

With Q' = 10 Q + 5 / (1 - discount) every loss of theirs is a multiple of the row's, so that all
gradients point the same way. Without true terminals, as on the hand: one would end the sum of 5s.
"""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from algorithms.agent import Agent
from algorithms.engine.update import policy_losses
from algorithms.types import Batch
from tests.algorithms.conftest import BATCH_SIZE, make_batch, tiny_agent

SCALE, SHIFT, DISCOUNT = 10.0, 5.0, 0.99
OFFSET = SHIFT / (1 - DISCOUNT)  # what a constant reward of 5 is worth
THEIRS = ("conservative_weight=1", "softmax_temperature=1", "initial_alpha=1")
UNCLAMPED = "clamp=NoClamp"  # the clamp is not theirs


def doubled(agent: Agent) -> Agent:
    agent.networks.double()
    with torch.no_grad():  # it was rounded to float32
        alpha = agent.method.objective.temperature.initial_alpha
        agent.networks["temperature"].log_value.fill_(math.log(alpha))
    for module in agent.networks.values():
        if hasattr(module, "mlp"):
            module.mlp.compute_dtype = torch.float64
    return agent


def rows() -> tuple[Agent, Agent]:
    """The row, and its authors' numbers with networks whose values are Q'."""
    ours, theirs = (doubled(tiny_agent("Cal-QL", "paper", UNCLAMPED, *c)) for c in ((), THEIRS))
    for name in ("critic", "target_critic"):
        for members in (ours.networks[name].mlp.layers(), theirs.networks[name].mlp.layers()):
            for member in members:
                member[-1][0].mul_(0.05)  # else the softmax picks one action
        for member in theirs.networks[name].mlp.layers():
            member[-1][0].mul_(SCALE)
            member[-1][1].mul_(SCALE).add_(OFFSET)
    return ours, theirs


def batches() -> tuple[Batch, Batch]:
    batch = Batch(*(None if x is None else x.double() for x in make_batch()))
    assert batch.returns is not None
    batch = batch._replace(masks=torch.ones_like(batch.masks))
    return batch, batch._replace(
        rewards=SCALE * batch.rewards + SHIFT, returns=SCALE * batch.returns + OFFSET
    )


def gradients(agent: Agent, batch: Batch) -> dict[str, Tensor]:
    """Of every loss, to the network that it trains; of the critic its last bias left out."""
    agent.generator.manual_seed(3)
    step = agent._step(batch, None)
    losses, _ = policy_losses(agent.method, step)
    losses |= agent.method.critic.losses(step)[0]
    found = {}
    for name, loss in losses.items():
        parameters = list(agent.networks[name].parameters())
        gradient = torch.autograd.grad(loss, parameters, retain_graph=True)
        found[name] = torch.cat([g.flatten() for g in gradient])
    return found


def hidden_part(agent: Agent, gradient: Tensor) -> Tensor:
    """(2, P): the entries of the hidden layers, which both sets of networks have in common."""
    mlp = agent.networks["critic"].mlp
    last = mlp.sizes[-2] * mlp.sizes[-1] + mlp.sizes[-1]
    return gradient.view(2, -1)[:, :-last]


def test_every_gradient_is_a_multiple_of_theirs() -> None:
    (ours, theirs), (batch, scaled) = rows(), batches()
    mine, other = gradients(ours, batch), gradients(theirs, scaled)
    assert set(mine) == set(other) == {"critic", "policy", "temperature"}
    torch.testing.assert_close(
        hidden_part(theirs, other["critic"]),
        SCALE**2 * hidden_part(ours, mine["critic"]),
        rtol=1e-9,
        atol=1e-9,
    )
    # the output layer is 10 times larger there, so that its gradient is 10 times smaller
    last = ours.networks["critic"].mlp.sizes[-2] + 1
    torch.testing.assert_close(
        other["critic"].view(2, -1)[:, -last:],
        SCALE * mine["critic"].view(2, -1)[:, -last:],
        rtol=1e-9,
        atol=1e-9,
    )
    torch.testing.assert_close(other["policy"], SCALE * mine["policy"], rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(other["temperature"], mine["temperature"], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("change", ["softmax_temperature=1", "conservative_weight=1"])
def test_it_is_not_with_one_number_left_as_theirs(change: str) -> None:
    (_, theirs), (batch, scaled) = rows(), batches()
    wrong = doubled(tiny_agent("Cal-QL", "paper", UNCLAMPED, change))
    wrong.networks.load_state_dict(rows()[0].networks.state_dict())
    mine = hidden_part(wrong, gradients(wrong, batch)["critic"])
    other = hidden_part(theirs, gradients(theirs, scaled)["critic"]) / SCALE**2
    assert (mine - other).norm() > 5e-3 * other.norm()  # equal to 1e-9 else


def test_the_row_starts_at_a_standard_deviation_of_0_37() -> None:
    agent = tiny_agent("Cal-QL")
    pi = agent.policy(make_batch().observations)
    assert pi.log_std.exp().detach().mean().item() == pytest.approx(0.3679, abs=2e-3)
    assert agent.networks["temperature"].value().item() == pytest.approx(0.1)
    assert pi.mean.shape == (BATCH_SIZE, 2)
    trained = {id(p) for group in agent.optimizers["policy"].param_groups for p in group["params"]}
    assert {id(agent.policy.log_std.multiplier), id(agent.policy.log_std.offset)} <= trained
