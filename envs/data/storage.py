"""The project's own data file: one compressed .npz for each data set, without pickle."""

from __future__ import annotations

import dataclasses
import json
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from envs.data.files import atomic_file
from envs.data.npz import load_npz
from envs.tasks import task
from envs.trajectory import (
    DataError,
    Dataset,
    Provenance,
    Trajectory,
    check_trajectory,
    content_checksum,
)

FORMAT_VERSION = 1
_LIBRARIES = ("numpy", "gymnasium", "gymnasium-robotics", "mujoco")
_REMEDY = "delete the file, then generate or download it again"


def save_dataset(path: Path, dataset: Dataset) -> None:
    """Write a data set; the file appears whole or not at all.

    The file holds the trajectories' arrays end to end with their ``lengths``, ``format_version``,
    and ``meta``. ``meta`` is a JSON text: task, provenance, content checksum, versions of the
    libraries.

    Raises:
        DataError: if the data set is empty or one of its trajectories is not valid.
    """
    if not dataset.trajectories:
        raise DataError(f"{path}: refused to write a data set without trajectories")
    spec = task(dataset.task_id)
    for i, t in enumerate(dataset.trajectories):
        check_trajectory(t, spec, f"{path.name}, trajectory {i}")
    meta = {
        "task_id": dataset.task_id,
        "provenance": dataclasses.asdict(dataset.provenance),
        "content_checksum": dataset.content_checksum,
        "versions": {name: metadata.version(name) for name in _LIBRARIES},
    }
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(t, name) for t in dataset.trajectories])
        for name in Trajectory._fields
    }
    with atomic_file(path) as file:
        np.savez_compressed(
            file,
            allow_pickle=False,
            lengths=np.array([len(t.rewards) for t in dataset.trajectories], dtype=np.int64),
            format_version=np.array(FORMAT_VERSION),
            meta=np.array(json.dumps(meta, sort_keys=True)),
            **columns,
        )


def load_dataset(path: Path) -> Dataset:
    """Read a data set and verify it.

    Raises:
        DataError: if the file is missing, truncated or of another format, or if its arrays have
            wrong shapes, NaN, or another checksum than recorded. The message names the file and the
            way out.
    """
    arrays = load_npz(path, _REMEDY)
    try:
        version = int(arrays["format_version"])
        meta = json.loads(str(arrays["meta"]))
        provenance = Provenance(**meta["provenance"])
        task_id, checksum = str(meta["task_id"]), str(meta["content_checksum"])
        lengths = arrays["lengths"]
        if lengths.dtype.kind not in "iu" or lengths.ndim != 1 or (lengths < 1).any():
            raise ValueError(f"lengths are {lengths.dtype} of shape {lengths.shape}")
        spec = task(task_id)
        columns = {name: arrays[name] for name in Trajectory._fields}
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{path} is no data set of this project ({type(error).__name__}: {error}); {_REMEDY}"
        ) from error
    if version != FORMAT_VERSION:
        raise DataError(
            f"{path} has format version {version}, this code reads {FORMAT_VERSION}; {_REMEDY}"
        )
    for name, column in columns.items():
        if column.ndim == 0 or len(column) != lengths.sum():
            raise DataError(
                f"{path}: {name} has shape {column.shape}, lengths add up to "
                f"{lengths.sum()}; {_REMEDY}"
            )
    cuts = np.cumsum(lengths)[:-1]
    pieces = [np.split(columns[name], cuts) for name in Trajectory._fields]
    trajectories = tuple(Trajectory(*parts) for parts in zip(*pieces, strict=True))
    for i, t in enumerate(trajectories):
        check_trajectory(t, spec, f"{path}, trajectory {i}")
    if content_checksum(task_id, trajectories) != checksum:
        raise DataError(f"{path}: the content does not match its recorded checksum; {_REMEDY}")
    return Dataset(task_id, trajectories, provenance)
