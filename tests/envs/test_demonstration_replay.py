"""Replays of recorded actions, against the recorded observations and against known states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from envs import seeds
from envs.adroit import AdroitBinary
from envs.data.demonstration_replay import replay
from envs.data.readers import read_dapg_pickle
from envs.data.sources import Request, find_demonstrations
from envs.success import binary_rewards
from envs.tasks import HAND_TASKS, TASKS
from envs.trajectory import DataError, Dataset, Provenance, Trajectory

_HINGE = 28


@pytest.fixture(scope="module")
def _door() -> list[Dataset]:
    """What the first test has read, for the others."""
    return []


@pytest.fixture
def door(real_file: Callable[[str], Path], _door: list[Dataset]) -> tuple[Dataset, Dataset]:
    """The published door demonstrations, recorded and replayed."""
    path = real_file("door-v0_demos.pickle")
    if not _door:
        recorded = read_dapg_pickle(path, TASKS["door-binary-v0"])
        _door += [recorded, replay(recorded)]
    return _door[0], _door[1]


def _angles(trajectories: list[Trajectory]) -> np.ndarray:
    """To which the door opens at most, (N,) rad."""
    return np.array([t.next_observations[:, _HINGE].max() for t in trajectories])


def _pairs(door: tuple[Dataset, Dataset]) -> list[tuple[Trajectory, Trajectory]]:
    """Recorded and replayed of each demonstration that is used; the actions tell which it is."""
    recorded, replayed = door
    by_actions = {t.actions.tobytes(): t for t in recorded.trajectories}
    return [(by_actions[t.actions.tobytes()], t) for t in replayed.trajectories]


def test_the_door_opens_as_far_as_recorded(door: tuple[Dataset, Dataset]) -> None:
    """Within 0.06 rad for each demonstration used: 22 of 25, among them all six that succeed."""
    recorded, replayed = zip(*_pairs(door), strict=True)
    assert len(door[0].trajectories) == 25 and len(replayed) == 22
    assert np.abs(_angles(recorded) - _angles(replayed)).max() <= 0.06
    assert (_angles(replayed) > 1.0).all()
    for angles in (_angles(list(door[0].trajectories)), _angles(replayed)):
        assert (angles > 1.4).sum() == 6
    assert "22 of 25 demonstrations; replays of 3, 10, 15" in door[1].provenance.note


def test_replayed_demonstrations_begin_where_an_episode_begins(
    door: tuple[Dataset, Dataset],
) -> None:
    """Hand and arm are in the pose of the reset; in the recorded ones they are not."""
    env = AdroitBinary("door-binary-v0")
    start, _ = env.reset(seed=0)
    env.close()
    off = [
        max(np.abs(t.observations[0, :27] - start[:27]).max() for t in d.trajectories) for d in door
    ]
    assert off[0] > 0.3
    assert off[1] < 1e-6


def test_what_else_a_replay_keeps_and_says(door: tuple[Dataset, Dataset]) -> None:
    recorded, replayed = door
    assert (replayed.provenance.observations, replayed.provenance.rewards) == (
        "replayed",
        "relabelled",
    )
    assert recorded.provenance.observations == "recorded"
    assert replayed.provenance.sha256 == recorded.provenance.sha256
    assert replayed.initial_states == ()
    assert recorded.steps == 6704
    for before, after in _pairs(door):
        assert len(after.rewards) == len(before.rewards) > 200  # beyond the horizon, too
        np.testing.assert_array_equal(after.observations[1:], after.next_observations[:-1])
        np.testing.assert_array_equal(
            after.rewards, binary_rewards(TASKS["door-binary-v0"], after.next_observations)
        )


def _episode(
    task_id: str, steps: int, *, seed: int = 5, known: np.ndarray | None = None
) -> tuple[Trajectory, dict[str, np.ndarray]]:
    """`known` actions, then random ones, and the start in the simulator's own words."""
    env, rng = AdroitBinary(task_id), np.random.default_rng(7)
    first, _ = env.reset(seed=seed)
    state = env.unwrapped.get_env_state()  # type: ignore[attr-defined]
    if task_id == "relocate-binary-v0":  # the reset's draw; the state's own is a world position
        model = env.unwrapped.model  # type: ignore[attr-defined]
        state |= {"extra": np.zeros(2)}
        assert np.allclose(state["obj_pos"], model.body_pos[env.unwrapped.obj_body_id])  # type: ignore[attr-defined]
    actions = rng.uniform(-1, 1, (steps, TASKS[task_id].action_dim)).astype(np.float32)
    if known is not None:
        actions[: len(known)] = known
    seen = np.stack([first, *(env.step(a)[0] for a in actions)])
    env.close()
    garbled = seen + 0.1  # what a replay must not keep
    t = Trajectory(
        garbled[:-1], actions, np.full(steps, 7, np.float32), seen[1:], np.zeros(steps, np.bool_)
    )
    return t, state


