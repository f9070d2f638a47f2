"""What the published trainer computes in place of BRAC's penalty."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from algorithms.constraints.base import Constraint
from algorithms.step import Step
from algorithms.types import check_range


@dataclass(frozen=True)
class BatchConstantShift(Constraint):
    """What the published trainer computes for BRAC: r + mean over the batch of log b(a|s).

    It adds log b(a|s) (B,) to rewards (B, 1); the sum is (B, B), and a squared error against it
    regresses every sample on the batch mean. So each batch moves all rewards by one number, at the
    data's actions, and the policy's loss has no constraint at all. (Released code at ac45a9d; not
    necessarily what the paper ran.)
    """

    coefficient: float = 1.0

    def __post_init__(self) -> None:
        check_range("coefficient", self.coefficient, 0.0)

    def rewards(self, step: Step) -> Tensor:
        """The rewards r + coefficient * mean_B log b(a|s): (B,), all moved by one number."""
        model = step.behavior_policy(step.batch.observations)
        shift: Tensor = self.coefficient * model.log_prob(step.batch.actions).mean()
        return step.batch.rewards + shift
