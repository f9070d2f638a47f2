"""Prior data of a task: demonstrations, and rollouts of a policy cloned from them.

The same for every method and seed: made on first use from fixed seeds, cached under a name that
is a checksum of everything that went into it, and verified whenever it is read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import gymnasium
import numpy as np
from filelock import FileLock
from rich.progress import Progress

import envs  # noqa: F401  (registers the tasks)
from algorithms.agent import Agent
from algorithms.buffer import ReplayBuffer
from algorithms.config import Hyperparameters
from algorithms.registry import METHODS
from envs.evaluation import collect
from envs.sources import find_demonstrations
from envs.storage import load_dataset, save_dataset
from envs.tasks import task
from envs.trajectory import DataError, Dataset, Provenance, Trajectory

_CLONING = Hyperparameters(policy_hidden=(256, 256), batch_size=256)
# not all of Hyperparameters: a new one must not make everybody's prior data anew
_CLONING_USES = ("policy_hidden", "policy_learning_rate", "policy_weight_decay", "batch_size")
_SEED = 0
_FIRST_EPISODE_SEED = 500_000
_FORMAT = 1


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
    *,
    rollouts: int,
    cloning_steps: int,
    cache: Path,
    door_threshold: float,
    notify: Callable[[str], None] = print,
) -> PriorData:
    """The demonstrations with `rollouts` episodes of a policy cloned from them.

    Behaviour cloning runs `cloning_steps` steps at 2x256, batch 256; half of the episodes act by
    the policy's mode and half by sampling, alternating (as the authors' scripts mixed evaluation
    and exploration). A damaged cache file is named and made again. With `rollouts` 0 the
    demonstrations are all there is.
    """
    if rollouts == 0:
        return PriorData(demonstrations, replace(demonstrations, trajectories=()))
    recipe = {
        "format": _FORMAT,
        "demonstrations": demonstrations.content_checksum,
        "env": demonstrations.task_id,
        "door_threshold": door_threshold,
        "rollouts": rollouts,
        "cloning": {name: getattr(_CLONING, name) for name in _CLONING_USES}
        | {"steps": cloning_steps, "seed": _SEED},
        "versions": {name: version(name) for name in ("mujoco", "gymnasium-robotics", "torch")},
    }
    key = hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()
    path = cache / "prior" / f"{demonstrations.task_id}-{key[:16]}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        if path.exists():
            try:
                return PriorData(demonstrations, load_dataset(path))
            except DataError as error:
                notify(f"{error}\nmaking it again")
        notify(f"{demonstrations.task_id}: making prior data, kept in {path}")
        made = _roll_out(demonstrations, rollouts, cloning_steps, door_threshold)
        save_dataset(path, made)
    return PriorData(demonstrations, made)


def _roll_out(
    demonstrations: Dataset, rollouts: int, cloning_steps: int, door_threshold: float
) -> Dataset:
    env_id = demonstrations.task_id
    with Progress(transient=True) as progress:
        cloning = progress.add_task(f"{env_id}: cloning", total=cloning_steps)
        agent = _clone(demonstrations, cloning_steps, lambda: progress.advance(cloning))
        rolling = progress.add_task(f"{env_id}: rollouts", total=rollouts)
        half = (rollouts + 1) // 2
        parts: list[list[Trajectory]] = []
        for deterministic, count, offset in ((True, half, 0), (False, rollouts - half, half)):
            if count == 0:
                parts.append([])
                continue
            env = make_env(env_id, door_threshold)
            parts.append(
                collect(
                    env,
                    lambda obs, mode=deterministic: agent.act(obs, deterministic=mode),  # type: ignore[misc]
                    episodes=count,
                    seed=_FIRST_EPISODE_SEED + offset,
                    progress=lambda _: progress.advance(rolling),
                )
            )
            env.close()
    by_mode, by_sample = parts
    alternating = [t for pair in zip(by_mode, by_sample, strict=False) for t in pair]
    alternating += by_mode[len(by_sample) :]
    provenance = Provenance(
        source="rollouts",
        origin=f"behaviour cloning of {demonstrations.provenance.origin}",
        sha256="",
        rewards="stored",
        note=f"{cloning_steps} cloning steps; mode and sample alternate",
    )
    return Dataset(env_id, tuple(alternating), provenance)


def _clone(demonstrations: Dataset, steps: int, advance: Callable[[], None]) -> Agent:
    spec = task(demonstrations.task_id)
    buffer = ReplayBuffer(demonstrations.steps, spec.observation_dim, spec.action_dim)
    fill(buffer, demonstrations)
    agent = Agent(METHODS["BC"], _CLONING, spec.observation_dim, spec.action_dim, seed=_SEED)
    rng = np.random.default_rng(_SEED)
    for _ in range(steps):
        agent.imitate(buffer.sample(_CLONING.batch_size, rng))
        advance()
    return agent


def make_env(env_id: str, door_threshold: float) -> gymnasium.Env[np.ndarray, np.ndarray]:
    """The task; the door's threshold is 1.4 rad in the paper and 1.35 in the released code."""
    extra = {"door_threshold": door_threshold} if env_id.startswith("door") else {}
    return gymnasium.make(env_id, **extra)


DOOR_THRESHOLDS = {"paper": 1.4, "released": 1.35}


def demonstrations_for(
    env_id: str,
    *,
    data: str,
    labels: str,
    profile: str,
    data_dir: Path | None,
    download: bool,
    notify: Callable[[str], None] = print,
) -> Dataset:
    """The demonstrations that a run of `profile` uses; see `envs.sources.find_demonstrations`."""
    return find_demonstrations(
        env_id,
        data=data,  # type: ignore[arg-type]
        labels=labels,  # type: ignore[arg-type]
        data_dir=data_dir,
        download=download,
        notify=notify,
        door_threshold=DOOR_THRESHOLDS[profile],
    )
