"""Values of unseen actions pushed down: CQL, Cal-QL."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from algorithms.step import Step
from algorithms.types import Metrics, check_range


@dataclass(frozen=True)
class NoRegulariser:
    """Nothing is added to the temporal-difference loss."""

    columns: ClassVar[tuple[str, ...]] = ()

    def losses(self, step: Step) -> tuple[Tensor | float, Metrics]:
        """0.0, and no metrics."""
        return 0.0, {}


@dataclass(frozen=True)
class Uncalibrated:
    """CQL: every value is pushed down, however low it is already."""

    columns: ClassVar[tuple[str, ...]] = ()

    def __call__(self, q: Tensor, step: Step) -> Tensor:
        """Q (E, K, B) as it is, with its gradient."""
        return q


@dataclass(frozen=True)
class ReturnCalibrated:
    """Cal-QL: the policy's values are not pushed below the return of the data, max(Q, G).

    (Nakamoto 2023). G is the buffer's discounted return-to-go; a transition of an episode that
    has not ended yet has none and is not calibrated.
    """

    columns: ClassVar[tuple[str, ...]] = ("returns",)

    def __call__(self, q: Tensor, step: Step) -> Tensor:
        """max(Q, G): (E, K, B) -> (E, K, B), in units of reward.

        The gradient reaches q where Q > G; none passes where G > Q. ValueError if the batch has no
        returns.
        """
        if step.batch.returns is None:
            raise ValueError("Cal-QL needs batches with returns: a buffer that keeps them")
        return torch.maximum(q, step.batch.returns)


@dataclass(frozen=True)
class Conservative:
    """weight * sum_j mean_B [T log-sum-exp_a (Q_j(s, a) / T) - Q_j(s, a_data)].

    CQL(H) (Kumar 2020). The sum over actions is estimated from `samples` uniform actions,
    `samples` of pi(.|s) and of pi(.|s') each, corrected by their densities p:
    T log mean_k exp(Q_j(s, a_k) / T - log p(a_k)). `calibration` says which values enter it.
    The gradient reaches the critic alone.

    T is `softmax_temperature`, in units of reward. CQL's code has T = 1 at its own rewards r'.
    Where r' = c r + const, its values are Q' = c Q + const, and its loss (Q' - y')^2 +
    w (log-sum-exp(Q' - log p) - Q'_data) is c^2 times this one with weight w / c and T = 1 / c.
    """

    conservative_weight: float = 1.0
    samples: int = 10
    calibration: Uncalibrated | ReturnCalibrated = ReturnCalibrated()
    softmax_temperature: float = 1.0

    def __post_init__(self) -> None:
        check_range("conservative_weight", self.conservative_weight, 0.0)
        check_range("samples", self.samples, 1)
        check_range("softmax_temperature", self.softmax_temperature, 0.0, above=True)

    @property
    def columns(self) -> tuple[str, ...]:
        """`returns` where the calibration reads them (Cal-QL); none for CQL."""
        return self.calibration.columns

    def losses(self, step: Step) -> tuple[Tensor | float, Metrics]:
        """The class's equation in units of reward, (), with gradient to the critic alone.

        The metric `conservative_gap` is the same without the weight and without gradient.
        ValueError if `calibration` needs returns that the batch lacks.
        """
        s, count = step.batch.observations, self.samples
        size, dims = step.batch.actions.shape
        with torch.no_grad():
            draw = torch.rand((count * size, dims), generator=step.generator, device=s.device)
            uniform = 2 * draw - 1
            here, log_here = step.pi.sample_with_log_prob(step.generator, count)
            there, log_there = step.next_pi.sample_with_log_prob(step.generator, count)
            log_density = torch.cat(
                [
                    torch.full((count, size), -dims * math.log(2), device=s.device),
                    log_here.view(count, size),
                    log_there.view(count, size),
                ]
            )
        q = step.critic.candidates(s, torch.cat([uniform, here, there]))  # (E, 3 K, B)
        of_policy = self.calibration(q[:, count:], step)
        temperature = self.softmax_temperature
        values = torch.cat([q[:, :count], of_policy], 1) / temperature - log_density
        # log of the mean over the samples, so that the estimate does not grow with their number
        spread = temperature * (torch.logsumexp(values, 1) - math.log(3 * count))
        gap = (spread - step.q).mean(1).sum()
        return self.conservative_weight * gap, {"conservative_gap": gap.detach()}
