"""A user's own file becomes episodes with the task's rewards; what it lacks is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py  # type: ignore[import-untyped]
import numpy as np
import pytest

from envs.data.own_data import own_file, read_own_data
from envs.making import make_task
from envs.tasks import TASKS, task
from envs.trajectory import DataError

PEN, PUSH, WALKER = "pen-binary-v0", "SawyerPush-v0", "Walker2d-v2"


def arrays(task_id: str, steps: int = 5, **cells: Any) -> dict[str, Any]:
    """Two episodes: three steps that were cut, and the rest, whose end is that of the file."""
    known = TASKS[task_id]
    rng = np.random.default_rng(0)
    states = rng.uniform(size=(steps + 1, known.observation_dim)).astype(np.float32)
    made = {
        "observations": states[:-1],
        "next_observations": states[1:],
        "actions": rng.uniform(-2, 2, size=(steps, known.action_dim)),
        "rewards": np.arange(steps, dtype=np.float32),
        "terminals": np.zeros(steps),
        "timeouts": np.eye(1, steps, 2)[0],
    } | cells
    return {name: each for name, each in made.items() if each is not None}


def write(path: Path, content: dict[str, Any]) -> Path:
    if path.suffix == ".npz":
        np.savez(path, **content)
    else:
        with h5py.File(path, "w") as file:
            for name, array in content.items():
                file[name] = array
    return path


@pytest.mark.parametrize("ending", [".npz", ".hdf5"])
def test_locomotion_keeps_rewards_and_falls(tmp_path: Path, ending: str) -> None:
    content = arrays(WALKER, terminals=np.array([0, 0, 0, 0, 1]))
    path = write(tmp_path / f"{WALKER}{ending}", content)
    first, second = read_own_data(path, TASKS[WALKER]).trajectories
    assert first.rewards.tolist() == [0, 1, 2] and second.rewards.tolist() == [3, 4]
    assert not first.terminals.any() and second.terminals.tolist() == [False, True]
    np.testing.assert_array_equal(second.next_observations, content["next_observations"][3:])
    np.testing.assert_array_equal(
        first.actions, content["actions"][:3].clip(-1, 1).astype(np.float32)
    )
    provenance = read_own_data(path, TASKS[WALKER]).provenance
    assert (provenance.source, provenance.origin, provenance.rewards) == (
        "own",
        path.name,
        "stored",
    )


def test_what_the_simulator_shows_of_pushing_gets_its_rewards(tmp_path: Path) -> None:
    """Rewards that are computed from a file are those that the environment gave."""
    env = make_task(PUSH)
    rows: dict[str, list[Any]] = {"observations": [], "actions": [], "next_observations": []}
    rewards = []
    for seed in (3, 4):  # of other goals
        observation, _ = env.reset(seed=seed)
        for action in np.random.default_rng(0).uniform(-1, 1, (10, 2)).astype(np.float32):
            following, reward, *_ = env.step(action)
            for name, value in zip(rows, (observation, action, following), strict=True):
                rows[name].append(value)
            rewards.append(reward)
            observation = following
    env.close()
    path = write(tmp_path / f"{PUSH}.npz", {**rows, "timeouts": np.eye(1, 20, 9)[0]})
    episodes = read_own_data(path, TASKS[PUSH]).trajectories
    computed = np.concatenate([t.rewards for t in episodes])
    np.testing.assert_allclose(computed, rewards, atol=1e-6)
    assert len(episodes) == 2 and np.ptp(rewards) > 0.01
    assert not any(t.terminals.any() for t in episodes)


def test_hand_rewards_follow_the_profiles_door(tmp_path: Path) -> None:
    """The angle of the door is entry 28 of an observation; 1.38 rad are open beyond 1.35 alone."""
    following = np.zeros((2, 39), dtype=np.float32)
    following[:, 28] = (0.1, 1.38)
    content = arrays("door-binary-v0", 2, next_observations=following, timeouts=np.array([0, 1]))
    path = write(tmp_path / "door-binary-v0.npz", content | {"terminals": np.array([1, 0])})
    paper, released = (
        [t.rewards.tolist() for t in read_own_data(path, door).trajectories]
        for door in (task("door-binary-v0"), task("door-binary-v0", door_threshold=1.35))
    )
    assert (paper, released) == ([[-1], [-1]], [[-1], [0]])
    dataset = read_own_data(path, TASKS["door-binary-v0"])
    assert not any(t.terminals.any() for t in dataset.trajectories)
    assert dataset.provenance.rewards == "relabelled"


def test_without_successors_the_last_step_of_an_episode_is_left_out(tmp_path: Path) -> None:
    content = arrays(WALKER, 4, next_observations=None, terminals=None)
    dataset = read_own_data(write(tmp_path / f"{WALKER}.npz", content), TASKS[WALKER])
    (episode,) = dataset.trajectories
    assert episode.rewards.tolist() == [0, 1]
    np.testing.assert_array_equal(episode.next_observations, content["observations"][1:3])
    assert dataset.provenance.note == ("left out: 1 episodes of one step, without a successor")


@pytest.mark.parametrize(
    ("task_id", "cells", "told"),
    [
        (WALKER, {"rewards": None}, "no array 'rewards', but observations, actions, "),
        (WALKER, {"terminals": np.ones(5), "next_observations": None}, "and with it every fall"),
        (WALKER, {"timeouts": np.zeros(5)}, "neither terminals nor timeouts mark the end"),
        (WALKER, {"actions": np.zeros((4, 6))}, "5 observations for 4 actions"),
        (WALKER, {"actions": np.full((5, 6), 90.0)}, "in another unit"),
        (PEN, {"observations": np.zeros((5, 39))}, "is this the file of another task"),
        (WALKER, {"observations": np.array([[1], [1, 2]], object)}, "holds Python objects; save"),
        (WALKER, {"rewards": [0, 0, 0, np.inf, 0]}, r"rewards contains NaN or infinity, .* \[3\]"),
        (
            WALKER,
            {name: np.zeros((0, n)) for name, n in (("observations", 17), ("actions", 6))}
            | dict.fromkeys(("rewards", "terminals", "timeouts"), ())
            | {"next_observations": np.zeros((0, 17))},
            "holds no step",
        ),
        (PEN, {"actions": None}, "no array 'actions', but observations, "),
    ],
)
def test_what_is_wrong_is_named_with_its_file(
    tmp_path: Path, task_id: str, cells: dict[str, Any], told: str
) -> None:
    path = write(tmp_path / f"{task_id}.npz", arrays(task_id, **cells))
    with pytest.raises(DataError, match=told) as error:
        read_own_data(path, TASKS[task_id])
    assert str(path) in str(error.value)


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / f"{WALKER}.npz", arrays(WALKER))
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DataError, match="truncated"):
        read_own_data(path, TASKS[WALKER])


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", r"is damaged or truncated \(it is empty\); write it again$"),
        (b"0.1 0.2\n", r"does not begin as what numpy\.savez writes\); write it again$"),
    ],
)
def test_what_is_no_archive_is_told_without_advice_to_trust_it(
    tmp_path: Path, content: bytes, told: str
) -> None:
    path = tmp_path / f"{PEN}.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=told) as error:
        read_own_data(path, TASKS[PEN])
    assert "pickle" not in str(error.value)


def test_the_file_is_found_by_the_task_and_must_be_one(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no pen-binary-v0\.npz or pen-binary-v0\.hdf5 in .*data"):
        own_file(PEN, tmp_path)
    path = write(tmp_path / f"{PEN}.hdf5", arrays(PEN))
    assert own_file(PEN, tmp_path) == path
    write(tmp_path / f"{PEN}.npz", arrays(PEN))
    with pytest.raises(DataError, match="keep one"):
        own_file(PEN, tmp_path)
