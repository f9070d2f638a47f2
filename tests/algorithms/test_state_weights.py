"""Weights of several actions a state: normalised state by state, with a learned temperature."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.stats import norm
from torch import Tensor

from algorithms.networks.duals import Dual
from algorithms.objectives.weights import (
    BatchMean,
    DualExponential,
    Exponential,
    Indicator,
    PartitionFunction,
    StateMean,
    Unnormalised,
    Weights,
    effective_sample_size,
    temperature_dual_loss,
)

K, B = 6, 5


def advantages(scale: float = 1.0) -> Tensor:
    return scale * torch.randn(K, B, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("lam", [0.1, 0.3, 10.0])
def test_state_mean_is_a_softmax_over_the_actions_of_each_state(lam: float) -> None:
    weights = Weights(Exponential(lam=lam), StateMean())(advantages())
    assert weights.shape == (K, B)
    torch.testing.assert_close(weights.mean(0), torch.ones(B))
    for i in range(B):
        expected = K * torch.softmax(advantages()[:, i] / lam, 0)
        torch.testing.assert_close(weights[:, i], expected, rtol=1e-4, atol=1e-6)


def test_states_do_not_compete() -> None:
    """Neither by their level nor by their spread: one with constant Q weighs all actions alike."""
    weigh = Weights(Exponential(lam=0.3), StateMean())
    q = advantages()
    before = weigh(q)
    q[:, 2] = -40.0
    q[:, 3] = 1e3 + 5 * q[:, 3]
    after = weigh(q)
    torch.testing.assert_close(after[:, 2], torch.ones(K))
    untouched = [0, 1, 4]
    assert torch.equal(after[:, untouched], before[:, untouched])
    batch = Weights(Exponential(lam=0.3), BatchMean())(q)
    assert batch[:, 2].max() == 0  # the batch's mean lets them compete


def test_state_mean_does_not_overflow_and_may_be_all_zero() -> None:
    weights = Weights(Exponential(lam=0.1), StateMean())(advantages(1e3))
    torch.testing.assert_close(weights.mean(0), torch.ones(B), rtol=0.01, atol=0)
    none = Weights(Indicator(), StateMean())(-torch.ones(K, B))
    assert (none == 0).all() and effective_sample_size(none) == 0


def test_state_mean_needs_several_actions() -> None:
    with pytest.raises(ValueError, match="StateMean needs several actions a state"):
        Weights(Exponential(), StateMean())(torch.zeros(4))


def test_indicator_over_the_actions_of_a_state() -> None:
    q = torch.tensor([[1.0, -1.0], [2.0, 3.0], [-1.0, -1.0], [-1.0, -1.0]])
    weights = Weights(Indicator(), StateMean())(q)
    assert weights.tolist() == [[2.0, 0.0], [2.0, 4.0], [0.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize("lam", [0.5, 2.0])
def test_partition_function_against_the_integral(lam: float) -> None:
    """Z(s) = int N(a; m(s), 0.7) exp(A(s, a) / lambda) da for three states of one dimension."""

    def advantage(state: int, a: float) -> float:
        return -((a - 0.3 * state) ** 2) + 0.2 * state

    samples = 40_000
    normal = np.random.default_rng(0).standard_normal((samples, 3))
    actions = np.array([-0.5, 0.0, 0.5]) + 0.7 * normal
    at_samples = torch.tensor(
        [[advantage(i, float(row[i])) for i in range(3)] for row in actions], dtype=torch.float32
    )
    taken = [0.1, -0.4, 0.9]
    a = torch.tensor([advantage(i, taken[i]) for i in range(3)])
    weigh = Weights(Exponential(lam=lam), PartitionFunction(samples))
    weights = weigh(a, partition=at_samples)
    for i, mean in enumerate([-0.5, 0.0, 0.5]):
        z, _ = quad(
            lambda x, i=i, mean=mean: norm.pdf(x, mean, 0.7) * math.exp(advantage(i, x) / lam),
            -8,
            8,
        )
        expected = math.exp(advantage(i, taken[i]) / lam) / z
        assert weights[i].item() == pytest.approx(expected, rel=0.03)
    # weighted by pi_beta they are a density: their mean over pi_beta is 1 at every state
    many = weigh(at_samples, partition=at_samples)
    torch.testing.assert_close(many.mean(0), torch.ones(3))


def test_partition_function_clips_its_samples_too_and_needs_them() -> None:
    """f is one function: Z of a clipped f is that of the clipped advantages."""
    weigh = Weights(Exponential(lam=1.0, clip=0.5), PartitionFunction(2))
    weights = weigh(torch.tensor([9.0]), partition=torch.tensor([[9.0], [-math.inf]]))
    torch.testing.assert_close(weights, torch.tensor([2.0]))
    with pytest.raises(ValueError, match=r"log-weights \(K, B\)"):
        weigh(torch.tensor([9.0]))
    with pytest.raises(ValueError, match=r"log-weights \(K, B\)"):
        weigh(torch.tensor([9.0]), partition=torch.tensor([9.0]))


def test_cap_bounds_the_weight_over_a_tiny_partition() -> None:
    """lam 0.3, all of b's actions worse by 30: Z = e^-100, and f / Z = e^100 is no float32."""
    at_samples = torch.full((2, 2), -30.0)
    weigh = Weights(Exponential(lam=0.3, cap=100.0), PartitionFunction(2))
    weights = weigh(torch.tensor([0.0, -29.7]), partition=at_samples)
    torch.testing.assert_close(weights, torch.tensor([100.0, math.e]), rtol=1e-4, atol=0)


