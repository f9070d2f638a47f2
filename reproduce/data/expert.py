"""Demonstrations of the locomotion tasks, by the experts that this project trained itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from rich.progress import Progress

from envs import seeds
from envs.data.experts import good_episodes
from envs.data.sources import Request
from envs.evaluation import Act
from envs.tasks import Task
from envs.trajectory import DataError, Dataset, Provenance, Trajectory
from reproduce.data.actors import Actor, load_actor
from reproduce.data.cache import cached

DEMONSTRATIONS = 15
"""As in the paper, appendix on the MuJoCo benchmarks."""

GOOD = 0.8
"""An episode is kept if its return is at least this share of the expert's mean return. (The
authors kept those above 9000 on HalfCheetah and 5000 on Ant and Walker2d.)"""


def expert_demonstrations(request: Request, notify: Callable[[str], None] = print) -> Dataset:
    """Good episodes of the task's expert, actions sampled; as many as asked for, else 15.

    The expert's file is looked for in the data folder, then among the project's assets.

    Raises:
        DataError: if there is no expert, or if 19 of 20 of its episodes are not good.
    """
    known = request.task
    actor = load_actor(known.id, request.data_dir, notify=notify)
    wanted = request.expert_episodes or DEMONSTRATIONS
    recipe = {
        "actor": actor.sha256,
        "demonstrations": wanted,
        "good": GOOD,
        "first_episode": seeds.EXPERT,
    }
    enough = GOOD * actor.return_mean
    make = partial(_roll_out, known, actor, wanted, enough)
    return cached(request.cache, known.id, recipe, make, notify)


def _roll_out(known: Task, actor: Actor, episodes: int, enough: float) -> Dataset:
    def acting(start: int) -> Act:
        generator = torch.Generator().manual_seed(start)
        return lambda o: actor.act(o, generator=generator)

    def good(episode: Trajectory) -> bool:
        return bool(episode.rewards.sum(dtype=float) >= enough)

    with Progress(transient=True) as progress:
        bar = progress.add_task(f"{known.id}: demonstrations", total=episodes)
        kept, attempts = good_episodes(
            known, acting, good, episodes, seeds.EXPERT, lambda: progress.advance(bar)
        )
    if len(kept) < episodes:
        raise DataError(
            f"{actor.path}: {len(kept)} of {attempts} sampled episodes returned at least "
            f"{enough:.0f}; the expert is not as good as its file says"
        )
    note = f"{episodes} good of {attempts} sampled episodes (return at least {enough:.0f})"
    origin = f"{actor.path.name}, mean return {actor.return_mean:.0f}"
    return Dataset(known.id, kept, Provenance("expert", origin, actor.sha256, "stored", note))
