"""What a process under test does: `run.py`, as it is, with a few ways to observe it and to end it.

Imported by the processes themselves, which are forked from a server that has done the imports:
a start takes a tenth of a second instead of several.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NOT_TRAINING = -(10**6)
"""The step of a process that has not got as far."""
PHASES = ("starting", "assembling", "updating", "acting", "evaluating")


@dataclass(frozen=True)
class Die:
    """Where the process kills itself by SIGKILL.

    Just before the `nth` operation `event` ("open", "os.rename", "os.remove") on a file whose name
    begins with `name`, or, for the event "step", before online step `nth`.
    With the event "pause" it does not die: before that step it waits until the file `name` exists.
    """

    event: str
    name: str = ""
    nth: int = 1


@dataclass(frozen=True)
class Elsewhere:
    """As if on another machine, with locks that are only its own.

    `stale_s` makes it less patient with heartbeats that stand still; `barrier` is where it meets
    others twice: after all have looked for a heartbeat and before any has written one, and after
    all have written one and before any looks whose it is.
    """

    machine: str
    stale_s: float = 60.0
    barrier: Any = None


def main(
    arguments: list[str],
    log: Path,
    environment: dict[str, str],
    position: Any,
    die: Die | None,
    elsewhere: Elsewhere | None,
) -> None:
    """Run `run.py` with `arguments`.

    `position` shows where it is: index of PHASES, step, and the step at which it began to train.
    """
    with open(log, "ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(environment)
    from reproduce import run
    from reproduce.runs import lock as run_lock

    _observe(position)
    if elsewhere is not None:
        _move(elsewhere)
    else:
        run_lock.SETTLE_S = 0.0  # the lock decides
    if die is not None and die.event == "step":
        _die_at_step(die.nth)
    elif die is not None and die.event == "pause":
        _pause_at_step(die.nth, Path(die.name))
    elif die is not None:
        _die_at_operation(die)
    sys.exit(run.main(arguments))


def _observe(position: Any) -> None:
    from algorithms.training import Training
    from reproduce.runs import assemble

    def announce(owner: Any, name: str, value: str) -> None:
        original = getattr(owner, name)

        def announced(*arguments: Any, **more: Any) -> Any:
            before, position[0] = position[0], PHASES.index(value)
            if owner is Training:
                position[1] = arguments[0].step
                if position[2] == NOT_TRAINING:
                    position[2] = position[1]
            try:
                return original(*arguments, **more)
            finally:
                position[0] = before

        setattr(owner, name, announced)

    announce(assemble, "assemble", "assembling")
    announce(Training, "_learn", "updating")
    announce(Training, "_interact", "acting")
    announce(Training, "_add_row", "evaluating")


def _move(elsewhere: Elsewhere) -> None:
    from reproduce.runs import lock as run_lock

    run_lock.this_machine = lambda: elsewhere.machine
    run_lock.STALE_S = elsewhere.stale_s
    run_lock.WATCH_S = min(run_lock.WATCH_S, elsewhere.stale_s)
    run_lock._flock = lambda descriptor, kind: True
    if elsewhere.barrier is not None:
        run_lock.SETTLE_S = 0.0  # the second meeting is what it would wait for
        run_lock._outlive_others = lambda folder, has_locks: elsewhere.barrier.wait()
        original = run_lock.Hold.confirm

        def confirm(held: run_lock.Hold) -> None:
            elsewhere.barrier.wait()
            original(held)

        run_lock.Hold.confirm = confirm  # type: ignore[assignment, method-assign]


def _die_at_step(step: int) -> None:
    from algorithms.training import Training

    original = Training._interact

    def interact(self: Training, observation: Any) -> Any:
        if self.step == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(self, observation)

    Training._interact = interact  # type: ignore[method-assign]


def _pause_at_step(step: int, until: Path) -> None:
    """Wait there, with a beating heart, until a file exists."""
    from algorithms.training import Training

    original = Training._interact

    def interact(self: Training, observation: Any) -> Any:
        while self.step == step and not until.exists():
            time.sleep(0.01)
        return original(self, observation)

    Training._interact = interact  # type: ignore[method-assign]


def _die_at_operation(die: Die) -> None:
    seen = 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal seen
        if event != die.event or not isinstance(arguments[0], (str, Path)):
            return
        if Path(arguments[0]).name.startswith(die.name):
            seen += 1
            if seen == die.nth:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