def test_cap_leaves_the_partition_as_it_is() -> None:
    """f = 8 at the action, 2 and 6 at the samples: w = 8 / 4 = 2, a cap of 3 changes nothing."""
    weigh = Weights(Exponential(lam=1.0, cap=3.0), PartitionFunction(2))
    at_samples = torch.tensor([[2.0], [6.0]]).log()
    weights = weigh(torch.tensor([8.0]).log(), partition=at_samples)
    torch.testing.assert_close(weights, torch.tensor([2.0]))


def divergence_to_uniform(q: Tensor, eta: float) -> float:
    """mean_s D_KL(softmax(q / eta) || uniform), nats."""
    p = torch.softmax(q.double() / eta, 0)
    return float((p * (p * q.shape[0]).log()).sum(0).mean())


def test_dual_by_hand() -> None:
    q = torch.tensor([[0.0, 1.0], [2.0, 1.0]])
    eta = torch.tensor([2.0], requires_grad=True)
    loss = temperature_dual_loss(eta, q, 0.1)
    first, second = math.log((1 + math.e) / 2), 0.5
    assert loss.item() == pytest.approx(2 * 0.1 + 2 * (first + second) / 2)
    loss.backward()
    # its slope is epsilon less the divergence of the weights
    assert eta.grad is not None
    assert eta.grad.item() == pytest.approx(0.1 - divergence_to_uniform(q, 2.0), abs=1e-6)
    with pytest.raises(ValueError, match=r"expected q \(K, B\)"):
        temperature_dual_loss(eta, torch.zeros(4), 0.1)


@pytest.mark.parametrize("epsilon", [0.05, 0.1, 0.5])
@pytest.mark.parametrize("initial", [0.05, 10.0])
def test_eta_finds_the_temperature_whose_weights_are_epsilon_from_uniform(
    epsilon: float, initial: float
) -> None:
    """A bandit of 20 arms in 64 states, each arm equally likely under the prior."""
    q = torch.randn(20, 64, generator=torch.Generator().manual_seed(1)) - 30.0
    best = brentq(lambda eta: divergence_to_uniform(q, eta) - epsilon, 1e-2, 1e3)
    dual = Dual(initial)
    optimizer = torch.optim.Adam(dual.parameters(), lr=0.05)
    for _ in range(600):
        optimizer.zero_grad()
        temperature_dual_loss(dual.value(), q, epsilon).backward()
        optimizer.step()
    eta = dual.value().detach()
    assert eta.item() == pytest.approx(best, rel=0.03)
    weights = Weights(DualExponential(epsilon=epsilon), StateMean())(q, eta=eta)
    found = float((weights / 20 * weights.clamp(min=1e-12).log()).sum(0).mean())
    assert found == pytest.approx(epsilon, rel=0.06)


def test_dual_exponential_needs_its_temperature() -> None:
    shape = DualExponential()
    with pytest.raises(ValueError, match="needs its temperature eta"):
        Weights(shape, StateMean())(advantages())
    eta = torch.tensor([0.3], requires_grad=True)
    weights = Weights(shape, StateMean())(advantages(), eta=eta)
    assert not weights.requires_grad
    expected = Weights(Exponential(lam=0.3), StateMean())(advantages())
    torch.testing.assert_close(weights, expected)
    plain = Weights(shape, Unnormalised())(advantages(), eta=eta)
    torch.testing.assert_close(plain, (advantages() / 0.3).exp())
