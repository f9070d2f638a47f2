"""The loss functions that several components share."""

from __future__ import annotations

from torch import Tensor

from algorithms.types import check_same_shape, check_vectors

Losses = dict[str, Tensor]
"""Name of the network that the loss trains -> scalar."""


def weighted_mle_loss(log_prob: Tensor, weights: Tensor) -> Tensor:
    """-mean w log pi(a|s): forward-KL projection of the improved policy (Eq. 4, 14).

    log_prob (B,), or (K, B) for K actions a state, in nats carries the gradient; weights of the
    same shape are detached.
    """
    check_same_shape(log_prob=log_prob, weights=weights)
    return -(weights.detach() * log_prob).mean()


def imitation_loss(log_prob: Tensor) -> Tensor:
    """-mean_B log pi(a|s): behaviour cloning by maximum likelihood.

    log_prob (B,), in nats, carries gradient to the policy; the result is ().
    """
    check_vectors(log_prob=log_prob)
    return -log_prob.mean()


def reverse_kl_loss(log_prob: Tensor, q: Tensor, alpha: Tensor | float) -> Tensor:
    """mean_B [alpha log pi(a|s) - Q(s, a)], a ~ pi reparameterised (SAC's policy loss).

    log_prob (B,) and q (B,) both carry gradient through the sampled action.
    """
    check_vectors(log_prob=log_prob, q=q)
    return (alpha * log_prob - q).mean()


def deterministic_loss(q: Tensor, scale: Tensor | float) -> Tensor:
    """-scale * mean_B Q(s, pi(s)): deterministic policy gradient; q (B,) carries the gradient."""
    check_vectors(q=q)
    return -(scale * q).mean()
