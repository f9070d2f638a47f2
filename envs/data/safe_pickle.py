"""Read published pickles without executing their code.

A pickle is a program. The standard loader runs any function that it names. This loader admits the
few names that NumPy arrays in plain containers need, and refuses all others.
"""

from __future__ import annotations

import codecs
import math
import pickle
from collections import OrderedDict
from pathlib import Path
from tokenize import TokenError
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.lib import format as npy_format
from numpy.typing import NDArray

from envs.trajectory import DataError

_KINDS = "biufcSUO"  # numbers, text and objects; no structured or date types


class _Dtype:
    """Replaces numpy.dtype, whose ``__setstate__`` trusts a corrupt memory layout."""

    def __init__(self, code: str, align: bool = False, copy: bool = False) -> None:
        self.value = np.dtype(str(code))
        if self.value.kind not in _KINDS:
            raise ValueError(f"data type {code!r} is not supported")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        order = state[1]
        if order in ("<", ">"):
            self.value = self.value.newbyteorder(order)


class _Array(np.ndarray):
    """An ordinary array that checks its state: NumPy does not compare a list with the shape."""

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, dtype, fortran, data = state
        objects = dtype.value.hasobject
        data = data if objects else _bytes(data)
        count = math.prod(shape)
        expected = count if objects else count * dtype.value.itemsize
        if (objects and type(data) is not list) or len(data) != expected:
            raise ValueError(f"an array of shape {shape} with other content")
        checked: Any = (1, shape, dtype.value, bool(fortran), data)
        super().__setstate__(checked)


def _bytes(data: bytes | bytearray | str) -> bytes:
    """Return bytes. Bytes from Python 2 arrive here as text."""
    return data.encode("latin1") if isinstance(data, str) else bytes(data)


def _reconstruct(kind: type, shape: tuple[int, ...], code: bytes) -> _Array:
    return _Array(0)


def _scalar(dtype: _Dtype, data: bytes) -> Any:
    return np.frombuffer(_bytes(data), dtype=dtype.value)[0]


def _frombuffer(
    data: bytes, dtype: _Dtype, shape: tuple[int, ...], order: Literal["C", "F"]
) -> NDArray[Any]:
    return np.frombuffer(_bytes(data), dtype=dtype.value).reshape(shape, order=order).copy()


_ADMITTED: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): _Dtype,
    ("collections", "OrderedDict"): OrderedDict,
    ("_codecs", "encode"): codecs.encode,  # how protocol 2 and older write bytes
}
for _module in ("builtins", "__builtin__"):
    for _type in (list, dict, tuple, set, frozenset, bytes, bytearray):
        _ADMITTED[_module, _type.__name__] = _type
for _core in ("numpy.core", "numpy._core"):  # the names before and since NumPy 2
    _ADMITTED[f"{_core}.multiarray", "_reconstruct"] = _reconstruct
    _ADMITTED[f"{_core}.multiarray", "scalar"] = _scalar
    _ADMITTED[f"{_core}.numeric", "_frombuffer"] = _frombuffer

# Errors of a damaged stream or .npy header. The place of the damage decides which one is raised.
_DAMAGE = (
    pickle.UnpicklingError,
    EOFError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    SyntaxError,
    TokenError,
    OverflowError,
    MemoryError,
    RecursionError,
)


class _ArraysOnlyUnpickler(pickle.Unpickler):
    def __init__(self, file: BinaryIO, path: Path) -> None:
        # NumPy arrays pickled by Python 2 must be read as latin1. Others do not use it.
        super().__init__(file, encoding="latin1")
        self._path = path

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ADMITTED:
            raise DataError(
                f"refused to load {module}.{name} from {self._path}: a data file needs NumPy "
                "arrays in plain containers only; get the file again from a source you trust"
            )
        return _ADMITTED[module, name]


def load_pickle(path: Path) -> Any:
    """Load a pickle that holds NumPy arrays and plain containers only.

    Raises:
        DataError: if the file is missing or damaged, or names anything else. The message names it.
    """
    with _open(path) as file:
        return _unpickle(file, path)


def load_npy(path: Path) -> NDArray[Any]:
    """Load a ``.npy`` file, also one of Python objects, under the same rule as a pickle.

    Raises:
        DataError: if the file is missing, damaged or no ``.npy`` file, or names anything else.
    """
    with _open(path) as file:
        try:
            version = npy_format.read_magic(file)
            if version == (1, 0):
                header = npy_format.read_array_header_1_0(file)
            elif version == (2, 0):
                header = npy_format.read_array_header_2_0(file)
            else:
                raise DataError(f"{path}: .npy format version {version} is not supported")
        except _DAMAGE as error:
            raise DataError(f"{path} is no .npy file or is truncated; get it again") from error
        shape, _, dtype = header
        if dtype.hasobject:
            content = _unpickle(file, path)
            if not isinstance(content, np.ndarray) or content.shape != shape:
                raise DataError(f"{path}: content and header disagree; get the file again")
            return content
    try:
        array: NDArray[Any] = np.load(path, allow_pickle=False)
    except (*_DAMAGE, OSError) as error:
        raise DataError(f"{path} is damaged or truncated; get it again") from error
    return array


def _open(path: Path) -> BinaryIO:
    try:
        return open(path, "rb")
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error


def _unpickle(file: BinaryIO, path: Path) -> Any:
    try:
        return _ArraysOnlyUnpickler(file, path).load()
    except _DAMAGE as error:
        raise DataError(
            f"{path} is damaged or truncated ({type(error).__name__}: {error}); "
            "delete it and get it again"
        ) from error
