"""How far a critic is from the returns of the mode. Look here first when nothing learns."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from algorithms.data.returns import discounted_returns
from envs.tasks import Task
from envs.trajectory import Trajectory

Q = Callable[[np.ndarray, np.ndarray], "np.ndarray | None"]


def q_bias(
    episodes: Sequence[Trajectory],
    act: Callable[[np.ndarray], np.ndarray],
    q: Q,
    *,
    discount: float,
    scale: float,
) -> float | None:
    """Mean over episodes of Q(s_0, a_0) - G, in the units of the rewards that the method sees.

    G = sum_t discount^t scale r_t over the T steps that followed. The time limit hides the rest of
    an episode's return. G therefore gets discount^T Q(s_T, act(s_T)). Without that term the horizon
    would give Q a bias, 13 of 100 on the hand. A constant error of Q shows except for its share
    discount^T (13 % on the hand, nothing in locomotion). An episode that the task itself ended has
    no such term.

    The true Q of the policy ``act`` has bias 0. A critic learns the Q of sampled actions instead,
    where its policy is a distribution. If samples return less than the mode, its true Q is below
    G, and its bias is negative.

    Args:
        episodes: of the deterministic policy, as they were run.
        act: that policy, (O,) -> (A,). It gives the action after the last step.
        q: (N, O), (N, A) -> (N,). If it gives None, this function does too.
        discount: per step.
        scale: factor by which the method multiplies the task's rewards.
    """
    first = q(
        np.stack([t.observations[0] for t in episodes]), np.stack([t.actions[0] for t in episodes])
    )
    if first is None:
        return None
    last = np.stack([t.next_observations[-1] for t in episodes])
    after = q(last, np.clip(np.stack([act(s) for s in last]), -1.0, 1.0))
    assert after is not None
    returns = np.array([scale * _returns(t.rewards, discount)[0] for t in episodes])
    rest = np.array([0.0 if t.terminals[-1] else discount ** len(t.rewards) for t in episodes])
    return float((first - (returns + rest * after)).mean())


def _returns(rewards: NDArray[np.floating], discount: float) -> NDArray[np.float64]:
    """Discounted return from each step to the last: (T,) -> (T,) float64."""
    exact = torch.as_tensor(np.asarray(rewards, dtype=np.float64))
    return discounted_returns(exact, discount).numpy()


def largest_return(
    known: Task, prior: Iterable[Trajectory], *, discount: float, scale: float
) -> float | None:
    """The largest possible |discounted return|, in the units of the rewards that the method sees.

    If the task's rewards are bounded, it is the return of the largest |r| for ever, or for one
    episode if discount is 1. Otherwise it is the largest |discounted return| after any step of the
    prior data; None without prior data.
    """
    bound = max(abs(known.reward_low), abs(known.reward_high))
    if math.isfinite(bound):
        steps = 1 / (1 - discount) if discount < 1 else known.horizon
        return scale * bound * steps
    seen = [float(np.abs(_returns(t.rewards, discount)).max()) for t in prior]
    return scale * max(seen) if seen else None
