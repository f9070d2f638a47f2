"""Data sets that are made on first use, kept, and known by what went into them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from envs.data.storage import load_dataset, save_dataset
from envs.trajectory import DataError, Dataset
from reproduce.data.portable import portably

_FORMAT = 3
"""To be raised with every change of code that changes what is made."""

_SILENCE_S = 1.0
"""For how long a process waits for another one before it says so."""

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
    processes that want it at once one makes it, and the others wait. It is made `portably`: by the
    same instructions on every x86-64 machine. `make` must be picklable. What cannot be kept, as on
    a full disk, is used all the same.
    """
    versions = {name: version(name) for name in _VERSIONS}
    whole = {"format": _FORMAT, "env": task_id, **recipe, "versions": versions}
    key = hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
    path = cache / "prior" / f"{task_id}-{key[:16]}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    with _held(path, notify):
        if path.exists():
            try:
                return load_dataset(path)
            except DataError as error:
                notify(f"{error}\nmaking it again")
        notify(f"{task_id}: making prior data, kept in {path}")
        made = portably(make)
        try:
            save_dataset(path, made)
        except OSError as error:
            notify(
                f"{path} cannot be written ({error}): this data is used, but made again the next "
                "time; make room, or name another folder by --cache-dir"
            )
    return made


@contextmanager
def _held(path: Path, notify: Callable[[str], None]) -> Iterator[None]:
    """The lock of a data set, for which one may wait as long as it takes to make it."""
    lock = FileLock(path.with_suffix(".lock"))
    try:
        lock.acquire(timeout=_SILENCE_S)
    except Timeout:
        notify(f"waiting for the process that makes {path}")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
