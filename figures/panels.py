"""Which panels a figure has: one per task and, where a task was run under several, per condition.

Data sources, label readings and profiles are never averaged, and line styles are taken by the
methods; a task run from two data sources therefore gets two columns side by side, and one run
under two profiles two panels beneath each other. Runs without prior data are what the others are
compared with. They stand in the panels of their task.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import pandas as pd

from figures.experiments import title_of
from figures.metrics import Metric
from figures.results.table import CONDITION, ResultsError
from figures.statistics.across_seeds import runs

NONE = "none"
"""The kind of prior data of runs that had none."""
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


def ours_of(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows that are not of other files (``results.compare``)."""
    return frame[frame["compared"] == ""] if "compared" in frame else frame


def from_people(kinds: Iterable[str]) -> bool:
    """Whether people showed the tasks in all runs that had data; ``kinds``: the column ``data``."""
    had = set(kinds) - {NONE, ""}
    return bool(had) and had <= {"human", "human-recorded", "minari-human"}


def data_name(kind: str) -> str:
    """``human data``, from the column ``data``."""
    return DATA_NAMES.get(kind, f"{kind} data")


@dataclass(frozen=True)
class Panel:
    """One panel of a figure: the rows of one task, data source, label reading and profile.

    Attributes:
        env, data, labels, profile: of its rows.
        title: heading.
        name: in running text, such as ``pen-binary-v0 (human data)``.
        subtitle: beneath the heading: the prior data in plain words, or the name.
        with_none: its rows are also those of the task and profile that had no prior data.
    """

    env: str
    data: str
    labels: str
    profile: str
    title: str
    name: str
    subtitle: str
    with_none: bool = False

    def rows(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows of ``frame`` that belong to this panel."""
        return frame[self.holds(frame)]

    def holds(self, frame: pd.DataFrame) -> pd.Series[bool]:
        """Which rows of ``frame`` belong to this panel."""
        here = (frame["env"] == self.env) & (frame["profile"] == self.profile)
        mine = (frame["data"] == self.data) & (frame["labels"] == self.labels)
        return here & (mine | (frame["data"] == NONE)) if self.with_none else here & mine


def rows_of(panels: Sequence[Panel], frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of ``frame`` that belong to any of ``panels``, each once."""
    drawn = pd.Series(False, index=frame.index)
    for panel in panels:
        drawn |= panel.holds(frame)
    return frame[drawn]


def panels_of(
    frame: pd.DataFrame, envs: Sequence[str], prior_data: Mapping[str, str] = MappingProxyType({})
) -> list[Panel]:
    """The panels for the tasks ``envs``, in that order; tasks without rows have none.

    Labels and profile appear in a name only where a task has several of them. Rows that are not
    ours may state neither (""). ``prior_data``: in words, by checksum as rows have it
    (``run_facts``).

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
        joined = set(_joined(frame[frame["env"] == env]))
        conditions = [each for each in conditions if each[1] != NONE or each[3] not in joined]
        several_labels = len({labels for *_, labels, _ in conditions} - {""}) > 1
        several_profiles = len({profile for *_, profile in conditions} - {""}) > 1
        for _, data, labels, profile in conditions:
            notes = [f"{labels} labels"] if several_labels and labels else []
            notes += [f"profile {profile}"] if several_profiles and profile else []
            name = f"{env} ({', '.join([data_name(data), *notes])})"
            panel = Panel(env, data, labels, profile, title_of(env), name, name)
            words = _words(panel.rows(frame), prior_data)
            panels.append(
                replace(
                    panel,
                    subtitle=", ".join([words, *notes]) if words else name,
                    with_none=profile in joined and data != NONE,
                )
            )
    if not panels:
        held = ", ".join(sorted(set(frame["env"])))
        raise ResultsError(f"no rows for {', '.join(envs)}; the results hold {held}")
    return panels


def bands_of(panels: Sequence[Panel]) -> list[dict[int, Panel]]:
    """The panels of each profile by column, a band a profile; a task has the same columns in all.

    With the tasks a, b and the profiles p, q: panels of a/p, a/q, b/q are [{0: a/p}, {0: a/q,
    1: b/q}]. Panels without a profile, of rows that are not ours, stand in the first band.
    """
    first_profile = next((panel.profile for panel in panels if panel.profile), "")
    bands: dict[str, dict[str, list[Panel]]] = {first_profile: {}}
    for panel in panels:
        mine = bands.setdefault(panel.profile or first_profile, {})
        mine.setdefault(panel.env, []).append(panel)
    first, column = {}, 0
    for env in dict.fromkeys(panel.env for panel in panels):
        first[env] = column
        column += max(len(band.get(env, ())) for band in bands.values())
    return [
        {first[env] + i: panel for env, mine in band.items() for i, panel in enumerate(mine)}
        for band in bands.values()
    ]


def _joined(frame: pd.DataFrame) -> Iterator[str]:
    """The profiles of one task whose runs without prior data stand beside those with.

    A label that has runs of both kinds would be two curves of one name. Those without prior data
    then keep a panel of their own.
    """
    for profile, rows in frame.groupby("profile", sort=True):
        alone = rows["data"] == NONE
        apart = set(rows.loc[~alone, "label"]).isdisjoint(rows.loc[alone, "label"])
        if alone.any() and not alone.all() and apart:
            yield str(profile)


def _words(rows: pd.DataFrame, prior_data: Mapping[str, str]) -> str:
    """The prior data of our ``rows`` in words; "" where that of some is not known."""
    known = ours_of(rows)["data_checksum"].unique()
    found = [prior_data.get(str(checksum), "") for checksum in known]
    return _either(list(dict.fromkeys(found))) if found and all(found) else ""


def _either(texts: Sequence[str]) -> str:
    """``10 or 25 demonstrations`` of texts that differ in a number, else all of them, by ``or``."""
    words = [text.split() for text in texts]
    same = len({len(each) for each in words}) == 1
    places = [list(dict.fromkeys(place)) for place in zip(*words, strict=False)] if same else []
    differ = [place for place in places if len(place) > 1]
    if len(differ) == 1 and all(word.isdigit() for word in differ[0]):
        return " ".join(
            " or ".join(sorted(place, key=lambda word: (len(word), word))) for place in places
        )
    return " or ".join(texts)


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
