"""A run's rows for a tracker: TensorBoard's event files in the run folder, off by default.

    tensorboard --logdir results/quick/runs

Each number of a row becomes a scalar. Its name is the column's, its step is the row's `env_step`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from reproduce.commandline.options import Tracker

FOLDER = "tensorboard"


class Tracked(Protocol):
    """Takes rows."""

    def add(self, row: Mapping[str, Any]) -> None:
        """Write one row."""


def require_tracker(track: Tracker) -> None:
    """Raise ValueError if what `track` needs is not installed."""
    if track == "tensorboard" and find_spec("tensorboard") is None:
        raise ValueError(
            "--track tensorboard: tensorboard is not installed; pip install '.[track]', or leave "
            "out --track"
        )


@contextmanager
def tracking(track: Tracker, run: Path, rows: Sequence[Mapping[str, Any]]) -> Iterator[Tracked]:
    """A tracker of the run in the folder `run`, which already has `rows`.

    A run that goes on from a checkpoint makes some rows again. All its events are therefore written
    anew from its rows, so none appears twice.
    """
    if track == "none":
        yield _Nothing()
        return
    require_tracker(track)
    from torch.utils.tensorboard import SummaryWriter

    folder = run / FOLDER
    for left in folder.glob("events.out.tfevents.*"):
        left.unlink()
    writer = SummaryWriter(str(folder))
    try:
        tracked = _TensorBoard(writer)
        for row in rows:
            tracked.add(row)
        yield tracked
    finally:
        writer.close()


class _Nothing:
    def add(self, row: Mapping[str, Any]) -> None:
        pass


class _TensorBoard:
    def __init__(self, writer: Any) -> None:
        self._writer = writer

    def add(self, row: Mapping[str, Any]) -> None:
        step = int(row["env_step"])
        for name, value in row.items():
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if name != "env_step" and number and math.isfinite(value):
                self._writer.add_scalar(name, value, step)
        self._writer.flush()
