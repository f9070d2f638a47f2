"""Prior data of the pushing task: a random process, which neither sees nor wants anything."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

from rich.progress import track

from envs import seeds
from envs.data.ornstein_uhlenbeck import OrnsteinUhlenbeck
from envs.evaluation import collect
from envs.making import make_task
from envs.tasks import task
from envs.trajectory import Dataset, Provenance
from reproduce.data.cache import cached

_SEED = 0

PROCESS = {"theta": 0.15, "sigma": 0.3}
"""Coefficients of the Ornstein-Uhlenbeck process (B.1.2)."""

PROVENANCE = Provenance(
    "random",
    "Ornstein-Uhlenbeck process, theta {theta:g}, sigma {sigma:g}".format(**PROCESS),
    "",
    "stored",
)


def random_rollouts(
    task_id: str, *, episodes: int, cache: Path, notify: Callable[[str], None] = print
) -> Dataset:
    """`episodes` episodes of the process, which starts at 0 in each; clipped to [-1, 1]."""
    recipe = {
        "process": PROCESS,
        "seed": _SEED,
        "first_episode": seeds.ROLLOUTS,
        "episodes": episodes,
    }
    return cached(cache, task_id, recipe, partial(_made, task_id, episodes), notify)


def _made(task_id: str, episodes: int) -> Dataset:
    noise = OrnsteinUhlenbeck(task(task_id).action_dim, seed=_SEED, **PROCESS)
    trajectories = []
    with closing(make_task(task_id)) as env:
        for episode in track(range(episodes), f"{task_id}: random data", transient=True):
            noise.reset()
            seed = seeds.ROLLOUTS + episode
            trajectories += collect(env, lambda _: noise.sample(), episodes=1, seed=seed)
    return Dataset(task_id, tuple(trajectories), PROVENANCE)
