"""What each exchanged component is worth, and how results depend on a swept number.

A run's ``variant`` is the registry's name of what was exchanged and every ``key=value`` that was
set, with commas between. Two labels that differ in one of these are an ablation: the one without it
is the unchanged row. So nothing but the CSV is needed to tell what was varied.

* A name (``batch``), or a setting whose value is no number (``normalisation=BatchMean``), is an
  exchange: its effect is the difference of a scalar from the unchanged row.
* A setting whose value is a number is swept: its points are levels, not differences. The variant
  ``lambda=0.3`` is a point of the sweep of ``lam``. Its number is in units of the task's rewards,
  and the runs' own may be another, so that only the manifest tells where the point stands.
* Runs without prior data (``data`` none) are compared with the unchanged row of each data source.

Scalars (``figures.statistics.scalars``) are times the measure's sign: a positive effect is an
improvement.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from figures import labels
from figures.ablation.names import PURPOSES
from figures.experiments import measure_of as measure_of_task
from figures.measures import RETURN, Measure
from figures.panels import Panel
from figures.results.table import RUN
from figures.statistics.across_seeds import Floats, centre, runs
from figures.statistics.estimates import Estimate, aggregate, difference, paired_difference
from figures.statistics.scalars import run_scalars

SCALARS = ("auc", "jt")
_NAMED_BY = {"lambda": "lam"}
"""What a variant's name calls a number -> the setting that it sets."""


@dataclass(frozen=True)
class Row:
    """A label taken apart: method, name of the exchange ("" for none), what was set."""

    method: str
    named: str
    settings: frozenset[str] = frozenset()

    @property
    def registered(self) -> str:
        """The name in the registry: ``AWAC``, ``AWAC[batch]``."""
        return labels.registered(self.method, self.named)

    def without(self, setting: str) -> Row:
        """The row in which ``setting`` was not set."""
        return Row(self.method, self.named, self.settings - {setting})

    def name(self, common: frozenset[str] = frozenset()) -> str:
        """``AWAC[batch] tau=0.01``, less the settings ``common`` to all rows."""
        return labels.with_settings(self.registered, sorted(self.settings - common))


@dataclass(frozen=True)
class ScalarChange:
    """What ``row`` differs from the unchanged row by, in one scalar on one task.

    Attributes:
        row: what was run.
        base: the unchanged row.
        scalar: ``auc`` or ``jt``.
        estimate: difference, positive is better; None if there is no finished run of either.
        seeds: single differences, (n,): of pairs, or from the unchanged row's centre.
        paired: whether runs of a seed share prior data and initialisation.
        finished, started: runs of the row.
    """

    row: Row
    base: Row
    scalar: str
    estimate: Estimate | None
    seeds: tuple[float, ...]
    paired: bool
    finished: int
    started: int


@dataclass(frozen=True)
class SweptScalar:
    """A scalar at one value of a swept setting.

    Attributes:
        row: what was run.
        base: the row in which the setting was not set.
        key: of the setting.
        value: of the setting; NaN where the CSV does not tell it: of the row itself
            (``unchanged``), and of a variant named by it.
        scalar: ``auc`` or ``jt``.
        estimate: the level.
        seeds: single levels, (n,).
        unchanged: it is the row itself.
    """

    row: Row
    base: Row
    key: str
    value: float
    scalar: str
    estimate: Estimate
    seeds: tuple[float, ...]
    unchanged: bool


def parse(method: str, variant: str) -> Row:
    """Take a label's parts asunder (``figures.labels``)."""
    named, settings = labels.split_variant(variant)
    return Row(method, named, frozenset(settings))


def number(setting: str) -> float:
    """The value of ``key=value``; NaN if it is no finite number."""
    try:
        value = float(setting.partition("=")[2])
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def swept_key(setting: str) -> str:
    """The key whose value ``key=value`` is: ``lam``, also of the variant ``lambda=0.3``."""
    key = setting.partition("=")[0]
    return _NAMED_BY.get(key, key)


def _told(setting: str) -> float:
    """The value of ``key=value``; NaN of a variant named by one, whose units may be others."""
    return math.nan if setting.partition("=")[0] in _NAMED_BY else number(setting)


