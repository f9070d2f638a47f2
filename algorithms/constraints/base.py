"""What keeps the policy near the data.

A constraint may add a term to the policy's loss, lower the bootstrapped value, change the reward,
or bound the actions; most do one of these. `Constraint`'s methods are the defaults: nothing.
"""

from __future__ import annotations

from torch import Tensor, nn

from algorithms.losses import Losses
from algorithms.networks.blueprint import Component
from algorithms.step import Step
from algorithms.types import Metrics


class Constraint(Component):
    """What a constraint may do; by default nothing."""

    @property
    def acts(self) -> bool:
        """Whether it does anything; otherwise it names what keeps the policy near the data."""
        does = ("networks", "policy_term", "next_value_penalty", "rewards", "after_update")
        return any(getattr(type(self), name) is not getattr(Constraint, name) for name in does)

    def policy_term(self, step: Step) -> tuple[Tensor | float, Losses, Metrics]:
        """What is added to the policy's loss, the losses of dual variables, and metrics.

        The term, () or 0, is in units of Q, and its gradient reaches the policy alone. The losses
        are (), by name of the network that each trains, and reach no other.
        """
        return 0.0, {}, {}

    def next_value_penalty(self, step: Step) -> Tensor | float:
        """Taken from V(s') in the critic's target: (B,), under no_grad."""
        return 0.0

    def rewards(self, step: Step) -> Tensor:
        """The rewards that the critic learns from: (B,), under no_grad."""
        return step.batch.rewards

    def postpones_improvement(self, updates: int) -> bool:
        """Whether the policy follows the constraint alone at this update (a warm start)."""
        return False

    def after_update(self, networks: nn.ModuleDict) -> None:
        """Put dual variables back into their bounds."""
