"""The natural gradient step against dense linear algebra, closed forms and a bandit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.autograd.functional import hessian, jacobian
from torch.distributions import Independent, Normal, kl_divergence

from algorithms.data.returns import Rollout
from algorithms.networks.mlp import MLP
from algorithms.objectives.natural_gradient import (
    NaturalPolicyGradient,
    conjugate_gradient,
    fisher_vector_product,
    whiten,
)
from algorithms.policies.distributions import gaussian_kl
from algorithms.policies.free_gaussian import FreeGaussianPolicy
from algorithms.types import Batch

STATES, A, LOW = 3, 2, -3.0
DAMPING = 0.1  # large enough for float32 to solve against dense matrices


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def randn(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=generator(seed))


def policy(log_std: tuple[float, ...] = (-0.5, 0.4), *hidden: int) -> FreeGaussianPolicy:
    """Different spreads in different dimensions, none of them 1."""
    mlp = MLP((STATES, *(hidden or (5,)), A), last_scale=0.5, generator=generator())
    pi = FreeGaussianPolicy(mlp, A, 0.0, LOW)
    with torch.no_grad():
        pi.log_std.copy_(torch.tensor(log_std))
    return pi


def theta(pi: FreeGaussianPolicy) -> Tensor:
    return torch.cat([pi.mlp.flat, pi.log_std]).detach()


@torch.no_grad()
def rollouts(pi: FreeGaussianPolicy, lengths: tuple[int, ...], seed: int = 1) -> list[Rollout]:
    """Episodes of random states, with actions drawn from the policy."""
    draws, episodes = generator(seed), []
    for length in lengths:
        x = torch.randn(length + 1, STATES, generator=draws)
        actions = pi(x[:-1]).sample(draws)
        episodes.append(Rollout(x[:-1], actions, torch.zeros(length), False))
    return episodes


def demonstrations(count: int, action: float = 0.9, scale: float = 1.0) -> Batch:
    x = scale * randn(count, STATES, seed=7)
    ones = torch.ones(count)
    return Batch(x, torch.full((count, A), action), -ones, ones, x)


def mean_jacobian(pi: FreeGaussianPolicy, observations: Tensor) -> Tensor:
    """(N, A, P)."""
    flat = pi.mlp.flat.detach()
    return jacobian(lambda f: pi.plain_mean(observations, f), flat)


def dense_fisher(pi: FreeGaussianPolicy, observations: Tensor) -> Tensor:
    """(P + A, P + A), its blocks written out state by state."""
    per_state = mean_jacobian(pi, observations)
    size = per_state.shape[-1]
    fisher = torch.zeros(size + A, size + A)
    inverse_covariance = torch.diag(torch.exp(-2 * pi.log_std.detach()))
    for j in per_state:
        fisher[:size, :size] += j.T @ inverse_covariance @ j / len(per_state)
    fisher[size:, size:] = 2 * torch.eye(A)
    return fisher


def product_matrix(pi: FreeGaussianPolicy, observations: Tensor, damping: float) -> Tensor:
    """Column by column, what fisher_vector_product multiplies by."""
    columns = [
        fisher_vector_product(pi, observations, unit, damping=damping)
        for unit in torch.eye(theta(pi).numel())
    ]
    return torch.stack(columns, 1)


def test_fisher_vector_product_equals_the_dense_matrix() -> None:
    pi, observations = policy(), randn(11, STATES, seed=2)
    dense = dense_fisher(pi, observations)
    result = product_matrix(pi, observations, 0.0)
    torch.testing.assert_close(result, dense, rtol=1e-4, atol=1e-5)
    damped = product_matrix(pi, observations, 0.3)
    expected = dense + 0.3 * torch.eye(len(dense))
    torch.testing.assert_close(damped, expected, rtol=1e-4, atol=1e-5)


def kl_hessian(pi: FreeGaussianPolicy, observations: Tensor) -> Tensor:
    """Second derivatives of mean KL(pi_old || pi) at pi = pi_old."""
    start = theta(pi)
    size = pi.mlp.flat.numel()
    old_mean, old_log_std = pi(observations).mean.detach(), start[size:].clamp(min=LOW)

    def mean_kl(at: Tensor) -> Tensor:
        mean = pi.plain_mean(observations, at[:size])
        new_log_std = at[size:].clamp(min=LOW)
        return gaussian_kl(old_mean, old_log_std, mean, new_log_std).sum(-1).mean()

    return hessian(mean_kl, start)


def test_fisher_vector_product_is_the_hessian_of_the_kl() -> None:
    pi, observations = policy((-0.5, 0.4), 5, 4), randn(11, STATES, seed=2)
    result = product_matrix(pi, observations, 0.0)
    torch.testing.assert_close(result, kl_hessian(pi, observations), rtol=1e-3, atol=1e-4)


def test_log_std_below_its_floor_has_no_information() -> None:
    pi, observations = policy((LOW - 1.0, 0.4)), randn(11, STATES, seed=2)
    result = product_matrix(pi, observations, 0.0)
    expected = kl_hessian(pi, observations)
    assert expected[-2, -2] == 0 and result[-2, -2] == 0
    assert result[-1, -1] == 2
    torch.testing.assert_close(result, expected, rtol=1e-3, atol=1e-2)  # 1 / sigma^2 = 403

    on_the_floor = product_matrix(policy((LOW, 0.4)), observations, 0.0)
    assert on_the_floor[-2, -2] == 2  # it may leave upwards


def test_fisher_vector_product_leaves_no_graph_and_checks_its_vector() -> None:
    pi, observations = policy(), randn(11, STATES, seed=2)
    before = theta(pi)
    result = fisher_vector_product(pi, observations, torch.ones_like(before), damping=0.1)
    assert not result.requires_grad and torch.equal(theta(pi), before)
    with pytest.raises(ValueError, match="expected vector"):
        fisher_vector_product(pi, observations, before[:-1], damping=0.1)
    with pytest.raises(ValueError, match="expected vector"):
        fisher_vector_product(pi, observations, before.unsqueeze(1), damping=0.1)


def counted(matrix: Tensor) -> tuple[Callable[[Tensor], Tensor], list[int]]:
    calls: list[int] = []

    def product(vector: Tensor) -> Tensor:
        calls.append(1)
        return matrix @ vector

    return product, calls


def spd(size: int) -> Tensor:
    root = randn(size, size, seed=3).double()
    return root @ root.T + 0.5 * torch.eye(size)


def test_conjugate_gradient_solves() -> None:
    matrix, b = spd(12), randn(12, seed=4).double()
    product, calls = counted(matrix)
    x = conjugate_gradient(product, b, iterations=24, tolerance=1e-24)
    torch.testing.assert_close(x, torch.linalg.solve(matrix, b))
    assert len(calls) <= 24


def test_conjugate_gradient_stops() -> None:
    b = randn(12, seed=4).double()
    product, calls = counted(2 * torch.eye(12).double())
    torch.testing.assert_close(conjugate_gradient(product, b), b / 2)
    assert len(calls) == 1  # solved after one product
    product, calls = counted(spd(12))
    rough = conjugate_gradient(product, b, iterations=3)
    assert len(calls) == 3
    # x scales with b, however small: the tolerance is relative
    small = conjugate_gradient(product, 1e-9 * b, iterations=3)
    torch.testing.assert_close(small, 1e-9 * rough, rtol=1e-6, atol=0)
    product, calls = counted(spd(12))
    assert conjugate_gradient(product, torch.zeros(12).double()).eq(0).all() and not calls


@pytest.mark.parametrize("per_state", [False, True])
def test_kl_equals_torch_distributions(per_state: bool) -> None:
    means = randn(2, 6, A, seed=5)
    log_stds = 0.5 * (randn(2, 6, A, seed=6) if per_state else randn(2, A, seed=6))
    p, q = (
        Independent(Normal(mean, log_std.exp()), 1)
        for mean, log_std in zip(means, log_stds, strict=True)
    )
    result = gaussian_kl(means[0], log_stds[0], means[1], log_stds[1]).sum(-1)
    assert result.shape == (6,)
    torch.testing.assert_close(result, kl_divergence(p, q))
    assert gaussian_kl(means[0], log_stds[0], means[0], log_stds[0]).eq(0).all()


def test_a_small_kl_keeps_its_digits() -> None:
    """Half of exp(x) - 1 - x at x = -0.002 is x^2 / 4 + x^3 / 12 = 9.99334e-7, in float32."""
    mean, narrower, same = torch.zeros(1, 1), torch.tensor([-0.001]), torch.tensor([0.0])
    result = gaussian_kl(mean, narrower, mean, same)
    assert result.dtype == torch.float32
    assert result.item() == pytest.approx(9.99334e-7, rel=1e-3, abs=0)


def test_whiten() -> None:
    advantages = 5 + 3 * randn(50, seed=8)
    white = whiten(advantages)
    assert white.mean().item() == pytest.approx(0, abs=1e-6)
    assert white.std(correction=0).item() == pytest.approx(1)
    torch.testing.assert_close(whiten(1e-6 * advantages), white, rtol=1e-3, atol=1e-3)
    for constant in (0.0, 0.1, -123.456, 1e-5):  # its mean is rounded: not a difference
        assert whiten(torch.full((333,), constant)).eq(0).all()
    with pytest.raises(ValueError, match="common shape"):
        whiten(advantages.unsqueeze(1))


def dense_step(
    pi: FreeGaussianPolicy, objective: Tensor, observations: Tensor, damping: float, delta: float
) -> Tensor:
    gradient = torch.cat(list(torch.autograd.grad(objective, [pi.mlp.flat, pi.log_std]))).double()
    fisher = dense_fisher(pi, observations).double()
    x = torch.linalg.solve(fisher + damping * torch.eye(len(fisher)), gradient)
    return ((delta / (gradient @ x)).sqrt() * x).float()


@pytest.mark.parametrize("weight", [0.0, 0.5])
def test_step_equals_dense_linear_algebra(weight: float) -> None:
    """Gradient with the demonstrations over the number of on-policy steps, Fisher without them."""
    pi = policy()
    episodes, demos = rollouts(pi, (20, 30)), demonstrations(70, scale=3.0)
    advantages = randn(50, seed=9) * 4 + 2
    observations = torch.cat([e.observations for e in episodes])
    actions = torch.cat([e.actions for e in episodes])
    white = (advantages - advantages.mean()) / advantages.std(correction=0)
    objective = (pi(observations).log_prob(actions) * white).sum() / 50
    objective = (
        objective + 0.81 * weight * pi(demos.observations).log_prob(demos.actions).sum() / 50
    )
    expected = dense_step(pi, objective, observations, DAMPING, 0.02)

    before = theta(pi)
    npg = NaturalPolicyGradient(
        step_size=0.02,
        demonstration_weight=weight,
        demonstration_decay=0.9,
        cg_iterations=60,
        damping=DAMPING,
    )
    metrics = npg.improve(pi, episodes, advantages, demos, iteration=2)
    torch.testing.assert_close(theta(pi) - before, expected, rtol=1e-2, atol=1e-4)
    assert metrics["advantage_max"] == pytest.approx(white.max().item(), rel=1e-5)
    assert metrics["demonstration_weight"] == pytest.approx(0.81 * weight)
    assert metrics["policy_std"] == pytest.approx(pi.log_std.exp().mean().item())
    assert not any(value.requires_grad for value in metrics.values())
    assert all(value.shape == () for value in metrics.values())


def test_gradient_norm_is_that_of_the_objective() -> None:
    pi = policy()
    (episode,) = rollouts(pi, (40,))
    advantages = randn(40, seed=9)
    white = (advantages - advantages.mean()) / advantages.std(correction=0)
    objective = (pi(episode.observations).log_prob(episode.actions) * white).mean()
    gradients = torch.autograd.grad(objective, [pi.mlp.flat, pi.log_std])
    metrics = NaturalPolicyGradient(demonstration_weight=0).improve(
        pi, [episode], advantages, None, 0
    )
    expected = torch.cat(list(gradients)).norm().item()
    assert metrics["gradient_norm"] == pytest.approx(expected, rel=1e-4)


def step_kl(step_size: float) -> tuple[float, float, float]:
    """One step on 1000 states: KL as reported, and from old to new and back by torch."""
    pi = policy((-0.5, 0.4), 16, 16)
    episodes = rollouts(pi, (500, 500))
    observations = torch.cat([e.observations for e in episodes])
    advantages = torch.cat([e.actions for e in episodes]).sum(-1) + randn(1000, seed=9)
    old = pi(observations)
    npg = NaturalPolicyGradient(step_size=step_size, demonstration_weight=0.0)
    metrics = npg.improve(pi, episodes, advantages, None, 0)
    p, q = (
        Independent(Normal(d.mean, d.log_std.exp().expand_as(d.mean)), 1)
        for d in (old, pi(observations))
    )
    kls = [kl_divergence(*pair).mean().item() for pair in ((p, q), (q, p))]
    return metrics["policy_step_kl"].item(), kls[0], kls[1]


@pytest.mark.parametrize(("step_size", "tolerance"), [(1e-2, 0.15), (1e-3, 0.05), (1e-4, 0.02)])
def test_step_makes_half_its_size_of_kl(step_size: float, tolerance: float) -> None:
    """Default conjugate gradient and damping: x^T F x = g^T x holds at every iterate."""
    assert step_kl(step_size)[0] == pytest.approx(step_size / 2, rel=tolerance)


def test_kl_reported_is_of_the_old_policy_to_the_new() -> None:
    reported, old_new, new_old = step_kl(0.5)  # a step large enough to tell the two apart
    assert reported == pytest.approx(old_new, rel=1e-4)
    assert reported != pytest.approx(new_old, rel=1e-2)


def test_bandit_is_solved() -> None:
    """One state, one step: reward -|a - a*|^2. The mean goes to a*, the spread shrinks."""
    pi = policy((-0.5, -0.5))
    state, best = torch.ones(1, STATES), torch.tensor([0.6, -0.7])
    draws = generator(11)
    npg = NaturalPolicyGradient(step_size=0.05, demonstration_weight=0.0)
    distances = []
    for iteration in range(60):
        with torch.no_grad():
            actions = pi(state).sample(draws, 200)
            distances.append((pi(state).mean[0] - best).norm().item())
        rewards = -(actions - best).square().sum(-1)
        episodes = [
            Rollout(state, action[None], reward[None], True)
            for action, reward in zip(actions, rewards, strict=True)
        ]
        metrics = npg.improve(pi, episodes, rewards, None, iteration)
    assert distances[0] > 0.5 and distances[-1] < 0.05
    assert metrics["policy_std"] < 0.2


def test_demonstrations_move_the_policy() -> None:
    """Advantages that prefer nothing: all that is left are the demonstrations, however light."""
    results = []
    for weight in (1e-2, 1.0):
        pi, demos = policy(), demonstrations(50)
        episodes = rollouts(pi, (60,))
        npg = NaturalPolicyGradient(step_size=0.01, demonstration_weight=weight, damping=DAMPING)
        start = pi(demos.observations).log_prob(demos.actions).mean().item()
        distance = (pi(demos.observations).mean - demos.actions).norm().item()
        npg.improve(pi, episodes, torch.full((60,), 0.1), demos, 0)
        results.append(theta(pi))
        assert pi(demos.observations).log_prob(demos.actions).mean().item() > start + 0.01
        assert (pi(demos.observations).mean - demos.actions).norm().item() < distance
    torch.testing.assert_close(results[0], results[1], rtol=1e-3, atol=1e-4)


def test_demonstration_weight_decays() -> None:
    def after(weight: float, decay: float, iteration: int) -> tuple[Tensor, float]:
        pi = policy()
        episodes, advantages = rollouts(pi, (60,)), randn(60, seed=9)
        npg = NaturalPolicyGradient(
            demonstration_weight=weight, demonstration_decay=decay, damping=DAMPING
        )
        metrics = npg.improve(pi, episodes, advantages, demonstrations(50), iteration)
        return theta(pi), metrics["demonstration_weight"].item()

    reached, weight = after(0.5, 0.8, 3)
    assert weight == pytest.approx(0.5 * 0.8**3)
    torch.testing.assert_close(reached, after(0.5 * 0.8**3, 0.1, 0)[0], rtol=1e-4, atol=1e-5)
    assert (reached - after(0.5, 0.8, 0)[0]).norm() > 1e-2  # and it matters
    without = policy()
    episodes = rollouts(without, (60,))
    npg = NaturalPolicyGradient(demonstration_weight=0.0, damping=DAMPING)
    npg.improve(without, episodes, randn(60, seed=9), None, 0)
    torch.testing.assert_close(after(0.5, 0.8, 200)[0], theta(without), rtol=1e-4, atol=1e-5)


def test_zero_gradient_makes_no_step() -> None:
    pi = policy()
    before = theta(pi)
    episodes = rollouts(pi, (60,))
    npg = NaturalPolicyGradient(demonstration_weight=0.0)
    metrics = npg.improve(pi, episodes, torch.full((60,), 0.1), demonstrations(5), 0)
    assert torch.equal(theta(pi), before)
    assert metrics["gradient_norm"] == 0 and metrics["policy_step_kl"] == 0
    assert metrics["demonstration_weight"] == 0


def spread_advantages(episodes: list[Rollout], pi: FreeGaussianPolicy) -> Tensor:
    """How far from the mean each action is in the first dimension."""
    with torch.no_grad():
        x = torch.cat([e.observations for e in episodes])
        actions = torch.cat([e.actions for e in episodes])
        return (actions - pi(x).mean)[:, 0].square()


def test_log_std_stops_at_its_floor() -> None:
    pi = policy((LOW + 1e-3, 0.4))
    episodes = rollouts(pi, (500,))
    npg = NaturalPolicyGradient(step_size=0.5, demonstration_weight=0.0)
    npg.improve(pi, episodes, -spread_advantages(episodes, pi), None, 0)
    assert pi.log_std[0].item() == LOW


def test_log_std_on_its_floor_takes_no_share_of_the_step_and_can_leave() -> None:
    pi = policy((LOW, 0.4))
    episodes = rollouts(pi, (500,))
    npg = NaturalPolicyGradient(step_size=1e-3, demonstration_weight=0.0)
    metrics = npg.improve(pi, episodes, -spread_advantages(episodes, pi), None, 0)
    assert pi.log_std[0].item() == LOW
    assert metrics["policy_step_kl"] == pytest.approx(0.5e-3, rel=0.1)

    pi = policy((LOW, 0.4))
    npg.improve(pi, episodes, spread_advantages(episodes, pi), None, 0)
    assert LOW < pi.log_std[0].item() < LOW + 0.1


@pytest.mark.parametrize("advantages", [torch.ones(60, 1), torch.ones(1), torch.ones(59)])
def test_advantages_of_another_shape_raise(advantages: Tensor) -> None:
    pi = policy()
    before = theta(pi)
    episodes = rollouts(pi, (60,))
    with pytest.raises(ValueError, match="common shape"):
        NaturalPolicyGradient(demonstration_weight=0).improve(pi, episodes, advantages, None, 0)
    assert torch.equal(theta(pi), before)


def test_missing_demonstrations_raise() -> None:
    pi = policy()
    assert NaturalPolicyGradient().needs_demonstrations
    assert not NaturalPolicyGradient(demonstration_weight=0.0).needs_demonstrations
    with pytest.raises(ValueError, match="demonstrations"):
        NaturalPolicyGradient().improve(pi, rollouts(pi, (9,)), randn(9, seed=1), None, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"step_size": 0.0},
        {"demonstration_weight": -0.1},
        {"demonstration_decay": 1.1},
        {"cg_iterations": 0},
        {"damping": 0.0},
        {"trajectories": 0},
    ],
)
def test_impossible_numbers_raise(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(change))):
        NaturalPolicyGradient(**change)
