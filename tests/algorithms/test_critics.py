"""Temporal differences against closed forms, and every gradient path that must be cut."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from torch import Tensor

from algorithms.critics.ensembles import Clamp, ClampOutput, ClampTarget, NoClamp
from algorithms.critics.losses import td_loss, td_target
from algorithms.critics.networks import polyak_update
from algorithms.networks.mlp import MLP
from algorithms.networks.q_ensemble import QEnsemble

REWARDS = torch.tensor([-1.0, -1.0, 0.0, 0.0])
MASKS = torch.tensor([1.0, 0.0, 1.0, 1.0])
NEXT_Q = torch.tensor([-2.0, -5.0, 3.0, -200.0])


def ensemble(clamp: Clamp, hidden: tuple[int, ...] = (6,), members: int = 2) -> QEnsemble:
    generator = torch.Generator().manual_seed(0)
    return QEnsemble(
        MLP((5, *hidden, 1), members=members, last_scale=1.0, generator=generator), clamp
    )


def pairs(rows: int = 4, seed: int = 1) -> tuple[Tensor, Tensor]:
    """Observations (rows, 3) and actions (rows, 2)."""
    x = torch.randn(rows, 5, generator=torch.Generator().manual_seed(seed))
    return x[:, :3], x[:, 3:]


@pytest.mark.parametrize(
    ("clamp", "expected"),
    [
        (NoClamp(), [-2.8, -1.0, 2.7, -180.0]),
        (ClampOutput(0.0), [-2.8, -1.0, 2.7, -180.0]),  # acts on the network, not on the target
        (ClampTarget(), [-2.8, -1.0, 0.0, -100.0]),
        (ClampTarget(low=-math.inf, high=0.0), [-2.8, -1.0, 0.0, -180.0]),
        (ClampTarget(low=-2.0, high=1.0), [-2.0, -1.0, 1.0, -2.0]),
    ],
)
def test_td_target_by_hand(clamp: Clamp, expected: list[float]) -> None:
    target = td_target(REWARDS, MASKS, NEXT_Q, discount=0.9, clamp=clamp)
    torch.testing.assert_close(target, torch.tensor(expected))


def test_td_loss_by_hand() -> None:
    q = torch.tensor([[1.0, 2.0], [0.0, -1.0]])
    loss, metrics = td_loss(q, torch.tensor([0.0, 1.0]))
    assert loss.item() == pytest.approx((1 + 1) / 2 + (0 + 4) / 2)  # a sum over the members
    assert metrics["q_mean"].item() == 0.5
    assert metrics["q_max"].item() == 2
    assert metrics["q_target_mean"].item() == 0.5
    assert metrics["critic_loss"].item() == loss.item()


def test_gradient_reaches_q_only() -> None:
    q = torch.tensor([[1.0, 2.0], [0.0, -1.0]], requires_grad=True)
    rewards, next_q = torch.zeros(2, requires_grad=True), torch.zeros(2, requires_grad=True)
    target = td_target(rewards, torch.ones(2), next_q, discount=0.9, clamp=NoClamp())
    assert not target.requires_grad
    attached = next_q + 1.0
    loss, metrics = td_loss(q, attached)
    loss.backward()
    assert rewards.grad is None and next_q.grad is None
    torch.testing.assert_close(q.grad, q.detach() - 1.0)  # 2 (q - y) / B
    assert not any(value.requires_grad for name, value in metrics.items() if "target" not in name)


@pytest.mark.parametrize("clamp", [NoClamp(), ClampOutput(0.0)])
def test_ensemble_forward_split_and_frozen_agree(clamp: Clamp) -> None:
    q, (s, a) = ensemble(clamp), pairs()
    first, second = pairs(seed=2)[1], pairs(seed=3)[1]
    at_batch, elsewhere = q.split(s, a, torch.cat([first, second]))
    torch.testing.assert_close(at_batch, q(s, a))
    torch.testing.assert_close(elsewhere, torch.cat([q(s, first), q(s, second)], 1))
    torch.testing.assert_close(q.frozen(s, a), q(s, a))
    assert at_batch.shape == (2, 4) and elsewhere.shape == (2, 8)
    assert at_batch.requires_grad and not elsewhere.requires_grad


def test_frozen_gives_gradient_to_the_actions_only() -> None:
    q, (s, a) = ensemble(NoClamp()), pairs()
    a = a.clone().requires_grad_()
    q.frozen(s, a).sum().backward()
    assert a.grad is not None and a.grad.abs().min() > 0
    assert q.mlp.flat.grad is None


def test_clamp_output_has_no_gradient_above_and_clamp_target_has() -> None:
    """A seed whose outputs all start above 0 never learns with the released clamp."""
    s, a = pairs()
    for clamp, alive in ((ClampOutput(0.0), False), (ClampTarget(), True), (NoClamp(), True)):
        q = ensemble(clamp)
        for member in q.mlp.layers():
            member[-1][1].fill_(50.0)
        values = q(s, a)
        assert (values == 0).all() if not alive else (values > 40).all()
        td_loss(values, torch.full((4,), -1.0))[0].backward()
        assert q.mlp.flat.grad is not None
        assert bool(q.mlp.flat.grad.any()) == alive


def test_polyak_by_hand_and_the_source_stays() -> None:
    source, target = ensemble(NoClamp()), ensemble(NoClamp())
    with torch.no_grad():
        source.mlp.flat.fill_(2.0)
        target.mlp.flat.fill_(-2.0)
    polyak_update(target, source, 0.25)
    assert (target.mlp.flat == -1.0).all() and (source.mlp.flat == 2.0).all()
    polyak_update(target, source, 1.0)
    assert (target.mlp.flat == 2.0).all()
    assert target.mlp.flat.data_ptr() != source.mlp.flat.data_ptr()
    s, a = pairs()
    torch.testing.assert_close(target(s, a), source(s, a))


def chain(discount: float, mask: float) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Two states: 0 -> 1 for reward -1, 1 -> 0 for reward 0 (a terminal step if mask is 0).

    Q(0) = -1 + g Q(1), Q(1) = g m Q(0), hence Q(0) = -1 / (1 - g^2 m).
    """
    first = -1 / (1 - discount**2 * mask)
    states, actions = torch.eye(3)[:2], torch.zeros(2, 2)
    rewards, masks = torch.tensor([-1.0, 0.0]), torch.tensor([1.0, mask])
    return torch.tensor([first, discount * mask * first]), (
        states,
        actions,
        rewards,
        masks,
        states.flip(0),
    )


