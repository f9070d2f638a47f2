"""Standard deviations as BRAC, Cal-QL and IQL have them: start, bounds and gradients."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from algorithms.agent import Agent
from algorithms.policies.clipped_gaussian import ClippedTanhMeanGaussian
from algorithms.policies.log_std import AffineLogStd, ClippedLogStd, LogStd, TanhLogStd
from tests.algorithms.conftest import ACTION_DIM, BATCH_SIZE, make_batch, tiny_agent

OUTPUTS = torch.tensor([-50.0, -1.0, 0.0, 0.5, 50.0])


def mapped(kind: LogStd, low: float, high: float) -> tuple[Tensor, Tensor, nn.Module]:
    """Of every output: log sigma, and its derivative."""
    module, x = kind.build(), OUTPUTS.clone().requires_grad_()
    y = module(x, low, high)
    (slope,) = torch.autograd.grad(y.sum(), x, retain_graph=True)
    return y.detach(), slope, module


def test_clipped_by_hand() -> None:
    y, slope, _ = mapped(ClippedLogStd(), -0.7, 0.2)
    torch.testing.assert_close(y, torch.tensor([-0.7, -0.7, 0.0, 0.2, 0.2]))
    assert slope.tolist() == [0, 0, 1, 0, 0]


def test_tanh_scaled_by_hand() -> None:
    """-5 + 2.5 (tanh x + 1): the middle at 0, and a gradient everywhere short of saturation."""
    y, slope, _ = mapped(TanhLogStd(), -5.0, 0.0)
    expected = [-5.0, -5 + 2.5 * (math.tanh(-1) + 1), -2.5, -5 + 2.5 * (math.tanh(0.5) + 1), 0.0]
    torch.testing.assert_close(y, torch.tensor(expected))
    torch.testing.assert_close(slope, 2.5 * (1 - torch.tanh(OUTPUTS) ** 2))


def test_affine_by_hand() -> None:
    """clip(2 x - 1, -20, 1); multiplier and offset learn too."""
    y, slope, module = mapped(AffineLogStd(2.0, -1.0), -20.0, 1.0)
    torch.testing.assert_close(y, torch.tensor([-20.0, -3.0, -1.0, 0.0, 1.0]))
    assert slope.tolist() == [0, 2, 2, 2, 0]
    module(OUTPUTS, -20.0, 1.0).sum().backward()
    gradients = [p.grad.item() for p in module.parameters() if p.grad is not None]
    assert gradients == [pytest.approx(-1.0 + 0.0 + 0.5), 3.0]  # of what lies within the bounds


@pytest.mark.parametrize(
    ("name", "network", "expected"),
    [
        ("BRAC", "policy", math.exp(-2.5)),
        ("BRAC", "behavior", math.exp(-2.5)),
        ("BRAC[likelihood]", "policy", 1.0),
        ("Cal-QL", "policy", math.exp(-1)),
        ("SAC", "policy", 1.0),
        ("IQL", "policy", 1.0),
        ("AWAC", "policy", math.exp(-3)),
    ],
)
def test_initial_standard_deviation(name: str, network: str, expected: float) -> None:
    pi = tiny_agent(name).networks[network](make_batch().observations)
    std = pi.log_std.exp().expand_as(pi.mean)
    torch.testing.assert_close(std, torch.full_like(std, expected), rtol=0.01, atol=0)


def likelihood_of(agent: Agent, residual: float, updates: int = 250) -> Tensor:
    """The policy's std after as many steps of cloning actions that scatter by `residual`."""
    generator = torch.Generator().manual_seed(1)
    optimizer = torch.optim.Adam([agent.policy.log_std], lr=0.05)
    for _ in range(updates):
        actions = residual * torch.randn(BATCH_SIZE, ACTION_DIM, generator=generator)
        pi = agent.policy(torch.zeros(BATCH_SIZE, 3))
        optimizer.zero_grad()
        (-pi.log_prob(actions).mean()).backward()
        optimizer.step()
    return pi.log_std.detach().exp()


@pytest.mark.parametrize(("residual", "expected"), [(0.05, 0.05), (0.0, math.exp(-5))])
def test_iql_s_standard_deviation_follows_the_data_down_to_its_floor(
    residual: float, expected: float
) -> None:
    agent = tiny_agent("IQL")
    assert agent.policy.log_std.tolist() == [0.0] * ACTION_DIM
    found = likelihood_of(agent, residual)
    torch.testing.assert_close(found, torch.full_like(found, expected), rtol=0.25, atol=0)


def test_iql_s_policy_has_a_tanh_mean_and_clips_at_both_ends() -> None:
    agent = tiny_agent("IQL")
    with torch.no_grad():
        agent.policy.log_std.copy_(torch.tensor([-9.0, 3.0]))
    pi = agent.policy(make_batch().observations)
    assert pi.log_std.tolist() == [-5.0, 2.0]
    torch.testing.assert_close(pi.mean, torch.tanh(agent.policy.mlp(make_batch().observations)[0]))


@pytest.mark.parametrize("bad", [{"log_std_max": -6.0}, {"log_std_init": 3.0}])
def test_bounds_that_cross_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(bad))):
        ClippedTanhMeanGaussian(**bad)
