"""Data sets that are made on first use, kept, and known by what went into them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from filelock import FileLock

from envs.storage import load_dataset, save_dataset
from envs.trajectory import DataError, Dataset
from reproduce.data.portable import portably

_FORMAT = 3
"""To be raised with every change of code that changes what is made."""

_VERSIONS = ("mujoco", "gymnasium", "gymnasium-robotics", "numpy", "torch")


def cached(
    cache: Path,
    task_id: str,
    recipe: Mapping[str, Any],
    make: Callable[[], Dataset],
    notify: Callable[[str], None] = print,
) -> Dataset:
    """The data set that `make` makes, read from `<cache>/prior/` if it is there.

    The file's name is a checksum over `recipe` and the versions of what decides the bits. Its
    content is verified whenever it is read; a damaged file is named and made again. Of several
    processes that want it at once one makes it. It is made `portably`: by the same instructions
    on every x86-64 machine. `make` must be picklable.
    """
    versions = {name: version(name) for name in _VERSIONS}
    whole = {"format": _FORMAT, "env": task_id, **recipe, "versions": versions}
    key = hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
    path = cache / "prior" / f"{task_id}-{key[:16]}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        if path.exists():
            try:
                return load_dataset(path)
            except DataError as error:
                notify(f"{error}\nmaking it again")
        notify(f"{task_id}: making prior data, kept in {path}")
        made = portably(make)
        save_dataset(path, made)
    return made
