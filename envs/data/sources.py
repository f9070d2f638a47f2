"""Which file serves which task, where it is searched for, and what replaces it if missing."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import platformdirs

from envs import seeds
from envs.conditions import DoorIsOpen
from envs.data.download import download as fetch
from envs.data.experts import ExpertPolicy, rollout_expert
from envs.data.files import sha256_of
from envs.data.minari_store import (
    check_unchanged,
    download_minari,
    minari_id,
    read_minari,
    store,
)
from envs.data.readers import read_awac_npy, read_d4rl_hdf5, read_dapg_pickle
from envs.data.storage import load_dataset
from envs.tasks import HAND_TASKS, TASKS, Task
from envs.trajectory import DataError, Dataset, Labels, relabel

Kind = Literal["human", "expert", "embedded", "minari-human", "minari-cloned", "minari-expert"]
DATA_DIR_VARIABLE = "AWAC_DATA_DIR"
ASSETS = Path(__file__).resolve().parents[1] / "assets"

PUBLISHED_EXPERTS = {
    "pen-binary-v0": "1f928af227d6ee10bc5164a035f5e171a61bcaf7156a99c18cde492743a4881e",
    "door-binary-v0": "8b3b71446c9edaeda5e2b1cbc7b4d316ba22faf4eb7f517aee7bea82a54b5f50",
    "relocate-binary-v0": "591a488e87a25bd542b9278105b9bbf3f9253d3f68d8c0767d470b4414a7ac30",
}
"""SHA-256 of the files of Rajeswaran et al.'s policies (``assets/README.md``)."""

_RLKIT = (
    "https://raw.githubusercontent.com/rail-berkeley/rlkit/"
    "4428cb7cc5a67d37cdb86c83107ace0de83ed3f5/tests/regression/awac/hand/"
)
_DAPG = (
    "https://raw.githubusercontent.com/aravindr93/hand_dapg/"
    "5196237885ebf0257f9bbb80f26281bbb73292b9/dapg/demonstrations/"
)


@dataclass(frozen=True)
class Source:
    """One file, or data set of the Minari store, that can serve as a task's demonstrations.

    Attributes:
        task_id: the task.
        kind: "human", "expert" (a policy), "embedded", or "minari-..." for data that must come from
            the Minari store.
        filename: its name in a data folder; in the Minari store, its id.
        sha256: required checksum. None if none is known: any content is then accepted, and its
            checksum is recorded.
        url: published address; None if none is known. Only a file with a checksum is fetched.
        reader: (path, task) -> Dataset; None for a policy, which is rolled out.
        minari: whether it lies in the Minari store.
    """

    task_id: str
    kind: Kind
    filename: str
    sha256: str | None
    url: str | None
    reader: Callable[[Path, Task], Dataset] | None
    minari: bool = False


def roll_out_expert(path: Path, task: Task, episodes: int) -> Dataset:
    """Roll out the policy of a file until so many episodes have reached the goal.

    Raises:
        DataError: as :meth:`ExpertPolicy.load` and :func:`rollout_expert`.
    """
    return rollout_expert(task, ExpertPolicy.load(path), episodes, seeds.EXPERT)


def _load_embedded(path: Path, task: Task) -> Dataset:
    dataset = load_dataset(path)
    if dataset.task_id != task.id:
        raise DataError(f"{path} holds {dataset.task_id}, not {task.id}")
    return dataset


def policy_file(task_id: str) -> str:
    """Name of the file of a hand task's published policy: pen_expert.npz."""
    return f"{task_id.split('-')[0]}_expert.npz"


def shipped_file(task_id: str, episodes: int) -> str:
    """Name of the file of so many of its episodes: pen_expert5.npz."""
    return f"{task_id.split('-')[0]}_expert{episodes}.npz"


def _sources(task_id: str) -> tuple[Source, ...]:
    """List a task's sources, best first: the authors' own file leads, Minari's copy comes last."""
    name = task_id.split("-")[0]
    shipped = shipped_file(task_id, TASKS[task_id].shipped_demonstrations)
    sha256s = {
        "pen2_sparse.npy": "f6b8c30044f3ebecd36becd14a64895934656a3c97f0edd1da688e2f72081f3d",
        "door-v0_demos.pickle": "d6ec9a090261f901e5c9bf10082799e30c8d34c3f28aef4026e492a1aefc96c3",
    }
    urls = {
        "pen2_sparse.npy": _RLKIT + "pen2_sparse.npy",
        "door-v0_demos.pickle": _DAPG + "door-v0_demos.pickle",
    }
    human: list[tuple[str, Callable[[Path, Task], Dataset]]] = [
        (f"{name}2_sparse.npy", read_awac_npy),
        (f"{name}-v0_demos.pickle", read_dapg_pickle),
        (f"{name}-human-v1.hdf5", read_d4rl_hdf5),
        (f"{name}-v0_demos_clipped.hdf5", read_d4rl_hdf5),  # D4RL's human-v0
    ]
    from_minari: list[tuple[Kind, str]] = [
        ("human", "human"),
        ("minari-human", "human"),
        ("minari-cloned", "cloned"),
        ("minari-expert", "expert"),
    ]
    return (
        *(Source(task_id, "human", f, sha256s.get(f), urls.get(f), r) for f, r in human),
        *(
            Source(task_id, kind, minari_id(task_id, name), None, None, read_minari, minari=True)
            for kind, name in from_minari
        ),
        Source(task_id, "expert", policy_file(task_id), None, None, None),
        Source(task_id, "embedded", shipped, None, None, _load_embedded),
    )


