"""The files of one run. The folder is the truth about a run.

config.json               resolved configuration, versions, commit, data checksums
progress.csv              one row per evaluation
checkpoint.pt             newest state; checkpoint.previous.pt the one before
status.json               last sign of life: step, steps/s
done | failed             final state; `failed` holds the reason
log.txt                   output of its processes (written by the launcher)
lock                      held while a process runs it
"""

from __future__ import annotations

import csv
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from envs.files import atomic_file
from reproduce.files import write_csv, write_json, write_text

State = Literal["done", "failed", "running", "resumable", "pending"]


class ConfigurationChanged(RuntimeError):
    """The folder belongs to a run with another configuration."""


@dataclass(frozen=True)
class RunFolder:
    """Reading and writing one run's files."""

    path: Path

    def state(self) -> State:
        """What the files say; `running` is known from the lock, which dies with its holder."""
        if (self.path / "done").exists():
            return "done"
        if (self.path / "failed").exists():
            return "failed"
        if self._locked():
            return "running"
        return "resumable" if (self.path / "checkpoint.pt").exists() else "pending"

    def lock(self) -> FileLock:
        """The lock of the process that runs it; acquire with timeout 0."""
        self.path.mkdir(parents=True, exist_ok=True)
        return FileLock(self.path / "lock")

    def _locked(self) -> bool:
        if not (self.path / "lock").exists():
            return False
        try:
            with FileLock(self.path / "lock").acquire(timeout=0):
                return False
        except Timeout:
            return True

    def claim(self, config: dict[str, Any]) -> None:
        """Write config.json, or compare what decides the results with the one that is there.

        Raises ConfigurationChanged naming each differing entry: a run is never continued with
        other settings or other data.
        """
        path = self.path / "config.json"
        if not path.exists():
            write_json(path, config)
            return
        self.check(config["identity"])
        old = self.config()
        if old["environment"] != config["environment"]:
            old.setdefault("continued_in", []).append(config["environment"])
            write_json(path, old)

    def check(self, identity: dict[str, Any]) -> None:
        """Raise ConfigurationChanged if the folder holds a run of another configuration.

        `identity` may leave out the prior data: then only the rest is compared.
        """
        if not (self.path / "config.json").exists():
            return
        old = {k: v for k, v in self.config()["identity"].items() if k in identity}
        changes = differences(old, identity)
        if changes:
            raise ConfigurationChanged(
                f"{self.path} was made with another configuration ({'; '.join(changes)}); "
                "delete that folder to start afresh, or choose another --out"
            )

    def config(self) -> dict[str, Any]:
        result: dict[str, Any] = json.loads((self.path / "config.json").read_text())
        return result

    def write_rows(self, rows: list[dict[str, Any]]) -> None:
        write_csv(self.path / "progress.csv", rows)

    def rows(self) -> list[dict[str, str]]:
        """Rows so far, as text; none if the run has not been evaluated yet."""
        path = self.path / "progress.csv"
        if not path.exists():
            return []
        with open(path, newline="") as file:
            return list(csv.DictReader(file))

    def save_checkpoint(self, state: dict[str, Any]) -> None:
        """Keep the previous checkpoint until the new one is whole, and one generation longer."""
        import torch

        path, previous = self.path / "checkpoint.pt", self.path / "checkpoint.previous.pt"
        fresh = self.path / "checkpoint.new.pt"
        with atomic_file(fresh) as file:
            torch.save(state, file)
        if path.exists():
            path.replace(previous)
        fresh.replace(path)

    def load_checkpoint(self, device: str) -> dict[str, Any] | None:
        """The newest readable checkpoint, or None; says which one it had to pass over."""
        import torch

        for name in ("checkpoint.pt", "checkpoint.previous.pt"):
            path = self.path / name
            if not path.exists():
                continue
            try:
                state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
                return state
            except (RuntimeError, OSError, EOFError, ValueError, KeyError) as error:
                print(f"{path} cannot be read ({error}); trying the one before it", flush=True)
        return None

    def beat(self, start: int, step: int, end: int, steps_per_s: float) -> None:
        """Sign of life for whoever watches; not fsynced, nothing depends on it."""
        value = {"start": start, "step": step, "end": end, "at": time.time()}
        value |= {"steps_per_s": round(steps_per_s, 1), "pid": os.getpid()}
        temporary = self.path / ".status.tmp"
        temporary.write_text(json.dumps(value))
        temporary.replace(self.path / "status.json")

    def status(self) -> dict[str, Any]:
        try:
            result: dict[str, Any] = json.loads((self.path / "status.json").read_text())
            return result
        except (OSError, ValueError):
            return {}

    def finish(self) -> None:
        write_text(self.path / "done", "")
        for name in ("checkpoint.previous.pt", "checkpoint.new.pt"):
            (self.path / name).unlink(missing_ok=True)

    def fail(self, reason: str) -> None:
        write_text(self.path / "failed", reason.rstrip() + "\n")

    def failure(self) -> str:
        path = self.path / "failed"
        return path.read_text().strip() if path.exists() else ""


def differences(old: Any, new: Any, where: str = "") -> list[str]:
    """What a recorded configuration says otherwise than a new one, 'path: old -> new' each.

    Entries that the record does not have are passed over: what did not exist when a run was made
    did not decide its result.
    """
    new = json.loads(json.dumps(new))
    if isinstance(old, dict) and isinstance(new, dict):
        return [
            change
            for key in sorted(old)
            for change in differences(old[key], new.get(key), f"{where}.{key}".lstrip("."))
        ]
    return [] if old == new else [f"{where}: {old} -> {new}"]
