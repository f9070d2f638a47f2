"""Pictures that are drawn again while runs are still going on."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from figures.results.cells import ResultsError, one_line

_SHARE = 0.05
"""Of the time that passes, at most, for drawing."""
_APART_S = 20.0
"""Between two pictures at least."""


class Redrawn:
    """Draws pictures anew after runs have ended, not more often than is worth its time.

    Args:
        draws: makes the picture of an experiment, by its name; returns its files, or none where
            there is nothing to draw yet.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        draws: Mapping[str, Callable[[], list[Path]]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._draws, self._clock = draws, clock
        self._next = clock()
        self._named: set[str] = set()

    def refresh(self) -> None:
        """Draw, if it is time. The first picture of each experiment is named in the terminal.

        A picture that cannot be drawn is told, and stops no run; the end tells it again.
        """
        if self._clock() < self._next:
            return
        began = self._clock()
        for name, draw in self._draws.items():
            try:
                files = draw()
            except (ResultsError, OSError) as error:
                files = []
                print(f"{name}: no picture yet: {one_line(error)}", flush=True)
            if files and name not in self._named:
                self._named.add(name)
                print(f"picture, drawn again as runs finish: {files[0]}", flush=True)
        took = self._clock() - began
        self._next = self._clock() + max(_APART_S, took / _SHARE)