SOURCES: dict[str, tuple[Source, ...]] = {task_id: _sources(task_id) for task_id in HAND_TASKS}


def cache_dir() -> Path:
    """Return the user's writable folder for what is downloaded or made.

    Raises DataError for a user without a home. The message names the flag to give instead.
    """
    try:
        return Path(platformdirs.user_cache_dir("awac-reproduction"))
    except RuntimeError as error:  # no HOME, and the system's list of users lacks this user
        raise DataError(
            f"--data-dir (or ${DATA_DIR_VARIABLE}) must name the folder of data here ({error})"
        ) from None


def named_data_dir() -> Path | None:
    """Return ``$AWAC_DATA_DIR``; None if that is not set."""
    named = os.environ.get(DATA_DIR_VARIABLE)
    return Path(named) if named else None


def default_data_dir() -> Path:
    """Return ``$AWAC_DATA_DIR``, or the folder of downloads if that is not set."""
    return named_data_dir() or cache_dir() / "data"


@dataclass(frozen=True)
class Request:
    """Which demonstrations are asked for, and where they may come from.

    Attributes:
        task: it decides labels, and which of an expert's episodes are good.
        data: which kind, or "auto".
        labels: "stored" keeps the rewards of the authors' files. All other data has dense or no
            stored labels, and is always labelled from its next observations.
        expert_episodes: how many episodes an expert shows, if the data comes from one; None: as
            many as the task has.
        data_dir: folder that is searched first; None: see `folder`. It may be read-only, because
            downloads go to the cache.
        cache: folder of what is downloaded or made; default :func:`cache_dir`.
        download: whether published files may be fetched.
        minari_download: whether data sets may be fetched into the Minari store.
    """

    task: Task
    data: str = "auto"
    labels: Labels = "relabelled"
    expert_episodes: int | None = None
    data_dir: Path | None = None
    cache: Path = field(default_factory=cache_dir)
    download: bool = False
    minari_download: bool = False

    @property
    def folder(self) -> Path:
        """The folder that is searched first: `data_dir`, else :func:`default_data_dir`."""
        return self.data_dir or default_data_dir()

    @property
    def downloads(self) -> Path:
        """The folder that downloads go to."""
        return self.cache / "data"


def find_demonstrations(
    request: Request,
    *,
    notify: Callable[[str], None] = print,
    rolled_out: Callable[[Path, Task, int], Dataset] = roll_out_expert,
) -> Dataset:
    """Return the best available demonstrations of a hand task.

    "auto" takes human data from the data folder, the cache or the Minari store. If there is none,
    it downloads it if allowed. Otherwise it takes the set shipped with the project and says so. The
    other values accept only their own kind. Observations are as recorded. If the file says how each
    demonstration begins, the data set has its `initial_states` and can be replayed
    (:mod:`envs.data.demonstration_replay`).

    Args:
        request: what is asked for; the number of an expert's episodes is the task's
            `shipped_demonstrations` by default.
        notify: receives a line for the user whenever other data than expected is used.
        rolled_out: :func:`roll_out_expert`, or what remembers its results.

    Raises:
        DataError: if nothing suitable is found (naming file, folder, checksum and address), or if
            the file that was found is damaged, of another task, or has another checksum.
        ValueError: for an unknown kind, or a task that has no demonstrations.
    """
    task, data = request.task, request.data
    if task.id not in SOURCES:
        raise ValueError(
            f"{task.id} has no demonstration files; the tasks that have: {', '.join(SOURCES)}"
        )
    if data not in ("auto", *get_args(Kind)):
        raise ValueError(f"data must be auto, {', '.join(get_args(Kind))}, got {data!r}")
    source, path = _found(request, notify)
    _verify(source, path)
    if source.reader is None:
        _tell_of_another_expert(task.id, path, notify)
        dataset = rolled_out(path, task, request.expert_episodes or task.shipped_demonstrations)
    else:
        dataset = source.reader(path, task)
    if source.minari:
        check_unchanged(dataset, request.downloads)
    return _labelled(dataset, request, source, path, notify)


def _found(request: Request, notify: Callable[[str], None]) -> tuple[Source, Path]:
    """The first source that is here or may be fetched, with its file; else DataError."""
    listed, data = SOURCES[request.task.id], request.data
    sources = [s for s in listed if s.kind == ("human" if data == "auto" else data)]
    if data == "embedded":
        found: tuple[Source, Path] | None = (sources[0], ASSETS / sources[0].filename)
    else:
        found = _find(sources, (request.folder, request.downloads))
    if found is None and request.download:
        found = _download_first(sources, request.downloads, notify)
    if found is None and request.minari_download:
        found = _download_minari(sources, required=data != "auto", notify=notify)
    if found is None and data == "auto":
        notify(_substitution_notice(request, sources))
        found = next((s, ASSETS / s.filename) for s in listed if s.kind == "embedded")
    if found is None:
        raise DataError(_missing_message(request, sources))
    return found


