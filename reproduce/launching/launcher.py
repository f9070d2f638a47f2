"""What all ways to launch runs have in common."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from reproduce.commandline.options import FigureOptions
from reproduce.runs.folder import RunFolder
from reproduce.specs.grid import RunSpec


class Interrupted(RuntimeError):
    """The user or the system asked to stop. Every run is resumable, or goes on elsewhere."""


class Launcher(Protocol):
    """Brings runs to their end, wherever that happens."""

    elsewhere: list[RunSpec]
    """Runs that another process runs or has queued. This launcher does not wait for them."""
    reasons: dict[RunSpec, str]
    """Why runs have no result, if their folders do not say it."""

    def run(self, on_finished: Callable[[], object] = lambda: None) -> list[RunSpec]:
        """Run everything that is pending; returns the runs that ended without a result.

        `on_finished` is called after runs have ended, well or badly. Raises Interrupted.
        """


def freed(held: Sequence[RunSpec], out: Path) -> list[RunSpec]:
    """Those of the runs that no process has or has queued any more, and that are not done."""
    states = {spec: RunFolder(spec.folder(out)).state() for spec in held}
    return [spec for spec, state in states.items() if state in ("pending", "resumable")]


def one_core() -> dict[str, str]:
    """This process's environment, changed so that a run is a single thread."""
    return os.environ | {f"{lib}_NUM_THREADS": "1" for lib in ("OMP", "MKL", "OPENBLAS")}


def command(spec: RunSpec, options: FigureOptions) -> list[str]:
    """The command line that makes this one run. A user could type it too."""
    line = [sys.executable, str(Path(__file__).resolve().parents[1] / "run.py")]
    line += ["--env", spec.env, "--method", spec.registered, "--seed", str(spec.seed)]
    line += ["--preset", spec.preset, "--profile", spec.profile, "--data", spec.data]
    line += ["--labels", spec.labels, "--device", options.device, "--engine", options.engine]
    line += ["--checkpoint-every-s", str(options.checkpoint_every_s)]
    line += ["--out", str(options.results), "--cache-dir", str(options.cache)]
    if options.data_dir is not None:
        line += ["--data-dir", str(options.data_dir)]
    for path in options.methods_from:
        line += ["--methods-from", str(path.resolve())]
    if options.track != "none":
        line += ["--track", options.track]
    for setting in spec.settings:
        line += ["--set", setting]
    return line


def tail(folder: Path, lines: int = 20) -> str:
    """The last `lines` lines of a run folder's log.txt; "" if it has none."""
    path = folder / "log.txt"
    if not path.exists():
        return ""
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
