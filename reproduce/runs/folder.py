"""The files of one run. The folder is the truth about a run.

config.json               resolved configuration, versions, commit, data checksums
progress.csv              one row per evaluation
checkpoint.pt             newest state; checkpoint.previous.pt the one before
status.json               last sign of life: step, steps/s, who
queued.json               the cluster's job that will run it; gone when it runs (by the launcher)
done                      the run is finished; holds the checksum of progress.csv
failed                    the run has failed; holds the reason
log.txt                   output of its processes (written by the launcher)
lock                      held while a process runs it (see lock.py)
"""

from __future__ import annotations

import csv
import json
import pickle
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from algorithms.config import LONGEST_RUN
from envs.data.files import DAMAGED_ARCHIVE, sha256_of
from envs.trajectory import DataError
from figures.files import whole_file, write_text
from reproduce.commandline.files import write_csv, write_json
from reproduce.commandline.options import Engine, EngineChoice
from reproduce.runs.lock import Hold, hold, is_held, read_beat

State = Literal["done", "failed", "running", "queued", "resumable", "pending"]
ELSEWHERE: tuple[State, ...] = ("running", "queued")
"""States of runs that another process makes, or that wait as jobs of a cluster."""

# Newest first. checkpoint.new.pt exists, and is whole, if a process died while the names changed.
_CHECKPOINTS = ("checkpoint.new.pt", "checkpoint.pt", "checkpoint.previous.pt")
_UNREADABLE: tuple[type[Exception], ...] = (*DAMAGED_ARCHIVE, pickle.UnpicklingError)

_WRITTEN_BY_HOLDER = ("checkpoint.new.pt", "progress.csv", "config.json", "status.json", "done")

# What runs did before the field existed, as `settings.describe` writes it, by its whole path.
_BEFORE: dict[str, Any] = {
    "method.observations": {"component": "Raw"},
    "method.objective.weights.shape.cap": "inf",
    "method.objective.improvement.weights.shape.cap": "inf",
    "method.policy.squash_margin": 1e-4,
    "hyperparameters.expert_demonstrations": 0,
    "schedule.sampled_eval_episodes": LONGEST_RUN,
    "data.demonstrations.observations": "recorded",
}

_FORMER = {"hyperparameters.compile": False}
_PROGRESS = ("start", "step", "end", "steps_per_s")


class ConfigurationChanged(RuntimeError):
    """The folder belongs to a run with another configuration."""


class DamagedRun(DataError):
    """A file of the run is damaged; the message names it and the way out."""


