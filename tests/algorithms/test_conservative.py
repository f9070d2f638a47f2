"""CQL's gap by a double loop, Cal-QL's calibration, and IQL's expectiles in closed form."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.stats import norm
from torch import Tensor
from torch.distributions import Independent, Normal, TanhTransform, TransformedDistribution

from algorithms.agent import Agent
from algorithms.critics.conservative import Conservative, ReturnCalibrated, Uncalibrated
from algorithms.critics.losses import expectile_loss
from algorithms.policies.policy import Policy
from tests.algorithms.conftest import (
    BATCH_SIZE,
    assert_metrics,
    make_batch,
    step_of,
    tiny_agent,
    torch_stack,
)

K = 3


def cal_ql(*changes: str) -> Agent:
    agent = tiny_agent("Cal-QL", "paper", f"regulariser.samples={K}", *changes)
    agent.policy.mlp.layers()[0][-1][0].mul_(500.0)
    return agent


def brute_force_gap(agent: Agent, *, calibrated: bool) -> float:
    """sum_j mean_i [T log mean_k (exp(Q_j(s_i, a_k) / T) / density_k) - Q_j(s_i, a_i)]."""
    temperature = agent.method.critic.regulariser.softmax_temperature
    batch, noise = make_batch(), torch.Generator().manual_seed(4)
    uniform = 2 * torch.rand(K * BATCH_SIZE, 2, generator=noise).view(K, BATCH_SIZE, 2) - 1
    proposals = [(uniform, torch.full((K, BATCH_SIZE), 0.25), False)]  # density on [-1, 1]^2
    for states in (batch.observations, batch.next_observations):
        pi = agent.policy(states)
        u = pi.mean + pi.log_std.exp() * torch.randn(K, BATCH_SIZE, 2, generator=noise)
        normal = Normal(pi.mean, pi.log_std.exp())
        squashed = Independent(TransformedDistribution(normal, [TanhTransform()]), 1)
        proposals.append((u.tanh(), squashed.log_prob(u.tanh()).exp(), True))
    assert batch.returns is not None
    total = 0.0
    for member in range(2):
        q = torch_stack(agent.networks["critic"].mlp, member)
        for i in range(BATCH_SIZE):
            s = batch.observations[i]
            terms = []
            for actions, densities, of_policy in proposals:
                for k in range(K):
                    value = q(torch.cat([s, actions[k, i]])).item()
                    if calibrated and of_policy:
                        value = max(value, batch.returns[i].item())
                    terms.append(math.exp(value / temperature) / densities[k, i].item())
            at_data = q(torch.cat([s, batch.actions[i]])).item()
            total += (temperature * math.log(np.mean(terms)) - at_data) / BATCH_SIZE
    return total


@pytest.mark.parametrize("temperature", [0.3, 1.0])
@pytest.mark.parametrize("calibration", [Uncalibrated(), ReturnCalibrated()])
def test_gap_by_brute_force(
    calibration: Uncalibrated | ReturnCalibrated, temperature: float
) -> None:
    agent = cal_ql(
        f"calibration={type(calibration).__name__}",
        "conservative_weight=2.5",
        f"softmax_temperature={temperature}",
    )
    gaps = [brute_force_gap(agent, calibrated=flag) for flag in (False, True)]
    assert gaps[1] > gaps[0] + 0.1
    extra, metrics = agent.method.critic.regulariser.losses(step_of(agent, seed=4))
    expected = gaps[isinstance(calibration, ReturnCalibrated)]
    assert metrics["conservative_gap"].item() == pytest.approx(expected, rel=1e-3)
    assert isinstance(extra, Tensor) and extra.item() == pytest.approx(2.5 * expected, rel=1e-3)


def test_gap_is_added_to_the_temporal_difference() -> None:
    agent = cal_ql("conservative_weight=2.5")
    critic = agent.method.critic
    whole = critic.losses(step_of(agent, seed=4))[0]["critic"]
    without = dataclasses.replace(critic, regulariser=Conservative(0.0, K))
    step = step_of(agent, seed=4)
    with torch.no_grad():
        critic.next_value(step, critic.ensemble)  # draws its noise before the gap does
    extra, metrics = critic.regulariser.losses(step)
    assert isinstance(extra, Tensor) and metrics["conservative_gap"].abs() > 0.1
    bare = without.losses(step_of(agent, seed=4))[0]["critic"]
    torch.testing.assert_close(whole, bare + extra)


def test_descending_the_gap_lowers_the_policy_s_actions_and_raises_the_data_s() -> None:
    agent = cal_ql("calibration=Uncalibrated", "softmax_temperature=1")
    batch = make_batch()
    optimizer = torch.optim.Adam(agent.networks["critic"].parameters(), lr=1e-3)

    def difference() -> float:
        q = agent.networks["critic"]
        mode = agent.policy(batch.observations).mode()
        with torch.no_grad():
            return float(
                (q(batch.observations, batch.actions) - q(batch.observations, mode)).mean()
            )

    before = difference()
    for seed in range(20):
        optimizer.zero_grad()
        extra, _ = agent.method.critic.regulariser.losses(step_of(agent, seed=seed))
        assert isinstance(extra, Tensor)
        extra.backward()
        optimizer.step()
    assert difference() > before + 0.1
    assert agent.policy.mlp.flat.grad is None


def test_calibration_by_hand() -> None:
    """max(Q, G); a transition whose return is not known yet is left alone."""
    batch = make_batch(3)._replace(returns=torch.tensor([-1.0, -5.0, -math.inf]))
    agent = cal_ql()
    step = agent._step(batch, None)
    q = torch.tensor([[[-2.0, -2.0, -2.0], [0.0, -9.0, -9.0]]])
    expected = [[[-1.0, -2.0, -2.0], [0.0, -5.0, -9.0]]]
    assert ReturnCalibrated()(q, step).tolist() == expected
    assert torch.equal(Uncalibrated()(q, step), q)
    with pytest.raises(ValueError, match="needs batches with returns"):
        ReturnCalibrated()(q, agent._step(batch._replace(returns=None), None))


def test_no_gradient_where_the_return_is_above() -> None:
    agent = cal_ql("conservative_weight=1")
    batch = make_batch()._replace(returns=torch.full((BATCH_SIZE,), 50.0))
    agent.generator.manual_seed(0)
    extra, _ = agent.method.critic.regulariser.losses(agent._step(batch, None))
    s, a = batch.observations, batch.actions
    assert isinstance(extra, Tensor)
    (actual,) = torch.autograd.grad(extra, agent.networks["critic"].mlp.flat)
    (of_data,) = torch.autograd.grad(
        -agent.networks["critic"](s, a).mean(1).sum(), agent.networks["critic"].mlp.flat
    )
    torch.testing.assert_close(actual, of_data, rtol=1e-4, atol=1e-5)


def test_expectile_loss_by_hand() -> None:
    difference = torch.tensor([2.0, -1.0, 0.0, -3.0], requires_grad=True)
    loss = expectile_loss(difference, 0.7)
    assert loss.item() == pytest.approx((0.7 * 4 + 0.3 * 1 + 0.3 * 9) / 4)
    loss.backward()
    assert difference.grad is not None
    torch.testing.assert_close(difference.grad, torch.tensor([2.8, -0.6, 0.0, -1.8]) / 4)


def test_half_is_the_mean_squared_error() -> None:
    u = torch.randn(9, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(expectile_loss(u, 0.5), 0.5 * u.square().mean())


@pytest.mark.parametrize("expectile", [0.1, 0.5, 0.7, 0.9])
def test_minimiser_is_the_expectile_of_the_normal_distribution(expectile: float) -> None:
    """tau E[(x - v)+] = (1 - tau) E[(v - x)+]."""

    def imbalance(v: float) -> float:
        above, _ = quad(lambda x: (x - v) * norm.pdf(x), v, 12)
        below, _ = quad(lambda x: (v - x) * norm.pdf(x), -12, v)
        return expectile * above - (1 - expectile) * below

    expected = brentq(imbalance, -3, 3)
    x = torch.randn(20_000, generator=torch.Generator().manual_seed(1))
    v = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([v], lr=0.5)
    for _ in range(200):
        optimizer.zero_grad()
        expectile_loss(x - v, expectile).backward()
        optimizer.step()
    assert v.item() == pytest.approx(expected, abs=0.03)


def test_iql_bootstraps_from_v_and_never_asks_for_an_action_of_the_policy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Q: r + discount mask V(s'); V: expectile of min_j target Q_j(s, a) - V(s)."""
    agent = tiny_agent("IQL", "paper", "clamp=NoClamp")
    agent.networks["target_critic"].mlp.layers()[0][-1][1].fill_(-1.0)

    def asked(*_: object) -> None:
        raise AssertionError("the policy was asked")

    for way in ("forward", "pair"):
        monkeypatch.setattr(Policy, way, asked)
    batch = make_batch()
    s, following = batch.observations, batch.next_observations
    losses, metrics = agent.method.critic.losses(step_of(agent))
    v = torch_stack(agent.networks["value"].mlp)
    x = torch.cat([s, batch.actions], 1)
    y = batch.rewards + 0.99 * batch.masks * v(following)[:, 0].detach()
    q = [torch_stack(agent.networks["critic"].mlp, j)(x)[:, 0] for j in range(2)]
    expected = sum(((member - y) ** 2).mean() for member in q)
    torch.testing.assert_close(losses["critic"], expected)
    slow = [torch_stack(agent.networks["target_critic"].mlp, j)(x)[:, 0] for j in range(2)]
    u = torch.minimum(*slow).detach() - v(s)[:, 0]
    weight = torch.where(u > 0, 0.7, 0.3)
    torch.testing.assert_close(losses["value"], (weight * u**2).mean())
    assert_metrics(metrics, value_loss=losses["value"], value_mean=v(s).mean())
    assert 0 < (u > 0).sum() < BATCH_SIZE
