"""Runs in this process, one after another: for a debugger, or where no process may be started."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reproduce.commandline.interruption import Interruption
from reproduce.commandline.options import FigureOptions
from reproduce.commandline.script import INTERRUPTED
from reproduce.launching.launcher import Interrupted, freed
from reproduce.runs.execute import execute
from reproduce.runs.folder import ELSEWHERE, RunFolder
from reproduce.specs.grid import RunSpec


class InlineLauncher:
    """Makes runs in this process. Ctrl-C stops at the next resumable point.

    Their output goes to the terminal.
    """

    def __init__(self, specs: Sequence[RunSpec], options: FigureOptions) -> None:
        self.options = options
        states = {s: RunFolder(s.folder(options.results)).state() for s in specs}
        self.reasons: dict[RunSpec, str] = {}
        self.waiting = [s for s in specs if states[s] not in ("done", *ELSEWHERE)]
        self.elsewhere = [s for s in specs if states[s] in ELSEWHERE]
        self._held = list(self.elsewhere)

    def run(self, on_finished: Callable[[], object] = lambda: None) -> list[RunSpec]:
        """Do what `Launcher.run` says."""
        with Interruption() as interruption:  # what comes between two launches stops as before
            return self._run(interruption, on_finished)

    def _run(self, interruption: Interruption, on_finished: Callable[[], object]) -> list[RunSpec]:
        failed: list[RunSpec] = []
        self._take_what_is_free()
        for position, spec in enumerate(self.waiting):
            status = execute(
                spec,
                self.options.results,
                self.options.place,
                engine=self.options.engine,
                checkpoint_every_s=self.options.checkpoint_every_s,
                track=self.options.track,
                interruption=interruption,
            )
            on_finished()
            if interruption.requested:
                left = len(self.waiting) - position - (status == 0)
                raise Interrupted(f"{left} of {len(self.waiting)} runs are not finished")
            if status == INTERRUPTED:
                self.elsewhere.append(spec)
            elif status != 0:
                failed.append(spec)
            if position + 1 == len(self.waiting):
                self._take_what_is_free()
        return failed

    def _take_what_is_free(self) -> None:
        """Let runs wait that others held at first, and hold no more."""
        free = freed(self._held, self.options.results)
        self._held = [spec for spec in self._held if spec not in free]
        self.elsewhere = [spec for spec in self.elsewhere if spec not in free]
        self.waiting += free
