"""Rules from one row of a run to the next, and among the runs of one arm.

Clocks never fall. Training returns are filled if and only if an episode ended since the row before.
Success is a share of those episodes. No two seeds have a row with the same diagnostics: random
numbers decide these to the last digit.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from figures.results.identities import Violation
from figures.results.schema import RESULTS, RUN_KEY

_ARM: tuple[str, ...] = tuple(n for n in RUN_KEY if n != "seed")
_CLOCKS: tuple[str, ...] = ("grad_step", "train_episodes", "wall_s")
# Columns about the run, the row's place in it, and its evaluation. All others are diagnostics of
# training.
_NO_DIAGNOSTICS: frozenset[str] = frozenset(
    {
        "experiment",
        *RESULTS.primary_key,
        "status",
        "data_checksum",
        "commit",
        "version",
        "numbers_version",
        *_CLOCKS,
        "episodes",
        "return_mean",
        "return_std",
        "success_any",
        "success_final",
        "success_sustained",
        "final_distance",
        "start_distance",
        "score",
        "normalised_score",
        "d4rl_score",
        "train_return",
        "train_success",
        "return_mean_sampled",
        "success_any_sampled",
        "success_final_sampled",
        "success_sustained_sampled",
        "final_distance_sampled",
        # multiples of 1/256: two seeds agree by chance now and then
        "dead_units_policy",
        "dead_units_critic",
    }
)
_TELLING = 2
"""This many diagnostics of a row, none of them 0 or 1, cannot agree by chance."""
_TOLERANCE = 1e-6


def sequences(frame: pd.DataFrame) -> Iterator[Violation]:
    """Every rule about several rows that some row of ``frame`` breaks.

    Args:
        frame: text columns as they are, all other columns as floats (NaN where empty).
    """
    # The alphabet puts "offline" before "online", which is also their order in time.
    ordered = frame.sort_values([*RUN_KEY, "env_step", "phase"], kind="stable")
    runs = ordered.groupby(list(RUN_KEY), sort=False)
    for name in _CLOCKS:
        falls = (runs[name].diff() < 0).reindex(frame.index)
        yield name, falls, "is less than in the run's row before"
    yield from _without_start(frame)
    ended = runs["train_episodes"].diff().fillna(ordered["train_episodes"])
    for name, wrong, complaint in _of_training(ordered, ended):
        yield name, wrong.reindex(frame.index), complaint
    yield from _twins(frame)


def _without_start(frame: pd.DataFrame) -> Iterator[Violation]:
    """Every run is evaluated before its first online step: all gains are measured from there."""
    runs = frame.groupby(list(RUN_KEY), sort=False)["env_step"]
    least = frame["env_step"].where(frame["env_step"] >= 0)
    has_start = (frame["env_step"] == 0).groupby([frame[n] for n in RUN_KEY]).transform("any")
    first = least == least.groupby([frame[n] for n in RUN_KEY]).transform("min")
    done = (frame["status"] == "done") & (frame["env_step"] < 0)
    last = done & (frame["env_step"] == runs.transform("max"))
    wrong = ~has_start & (first | last)
    yield (
        "env_step",
        wrong,
        "belongs to a run without a row at step 0, where online training starts",
    )


def _of_training(rows: pd.DataFrame, ended: pd.Series[float]) -> Iterator[Violation]:
    for name in ("train_return", "train_success"):
        if name in rows:
            known = rows[name].notna()
            yield name, known & (ended == 0), "is there, but no episode ended since the row before"
    if "train_return" in rows:
        lacks = rows["train_return"].isna() & (ended > 0)
        yield "train_return", lacks, "is empty, but episodes ended since the row before"
    if "train_success" in rows:
        count = rows["train_success"] * ended
        wrong = (count - count.round()).abs() > _TOLERANCE * (1 + count.abs())
        yield "train_success", wrong, "is no share of the episodes since the row before"


def _twins(frame: pd.DataFrame) -> Iterator[Violation]:
    names = [n for n in frame.columns if n not in _NO_DIAGNOSTICS and frame[n].dtype == float]
    diagnostics = frame[names]
    fractional = diagnostics.notna() & (diagnostics != 0) & (diagnostics != 1)
    telling = frame[fractional.sum(axis="columns") >= _TELLING]
    place = [*_ARM, "phase", "env_step"]
    twin = telling.duplicated([*place, *names], keep="first")
    for _, copies in telling[twin].groupby([*RUN_KEY], sort=False):
        row = copies.iloc[0]
        same = (telling[[*place, *names]].fillna(0) == row[[*place, *names]].fillna(0)).all(axis=1)
        original = int(telling.loc[same, "seed"].iloc[0])
        wrong = pd.Series(False, index=frame.index)
        wrong[copies.index[0]] = True
        complaint = f"has the same diagnostics as seed {original} in {len(copies)} rows: a copy"
        yield "seed", wrong, complaint
