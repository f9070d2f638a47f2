"""Read arrays of a .npz file, without pickle."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.data.files import DAMAGED_ARCHIVE
from envs.trajectory import DataError, check_readable


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
        raise DataError(f"{path} is damaged or truncated ({error}); {remedy}") from error
