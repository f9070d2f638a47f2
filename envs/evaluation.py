"""Run episodes: measure the return and three kinds of success, or keep the episodes as data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import gymnasium
import numpy as np
from numpy.typing import NDArray

from envs.trajectory import Trajectory

Act = Callable[[NDArray[np.float32]], NDArray[np.floating]]
Env = gymnasium.Env[Any, Any]


class EpisodeStats(NamedTuple):
    """Per-episode results of N episodes.

    The paper does not say which success it plots, so three are measured.

    Attributes:
        returns: (N,) float64, undiscounted.
        success_any: (N,) bool, the goal was reached at some step.
        success_final: (N,) bool, the goal holds at the last step.
        success_sustained: (N,) bool, the goal holds on more than ``sustained_steps`` steps.
        lengths: (N,) int64, steps.
        final_distances: (N,) float64, metres from the puck to its goal at the last step
            (``info["puck_distance"]``); NaN where the task reports none.
        start_distances: (N,) float64, the same before the first step.
    """

    returns: NDArray[np.float64]
    success_any: NDArray[np.bool_]
    success_final: NDArray[np.bool_]
    success_sustained: NDArray[np.bool_]
    lengths: NDArray[np.int64]
    final_distances: NDArray[np.float64]
    start_distances: NDArray[np.float64]


class Episode(NamedTuple):
    """One whole episode of T steps.

    Attributes:
        trajectory: what happened.
        successes: (T,) bool, the goal holds after the step.
        final_distance: metres from the puck to its goal at the last step, or NaN.
        start_distance: the same before the first step.
    """

    trajectory: Trajectory
    successes: NDArray[np.bool_]
    final_distance: float
    start_distance: float


def evaluate(
    env: Env, act: Act, *, episodes: int, seed: int, sustained_steps: int | None
) -> EpisodeStats:
    """Run whole episodes and measure them.

    Args:
        env: an environment that ends its episodes, as the registered ones do. It should report
            ``info["success"]``; otherwise every success measure is False.
        act: (O,) float32 observation -> (A,) action.
        episodes: N, at least 1.
        seed: episode i is reset with ``seed + i``.
        sustained_steps: see :class:`EpisodeStats`; ``Task.success_steps_sustained``. It is None for
            a task without success, and then no episode is a sustained success.

    Raises:
        ValueError: if ``episodes`` is not positive, or if an action is not finite.
    """
    return measure(run_episodes(env, act, episodes=episodes, seed=seed), sustained_steps)


def run_episodes(env: Env, act: Act, *, episodes: int, seed: int) -> list[Episode]:
    """Run whole episodes. Arguments and errors are those of :func:`evaluate`."""
    _require_positive(episodes)
    return [_run(env, act, seed + i) for i in range(episodes)]


def measure(results: Sequence[Episode], sustained_steps: int | None) -> EpisodeStats:
    """Measure returns and successes of finished episodes, as :func:`evaluate` describes them."""
    needed = np.inf if sustained_steps is None else sustained_steps
    return EpisodeStats(
        returns=np.array([r.trajectory.rewards.sum(dtype=np.float64) for r in results]),
        success_any=np.array([bool(r.successes.any()) for r in results]),
        success_final=np.array([bool(r.successes[-1]) for r in results]),
        success_sustained=np.array([bool(r.successes.sum() > needed) for r in results]),
        lengths=np.array([len(r.successes) for r in results], dtype=np.int64),
        final_distances=np.array([r.final_distance for r in results], dtype=np.float64),
        start_distances=np.array([r.start_distance for r in results], dtype=np.float64),
    )


def collect(
    env: Env,
    act: Act,
    *,
    episodes: int,
    seed: int,
    progress: Callable[[int], None] | None = None,
) -> list[Trajectory]:
    """Run whole episodes and keep them as data, for example to build prior data.

    Args:
        env: as for :func:`evaluate`.
        act: as for :func:`evaluate`. Actions are clipped to the action space before they are
            applied and stored.
        episodes: N, at least 1.
        seed: episode i is reset with ``seed + i``.
        progress: called with the number of finished episodes after each.

    Raises:
        ValueError: if ``episodes`` is not positive, or if an action is not finite.
    """
    _require_positive(episodes)
    trajectories = []
    for i in range(episodes):
        trajectories.append(_run(env, act, seed + i).trajectory)
        if progress is not None:
            progress(i + 1)
    return trajectories


def _require_positive(episodes: int) -> None:
    if episodes < 1:
        raise ValueError(f"episodes must be at least 1, got {episodes}")


def _run(env: Env, act: Act, seed: int) -> Episode:
    space = env.action_space
    if not isinstance(space, gymnasium.spaces.Box):
        raise TypeError(f"continuous actions are needed, the environment has {space}")
    first, told = env.reset(seed=seed)
    start = float(told.get("puck_distance", np.nan))
    observations = [np.asarray(first, dtype=np.float32)]
    actions: list[NDArray[np.float32]] = []
    rewards: list[float] = []
    successes: list[bool] = []
    distance = start
    ended = terminated = False
    while not ended:
        chosen = np.asarray(act(observations[-1]), dtype=np.float32)
        if not np.isfinite(chosen).all():  # clipping would make a bound of an infinity
            raise ValueError(
                f"step {len(actions)} of the episode with seed {seed}: the policy's action "
                "contains NaN or infinity; check its weights and what it sees"
            )
        action = np.clip(chosen, space.low, space.high)
        observation, reward, terminated, truncated, info = env.step(action)
        observations.append(np.asarray(observation, dtype=np.float32))
        actions.append(action)
        rewards.append(float(reward))
        successes.append(bool(info.get("success", False)))
        distance = float(info.get("puck_distance", np.nan))
        ended = terminated or truncated
    terminals = np.zeros(len(actions), dtype=np.bool_)
    terminals[-1] = terminated
    stacked = np.stack(observations)
    trajectory = Trajectory(
        observations=stacked[:-1],
        actions=np.stack(actions),
        rewards=np.array(rewards, dtype=np.float32),
        next_observations=stacked[1:],
        terminals=terminals,
    )
    return Episode(trajectory, np.array(successes), distance, start)
