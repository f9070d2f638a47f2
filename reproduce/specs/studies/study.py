"""Questions beside the figures: pilots that chose settings, controls, and what limits AWAC.

A study is a handful of runs with one question. Pilots use seeds from 100 on, which no figure
reports. `study.py` makes the runs; their rows are kept in `results/<folder>/<name>.csv`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reproduce.specs.grid import RunSpec
from reproduce.specs.kinds import DataChoice, DataKind, Labels, PresetName, ProfileName

PILOT_SEEDS = (100,)


@dataclass(frozen=True)
class Case:
    """One row of the registry on one task.

    Attributes:
        env: id of the task.
        method: a row of METHODS, or a variant.
        settings: as ``--set``.
        data: as ``--data``.
    """

    env: str
    method: str
    settings: tuple[str, ...] = ()
    data: DataChoice = "auto"


@dataclass(frozen=True)
class Study:
    """Runs with one question.

    Attributes:
        name: of its files.
        folder: below ``results``: ``pilots``, ``controls``, ``diagnosis`` or ``locomotion``.
        question: that its rows answer.
        cases: what is run.
        seeds: of every case.
        settings: of every case.
    """

    name: str
    folder: str
    question: str
    cases: tuple[Case, ...]
    seeds: tuple[int, ...] = PILOT_SEEDS
    settings: tuple[str, ...] = ()
    preset: PresetName = "small"
    profile: ProfileName = "paper"

    def specs(
        self, data: Mapping[tuple[str, DataChoice], tuple[DataKind, Labels]]
    ) -> list[RunSpec]:
        """Its runs, seeds outermost; ``data``: what each task's ``--data`` comes to."""
        return [
            RunSpec.of(
                self.preset,
                self.profile,
                case.env,
                case.method,
                seed,
                data[case.env, case.data],
                (*self.settings, *case.settings),
            )
            for seed in self.seeds
            for case in self.cases
        ]
