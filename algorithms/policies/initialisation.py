"""How the policy starts: at random, or as a clone of the demonstrations."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from algorithms.losses import imitation_loss
from algorithms.policies.distributions import gaussian_log_prob
from algorithms.policies.policy import Policy
from algorithms.types import Batch, check_range


def _likelihood(policy: Policy, batch: Batch) -> Tensor:
    return imitation_loss(policy(batch.observations).log_prob(batch.actions))


@dataclass(frozen=True)
class RandomInit:
    """The policy starts from its random initialisation."""

    cloning_steps = 0

    def loss(self, policy: Policy, batch: Batch) -> Tensor:
        """-mean_B log pi(a|s): () in nats, with gradient to the policy."""
        return _likelihood(policy, batch)


@dataclass(frozen=True)
class CloneDemonstrations:
    """The policy is first cloned from the demonstrations (B.4, "initializing the policy ...")."""

    cloning_steps: int = 25_000

    def __post_init__(self) -> None:
        check_range("cloning_steps", self.cloning_steps, 0)

    def loss(self, policy: Policy, batch: Batch) -> Tensor:
        """-mean_B log pi(a|s): () in nats, with gradient to the policy."""
        return _likelihood(policy, batch)


@dataclass(frozen=True)
class CloneMeans:
    """The mean is fitted to the demonstrations by squared error; the standard deviation becomes
    that of their actions as a whole, which leaves room to explore (DAPG).

    Cloning by likelihood would shrink it to the residual of the fit.
    """

    cloning_steps: int = 25_000

    def __post_init__(self) -> None:
        check_range("cloning_steps", self.cloning_steps, 0)

    def loss(self, policy: Policy, batch: Batch) -> Tensor:
        """The loss mean (mean(s) - a)^2 - mean_B log N(a; batch mean of a, std): ().

        The first term moves the mean alone, the second the standard deviation alone.
        """
        pi = policy(batch.observations)
        centre = batch.actions.mean(0, keepdim=True).expand_as(batch.actions)
        spread = gaussian_log_prob(batch.actions, centre, pi.log_std)
        error: Tensor = (pi.mean - batch.actions).square().mean()
        return error + imitation_loss(spread)


Initialisation = RandomInit | CloneDemonstrations | CloneMeans
