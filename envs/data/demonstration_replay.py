"""Replay demonstrations: apply the recorded actions in the present simulator.

The published door demonstrations do not start in the pose in which the simulator starts an episode.
Their first observation differs from it by up to 0.5 rad in wrist and arm. A policy that is cloned
from them begins in a state that it has never seen. An agent meets the observations of a replay.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.conditions import DOOR_HINGE
from envs.success import binary_rewards
from envs.tasks import task
from envs.trajectory import DataError, Dataset, Trajectory

DOOR_DEPARTURE_RAD = 0.06
"""Door: largest accepted difference between the largest door angles of recording and replay."""


def replay(dataset: Dataset) -> Dataset:
    """Put the simulator into each initial state, apply the recorded actions, keep what it shows.

    Every episode is replayed whole, even beyond the task's horizon: no time limit interrupts it.
    Both observations s_t and s_t+1 of a transition are the simulator's. Rewards are computed from
    s_t+1. Actions stay. The result has no initial states, and its provenance says "replayed".

    Contacts are chaotic, and the simulator is a later version than the recording's. A replay
    departs from its recording if it opens the door by another angle (``DOOR_DEPARTURE_RAD``). On
    pen and relocate it departs if it never reaches the goal and the recording does. Nobody
    demonstrated what it shows. It is left out, and the provenance's note names it.

    Args:
        dataset: of a hand task, with one initial state a trajectory.

    Raises:
        DataError: if initial states are missing, incomplete or of another size (the message names
            origin and demonstration), or if every replay departs from its recording.
    """
    origin = dataset.provenance.origin
    if len(dataset.initial_states) != len(dataset.trajectories):
        raise DataError(
            f"{origin}: {len(dataset.initial_states)} initial states for "
            f"{len(dataset.trajectories)} demonstrations, so that they cannot be replayed"
        )
    from envs.adroit import AdroitBinary  # only here: reading files needs no simulator

    kept: list[Trajectory] = []
    departed: list[int] = []
    pairs = zip(dataset.trajectories, dataset.initial_states, strict=True)
    with closing(AdroitBinary(dataset.task_id)) as env:
        for number, (recorded, state) in enumerate(pairs):
            where = f"{origin}, demonstration {number}"
            shown = _replayed(env, recorded, _checked(dataset.task_id, state, where))
            if _departs(dataset.task_id, recorded, shown):
                departed.append(number)
            else:
                kept.append(shown)
    if not kept:
        raise DataError(
            f"{origin}: all replays {_departing(dataset.task_id)}; use --data human-recorded"
        )
    provenance = replace(
        dataset.provenance,
        observations="replayed",
        rewards="relabelled",
        note="; ".join(
            filter(None, (dataset.provenance.note, _note(dataset.task_id, len(kept), departed)))
        ),
    )
    return replace(dataset, trajectories=tuple(kept), provenance=provenance, initial_states=())


def states_checksum(dataset: Dataset) -> str:
    """SHA-256, in hex, over the names and numbers of all initial states."""
    digest = hashlib.sha256()
    for state in dataset.initial_states:
        for name in sorted(state):
            values = np.ascontiguousarray(state[name], dtype="<f8")
            digest.update(f"{name}{values.shape}".encode() + values.tobytes())
    return digest.hexdigest()


def left_out(task_id: str) -> float | str:
    """Which replays are left out, for a cache's key: on the door the largest departure, rad."""
    return DOOR_DEPARTURE_RAD if task_id == "door-binary-v0" else _departing(task_id)


def _departing(task_id: str) -> str:
    """What the replays do that are left out."""
    if task_id == "door-binary-v0":
        return f"depart from the recorded door angle by more than {DOOR_DEPARTURE_RAD} rad"
    return "miss the goal that their recordings reach"


def _note(task_id: str, kept: int, departed: list[int]) -> str:
    if not departed:
        return "observations replayed"
    numbers = ", ".join(map(str, departed))
    return (
        f"observations replayed, {kept} of {kept + len(departed)} demonstrations; replays of "
        f"{numbers} (counted from 0) {_departing(task_id)}"
    )


def _checked(
    task_id: str, state: Mapping[str, NDArray[np.float64]], where: str
) -> dict[str, NDArray[np.float64]]:
    """The part of a recorded state that the simulator needs, (n,) float64 each.

    Raises:
        DataError: naming ``where`` and the array that is missing, of another size or not finite.
    """
    checked = {}
    for name, size in task(task_id).initial_state:
        if name not in state:
            raise DataError(
                f"{where}: the initial state lacks {name!r}; --data human-recorded does without"
            )
        value = np.array(state[name], dtype=np.float64).reshape(-1)
        if value.shape != (size,) or not np.isfinite(value).all():
            raise DataError(
                f"{where}: {name} of the initial state must be {size} finite numbers, "
                f"got {value.shape[0]}"
            )
        checked[name] = value
    return checked


def _replayed(env: Any, recorded: Trajectory, state: dict[str, NDArray[np.float64]]) -> Trajectory:
    first, _ = env.reset(seed=0, options={"initial_state_dict": state})
    observations = [first, *(env.step(action)[0] for action in recorded.actions)]
    stacked = np.stack(observations)
    return recorded._replace(
        observations=stacked[:-1],
        next_observations=stacked[1:],
        rewards=binary_rewards(env.task, stacked[1:]),
    )


def _departs(task_id: str, recorded: Trajectory, shown: Trajectory) -> bool:
    if task_id == "door-binary-v0":
        opened = [float(t.next_observations[:, DOOR_HINGE].max()) for t in (recorded, shown)]
        return abs(opened[0] - opened[1]) > DOOR_DEPARTURE_RAD
    known = task(task_id)
    reached = [binary_rewards(known, t.next_observations).max() == 0 for t in (recorded, shown)]
    return bool(reached[0] and not reached[1])
