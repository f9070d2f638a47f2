"""What happens to the policy before the first update, and whether there are offline ones."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from algorithms.losses import imitation_loss
from algorithms.policies.distributions import gaussian_log_prob
from algorithms.policies.policy import Policy
from algorithms.types import Batch, check_range


@dataclass(frozen=True)
class RandomInit:
    """The policy starts from its random initialisation."""

    cloning_steps = 0

    def loss(self, policy: Policy, batch: Batch) -> Tensor:
        """-mean_B log pi(a|s), ()."""
        return imitation_loss(policy(batch.observations).log_prob(batch.actions))


@dataclass(frozen=True)
class CloneDemonstrations:
    """The policy is first cloned from the demonstrations (B.4, "initializing the policy ...")."""

    cloning_steps: int = 25_000

    def __post_init__(self) -> None:
        check_range("cloning_steps", self.cloning_steps, 0)

    def loss(self, policy: Policy, batch: Batch) -> Tensor:
        """-mean_B log pi(a|s)."""
        return imitation_loss(policy(batch.observations).log_prob(batch.actions))


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
        """Mean (mean(s) - a)^2 - mean_B log N(a; batch mean of a, std)."""
        pi = policy(batch.observations)
        centre = batch.actions.mean(0, keepdim=True).expand_as(batch.actions)
        spread = gaussian_log_prob(batch.actions, centre, pi.log_std)
        error: Tensor = (pi.mean - batch.actions).square().mean()
        return error + imitation_loss(spread)


Initialisation = RandomInit | CloneDemonstrations | CloneMeans


@dataclass(frozen=True)
class OnPriorData:
    """`offline_steps` updates on the prior data before the first online step."""

    offline = True
    random_start = False


@dataclass(frozen=True)
class NoPretraining:
    """The first update follows the first online data (DAPG, RLPD)."""

    offline = False
    random_start = False


@dataclass(frozen=True)
class RandomActionsFirst:
    """No offline updates; before `learning_starts` online steps actions are uniform in [-1, 1].

    A policy that starts with a narrow standard deviation would otherwise fill the buffer with one
    action (start steps of Haarnoja 2018).
    """

    offline = False
    random_start = True


Pretraining = OnPriorData | NoPretraining | RandomActionsFirst
