"""Read arrays of a .npz file, without pickle."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.data.files import DAMAGED_ARCHIVE
from envs.trajectory import DataError, check_readable

_ZIP = b"PK\x03\x04"


def load_npz(
    path: Path, remedy: str, names: Sequence[str] | None = None, *, what: str = "data file"
) -> dict[str, NDArray[Any]]:
    """Return the arrays of the file, or those of ``names`` that it has.

    Raises:
        DataError: if the file is missing, unreadable or damaged; the message ends with ``remedy``,
            or says that there is no such ``what``.
    """
    check_readable(path, what)
    try:
        with np.load(path, allow_pickle=False) as archive:
            wanted = archive.files if names is None else [n for n in names if n in archive.files]
            return {name: archive[name] for name in wanted}
    except DAMAGED_ARCHIVE as error:
        raise DataError(f"{path} {_fault(path, error)}; {remedy}") from error


def _fault(path: Path, error: Exception) -> str:
    """What is wrong with a file that cannot be read, without NumPy's advice to trust it."""
    with open(path, "rb") as file:
        start = file.read(len(_ZIP))
    if not start:
        return "is damaged or truncated (it is empty)"
    if start != _ZIP:
        return "is damaged or truncated (it does not begin as what numpy.savez writes)"
    if "allow_pickle" in str(error):
        return "holds Python objects; save arrays of numbers, each of one shape"
    return f"is damaged or truncated ({error})"
