"""Published pickles are read without running what they say."""

from __future__ import annotations

import builtins
import os
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from envs.data.safe_pickle import load_npy, load_pickle
from envs.trajectory import DataError

CONTENT: Any = [
    OrderedDict(a=np.arange(3.0), b=(np.float32(2), {"c": "text", "d": None})),
    {"ints": np.arange(4, dtype=">i8").reshape(2, 2), "flag": np.array([True])},
    np.array([{"nested": np.ones(2)}, None], dtype=object),
]


class Runs:
    """Pickles as a call of the given function."""

    def __init__(self, function: Any, *args: Any) -> None:
        self.call = (function, args)

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_arrays_and_containers_load(tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "data.pickle"
    path.write_bytes(pickle.dumps(CONTENT, protocol=protocol))
    loaded = load_pickle(path)
    np.testing.assert_equal(loaded[:2], CONTENT[:2])
    np.testing.assert_array_equal(loaded[2][0]["nested"], np.ones(2))


def test_names_of_numpy_1_load(tmp_path: Path) -> None:
    path = tmp_path / "old.pickle"
    data = pickle.dumps(np.arange(3.0), protocol=2)
    assert b"numpy._core" in data
    path.write_bytes(data.replace(b"numpy._core", b"numpy.core"))
    np.testing.assert_array_equal(load_pickle(path), np.arange(3.0))


@pytest.mark.parametrize(
    ("function", "args", "name"),
    [
        (os.system, ("touch {marker}",), "posix.system|nt.system"),
        (builtins.eval, ("open('{marker}', 'w')",), "builtins.eval"),
        (builtins.getattr, ("text", "upper"), "builtins.getattr"),
        (np.load, ("{marker}",), "numpy.load"),
        (np.fromfile, ("{marker}",), "numpy.fromfile"),
    ],
)
@pytest.mark.parametrize("suffix", [".pickle", ".npy"])
def test_anything_else_is_refused_and_named(
    tmp_path: Path, function: Any, args: tuple[str, ...], name: str, suffix: str
) -> None:
    marker, path = tmp_path / "marker", tmp_path / f"evil{suffix}"
    payload = Runs(function, *(a.format(marker=marker) for a in args))
    if suffix == ".npy":
        np.save(path, np.array([payload], dtype=object))
    else:
        path.write_bytes(pickle.dumps([payload]))
    with pytest.raises(DataError, match=rf"refused to load ({name}).* from .*evil\{suffix}"):
        (load_npy if suffix == ".npy" else load_pickle)(path)
    assert not marker.exists()


def test_object_and_plain_npy(tmp_path: Path) -> None:
    path = tmp_path / "data.npy"
    objects = np.array([{"x": np.arange(3)}, {"x": np.arange(2)}], dtype=object)
    np.save(path, objects)
    loaded = load_npy(path)
    assert loaded.shape == (2,)
    np.testing.assert_array_equal(loaded[1]["x"], [0, 1])
    np.save(path, np.eye(3))
    np.testing.assert_array_equal(load_npy(path), np.eye(3))


@pytest.mark.parametrize("keep", [0, 5, 100, -1])
def test_truncated(tmp_path: Path, keep: int) -> None:
    for name, write, load in (
        ("cut.pickle", lambda p: p.write_bytes(pickle.dumps(CONTENT)), load_pickle),
        ("cut.npy", lambda p: np.save(p, np.array(CONTENT[:2], dtype=object)), load_npy),
        ("plain.npy", lambda p: np.save(p, np.eye(9)), load_npy),
    ):
        path = tmp_path / name
        write(path)
        path.write_bytes(path.read_bytes()[:keep])
        with pytest.raises(DataError, match=rf"{name}.*truncated"):
            load(path)


def test_missing(tmp_path: Path) -> None:
    for load in (load_pickle, load_npy):
        with pytest.raises(DataError, match=r"cannot read .*absent: No such file"):
            load(tmp_path / "absent")


def test_bytes_of_python_2(tmp_path: Path) -> None:
    """Python 2 wrote the content of an array as a string (opcode U), not through a codec."""
    path = tmp_path / "old.pickle"
    array = np.array([0.1, -200.0])
    path.write_bytes(
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01K\x02\x85cnumpy\ndtype\nU\x02f8K\x00K\x01\x87R"
        b"(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U\x10"
        + array.astype("<f8").tobytes()
        + b"tb."
    )
    np.testing.assert_array_equal(load_pickle(path), array)


@pytest.mark.parametrize("suffix", [".pickle", ".npy"])
def test_damage_anywhere_is_one_kind_of_error(tmp_path: Path, suffix: str) -> None:
    """Corrupt streams must not reach NumPy's internals, which crash the process on some of them."""
    path = tmp_path / f"damaged{suffix}"
    if suffix == ".npy":
        np.save(path, np.array([{"a": np.arange(3.0)}, None], dtype=object))
    else:
        path.write_bytes(pickle.dumps(CONTENT, protocol=4))
    content, rng = path.read_bytes(), np.random.default_rng(0)
    load = load_npy if suffix == ".npy" else load_pickle
    refused = 0
    for position in range(len(content)):
        damaged = bytearray(content)
        damaged[position] = int(rng.integers(256))
        path.write_bytes(damaged)
        try:
            load(path)
        except DataError as error:
            assert path.name in str(error)
            refused += 1
    assert refused > len(content) // 3
