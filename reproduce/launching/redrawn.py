"""Pictures that are drawn again while runs are still going on."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from figures.results.cells import ResultsError, one_line

_SHARE = 0.05
"""Largest share of time spent on drawing."""
_APART_S = 20.0
"""Shortest time between two pictures, in seconds."""


class Redrawn:
    """Draws pictures again as runs end, but spends little of the time on it.

    Args:
        draws: by an experiment's name, what draws its picture and returns its files. They are none
            if there is nothing to draw yet.
        clock: gives seconds that never go back.
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
        """Draw if enough time has passed. The terminal names the first picture of each experiment.

        A picture that cannot be drawn stops no run. Its error is printed now, and again at the end.
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
