"""Imitation of the data: behaviour cloning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from algorithms.losses import Losses
from algorithms.objectives.base import Objective
from algorithms.policies.distributions import Distribution
from algorithms.step import Step
from algorithms.types import Metrics, check_vectors


@dataclass(frozen=True)
class NegativeLogLikelihood:
    """-log pi(a|s)."""

    def __call__(self, pi: Distribution, actions: Tensor) -> Tensor:
        """(B, A) -> (B,) in nats, with gradient to pi. TypeError if pi has no density."""
        return -pi.log_prob(actions)


@dataclass(frozen=True)
class MeanSquaredError:
    """Mean over the action's dimensions of (mode of pi - a)^2; needs no density (TD3+BC)."""

    def __call__(self, pi: Distribution, actions: Tensor) -> Tensor:
        """(B, A) -> (B,) in units of action squared, with gradient to pi."""
        return (pi.mode() - actions).square().mean(-1)


@dataclass(frozen=True)
class Imitation(Objective):
    """Imitation of the demonstrations (BC), or of everything in the buffer."""

    actions: Literal["demonstrations", "buffer"] = "demonstrations"
    error: NegativeLogLikelihood | MeanSquaredError = NegativeLogLikelihood()

    @property
    def needs_demonstrations(self) -> bool:
        """Whether the demonstrations are imitated, not the replay batch."""
        return self.actions == "demonstrations"

    def losses(self, step: Step) -> tuple[Losses, Metrics]:
        """`policy`: mean_B error(pi, a), (s, a) from the demonstrations or from the replay batch.

        The gradient reaches the policy. The error is -log pi(a|s) in nats or a squared error in
        units of action squared. Metrics of log pi and of its standard deviation come with the
        former alone. ValueError if demonstrations are imitated and the caller gave none, or unless
        the error is (B,); TypeError if the error needs a density that the policy lacks.
        """
        batch = step.demonstrations if self.needs_demonstrations else step.batch
        pi = step.policy(batch.observations)
        error = self.error(pi, batch.actions)
        check_vectors(error=error)
        loss = error.mean()
        metrics = {"policy_loss": loss.detach()}
        if isinstance(self.error, NegativeLogLikelihood):
            metrics["log_prob_mean"] = -error.detach().mean()
            metrics["policy_std"] = pi.log_std.detach().exp().mean()
        return {"policy": loss}, metrics
