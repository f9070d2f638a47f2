"""Published data files -> :class:`Dataset`: the authors' .npy, DAPG's pickle, D4RL's HDF5.

Every reader clips actions to [-1, 1], as the environment does before it applies them. It marks no
step terminal, because the hand tasks have no terminal states. It keeps each episode whole, even if
people needed more steps than the task's horizon: a transition does not depend on the horizon. Data
that does not fit is refused, and the message names file, entry and both numbers. Nothing is cut to
fit.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from envs.files import sha256_of
from envs.hdf5 import load_hdf5
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
    executed,
)

_WRONG_STARTS = ("relocate-binary-v0",)  # of D4RL's `infos`
_REAL = "iuf"  # kinds of NumPy types
_D4RL = ("observations", "actions", "rewards", "terminals", "timeouts", "next_observations")
_DENSE_NOTE = "stored rewards are those of the dense task; recomputed from next observations"


def read_awac_npy(path: Path, task: Task, *, source: Origin) -> Dataset:
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
        actions = _matrix(_field(record, "actions", where), "actions", task.action_dim, task, where)
        steps = len(actions)
        rewards = _vector(_field(record, "rewards", where), "rewards", where)
        if len(rewards) not in (steps, steps + 1):
            raise DataError(f"{where}: {len(rewards)} rewards for {steps} actions")
        if "terminals" in record:
            _marks(record["terminals"], "terminals", steps, where)
        states = {
            name: _matrix(
                _vectors(_field(record, name, where), where),
                name,
                task.observation_dim,
                task,
                where,
            )
            for name in ("observations", "next_observations")
        }
        trajectories.append(_trajectory(states, actions, rewards[:steps], task, where))
    return _dataset(path, task, trajectories, source, "stored", "")


def read_dapg_pickle(path: Path, task: Task) -> Dataset:
    """Read human demonstrations of Rajeswaran et al. (2018), such as ``door-v0_demos.pickle``.

    The file is a list of dicts with ``observations`` (T, O), ``actions`` (T, A), ``rewards`` (T,)
    and ``init_state_dict``. The observation after the last action was not recorded, so T steps give
    T - 1 transitions. The stored rewards are dense. Binary ones are computed from the next
    observations. Recorded actions reach 1.37 and are clipped. A file can be replayed
    (:mod:`envs.demonstration_replay`) if every demonstration has an ``init_state_dict``.

    Raises:
        DataError: if the file is missing, damaged, or not of this format or task.
    """
    trajectories = []
    states: list[dict[str, NDArray[np.float64]]] = []
    for i, record in enumerate(_records(load_pickle(path), path)):
        where = f"{path}, demonstration {i}"
        arrays = _flat(
            {n: _field(record, n, where) for n in ("observations", "actions")}
            | {n: record[n] for n in ("rewards",) if n in record},
            task,
            where,
        )
        recorded = arrays["observations"]
        following = {"observations": recorded[:-1], "next_observations": recorded[1:]}
        trajectories.append(_trajectory(following, arrays["actions"][:-1], None, task, where))
        if isinstance(record, Mapping) and "init_state_dict" in record:
            states.append(_state(record["init_state_dict"], where))
    dataset = _dataset(path, task, trajectories, "human", "relabelled", _DENSE_NOTE)
    complete = len(states) == len(dataset.trajectories)
    return replace(dataset, initial_states=tuple(states)) if complete else dataset


def read_d4rl_hdf5(path: Path, task: Task, *, source: Origin = "human") -> Dataset:
    """Read a D4RL hand data set, such as ``pen-human-v1.hdf5``.

    The file has flat arrays ``observations``, ``actions``, ``terminals``, ``timeouts`` (N steps),
    and optionally ``next_observations``. An episode ends at a step with either flag. Without
    ``next_observations`` the last step of an episode has no successor and is left out. Nothing is
    left of an episode of one step; the provenance counts these episodes. Rewards are dense in the
    file and recomputed. D4RL's terminals (a dropped pen) end episodes here, but are not terminal
    states of this task. Its ``infos`` say where each episode starts, so the data can be replayed
    (:mod:`envs.demonstration_replay`). Relocate is the exception: its ``infos`` give all episodes
    the ball and target of one episode (D4RL's issue 196).

    Raises:
        DataError: if the file is missing, damaged, or not of this format or task.
    """
    named = () if task.id in _WRONG_STARTS else task.initial_state
    wanted = tuple(name for name, _ in named)
    content = load_hdf5(path, (*_D4RL, *(f"infos/{name}" for name in wanted)))
    infos = {n: content.pop(f"infos/{n}") for n in wanted if f"infos/{n}" in content}
    starting = infos if len(infos) == len(wanted) else {}
    for name in ("observations", "actions"):
        _field(content, name, str(path))
    arrays = _flat(content, task, str(path))
    observations, actions = arrays["observations"], arrays["actions"]
    for name, rows in starting.items():
        if len(rows) != len(actions):
            raise DataError(f"{path}: {len(rows)} infos/{name} for {len(actions)} actions")
    ends = np.zeros(len(actions), dtype=np.bool_)
    for name in ("terminals", "timeouts"):
        ends |= arrays.get(name, False)
    if not ends.any():
        raise DataError(f"{path}: neither terminals nor timeouts mark the end of an episode")
    following = arrays.get("next_observations")
    stops = np.flatnonzero(ends) + 1
    bounds = sorted({0, *stops.tolist(), len(actions)})
    trajectories, starts, without_successor = [], [], 0
    for i, (start, stop) in enumerate(itertools.pairwise(bounds)):
        last = stop if following is not None else stop - 1
        if last == start:
            without_successor += 1
            continue
        after = observations[start + 1 : stop] if following is None else following[start:stop]
        states = {"observations": observations[start:last], "next_observations": after}
        where = f"{path}, episode {i}"
        trajectories.append(_trajectory(states, actions[start:last], None, task, where))
        if starting:
            starts.append(_state({name: rows[start] for name, rows in starting.items()}, where))
    note = _DENSE_NOTE
    if without_successor:
        note += f"; left out: {without_successor} episodes of one step, without a successor"
    dataset = _dataset(path, task, trajectories, source, "relabelled", note)
    return replace(dataset, initial_states=tuple(starts))


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
    states: Mapping[str, NDArray[np.float32]],
    actions: NDArray[np.float32],
    rewards: NDArray[np.float32] | None,
    task: Task,
    where: str,
) -> Trajectory:
    """Make a trajectory: clip actions, compute rewards if ``rewards`` is None, and check it."""
    following = states["next_observations"]
    if rewards is None:
        rewards = binary_rewards(task.id, following)
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


def _flat(content: Mapping[str, Any], task: Task, where: str) -> dict[str, NDArray[Any]]:
    """The arrays by name, each checked by itself. All must have as many steps as the actions, N."""
    widths = {
        "observations": task.observation_dim,
        "next_observations": task.observation_dim,
        "actions": task.action_dim,
    }
    actions = _matrix(content["actions"], "actions", task.action_dim, task, where)
    arrays: dict[str, NDArray[Any]] = {}
    for name, value in content.items():
        if name in widths:
            arrays[name] = _matrix(value, name, widths[name], task, where)
        elif name == "rewards":
            arrays[name] = _vector(value, name, where)
        else:
            arrays[name] = _marks(value, name, len(actions), where)
        if len(arrays[name]) != len(actions):
            raise DataError(f"{where}: {len(arrays[name])} {name} for {len(actions)} actions")
    return arrays


def _records(content: object, path: Path) -> Sequence[Any]:
    if isinstance(content, np.ndarray) and content.ndim == 1:
        return list(content)
    if isinstance(content, (list, tuple)):
        return content
    raise DataError(f"{path}: expected a list of trajectories, found {type(content).__name__}")


def _field(record: object, name: str, where: str) -> Any:
    if not isinstance(record, Mapping) or name not in record:
        raise DataError(f"{where}: no entry {name!r}; is this a data file of another format?")
    return record[name]


def _vectors(observations: Any, where: str) -> Any:
    a_list = isinstance(observations, (list, tuple)) or getattr(observations, "ndim", 0) == 1
    if a_list and len(observations) and isinstance(observations[0], Mapping):
        return [_field(o, "state_observation", where) for o in observations]
    return observations


def _matrix(value: ArrayLike, name: str, width: int, task: Task, where: str) -> NDArray[np.float32]:
    """(N, width) real numbers."""
    array = _numbers(value, name, where)
    if array.ndim != 2 or array.shape[1] != width:
        raise DataError(
            f"{where}: {name} has shape {array.shape}, {task.id} needs (steps, {width}); "
            "is this the file of another task?"
        )
    return array


def _vector(value: ArrayLike, name: str, where: str, kinds: str = _REAL) -> NDArray[np.float32]:
    """(N,) real numbers, which may be stored as (N, 1)."""
    array = _numbers(value, name, where, kinds)
    if array.ndim == 2 and array.shape[1] == 1:
        return array[:, 0]
    if array.ndim != 1:
        raise DataError(f"{where}: {name} has shape {array.shape}, must be (steps,)")
    return array


def _marks(value: ArrayLike, name: str, count: int, where: str) -> NDArray[np.bool_]:
    """(count,) of 0 and 1, stored as any type."""
    numbers = _vector(value, name, where, kinds="biuf")
    if len(numbers) != count:
        raise DataError(f"{where}: {len(numbers)} {name} for {count} actions")
    other = numbers[(numbers != 0) & (numbers != 1)]
    if other.size:
        raise DataError(f"{where}: {name} must be 0 or 1, step by step, but {other[0]:g} is there")
    return numbers.astype(np.bool_)


def _numbers(value: ArrayLike, name: str, where: str, kinds: str = _REAL) -> NDArray[np.float32]:
    try:
        array = np.asarray(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"{where}: {name} is not an array of numbers ({error})") from error
    if array.dtype.kind not in kinds:  # astype would drop imaginary parts, or read numbers of text
        raise DataError(f"{where}: {name} is not an array of numbers, but of {array.dtype}")
    with np.errstate(over="ignore"):
        array = array.astype(np.float32)
    if not np.isfinite(array).all():
        raise DataError(f"{where}: {name} contains NaN or infinity; get the file again")
    return array