def _find(sources: list[Source], folders: tuple[Path, ...]) -> tuple[Source, Path] | None:
    for folder in folders:
        for source in sources:
            if not source.minari and (folder / source.filename).is_file():
                return source, folder / source.filename
    stored = ((s, store() / s.filename) for s in sources if s.minari)
    return next(((s, path) for s, path in stored if (path / "data").is_dir()), None)


def _download_minari(
    sources: list[Source], *, required: bool, notify: Callable[[str], None]
) -> tuple[Source, Path] | None:
    source = next((s for s in sources if s.minari), None)
    if source is None:
        return None
    try:
        download_minari(source.filename)
    except DataError as error:
        if required:
            raise
        notify(str(error))
        return None
    notify(f"{source.task_id}: downloaded {source.filename} into the Minari store {store()}")
    return source, store() / source.filename


def _download_first(
    sources: list[Source], cache: Path, notify: Callable[[str], None]
) -> tuple[Source, Path] | None:
    for source in sources:
        if source.url is not None and source.sha256 is not None:
            path = cache / source.filename
            try:
                fetch(source.url, source.sha256, path)
            except DataError as error:
                notify(str(error))
                continue
            notify(f"{source.task_id}: downloaded {source.filename} to {path.parent}")
            return source, path
    return None


def _verify(source: Source, path: Path) -> None:
    if source.sha256 is not None and path.is_file():
        actual = sha256_of(path)
        if actual != source.sha256:
            raise DataError(
                f"{path} has sha256 {actual}, expected {source.sha256}: it is damaged or another "
                f"file of that name; delete it and get it from {source.url}"
            )


def _tell_of_another_expert(task_id: str, path: Path, notify: Callable[[str], None]) -> None:
    """Say so if the policy is not the published one; it may be the user's own."""
    actual, published = sha256_of(path), PUBLISHED_EXPERTS.get(task_id)
    if published not in (None, actual):
        notify(
            f"{task_id}: {path} is not the published policy (its sha256 is {actual[:16]}, the "
            f"published one's {published[:16]}); its episodes are another expert's"
        )


def _labelled(
    dataset: Dataset,
    request: Request,
    source: Source,
    path: Path,
    notify: Callable[[str], None],
) -> Dataset:
    task = request.task
    if request.labels == "stored":
        rewards = np.concatenate([t.rewards for t in dataset.trajectories])
        if source.kind == "human" and dataset.provenance.rewards == "stored":
            if not np.isin(rewards, (task.reward_low, task.reward_high)).all():
                raise DataError(
                    f"{path}: stored rewards are not binary; --labels relabelled computes them"
                )
            return dataset
        if source.kind not in ("embedded", "expert"):
            notify(f"{source.filename} stores no binary labels; they are computed")
    if dataset.provenance.rewards == "stored":
        dataset = relabel(dataset, task)
    if not isinstance(task.reached, DoorIsOpen):
        return dataset
    note = "; ".join(filter(None, (dataset.provenance.note, f"open > {task.door_threshold} rad")))
    return replace(dataset, provenance=replace(dataset.provenance, note=note))


def _listing(sources: list[Source]) -> str:
    lines = []
    for s in sources:
        if s.minari:
            lines.append(f"  {s.filename} (Minari store {store()}; --download fetches it)")
            continue
        checksum = f"sha256 {s.sha256}" if s.sha256 else "any checksum is accepted"
        address = s.url or "no known address"
        lines.append(f"  {s.filename} ({checksum}; {address})")
    return "\n".join(lines)


def _substitution_notice(request: Request, sources: list[Source]) -> str:
    task, place = request.task, f"in {request.folder}"
    if request.downloads != request.folder:
        place += f", {request.downloads}"
    first = next(s.filename for s in sources if not s.minari)
    fetched = request.download and request.minari_download
    return (
        f"{task.id}: {task.shipped_demonstrations} expert demonstrations shipped with the project, "
        f"a SUBSTITUTION for the paper's human ones: no {first} or its like (docs/data.md) {place} "
        f"or the Minari store {store()}" + ("" if fetched else "; --download fetches them")
    )


def _missing_message(request: Request, sources: list[Source]) -> str:
    if all(s.minari for s in sources):
        name = sources[0].filename
        return (
            f"{name} is not in the Minari store {store()} (MINARI_DATASETS_PATH names another); "
            f"--download or `minari download {name}` fetches it"
        )
    return (
        f"no {request.data} data for {request.task.id} in {request.folder} (set --data-dir or "
        f"{DATA_DIR_VARIABLE}) nor in {request.downloads}; one of these is needed:\n"
        f"{_listing(sources)}"
    )
