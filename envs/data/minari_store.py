"""D4RL's hand data sets in a local Minari store, read by id: ``D4RL/door/human-v2``.

The store is ``$MINARI_DATASETS_PATH``, otherwise ``~/.minari/datasets``, as for Minari itself. h5py
reads the files: their format is documented and the data is a few arrays. Reading therefore needs no
Minari. Downloading needs Minari, which knows the address.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import NDArray

from envs.data.download import TIMEOUT_S
from envs.data.files import DAMAGED_ARCHIVE, atomic_file, sha256_of
from envs.data.hdf5 import array_of, require_own
from envs.success import binary_rewards
from envs.tasks import Task
from envs.trajectory import (
    DataError,
    Dataset,
    Origin,
    Provenance,
    Trajectory,
    check_trajectory,
    executed,
)

EPISODES: dict[str, int | None] = {"human": None, "cloned": 500, "expert": 25}
"""How many episodes of a data set are read, evenly spread over it; None reads all. An expert gives
as many demonstrations as there are human ones, although it has a million steps. D4RL's mixture of
demonstrations and a cloned policy gives as many episodes as the paper's prior data has."""
_ORIGIN: dict[str, Origin] = {"human": "human", "cloned": "cloned", "expert": "expert"}
_STATE = "options/initial_state_dict/"
_HUB = "https://huggingface.co"


def minari_id(task_id: str, collection: str) -> str:
    """D4RL's id of a hand task's data set: ``D4RL/pen/human-v2``.

    Raises:
        ValueError: for a collection other than human, cloned and expert.
    """
    if collection not in EPISODES:
        raise ValueError(f"D4RL has {', '.join(EPISODES)} data of the hand, not {collection!r}")
    return f"D4RL/{task_id.split('-')[0]}/{collection}-v2"


def store() -> Path:
    """The folder that Minari keeps its data sets in; it need not exist."""
    named = os.environ.get("MINARI_DATASETS_PATH")
    return Path(named) if named else Path.home() / ".minari" / "datasets"


def read_minari(folder: Path, task: Task) -> Dataset:
    """Read one data set of a Minari store.

    Each episode of ``data/main_data.hdf5`` has T + 1 observations for T actions. Actions are
    clipped. Rewards are dense in the file and recomputed from the next observations. Neither
    terminations nor truncations are terminal states of these tasks. The data set can be replayed
    (:mod:`envs.data.demonstration_replay`) if the episodes' reset options hold the initial state.

    Args:
        folder: of the data set, ``<store>/D4RL/door/human-v2``.
        task: the task it must belong to.

    Raises:
        DataError: if the data set is missing, has another format or task, or is damaged. Damage is
            a missing array, an episode that was cut short, fewer episodes or steps than the
            metadata say, or numbers that are kept in another file. The message names the data set
            and the way out.
    """
    name = "/".join(folder.parts[-3:])
    collection = folder.name.rpartition("-")[0]
    remedy = f"delete {folder} and get it again with `minari download {name}`"
    metadata = _metadata(folder, name, remedy)
    path = folder / "data" / "main_data.hdf5"
    trajectories: list[Trajectory] = []
    states: list[dict[str, NDArray[np.float64]]] = []
    try:
        with h5py.File(path, "r") as file:
            _check_counts(file, metadata, f"{name} ({path})", remedy)
            for number in _chosen(len(file), EPISODES[collection]):
                where = f"{name} ({path}), episode {number}"
                group = file[f"episode_{number}"]
                trajectories.append(_episode(group, task, where, remedy))
                states.append(_initial_state(group))
    except DataError:
        raise  # it says what is wrong
    except DAMAGED_ARCHIVE as error:
        raise DataError(f"{path} is no HDF5 file or is truncated ({error}); {remedy}") from error
    note = f"{len(trajectories)} of {metadata['total_episodes']} episodes; dense rewards recomputed"
    provenance = Provenance(_ORIGIN[collection], name, sha256_of(path), "relabelled", note)
    known = collection == "human" and all(states)
    return Dataset(
        task.id, tuple(trajectories), provenance, initial_states=tuple(states) if known else ()
    )


def _metadata(folder: Path, name: str, remedy: str) -> dict[str, Any]:
    path = folder / "data" / "metadata.json"
    if not path.is_file():
        raise DataError(f"{name} is not in the Minari store {store()}: there is no {path}")
    try:
        metadata: dict[str, Any] = json.loads(path.read_text())
        lacking = [
            key
            for key in ("dataset_id", "data_format", "total_episodes", "total_steps")
            if key not in metadata
        ]
    except (ValueError, TypeError) as error:
        raise DataError(f"{path} is damaged ({error}); {remedy}") from error
    if lacking:
        raise DataError(f"{path} lacks {', '.join(lacking)}; {remedy}")
    if metadata["dataset_id"] != name:
        raise DataError(f"{path} is of {metadata['dataset_id']}, not of {name}; {remedy}")
    if metadata["data_format"] != "hdf5":
        raise DataError(
            f"{name} is stored as {metadata['data_format']}, only hdf5 can be read; {remedy}"
        )
    return metadata


