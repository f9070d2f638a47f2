"""Which columns a figure has: one per task and, where a task was run under several, per condition.

Data sources, label readings and profiles are never averaged, and line styles are taken by the
methods; a task run from two data sources therefore gets two columns side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from figures.experiments import title_of
from figures.metrics import Metric
from figures.results.table import CONDITION, ResultsError
from figures.statistics.across_seeds import runs

DATA_NAMES = {
    "human": "human data",
    "human-recorded": "human data, observations as recorded",
    "minari-human": "human data of Minari",
    "minari-cloned": "cloned data of Minari",
    "minari-expert": "expert data of Minari",
    "expert": "expert data",
    "embedded": "embedded expert data",
    "rollouts": "rollout data",
    "random": "random data",
    "": "no prior data",
    "none": "no prior data",
    "unknown": "prior data not stated",
}


def data_name(kind: str) -> str:
    """``human data``, from the column ``data``."""
    return DATA_NAMES.get(kind, f"{kind} data")


@dataclass(frozen=True)
class Panel:
    """One column of a figure: the rows of one task, data source, label reading and profile."""

    env: str
    data: str
    labels: str
    profile: str
    title: str
    subtitle: str

    @property
    def name(self) -> str:
        """Name in running text, such as ``pen-binary-v0 (human data)``."""
        return self.subtitle

    def rows(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows of ``frame`` that belong to this panel."""
        mine = frame["env"] == self.env
        for name in CONDITION[1:]:
            mine &= frame[name] == getattr(self, name)
        return frame[mine]


def panels_of(frame: pd.DataFrame, envs: Sequence[str]) -> list[Panel]:
    """The panels for the tasks ``envs``, in that order; tasks without rows have none.

    Labels and profile appear in a subtitle only where a task has several of them. Rows that are
    not ours may state neither ("").

    Raises:
        ResultsError: no task of ``envs`` has any row.
    """
    panels: list[Panel] = []
    source_order = list(DATA_NAMES)
    for env in envs:
        present = frame.loc[frame["env"] == env, list(CONDITION)].drop_duplicates()
        conditions = sorted(
            present.itertuples(index=False, name=None),
            key=lambda row: (
                source_order.index(row[1]) if row[1] in source_order else len(source_order),
                row,
            ),
        )
        several_labels = len(set(present["labels"]) - {""}) > 1
        several_profiles = len(set(present["profile"]) - {""}) > 1
        for _, data, labels, profile in conditions:
            notes = [data_name(data)]
            notes += [f"{labels} labels"] if several_labels and labels else []
            notes += [f"profile {profile}"] if several_profiles and profile else []
            panels.append(
                Panel(
                    env=env,
                    data=data,
                    labels=labels,
                    profile=profile,
                    title=title_of(env),
                    subtitle=f"{env} ({', '.join(notes)})",
                )
            )
    if not panels:
        held = ", ".join(sorted(set(frame["env"])))
        raise ResultsError(f"no rows for {', '.join(envs)}; the results hold {held}")
    return panels


def refuse_blank(panel: Panel, rows: pd.DataFrame, metric: Metric) -> None:
    """Refuse a curve without a point: it would be missing beside its name in the legend.

    ``rows`` are those of ``panel``. A method whose evaluated runs all failed may have no value
    (they diverged): the caption names it.

    Raises:
        ResultsError: a method was evaluated and no cell of the metric's column is filled.
    """
    evaluated = rows[rows["phase"] != "init"]
    blank = [
        str(name)
        for name, mine in evaluated.groupby("label", sort=True)
        if mine[metric.column].isna().all() and (runs(mine)["status"] != "failed").any()
    ]
    if blank:
        raise ResultsError(
            f"{panel.name}: column {metric.column} is empty in every evaluation of "
            f"{', '.join(blank)}, so there is nothing to draw as {metric.name!r}; write them again "
            "with the script of this figure, or keep runs that cannot have it in another file"
        )
