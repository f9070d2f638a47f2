"""Published data files -> :class:`Dataset`: the authors' .npy, DAPG's pickle, D4RL's HDF5.

Every reader clips actions to [-1, 1], as the environment does before it applies them, marks no
step terminal (the hand tasks have no terminal states) and keeps each episode whole, also where it
is longer than the task's horizon: a transition does not know the horizon.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import ArrayLike, NDArray

from envs.files import sha256_of
from envs.safe_pickle import load_npy, load_pickle
from envs.success import binary_rewards
from envs.tasks import Task
from envs.trajectory import (
    DataError,
    Dataset,
    Labels,
    Origin,
    Provenance,
    Trajectory,
    check_trajectory,
)

_STATES = {
    "pen-binary-v0": ("qpos", "qvel", "desired_orien"),
    "door-binary-v0": ("qpos", "qvel", "door_body_pos"),
}
_DENSE_NOTE = "stored rewards are those of the dense task; recomputed from next observations"


def read_awac_npy(path: Path, task: Task, *, source: Origin) -> Dataset:
    """Read a file of the AWAC authors, such as ``pen2_sparse.npy``.

    A sequence of paths, each with ``observations``, ``actions``, ``rewards`` and
    ``next_observations`` (T each); an observation is a vector or a dict that holds one as
    ``state_observation``. The published files carry one reward too many (200 for 199
    transitions); as in the authors' loader the first T are used. Rewards stay as stored.

    Raises:
        DataError: if the file is missing, damaged, or not of this format or task.
    """
    trajectories = []
    for i, record in enumerate(_records(load_npy(path), path)):
        where = f"{path}, path {i}"
        actions = _matrix(_field(record, "actions", where), where)
        rewards = _matrix(_field(record, "rewards", where), where).reshape(-1)
        if len(rewards) < len(actions):
            raise DataError(f"{where}: {len(rewards)} rewards for {len(actions)} actions")
        trajectories.append(
            _trajectory(
                _matrix(_vectors(_field(record, "observations", where), where), where),
                actions,
                rewards[: len(actions)],
                _matrix(_vectors(_field(record, "next_observations", where), where), where),
                task,
                where,
            )
        )
    return _dataset(path, task, trajectories, source, "stored", "")


def read_dapg_pickle(path: Path, task: Task) -> Dataset:
    """Read human demonstrations of Rajeswaran et al. (2018), such as ``door-v0_demos.pickle``.

    A list of dicts with ``observations`` (T, O), ``actions`` (T, A), ``rewards`` (T,) and
    ``init_state_dict``. The observation after the last action was not recorded, so T steps give
    T - 1 transitions. The stored rewards are dense; binary ones are computed from the next
    observations. Recorded actions reach 1.37 and are clipped. A file in which every demonstration
    has an ``init_state_dict`` can be replayed (:mod:`envs.replay`).

    Raises:
        DataError: if the file is missing, damaged, or not of this format or task.
    """
    trajectories = []
    states = []
    for i, record in enumerate(_records(load_pickle(path), path)):
        where = f"{path}, demonstration {i}"
        observations = _matrix(_field(record, "observations", where), where)
        actions = _matrix(_field(record, "actions", where), where)
        if len(observations) != len(actions):
            raise DataError(f"{where}: {len(observations)} observations for {len(actions)} actions")
        trajectories.append(
            _trajectory(observations[:-1], actions[:-1], None, observations[1:], task, where)
        )
        if isinstance(record, Mapping) and "init_state_dict" in record:
            states.append(_state(record["init_state_dict"], where))
    dataset = _dataset(path, task, trajectories, "human", "relabelled", _DENSE_NOTE)
    return replace(dataset, initial_states=tuple(states)) if _all(states, dataset) else dataset


def read_d4rl_hdf5(path: Path, task: Task, *, source: Origin = "human") -> Dataset:
    """Read a D4RL hand data set, such as ``pen-human-v1.hdf5``.

    Flat arrays ``observations``, ``actions``, ``terminals``, ``timeouts`` (N steps), optionally
    ``next_observations``; an episode ends where either flag is set. Without
    ``next_observations`` the last step of an episode has no successor and is left out. Rewards
    are dense in the file and recomputed. D4RL's terminals (a dropped pen) end episodes here, but
    are not terminal states of this task. Its ``infos`` say where each episode starts, so that it
    can be replayed (:mod:`envs.replay`); not on relocate, where they give all episodes the ball and
    target of one (D4RL's issue 196).

    Raises:
        DataError: if the file is missing, damaged, or not of this format or task.
    """
    if not path.is_file():
        raise DataError(f"no data file {path}")
    try:
        with h5py.File(path, "r") as file:
            names = ("observations", "actions", "terminals", "timeouts", "next_observations")
            arrays = {name: np.asarray(file[name]) for name in names if name in file}
            infos = file.get("infos", {})
            wanted = _STATES.get(task.id, ())
            complete = all(name in infos for name in wanted)
            states = {name: np.asarray(infos[name]) for name in wanted if complete}
    except OSError as error:
        raise DataError(f"{path} is no HDF5 file or is truncated ({error})") from error
    observations = _matrix(_field(arrays, "observations", str(path)), str(path))
    actions = _matrix(_field(arrays, "actions", str(path)), str(path))
    ends = np.zeros(len(actions), dtype=np.bool_)
    for name in ("terminals", "timeouts"):
        if name in arrays:
            if len(arrays[name]) != len(ends):
                raise DataError(f"{path}: {len(arrays[name])} {name} for {len(ends)} actions")
            ends |= arrays[name].reshape(-1).astype(np.bool_)
    if not ends.any():
        raise DataError(f"{path}: neither terminals nor timeouts mark the end of an episode")
    following = arrays.get("next_observations")
    stops = np.flatnonzero(ends) + 1
    bounds = sorted({0, *stops.tolist(), len(actions)})
    trajectories = []
    starts = []
    for i, (start, stop) in enumerate(itertools.pairwise(bounds)):
        where = f"{path}, episode {i}"
        last = stop if following is not None else stop - 1
        if last == start:
            continue  # one step without a successor
        after = observations[start + 1 : stop] if following is None else following[start:stop]
        trajectories.append(
            _trajectory(observations[start:last], actions[start:last], None, after, task, where)
        )
        if states:
            found = {name: rows[start] for name, rows in states.items() if start < len(rows)}
            starts.append(_state(found, where))
    dataset = _dataset(path, task, trajectories, source, "relabelled", _DENSE_NOTE)
    return replace(dataset, initial_states=tuple(starts))


def d4rl_path(data_dir: Path, d4rl_id: str) -> Path:
    """Return where D4RL's file of ``d4rl_id`` ("pen-human-v1") lies in ``data_dir``.

    D4RL keeps the published names: version 1 is named after its id, version 0 is
    ``pen-v0_demos_clipped.hdf5`` (human), ``pen-demos-v0-bc-combined.hdf5`` (cloned) and
    ``pen-v0_expert_clipped.hdf5``. The file need not exist.

    Raises:
        ValueError: for an id that is not a D4RL hand data set.
    """
    match d4rl_id.split("-"):
        case [("pen" | "door" | "relocate"), ("human" | "cloned" | "expert"), "v1"]:
            return data_dir / f"{d4rl_id}.hdf5"
        case [("pen" | "door" | "relocate") as name, "human", "v0"]:
            return data_dir / f"{name}-v0_demos_clipped.hdf5"
        case [("pen" | "door" | "relocate") as name, "cloned", "v0"]:
            return data_dir / f"{name}-demos-v0-bc-combined.hdf5"
        case [("pen" | "door" | "relocate") as name, "expert", "v0"]:
            return data_dir / f"{name}-v0_expert_clipped.hdf5"
    raise ValueError(
        f"{d4rl_id!r} is no D4RL hand data set; expected "
        "pen|door|relocate-human|cloned|expert-v0|v1, e.g. 'pen-human-v1'"
    )


def _dataset(
    path: Path,
    task: Task,
    trajectories: Sequence[Trajectory],
    source: Origin,
    rewards: Labels,
    note: str,
) -> Dataset:
    if not trajectories:
        raise DataError(f"{path} holds no trajectories")
    provenance = Provenance(source, path.name, sha256_of(path), rewards, note)
    return Dataset(task.id, tuple(trajectories), provenance)


def _trajectory(
    observations: NDArray[np.float32],
    actions: NDArray[np.float32],
    rewards: NDArray[np.float32] | None,
    next_observations: NDArray[Any],
    task: Task,
    where: str,
) -> Trajectory:
    """Clip, label if ``rewards`` is None, and check."""
    following = next_observations.astype(np.float32)
    if rewards is None:
        if following.ndim != 2 or following.shape[1] != task.observation_dim:
            raise DataError(
                f"{where}: observations have shape {following.shape}, {task.id} needs "
                f"(steps, {task.observation_dim}); is this the file of another task?"
            )
        rewards = binary_rewards(task.id, following)
    terminals = np.zeros(len(actions), dtype=np.bool_)
    t = Trajectory(observations, np.clip(actions, -1.0, 1.0), rewards, following, terminals)
    check_trajectory(t, task, where)
    return t


def _all(states: Sequence[object], dataset: Dataset) -> bool:
    """Whether every trajectory has its initial state."""
    return len(states) == len(dataset.trajectories)


def _state(record: object, where: str) -> dict[str, NDArray[np.float64]]:
    if not isinstance(record, Mapping):
        raise DataError(f"{where}: init_state_dict is {type(record).__name__}, not a dict")
    try:
        return {name: np.array(value, dtype=np.float64) for name, value in record.items()}
    except (TypeError, ValueError) as error:
        raise DataError(f"{where}: init_state_dict holds no numbers ({error})") from error


def _records(content: object, path: Path) -> Sequence[object]:
    if isinstance(content, np.ndarray) and content.ndim == 1:
        return list(content)
    if isinstance(content, (list, tuple)):
        return content
    raise DataError(f"{path}: expected a list of trajectories, found {type(content).__name__}")


def _field(record: object, name: str, where: str) -> Any:
    if not isinstance(record, Mapping) or name not in record:
        raise DataError(f"{where}: no entry {name!r}; is this a data file of another format?")
    return record[name]


def _vectors(observations: Sequence[Any], where: str) -> Sequence[Any]:
    if len(observations) and isinstance(observations[0], Mapping):
        return [_field(o, "state_observation", where) for o in observations]
    return observations


def _matrix(rows: ArrayLike, where: str) -> NDArray[np.float32]:
    try:
        return np.asarray(rows, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise DataError(f"{where}: not an array of numbers ({error})") from error
