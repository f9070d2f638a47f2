"""Rules for the values of one row. They follow from the meaning of the columns.

A row has E episodes of H steps. The reward of a step is in [low, high].

- Shares are whole numbers of episodes: success * E is an integer, and on a binary task return * E.
- Success at the last step, and sustained success, are success at some step: both <= any.
- The return lies in [H low, H high]. Its variance is at most (H high - mean)(mean - H low).
- On a binary task an episode without success returns -H. One with success returns at least 1 - H.
- A sustained success holds the goal for more than K steps. It returns at least K + 1 - H, any other
  episode at most K - H.
- If reward is minus the distance, a step away from the goal costs at least the radius.
- Scores are linear in the return.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from figures.results.schema import RESULTS, TaskFacts

SUCCESSES = ("success_any", "success_final", "success_sustained")
_TOLERANCE = 1e-6
Violation = tuple[str, "pd.Series[bool]", str]
"""(column, rows that are wrong, the complaint as the end of a sentence)."""


def identities(frame: pd.DataFrame) -> Iterator[Violation]:
    """Every rule that some row of ``frame`` breaks.

    Args:
        frame: text columns as they are, all other columns as floats (NaN where empty), (N, C).
    """
    for env, facts in RESULTS.tasks.items():
        mine = frame["env"] == env
        if bool(mine.any()):
            rows = frame[mine]
            for column, wrong, complaint in _of_the_task(rows, facts):
                yield column, wrong.reindex(frame.index, fill_value=False), complaint


def _of_the_task(rows: pd.DataFrame, facts: TaskFacts) -> Iterator[Violation]:
    yield from _which_columns(rows, facts)
    yield from _whole_episodes(rows, facts)
    yield from _spread(rows)
    yield from _training(rows, facts)
    if facts.reward is not None:
        yield from _bounded(rows, facts.horizon, *facts.reward)
    if facts.binary:
        assert facts.sustained is not None
        yield from _binary(rows, facts.horizon, facts.sustained)
    if facts.radius is not None:
        assert facts.reward is not None
        yield from _distance(rows, facts.horizon, facts.radius, -facts.reward[0])
    if facts.d4rl is not None:
        low, high = facts.d4rl
        expected = 100.0 * (rows["return_mean"] - low) / (high - low)
        yield from _equal(rows, "d4rl_score", expected, "D4RL's scale makes")
    yield from _normalised(rows)


def _which_columns(rows: pd.DataFrame, facts: TaskFacts) -> Iterator[Violation]:
    """Columns of quantities that a task has are filled; the others are empty."""
    has = dict.fromkeys(SUCCESSES, facts.sustained is not None)
    has |= {
        "final_distance": facts.radius is not None,
        "start_distance": facts.radius is not None,
        "score": facts.reward is not None,
        "d4rl_score": facts.d4rl is not None,
    }
    for name, known in has.items():
        if known and name in rows:
            yield name, rows[name].isna(), "is empty, but the task has it"
        elif name in rows:
            yield name, rows[name].notna(), "is there, but the task does not know it"
    if facts.reward is not None and "normalised_score" in rows:
        complaint = "is there, but the task does not know it"
        yield "normalised_score", rows["normalised_score"].notna(), complaint


def _whole_episodes(rows: pd.DataFrame, facts: TaskFacts) -> Iterator[Violation]:
    for name in (n for n in SUCCESSES if n in rows):
        yield name, _fraction(rows[name] * rows["episodes"]), "is no share of the row's episodes"
    for name in ("success_final", "success_sustained"):
        if name in rows and "success_any" in rows:
            more = rows[name] > rows["success_any"] + _TOLERANCE
            yield name, more, "is above success_any, which contains it"
    if facts.binary:
        whole = "is no mean of whole numbers over the row's episodes"
        yield "return_mean", _fraction(rows["return_mean"] * rows["episodes"]), whole


def _spread(rows: pd.DataFrame) -> Iterator[Violation]:
    lone = (rows["episodes"] == 1) & (rows["return_std"] > _TOLERANCE)
    yield "return_std", lone, "is a spread of a single episode"


def _bounded(rows: pd.DataFrame, horizon: int, low: float, high: float) -> Iterator[Violation]:
    worst, best = horizon * low, horizon * high
    mean, slack = rows["return_mean"], _TOLERANCE * (best - worst)
    outside = (mean < worst - slack) | (mean > best + slack)
    yield "return_mean", outside, f"is outside of [{worst:g}, {best:g}], the returns of the task"
    most = (best - mean) * (mean - worst)
    wide = ~outside & (rows["return_std"] ** 2 > most + slack * (best - worst))
    complaint = f"is more than returns in [{worst:g}, {best:g}] with the row's mean can spread"
    yield "return_std", wide, complaint
    expected = 100.0 * (mean - worst) / (best - worst)
    yield from _equal(rows, "score", expected, "return_mean makes")
    if "train_return" in rows:
        train = rows["train_return"]
        wrong = (train < worst - slack) | (train > best + slack)
        yield "train_return", wrong, f"is outside of [{worst:g}, {best:g}]"


def _binary(rows: pd.DataFrame, horizon: int, held: int) -> Iterator[Violation]:
    if not {"success_any", "success_sustained"} <= set(rows.columns):
        return
    some, long = rows["success_any"], rows["success_sustained"]
    mean = rows["return_mean"]
    least = -horizon + (some - long) + (held + 1) * long
    most = -horizon + held * (some - long) + horizon * long
    if "success_final" in rows:  # held but not at the end: the last step is lost at least
        most = most - (long - rows["success_final"]).clip(lower=0)
    wrong = (mean < least - _TOLERANCE) | (mean > most + _TOLERANCE)
    yield "return_mean", wrong, "is no return of episodes with the row's successes"


def _distance(rows: pd.DataFrame, horizon: int, radius: float, far: float) -> Iterator[Violation]:
    if "success_any" in rows:
        most = -radius * horizon * (1 - rows["success_any"])
        wrong = rows["return_mean"] > most + _TOLERANCE
        yield "return_mean", wrong, "is too good for the row's success at any step"
    if {"final_distance", "success_final"} <= set(rows.columns):
        away, distance = 1 - rows["success_final"], rows["final_distance"]
        wrong = (distance < radius * away - _TOLERANCE) | (
            distance > far * away + radius * (1 - away) + _TOLERANCE
        )
        yield "final_distance", wrong, "is no distance of episodes with the row's success_final"


def _training(rows: pd.DataFrame, facts: TaskFacts) -> Iterator[Violation]:
    """Episodes of training have the task's length, and their count fits the steps."""
    online = rows["env_step"].clip(lower=0)
    whole = online // facts.horizon
    count = rows["train_episodes"]
    early = facts.reward is None  # with bounded rewards no episode ends before its horizon
    wrong = (count < whole) | (count > (online if early else whole))
    complaint = f"does not fit env_step, with episodes of {facts.horizon} steps"
    yield "train_episodes", wrong, complaint


