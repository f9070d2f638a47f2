"""Demonstrations of the locomotion tasks, by the experts that this project trained itself."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import partial

import torch
from rich.progress import Progress

from envs import seeds
from envs.evaluation import collect
from envs.making import make_task
from envs.sources import Request
from envs.trajectory import DataError, Dataset, Provenance, Trajectory
from reproduce.data.actors import Actor, load_actor
from reproduce.data.cache import cached

DEMONSTRATIONS = 15
"""As in the paper, appendix on the MuJoCo benchmarks."""

GOOD = 0.8
"""An episode is kept if its return is at least this share of the expert's mean return. (The
authors kept those above 9000 on HalfCheetah and 5000 on Ant and Walker2d.)"""

_ATTEMPTS = 20


def expert_demonstrations(request: Request, notify: Callable[[str], None] = print) -> Dataset:
    """Good episodes of the task's expert, actions sampled; as many as asked for, else 15.

    The expert's file is looked for in the data folder, then among the project's assets.

    Raises:
        DataError: if there is no expert, or if 19 of 20 of its episodes are not good.
    """
    task_id = request.task.id
    actor = load_actor(task_id, request.data_dir, notify=notify)
    wanted = request.expert_episodes or DEMONSTRATIONS
    recipe = {
        "actor": actor.sha256,
        "demonstrations": wanted,
        "good": GOOD,
        "first_episode": seeds.EXPERT,
    }
    enough = GOOD * actor.return_mean
    make = partial(_roll_out, task_id, actor, wanted, enough, _ATTEMPTS * wanted)
    return cached(request.cache, task_id, recipe, make, notify)


def _roll_out(
    task_id: str, actor: Actor, episodes: int, enough: float, attempts_at_most: int
) -> Dataset:
    kept: list[Trajectory] = []
    attempts = 0
    with closing(make_task(task_id)) as env, Progress(transient=True) as progress:
        bar = progress.add_task(f"{task_id}: demonstrations", total=episodes)
        while len(kept) < episodes:
            if attempts == attempts_at_most:
                raise DataError(
                    f"{actor.path}: {len(kept)} of {attempts} sampled episodes returned at least "
                    f"{enough:.0f}; the expert is not as good as its file says"
                )
            generator = torch.Generator().manual_seed(seeds.EXPERT + attempts)
            (episode,) = collect(
                env,
                lambda o, g=generator: actor.act(o, generator=g),  # type: ignore[misc]
                episodes=1,
                seed=seeds.EXPERT + attempts,
            )
            attempts += 1
            if episode.rewards.sum(dtype=float) >= enough:
                kept.append(episode)
                progress.advance(bar)
    note = f"{episodes} good of {attempts} sampled episodes (return at least {enough:.0f})"
    origin = f"{actor.path.name}, mean return {actor.return_mean:.0f}"
    return Dataset(task_id, tuple(kept), Provenance("expert", origin, actor.sha256, "stored", note))
