"""The columns of a row that evaluation episodes fill, in the task's own units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from algorithms.training import Act, Candidate, Evaluate, Row
from envs import seeds
from envs.evaluation import (
    EpisodeStats,
    evaluate,
    measure,
    run_episodes,
)
from envs.making import make_task
from envs.tasks import Task, task
from envs.trajectory import Dataset, Trajectory
from reproduce.data.prior import make_env
from reproduce.runs.q_bias import q_bias
from reproduce.specs.grid import RunSpec

_RANDOM_EPISODES = 20


@dataclass(frozen=True)
class Scale:
    """What the values of the method's critic are compared with.

    Attributes:
        discount: per step.
        reward: factor by which the method multiplies the task's rewards.
        largest_return: see `largest_return` of `q_bias.py`; None where it is not known.
    """

    discount: float
    reward: float
    largest_return: float | None


def evaluator(
    spec: RunSpec,
    episodes: int,
    reference: Dataset | None,
    scale: Scale,
    *,
    sampled: int,
) -> Evaluate:
    """Make the function that evaluates a policy in an environment of its own.

    It runs `episodes` whole episodes of the policy's mode, and `sampled` episodes of actions that
    the policy samples. Evaluation `number` has the same start states in every run of a task. No two
    evaluations share a start state. A quantity that the task lacks has no column (success in
    locomotion, a distance on the hand). A method without Q(s, a) has no `q_bias`. The mean return
    of the demonstrations `reference` is 1 on locomotion's normalised scale.

    Raises:
        ValueError: if there are more episodes than an evaluation has seeds.
    """
    if episodes > seeds.EPISODES_AT_MOST:
        raise ValueError(
            f"eval_episodes={episodes}: an evaluation has at most {seeds.EPISODES_AT_MOST} episodes"
        )
    env, known = make_env(spec.env, spec.profile), task(spec.env)

    def columns(candidate: Candidate) -> Row:
        seed = seeds.evaluation_seed(candidate.number)
        shown = run_episodes(env, candidate.act, episodes=episodes, seed=seed)
        stats = measure(shown, known.success_steps_sustained)
        row: Row = {
            "episodes": episodes,
            "return_mean": float(stats.returns.mean()),
            "return_std": float(stats.returns.std()),
        }
        row |= _successes(known, stats) | scores(known, float(stats.returns.mean()), reference)
        if known.goal_dim:
            row["start_distance"] = float(stats.start_distances.mean())
        if candidate.sample is not None and sampled:
            row |= _sampled(candidate.sample, seed)
        return row | _bias([e.trajectory for e in shown], candidate, scale)

    def _sampled(act: Act, seed: int) -> Row:
        shown = run_episodes(env, act, episodes=sampled, seed=seed)
        stats = measure(shown, known.success_steps_sustained)
        row: Row = {"return_mean": float(stats.returns.mean()), **_successes(known, stats)}
        return {f"{name}_sampled": value for name, value in row.items()}

    return columns


def _bias(episodes: Sequence[Trajectory], candidate: Candidate, scale: Scale) -> Row:
    bias = q_bias(episodes, candidate.act, candidate.q, discount=scale.discount, scale=scale.reward)
    if bias is None:
        return {}
    row: Row = {"q_bias": bias}
    if scale.largest_return:
        row["q_bias_fraction"] = bias / scale.largest_return
    return row


def _successes(known: Task, stats: EpisodeStats) -> Row:
    """The columns of success and of distance, if the task has them."""
    row: Row = {}
    if known.success_steps_sustained is not None:
        row = {
            "success_any": float(stats.success_any.mean()),
            "success_final": float(stats.success_final.mean()),
            "success_sustained": float(stats.success_sustained.mean()),
        }
    if known.goal_dim:
        row["final_distance"] = float(stats.final_distances.mean())
    return row


def scores(known: Task, episode_return: float, reference: Dataset | None) -> Row:
    """Put a return on the scales of the task.

    Bounded rewards give `score`, from 0 (worst possible) to 100 (best possible). Other rewards give
    `normalised_score`: 0 for a random policy, 1 for the mean return of the demonstrations
    `reference`. It is absent without them. They also give `d4rl_score` if D4RL has references for
    the task.
    """
    if known.bounded:
        return {"score": known.score(episode_return)}
    row: Row = {}
    if known.d4rl_reference is not None:
        row["d4rl_score"] = known.d4rl_score(episode_return)
    if reference is not None:
        low, high = random_return(known.id), float(reference.returns.mean())
        row["normalised_score"] = (episode_return - low) / (high - low)
    return row


@cache
def random_return(task_id: str) -> float:
    """Mean return of uniformly random actions over 20 episodes from fixed seeds."""
    return float(random_episodes(task_id).returns.mean())


@cache
def random_episodes(task_id: str) -> EpisodeStats:
    """Episodes of uniformly random actions, the same ones every time."""
    rng, known = np.random.default_rng(seeds.RANDOM_POLICY), task(task_id)
    env = make_task(task_id)
    stats = evaluate(
        env,
        lambda _: rng.uniform(-1.0, 1.0, known.action_dim).astype(np.float32),
        episodes=_RANDOM_EPISODES,
        seed=seeds.RANDOM_POLICY,
        sustained_steps=known.success_steps_sustained,
    )
    env.close()
    return stats
