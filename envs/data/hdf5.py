"""Read arrays of an HDF5 file. All their numbers must be in this one file.

No checksum of a file covers what it links to, and HDF5 reads zeros if that is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import NDArray

from envs.data.files import DAMAGED_ARCHIVE
from envs.trajectory import DataError, check_readable


def load_hdf5(path: Path, remedy: str, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Return those of the arrays ``names`` that the file has.

    Raises:
        DataError: if the file is missing, unreadable or damaged, where the message ends with
            ``remedy``; if an entry is no array or a broken link, or if it keeps its numbers in
            another file.
    """
    check_readable(path)
    try:
        with h5py.File(path, "r") as file:
            links = {name: file.get(name, getlink=True) for name in names}
            return {name: array_of(file, name, str(path)) for name, link in links.items() if link}
    except DataError:
        raise
    except DAMAGED_ARCHIVE as error:
        raise DataError(f"{path} is no HDF5 file or is truncated ({error}); {remedy}") from error


def require_own(group: Any, name: str, where: str) -> None:
    """Raise DataError if the entry ``name`` of a group is a link into another file.

    ``where`` is what the message names.
    """
    link = group.get(name, getlink=True)
    if isinstance(link, h5py.ExternalLink):
        raise DataError(f"{where}: {name} is a link into another file, {link.filename}")


def array_of(group: Any, name: str, where: str) -> NDArray[Any]:
    """Read the array ``name`` of a group.

    Raises:
        DataError: as :func:`load_hdf5` does, or if there is none; the message names ``where``.
    """
    require_own(group, name, where)
    link = group.get(name, getlink=True)
    if link is None:
        raise DataError(f"{where}: no array {name!r}")
    try:
        entry = group[name]
    except KeyError as error:
        target = link.path if isinstance(link, h5py.SoftLink) else error
        raise DataError(f"{where}: {name} is a link to {target}, which is not there") from error
    if not isinstance(entry, h5py.Dataset):
        raise DataError(f"{where}: {name} is a {type(entry).__name__.lower()}, not an array")
    if entry.is_virtual or entry.external:
        raise DataError(f"{where}: {name} keeps its numbers in other files")
    return np.asarray(entry)
