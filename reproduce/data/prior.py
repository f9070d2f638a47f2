"""Prior data of a task: demonstrations, and rollouts of a policy cloned from them.

Pushing has random data in their place. A user's own file is all the prior data there is. The same
for every method and seed: made on first use from fixed seeds, cached under a name that is a
checksum of everything that went into it, and verified whenever it is read.

    python reproduce/prior_data.py --describe    # a table of all tasks
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import get_args

import gymnasium
import numpy as np
from rich.progress import Progress

from algorithms.buffer import ReplayBuffer
from envs import seeds
from envs.data.demonstration_replay import left_out, replay, states_checksum
from envs.data.experts import ExpertPolicy
from envs.data.own_data import own_file, read_own_data
from envs.data.sources import Request, find_demonstrations, roll_out_expert
from envs.making import make_task
from envs.tasks import Domain, Task, task
from envs.trajectory import Dataset, Provenance, Trajectory, relabel
from reproduce.data.cache import cached
from reproduce.data.cloning import Cloning, clone, roll_out
from reproduce.data.expert import expert_demonstrations
from reproduce.data.random import PROVENANCE as RANDOM_PROVENANCE
from reproduce.data.random import random_rollouts
from reproduce.data.tasks import task_for
from reproduce.specs.kinds import DataKind, ProfileName

DEFAULT_KIND: dict[Domain, DataKind] = {"locomotion": "expert", "push": "random"}
"""What --data auto comes to; on the hand it depends on what is found."""

KINDS: dict[Domain, tuple[str, ...]] = {
    "hand": ("auto", *(kind for kind in get_args(DataKind) if kind != "random")),
    "locomotion": ("auto", "expert", "own", "none"),
    "push": ("auto", "random", "own", "none"),
}


@dataclass(frozen=True)
class PriorData:
    """What every method is given before its first online step."""

    demonstrations: Dataset
    rollouts: Dataset

    @property
    def checksum(self) -> str:
        """Over the content of both parts."""
        parts = self.demonstrations.content_checksum + self.rollouts.content_checksum
        return hashlib.sha256(parts.encode()).hexdigest()

    @property
    def episodes(self) -> tuple[Trajectory, ...]:
        """Of both parts."""
        return (*self.demonstrations.trajectories, *self.rollouts.trajectories)

    @property
    def returns(self) -> list[float]:
        """Of every episode, in units of the task."""
        return [*map(float, self.demonstrations.returns), *map(float, self.rollouts.returns)]

    def leading(self, fraction: float) -> PriorData:
        """The first `fraction` of the demonstrations and of the rollouts (at least one of each)."""

        def part(dataset: Dataset) -> Dataset:
            count = max(1, int(len(dataset.trajectories) * fraction))
            return replace(dataset, trajectories=dataset.trajectories[:count])

        return PriorData(part(self.demonstrations), part(self.rollouts))


def fill(buffer: ReplayBuffer, dataset: Dataset) -> None:
    """Append a data set; a trajectory's end is not a terminal unless the task itself ended it."""
    for t in dataset.trajectories:
        masks = 1.0 - t.terminals.astype(np.float32)
        buffer.add_many(t.observations, t.actions, t.rewards, masks, t.next_observations)


def prior_data(
    demonstrations: Dataset,
    known: Task,
    *,
    rollouts: int,
    cloning: Cloning,
    cache: Path,
    notify: Callable[[str], None] = print,
) -> PriorData:
    """The demonstrations of a task with `rollouts` episodes of a policy cloned from them.

    How it is cloned and acts `cloning.py` says. With `rollouts` 0 the demonstrations are all there
    is. Where the data is random, `rollouts` episodes of the random process are.
    """
    source = demonstrations.provenance.source
    # D4RL's cloned data holds its rollouts, and a user's own file all that is wanted.
    if rollouts == 0 or source in ("none", "cloned", "own"):
        return PriorData(demonstrations, replace(demonstrations, trajectories=()))
    if source == "random":
        made = random_rollouts(known.id, episodes=rollouts, cache=cache, notify=notify)
        return PriorData(demonstrations, made)
    recipe = {
        "demonstrations": demonstrations.content_checksum,
        "door_threshold": known.door_threshold,
        "rollouts": rollouts,
        "cloning": cloning.identity(),
    }
    make = partial(_made, demonstrations, known, rollouts, cloning)
    return PriorData(demonstrations, cached(cache, known.id, recipe, make, notify))


