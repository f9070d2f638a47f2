"""The part of an experiment's rows that a reader asked to see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from figures.labels import label, split_registered
from figures.results.cells import did_you_mean
from figures.results.partial import Absent
from figures.results.table import ResultsError


@dataclass(frozen=True)
class Selection:
    """Which tasks and methods are drawn; all where none is named.

    Attributes:
        envs: tasks.
        methods: as a user types them: ``AWAC``, ``AWAC[scratch]``.
    """

    envs: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.envs or self.methods)

    @property
    def labels(self) -> tuple[str, ...]:
        """Of the methods: ``AWAC [scratch]``, which may also be typed as it stands in a picture."""
        return tuple(
            name if " [" in name else label(*split_registered(name)) for name in self.methods
        )

    def tasks(self, shown: Sequence[str]) -> tuple[str, ...]:
        """Those of ``shown``, in its order."""
        return tuple(task for task in shown if not self.envs or task in self.envs)

    def rows(self, frame: pd.DataFrame, csv: Path) -> pd.DataFrame:
        """The rows of ``frame``, which was read from ``csv``.

        Raises:
            ResultsError: a task or a method has no row, or no method has one on these tasks.
        """
        _refuse_others(csv, "--envs", self.envs, self.envs, frame["env"])
        _refuse_others(csv, "--methods", self.methods, self.labels, frame["label"])
        kept = frame
        if self.envs:
            kept = kept[kept["env"].isin(self.envs)]
        if self.methods:
            kept = kept[kept["label"].isin(self.labels)]
        if kept.empty:
            raise ResultsError(
                f"{csv}: has no row of {', '.join(self.methods)} on {', '.join(self.envs)}; "
                "leave --envs or --methods away"
            )
        return kept

    def runs(self, absent: Iterable[Absent]) -> list[Absent]:
        """The selected ones of ``absent``."""
        return [
            run
            for run in absent
            if (not self.methods or run.label in self.labels)
            and (not self.envs or run.env in self.envs)
        ]

    @property
    def note(self) -> str:
        """For the caption; "" where everything is drawn."""
        parts = [", ".join(self.labels)] * bool(self.methods)
        parts += [f"on {', '.join(self.envs)}"] * bool(self.envs)
        return f"A selection: {' '.join(parts)}." if parts else ""


EVERYTHING = Selection()


def _refuse_others(
    csv: Path, flag: str, typed: Sequence[str], wanted: Sequence[str], column: pd.Series[str]
) -> None:
    """Raise ResultsError for the first of ``wanted`` that ``column`` lacks."""
    held = sorted(set(column))
    for name, value in zip(typed, wanted, strict=True):
        if value not in held:
            raise ResultsError(
                f"{flag} {name}: {csv} has no row of it; {did_you_mean(value, held)}"
                f"it holds {', '.join(held)}"
            )
