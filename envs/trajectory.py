"""Trajectories and data sets in memory, with a record of where they come from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from envs.success import binary_rewards
from envs.tasks import Task

Origin = Literal["human", "expert", "cloned", "embedded", "rollouts", "random", "own", "none"]
Labels = Literal["relabelled", "stored"]
Observations = Literal["recorded", "replayed"]

_ACTION_TOLERANCE = 1e-5
_FARTHEST_ACTION = 10.0
"""Largest accepted action. Recorded actions reach 1.37, and an expert's noise adds to that. Actions
in degrees instead of radians would be larger."""
_LONGEST_EPISODE = 5
"""Longest accepted episode, in horizons. People needed more than one horizon for a demonstration
(door: up to 300 steps, the horizon is 200). A far longer episode is several whose ends are not
marked."""


class DataError(RuntimeError):
    """A data file is missing or unusable; the message names the file and the way out."""


def check_readable(path: Path, what: str = "data file") -> None:
    """Raise DataError, with the system's reason, if a file is missing or cannot be opened."""
    try:
        with open(path, "rb"):
            pass
    except FileNotFoundError:
        raise DataError(f"no {what} {path}; generate it or check the path") from None
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error


def executed(actions: NDArray[np.float32], where: str) -> NDArray[np.float32]:
    """Recorded actions (T, A), clipped to [-1, 1] as a simulator executes them.

    Raises:
        DataError: one is so large that it must be in another unit; ``where`` names its file.
    """
    largest = float(np.abs(actions).max(initial=0.0))
    if largest > _FARTHEST_ACTION:
        raise DataError(
            f"{where}: |action| reaches {largest:.4g}; what is clipped to [-1, 1] may reach "
            f"{_FARTHEST_ACTION:g}: are the actions in another unit? Rescale them, so that -1 and "
            "1 are the bounds of each"
        )
    return np.clip(actions, -1.0, 1.0)


class Trajectory(NamedTuple):
    """One episode of T steps. All arrays are float32, except ``terminals``.

    Attributes:
        observations: (T, O) before each action.
        actions: (T, A) in [-1, 1].
        rewards: (T,).
        next_observations: (T, O) after each action.
        terminals: (T,) bool, True at a step that ended the episode by the task's own rule. This
            never happens on the hand tasks. Reaching the horizon does not count.
    """

    observations: NDArray[np.float32]
    actions: NDArray[np.float32]
    rewards: NDArray[np.float32]
    next_observations: NDArray[np.float32]
    terminals: NDArray[np.bool_]


def check_trajectory(t: Trajectory, task: Task, where: str) -> None:
    """Check shapes, types, finiteness, the range of actions, and whether it can be one episode.

    Args:
        t: the trajectory.
        task: the task it must belong to.
        where: what the message names, e.g. "pen2_sparse.npy, path 3".

    Raises:
        DataError: naming ``where``, the array and what is wrong with it.
    """
    steps = len(t.rewards)
    if steps == 0:
        raise DataError(f"{where}: the trajectory has no steps")
    shapes = {
        "observations": (steps, task.observation_dim),
        "actions": (steps, task.action_dim),
        "rewards": (steps,),
        "next_observations": (steps, task.observation_dim),
        "terminals": (steps,),
    }
    for name, shape in shapes.items():
        array = getattr(t, name)
        if array.shape != shape:
            raise DataError(
                f"{where}: {name} has shape {array.shape}, {task.id} needs {shape}; "
                "is this the file of another task?"
            )
        dtype = np.bool_ if name == "terminals" else np.float32
        if array.dtype != dtype:
            raise DataError(f"{where}: {name} is {array.dtype}, must be {np.dtype(dtype)}")
        if not np.isfinite(array).all():
            raise DataError(
                f"{where}: {name} contains NaN or infinity; delete the file and get it again"
            )
    if steps > _LONGEST_EPISODE * task.horizon:
        raise DataError(
            f"{where}: {steps} steps are no one episode of {task.id}, whose horizon is "
            f"{task.horizon}; are ends of episodes not marked?"
        )
    largest = float(np.abs(t.actions).max())
    if largest > 1.0 + _ACTION_TOLERANCE:
        raise DataError(
            f"{where}: |action| reaches {largest:.3g}; clip actions to [-1, 1] before storing, "
            "as the environment does before applying them"
        )


@dataclass(frozen=True)
class Provenance:
    """Where a data set comes from.

    Attributes:
        source: who acted: people, an expert policy, D4RL's mixture of demonstrations and a policy
            cloned from them, the set shipped with the project, a policy cloned here, a random
            process, the user ("own"); "none" if there is no data.
        origin: file name or address; never a path of one machine.
        sha256: checksum of that file, empty if there is none.
        rewards: "relabelled" if recomputed from the next observations, else "stored".
        note: anything a reader of results should know.
        observations: "replayed" if they are the simulator's answers to the recorded actions
            (:mod:`envs.data.demonstration_replay`), else "recorded", as originally stored.
    """

    source: Origin
    origin: str
    sha256: str
    rewards: Labels
    note: str = ""
    observations: Observations = "recorded"


@dataclass(frozen=True)
class Dataset:
    """Trajectories of one task and their provenance.

    Attributes:
        task_id: the task.
        trajectories: one an episode.
        provenance: where they come from.
        initial_states: the simulator's state before the first action of each trajectory, arrays by
            name, as far as the file has it. Empty if the file has none.
    """

    task_id: str
    trajectories: tuple[Trajectory, ...]
    provenance: Provenance
    initial_states: tuple[Mapping[str, NDArray[np.float64]], ...] = ()

    @property
    def steps(self) -> int:
        """Number of transitions."""
        return sum(len(t.rewards) for t in self.trajectories)

    @property
    def returns(self) -> NDArray[np.float64]:
        """(N,) undiscounted return of each trajectory."""
        return np.array([t.rewards.sum(dtype=np.float64) for t in self.trajectories])

    @property
    def content_checksum(self) -> str:
        """SHA-256 over the task id and all arrays; the same on every machine."""
        return content_checksum(self.task_id, self.trajectories)


def content_checksum(task_id: str, trajectories: Sequence[Trajectory]) -> str:
    """Return the SHA-256, in hex, over the task id and every array's name, shape and bytes."""
    digest = hashlib.sha256(task_id.encode())
    for t in trajectories:
        for name, array in zip(t._fields, t, strict=True):
            digest.update(f"{name}{array.shape}".encode())
            little_endian = array.dtype.newbyteorder("<")
            digest.update(np.ascontiguousarray(array, dtype=little_endian).tobytes())
    return digest.hexdigest()


def relabel(dataset: Dataset, task: Task) -> Dataset:
    """Return the data set of the task with each reward recomputed from its next observation.

    The authors' pen demonstrations need this. Their stored rewards come from an open-loop replay
    that drifted from the recorded states. It changes nothing in data whose rewards are right.
    """
    trajectories = tuple(
        t._replace(rewards=binary_rewards(task, t.next_observations)) for t in dataset.trajectories
    )
    provenance = replace(dataset.provenance, rewards="relabelled")
    return replace(dataset, trajectories=trajectories, provenance=provenance)