@pytest.mark.parametrize("task_id", HAND_TASKS)
def test_every_hand_task_replays_its_own_episodes(task_id: str) -> None:
    """The initial state is all that an episode depends on: the replay shows the same numbers.

    The episode is an expert's, which reaches the goal and goes on beyond the horizon.
    """
    expert = find_demonstrations(Request(TASKS[task_id], "embedded")).trajectories[0]
    t, state = _episode(task_id, 210, seed=seeds.EXPERT, known=expert.actions)
    dataset = Dataset(
        task_id, (t,), Provenance("human", "a test", "", "stored"), initial_states=(state,)
    )
    (again,) = replay(dataset).trajectories
    np.testing.assert_allclose(again.next_observations, t.next_observations, atol=1e-4)
    first = t.observations[:1] - 0.1  # as it was before it was garbled
    before = np.concatenate([first, t.next_observations[:-1]])
    np.testing.assert_allclose(again.observations, before, atol=1e-4)
    np.testing.assert_array_equal(again.actions, t.actions)
    rewards = binary_rewards(TASKS[task_id], t.next_observations)
    assert not np.array_equal(rewards, binary_rewards(TASKS[task_id], before))
    np.testing.assert_array_equal(again.rewards, rewards)


@pytest.mark.parametrize("task_id", ["pen-binary-v0", "relocate-binary-v0"])
def test_a_replay_that_misses_the_recorded_goal_is_left_out(task_id: str) -> None:
    """One recording ends at its goal; random actions from the same start do not come there."""
    t, state = _episode(task_id, 5)
    at_goal = _at_the_goal(task_id, t.next_observations)
    assert binary_rewards(TASKS[task_id], at_goal)[-1] == 0
    assert (binary_rewards(TASKS[task_id], t.next_observations) == -1).all()
    dataset = Dataset(
        task_id,
        (t._replace(next_observations=at_goal), t),
        Provenance("human", "x.hdf5", "", "stored"),
        (state, state),
    )
    again = replay(dataset)
    assert len(again.trajectories) == 1
    assert (
        "1 of 2 demonstrations; replays of 0 (counted from 0) miss the goal"
        in again.provenance.note
    )
    with pytest.raises(DataError, match=r"x\.hdf5: all replays miss the goal .*human-recorded"):
        replay(
            replace(
                dataset,
                trajectories=dataset.trajectories[:1],
                initial_states=dataset.initial_states[:1],
            )
        )


def _at_the_goal(task_id: str, observations: np.ndarray) -> np.ndarray:
    """The same, but for the last, in which the object is at its goal."""
    seen = observations.copy()
    if task_id == "pen-binary-v0":  # the pen's axis along the target's, and at it
        seen[-1, 33:36] = seen[-1, 36:39]
        seen[-1, 39:42] = 0.0
    else:  # the ball at its target
        seen[-1, 36:39] = 0.0
    return seen


def test_missing_and_misshapen_states_are_named() -> None:
    t, state = _episode("door-binary-v0", 2)
    dataset = Dataset("door-binary-v0", (t, t), Provenance("human", "x.pickle", "", "stored"))
    with pytest.raises(DataError, match=r"x\.pickle: 1 initial states for 2 demonstrations"):
        replay(replace(dataset, initial_states=(state,)))
    lacking = {name: value for name, value in state.items() if name != "door_body_pos"}
    with pytest.raises(DataError, match=r"x\.pickle, demonstration 1: .*lacks 'door_body_pos'"):
        replay(replace(dataset, initial_states=(state, lacking)))
    short = state | {"qpos": state["qpos"][:-1]}
    with pytest.raises(DataError, match=r"demonstration 0: qpos .* must be 30 finite.*got 29"):
        replay(replace(dataset, initial_states=(short, state)))


def test_an_error_closes_the_simulation(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[bool] = []
    monkeypatch.setattr(AdroitBinary, "close", lambda _: closed.append(True))
    t = find_demonstrations(Request(TASKS["door-binary-v0"], "embedded")).trajectories[0]
    provenance = Provenance("human", "x.pickle", "", "relabelled")
    with pytest.raises(DataError, match="lacks 'qpos'"):
        replay(Dataset("door-binary-v0", (t,), provenance, initial_states=({},)))
    assert closed == [True]


def test_a_replay_that_departs_is_left_out_and_named() -> None:
    """Recorded as wide open, but nobody has touched the door in the replay."""
    t, state = _episode("door-binary-v0", 3)
    opened = t.next_observations.copy()
    opened[-1, _HINGE] = 1.5
    dataset = Dataset(
        "door-binary-v0",
        (t, t._replace(next_observations=opened)),
        Provenance("human", "x.pickle", "", "stored", "a note"),
        (state, state),
    )
    again = replay(dataset)
    assert len(again.trajectories) == 1
    assert again.provenance.note.startswith("a note; observations replayed, 1 of 2 demonstrations")
    assert "replays of 1 (counted from 0)" in again.provenance.note
    with pytest.raises(DataError, match=r"x\.pickle: all replays depart .*--data human-recorded"):
        replay(
            replace(
                dataset,
                trajectories=dataset.trajectories[1:],
                initial_states=dataset.initial_states[1:],
            )
        )
