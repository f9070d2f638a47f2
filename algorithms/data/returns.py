"""Sums of rewards along a trajectory: discounted returns, GAE and TD(lambda).

All use the same backward recursion, x_t = a_t + b_t x_{t+1}. Nothing here carries gradient: the
results are regression targets or advantages. Rewards are those of the task, one per step.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from algorithms.types import check_vectors


class Rollout(NamedTuple):
    """One on-policy episode of T >= 1 steps, in order."""

    observations: Tensor  # (T, O)
    actions: Tensor  # (T, A) as drawn from the policy, before any clipping to the task's bounds
    rewards: Tensor  # (T,)
    terminated: bool  # True: the task itself ended; False: a time limit cut it, so bootstrap


def discounted_returns(rewards: Tensor, discount: float, bootstrap: Tensor | float = 0.0) -> Tensor:
    """G_t = r_t + discount G_{t+1} with G_T = bootstrap, for one trajectory.

    Args:
        rewards: (T,).
        discount: In [0, 1].
        bootstrap: Value of the state after the last step, a number or (); 0 after a true terminal.

    Returns:
        (T,), in units of reward.

    Raises:
        ValueError: If rewards is not (T,).
    """
    check_vectors(rewards=rewards)
    with torch.no_grad():
        terms = rewards.clone()
        terms[-1:] += discount * bootstrap
        return _recursion(terms, torch.full_like(terms, discount))


def gae(
    rewards: Tensor, values: Tensor, bootstrap: Tensor | float, *, discount: float, lam: float
) -> Tensor:
    """Generalised advantage estimation (Schulman et al. 2016, Eq. 16) for one trajectory.

    A_t = delta_t + discount lam A_{t+1}, A_T = 0, where
    delta_t = r_t + discount V(s_{t+1}) - V(s_t).

    Args:
        rewards: (T,).
        values: (T,) V(s_t) of the state in which each action was taken.
        bootstrap: V after the last step, a number or (); 0 after a true terminal.
        discount: In [0, 1].
        lam: In [0, 1]. 0 gives the one-step TD error, 1 the discounted return minus V.

    Returns:
        (T,), in units of reward.

    Raises:
        ValueError: If rewards and values do not have the same shape (T,).
    """
    check_vectors(rewards=rewards, values=values)
    with torch.no_grad():
        following = torch.cat([values[1:], torch.zeros_like(values[-1:]) + bootstrap])
        terms = rewards + discount * following - values
        return _recursion(terms, torch.full_like(terms, discount * lam))


def lambda_returns(
    rewards: Tensor,
    next_values: Tensor,
    masks: Tensor,
    ends: Tensor,
    *,
    discount: float,
    lam: float,
) -> Tensor:
    """TD(lambda) returns of N transitions: trajectories in order, one after another.

    G_t = r_t + discount mask_t ((1 - lam) V(s_{t+1}) + lam G_{t+1}) inside a trajectory and
    G_t = r_t + discount mask_t V(s_{t+1}) at its last transition (Sutton & Barto 2018, Sec. 12.8).
    AWR regresses its V on them. The last of the N transitions always counts as an end.

    Args:
        rewards: (N,).
        next_values: (N,) V(s_{t+1}).
        masks: (N,) 1 = bootstrap, 0 = true terminal (not a time limit).
        ends: (N,) bool, True at the last transition of each trajectory, however it ended.
        discount: In [0, 1].
        lam: In [0, 1]. 0 gives one-step TD, 1 the discounted return with a bootstrap at the end.

    Returns:
        (N,), in units of reward.

    Raises:
        ValueError: If the four arrays do not have the same shape (N,).
        TypeError: If ends is not bool.
    """
    check_vectors(rewards=rewards, next_values=next_values, masks=masks, ends=ends)
    if ends.dtype != torch.bool:
        raise TypeError(f"ends must be bool, got {ends.dtype}")
    with torch.no_grad():
        # the share of G_{t+1} in the bootstrap; V(s_{t+1}) has the rest
        trace = torch.full_like(rewards, lam).masked_fill(ends, 0.0)
        trace[-1:] = 0.0
        discounts = discount * masks
        return _recursion(rewards + discounts * (1 - trace) * next_values, discounts * trace)


def _recursion(terms: Tensor, factors: Tensor) -> Tensor:
    """x_t = terms_t + factors_t x_{t+1}, x_T = 0; all (T,). Overwrites its arguments.

    The method is recursive doubling. After k passes `terms` holds the sum over the next 2^k steps,
    and `factors` holds the product of their factors. A factor of 0 cuts the sum. The number of
    passes is therefore log2 of the longest trajectory, not of T: 8 for a million steps in
    trajectories of up to 256.
    """
    factors[-1:] = 0.0
    reach = 1
    while factors.any():
        terms[:-reach] += factors[:-reach] * terms[reach:]
        factors[:-reach] = factors[:-reach] * factors[reach:]
        reach *= 2
    return terms
