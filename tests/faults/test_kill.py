"""A run may be ended at any instant, by any signal: the same command brings it to the same bits."""

from __future__ import annotations

import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import torch

from reproduce.runs.folder import RunFolder
from tests.faults.child import NOT_TRAINING, PHASES, Die
from tests.faults.conftest import OFTEN, Child, Start, assert_same_bits, left_over, until

ROWS, CHECKPOINT = ".progress.csv.", ".checkpoint.new.pt."
_OPERATIONS = (
    Die("os.rename", "checkpoint.new.pt"),  # checkpoint.pt is the previous one already
    Die("os.rename", ROWS),
    Die("os.rename", CHECKPOINT),
    Die("os.rename", ".config.json."),
    Die("os.rename", "checkpoint.pt"),
    Die("os.rename", ".done."),
    Die("open", CHECKPOINT),
    Die("os.remove", "checkpoint.previous.pt"),
    Die("os.rename", ".status.json."),
)
_AIMS = (
    "any time",
    CHECKPOINT,
    "operation",
    ROWS,
    "evaluating",
    "any time",
    "operation",
    "assembling",
)
_STEPS = (-60, 390)


def _folder(out: Path) -> Path | None:
    return next(iter(out.glob("runs/*/*/*/seed0")), None)


def _saved(folder: Path | None) -> int | None:
    """The step of its newest checkpoint; None without one."""
    found = folder.glob("checkpoint*.pt") if folder is not None else ()
    return max((torch.load(path, weights_only=True)["step"] for path in found), default=None)


def _strike(child: Child, aim: str, dice: random.Random) -> bool:
    """Kill the process at the instant that `aim` names; whether it was still alive then.

    Not before a random step, by steps rather than by seconds: those vary with the machine's load.
    """
    if aim != "operation":
        earliest = dice.randint(*_STEPS) if aim != "assembling" else NOT_TRAINING
        until(lambda: _is_dead(child) or child.position[1] >= earliest)
        until(lambda: _is_dead(child) or _is_at(child, aim))
        if aim in ("any time", "assembling"):
            time.sleep(dice.uniform(0.0, 0.05))
        if not _is_dead(child):
            child.signal(signal.SIGKILL)
    return child.wait() == -signal.SIGKILL


def _is_dead(child: Child) -> bool:
    return not child.process.is_alive()


def _is_at(child: Child, aim: str) -> bool:
    if aim == "any time":
        return True
    if aim in PHASES:
        return child.phase == aim
    folder = _folder(child.out)
    return folder is not None and next(folder.glob(f"{aim}*"), None) is not None


def _phase(child: Child, die: Die | None) -> str:
    """Where it died, by what it has left; else by what it was doing."""
    if die is not None:
        return f"before {die.event.removeprefix('os.')} of {die.name.strip('.')}"
    folder = _folder(child.out)
    left = left_over(folder) if folder is not None else []
    for name, phase in ((CHECKPOINT, "writing a checkpoint"), (ROWS, "writing rows")):
        if any(path.startswith(name) for path in left):
            return phase
    return child.phase


class _Witness:
    """Looks at the folder after every death; what was readable then must be there in the end."""

    def __init__(self) -> None:
        self.seen: list[dict[str, str]] = []

    def look(self, folder: Path | None) -> None:
        if folder is None or not (folder / "config.json").exists():
            return
        run = RunFolder(folder)
        assert run.state() != "running", "the dead hold the lock"
        run.config()
        self.seen += run.rows()

    def lost(self, folder: Path) -> int:
        """Rows that somebody has seen and that are not in the final table; wall_s aside."""
        final = {_bare(row) for row in RunFolder(folder).rows()}
        return sum(_bare(row) not in final for row in self.seen)


def _bare(row: dict[str, str]) -> tuple[tuple[str, str], ...]:
    # a later row may add a column, which the earlier ones then have without a value
    return tuple((key, value) for key, value in row.items() if key != "wall_s" and value)


def test_killed_run_continues_bit_for_bit(
    request: pytest.FixtureRequest,
    start: Start,
    uninterrupted: Path,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    wanted = request.config.getoption("--kills", default=4)
    dice, phases, witness = random.Random(0), Counter[str](), _Witness()
    out, finished, attempts, lost, resumed = tmp_path / "out", 0, 0, 0, 0

    def has_resumed(child: Child, saved: int | None) -> bool:
        """Whether it has gone on from the checkpoint that was there, as it must if it trained."""
        if saved is None or child.first_step is None:
            return False
        assert child.first_step >= saved, child.output
        return True

    def compare() -> int:
        folder = _folder(out)
        assert folder is not None
        assert_same_bits(folder, uninterrupted)
        assert left_over(folder) == []
        return witness.lost(folder)

    operations = iter(_endlessly(_OPERATIONS))
    while phases.total() < wanted:
        attempts += 1
        assert attempts <= 4 * wanted + 10, f"only {phases} of {wanted} kills"
        aim = _AIMS[phases.total() % len(_AIMS)]
        die = next(operations) if aim == "operation" else None
        if die is not None and die.name in (ROWS, CHECKPOINT, "checkpoint.pt"):
            die = Die(die.event, die.name, dice.randint(1, 3))
        saved, child = _saved(_folder(out)), start(out, *OFTEN, die=die)
        killed = _strike(child, aim, dice)
        resumed += has_resumed(child, saved)
        if killed:
            phases[_phase(child, die)] += 1
            witness.look(_folder(out))
        else:
            assert child.wait() == 0, child.output
            lost, finished = lost + compare(), finished + 1
            shutil.rmtree(out)
            witness = _Witness()
    saved, child = _saved(_folder(out)), start(out, *OFTEN)
    assert child.wait() == 0, child.output
    resumed += has_resumed(child, saved)
    lost, finished = lost + compare(), finished + 1
    table = ", ".join(f"{count} {phase}" for phase, count in sorted(phases.items()))
    kills = f"{phases.total()} kills over {finished} runs, {resumed} times continued"
    record_property("said", f"{kills}, {lost} rows lost; {table}")
    assert lost == 0
    assert resumed > 0


def _endlessly(things: Iterable[Any]) -> Iterable[Any]:
    kept = tuple(things)
    while True:
        yield from kept


@pytest.mark.parametrize(
    ("phase", "signals"),
    [
        ("updating", [signal.SIGTERM]),
        pytest.param("acting", [signal.SIGINT], marks=pytest.mark.slow),
        ("evaluating", [signal.SIGTERM, signal.SIGINT]),
    ],
)
def test_signal_stops_a_run_at_a_point_from_which_it_continues(
    phase: str, signals: list[signal.Signals], start: Start, uninterrupted: Path, tmp_path: Path
) -> None:
    child = start(tmp_path / "out", *OFTEN)
    child.wait_for(lambda: _folder(child.out) and RunFolder(child.folder).rows())
    child.wait_for_phase(phase)
    for number in signals:
        child.signal(number)
    assert child.wait() == 75, child.output
    twice = len(signals) > 1  # the first alone would have waited for the end of the evaluation
    assert ("interrupted; the same command" if twice else "stopped at step") in child.output
    assert RunFolder(child.folder).state() == "resumable"
    assert left_over(child.folder) == []
    again = start(tmp_path / "out")
    assert again.wait() == 0, again.output
    assert "continues at step" in again.output
    assert_same_bits(child.folder, uninterrupted)