@dataclass(frozen=True)
class RunFolder:
    """Reading and writing one run's files."""

    path: Path

    def state(self) -> State:
        """Read the run's state from its files. The lock and the sign of life show `running`."""
        if (self.path / "done").exists():
            return "done"
        if (self.path / "failed").exists():
            return "failed"
        if is_held(self.path):
            return "running"
        if (self.path / "queued.json").exists():
            return "queued"
        begun = any((self.path / name).exists() for name in _CHECKPOINTS)
        return "resumable" if begun else "pending"

    @contextmanager
    def hold(self) -> Iterator[Hold]:
        """Be the one process that runs it. Raises Held if another process is.

        Removes the files that killed processes left half written. Removes also the note of the
        queue: this process is the queued job, or replaces it.
        """
        with hold(self.path, self.status() | {"steps_per_s": 0.0}) as held:
            for name in _WRITTEN_BY_HOLDER:
                for left in self.path.glob(f".{name}.*.tmp"):
                    left.unlink(missing_ok=True)
            self._leave_queue()
            yield held
        self._leave_queue()  # a launcher may have written its note after the job had begun

    def queue(self, info: Mapping[str, Any]) -> None:
        """Note that a cluster's job will run it: {"cluster", "job", "at" (unix time), "by"}.

        The job is a new attempt if the run had failed. Nothing is noted if the run is done, or if
        the job has already begun.
        """
        if self.state() in ("done", "running"):
            return
        (self.path / "failed").unlink(missing_ok=True)
        write_json(self.path / "queued.json", dict(info))

    def queued(self) -> dict[str, Any]:
        """Return what `queue` noted; empty if the run waits for no job."""
        try:
            value = json.loads((self.path / "queued.json").read_text())
        except (OSError, ValueError):
            return {}
        return value if isinstance(value, dict) else {}

    def _leave_queue(self) -> None:
        (self.path / "queued.json").unlink(missing_ok=True)

    def claim(self, config: dict[str, Any]) -> None:
        """Write config.json. If it exists already, compare the entries that decide the results.

        A run is never continued with other settings or other data. Raises ConfigurationChanged
        naming each differing entry.
        """
        path = self.path / "config.json"
        if not path.exists():
            write_json(path, config)
            return
        self.check(config["identity"], config.get("engine", "auto"))
        old = self.config()
        if old["environment"] != config["environment"]:
            old.setdefault("continued_in", []).append(config["environment"])
            write_json(path, old)

    def engine(self) -> Engine | None:
        """The engine that the run was begun with; None if it has not begun."""
        if not (self.path / "config.json").exists():
            return None
        recorded: Engine = self.config().get("engine", "eager")  # once there was no other
        return recorded

    def check(self, identity: dict[str, Any], engine: EngineChoice = "auto") -> None:
        """Raise ConfigurationChanged if the folder holds a run of another configuration.

        `identity` may lack the prior data. Only the rest is compared then. Engines differ in
        rounding, so a run must go on with the engine that it began with.
        """
        if not (self.path / "config.json").exists():
            return
        begun = self.engine()
        if engine not in ("auto", begun):
            raise ConfigurationChanged(
                f"{self.path} was begun with the {begun} engine: go on with --engine {begun} (or "
                "auto), or delete that folder to start afresh"
            )
        old = {k: v for k, v in self.config()["identity"].items() if k in identity}
        changes = differences(old, identity)
        if changes:
            own = all(change.startswith("methods_from.") for change in changes)
            keep = "; put new rows into a second file (--methods-from may be repeated), " * own
            raise ConfigurationChanged(
                f"{self.path} was made with another configuration ({'; '.join(changes)})"
                f"{keep or '; '}delete that folder to start afresh, or choose another --out"
            )

    def config(self) -> dict[str, Any]:
        """Return what `claim` wrote. Raises DamagedRun."""
        path = self.path / "config.json"
        try:
            result: dict[str, Any] = json.loads(path.read_text())
            if not all(isinstance(result[part], dict) for part in ("identity", "environment")):
                raise TypeError("identity and environment must be objects")
        except (ValueError, KeyError, TypeError) as error:
            raise DamagedRun(
                f"{path} is damaged ({type(error).__name__}: {error}), so the run's configuration "
                f"is unknown; put the file back, or delete {self.path} to start afresh"
            ) from error
        return result

    def write_rows(self, rows: list[dict[str, Any]]) -> None:
        """Write progress.csv anew, whole or not at all: one row per evaluation."""
        write_csv(self.path / "progress.csv", rows)

    def rows(self) -> list[dict[str, str]]:
        """Rows so far, as text; none if the run has not been evaluated yet. Raises DamagedRun."""
        path, done = self.path / "progress.csv", self.path / "done"
        if not path.exists():
            if done.exists() and done.read_text():
                raise DamagedRun(
                    f"{path} is missing, and `done` beside it says that the run has rows; delete "
                    "`done`: the same command writes them again from the checkpoint"
                )
            return []
        try:
            if done.exists() and done.read_text() not in ("", _checksum_line(path)):
                raise ValueError("not what its checksum in `done` says")
            with open(path, newline="") as file:
                rows = list(csv.DictReader(file, strict=True))
            for row in rows:
                if None in row or None in row.values():
                    raise ValueError("rows of different lengths")
                int(row["env_step"])
        except (ValueError, KeyError, csv.Error) as error:
            raise DamagedRun(
                f"{path} is damaged ({type(error).__name__}: {error}); delete it, and `done` "
                "beside it if there is one: the same command writes it again from the checkpoint"
            ) from error
        return rows

    def save_checkpoint(self, state: dict[str, Any]) -> None:
        """Save a checkpoint and keep the one before it.

        The older files stay as they are until the new file is whole. Raises OSError if it cannot be
        written; the older files are unchanged then.
        """
        import torch

        path, previous = self.path / "checkpoint.pt", self.path / "checkpoint.previous.pt"
        fresh = self.path / "checkpoint.new.pt"
        try:
            with whole_file(fresh) as file:
                torch.save(state, file)
        except RuntimeError as error:  # torch raises it and hides that the disk is full
            if isinstance(error.__context__, OSError):
                error.__context__.filename = str(fresh)
                raise error.__context__ from None
            raise
        if path.exists():
            path.replace(previous)
        fresh.replace(path)

    def load_checkpoint(self) -> dict[str, Any] | None:
        """Load the newest undamaged checkpoint; None without one. Prints which are damaged.

        Its tensors are on the CPU. `load_state_dict` copies them to where networks and buffer are,
        and torch takes the state of a generator on the CPU alone, also of one on a GPU.
        """
        damaged = False
        for path in (self.path / name for name in _CHECKPOINTS):
            if not path.exists():
                continue
            try:
                return _read_checkpoint(path)
            except _UNREADABLE as error:
                print(f"{path} cannot be read ({error}); trying the one before it", flush=True)
                damaged = True
        if damaged:
            print(
                f"{self.path}: no checkpoint can be read; the run starts from the beginning",
                flush=True,
            )
        return None

    def status(self) -> dict[str, Any]:
        """Progress at the last sign of life: start, step, end, steps_per_s; empty if unknown."""
        beat = read_beat(self.path)
        known = all(isinstance(beat.get(name), (int, float)) for name in _PROGRESS)
        return {name: beat[name] for name in _PROGRESS} if known else {}

    def finish(self) -> None:
        """Mark the run as done, with the checksum of its rows, and keep one checkpoint."""
        path = self.path / "progress.csv"
        write_text(self.path / "done", _checksum_line(path) if path.exists() else "")
        for name in ("checkpoint.previous.pt", "checkpoint.new.pt"):
            (self.path / name).unlink(missing_ok=True)
        self._leave_queue()

    def fail(self, reason: str) -> None:
        """Record why the run failed. A full disk prevents that, and the run stays resumable."""
        try:
            write_text(self.path / "failed", reason.rstrip() + "\n")
            self._leave_queue()
        except OSError as error:
            print(f"{self.path}: the failure is not recorded: {error}", file=sys.stderr, flush=True)

    def failure(self) -> str:
        """Return what :meth:`fail` recorded; "" if the run has not failed."""
        path = self.path / "failed"
        return path.read_text(errors="replace").strip() if path.exists() else ""


