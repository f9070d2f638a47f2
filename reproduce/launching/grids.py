"""The runs that experiments ask for: those that tables have already, and those that are left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reproduce.commandline.options import EngineChoice
from reproduce.specs.grid import RunSpec


@dataclass(frozen=True)
class Grids:
    """Runs of one or more experiments in one results folder.

    Attributes:
        out: the results folder.
        left: by experiment, the runs that its table does not have finished.
        beside: by experiment, runs that other tables of the folder have, with these tables.
        kept: how many runs the experiments' own tables and those others have.
    """

    out: Path
    left: Mapping[str, Sequence[RunSpec]]
    beside: Mapping[str, Mapping[RunSpec, Path]]
    kept: int

    @classmethod
    def of(cls, grids: Mapping[str, Sequence[RunSpec]], out: Path) -> Grids:
        """Look up what the tables in `out` have of `grids`, and print how much it is.

        Raises:
            ResultsError: a table or its manifest is not in order.
            ValueError: a run's settings cannot be resolved.
        """
        from reproduce.runs.collect import recorded, recorded_beside
        from reproduce.runs.resolved import one_spelling

        left: dict[str, list[RunSpec]] = {}
        beside: dict[str, Mapping[RunSpec, Path]] = {}
        kept = 0
        for experiment, typed in grids.items():
            specs = list(dict.fromkeys(map(one_spelling, typed)))
            own = recorded(experiment, specs, out)
            others = recorded_beside(experiment, specs, out)
            in_table = Counter([out / f"{experiment}.csv"] * len(own) + list(others.values()))
            for table, count in in_table.items():
                taken = "in" if table.stem == experiment else "and taken from"
                print(
                    f"{count} of {len(specs)} runs are done already, {taken} {table} "
                    "(--out starts afresh)"
                )
            kept += len(own) + len(others)
            beside[experiment] = others
            left[experiment] = [run for run in specs if run not in own and run not in others]
        return cls(out, left, beside, kept)

    @property
    def every(self) -> list[RunSpec]:
        """The runs that are left, each once, in the order of the experiments."""
        return list(dict.fromkeys(spec for specs in self.left.values() for spec in specs))

    def check(self, engine: EngineChoice) -> None:
        """Refuse now what would stop a launch later.

        Raises:
            ConfigurationChanged: a run's folder belongs to another configuration.
            DamagedRun: a file of a run that is done is damaged.
        """
        from reproduce.runs.folder import RunFolder
        from reproduce.runs.resolved import resolved

        for spec in self.every:
            folder = RunFolder(spec.folder(self.out))
            folder.check(resolved(spec).identity, engine)
            if folder.state() == "done":
                folder.rows()

    def adopt(self) -> None:
        """Take the runs that other tables have into the experiments' own."""
        from reproduce.runs.collect import adopt

        for experiment, others in self.beside.items():
            adopt(experiment, others, self.out)

    def collect(self) -> list[str]:
        """Bring the tables up to date; return a line for each run that has no row yet."""
        from reproduce.runs.collect import collect

        return [run for e, specs in self.left.items() for run in collect(e, specs, self.out)[1]]

    def mark_partial(self) -> int:
        """Write down which tables lack runs; return how many runs they lack."""
        from reproduce.launching.failures import mark_partial

        return sum([mark_partial(e, specs, self.out) for e, specs in self.left.items()])
