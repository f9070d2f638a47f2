"""A penalty on the divergence from a model of the data: BRAC."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from algorithms.constraints.base import Constraint
from algorithms.losses import Losses
from algorithms.policies.distributions import Distribution, gaussian_log_prob
from algorithms.step import Step
from algorithms.types import Metrics, check_range, check_vectors


def log_probs_of_samples(
    pi: Distribution, model: Distribution, count: int, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """Log pi(a_k|s) and log b(a_k|s), a_k ~ pi reparameterised: two (count, B), in nats.

    Both carry gradient to pi, the second through a_k. TypeError if pi or b has no density.

    Where both are squashed (or both are not) the densities are those before the tanh: its Jacobian
    is the same in both, and near the bounds atanh of a rounded action is not the sample any more.
    """
    if type(pi) is type(model):
        before = pi.sample_before_squash(generator, count)
        return tuple(  # type: ignore[return-value]
            gaussian_log_prob(before, of.mean, of.log_std) for of in (pi, model)
        )
    actions, log_prob = pi.sample_with_log_prob(generator, count)
    shape = (count, log_prob.shape[0] // count)
    return log_prob.view(shape), model.log_prob(actions.view(*shape, -1))


def sampled_kl(log_prob: Tensor, behavior_log_prob: Tensor) -> Tensor:
    """mean_k [log pi(a_k|s) - log b(a_k|s)], a_k ~ pi: (K, B) each -> (B,), one number a state.

    In nats, with gradient to both. ValueError unless both have one shape (K, B).
    """
    if log_prob.dim() != 2 or log_prob.shape != behavior_log_prob.shape:
        raise ValueError(
            f"expected two (K, B), got {tuple(log_prob.shape)}, {tuple(behavior_log_prob.shape)}"
        )
    return (log_prob - behavior_log_prob).mean(0)


@dataclass(frozen=True)
class KLRegularisation(Constraint):
    """+ coefficient * D_KL(pi(.|s) || b(.|s)) in the policy's loss, per state (BRAC-p, Wu 2019).

    The divergence is estimated from `kl_samples` reparameterised actions of pi; the behaviour
    model is a constant to it. During the first `warm_start_steps` updates the policy follows the
    divergence alone.
    """

    coefficient: float = 0.1
    kl_samples: int = 4
    warm_start_steps: int = 0

    def __post_init__(self) -> None:
        check_range("coefficient", self.coefficient, 0.0)
        check_range("kl_samples", self.kl_samples, 1)
        check_range("warm_start_steps", self.warm_start_steps, 0)

    def policy_term(self, step: Step) -> tuple[Tensor | float, Losses, Metrics]:
        """The term coefficient * mean_B D_KL(pi(.|s) || b(.|s)), (); no losses of dual variables.

        The gradient reaches the policy alone. The metric `constraint_kl` is the mean divergence in
        nats, without the coefficient. ValueError without a behaviour model that is a policy;
        TypeError if the policy has no density.
        """
        divergence = self._divergence(step, next_state=False)
        return (
            self.coefficient * divergence.mean(),
            {},
            {"constraint_kl": divergence.detach().mean()},
        )

    def _divergence(self, step: Step, *, next_state: bool) -> Tensor:
        """D_KL(pi || b) at s with gradient to pi, or at s' (then call it under no_grad): (B,)."""
        pi = step.next_pi if next_state else step.pi
        states = step.batch.next_observations if next_state else step.batch.observations
        with torch.no_grad():
            model = step.behavior_policy(states)
        return sampled_kl(*log_probs_of_samples(pi, model, self.kl_samples, step.generator))

    def postpones_improvement(self, updates: int) -> bool:
        """Whether `updates` < `warm_start_steps`."""
        return updates < self.warm_start_steps


@dataclass(frozen=True)
class KLPenalty(KLRegularisation):
    """`KLRegularisation`, and V(s') less coefficient * D_KL(pi(.|s') || b(.|s')) (BRAC-v)."""

    def next_value_penalty(self, step: Step) -> Tensor | float:
        """The penalty coefficient * D_KL(pi(.|s') || b(.|s')): (B,), in units of reward.

        Called under no_grad. ValueError without a behaviour model that is a policy, or unless the
        divergence is (B,) as the rewards are; TypeError if the policy has no density.
        """
        divergence = self._divergence(step, next_state=True)
        check_vectors(divergence=divergence, rewards=step.batch.rewards)
        return self.coefficient * divergence
