"""Any truncation or flipped byte of a data file is refused, or what is read is valid data."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envs.data.experts import ExpertPolicy
from envs.data.readers import read_awac_npy, read_d4rl_hdf5, read_dapg_pickle
from envs.data.storage import load_dataset, save_dataset
from envs.tasks import task
from envs.trajectory import DataError, Dataset, check_trajectory
from tests.envs.test_data_faults import flat, write_hdf5
from tests.envs.test_experts import write_policy
from tests.envs.test_readers import DOOR, PEN, awac_path, dapg_demonstration, save_awac

EXAMPLES = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def pickled(path: Path) -> Path:
    path.write_bytes(pickle.dumps([dapg_demonstration(4, 0)]))
    return path


def policy(path: Path) -> ExpertPolicy:
    """Read and used once: shapes that do not fit would show."""
    read = ExpertPolicy.load(path)
    assert read.mean(np.zeros(read.observation_dim, np.float32)).shape == (read.action_dim,)
    assert np.isfinite(np.exp(read.log_std)).all()
    return read


Write, Read = Callable[[Path], Path], Callable[[Path], Dataset | ExpertPolicy]
FILES: dict[str, tuple[Write, Read]] = {
    "x.npy": (
        lambda path: save_awac(path, [awac_path(n, n) for n in (2, 3)]),
        lambda path: read_awac_npy(path, PEN),
    ),
    "x.pickle": (pickled, lambda path: read_dapg_pickle(path, DOOR)),
    "x.hdf5": (
        lambda path: write_hdf5(path, flat(3)),
        lambda path: read_d4rl_hdf5(path, PEN),
    ),
    "expert.npz": (write_policy, policy),
}


def refused_or_valid(read: Read, path: Path) -> bool:
    """Whether it is refused; in one way, naming the file."""
    try:
        found = read(path)
    except DataError as error:
        assert path.name in str(error)
        assert "\n" not in str(error)
        return True
    if isinstance(found, Dataset):
        assert found.trajectories
        for i, t in enumerate(found.trajectories):
            check_trajectory(t, task(found.task_id), f"{path}, {i}")
    return False


@pytest.mark.parametrize("name", FILES)
@EXAMPLES
@given(data=st.data())
def test_a_flipped_byte_is_refused_or_harmless(
    name: str, data: st.DataObject, tmp_path: Path
) -> None:
    write, read = FILES[name]
    path = tmp_path / name
    whole = bytearray(write(path).read_bytes())
    assert not refused_or_valid(read, path)
    # headers, where a byte means most, are at either end
    ends = st.integers(0, 200) | st.integers(len(whole) - 200, len(whole) - 1)
    at = data.draw(ends | st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(whole)
    refused_or_valid(read, path)


@pytest.mark.parametrize("name", FILES)
@EXAMPLES
@given(data=st.data())
def test_a_truncated_file_is_refused(name: str, data: st.DataObject, tmp_path: Path) -> None:
    write, read = FILES[name]
    path = tmp_path / name
    whole = write(path).read_bytes()
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    assert refused_or_valid(read, path)


@EXAMPLES
@given(data=st.data())
def test_of_its_own_files_nothing_is_believed_that_was_not_written(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory, dataset: Dataset
) -> None:
    """They carry a checksum: a changed byte is refused, or it said nothing."""
    path = tmp_path_factory.mktemp("own") / "own.npz"
    save_dataset(path, dataset)
    whole = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans()):
        whole[at] ^= data.draw(st.integers(1, 255))
    else:
        del whole[at:]
    path.write_bytes(whole)
    if not refused_or_valid(load_dataset, path):
        assert load_dataset(path).content_checksum == dataset.content_checksum
