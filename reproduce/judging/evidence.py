"""What a results folder holds for a claim: the finished runs of one method on one task.

An arm is a row of METHODS or a variant, with prior data or without. Runs of different data, labels
or profiles never meet, neither in one sample nor in one comparison. A task may have several kinds
of demonstrations. The kind that most methods used counts. A tie goes to the first in
``PREFERRED_DATA``, then to recomputed rewards before stored ones. Both sides of a comparison come
from the same experiment. Further seeds of the same row on the same data may lie in the table of
another one, and count as well.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from figures.domains import DOMAINS
from figures.experiments import UNTRAINED, domain_of, grids
from figures.labels import label
from figures.measures import Measure
from figures.results.table import RUN, read_results
from figures.statistics.across_seeds import MIN_SEEDS_FOR_INTERVAL, Floats
from figures.statistics.power import TRIMMING
from figures.statistics.scalars import SCALARS, run_scalars, time_to_threshold
from figures.statistics.start_states import shared_error
from figures.statistics.survival import Sample
from reproduce.specs.numbers import code_of

PREFERRED_DATA = ("human", "expert", "embedded", "random")
PREFERRED_LABELS = ("relabelled", "stored")

Domain = str
MEASURES: Mapping[Domain, Measure] = {name: row.measure for name, row in DOMAINS.items()}
"""What J is on the tasks of a domain, unless a sensitivity analysis asks for another measure."""


@dataclass(frozen=True)
class Arm:
    """One side of a comparison.

    Attributes:
        label: as in the figures, ``AWAC`` or ``AWAC [Q-beta]``.
        data: "prior" for the task's prior data, "none" for learning from scratch.
    """

    label: str
    data: str = "prior"

    def __str__(self) -> str:
        return self.label if self.data == "prior" else f"{self.label}, no prior data"


@dataclass(frozen=True)
class Made:
    """What runs were made with: checksums of the prior data, and the code.

    ``code`` has one name for all commits that give the same numbers (`specs.numbers`).
    """

    checksums: tuple[str, ...] = ()
    code: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sustained:
    """Runs of one arm, (seeds,) each.

    Attributes:
        level: mean of the last five evaluations.
        episodes: how many episodes that mean covers; NaN if the rows do not say.
        ended: whether the run ended before the step that was asked about.
    """

    level: Floats
    episodes: Floats
    ended: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Noise:
    """Standard error of an effect that its evaluation episodes make, whatever the runs are.

    Attributes:
        now: of the seeds at hand, if every run had start states of its own.
        of_five: the same of five seeds a group.
        shared: by the start states that all runs of an evaluation share; more seeds do not reduce
            it. It is 0 for a difference of two methods, which share them too.
    """

    now: float = 0.0
    of_five: float = 0.0
    shared: float = 0.0


QUIET = Noise()
"""None, or unknown."""


@dataclass(frozen=True)
class Evidence:
    """The rows of one results folder, by experiment, seen under one profile and one measure.

    ``manifests`` holds manifest entries by experiment. They tell the commits that a run went on
    with. They may be missing.
    """

    tables: Mapping[str, pd.DataFrame]
    profile: str = "paper"
    measures: Mapping[Domain, Measure] = field(default_factory=lambda: MEASURES)
    manifests: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    @cached_property
    def _finished(self) -> dict[tuple[str, ...], pd.DataFrame]:
        """Rows of finished runs by experiment, task, label and profile."""
        return {
            (experiment, *map(str, key)): rows
            for experiment, table in self.tables.items()
            for key, rows in table[table["status"] == "done"].groupby(["env", "label", "profile"])
        }

    @cached_property
    def _prior_data(self) -> dict[tuple[str, str], tuple[str, str]]:
        """Kind and labels of the demonstrations that count, by experiment and task."""
        methods: dict[tuple[str, str], Counter[tuple[str, str]]] = defaultdict(Counter)
        for (experiment, task, _, profile), rows in self._finished.items():
            if profile == self.profile:
                kinds = set(zip(rows["data"], rows["labels"], strict=True))
                methods[experiment, task].update(kind for kind in kinds if kind[0] != "none")
        return {
            key: min(count, key=lambda kind: (-count[kind], *_place(kind)))
            for key, count in methods.items()
            if count
        }

    def prior_data(self, experiment: str, task: str) -> tuple[str, str]:
        """Kind and labels of the demonstrations that count; both "" if no run has finished."""
        return self._prior_data.get((experiment, task), ("", ""))

    def measure(self, task: str) -> Measure:
        """What J is on ``task``, with the floor of this task if the measure has one."""
        found = self.measures[domain_of(task)]
        if found.floor == -np.inf:
            return found
        return replace(found, floor=max(found.floor, UNTRAINED.get(task, found.floor)))

    def under(self, **changes: Any) -> Evidence:
        """The same rows under another profile or by other measures."""
        return replace(self, **changes)

    def source(
        self,
        experiments: Sequence[str],
        task: str,
        arms: Iterable[Arm],
        horizon: int | None = None,
    ) -> str | None:
        """The first experiment with finished runs of all ``arms``; None if there is none."""
        wanted = list(arms)
        for experiment in experiments:
            if experiment in self.tables and all(
                not self.rows(experiment, task, arm, horizon).empty for arm in wanted
            ):
                return experiment
        return None

    def rows(
        self, experiment: str, task: str, arm: Arm, horizon: int | None = None
    ) -> pd.DataFrame:
        """All rows of finished runs of an arm; empty where it was not run.

        With a ``horizon``, rows beyond that online step are left out.
        """
        key = (experiment, task, arm, horizon)
        if key not in self._rows:
            self._rows[key] = self._rows_of(*key)
        return self._rows[key]

    @cached_property
    def _rows(self) -> dict[tuple[str, str, Arm, int | None], pd.DataFrame]:
        """Results of `rows`, kept because the claims ask for the same few arms many times."""
        return {}

    def _rows_of(self, experiment: str, task: str, arm: Arm, horizon: int | None) -> pd.DataFrame:
        found = self._finished.get((experiment, task, arm.label, self.profile))
        if found is None:
            return self.tables[experiment].iloc[:0]
        if arm.data == "none":
            mine = found[found["data"] == "none"]
        else:
            data, labels = self.prior_data(experiment, task)
            mine = found[(found["data"] == data) & (found["labels"] == labels)]
        mine = self._with_other_seeds(experiment, task, arm, mine)
        return mine if horizon is None else mine[mine["env_step"] <= horizon]

    def _with_other_seeds(
        self, experiment: str, task: str, arm: Arm, mine: pd.DataFrame
    ) -> pd.DataFrame:
        """``mine`` and the runs of other tables that differ from them in their seed alone."""
        if mine.empty:
            return mine
        same = ["data", "labels"]
        kind = mine[same].iloc[0]
        parts, seeds = [mine], set(mine["seed"])
        for other in self.tables:
            found = self._finished.get((other, task, arm.label, self.profile))
            if other == experiment or found is None:
                continue
            more = found[(found[same] == kind).all(axis=1) & ~found["seed"].isin(seeds)]
            parts += [more] if len(more) else []
            seeds |= set(more["seed"])
        return pd.concat(parts, ignore_index=True) if len(parts) > 1 else mine

    def ends(self, experiment: str, task: str, arm: Arm) -> pd.Series[int]:
        """Seed -> online step at which its run ends; 0 if the run is not trained online."""
        return self.rows(experiment, task, arm).groupby("seed")["env_step"].max()

    def scalars(
        self,
        experiment: str,
        task: str,
        arms: Sequence[Arm],
        scalar: str,
        horizon: int | None = None,
        measure: Measure | None = None,
    ) -> list[Floats]:
        """A scalar of ``figures.statistics.scalars`` for every arm: (seeds,) each, in their order.

        The arms are reduced together, because a method without an online phase keeps its value for
        as long as the others were trained. J is the task's measure, or another ``measure``.
        """
        key = (experiment, task, tuple(arms), horizon, measure or self.measure(task))
        if key not in self._scalars:
            parts = [self.rows(experiment, task, arm, horizon) for arm in arms]
            self._scalars[key] = _apart(run_scalars(_together(parts), key[-1]), parts)
        return [mine[scalar].to_numpy(float, copy=True) for mine in self._scalars[key]]

    def noise(
        self,
        experiment: str,
        task: str,
        arms: Sequence[Arm],
        scalar: str,
        horizon: int | None = None,
    ) -> Noise:
        """Standard error of the difference of ``arms`` in ``scalar``, or of one arm's centre.

        It is that of the evaluation episodes alone: 1.06 sqrt(sum of mean(noise^2) / seeds), where
        1.06 is that of ``figures.statistics.power``. It is 0 for a scalar whose noise is unknown
        (``figures.statistics.scalars``). What one arm's runs share is
        ``figures.statistics.start_states.shared_error``.
        """
        if f"{scalar}_noise" not in SCALARS:
            return QUIET
        shared = 0.0
        if len(arms) == 1:
            rows = self.rows(experiment, task, arms[0], horizon)
            shared = shared_error(rows, self.measure(task), scalar)
        found = self.scalars(experiment, task, arms, f"{scalar}_noise", horizon)
        squares = [float((each**2).mean()) for each in found]
        now = sum(square / len(each) for square, each in zip(squares, found, strict=True))
        of_five = sum(squares) / MIN_SEEDS_FOR_INTERVAL
        return Noise(TRIMMING * np.sqrt(now), TRIMMING * np.sqrt(of_five), shared)

    @cached_property
    def _scalars(self) -> dict[tuple[Any, ...], list[pd.DataFrame]]:
        """Tables of `scalars`, one for every arm, by all its arguments except the scalar."""
        return {}

    def has(self, experiment: str, task: str, arms: Sequence[Arm], column: str) -> bool:
        """Whether every run of ``arms`` has a value of ``column`` from step 0 on."""
        for arm in arms:
            rows = self.rows(experiment, task, arm)
            if column not in rows or rows.loc[rows["env_step"] == 0, column].isna().any():
                return False
        return True

    def made(
        self, experiment: str, task: str, arms: Sequence[Arm], horizon: int | None = None
    ) -> Made:
        """The code and the prior data's checksums of all runs of ``arms``."""
        code: set[str] = set()
        checksums: set[str] = set()
        for arm in arms:
            rows = self.rows(experiment, task, arm, horizon)
            names = [name for name in ("commit", "numbers_version") if name in rows]
            kinds = rows[names].drop_duplicates() if names else pd.DataFrame()
            environments = [{n: row[n] for n in names} for _, row in kinds.iterrows()]
            if self._continued:
                for key in rows[list(RUN)].drop_duplicates().itertuples(index=False, name=None):
                    environments += self._continued.get(tuple(map(str, key)), [])
            code.update(code_of(task, each) for each in environments)
            if arm.data != "none" and "data_checksum" in rows:
                checksums.update(map(str, rows["data_checksum"].unique()))
        return Made(tuple(sorted(checksums)), tuple(sorted(code)))

    @cached_property
    def _continued(self) -> dict[tuple[str, ...], list[dict[str, Any]]]:
        """The environments in which a run was continued, by run."""
        found = {}
        for entries in self.manifests.values():
            for entry in entries:
                key = (
                    *(str(entry[name]) for name in RUN[:4]),
                    label(entry["method"], entry["variant"]),
                    str(entry["seed"]),
                )
                found[key] = list(entry.get("continued_in", ()))
        return found

    def levels(
        self, experiment: str, task: str, arms: Sequence[Arm], by: int | None = None
    ) -> list[Sustained]:
        """The level of every run of every arm at step ``by``, or at the run's end if earlier."""
        found = []
        for arm in arms:
            rows = self.rows(experiment, task, arm)
            ends = rows.groupby("seed")["env_step"].max().sort_index().to_numpy(float)
            if by is not None:
                rows = rows[rows["env_step"] <= by]
            table = run_scalars(rows, self.measure(task)).sort_values("seed")
            levels, episodes = (table[c].to_numpy(float) for c in ("jt", "final_episodes"))
            # a run that was never trained online keeps its policy
            found.append(Sustained(levels, episodes, (ends > 0) & (ends < (by or 0))))
        return found

    def times(
        self, experiment: str, task: str, arms: Sequence[Arm], threshold: float
    ) -> list[Sample]:
        """Online steps to ``threshold`` for every arm: times and whether it was reached."""
        parts = [self.rows(experiment, task, arm) for arm in arms]
        table = time_to_threshold(_together(parts), self.measure(task), threshold)
        return [
            (mine["time"].to_numpy(float), mine["observed"].to_numpy(bool))
            for mine in _apart(table, parts)
        ]


def _place(kind: tuple[str, str]) -> list[int]:
    """The places of a kind of data and of its labels in the orders of preference."""
    orders = (PREFERRED_DATA, PREFERRED_LABELS)
    return [(*order, each).index(each) for each, order in zip(kind, orders, strict=True)]


def _together(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(parts).drop_duplicates([*RUN, "phase", "env_step"])


def _apart(table: pd.DataFrame, parts: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """The rows of ``table`` that belong to each of ``parts``, by seed."""
    return [
        table[(table["label"] == part["label"].iloc[0]) & (table["data"] == part["data"].iloc[0])]
        .sort_values("seed")
        .reset_index(drop=True)
        for part in parts
    ]


def load(folder: Path) -> dict[str, pd.DataFrame]:
    """Read the tables of ``results/<preset>``, by experiment; missing tables are left out.

    Raises ResultsError for a file that cannot be read.
    """
    files = {name: folder / f"{name}.csv" for name in grids()}
    return {name: read_results(path) for name, path in files.items() if path.is_file()}
