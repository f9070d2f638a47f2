"""Published human data -> :class:`Dataset`: the authors' .npy, DAPG's pickle, D4RL's HDF5.

Every reader clips actions to [-1, 1], as the environment does before it applies them. It marks no
step terminal, because the hand tasks have no terminal states. It keeps each episode whole, even if
people needed more steps than the task's horizon: a transition does not depend on the horizon. Data
that does not fit is refused, and the message names file, entry and both numbers. Nothing is cut to
fit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.data.arrays import FLAT, entry, flat_arrays, flat_episodes, marks, matrix, vector
from envs.data.files import sha256_of
from envs.data.hdf5 import load_hdf5
from envs.data.safe_pickle import load_npy, load_pickle
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

_WRONG_STARTS = ("relocate-binary-v0",)  # of D4RL's `infos`
_DENSE_NOTE = "stored rewards are those of the dense task; recomputed from next observations"


def read_awac_npy(path: Path, task: Task) -> Dataset:
    """Read a file of the AWAC authors, such as ``pen2_sparse.npy``.

    The file is a sequence of paths. Each has ``observations``, ``actions``, ``rewards`` and
    ``next_observations`` (T each), and optionally ``terminals``. An observation is a vector, or a
    dict that holds one as ``state_observation``. The published files have one reward too many (200
    for 199 transitions). The first T are used, as in the authors' loader. Rewards stay as stored.

    Raises:
        DataError: if the file is missing, damaged, or not of this format or task.
    """
    trajectories = []
    for i, record in enumerate(_records(load_npy(path), path)):
        where = f"{path}, path {i}"
        actions = matrix(entry(record, "actions", where), "actions", task.action_dim, task, where)
        steps = len(actions)
        rewards = vector(entry(record, "rewards", where), "rewards", where)
        if len(rewards) not in (steps, steps + 1):
            raise DataError(f"{where}: {len(rewards)} rewards for {steps} actions")
        if "terminals" in record:
            marks(record["terminals"], "terminals", steps, where)
        states = {
            name: matrix(
                _vectors(entry(record, name, where), where),
                name,
                task.observation_dim,
                task,
                where,
            )
            for name in ("observations", "next_observations")
        }
        trajectories.append(_trajectory(states, actions, rewards[:steps], task, where))
    return _dataset(path, task, trajectories, "stored", "")


def read_dapg_pickle(path: Path, task: Task) -> Dataset:
    """Read human demonstrations of Rajeswaran et al. (2018), such as ``door-v0_demos.pickle``.

    The file is a list of dicts with ``observations`` (T, O), ``actions`` (T, A), ``rewards`` (T,)
    and ``init_state_dict``. The observation after the last action was not recorded, so T steps give
    T - 1 transitions. The stored rewards are dense. Binary ones are computed from the next
    observations. Recorded actions reach 1.37 and are clipped. A file can be replayed
    (:mod:`envs.data.demonstration_replay`) if every demonstration has an ``init_state_dict``.

    Raises:
        DataError: if the file is missing, damaged, or not of this format or task.
    """
    trajectories = []
    states: list[dict[str, NDArray[np.float64]]] = []
    for i, record in enumerate(_records(load_pickle(path), path)):
        where = f"{path}, demonstration {i}"
        arrays = flat_arrays(
            {n: entry(record, n, where) for n in ("observations", "actions")}
            | {n: record[n] for n in ("rewards",) if n in record},
            task,
            where,
        )
        recorded = arrays["observations"]
        following = {"observations": recorded[:-1], "next_observations": recorded[1:]}
        trajectories.append(_trajectory(following, arrays["actions"][:-1], None, task, where))
        if isinstance(record, Mapping) and "init_state_dict" in record:
            states.append(_state(record["init_state_dict"], where))
    dataset = _dataset(path, task, trajectories, "relabelled", _DENSE_NOTE)
    complete = len(states) == len(dataset.trajectories)
    return replace(dataset, initial_states=tuple(states)) if complete else dataset


def read_d4rl_hdf5(path: Path, task: Task) -> Dataset:
    """Read a D4RL hand data set, such as ``pen-human-v1.hdf5``.

    The file has flat arrays ``observations``, ``actions``, ``terminals``, ``timeouts`` (N steps),
    and optionally ``next_observations``. An episode ends at a step with either flag. Without
    ``next_observations`` the last step of an episode has no successor and is left out. Nothing is
    left of an episode of one step; the provenance counts these episodes. Rewards are dense in the
    file and recomputed. D4RL's terminals (a dropped pen) end episodes here, but are not terminal
    states of this task. Its ``infos`` say where each episode starts, so the data can be replayed
    (:mod:`envs.data.demonstration_replay`). Relocate is the exception: its ``infos`` give all
    episodes the ball and target of one episode (D4RL's issue 196).

    Raises:
        DataError: if the file is missing, damaged, or not of this format or task.
    """
    named = () if task.id in _WRONG_STARTS else task.initial_state
    wanted = tuple(name for name, _ in named)
    content = load_hdf5(path, "get it again", (*FLAT, *(f"infos/{name}" for name in wanted)))
    infos = {n: content.pop(f"infos/{n}") for n in wanted if f"infos/{n}" in content}
    starting = infos if len(infos) == len(wanted) else {}
    for name in ("observations", "actions"):
        entry(content, name, str(path))
    arrays = flat_arrays(content, task, str(path))
    actions = arrays["actions"]
    for name, rows in starting.items():
        if len(rows) != len(actions):
            raise DataError(f"{path}: {len(rows)} infos/{name} for {len(actions)} actions")
    episodes, without_successor = flat_episodes(arrays, str(path))
    trajectories = [
        _trajectory(
            {"observations": e.observations, "next_observations": e.next_observations},
            e.actions,
            None,
            task,
            e.where,
        )
        for e in episodes
    ]
    note = _DENSE_NOTE
    if without_successor:
        note += f"; left out: {without_successor} episodes of one step, without a successor"
    dataset = _dataset(path, task, trajectories, "relabelled", note)
    starts = [
        _state({name: rows[e.start] for name, rows in starting.items()}, e.where) for e in episodes
    ]
    return replace(dataset, initial_states=tuple(starts) if starting else ())


def _dataset(
    path: Path, task: Task, trajectories: Sequence[Trajectory], rewards: Labels, note: str
) -> Dataset:
    if not trajectories:
        raise DataError(f"{path} holds no trajectories")
    provenance = Provenance("human", path.name, sha256_of(path), rewards, note)
    return Dataset(task.id, tuple(trajectories), provenance)


def _trajectory(
    states: Mapping[str, NDArray[np.float32]],
    actions: NDArray[np.float32],
    rewards: NDArray[np.float32] | None,
    task: Task,
    where: str,
) -> Trajectory:
    """Make a trajectory: clip actions, compute rewards if ``rewards`` is None, and check it."""
    following = states["next_observations"]
    if rewards is None:
        rewards = binary_rewards(task, following)
    terminals = np.zeros(len(actions), dtype=np.bool_)
    t = Trajectory(states["observations"], executed(actions, where), rewards, following, terminals)
    check_trajectory(t, task, where)
    return t


def _state(record: object, where: str) -> dict[str, NDArray[np.float64]]:
    if not isinstance(record, Mapping):
        raise DataError(f"{where}: init_state_dict is {type(record).__name__}, not a dict")
    try:
        return {name: np.array(value, dtype=np.float64) for name, value in record.items()}
    except (TypeError, ValueError) as error:
        raise DataError(f"{where}: init_state_dict holds no numbers ({error})") from error


def _records(content: object, path: Path) -> Sequence[Any]:
    if isinstance(content, np.ndarray) and content.ndim == 1:
        return list(content)
    if isinstance(content, (list, tuple)):
        return content
    raise DataError(f"{path}: expected a list of trajectories, found {type(content).__name__}")


def _vectors(observations: Any, where: str) -> Any:
    a_list = isinstance(observations, (list, tuple)) or getattr(observations, "ndim", 0) == 1
    if a_list and len(observations) and isinstance(observations[0], Mapping):
        return [entry(o, "state_observation", where) for o in observations]
    return observations
