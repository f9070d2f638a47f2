"""The columns of a row that evaluation episodes fill, in the task's own units."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from algorithms.training import Evaluate, Row
from envs.evaluation import EVALUATION_SEED_BASE, EpisodeStats, evaluate
from envs.making import make_task
from envs.tasks import Task, task
from envs.trajectory import Dataset
from reproduce.grid import RunSpec
from reproduce.prior_data import make_env

_RANDOM_EPISODES = 20
_RANDOM_SEED = 3_000_000


def evaluator(spec: RunSpec, episodes: int, reference: Dataset | None) -> Evaluate:
    """Whole episodes from the same fixed starts, in an environment of its own.

    What a task does not know (success in locomotion, a distance on the hand) has no column.
    The demonstrations `reference` give locomotion's normalised score its 1.
    """
    env, known = make_env(spec.env, spec.profile), task(spec.env)
    sustained = known.success_steps_sustained

    def columns(act: Callable[[np.ndarray], np.ndarray]) -> Row:
        stats = evaluate(
            env, act, episodes=episodes, seed=EVALUATION_SEED_BASE, sustained_steps=sustained
        )
        row: Row = {
            "episodes": episodes,
            "return_mean": float(stats.returns.mean()),
            "return_std": float(stats.returns.std()),
        }
        if sustained is not None:
            row |= _successes(stats)
        if known.goal_dim:
            row["final_distance"] = float(stats.final_distances.mean())
        return row | scores(known, float(stats.returns.mean()), reference)

    return columns


def _successes(stats: EpisodeStats) -> Row:
    return {
        "success_any": float(stats.success_any.mean()),
        "success_final": float(stats.success_final.mean()),
        "success_sustained": float(stats.success_sustained.mean()),
    }


def scores(known: Task, episode_return: float, reference: Dataset | None) -> Row:
    """A return on the scales that go with the task.

    `score`, from 0 (worst possible) to 100 (best possible), where rewards are bounded. Else
    `normalised_score`, 0 for a random policy and 1 for the mean return of the demonstrations
    `reference` (absent without them), and `d4rl_score`.
    """
    if known.d4rl_reference is None:
        return {"score": known.score(episode_return)}
    row: Row = {"d4rl_score": known.d4rl_score(episode_return)}
    if reference is not None:
        low, high = random_return(known.id), float(reference.returns.mean())
        row["normalised_score"] = (episode_return - low) / (high - low)
    return row


@cache
def random_return(task_id: str) -> float:
    """Mean return of uniformly random actions over 20 episodes from fixed seeds."""
    return float(random_episodes(task_id).returns.mean())


@cache
def random_episodes(task_id: str, episodes: int = _RANDOM_EPISODES) -> EpisodeStats:
    """Episodes of uniformly random actions, the same ones every time."""
    rng, known = np.random.default_rng(_RANDOM_SEED), task(task_id)
    env = make_task(task_id)
    stats = evaluate(
        env,
        lambda _: rng.uniform(-1.0, 1.0, known.action_dim).astype(np.float32),
        episodes=episodes,
        seed=_RANDOM_SEED,
        sustained_steps=known.success_steps_sustained,
    )
    env.close()
    return stats
