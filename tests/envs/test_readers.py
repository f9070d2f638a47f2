"""Readers on small files written in the published formats, and on the published files."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py  # type: ignore[import-untyped]
import numpy as np
import pytest

from envs.data.readers import read_awac_npy, read_d4rl_hdf5, read_dapg_pickle
from envs.tasks import TASKS, Task, task
from envs.trajectory import DataError, relabel

from .successes import success_rate

PEN, DOOR = TASKS["pen-binary-v0"], TASKS["door-binary-v0"]
RealFile = Callable[[str], Path]


def episode(task: Task, steps: int, seed: int) -> tuple[Any, Any]:
    """Return (steps + 1, O) states and (steps, A) actions, some of them out of range."""
    rng = np.random.default_rng(seed)
    states = rng.normal(size=(steps + 1, task.observation_dim))
    return states, rng.normal(size=(steps, task.action_dim))


def awac_path(steps: int, seed: int, *, dicts: bool = True) -> dict[str, Any]:
    states, actions = episode(PEN, steps, seed)
    wrap = (lambda o: {"observation": o, "state_observation": o}) if dicts else (lambda o: o)
    return {
        "observations": [wrap(o) for o in states[:-1]],
        "actions": list(actions),
        "rewards": np.array([-1.0] * (steps - 1) + [0.0, -1.0]),  # one too many, as published
        "next_observations": [wrap(o) for o in states[1:]],
        "terminals": np.zeros(steps),
        "agent_infos": [{}] * steps,
        "env_infos": [{}] * steps,
    }


def save_awac(path: Path, paths: list[Any]) -> Path:
    array = np.empty(len(paths), dtype=object)
    array[:] = paths
    np.save(path, array)
    return path


@pytest.mark.parametrize("dicts", [True, False])
def test_awac_npy(tmp_path: Path, dicts: bool) -> None:
    file = save_awac(tmp_path / "pen2_sparse.npy", [awac_path(n, n, dicts=dicts) for n in (4, 7)])
    dataset = read_awac_npy(file, PEN)
    assert [len(t.rewards) for t in dataset.trajectories] == [4, 7]
    states, actions = episode(PEN, 7, 7)
    t = dataset.trajectories[1]
    np.testing.assert_array_equal(t.observations, states[:-1].astype(np.float32))
    np.testing.assert_array_equal(t.next_observations, states[1:].astype(np.float32))
    np.testing.assert_array_equal(t.actions, actions.clip(-1, 1).astype(np.float32))
    assert t.rewards.tolist() == [-1.0] * 6 + [0.0]
    assert not t.terminals.any()
    p = dataset.provenance
    assert (p.source, p.origin, p.rewards) == ("human", "pen2_sparse.npy", "stored")
    assert len(p.sha256) == 64


def test_awac_npy_errors(tmp_path: Path) -> None:
    def read(change: Callable[[dict[str, Any]], Any]) -> None:
        broken = awac_path(4, 1)
        change(broken)
        read_awac_npy(save_awac(tmp_path / "x.npy", [awac_path(4, 0), broken]), PEN)

    with pytest.raises(DataError, match=r"x\.npy, path 1: no entry 'actions'"):
        read(lambda p: p.pop("actions"))
    with pytest.raises(DataError, match=r"path 1: 3 rewards for 4 actions"):
        read(lambda p: p.update(rewards=p["rewards"][:3]))
    with pytest.raises(DataError, match=r"path 1: no entry 'state_observation'"):
        read(lambda p: p.update(observations=[{"image": 0}] * 4))
    with pytest.raises(DataError, match=r"path 1: observations has shape \(4, 39\)"):
        read(lambda p: p.update(observations=np.zeros((4, 39))))
    with pytest.raises(DataError, match=r"path 1: actions is not an array of numbers"):
        read(lambda p: p.update(actions=[[0.0], [0.0, 1.0]]))
    with pytest.raises(DataError, match=r"path 1: observations contains NaN"):
        read(lambda p: p["next_observations"][2]["state_observation"].fill(np.nan))
    np.save(tmp_path / "plain.npy", np.eye(3))
    with pytest.raises(DataError, match=r"expected a list of trajectories"):
        read_awac_npy(tmp_path / "plain.npy", PEN)
    with pytest.raises(DataError, match=r"holds no trajectories"):
        read_awac_npy(save_awac(tmp_path / "x.npy", []), PEN)


def dapg_demonstration(steps: int, seed: int) -> dict[str, Any]:
    states, actions = episode(DOOR, steps, seed)
    states[:, 28] = np.linspace(1.0, 1.5, steps + 1)
    return {
        "observations": states[:-1],
        "actions": actions,
        "rewards": np.full(steps, 17.0),
        "init_state_dict": {"qpos": np.zeros(30), "qvel": np.zeros(30)},
    }


def test_dapg_pickle(tmp_path: Path) -> None:
    path = tmp_path / "door-v0_demos.pickle"
    demonstrations = [dapg_demonstration(11, 0), dapg_demonstration(250, 1)]
    path.write_bytes(pickle.dumps(demonstrations))
    dataset = read_dapg_pickle(path, DOOR)
    assert dataset.steps == 10 + 249  # whole, also beyond the horizon
    t = dataset.trajectories[0]
    recorded = demonstrations[0]["observations"].astype(np.float32)
    np.testing.assert_array_equal(t.observations, recorded[:-1])
    np.testing.assert_array_equal(t.next_observations, recorded[1:])
    np.testing.assert_array_equal(t.rewards, np.where(recorded[1:, 28] > 1.4, 0.0, -1.0))
    for trajectory, demonstration in zip(dataset.trajectories, demonstrations, strict=True):
        of_kept = demonstration["actions"][:-1].clip(-1, 1).astype(np.float32)
        np.testing.assert_array_equal(trajectory.actions, of_kept)
    assert np.abs(t.actions).max() == 1.0
    assert dataset.provenance.rewards == "relabelled"
    assert "dense" in dataset.provenance.note


def test_dapg_pickle_errors(tmp_path: Path) -> None:
    path = tmp_path / "x.pickle"
    path.write_bytes(pickle.dumps([dapg_demonstration(5, 0)]))
    with pytest.raises(DataError, match=r"demonstration 0.*another task"):
        read_dapg_pickle(path, PEN)
    broken = dapg_demonstration(5, 0)
    broken["actions"] = broken["actions"][:3]
    path.write_bytes(pickle.dumps([broken]))
    with pytest.raises(DataError, match="5 observations for 3 actions"):
        read_dapg_pickle(path, DOOR)
    path.write_bytes(pickle.dumps({"not": "a list"}))
    with pytest.raises(DataError, match="expected a list"):
        read_dapg_pickle(path, DOOR)


@pytest.mark.parametrize("following", [True, False])
def test_d4rl_hdf5(tmp_path: Path, following: bool) -> None:
    path = tmp_path / "pen-human-v1.hdf5"
    lengths, parts = (4, 1, 6), [episode(PEN, n, n) for n in (4, 1, 6)]
    flags = np.zeros((2, 11), dtype=bool)
    flags[0, 3] = flags[1, 4] = True  # a terminal, a timeout; the file ends within the third
    with h5py.File(path, "w") as file:
        file["observations"] = np.concatenate([s[:-1] for s, _ in parts])
        file["actions"] = np.concatenate([a for _, a in parts])
        file["rewards"] = np.full(11, 3.0)
        file["terminals"], file["timeouts"] = flags
        if following:
            file["next_observations"] = np.concatenate([s[1:] for s, _ in parts])
    dataset = read_d4rl_hdf5(path, PEN)
    kept = list(lengths) if following else [3, 5]  # a single step has no successor
    assert [len(t.rewards) for t in dataset.trajectories] == kept
    written = parts if following else [parts[0], parts[2]]
    for t, (states, actions), count in zip(dataset.trajectories, written, kept, strict=True):
        states = states.astype(np.float32)
        np.testing.assert_array_equal(t.observations, states[:count])
        np.testing.assert_array_equal(t.next_observations, states[1 : count + 1])
        np.testing.assert_array_equal(t.actions, actions[:count].clip(-1, 1).astype(np.float32))
    assert not any(t.terminals.any() for t in dataset.trajectories)
    assert relabel(dataset, PEN).content_checksum == dataset.content_checksum


def test_d4rl_hdf5_errors(tmp_path: Path) -> None:
    path = tmp_path / "x.hdf5"
    with pytest.raises(DataError, match=r"no data file .*x.hdf5"):
        read_d4rl_hdf5(path, PEN)
    path.write_bytes(b"not HDF5")
    with pytest.raises(DataError, match=r"x.hdf5 is no HDF5 file or is truncated .*; get it"):
        read_d4rl_hdf5(path, PEN)
    path.unlink()
    states, actions = episode(PEN, 5, 0)
    with h5py.File(path, "w") as file:
        file["observations"], file["actions"] = states[:-1], actions
    with pytest.raises(DataError, match="neither terminals nor timeouts"):
        read_d4rl_hdf5(path, PEN)
    with h5py.File(path, "a") as file:
        file["timeouts"] = np.array([False, True])
    with pytest.raises(DataError, match="2 timeouts for 5 actions"):
        read_d4rl_hdf5(path, PEN)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="truncated"):
        read_d4rl_hdf5(path, PEN)
    path.unlink()
    with h5py.File(path, "w") as file:
        file["observations"], file["actions"] = states[:-1, :39], actions
        file["timeouts"] = np.eye(5, dtype=bool)[4]
    with pytest.raises(DataError, match="another task"):
        read_d4rl_hdf5(path, PEN)


def test_published_pen_demonstrations(real_file: RealFile) -> None:
    stored = read_awac_npy(real_file("pen2_sparse.npy"), PEN)
    assert [len(t.rewards) for t in stored.trajectories] == [199] * 25
    assert stored.returns.mean() == pytest.approx(-101.08)
    assert success_rate(stored) == 17 / 25
    relabelled = relabel(stored, PEN)
    assert success_rate(relabelled) == 1.0
    assert relabelled.returns.mean() == pytest.approx(-33.44)
    assert sum(bool(t.rewards[-1] == 0) for t in relabelled.trajectories) == 24
    # The stored labels come from a replay that drifted: hardly two thirds agree.
    agreeing = sum(
        int((a.rewards == b.rewards).sum())
        for a, b in zip(stored.trajectories, relabelled.trajectories, strict=True)
    )
    assert agreeing == 3254


def test_published_door_demonstrations(real_file: RealFile) -> None:
    dataset = read_dapg_pickle(real_file("door-v0_demos.pickle"), DOOR)
    assert len(dataset.trajectories) == 25
    assert dataset.steps + 25 == 6729  # the file's steps; the last of each has no successor
    assert round(success_rate(dataset) * 25) == 6
    released = task("door-binary-v0", door_threshold=1.35)
    assert round(success_rate(relabel(dataset, released)) * 25) == 7


def test_initial_states_of_a_dapg_pickle(tmp_path: Path) -> None:
    """All or none: a file in which one demonstration lacks its state cannot be replayed."""
    path = tmp_path / "door-v0_demos.pickle"
    with_state = [dapg_demonstration(4, seed) for seed in (0, 1)]
    for record in with_state:
        record["init_state_dict"] = {"qpos": np.arange(30.0), "door_body_pos": [1.0, 2.0, 3.0]}
    path.write_bytes(pickle.dumps(with_state))
    states = read_dapg_pickle(path, DOOR).initial_states
    assert len(states) == 2
    assert states[1]["door_body_pos"].tolist() == [1.0, 2.0, 3.0]
    assert states[1]["qpos"].dtype == np.float64
    del with_state[1]["init_state_dict"]
    path.write_bytes(pickle.dumps(with_state))
    assert read_dapg_pickle(path, DOOR).initial_states == ()
    with_state[0]["init_state_dict"] = [1.0]
    path.write_bytes(pickle.dumps(with_state))
    with pytest.raises(DataError, match=r"demonstration 0: init_state_dict is list, not a dict"):
        read_dapg_pickle(path, DOOR)


def test_initial_states_of_a_d4rl_file(tmp_path: Path) -> None:
    """Each episode's, from its first step; not relocate's, which are those of one episode."""
    path = tmp_path / "door-human-v1.hdf5"
    arrays = {
        "observations": np.zeros((5, DOOR.observation_dim)),
        "actions": np.zeros((5, DOOR.action_dim)),
        "timeouts": np.array([0, 1, 0, 0, 1]),
        "infos/qpos": np.arange(5.0)[:, None] + np.zeros(30),
        "infos/qvel": np.zeros((5, 30)),
    }

    def write(names: dict[str, np.ndarray]) -> None:
        with h5py.File(path, "w") as file:
            for name, value in names.items():
                file[name] = value

    write(arrays)
    assert read_d4rl_hdf5(path, DOOR).initial_states == ()  # where the door is, it does not say
    write(arrays | {"infos/door_body_pos": np.zeros((5, 3))})
    states = read_d4rl_hdf5(path, DOOR).initial_states
    assert [state["qpos"][0] for state in states] == [0.0, 2.0]
    relocate = TASKS["relocate-binary-v0"]
    write(
        arrays
        | {
            "actions": np.zeros((5, relocate.action_dim)),
            "infos/obj_pos": np.zeros((5, 3)),
            "infos/target_pos": np.zeros((5, 3)),
        }
    )
    assert read_d4rl_hdf5(path, relocate).initial_states == ()
