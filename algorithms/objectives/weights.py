"""How much each transition counts in weighted maximum likelihood.

w = f(A) / Z, worked out as exp(log f(A) - log Z): the shape f and the normaliser Z are chosen
independently. A shape may bound w. Paper: f = exp(A / lambda) (Eq. 4), Z ignored (B.3). Released
code: Z = batch mean.
Advantages are (B,), or (K, B) for K actions a state.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from algorithms.types import Metrics, check_range, check_same_shape


@dataclass(frozen=True)
class Exponential:
    """f(A) = exp(min(A, clip) / lam), and w = min(f(A) / Z, cap). `lam`, `clip` in units of reward.

    lam is the Lagrange multiplier of Eq. 2: 0.3 for manipulation, 1.0 for MuJoCo (B.3). The text
    bounds no weight. `cap` bounds the weight itself, whatever lam and Z are (100 in IQL and CORL);
    the authors' scripts bounded the advantage, by `clip` (0.5 and 2 on the hand), which bounds f
    by exp(clip / lam).
    """

    lam: float = 0.3
    clip: float = math.inf
    cap: float = math.inf
    """After the normaliser: a bound of f would leave f / Z without one where Z is tiny."""

    def __post_init__(self) -> None:
        check_range("lam", self.lam, 0.0, above=True)
        check_range("clip", self.clip, finite=False)
        check_range("cap", self.cap, 0.0, above=True, finite=False)

    def log(self, advantages: Tensor) -> Tensor:
        """Log f(A) = min(A, clip) / lam, shape as A."""
        return advantages.clamp(max=self.clip) / self.lam


@dataclass(frozen=True)
class Indicator:
    """f(A) = 1[A > 0] (Eq. 16's f = 1+)."""

    def log(self, advantages: Tensor) -> Tensor:
        """Log f(A), shape as A: 0 where A > 0, else -inf."""
        return torch.where(advantages > 0, 0.0, -math.inf)


@dataclass(frozen=True)
class Constant:
    """f(A) = 1: plain maximum likelihood, i.e. behaviour cloning of whatever is sampled."""

    def log(self, advantages: Tensor) -> Tensor:
        """Log f(A) = 0, shape as A."""
        return torch.zeros_like(advantages)


@dataclass(frozen=True)
class DualExponential:
    """log f(Q) = Q / eta with eta learned so that D_KL(w || uniform) <= epsilon (MPO's E-step).

    eta minimises g(eta) = eta epsilon + eta mean_s log mean_k exp(Q(s, a_k) / eta) (Abdolmaleki
    2018, Eq. 8), by gradient descent on softplus^-1(eta) as in Acme.
    """

    epsilon: float = 0.1
    initial_eta: float = 10.0
    eta_learning_rate: float = 1e-2

    def __post_init__(self) -> None:
        check_range("epsilon", self.epsilon, 0.0, above=True)
        check_range("initial_eta", self.initial_eta, 0.0, above=True)
        check_range("eta_learning_rate", self.eta_learning_rate, 0.0)


def temperature_dual_loss(eta: Tensor, q: Tensor, epsilon: float) -> Tensor:
    """The dual g(eta) = eta epsilon + eta mean_B log mean_K exp(q / eta): ().

    q (K, B) in units of reward is detached; eta (1,) carries the gradient. ValueError unless q is
    (K, B).
    """
    if q.dim() != 2:
        raise ValueError(f"expected q (K, B), K actions a state, got {tuple(q.shape)}")
    log_mean = torch.logsumexp(q.detach() / eta, 0) - math.log(q.shape[0])
    return (eta * epsilon + eta * log_mean.mean()).sum()


@dataclass(frozen=True)
class Unnormalised:
    """Z = 1, "we ignore the effect of Z(s)" (B.3)."""

    def log(self, log_weights: Tensor, partition: Tensor | None) -> Tensor:
        """Log Z = 0: ()."""
        return log_weights.new_zeros(())


@dataclass(frozen=True)
class BatchMean:
    """Z = batch mean of f(A): with Exponential this is B * softmax(A / lam), mean weight 1."""

    def log(self, log_weights: Tensor, partition: Tensor | None) -> Tensor:
        """Log f(A) (B,) or (K, B) -> log Z (); 0 where all weights are 0."""
        flat = log_weights.flatten()
        log_z = torch.logsumexp(flat, 0) - math.log(flat.shape[0])
        return torch.where(torch.isfinite(log_z), log_z, 0.0)  # all weights 0: leave them 0


@dataclass(frozen=True)
class StateMean:
    """Z(s) = mean over the K actions of each state of f(A): a softmax over them (MPO, ABM)."""

    def log(self, log_weights: Tensor, partition: Tensor | None) -> Tensor:
        """(K, B) -> (B,). ValueError for (B,): one action a state would give weight 1 to all."""
        if log_weights.dim() != 2:
            raise ValueError("StateMean needs several actions a state: actions=PolicyActions")
        log_z = torch.logsumexp(log_weights, 0) - math.log(log_weights.shape[0])
        return torch.where(torch.isfinite(log_z), log_z, 0.0)


@dataclass(frozen=True)
class PartitionFunction:
    """Z(s) = E_{a ~ pi_beta(.|s)}[f(A(s, a))], the integral of B.3, from `partition_samples` of
    the behaviour model for each state.

    The released code lays K blocks of B states out and reads them as B rows of K: its "Z(s)"
    averages over different states.
    """

    partition_samples: int = 10

    def __post_init__(self) -> None:
        check_range("partition_samples", self.partition_samples, 1)

    def log(self, log_weights: Tensor, partition: Tensor | None) -> Tensor:
        """Log f at the samples, `partition` (K, B) -> log Z (B,); 0 where all weights are 0.

        ValueError if `partition` is missing or not (K, B).
        """
        if partition is None or partition.dim() != 2:
            raise ValueError("PartitionFunction needs log-weights (K, B) of K actions a state")
        log_z = torch.logsumexp(partition, 0) - math.log(partition.shape[0])
        return torch.where(torch.isfinite(log_z), log_z, 0.0)


Shape = Exponential | Indicator | Constant | DualExponential
Normalisation = Unnormalised | BatchMean | StateMean | PartitionFunction


@dataclass(frozen=True)
class Weights:
    """w = f(A) / Z for a batch of advantages; at most `cap` where the shape is `Exponential`."""

    shape: Shape = Exponential()
    normalisation: Normalisation = Unnormalised()

    def __call__(
        self,
        advantages: Tensor,
        *,
        partition: Tensor | None = None,
        eta: Tensor | None = None,
    ) -> Tensor:
        """(B,) or (K, B) advantages in units of reward -> weights >= 0, without gradient.

        partition: advantages (K', B) at the samples of `PartitionFunction`. eta: the temperature
        of `DualExponential`. ValueError for advantages of another shape, without the `partition`
        or the `eta` that is needed, and for (B,) where `StateMean` normalises.
        """
        check_same_shape(advantages=advantages)
        log_weights = self._log(advantages.detach(), eta)
        at_samples = None if partition is None else self._log(partition.detach(), eta)
        log_weights = log_weights - self.normalisation.log(log_weights, at_samples)
        cap = getattr(self.shape, "cap", math.inf)
        if cap < math.inf:
            log_weights = log_weights.clamp(max=math.log(cap))
        return torch.exp(log_weights)

    def _log(self, advantages: Tensor, eta: Tensor | None) -> Tensor:
        if not isinstance(self.shape, DualExponential):
            return self.shape.log(advantages)
        if eta is None:
            raise ValueError("DualExponential needs its temperature eta")
        return advantages / eta.detach()


def effective_sample_size(weights: Tensor) -> Tensor:
    """(sum w)^2 / (n sum w^2), in [1/n, 1]: 1/n means that one of the n weights carries the batch.

    Weights (B,) or (K, B) -> (). ValueError for another shape.

    All-zero weights count as 0. The ratio does not change when all weights are scaled, so they are
    taken relative to the largest: squares of weights beyond 1e19 are no float32, nor are sums of
    squares of tiny ones.
    """
    check_same_shape(weights=weights)
    weights = weights.flatten()
    largest = weights.max()
    relative = weights / torch.where(largest > 0, largest, 1.0)
    squares = relative.square().sum() * relative.shape[0]
    return torch.where(squares > 0, relative.sum().square() / squares, 0.0)


def weight_metrics(weights: Tensor) -> Metrics:
    """Effective sample size (fraction of the batch) and the largest weight.

    Weights (B,) or (K, B) -> () each. ValueError for another shape.
    """
    return {"weights_ess": effective_sample_size(weights), "weights_max": weights.max()}
