"""Data files that are whole but wrong: refused with file, entry and both numbers, never mended."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py  # type: ignore[import-untyped]
import numpy as np
import pytest

from envs.data.experts import ExpertPolicy
from envs.data.readers import read_awac_npy, read_d4rl_hdf5, read_dapg_pickle
from envs.data.storage import load_dataset
from envs.tasks import TASKS
from envs.trajectory import DataError, Dataset, check_readable
from tests.envs.test_experts import write_policy
from tests.envs.test_readers import (
    DOOR,
    PEN,
    awac_path,
    dapg_demonstration,
    episode,
    save_awac,
)

Change = Callable[[dict[str, Any]], Any]


def flat(steps: int = 6) -> dict[str, Any]:
    """The arrays of a D4RL file of one episode."""
    states, actions = episode(PEN, steps, 0)
    ends = np.eye(steps, dtype=bool)[-1]
    return {
        "observations": states[:-1],
        "next_observations": states[1:],
        "actions": actions,
        "rewards": np.full(steps, 3.0),
        "terminals": np.zeros(steps, bool),
        "timeouts": ends,
    }


def write_hdf5(path: Path, arrays: dict[str, Any]) -> Path:
    with h5py.File(path, "w") as file:
        for name, value in arrays.items():
            file[name] = value
    return path


HDF5: list[tuple[Change, str]] = [
    (lambda a: a.update(terminals=np.bool_(True)), r"terminals has shape \(\), must be \(steps,\)"),
    (lambda a: a.update(observations=a["observations"][:4]), "4 observations for 6 actions"),
    (
        lambda a: a.update(observations=np.tile(a["observations"], (2, 1))),
        "12 observations for 6 actions",
    ),
    (
        lambda a: a.update(next_observations=np.tile(a["next_observations"], (2, 1))),
        "12 next_observations for 6 actions",
    ),
    (lambda a: a.update(rewards=np.zeros(7)), "7 rewards for 6 actions"),
    (lambda a: a.update(rewards=np.full(6, np.nan)), "rewards contains NaN"),
    (lambda a: a.update(timeouts=np.full(6, np.nan)), "timeouts contains NaN"),
    (lambda a: a.update(timeouts=np.full(6, 0.5)), "timeouts must be 0 or 1, .* 0.5 is there"),
    (lambda a: a.update(terminals=np.full(6, 2)), "terminals must be 0 or 1, .* 2 is there"),
    (lambda a: a.update(timeouts=np.zeros((6, 2))), r"timeouts has shape \(6, 2\)"),
    (lambda a: a.update(actions=a["actions"] * 1j), "actions is not an array .* complex"),
    (lambda a: a.update(actions=100 * a["actions"]), r"episode 0: \|action\| reaches \d+.*unit"),
    (lambda a: a.update(actions=np.float32(1.0)), r"actions has shape \(\)"),
    (lambda a: a.update(observations=np.full((6, 45), "0.5", "S3")), "observations is not an arr"),
    (lambda a: a.update(observations=1e300 * a["observations"]), "observations contains .*infin"),
    (lambda a: a.update(observations=h5py.SoftLink("/nothing")), "is a link to /nothing, which is"),
    (lambda a: a.update(next_observations=h5py.SoftLink("/no")), "next_observations is a link to"),
    (
        lambda a: a.update(next_observations=h5py.ExternalLink("gone.hdf5", "/x")),
        "next_observations is a link into another file, gone.hdf5",
    ),
]


@pytest.mark.parametrize(("change", "message"), HDF5)
def test_d4rl_files_are_not_mended(change: Change, message: str, tmp_path: Path) -> None:
    path, arrays = tmp_path / "pen-human-v1.hdf5", flat()
    assert len(read_d4rl_hdf5(write_hdf5(path, arrays), PEN).trajectories) == 1
    change(arrays)
    with pytest.raises(DataError, match=rf"^{path}.*{message}"):
        read_d4rl_hdf5(write_hdf5(path, arrays), PEN)


def test_numbers_that_lie_in_other_files_are_refused(tmp_path: Path) -> None:
    """HDF5 reads zeros in their place where the other file is gone."""
    path, arrays = tmp_path / "x.hdf5", flat()
    actions = arrays.pop("actions")
    write_hdf5(path, arrays)
    layout = h5py.VirtualLayout(actions.shape, np.float64)
    layout[:] = h5py.VirtualSource("gone.hdf5", "actions", actions.shape)
    with h5py.File(path, "a") as file:
        file.create_virtual_dataset("actions", layout)
        assert not np.asarray(file["actions"]).any()
    with pytest.raises(DataError, match=r"x\.hdf5: actions keeps its numbers in other files"):
        read_d4rl_hdf5(path, PEN)
    write_hdf5(path, arrays)
    with h5py.File(path, "a") as file:
        file.create_dataset(
            "actions", actions.shape, np.float64, external=[("gone.bin", 0, actions.nbytes)]
        )
    with pytest.raises(DataError, match=r"x\.hdf5: actions keeps its numbers in other files"):
        read_d4rl_hdf5(path, PEN)
    write_hdf5(path, arrays)
    with h5py.File(path, "a") as file:
        file.create_group("actions")
    with pytest.raises(DataError, match=r"x\.hdf5: actions is a group, not an array"):
        read_d4rl_hdf5(path, PEN)


def test_a_link_inside_the_file_is_followed(tmp_path: Path) -> None:
    arrays = flat()
    arrays["kept"], arrays["actions"] = arrays["actions"], h5py.SoftLink("/kept")
    assert read_d4rl_hdf5(write_hdf5(tmp_path / "x.hdf5", arrays), PEN).steps == 6


def test_marks_may_be_numbers_and_columns(tmp_path: Path) -> None:
    arrays = flat()
    arrays["timeouts"] = arrays["timeouts"].astype(np.float64)[:, None]
    arrays["rewards"] = arrays["rewards"][:, None]
    assert read_d4rl_hdf5(write_hdf5(tmp_path / "x.hdf5", arrays), PEN).steps == 6


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    arrays = flat()
    del arrays["next_observations"]
    arrays["terminals"][0] = True
    dataset = read_d4rl_hdf5(write_hdf5(tmp_path / "x.hdf5", arrays), PEN)
    assert dataset.steps == 4
    assert "left out: 1 episodes of one step" in dataset.provenance.note


def test_a_file_without_marked_ends_is_not_one_long_episode(tmp_path: Path) -> None:
    arrays = flat(steps=5 * PEN.horizon + 1)
    with pytest.raises(DataError, match="1001 steps are no one episode .* horizon is 200"):
        read_d4rl_hdf5(write_hdf5(tmp_path / "x.hdf5", arrays), PEN)


AWAC_NPY: list[tuple[Change, str]] = [
    (lambda p: p.update(rewards=np.zeros(6)), "6 rewards for 4 actions"),
    (lambda p: p.update(rewards=np.zeros((4, 2))), r"rewards has shape \(4, 2\)"),
    (lambda p: p.update(rewards=["-1"] * 4), "rewards is not an array of numbers, but of <U2"),
    (lambda p: p.update(terminals=np.full(4, np.nan)), "terminals contains NaN"),
    (lambda p: p.update(terminals=np.full(4, 0.25)), "terminals must be 0 or 1"),
    (lambda p: p.update(terminals=np.zeros(3)), "3 terminals for 4 actions"),
    (lambda p: p.update(actions=[a + 0j for a in p["actions"]]), "actions is not .* complex128"),
    (lambda p: p.update(actions=[100 * a for a in p["actions"]]), r"\|action\| reaches"),
    (lambda p: p.update(observations=p["observations"] * 2), r"observations has shape \(8, 45\)"),
    (lambda p: p.update(actions=1.0), r"actions has shape \(\)"),
    (lambda p: p.update(observations=3), r"observations has shape \(\)"),
]


@pytest.mark.parametrize(("change", "message"), AWAC_NPY)
def test_paths_of_the_authors_are_not_mended(change: Change, message: str, tmp_path: Path) -> None:
    broken = awac_path(4, 1)
    change(broken)
    path = save_awac(tmp_path / "x.npy", [awac_path(4, 0), broken])
    with pytest.raises(DataError, match=rf"x\.npy, path 1: {message}"):
        read_awac_npy(path, PEN)


DAPG: list[tuple[Change, str]] = [
    (lambda d: d.update(rewards=d["rewards"][:3]), "3 rewards for 5 actions"),
    (lambda d: d.update(rewards=np.full(5, np.inf)), "rewards contains NaN or infinity"),
    (lambda d: d.update(observations=np.float64(1)), r"observations has shape \(\)"),
    (lambda d: d.update(actions=100 * d["actions"]), r"\|action\| reaches"),
    (lambda d: d.update(actions=d["actions"].astype(str)), "actions is not an array of numbers"),
]


@pytest.mark.parametrize(("change", "message"), DAPG)
def test_human_demonstrations_are_not_mended(change: Change, message: str, tmp_path: Path) -> None:
    broken, path = dapg_demonstration(5, 0), tmp_path / "x.pickle"
    change(broken)
    path.write_bytes(pickle.dumps([broken]))
    with pytest.raises(DataError, match=rf"x\.pickle, demonstration 0: {message}"):
        read_dapg_pickle(path, DOOR)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"W0": np.zeros(8)}, r"W0 has shape \(8,\), must be a matrix"),
        ({"W1": np.zeros((8, 7))}, r"W1 has shape \(8, 7\), but .* need \(8, 8\)"),
        ({"b0": np.zeros((8, 1))}, r"b0 has shape \(8, 1\), but .* need \(8,\)"),
        ({"b2": np.zeros(1)}, r"b2 has shape \(1,\), but .* need \(30,\)"),
        ({"log_std": np.zeros(())}, r"log_std has shape \(\), but .* need \(30,\)"),
        ({"in_shift": np.zeros(40)}, r"in_shift has shape \(40,\), but .* need \(39,\)"),
        ({"out_scale": np.zeros((30, 30))}, r"out_scale has shape \(30, 30\)"),
        ({"b1": np.zeros(8, complex)}, "b1 is not an array of numbers, but of complex128"),
        ({"b1": np.full(8, "1")}, "b1 is not an array of numbers, but of <U1"),
        ({"log_std": np.full(30, 1e3)}, "log_std contains NaN or infinity"),
    ],
)
def test_arrays_of_an_expert_fit_each_other(
    changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    path = write_policy(tmp_path / "p.npz", **changes)
    with pytest.raises(DataError, match=rf"p\.npz: {message}"):
        ExpertPolicy.load(path)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("lengths", np.array([1.5]), "lengths are float64"),
        ("lengths", np.array([[1]]), r"lengths are int64 of shape \(1, 1\)"),
        ("lengths", np.array([-1, 2]), "lengths are int64"),
        ("meta", np.array('{"task_id": "no-such-task"}'), "no data set of this project"),
    ],
)
def test_own_files_are_not_mended(
    name: str, value: Any, message: str, tmp_path: Path, dataset: Dataset
) -> None:
    from envs.data.storage import save_dataset

    path = tmp_path / "own.npz"
    save_dataset(path, dataset)
    with np.load(path) as archive:
        arrays = dict(archive)
    if name == "meta":
        value = np.array(str(arrays["meta"]).replace(dataset.task_id, "no-such-task"))
    np.savez(path, **(arrays | {name: value}))
    with pytest.raises(DataError, match=message):
        load_dataset(path)


def test_what_cannot_be_read_is_not_called_damaged(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    readers: list[Callable[[Path], Any]] = [
        load_dataset,
        ExpertPolicy.load,
        lambda path: read_d4rl_hdf5(path, PEN),
        lambda path: read_dapg_pickle(path, DOOR),
        lambda path: read_awac_npy(path, PEN),
    ]
    for read in readers:
        for path, reason in ((tmp_path, "Is a directory"), (file / "x", "Not a directory")):
            with pytest.raises(DataError, match=rf"^cannot read {path}: {reason}$"):
                read(path)
    with pytest.raises(DataError, match="no thing .*absent"):
        check_readable(tmp_path / "absent", "thing")


def test_the_longest_published_demonstration_is_one_episode(tmp_path: Path) -> None:
    """Door's go up to 300 steps for a horizon of 200, and stay whole."""
    path = tmp_path / "x.pickle"
    path.write_bytes(pickle.dumps([dapg_demonstration(500, 0)]))
    assert read_dapg_pickle(path, TASKS["door-binary-v0"]).steps == 499
