"""Targets and losses of critics, as functions of tensors."""

from __future__ import annotations

import torch
from torch import Tensor

from algorithms.critics.ensembles import Clamp
from algorithms.types import Metrics, check_ensemble, check_vectors


def td_target(
    rewards: Tensor, masks: Tensor, next_q: Tensor, *, discount: float, clamp: Clamp
) -> Tensor:
    """The target y = clamp(r + discount mask V(s')), (B,) in units of reward, without gradient.

    Args:
        rewards: r (B,), in units of reward.
        masks: (B,), 1 = bootstrap, 0 = true terminal.
        next_q: V(s') (B,) as the critic defines it, in units of reward. For TD it is what
            `next_value` says, less the constraint's penalty; for ExpectileTD the network V.
        discount: in [0, 1].
        clamp: bounds y, or leaves it as it is.

    Raises:
        ValueError: unless the three tensors have one shape (B,).
    """
    check_vectors(rewards=rewards, masks=masks, next_q=next_q)
    return clamp.target(rewards + discount * masks * next_q).detach()


def td_loss(q: Tensor, target: Tensor) -> tuple[Tensor, Metrics]:
    """sum_j mean_B (Q_j(s, a) - y)^2, (), and metrics without gradient.

    q (E, B) carries the gradient, target y (B,) does not. ValueError for other shapes.
    """
    check_ensemble(q, target)
    loss = (q - target.detach()).square().mean(1).sum()
    value = q.detach()
    return loss, {
        "critic_loss": loss.detach(),
        "q_mean": value.mean(),
        "q_max": value.max(),
        "q_target_mean": target.mean(),
    }


def expectile_loss(difference: Tensor, expectile: float) -> Tensor:
    """mean_B |tau - 1[u < 0]| u^2 with u = Q - V (B,), which carries the gradient (IQL, Eq. 5).

    tau is `expectile`; the result is (). ValueError unless u is (B,).
    """
    check_vectors(difference=difference)
    weight = torch.where(difference.detach() < 0, 1 - expectile, expectile)
    return (weight * difference.square()).mean()
