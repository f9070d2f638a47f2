"""Methods that are not ours, for aggregates and curves: from `--compare`, or a reader's own rows.

Claims, and so verdicts, are never asked with them: they see the evidence as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from figures.experiments import EXPERIMENTS
from figures.labels import label
from figures.results.compare import beside, read_compared
from figures.results.table import RUN, ResultsError
from figures.statistics.across_seeds import Floats
from figures.statistics.scalars import run_scalars
from reproduce.judging.evidence import Evidence


@dataclass(frozen=True)
class Others:
    """What stands beside our methods.

    Attributes:
        tables: rows by experiment, ours and those compared with them.
        labels: of the methods that are not ours, by experiment.
        notes: what was read from where.
    """

    tables: Mapping[str, pd.DataFrame]
    labels: Mapping[str, tuple[str, ...]]
    notes: tuple[str, ...] = ()


def others(evidence: Evidence, compare: Sequence[Path] = ()) -> Others:
    """The evidence's tables with the rows of ``compare``, and which methods are not ours.

    Raises:
        ResultsError: a file cannot be used, or none of its tasks has results here.
    """
    tables = dict(evidence.tables)
    labels = {experiment: _own(evidence, experiment) for experiment in tables}
    notes: list[str] = []
    for path in compare:
        held = set(read_compared(path)["env"])
        shown = [
            row.name for row in EXPERIMENTS.values() if row.name in tables and held & set(row.tasks)
        ]
        if not shown:
            raise ResultsError(
                f"{path}: holds {', '.join(sorted(held))}, of which there are no results to "
                "compare with; make some, or leave the file away"
            )
    for experiment, tasks in ((row.name, row.tasks) for row in EXPERIMENTS.values()):
        mine = [path for path in compare if set(read_compared(path)["env"]) & set(tasks)]
        if experiment in tables and mine:
            tables[experiment], said = beside(tables[experiment], mine, tasks, compare)
            foreign = tables[experiment].loc[tables[experiment]["compared"] != "", "label"]
            labels[experiment] += tuple(sorted(set(foreign)))
            notes += said
    return Others(tables, labels, tuple(notes))


def _own(evidence: Evidence, experiment: str) -> tuple[str, ...]:
    """Labels of the runs whose row came from a reader's module (`--methods-from`)."""
    entries = evidence.manifests.get(experiment, ())
    found = [
        label(str(entry["method"]), str(entry["variant"]))
        for entry in entries
        if entry.get("identity", {}).get("methods_from")
    ]
    return tuple(sorted(set(found)))


def scalars_of(
    evidence: Evidence, found: Others, experiment: str, task: str, name: str
) -> tuple[pd.DataFrame | None, str]:
    """``scalars.run_scalars`` of one method that is not ours, reduced by itself.

    Its runs are those with the prior data that counts for ours. Returns None and the reason where
    it has none that can be reduced; "" where it was not run on the task.
    """
    table, measure = found.tables[experiment], evidence.measure(task)
    data, labels = evidence.prior_data(experiment, task)
    mine = table[
        (table["env"] == task)
        & (table["label"] == name)
        & (table["status"] == "done")
        & (table["profile"] == evidence.profile)
    ]
    if mine.empty:
        return None, ""
    mine = mine[(mine["data"] == data) & (mine["labels"] == labels)]
    if mine.empty:
        return None, f"{name} on {task} started from other prior data than ours ({data})"
    with_value = mine[mine[measure.column].notna()] if measure.column in mine else mine.iloc[:0]
    starts = with_value[with_value["env_step"] == 0]
    if len(starts[list(RUN)].drop_duplicates()) < len(mine[list(RUN)].drop_duplicates()):
        return None, f"{name} on {task} lacks {measure.name} at env_step 0, where scores start"
    return run_scalars(with_value, measure), ""


def values_of(scalars: pd.DataFrame, name: str) -> Floats:
    """One scalar, (seeds,)."""
    return scalars[name].to_numpy(float)
