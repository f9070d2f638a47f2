"""The project's own file: round trip, and one clear error for every kind of damage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from envs.data.storage import load_dataset, save_dataset
from envs.trajectory import DataError, Dataset, Trajectory

Arrays = dict[str, Any]


@pytest.fixture
def path(tmp_path: Path, dataset: Dataset) -> Path:
    target = tmp_path / "folder" / "pen.npz"
    save_dataset(target, dataset)
    return target


def rewrite(path: Path, change: Callable[[Arrays], None]) -> None:
    with np.load(path) as archive:
        arrays = dict(archive)
    change(arrays)
    np.savez_compressed(path, **arrays)


def test_round_trip(path: Path, dataset: Dataset) -> None:
    loaded = load_dataset(path)
    assert loaded.task_id == dataset.task_id
    assert loaded.provenance == dataset.provenance
    assert loaded.content_checksum == dataset.content_checksum
    for mine, theirs in zip(loaded.trajectories, dataset.trajectories, strict=True):
        for name in Trajectory._fields:
            np.testing.assert_array_equal(getattr(mine, name), getattr(theirs, name))
            assert getattr(mine, name).dtype == getattr(theirs, name).dtype


def test_same_data_same_bytes_and_no_leftovers(path: Path, dataset: Dataset) -> None:
    before = path.read_bytes()
    save_dataset(path, dataset)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["pen.npz"]


def test_a_failed_write_keeps_the_old_file(
    path: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path.read_bytes()

    def full_disk(file: Any, **arrays: Any) -> None:
        file.write(b"half")
        raise OSError("no space left")

    monkeypatch.setattr(np, "savez_compressed", full_disk)
    with pytest.raises(OSError, match="no space"):
        save_dataset(path, dataset)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["pen.npz"]


def test_invalid_data_is_not_written(tmp_path: Path, dataset: Dataset) -> None:
    dataset.trajectories[1].rewards[0] = np.nan
    with pytest.raises(DataError, match=r"new.npz, trajectory 1: rewards contains NaN"):
        save_dataset(tmp_path / "new.npz", dataset)
    with pytest.raises(DataError, match="without trajectories"):
        save_dataset(tmp_path / "new.npz", replace(dataset, trajectories=()))
    assert not (tmp_path / "new.npz").exists()


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no data file .*absent.npz"):
        load_dataset(tmp_path / "absent.npz")


@pytest.mark.parametrize("keep", [0, 10, 1000, -30])
def test_truncated_anywhere(path: Path, keep: int) -> None:
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match=r"pen\.npz is damaged or truncated.*delete the file"):
        load_dataset(path)


def test_every_flipped_byte_is_noticed(path: Path, dataset: Dataset) -> None:
    content = path.read_bytes()
    for position in range(50, len(content), len(content) // 40):
        damaged = bytearray(content)
        damaged[position] ^= 0xFF
        path.write_bytes(damaged)
        try:
            loaded = load_dataset(path)
        except DataError as error:
            assert "pen.npz" in str(error)
        else:  # a byte of the archive that carries no data, such as a time stamp
            assert loaded.content_checksum == dataset.content_checksum


@pytest.mark.parametrize("name", ["observations", "meta", "lengths", "format_version"])
def test_missing_array(path: Path, name: str) -> None:
    rewrite(path, lambda arrays: arrays.pop(name))
    with pytest.raises(DataError, match=f"pen.npz is no data set of this project.*{name}"):
        load_dataset(path)


def test_wrong_shape(path: Path) -> None:
    rewrite(path, lambda a: a.update(actions=a["actions"][:, :3]))
    with pytest.raises(DataError, match=r"pen\.npz, trajectory 0: actions has shape \(6, 3\)"):
        load_dataset(path)
    rewrite(path, lambda a: a.update(actions=a["actions"][:3]))
    with pytest.raises(DataError, match="lengths add up to 15"):
        load_dataset(path)


def test_wrong_checksum(path: Path) -> None:
    rewrite(path, lambda a: a.update(actions=-a["actions"]))
    with pytest.raises(DataError, match=r"pen\.npz.*does not match its recorded checksum"):
        load_dataset(path)


def test_nan(path: Path) -> None:
    rewrite(path, lambda a: a["rewards"].__setitem__(0, np.nan))
    with pytest.raises(DataError, match=r"pen\.npz, trajectory 0: rewards contains NaN"):
        load_dataset(path)


def test_another_format_version(path: Path) -> None:
    rewrite(path, lambda a: a.update(format_version=np.array(99)))
    with pytest.raises(DataError, match="format version 99, this code reads 1"):
        load_dataset(path)


def test_objects_are_not_loaded(path: Path) -> None:
    rewrite(path, lambda a: a.update(meta=np.array([{}], dtype=object)))
    with pytest.raises(DataError, match=r"pen.npz holds Python objects"):
        load_dataset(path)
