"""V(s) and the advantage that weighted maximum likelihood uses."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from algorithms.step import Step
from algorithms.types import check_range, check_vectors


class _FromCritic:
    """A(s, a) = min_j Q_j(s, a) - V(s), V from Q at actions that the value asks for."""

    def of(self, step: Step) -> Tensor:
        """V(s): (B,) in units of reward, mean over queried actions of the ensemble's minimum."""
        return step.q_at("value").mean(0)

    def advantages(self, step: Step) -> Tensor:
        """A at the batch's actions: (B,) in units of reward, without gradient."""
        q, values = step.q.detach().min(0).values, step.values
        check_vectors(q=q, values=values)
        return q - values


@dataclass(frozen=True)
class PolicyMode(_FromCritic):
    """V(s) = min_j Q_j(s, mode of pi): what the authors ran on the hand."""

    def queries(self, step: Step) -> dict[str, Tensor]:
        """`value`: the mode of pi(.|s), (B, A)."""
        return {"value": step.pi.mode()}


@dataclass(frozen=True)
class PolicySamples(_FromCritic):
    """V(s) = mean_k min_j Q_j(s, a_k), a_k ~ pi, k = 1..samples."""

    samples: int = 1

    def __post_init__(self) -> None:
        check_range("samples", self.samples, 1)

    def queries(self, step: Step) -> dict[str, Tensor]:
        """`value`: `samples` actions a state of pi(.|s), (samples * B, A)."""
        return {"value": step.pi.sample(step.generator, self.samples)}


@dataclass(frozen=True)
class NoBaseline(_FromCritic):
    """The weights are of Q itself (MPO, Eq. 15); V = 0."""

    def queries(self, step: Step) -> dict[str, Tensor]:
        """None: V needs no value of Q."""
        return {}

    def of(self, step: Step) -> Tensor:
        """V(s) = 0: (B,)."""
        return torch.zeros_like(step.batch.rewards)


class FromTargetCritic:
    """A(s, a) = min_j target Q_j(s, a) - V(s), also at the policy's or a model's actions.

    The online critics are not asked. V(s) is 0 unless a subclass defines `of`.
    """

    def queries(self, step: Step) -> dict[str, Tensor]:
        """None: `at` asks the target critics."""
        return {}

    def of(self, step: Step) -> Tensor:
        """V(s) = 0: (B,)."""
        return torch.zeros_like(step.batch.rewards)

    def advantages(self, step: Step) -> Tensor:
        """A at the batch's actions: (B,) in units of reward, without gradient."""
        return self.at(step, step.batch.actions)[0]

    @torch.no_grad()
    def at(self, step: Step, actions: Tensor) -> Tensor:
        """A at actions (K * B, A), block k the k-th of every state, clipped as executed: (K, B)."""
        q = step.target_critic.candidates(step.batch.observations, actions.clamp(-1, 1))
        advantages: Tensor = q.min(0).values - step.values
        return advantages


@dataclass(frozen=True)
class TargetQ(FromTargetCritic):
    """The weights are of the slow critics' Q itself: A = min_j target Q_j(s, a), V = 0.

    Full MPO's E-step, as in Acme.
    """


@dataclass(frozen=True)
class LearnedValue(FromTargetCritic):
    """The critic's own V(s) (IQL): A = min_j target Q_j(s, a) - V(s)."""

    @torch.no_grad()
    def of(self, step: Step) -> Tensor:
        """V(s) of the critic's network: (B,) in units of reward, without gradient."""
        values: Tensor = step.value_network(step.batch.observations)
        return values


@dataclass(frozen=True)
class LambdaAdvantage:
    """A = TD(lambda) return - V(s), worked out over the whole buffer by critic=TDLambda."""

    def queries(self, step: Step) -> dict[str, Tensor]:
        """None: V is a network of the critic, and A is in the batch."""
        return {}

    @torch.no_grad()
    def of(self, step: Step) -> Tensor:
        """V(s) of the critic's network: (B,) in units of reward, without gradient."""
        values: Tensor = step.value_network(step.batch.observations)
        return values

    def advantages(self, step: Step) -> Tensor:
        """A as the critic has filled it in: (B,), without gradient.

        In units of reward, or without unit where the critic whitens. ValueError if no TD(lambda)
        critic has filled them in.
        """
        if step.batch.advantages is None:
            raise ValueError("LambdaAdvantage needs critic=TDLambda, which fills advantages in")
        return step.batch.advantages


Value = PolicyMode | PolicySamples | NoBaseline | TargetQ | LearnedValue | LambdaAdvantage
