"""Learning curves as records ``{task, method, seed, xs, ys}``, the format of score files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict

import pandas as pd

from figures.results.cells import ResultsError, restore
from figures.results.compare import beside
from figures.results.schema import RESULTS
from figures.results.table import CONDITION, RUN
from figures.statistics.across_seeds import evaluations


class Curve(TypedDict):
    """One run's values of one metric.

    ``xs`` and ``ys`` are equally long. ``xs`` rises strictly, in environment steps. It is negative
    during offline training. ``task``, ``method`` and ``seed`` name a curve: no two curves of a list
    share them.
    """

    task: str
    method: str
    seed: int
    xs: list[int]
    ys: list[float]
    metric: str
    status: str
    env: str
    data: str
    labels: str
    profile: str
    preset: str
    experiment: str
    also_in: list[str]


def curves(
    tables: Mapping[Path, pd.DataFrame],
    metric: str,
    compare: Sequence[Path] = (),
    among: Sequence[pd.DataFrame] = (),
) -> list[Curve]:
    """The curves of ``metric`` of every run in some results files, unfinished and failed ones too.

    ``method`` is the curve's label, with its variant. ``task`` is the task's name. If runs of the
    task differ in prior data, labels or profile, ``task`` names these too: ``pen-binary-v0 (expert,
    relabelled, paper)``. Two experiments may share a run: ``also_in`` names the other one.

    Args:
        tables: rows of one preset by their file, each run in one of them alone
            (``figures.results.shared.each_run_once``).
        metric: a column of numbers. Runs without a value of it have no curve.
        compare: files of rows of other methods (``figures.results.compare``). ``experiment`` is
            then the file's name. Each run has a curve for every condition of our runs on its task.
        among: all our rows, also those that lack the column; those of ``tables`` if empty.
            ``compare`` stands beside their runs.

    Raises:
        ResultsError: a table lacks the column, presets are mixed, or a file of ``compare`` cannot
            be used.
    """
    for path, frame in tables.items():
        _refuse_what_is_no_metric(path, frame, metric)
    ours = [curve for frame in tables.values() for curve in _of_one_frame(frame, metric)]
    presets = sorted({curve["preset"] for curve in ours})
    if len(presets) > 1:
        raise ResultsError(
            f"{', '.join(map(str, tables))}: presets {', '.join(presets)} differ in networks and "
            "budgets and are never put together; export one at a time"
        )
    if not compare:
        return _named_apart(ours)
    rows = list(among or tables.values())
    return _named_apart([*ours, *_compared(rows, metric, compare)])


def _compared(frames: Sequence[pd.DataFrame], metric: str, compare: Sequence[Path]) -> list[Curve]:
    ours = pd.concat(frames, ignore_index=True)
    frame, _ = beside(ours, compare, list(RESULTS.tasks))
    frame["experiment"] = frame["experiment"].mask(frame["compared"] != "", frame["compared"])
    return _of_one_frame(frame[frame["compared"] != ""], metric)


def _refuse_what_is_no_metric(path: Path, frame: pd.DataFrame, metric: str) -> None:
    if metric not in frame:
        raise ResultsError(f"{path}: missing column {metric}; {restore(path)}")
    if not pd.api.types.is_numeric_dtype(frame[metric]):
        raise ResultsError(f"{path}: {metric} is a column of text; a metric is a column of numbers")


def _of_one_frame(frame: pd.DataFrame, metric: str) -> list[Curve]:
    found = []
    for _, rows in evaluations(frame, metric).groupby(list(RUN), sort=True):
        last = rows.iloc[-1]
        found.append(
            Curve(
                task=str(last["env"]),
                method=str(last["label"]),
                seed=int(last["seed"]),
                xs=[int(x) for x in rows["env_step"]],
                ys=[float(y) for y in rows[metric]],
                metric=metric,
                status=str(last["status"]),
                env=str(last["env"]),
                data=str(last["data"]),
                labels=str(last["labels"]),
                profile=str(last["profile"]),
                preset=str(last["preset"]),
                experiment=str(last["experiment"]),
                also_in=[name for name in str(last.get("also_in", "")).split(",") if name],
            )
        )
    return found


def _condition(curve: Curve) -> tuple[str, ...]:
    assert CONDITION == ("env", "data", "labels", "profile")
    return curve["env"], curve["data"], curve["labels"], curve["profile"]


def _named_apart(found: list[Curve]) -> list[Curve]:
    """Name the conditions of tasks that have several, so that nobody averages over them."""
    conditions: dict[str, set[tuple[str, ...]]] = {}
    for curve in found:
        conditions.setdefault(curve["env"], set()).add(_condition(curve))
    for curve in found:
        if len(conditions[curve["env"]]) > 1:
            _, *rest = _condition(curve)
            curve["task"] = f"{curve['env']} ({', '.join(rest)})"
    return sorted(found, key=lambda curve: (curve["task"], curve["method"], curve["seed"]))
