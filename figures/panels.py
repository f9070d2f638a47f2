"""Which columns a figure has: one per task and, where a task was run under several, per condition.

Data sources, label readings and profiles are never averaged, and line styles are taken by the
methods; a task run from two data sources therefore gets two columns side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from figures.style import TASK_TITLES
from figures.table import CONDITION, ResultsError

DATA_NAMES = {
    "human": "human data",
    "expert": "expert data",
    "embedded": "embedded expert data",
    "rollouts": "rollout data",
    "": "no prior data",
}


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

    Labels and profile appear in a subtitle only where a task has several of them.

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
        several_labels = present["labels"].nunique() > 1
        several_profiles = present["profile"].nunique() > 1
        for _, data, labels, profile in conditions:
            notes = [DATA_NAMES.get(data, f"{data} data")]
            notes += [f"{labels or 'unnamed'} labels"] if several_labels else []
            notes += [f"profile {profile or 'unnamed'}"] if several_profiles else []
            panels.append(
                Panel(
                    env=env,
                    data=data,
                    labels=labels,
                    profile=profile,
                    title=TASK_TITLES.get(env, env),
                    subtitle=f"{env} ({', '.join(notes)})",
                )
            )
    if not panels:
        held = ", ".join(sorted(set(frame["env"])))
        raise ResultsError(f"no rows for {', '.join(envs)}; the results hold {held}")
    return panels