def _checksum_line(path: Path) -> str:
    """The checksum as sha256sum writes it, so that `sha256sum -c done` checks it too."""
    return f"{sha256_of(path)}  {path.name}\n"


def _read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint and compare its checksums. zipfile does that, torch.load does not."""
    import torch

    with zipfile.ZipFile(path) as archive:
        damaged = archive.testzip()
    if damaged is not None:
        raise ValueError(f"{damaged} is not what was written")
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state


def differences(old: Any, new: Any, where: str = "") -> list[str]:
    """List where a new configuration differs from a recorded one, each as 'path: old -> new'.

    Entries that the record lacks are skipped: they did not exist when the run was made. `_BEFORE`
    gives the value for old behaviour that has a name now. A removed entry is skipped if it had its
    value in `_FORMER`.
    """
    new = json.loads(json.dumps(new))
    if isinstance(old, dict) and isinstance(new, dict):
        paths = {key: f"{where}.{key}".lstrip(".") for key in {**old, **new}}
        old = {key: _BEFORE[paths[key]] for key in new if paths[key] in _BEFORE} | old
        return [
            change
            for key in sorted(old)
            for path in [paths[key]]
            if key in new or path not in _FORMER or old[key] != _FORMER[path]
            for change in differences(old[key], new.get(key), path)
        ]
    return [] if old == new else [f"{where}: {old} -> {new}"]