def _normalised(rows: pd.DataFrame) -> Iterator[Violation]:
    """Scores lie on one line over the return, for all rows that were measured by the same data.

    The rows themselves give the line. Its slope is the median slope between neighbours by return.
    """
    if "normalised_score" not in rows:
        return
    kept = rows[rows["normalised_score"].notna() & rows["return_mean"].notna()]
    wrong = pd.Series(False, index=rows.index)
    for _, group in kept.groupby(["data", "labels", "data_checksum"]):
        ordered = group.sort_values("return_mean")
        run, rise = ordered["return_mean"].diff(), ordered["normalised_score"].diff()
        far_apart = run > 1e-3 * max(1.0, float(ordered["return_mean"].abs().max()))
        if not bool(far_apart.any()):
            continue
        slope = float((rise[far_apart] / run[far_apart]).median())
        offset = float((group["normalised_score"] - slope * group["return_mean"]).median())
        away = (group["normalised_score"] - slope * group["return_mean"] - offset).abs()
        wrong[group.index] = away > 1e-5
    yield "normalised_score", wrong, "is not on the line of return_mean that the other rows are on"


def _equal(
    rows: pd.DataFrame, name: str, expected: pd.Series[float], source: str
) -> Iterator[Violation]:
    if name in rows:
        difference = (rows[name] - expected).abs()
        wrong = difference > _TOLERANCE * (1 + expected.abs())
        first = float(expected[wrong].iloc[0]) if bool(wrong.any()) else 0.0
        yield name, wrong, f"is not what {source} of the row's return ({first:.6g} in the first)"


def _fraction(count: pd.Series[float]) -> pd.Series[bool]:
    return (count - count.round()).abs() > _TOLERANCE * (1 + count.abs())