def _made(demonstrations: Dataset, known: Task, rollouts: int, cloning: Cloning) -> Dataset:
    buffer = ReplayBuffer(demonstrations.steps, known.observation_dim, known.action_dim)
    fill(buffer, demonstrations)
    with Progress(transient=True) as progress:
        bar = progress.add_task(f"{known.id}: cloning", total=cloning.steps)
        agent = clone(known.id, buffer, cloning, lambda: progress.advance(bar))
        rolling = progress.add_task(f"{known.id}: rollouts", total=rollouts)
        trajectories = roll_out(
            agent, known, rollouts, cloning.recipe, lambda: progress.advance(rolling)
        )
    acted = "mode and sample alternate" if cloning.recipe.sampled < 1 else "all sampled"
    provenance = Provenance(
        source="rollouts",
        origin=f"behaviour cloning of {demonstrations.provenance.origin}",
        sha256="",
        rewards="stored",
        note=f"{cloning.steps} cloning steps; {acted}",
    )
    return Dataset(known.id, tuple(trajectories), provenance)


def make_env(task_id: str, profile: ProfileName) -> gymnasium.Env[np.ndarray, np.ndarray]:
    """The task as a method of the profile sees it."""
    return make_task(task_for(task_id, profile))


def kind_of(task_id: str, data: str) -> DataKind | None:
    """What --data comes to without looking at files; None on the hand, where they decide.

    Raises:
        ValueError: if the task has no data of that kind.
    """
    domain = task(task_id).domain
    if domain not in KINDS:
        raise ValueError(f"{task_id}: KINDS of reproduce/data/prior.py lacks its domain, {domain}")
    if data not in KINDS[domain]:
        raise ValueError(f"--data {data}: {task_id} has {', '.join(KINDS[domain])}")
    if data == "auto":
        return DEFAULT_KIND.get(domain)
    if domain == "hand" and data != "none":
        return None
    assert data in get_args(DataKind)
    return data  # type: ignore[return-value]


def named_kind(asked: str, demonstrations: Dataset) -> DataKind:
    """What rows call the demonstrations of a hand task that `asked` (--data) has come to.

    "human-recorded" only where there is another reading: a file that cannot be replayed is
    "human" either way.
    """
    source = demonstrations.provenance.source
    if asked.startswith("minari-") or (asked == "human-recorded" and demonstrations.initial_states):
        return asked  # type: ignore[return-value]
    return source  # type: ignore[return-value]


def demonstrations_for(request: Request, notify: Callable[[str], None] = print) -> Dataset:
    """The demonstrations that a run uses; without trajectories where there are none.

    `request.data` may be any `DataChoice`. Human ones whose file says how each begins are replayed
    in the simulator (once, then cached), unless it is "human-recorded". The user's own are all
    episodes of the file.

    Raises:
        DataError: as `find_demonstrations`, `expert_demonstrations` and `read_own_data`.
        ValueError: if the task has no data of that kind, or if no expert shows it.
    """
    known, data, cache = request.task, request.data, request.cache
    kind = kind_of(known.id, data)
    if request.expert_episodes and "expert" not in (kind, data):
        raise ValueError(
            f"--set expert_demonstrations={request.expert_episodes}: an expert must have made the "
            f"data, but those of {known.id} are not an expert's; on a hand task use --data expert"
        )
    if kind == "none":
        return Dataset(known.id, (), Provenance("none", "no prior data", "", "stored"))
    if kind == "random":
        return Dataset(known.id, (), RANDOM_PROVENANCE)
    if kind == "expert":
        return expert_demonstrations(request, notify)
    if data == "own":
        return read_own_data(own_file(known.id, request.folder), known)
    recorded = find_demonstrations(
        replace(request, data="human") if data == "human-recorded" else request,
        notify=notify,
        rolled_out=partial(_rolled_out, cache, notify),
    )
    if data == "human-recorded" or not recorded.initial_states:
        return recorded
    return _replayed(recorded, known, cache, notify)


def _rolled_out(
    cache: Path, notify: Callable[[str], None], path: Path, known: Task, episodes: int
) -> Dataset:
    """Good episodes of the policy of a hand task in a file: rolled out once, then cached."""
    recipe = {
        "policy": ExpertPolicy.load(path).sha256,
        "demonstrations": episodes,
        "first_episode": seeds.EXPERT,
        "door_threshold": known.door_threshold,
    }
    make = partial(roll_out_expert, path, known, episodes)
    return cached(cache, known.id, recipe, make, notify)


def _replayed(
    recorded: Dataset, known: Task, cache: Path, notify: Callable[[str], None]
) -> Dataset:
    recipe = {
        "replay of": recorded.content_checksum,
        "initial states": states_checksum(recorded),
        "largest departure": left_out(known.id),
    }
    made = cached(cache, known.id, recipe, partial(replay, recorded), notify)
    return relabel(made, known)  # the file has the paper's labels, whatever the profile