def _check_counts(file: h5py.File, metadata: dict[str, Any], where: str, remedy: str) -> None:
    """Raise DataError if episodes or steps are missing, as after an incomplete download."""
    total = metadata["total_episodes"]
    if len(file) != total or not total:
        raise DataError(
            f"{where} has {len(file)} episodes, its metadata say {total}: truncated; {remedy}"
        )
    names = [f"episode_{number}" for number in range(total)]
    lacking = next((name for name in names if name not in file), None)
    if lacking is not None:
        raise DataError(f"{where} lacks {lacking}; {remedy}")
    with _telling(remedy):
        for name in names:
            require_own(file, name, where)
    steps = sum(int(file[name].attrs.get("total_steps", 0)) for name in names)
    if steps != metadata["total_steps"]:
        raise DataError(
            f"{where} has {steps} steps, its metadata say {metadata['total_steps']}: "
            f"truncated; {remedy}"
        )


def _chosen(total: int, wanted: int | None) -> list[int]:
    if wanted is None or wanted >= total:
        return list(range(total))
    return [number * total // wanted for number in range(wanted)]


def _episode(group: h5py.Group, task: Task, where: str, remedy: str) -> Trajectory:
    needed = ("observations", "actions", "terminations", "truncations")
    with _telling(remedy):
        arrays = {name: array_of(group, name, where) for name in needed}
    steps = int(group.attrs.get("total_steps", -1))
    expected = {"observations": steps + 1, "actions": steps}
    for name, length in expected.items():
        if len(arrays[name]) != length:
            raise DataError(
                f"{where}: {len(arrays[name])} {name} for {steps} steps, "
                f"{length} are needed: truncated; {remedy}"
            )
    try:
        observations = arrays["observations"].astype(np.float32)
        actions = arrays["actions"].astype(np.float32)
    except (TypeError, ValueError) as error:
        raise DataError(f"{where}: not an array of numbers ({error}); {remedy}") from error
    never = np.zeros(steps, dtype=np.bool_)
    t = Trajectory(
        observations[:-1],
        executed(actions, where),
        np.zeros(steps, np.float32),
        observations[1:],
        never,
    )
    check_trajectory(t, task, where)
    return t._replace(rewards=binary_rewards(task, t.next_observations))


@contextmanager
def _telling(remedy: str) -> Iterator[None]:
    """Add the way out to what is wrong with a file."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{error}; {remedy}") from None


def _initial_state(group: h5py.Group) -> dict[str, NDArray[np.float64]]:
    return {
        key.removeprefix(_STATE): np.array(value, dtype=np.float64)
        for key, value in group.attrs.items()
        if key.startswith(_STATE)
    }


def check_unchanged(dataset: Dataset, cache: Path) -> None:
    """Compare the content of a data set with that of its first use on this machine.

    Minari publishes no checksums. The checksum of the first use is kept in ``<cache>/minari/``.
    Every row of results also has the checksum of the prior data, the same on every machine.

    Raises:
        DataError: if the content has changed.
    """
    name = dataset.provenance.origin
    path = cache / "minari" / f"{name.replace('/', '-')}.sha256"
    found = dataset.content_checksum
    if not path.is_file():
        with atomic_file(path) as file:
            file.write(found.encode())
        return
    first = path.read_text().strip()
    if found != first:
        raise DataError(
            f"{name} in {store()} has the content checksum {found[:16]}, at its first use it was "
            f"{first[:16]}: get it again with `minari download {name}`, or delete {path} if the "
            "new content is meant"
        )


def download_minari(name: str) -> None:
    """Fetch a data set into the store. The store gets it whole or not at all.

    A set that another process puts there meanwhile is as good.

    Raises:
        DataError: without Minari, without a network, if Minari reports an error, or if something
            else is in the set's place.
    """
    final = store() / name
    if final.exists() and not (final / "data").is_dir():
        raise DataError(f"{final} is in the way: it holds no data set (no folder data); delete it")
    try:
        import minari  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        raise DataError(
            f"{name}: downloading needs Minari: pip install '.[minari]' "
            f"(or `minari download {name}` elsewhere, and MINARI_DATASETS_PATH set)"
        ) from error
    hub = os.environ.get("HF_ENDPOINT", _HUB)
    try:  # this fails fast; Minari would try for a minute without a network
        urllib.request.urlopen(urllib.request.Request(hub, method="HEAD"), timeout=TIMEOUT_S)
    except urllib.error.HTTPError:
        pass  # an error code is an answer too: the hub can be reached
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise DataError(f"{name}: could not be downloaded, {hub} cannot be reached: {error}") from (
            error
        )
    target, before = store(), os.environ.get("MINARI_DATASETS_PATH")
    incoming = target / f".incoming-{os.getpid()}-{secrets.token_hex(4)}"
    try:
        incoming.mkdir(parents=True)
        os.environ["MINARI_DATASETS_PATH"] = str(incoming)
        minari.download_dataset(name)
        final.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.replace(incoming / name, final)
        except OSError:
            if not (final / "data").is_dir():  # else somebody was faster
                raise
    except Exception as error:  # the hub's client raises many kinds of errors
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise DataError(f"{name}: could not be downloaded to {target}: {reason}") from error
    finally:
        shutil.rmtree(incoming, ignore_errors=True)
        if before is None:
            os.environ.pop("MINARI_DATASETS_PATH", None)
        else:
            os.environ["MINARI_DATASETS_PATH"] = before
