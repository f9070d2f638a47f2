"""DAPG: its advantages, and the step along the natural gradient, from an explicit Fisher matrix."""

from __future__ import annotations

import numpy as np
import torch
from numpy import ndarray

from algorithms.critics.gae import GAE, ValueBaseline
from algorithms.data.returns import Rollout
from algorithms.objectives.natural_gradient import NaturalPolicyGradient
from algorithms.policies.free_gaussian import FreeGaussianPolicy
from tests.algorithms.parity.networks import OBS, WIDTH, A, Normal, layers
from tests.algorithms.parity.numerics import H, clip, gradient
from tests.algorithms.parity.problem import B, Problem, as_torch, batch_of, double_precision

DELTA, WEIGHT, GAMMA, LAM, ITERATION = 0.05, 1e-2 * 0.95**3, 0.995, 0.97, 3
# well conditioned: at DAPG's own damping ten iterations enlarge rounding errors to 1e-4
DAMPING, CG_ITERATIONS = 0.1, 6


def policy(theta: ndarray, s: ndarray) -> Normal:
    """Linear mean, free log sigma."""
    mean = layers(theta[A:], (OBS, WIDTH, A), s)
    return Normal(mean, theta[:A] + 0 * mean, False)


def value(theta: ndarray, s: ndarray) -> ndarray:
    """Of one episode: the clipped observation over 10, and four powers of t / 1000."""
    t = np.arange(len(s))[:, None] / 1000
    features = np.concatenate([clip(s, -10, 10) / 10, t, t**2, t**3, t**4], 1)
    return layers(theta, (OBS + 4, WIDTH, 1), features)[:, 0]


def advantages(theta: ndarray, s: ndarray, r: ndarray, terminated: bool) -> ndarray:
    """Sum over k of (gamma lambda)^k delta_t+k, a cut episode bootstrapped with its last value."""
    v = value(theta, s)
    after = np.append(v[1:], 0.0 if terminated else v[-1])
    delta = r + GAMMA * after - v
    return np.array(
        [sum((GAMMA * LAM) ** (k - t) * delta[k] for k in range(t, len(r))) for t in range(len(r))]
    )


def fisher(theta: ndarray, s: ndarray) -> ndarray:
    """Mean over states of J^T diag(1 / sigma^2) J for the mean, 2 for each log sigma."""
    jacobian = np.zeros((len(s), A, theta.size))
    for i in range(theta.size):
        moved = theta.astype(complex)
        moved[i] += 1j * H
        jacobian[:, :, i] = policy(moved, s).mean.imag / H
    precision = np.exp(-2 * theta[:A])
    matrix = np.einsum("nai,a,naj->ij", jacobian, precision, jacobian) / len(s)
    matrix[range(A), range(A)] += 2.0
    return matrix + DAMPING * np.eye(theta.size)


def conjugate_gradient(matrix: ndarray, b: ndarray) -> ndarray:
    x, r = np.zeros(b.size), b.copy()
    direction, enough = r.copy(), 1e-10 * (b @ b)
    for _ in range(CG_ITERATIONS):
        if r @ r <= enough:
            break
        step = (r @ r) / (direction @ matrix @ direction)
        x, before = x + step * direction, r @ r
        r = r - step * (matrix @ direction)
        direction = r + (r @ r) / before * direction
    return x


def divergence(p: Normal, q: Normal) -> float:
    ratio = np.exp(2 * (p.log_std - q.log_std))
    distance = (p.mean - q.mean) ** 2 / np.exp(2 * q.log_std)
    terms = q.log_std - p.log_std + (ratio + distance) / 2 - 0.5
    return float(terms.sum(1).mean())


def test_one_improvement() -> None:
    with double_precision():
        changes = (f"damping={DAMPING}", f"cg_iterations={CG_ITERATIONS}")
        problem = Problem("DAPG", *changes, updates=ITERATION)
        parts, networks = [batch_of(11), batch_of(12)], problem.agent.networks
        rollouts = [
            Rollout(*(torch.from_numpy(x) for x in (b.s, b.a, b.r)), terminated=end)
            for b, end in zip(parts, (False, True), strict=True)
        ]
        critic, objective = problem.method.critic, problem.method.objective
        assert isinstance(critic, GAE) and isinstance(objective, NaturalPolicyGradient)
        assert isinstance(networks["baseline"], ValueBaseline)
        assert isinstance(networks["policy"], FreeGaussianPolicy)
        found = critic.advantages(networks["baseline"], rollouts)
        metrics = objective.improve(
            networks["policy"], rollouts, found, as_torch(problem.demonstrations), ITERATION
        )
        after = np.concatenate(
            [p.detach().numpy().ravel() for p in networks["policy"].parameters()]
        )

    theta, of_baseline = problem.theta["policy"], problem.theta["baseline"]
    expected = np.concatenate(
        [
            advantages(of_baseline, b.s, b.r, end)
            for b, end in zip(parts, (False, True), strict=True)
        ]
    )
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-10)
    s, a = (np.concatenate([getattr(b, name) for b in parts]) for name in "sa")
    whitened = (expected - expected.mean()) / expected.std()
    demos = problem.demonstrations

    def score(theta: ndarray) -> ndarray:
        imitated = policy(theta, demos.s).log_density(demos.a).sum() / (2 * B)
        return (policy(theta, s).log_density(a) * whitened).mean() + WEIGHT * imitated

    slope = gradient(score, theta)
    np.testing.assert_allclose(float(metrics["gradient_norm"]), np.linalg.norm(slope), rtol=1e-10)
    direction = conjugate_gradient(fisher(theta, s), slope)
    moved = theta + np.sqrt(DELTA / (slope @ direction)) * direction
    assert np.linalg.norm(moved - theta) > 0.05
    np.testing.assert_allclose(after, moved, rtol=0, atol=1e-10 * np.linalg.norm(moved - theta))
    np.testing.assert_allclose(
        float(metrics["policy_step_kl"]), divergence(policy(theta, s), policy(moved, s)), rtol=1e-10
    )
