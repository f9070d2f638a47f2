"""How much each transition counts in weighted maximum likelihood.

w = f(A) / Z, worked out as exp(log f(A) - log Z): the shape f and the normaliser Z are chosen
independently. Paper: f = exp(A / lambda) (Eq. 4), Z ignored (B.3). Released code: Z = batch mean.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from algorithms.types import Metrics, check_range, check_vectors


@dataclass(frozen=True)
class Exponential:
    """log f(A) = min(A, clip) / lam. `lam` and `clip` in units of reward.

    lam is the Lagrange multiplier of Eq. 2: 0.3 for manipulation, 1.0 for MuJoCo (B.3). The clip
    bounds a weight by exp(clip / lam); the paper's text has none, its scripts ran 2 (hand).
    """

    lam: float = 0.3
    clip: float = math.inf

    def __post_init__(self) -> None:
        check_range("lam", self.lam, 0.0, above=True)
        check_range("clip", self.clip)

    def log(self, advantages: Tensor) -> Tensor:
        return advantages.clamp(max=self.clip) / self.lam


@dataclass(frozen=True)
class Indicator:
    """f(A) = 1[A > 0] (Eq. 16's f = 1+)."""

    def log(self, advantages: Tensor) -> Tensor:
        return torch.where(advantages > 0, 0.0, -math.inf)


@dataclass(frozen=True)
class Constant:
    """f(A) = 1: plain maximum likelihood, i.e. behaviour cloning of whatever is sampled."""

    def log(self, advantages: Tensor) -> Tensor:
        return torch.zeros_like(advantages)


@dataclass(frozen=True)
class Unnormalised:
    """Z = 1, "we ignore the effect of Z(s)" (B.3)."""

    def log(self, log_weights: Tensor) -> Tensor:
        return log_weights.new_zeros(())


@dataclass(frozen=True)
class BatchMean:
    """Z = batch mean of f(A): with Exponential this is B * softmax(A / lam), mean weight 1."""

    def log(self, log_weights: Tensor) -> Tensor:
        log_z = torch.logsumexp(log_weights, 0) - math.log(log_weights.shape[0])
        return torch.where(torch.isfinite(log_z), log_z, 0.0)  # all weights 0: leave them 0


Shape = Exponential | Indicator | Constant
Normalisation = Unnormalised | BatchMean


@dataclass(frozen=True)
class Weights:
    """w = f(A) / Z for a batch of advantages."""

    shape: Shape = Exponential()
    normalisation: Normalisation = Unnormalised()

    def __call__(self, advantages: Tensor) -> Tensor:
        """(B,) advantages in units of reward -> (B,) weights >= 0, without gradient."""
        check_vectors(advantages=advantages)
        log_weights = self.shape.log(advantages.detach())
        return torch.exp(log_weights - self.normalisation.log(log_weights))


def effective_sample_size(weights: Tensor) -> Tensor:
    """(sum w)^2 / (B sum w^2), in [1/B, 1]: 1/B means that one transition carries the batch.

    All-zero weights count as 0. The ratio does not change when all weights are scaled.
    """
    check_vectors(weights=weights)
    total = weights.sum().square()
    squares = weights.square().sum() * weights.shape[0]
    return torch.where(squares > 0, total / squares, 0.0)


def weight_metrics(weights: Tensor) -> Metrics:
    """Effective sample size (fraction of the batch) and the largest weight."""
    return {"weights_ess": effective_sample_size(weights), "weights_max": weights.max()}
