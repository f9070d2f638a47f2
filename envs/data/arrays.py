"""Arrays of a data file: each checked by itself, flat ones cut into episodes."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from envs.tasks import Task
from envs.trajectory import DataError

FLAT = ("observations", "actions", "rewards", "terminals", "timeouts", "next_observations")
"""The arrays of D4RL's layout: all steps of all episodes, one after the other."""
_REAL = "iuf"  # kinds of NumPy types


class FlatEpisode(NamedTuple):
    """An episode of flat arrays: the T steps from ``start``, whose successors are known.

    Attributes:
        start: its first step in the arrays.
        observations: (T, O) before each action.
        actions: (T, A) as recorded.
        next_observations: (T, O) after each action.
        where: what messages name.
    """

    start: int
    observations: NDArray[np.float32]
    actions: NDArray[np.float32]
    next_observations: NDArray[np.float32]
    where: str


def flat_episodes(arrays: Mapping[str, NDArray[Any]], where: str) -> tuple[list[FlatEpisode], int]:
    """Cut flat arrays into episodes, and count those of which nothing is left.

    An episode ends at a step with ``terminals`` or ``timeouts``, and at the last step. Without
    ``next_observations`` the last step of an episode has no successor and is left out.

    Raises:
        DataError: if neither array marks a step.
    """
    observations, actions = arrays["observations"], arrays["actions"]
    ends = np.zeros(len(actions), dtype=np.bool_)
    for name in ("terminals", "timeouts"):
        ends |= arrays.get(name, False)
    if not len(actions):
        raise DataError(f"{where} holds no step")
    if not ends.any():
        raise DataError(
            f"{where}: neither terminals nor timeouts mark the end of an episode; write timeouts, "
            "with 1 at the last step of each"
        )
    following = arrays.get("next_observations")
    stops = np.flatnonzero(ends) + 1
    bounds = sorted({0, *stops.tolist(), len(actions)})
    episodes = []
    for i, (start, stop) in enumerate(itertools.pairwise(bounds)):
        last = stop if following is not None else stop - 1
        after = observations[start + 1 : stop] if following is None else following[start:stop]
        if last > start:
            named = f"{where}, episode {i}"
            mine = observations[start:last], actions[start:last]
            episodes.append(FlatEpisode(start, *mine, after, named))
    return episodes, len(bounds) - 1 - len(episodes)


def flat_arrays(content: Mapping[str, Any], task: Task, where: str) -> dict[str, NDArray[Any]]:
    """The arrays by name, each checked by itself. All must have as many steps as the actions, N."""
    widths = {
        "observations": task.observation_dim,
        "next_observations": task.observation_dim,
        "actions": task.action_dim,
    }
    actions = matrix(content["actions"], "actions", task.action_dim, task, where)
    arrays: dict[str, NDArray[Any]] = {}
    for name, value in content.items():
        if name in widths:
            arrays[name] = matrix(value, name, widths[name], task, where)
        elif name == "rewards":
            arrays[name] = vector(value, name, where)
        else:
            arrays[name] = marks(value, name, len(actions), where)
        if len(arrays[name]) != len(actions):
            raise DataError(f"{where}: {len(arrays[name])} {name} for {len(actions)} actions")
    return arrays


def entry(record: object, name: str, where: str) -> Any:
    """``record[name]``; DataError if there is none."""
    if not isinstance(record, Mapping) or name not in record:
        raise DataError(f"{where}: no entry {name!r}; is this a data file of another format?")
    return record[name]


def matrix(value: ArrayLike, name: str, width: int, task: Task, where: str) -> NDArray[np.float32]:
    """(N, width) real numbers."""
    array = _numbers(value, name, where)
    if array.ndim != 2 or array.shape[1] != width:
        raise DataError(
            f"{where}: {name} has shape {array.shape}, {task.id} needs (steps, {width}); "
            "is this the file of another task?"
        )
    return array


def vector(value: ArrayLike, name: str, where: str, kinds: str = _REAL) -> NDArray[np.float32]:
    """(N,) real numbers, which may be stored as (N, 1)."""
    array = _numbers(value, name, where, kinds)
    if array.ndim == 2 and array.shape[1] == 1:
        return array[:, 0]
    if array.ndim != 1:
        raise DataError(f"{where}: {name} has shape {array.shape}, must be (steps,)")
    return array


def marks(value: ArrayLike, name: str, count: int, where: str) -> NDArray[np.bool_]:
    """(count,) of 0 and 1, stored as any type."""
    numbers = vector(value, name, where, kinds="biuf")
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
        place = ", ".join(map(str, np.argwhere(~np.isfinite(array))[0]))
        raise DataError(
            f"{where}: {name} contains NaN or infinity, first at [{place}]; leave such steps out, "
            "or get the file again if it is not yours"
        )
    return array
