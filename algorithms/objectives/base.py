"""What a policy objective may do, by default nothing."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from algorithms.data.returns import Rollout
from algorithms.losses import Losses
from algorithms.networks.blueprint import Component
from algorithms.policies.policy import Policy
from algorithms.step import Step, ValueRule
from algorithms.types import Batch, Metrics


class Objective(Component):
    """Base of all objectives. Most define `losses` and nothing else."""

    @property
    def needs_demonstrations(self) -> bool:
        """Whether `losses` or `improve` wants demonstrations beside the replay batch."""
        return False

    @property
    def trajectories(self) -> int:
        """Whole episodes of the present policy that `improve` wants; 0: it learns from batches."""
        return 0

    @property
    def value(self) -> ValueRule | None:
        """How V(s) and the advantage are defined, where they are."""
        return None

    @property
    def fixed_alpha(self) -> float:
        """Weight of the entropy term in actor and critic where it is not learned."""
        return 0.0

    def queries(self, step: Step) -> dict[str, Tensor]:
        """Actions to ask Q for beside the batch's own: name -> (K * B, A)."""
        return {}

    def losses(self, step: Step) -> tuple[Losses, Metrics]:
        """Losses of the policy, from one batch of B transitions.

        Returns the losses, each a scalar by the name of a network of `trained`, to which alone it
        carries gradient, and scalar metrics without gradient. Changes no network.
        """
        return {}, {}

    def improve(
        self,
        policy: Policy,
        rollouts: Sequence[Rollout],
        advantages: Tensor,
        demonstrations: Batch | None,
        iteration: int,
    ) -> Metrics:
        """One step from whole episodes, in place on the policy; on-policy objectives alone.

        Args:
            policy: the one that drew the rollouts' actions.
            rollouts: episodes of N transitions in all.
            advantages: (N,), in the rollouts' order.
            demonstrations: all of them; None where there are none.
            iteration: number of steps made before this one.

        Returns:
            What a row logs of the step.

        Raises:
            TypeError: the objective learns from batches of the replay buffer.
        """
        raise TypeError(f"objective={type(self).__name__} does not learn from whole episodes")
