"""BEAR's maximum mean discrepancy by brute force, and the multiplier that bounds it."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from algorithms.agent import Agent
from algorithms.constraints.kernels import GaussianKernel, Kernel, Laplacian, mmd
from algorithms.constraints.mmd import MMD
from algorithms.engine.update import policy_losses
from algorithms.networks.duals import LogDual
from tests.algorithms.conftest import WARM_START, learn, step_of, tiny_agent

KERNELS: list[Kernel] = [Laplacian(0.7), GaussianKernel(0.7), Laplacian(20.0), GaussianKernel(50.0)]
EVERY_KERNEL = pytest.mark.parametrize("kernel", KERNELS, ids=repr)


def samples(count: int, states: int = 3, *, seed: int = 0) -> Tensor:
    return torch.randn(count, states, 2, generator=torch.Generator().manual_seed(seed))


def brute_force(x: Tensor, y: Tensor, kernel: Kernel) -> list[float]:
    """State by state, pair by pair, in plain Python."""

    def k(a: Tensor, b: Tensor) -> float:
        if isinstance(kernel, Laplacian):
            return math.exp(-float((a - b).abs().sum()) / (2 * kernel.sigma))
        return math.exp(-float((a - b).square().sum()) / (2 * kernel.sigma))

    def mean(first: Tensor, second: Tensor) -> float:
        return sum(k(a, b) for a in first for b in second) / (len(first) * len(second))

    result = []
    for state in range(x.shape[1]):
        p, q = x[:, state], y[:, state]
        result.append(math.sqrt(mean(p, p) + mean(q, q) - 2 * mean(p, q) + 1e-6))
    return result


@EVERY_KERNEL
def test_brute_force(kernel: Kernel) -> None:
    x, y = samples(4), 0.5 + 2 * samples(6, seed=1)
    actual = mmd(x, y, kernel)
    assert actual.shape == (3,)
    torch.testing.assert_close(actual, torch.tensor(brute_force(x, y, kernel)), rtol=1e-3, atol=0)
    assert actual.std() > 0.01 * actual.mean()  # one number a state
    torch.testing.assert_close(mmd(y, x, kernel), actual, rtol=1e-4, atol=0)


def test_kernels_by_hand() -> None:
    difference = torch.tensor([[1.0, -3.0]])
    assert Laplacian(2.0)(difference).item() == pytest.approx(math.exp(-4 / 4))
    assert GaussianKernel(2.0)(difference).item() == pytest.approx(math.exp(-10 / 4))


@EVERY_KERNEL
def test_identical_samples(kernel: Kernel) -> None:
    x = samples(5)
    expected = torch.full((3,), 1e-3)
    torch.testing.assert_close(mmd(x, x.clone(), kernel), expected, rtol=0.2, atol=0)
    order = torch.tensor([3, 0, 4, 1, 2])
    torch.testing.assert_close(mmd(x, x[order], kernel), expected, rtol=0.2, atol=0)


@EVERY_KERNEL
def test_larger_shifts_are_farther(kernel: Kernel) -> None:
    x, y = samples(200), samples(200, seed=1)
    distances = torch.stack([mmd(x, y + shift, kernel) for shift in (0.0, 0.5, 1.0, 2.0, 4.0)])
    assert (distances.diff(dim=0) > 0).all()


@EVERY_KERNEL
def test_gradient_reaches_both_and_is_finite_at_zero(kernel: Kernel) -> None:
    x, y = samples(4).requires_grad_(), samples(4, seed=1).requires_grad_()
    mmd(x, y, kernel).sum().backward()
    for tensor in (x, y):
        assert tensor.grad is not None and (tensor.grad.abs().amax(-1) > 0).all()
    same = samples(4).requires_grad_()
    mmd(same, same.detach().clone(), kernel).sum().backward()
    assert same.grad is not None and torch.isfinite(same.grad).all()


@pytest.mark.parametrize("wrong", [(4, 2, 2), (4, 3, 1), (4, 3), (12, 2)])
def test_other_states_or_dimensions_are_refused(wrong: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"expected \(N, B, A\) and \(M, B, A\)"):
        mmd(samples(4), torch.zeros(wrong), Laplacian())


def bear(*changes: str) -> Agent:
    return tiny_agent("BEAR", "paper", *changes)


def test_term_of_the_policy_by_hand() -> None:
    """alpha * mean_s (MMD(s) - threshold), VAE and policy compared before the tanh."""
    agent = bear("initial_multiplier=3", "mmd_samples=6", "threshold=0.2", "kernel.sigma=0.5")
    step = step_of(agent, seed=5)
    term, losses, metrics = agent.method.constraint.policy_term(step)
    noise = torch.Generator().manual_seed(5)
    s = step.batch.observations
    of_data = agent.networks["behavior"].sample_before_squash(s, 6, noise)
    pi = agent.policy(s)
    of_policy = pi.mean + pi.log_std.exp() * torch.randn(6, *pi.mean.shape, generator=noise)
    distances = brute_force(of_data.detach(), of_policy.detach(), Laplacian(0.5))
    distance = sum(distances) / len(distances)
    expected = 3.0 * (distance - 0.2)
    assert float(term) == pytest.approx(expected, rel=1e-3)
    assert losses["multiplier"].item() == pytest.approx(-expected, rel=1e-3)
    assert metrics["constraint_mmd"].item() == pytest.approx(distance, rel=1e-3)
    # alpha = exp(log alpha): the ascent is alpha (MMD - threshold) in log alpha
    (gradient,) = torch.autograd.grad(losses["multiplier"], agent.networks["multiplier"].log_value)
    assert gradient.item() == pytest.approx(-expected, rel=1e-3)


@pytest.mark.parametrize(("threshold", "rises"), [(1e-4, True), (1.5, False)])
def test_multiplier_rises_iff_the_distance_exceeds_the_threshold(
    threshold: float, rises: bool
) -> None:
    agent = bear(f"threshold={threshold}")
    values = []
    for seed in range(5):
        metrics = learn(agent, seed)
        assert bool(metrics["constraint_mmd"] > threshold) == rises
        values.append(metrics["constraint_multiplier"].item())
    values.append(agent.networks["multiplier"].value().item())
    assert values[0] == pytest.approx(1.0)
    steps = [b - a for a, b in pairwise(values)]
    assert all((step > 0) == rises and step != 0 for step in steps)


@pytest.mark.parametrize(("threshold", "bound"), [(1e-4, 10.0), (1.5, -5.0)])
def test_multiplier_stays_in_its_bounds(threshold: float, bound: float) -> None:
    agent = bear(f"threshold={threshold}", "constraint.multiplier_learning_rate=20.0")
    for seed in range(3):
        learn(agent, seed)
        dual = agent.networks["multiplier"]
        assert isinstance(dual, LogDual)
        assert dual.log_value.item() == bound


def policy_gradient(agent: Agent, updates: int) -> tuple[Tensor, Tensor, Tensor]:
    """Gradient of the whole loss, of the constraint, and of the objective, with equal noise."""
    agent.updates = updates

    def flat(loss: Tensor) -> Tensor:
        (gradient,) = torch.autograd.grad(loss, [agent.policy.mlp.flat], retain_graph=True)
        return gradient

    whole = flat(policy_losses(agent.method, step_of(agent))[0]["policy"])
    step = step_of(agent)
    improves = updates >= WARM_START
    objective = agent.method.objective.losses(step)[0]["policy"] if improves else None
    term, _, _ = agent.method.constraint.policy_term(step)
    assert isinstance(term, Tensor)
    of_objective = torch.zeros_like(whole) if objective is None else flat(objective)
    return whole, flat(term), of_objective


@pytest.mark.parametrize("name", ["BEAR", "BRAC", "BRAC[policy]"])
@pytest.mark.parametrize("updates", [0, WARM_START - 1, WARM_START, 10**6])
def test_during_the_warm_start_the_policy_follows_the_constraint_alone(
    name: str, updates: int
) -> None:
    whole, of_constraint, of_objective = policy_gradient(tiny_agent(name), updates)
    assert of_constraint.abs().max() > 1e-4
    assert bool(of_objective.any()) == (updates >= WARM_START)
    torch.testing.assert_close(whole, of_constraint + of_objective, rtol=1e-3, atol=1e-4)


def test_numbers_of_the_authors_scripts() -> None:
    expected = MMD(threshold=0.05, kernel=Laplacian(50.0), mmd_samples=10, initial_multiplier=1.0)
    assert MMD() == expected and MMD().warm_start_steps == 20_000