def condition_rows(panel: Panel, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of the panel, and those of its task and profile that had no prior data."""
    alone = (frame["env"] == panel.env) & (frame["profile"] == panel.profile)
    alone &= (frame["data"] == "none") & (panel.data != "none")
    return pd.concat([panel.rows(frame), frame[alone]])


def measure_of(panel: Panel, rows: pd.DataFrame) -> Measure:
    """What the panel's task is measured by; its return where some run has no value of that."""
    wanted = measure_of_task(panel.env) or RETURN
    if wanted.column not in rows:
        return RETURN
    done = runs(rows).query("status == 'done'")[list(RUN)]
    values = rows.merge(done, on=list(RUN)).groupby(list(RUN))[wanted.column]
    return wanted if bool(values.count().gt(0).all()) else RETURN


class Runs:
    """The runs of one panel, by row."""

    def __init__(self, panel: Panel, frame: pd.DataFrame) -> None:
        own = condition_rows(panel, frame)
        self.measure = measure_of(panel, own)
        self._table = run_scalars(own, self.measure)
        first = own.drop_duplicates([*RUN, "method", "variant"])
        keys = first[list(RUN)].itertuples(index=False, name=None)
        self._checksums = dict(zip(keys, first["data_checksum"], strict=True))
        pairs = zip(first["method"], first["variant"], strict=True)
        labels = dict(zip(first["label"], (parse(*pair) for pair in pairs), strict=True))
        self.started = Counter(labels[name] for name in first["label"])
        self._table["row"] = [labels[name] for name in self._table["label"]]

    @property
    def rows(self) -> list[Row]:
        """Every row that was started."""
        return list(self.started)

    def of(self, row: Row) -> pd.DataFrame:
        """Scalars of the finished runs of ``row``, by seed, with ``checksum`` of the data."""
        mine = self._table[self._table["row"] == row].drop_duplicates("seed").sort_values("seed")
        keys = mine[list(RUN)].itertuples(index=False, name=None)
        return mine.assign(checksum=[self._checksums[key] for key in keys]).set_index("seed")


def exchanges(rows: Sequence[Row]) -> list[tuple[Row, Row]]:
    """(changed, unchanged) for every exchange of a component, in the order of ``PURPOSES``."""
    known = set(rows)
    pairs: list[tuple[Row, Row]] = []
    for row in rows:
        if row.named:
            base = Row(row.method, "", row.settings)
            swept = any(row.without(s) in known for s in row.settings if not math.isnan(number(s)))
            pairs += [(row, base)] if base in known and not swept else []
        else:
            bases = (row.without(s) for s in row.settings if math.isnan(number(s)))
            pairs += [(row, base) for base in bases if base in known]
    order = list(PURPOSES)
    return sorted(
        pairs,
        key=lambda pair: (
            order.index(pair[0].registered) if pair[0].registered in order else len(order),
            pair[0].name(),
            pair[1].name(),
        ),
    )


def effects(found: Runs, pairs: Sequence[tuple[Row, Row]]) -> Iterator[ScalarChange]:
    """Both scalars of every pair of rows that the panel has."""
    for row, base in pairs:
        if row not in found.started:
            continue
        a, b = found.of(row), found.of(base)
        shared = a.index.intersection(b.index)
        same = (a.loc[shared, "checksum"] == b.loc[shared, "checksum"]) & (
            a.loc[shared, "data"] == b.loc[shared, "data"]
        )
        paired = len(shared) == len(a) > 0 and bool(same.all())
        for scalar in SCALARS:
            estimate, seeds = _compare(a[scalar], b[scalar], paired=paired)
            yield ScalarChange(
                row, base, scalar, estimate, seeds, paired, len(a), found.started[row]
            )


def _compare(
    a: pd.Series[float], b: pd.Series[float], *, paired: bool
) -> tuple[Estimate | None, tuple[float, ...]]:
    if a.empty or b.empty:
        return None, ()
    first = np.asarray(a, dtype=np.float64)
    second = np.asarray(b.loc[a.index] if paired else b, dtype=np.float64)
    if paired:
        return (
            paired_difference(first, second, method="expanded"),
            tuple(map(float, first - second)),
        )
    return difference(first, second, method="expanded"), tuple(map(float, first - centre(second)))


def levels(found: Runs) -> Iterator[SweptScalar]:
    """Both scalars at every value of every swept setting, and of the unchanged rows."""
    known = set(found.rows)
    swept = sorted(
        {
            (row.without(s).name(), swept_key(s), number(s), s, row, row.without(s))
            for row in found.rows
            for s in row.settings
            if not math.isnan(number(s)) and row.without(s) in known
        },
        key=lambda entry: entry[:4],
    )
    bases = {(base, key): None for _, key, *_, base in swept}
    points = [(base, key, _told(setting), row) for _, key, _, setting, row, base in swept]
    points += [(base, key, math.nan, base) for base, key in bases]
    for base, key, value, row in points:
        table = found.of(row)
        for scalar in SCALARS if len(table) else ():
            values: Floats = np.asarray(table[scalar], dtype=np.float64)
            estimate, seeds = aggregate([values], method="expanded"), tuple(map(float, values))
            yield SweptScalar(row, base, key, value, scalar, estimate, seeds, row == base)
