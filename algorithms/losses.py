"""The loss functions that several components share."""

from __future__ import annotations

from torch import Tensor

from algorithms.types import check_same_shape, check_vectors

Losses = dict[str, Tensor]
"""Name of the network that the loss trains -> scalar."""


def weighted_mle_loss(log_prob: Tensor, weights: Tensor) -> Tensor:
    """-mean w log pi(a|s): forward-KL projection of the improved policy (Eq. 4, 14).

    log_prob (B,), or (K, B) for K actions a state, in nats carries the gradient; weights of the
    same shape are detached; the result is (). ValueError if the shapes differ or are others.
    """
    check_same_shape(log_prob=log_prob, weights=weights)
    return -(weights.detach() * log_prob).mean()


def imitation_loss(log_prob: Tensor) -> Tensor:
    """-mean_B log pi(a|s): behaviour cloning by maximum likelihood.

    log_prob (B,), in nats, carries gradient to the policy; the result is (). ValueError for
    another shape.
    """
    check_vectors(log_prob=log_prob)
    return -log_prob.mean()


def reverse_kl_loss(log_prob: Tensor, q: Tensor, alpha: Tensor | float) -> Tensor:
    """mean_B [alpha log pi(a|s) - Q(s, a)], a ~ pi reparameterised (SAC's policy loss).

    log_prob (B,) in nats and q (B,) in units of reward carry gradient through the sampled action,
    log_prob also directly. alpha, a number or (), is in units of reward a nat; the result is ().
    ValueError unless both are (B,).
    """
    check_vectors(log_prob=log_prob, q=q)
    return (alpha * log_prob - q).mean()


def deterministic_loss(q: Tensor, scale: Tensor | float) -> Tensor:
    """-scale * mean_B Q(s, pi(s)): deterministic policy gradient.

    q (B,) in units of reward carries the gradient; scale is a number or (); the result is ().
    ValueError unless q is (B,).
    """
    check_vectors(q=q)
    return -(scale * q).mean()
