"""AWR's critic: TD(lambda) over whole trajectories, anew at the beginning of every phase."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor

from algorithms.agent import Agent
from algorithms.buffer import ReplayBuffer
from algorithms.catalogue.resolving import resolve
from algorithms.critics import td_lambda
from algorithms.critics.td_lambda import TDLambda, Unscaled, Whitened, value_loss
from algorithms.engine.update import policy_losses
from algorithms.types import Batch, Metrics
from tests.algorithms.conftest import (
    BATCH_SIZE,
    assert_metrics,
    make_batch,
    make_training,
    step_of,
    tiny_agent,
    tiny_settings,
    torch_stack,
)

LENGTHS = (4, 1, 6)


def filled(agent: Agent, *, capacity: int = 40) -> ReplayBuffer:
    """Three trajectories of prior data, the second one a true terminal, and 3 online steps."""
    rng = np.random.default_rng(0)
    buffer = ReplayBuffer(capacity, 3, 2, columns=agent.method.columns)
    for number, length in enumerate(LENGTHS):
        s = rng.normal(size=(length + 1, 3))
        masks = np.ones(length)
        masks[-1] = number != 1
        buffer.add_many(s[:-1], rng.normal(size=(length, 2)), rng.normal(size=length), masks, s[1:])
    buffer.freeze_prior()
    for _ in range(3):
        buffer.add(rng.normal(size=3), rng.normal(size=2), rng.normal(), 1.0, rng.normal(size=3))
    return buffer


def by_hand(agent: Agent, buffer: ReplayBuffer, lam: float) -> tuple[list[float], list[float]]:
    """G and G - V(s), trajectory by trajectory from its end."""
    network = torch_stack(agent.networks["value"].mlp)
    scale = agent.networks["value"].scale

    def value(s: Tensor) -> float:
        return scale * float(network(s).detach())

    batch, returns = buffer.all(), []
    for first, last in ((0, 3), (4, 4), (5, 10), (11, 13)):
        following = math.nan
        trajectory = []
        for t in range(last, first - 1, -1):
            v = value(batch.next_observations[t])
            g = v if t == last else (1 - lam) * v + lam * following
            following = float(batch.rewards[t]) + 0.99 * float(batch.masks[t]) * g
            trajectory.append(following)
        returns += trajectory[::-1]
    advantages = [g - value(s) for g, s in zip(returns, batch.observations, strict=True)]
    return returns, advantages


def awr(*changes: str) -> Agent:
    agent = tiny_agent("AWR", "paper", *changes)
    for member in agent.networks["value"].mlp.layers():
        member[-1][0].mul_(0.01)  # its scale of 100 is in the network already
        member[-1][1].fill_(-0.02)
    return agent


@pytest.mark.parametrize("chunk", [5, 14, 16_384])  # 14 steps: 5, 5 and 4; one whole chunk
@pytest.mark.parametrize("lam", [0.0, 0.95, 1.0])
def test_refresh_by_hand(lam: float, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(td_lambda, "_CHUNK", chunk)
    agent = awr(f"trace_decay={lam}")
    buffer = filled(agent)
    agent.prepare(buffer)
    returns, advantages = by_hand(agent, buffer, lam)
    torch.testing.assert_close(buffer.column("targets"), torch.tensor(returns))
    a = np.array(advantages)
    whitened = (a - a.mean()) / a.std(ddof=1)
    actual = buffer.column("advantages").numpy()
    np.testing.assert_allclose(actual, whitened, rtol=1e-3, atol=1e-3)
    assert actual.mean() == pytest.approx(0, abs=1e-5)
    assert actual.std(ddof=1) == pytest.approx(1, abs=1e-3)


def test_unscaled_advantages() -> None:
    agent = awr("scale=Unscaled")
    buffer = filled(agent)
    agent.prepare(buffer)
    _, advantages = by_hand(agent, buffer, 0.95)
    torch.testing.assert_close(
        buffer.column("advantages"), torch.tensor(advantages), rtol=1e-4, atol=1e-4
    )
    values = torch.tensor([1.0, 3.0])
    assert torch.equal(Unscaled()(values), values)
    assert torch.isfinite(Whitened()(torch.full((5,), 3.0))).all()


def test_phases_begin_with_new_returns_and_only_there() -> None:
    """critic_steps=3, actor_steps=4: V learns at 0, 1, 2, the policy at 3 ... 6, and again."""
    critic = tiny_agent("AWR").method.critic
    assert isinstance(critic, TDLambda)
    assert [t for t in range(15) if critic.refreshes(t, grown=False)] == [0, 3, 7, 10, 14]
    assert [t for t in range(15) if critic.improves(t)] == [3, 4, 5, 6, 10, 11, 12, 13]

    agent = awr("q_learning_rate=0.01")
    buffer = filled(agent)
    seen = []
    for _ in range(8):
        agent.prepare(buffer)
        seen.append(buffer.column("targets").clone())
        agent.update(buffer.sample(8, np.random.default_rng(0)))
    same = [bool(torch.equal(a, b)) for a, b in pairwise(seen)]
    assert same == [True, True, False, True, True, True, True]  # V rests from 3 to 6


def test_advantages_of_the_policy_s_phase_are_by_the_new_v() -> None:
    agent = awr("q_learning_rate=0.01")
    buffer = filled(agent)
    for _ in range(3):
        agent.prepare(buffer)
        agent.update(buffer.sample(8, np.random.default_rng(0)))
    agent.prepare(buffer)
    returns, _ = by_hand(agent, buffer, 0.95)
    torch.testing.assert_close(buffer.column("targets"), torch.tensor(returns))


def test_loss_of_v_is_in_units_of_the_normalised_return() -> None:
    """0.5 ((V - G) (1 - discount))^2."""
    values = torch.tensor([0.0, -50.0], requires_grad=True)
    targets = torch.tensor([-100.0, -50.0], requires_grad=True)
    loss = value_loss(values, targets, 100.0)
    assert loss.item() == pytest.approx(0.25)
    loss.backward()
    assert targets.grad is None and values.grad is not None
    torch.testing.assert_close(values.grad, torch.tensor([100.0 / 100**2 / 2, 0.0]))
    agent = awr()
    batch = make_batch()
    assert batch.targets is not None
    losses, metrics = agent.method.critic.losses(step_of(agent))
    v = 100 * torch_stack(agent.networks["value"].mlp)(batch.observations)[:, 0]
    expected = 0.5 * ((v - batch.targets) / 100).square().mean()
    torch.testing.assert_close(losses["value"], expected)
    assert_metrics(
        metrics, value_loss=expected, value_mean=v.mean(), value_target_mean=batch.targets.mean()
    )


def test_policy_s_weights_are_those_of_awr() -> None:
    """min(exp(A), 20) of the whitened advantage, not normalised over the batch."""
    agent = awr()
    agent.updates = 3
    batch = make_batch()._replace(advantages=torch.linspace(-2, 5, BATCH_SIZE))
    agent.generator.manual_seed(0)
    losses, metrics = policy_losses(agent.method, agent._step(batch, None))
    assert batch.advantages is not None
    weights = batch.advantages.exp().clamp(max=20)
    log_prob = agent.policy(batch.observations).log_prob(batch.actions)
    torch.testing.assert_close(losses["policy"], -(weights * log_prob).mean())
    v = 100 * torch_stack(agent.networks["value"].mlp)(batch.observations)[:, 0]
    torch.testing.assert_close(agent._step(batch, None).values, v.detach())
    assert metrics["weights_max"].item() == pytest.approx(20)
    assert_metrics(
        metrics,
        policy_loss=losses["policy"],
        log_prob_mean=log_prob.mean(),
        policy_std=agent.policy(batch.observations).log_std.exp().mean(),
        advantage_mean=torch.tensor(1.5),
        advantage_max=torch.tensor(5.0),
    )


def test_missing_columns_are_an_error_that_says_what_to_do() -> None:
    agent, batch = awr(), make_batch()
    with pytest.raises(ValueError, match=r"agent\.prepare\(buffer\) first"):
        agent.update(batch._replace(targets=None))
    agent.updates = 3
    with pytest.raises(ValueError, match="critic=TDLambda, which fills advantages in"):
        agent.update(batch._replace(advantages=None))


def test_prior_data_is_never_evicted() -> None:
    """AWR's own buffer of 50 000 would drop the demonstrations, which come first."""
    agent = awr()
    buffer = filled(agent, capacity=sum(LENGTHS) + 5)
    before = buffer.all().observations[: buffer.prior].clone()
    for mark in range(20):
        buffer.add(np.full(3, mark), np.zeros(2), -1.0, 1.0, np.full(3, mark))
    assert len(buffer) == buffer.capacity
    assert torch.equal(buffer.all().observations[: buffer.prior], before)
    assert resolve("AWR").config.replay_buffer_size == 1_000_000


@pytest.mark.parametrize(
    "changes",
    [
        ("collect_steps=7", "offline_steps=7"),
        ("collect_steps=7", "offline_steps=5"),
        ("collect_steps=1", "offline_steps=7"),
    ],
)
def test_no_update_sees_a_transition_whose_return_is_not_worked_out(
    changes: tuple[str, ...],
) -> None:
    """New transitions come in between two refreshes where the cycles do not coincide."""
    training = make_training(tiny_settings("AWR", "paper", *changes), online_steps=28)
    real, empty = training.agent.update, []

    def spy(batch: Batch, demonstrations: Batch | None = None) -> Metrics:
        assert batch.targets is not None and batch.advantages is not None
        unfilled = (batch.targets == 0) & (batch.advantages == 0)
        empty.append(int(unfilled.sum()))
        return real(batch, demonstrations)

    training.agent.update = spy  # type: ignore[method-assign]
    assert training.run()
    assert len(empty) == 28 + training.offline_steps
    assert sum(empty) == 0
