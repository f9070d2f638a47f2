"""A user's own prior data: a file named after its task, with flat arrays as D4RL has them.

``pen-binary-v0.npz`` or ``pen-binary-v0.hdf5`` holds N steps, episode after episode:

=====================  ==========  =================================================
``observations``       (N, O)      before each action, as the task's environment has them
``actions``            (N, A)      clipped to [-1, 1], as the simulator executes them
``rewards``            (N,)        of the task; needed in locomotion alone
``terminals``          (N,)        1 where the task's own rule ended the episode
``timeouts``           (N,)        1 where the episode was cut
``next_observations``  (N, O)      without it an episode's last step is left out; needed
                                   where ``terminals`` are
=====================  ==========  =================================================

Rewards of hand and pushing are computed from the next observations, and their episodes have no
terminal states.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.data.arrays import FLAT, flat_arrays, flat_episodes
from envs.data.files import sha256_of
from envs.data.hdf5 import load_hdf5
from envs.data.npz import load_npz
from envs.goals import goal_task
from envs.success import binary_rewards
from envs.tasks import Task
from envs.trajectory import (
    DataError,
    Dataset,
    Labels,
    Provenance,
    Trajectory,
    check_trajectory,
    executed,
)

ENDINGS = (".npz", ".hdf5")
_REMEDY = "write it again"


def own_file(task_id: str, folder: Path) -> Path:
    """The file of the task in ``folder``.

    Raises:
        DataError: if there is none, or one of each kind.
    """
    files = [folder / f"{task_id}{ending}" for ending in ENDINGS]
    found = [path for path in files if path.is_file()]
    if len(found) == 1:
        return found[0]
    names = " or ".join(path.name for path in files)
    if found:
        raise DataError(f"{folder} has both {' and '.join(path.name for path in found)}; keep one")
    raise DataError(
        f"--data own: no {names} in {folder} (--data-dir names the folder); docs/data.md says "
        "which arrays it holds"
    )


def read_own_data(path: Path, task: Task) -> Dataset:
    """Read the episodes of a user's file.

    Args:
        path: the file, .npz or .hdf5.
        task: the task that it must belong to, and that rewards are computed by.

    Raises:
        DataError: if the file is missing, damaged, lacks an array, or is of another task. The
            message names file, array and what is wrong.
    """
    content = _load(path)
    has_own_rewards = task.domain == "locomotion"
    needed = ["observations", "actions"] + ["rewards"] * has_own_rewards
    for name in needed:
        if name not in content:
            raise DataError(
                f"{path}: no array {name!r}, but {', '.join(content) or 'none of ours'}; "
                "docs/data.md says which arrays it holds"
            )
    arrays = flat_arrays(content, task, str(path))
    falls = arrays.get("terminals", np.zeros(len(arrays["actions"]), np.bool_))
    if not has_own_rewards:
        falls = np.zeros_like(falls)
    elif falls.any() and "next_observations" not in arrays:
        raise DataError(
            f"{path}: terminals without next_observations; the last step of an episode would be "
            "left out, and with it every fall"
        )
    episodes, alone = flat_episodes(arrays, str(path))
    trajectories = []
    for each in episodes:
        steps = slice(each.start, each.start + len(each.actions))
        if has_own_rewards:
            rewards = arrays["rewards"][steps]
        else:
            rewards = _computed(task, each.next_observations)
        actions = executed(each.actions, each.where)
        t = Trajectory(each.observations, actions, rewards, each.next_observations, falls[steps])
        check_trajectory(t, task, each.where)
        trajectories.append(t)
    if not trajectories:
        raise DataError(f"{path} holds no step with a successor; add next_observations")
    note = f"left out: {alone} episodes of one step, without a successor" if alone else ""
    rewards_are: Labels = "stored" if has_own_rewards else "relabelled"
    provenance = Provenance("own", path.name, sha256_of(path), rewards_are, note)
    return Dataset(task.id, tuple(trajectories), provenance)


def _computed(task: Task, following: NDArray[np.float32]) -> NDArray[np.float32]:
    """(T,) rewards of transitions into ``following``, of a task whose observations tell them."""
    if task.reached is not None:
        return binary_rewards(task, following)
    goals = goal_task(task.id)
    places = following[:, : goals.observation_dim]
    return goals.reward(goals.achieved(places), following[:, goals.observation_dim :])


def _load(path: Path) -> Mapping[str, NDArray[Any]]:
    if path.suffix != ".npz":
        return load_hdf5(path, _REMEDY, FLAT)
    return load_npz(path, _REMEDY, FLAT)