@pytest.mark.parametrize("mask", [1.0, 0.0])
def test_analytic_values_are_the_fixed_point(mask: float) -> None:
    q, (_, _, rewards, masks, _) = chain(0.9, mask)
    target = td_target(rewards, masks, q.flip(0), discount=0.9, clamp=NoClamp())
    torch.testing.assert_close(target, q)


@pytest.mark.parametrize("mask", [1.0, 0.0])
@pytest.mark.parametrize("clamp", [NoClamp(), ClampTarget(), ClampOutput(0.0)])
def test_iteration_converges_to_the_analytic_values(mask: float, clamp: Clamp) -> None:
    """Twin linear networks on one-hot states, trained by the real target, loss and averaging."""
    expected, (s, a, rewards, masks, following) = chain(0.8, mask)
    q = ensemble(clamp, hidden=())
    for member in q.mlp.layers():
        member[-1][0].clamp_(max=-0.1)  # below 0, where ClampOutput has a gradient
    target_q = copy.deepcopy(q).requires_grad_(False)
    optimizer = torch.optim.SGD(q.parameters(), lr=0.4)
    for _ in range(300):
        with torch.no_grad():
            next_q = target_q(following, a).min(0).values
            y = td_target(rewards, masks, next_q, discount=0.8, clamp=clamp)
        optimizer.zero_grad()
        td_loss(q(s, a), y)[0].backward()
        optimizer.step()
        polyak_update(target_q, q, 0.5)
    for network in (q, target_q):
        torch.testing.assert_close(
            network(s, a).detach(), expected.expand(2, 2), rtol=1e-3, atol=1e-3
        )
    assert all(parameter.grad is None for parameter in target_q.parameters())
