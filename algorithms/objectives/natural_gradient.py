"""DAPG's policy improvement: one natural gradient step per batch of on-policy episodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from algorithms.data.returns import Rollout
from algorithms.objectives.base import Objective
from algorithms.policies.distributions import gaussian_kl
from algorithms.policies.free_gaussian import FreeGaussianPolicy
from algorithms.policies.policy import Policy
from algorithms.types import Batch, Metrics, check_range, check_vectors


def conjugate_gradient(
    product: Callable[[Tensor], Tensor],
    b: Tensor,
    *,
    iterations: int = 10,
    tolerance: float = 1e-10,
) -> Tensor:
    """Solve M x = b for a symmetric positive definite M, given as v -> M v; starts at x = 0.

    Stops after `iterations` products, or once |b - M x|^2 <= tolerance |b|^2 (relative, so that
    x scales with b). b (D,) -> (D,); b = 0 gives 0.
    """
    x, residual, direction = torch.zeros_like(b), b, b
    squared = residual @ residual
    enough = tolerance * squared
    for _ in range(iterations):
        if squared <= enough:
            break
        image = product(direction)
        step = squared / (direction @ image)
        x = x + step * direction
        residual = residual - step * image
        previous, squared = squared, residual @ residual
        direction = residual + squared / previous * direction
    return x


def fisher_vector_product(
    policy: FreeGaussianPolicy, observations: Tensor, vector: Tensor, *, damping: float
) -> Tensor:
    """(F + damping I) v, F the Fisher information of the policy averaged over the N states.

    Of a diagonal Gaussian it has two blocks and nothing between them: J^T diag(1 / sigma^2) J / N
    for the parameters of the mean (J the Jacobian of the N means), 2 I for the log-stds. F is
    also the Hessian of mean KL(pi_old || pi) at pi = pi_old. A log-std below its floor does not
    change the policy: its entry is 0.

    Args:
        policy: Its P network parameters and A log-stds, read only.
        observations: (N, O).
        vector: (P + A,), in the order policy.mlp.flat, policy.log_std.
        damping: Added to the diagonal.

    Returns:
        (P + A,), without gradient.

    Raises:
        ValueError: If vector is not (P + A,).
    """
    flat, log_std = policy.mlp.flat.detach(), policy.log_std.detach()
    sizes = [flat.numel(), log_std.numel()]
    if vector.shape != (sum(sizes),):
        raise ValueError(f"expected vector ({sum(sizes)},), got {tuple(vector.shape)}")
    along_flat, along_log_std = torch.split(vector.detach(), sizes)

    with torch.enable_grad():
        mean = policy.plain_mean(observations, flat.requires_grad_())
        u = torch.zeros_like(mean, requires_grad=True)
        (pulled,) = torch.autograd.grad(mean, flat, u, create_graph=True)  # J^T u
    # linear in u: its derivative with respect to u, taken along v, is J v, on the same graph
    (change,) = torch.autograd.grad(pulled, u, along_flat, retain_graph=True)
    precision = torch.exp(-2 * log_std.clamp(min=policy.low))
    (of_flat,) = torch.autograd.grad(mean, flat, change * precision / observations.shape[0])
    of_log_std = torch.where(log_std >= policy.low, 2 * along_log_std, 0.0)
    return torch.cat([of_flat, of_log_std]) + damping * vector.detach()


def whiten(advantages: Tensor) -> Tensor:
    """(A - mean) / std over the batch, (N,) -> (N,) without gradient.

    A constant batch prefers nothing and gives 0; divided by its std, the rounding errors of its
    mean would make a full-sized step. ValueError unless A is (N,).
    """
    check_vectors(advantages=advantages)
    advantages = advantages.detach()
    centred = advantages - advantages.mean()
    std = centred.square().mean().sqrt()
    return torch.where(std > 1e-6 * advantages.abs().max(), centred / std, 0.0)


@dataclass(frozen=True)
class NaturalPolicyGradient(Objective):
    """theta += sqrt(delta / g^T F^-1 g) F^-1 g (Rajeswaran et al. 2018; mjrl).

    g = (1/N) [sum_on-policy grad log pi(a|s) A_hat + sum_demos grad log pi(a|s) lambda_0
    lambda_1^k], A_hat whitened over the N on-policy transitions, k the iteration from 0. The
    paper multiplies the demonstrations' weight by max A_hat; the released code sets that to 1,
    and so does this one. With demonstration_weight = 0 this is NPG.

    Attributes:
        step_size: delta, twice the KL divergence of a step (mjrl `normalized_step_size`): 0.05 in
            the released example, 0.1 in the paper.
        demonstration_weight: lambda_0.
        demonstration_decay: lambda_1.
        cg_iterations: Fisher-vector products per step.
        damping: Added to the Fisher matrix's diagonal.
        trajectories: Episodes collected for each update.
    """

    step_size: float = 0.05
    demonstration_weight: float = 1e-2
    demonstration_decay: float = 0.95
    cg_iterations: int = 10
    damping: float = 1e-4
    trajectories: int = 200

    def __post_init__(self) -> None:
        check_range("step_size", self.step_size, 0.0, above=True)
        check_range("demonstration_weight", self.demonstration_weight, 0.0)
        check_range("demonstration_decay", self.demonstration_decay, 0.0, 1.0)
        check_range("cg_iterations", self.cg_iterations, 1)
        check_range("damping", self.damping, 0.0, above=True)  # F alone is singular
        check_range("trajectories", self.trajectories, 1)

    @property
    def needs_demonstrations(self) -> bool:
        """Whether lambda_0 > 0: without it, this is NPG."""
        return self.demonstration_weight > 0

    def improve(
        self,
        policy: Policy,
        rollouts: Sequence[Rollout],
        advantages: Tensor,
        demonstrations: Batch | None,
        iteration: int,
    ) -> Metrics:
        """One step, in place on policy.mlp.flat and policy.log_std; none where g = 0.

        Args:
            policy: The one that drew the rollouts' actions, a `FreeGaussianPolicy`.
            rollouts: N transitions in all.
            advantages: (N,) in the rollouts' order, any units: they are whitened here.
            demonstrations: All of them. Not used if demonstration_weight is 0.
            iteration: Number of steps made before this one.

        Returns:
            policy_step_kl: mean over on-policy states of KL(old || new), nats; near step_size / 2.
            policy_std: mean standard deviation after the step, in units of action.
            advantage_max: max A_hat, the factor that the paper's weight has and this one has not.
            gradient_norm: |g|.
            demonstration_weight: lambda_0 lambda_1^k.

        Raises:
            ValueError: If advantages are not (N,), or demonstrations are needed and missing.
        """
        assert isinstance(policy, FreeGaussianPolicy)  # compatibility.py has seen to it
        if self.needs_demonstrations and demonstrations is None:
            raise ValueError("demonstration_weight > 0 needs demonstrations")
        observations = torch.cat([rollout.observations for rollout in rollouts])
        actions = torch.cat([rollout.actions for rollout in rollouts])
        advantages = whiten(advantages)
        weight = self.demonstration_weight * self.demonstration_decay**iteration

        before = policy(observations)
        log_prob = before.log_prob(actions)
        check_vectors(log_prob=log_prob, advantages=advantages)
        objective = (log_prob * advantages).mean()
        if self.needs_demonstrations and demonstrations is not None:
            imitation = policy(demonstrations.observations).log_prob(demonstrations.actions)
            objective = objective + weight * imitation.sum() / advantages.shape[0]
        gradient = self._gradient(policy, objective)

        # on-policy states only: the step is to be small where the policy goes, not in the demos
        fisher = partial(fisher_vector_product, policy, observations, damping=self.damping)
        direction = conjugate_gradient(fisher, gradient, iterations=self.cg_iterations)
        with torch.no_grad():
            slope = gradient @ direction
            if slope != 0:
                step = torch.sqrt(self.step_size / slope.abs()) * direction
                policy.mlp.flat.add_(step[: policy.mlp.flat.numel()])
                policy.log_std.add_(step[policy.mlp.flat.numel() :])
                policy.log_std.clamp_(min=policy.low)
            after = policy(observations)
            kl = gaussian_kl(before.mean, before.log_std, after.mean, after.log_std).sum(-1).mean()
        return {
            "policy_step_kl": kl,
            "policy_std": after.log_std.exp().mean(),
            "advantage_max": advantages.max(),
            "gradient_norm": gradient.norm(),
            "demonstration_weight": torch.tensor(weight),
        }

    def _gradient(self, policy: FreeGaussianPolicy, objective: Tensor) -> Tensor:
        """(P + A,), 0 for a log-std that stands on its floor and would go below.

        Left in, it would take its share of the step's KL and then be clamped away.
        """
        of_flat, of_log_std = torch.autograd.grad(objective, [policy.mlp.flat, policy.log_std])
        held = (policy.log_std <= policy.low) & (of_log_std < 0)
        return torch.cat([of_flat, of_log_std.masked_fill(held, 0.0)])
