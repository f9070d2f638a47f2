"""Aggregate evaluations across seeds into curves.

Rules, the same for every figure:

* Rows of phase ``init`` (behaviour cloning before the offline phase) belong to no curve. Step 0 is
  both the end of the offline and the start of the online phase. If it was evaluated in both, the
  online row counts.
* A curve aggregates its *complete* runs (status ``done``). While none is complete it aggregates
  the running ones and says so (``complete`` is False). Failed runs are never aggregated. They stay
  visible as single curves, and the caption names them.
* Nothing is interpolated. A curve has only the steps at which *every* aggregated seed has a value.
  A curve therefore never changes its set of seeds on the way.
* The centre is the interquartile mean from 4 seeds on, otherwise the mean. The 95 % interval is
  given from 5 seeds on. With fewer seeds its true coverage is far below 95 % (63 % with 3 in a
  simulation, docs/statistics.md), so none is drawn.

Interquartile mean and bootstrap intervals follow Agarwal et al., "Deep Reinforcement Learning at
the Edge of the Statistical Precipice", NeurIPS 2021.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from figures.results.table import CONDITION, RUN
from figures.statistics.bootstrap import Floats as Floats  # part of this module's interface
from figures.statistics.bootstrap import bootstrap

MIN_SEEDS_FOR_IQM = 4
MIN_SEEDS_FOR_INTERVAL = 5
CONFIDENCE = 0.95

CURVE_COLUMNS: tuple[str, ...] = (
    *CONDITION,
    "label",
    "env_step",
    "centre",
    "low",
    "high",
    "seeds",
    "complete",
    "steps_left_out",
)


def aggregate_name(seeds: int) -> str:
    """What ``centre`` computes for this number of seeds."""
    if seeds == 1:
        return "single seed"
    return "interquartile mean" if seeds >= MIN_SEEDS_FOR_IQM else "mean"


def centre(values: Floats) -> Floats:
    """Interquartile mean over the last axis for n >= 4 seeds, else the mean.

    ``floor(n / 4)`` values are cut at either end. values: (..., n), result (...).
    """
    seeds = values.shape[-1]
    if seeds >= MIN_SEEDS_FOR_IQM:
        return np.asarray(stats.trim_mean(values, 0.25, axis=-1), dtype=np.float64)
    return np.asarray(values.mean(axis=-1), dtype=np.float64)


def interval(values: Floats) -> tuple[Floats, Floats]:
    """95 % percentile bootstrap interval of ``centre`` over seeds.

    Whole seeds are resampled: every step of a curve uses the same resamples.

    Args:
        values: (steps, n), one column a seed.

    Returns:
        low, high: (steps,); all NaN for fewer than 5 seeds.
    """
    steps, seeds = values.shape
    if seeds < MIN_SEEDS_FOR_INTERVAL:
        return np.full(steps, np.nan), np.full(steps, np.nan)
    return bootstrap([values], centre, CONFIDENCE)


def evaluations(frame: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The rows that make curves of ``metric``: not ``init``, with a value, one per run and step.

    Sorted by run and ``env_step``. Raises KeyError if the frame has no such metric.
    """
    if metric not in frame.columns:
        raise KeyError(f"no metric {metric!r}; columns are {', '.join(map(str, frame.columns))}")
    drawn = frame[(frame["phase"] != "init") & frame[metric].notna()]
    # "offline" sorts before "online": if step 0 was evaluated in both, the online row is kept.
    drawn = drawn.sort_values([*RUN, "env_step", "phase"], kind="stable")
    return drawn.drop_duplicates([*RUN, "env_step"], keep="last")


def runs(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per run: ``RUN``, its ``status`` and the last ``env_step`` it was evaluated at.

    The status is that of the run's latest row, so rows written before the run ended may still say
    ``running``.
    """
    order = frame.sort_values(["env_step", "grad_step"], kind="stable")
    last = order.groupby(list(RUN), sort=True)[["status", "env_step"]].last()
    return last.rename(columns={"env_step": "last_step"}).reset_index()


def curve(frame: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Aggregate ``metric`` across seeds: one row per condition, label and ``env_step``.

    Args:
        frame: as ``table.read_results`` returns it.
        metric: numeric column, such as ``"return_mean"``.

    Returns:
        Columns ``env, data, labels, profile, label, env_step, centre, low, high, seeds, complete,
        steps_left_out``. ``low``/``high`` are NaN below 5 seeds. ``complete`` is False if only
        unfinished runs could be aggregated. ``steps_left_out`` counts the evaluation steps that
        some but not all of the curve's seeds have. A curve whose seeds share no step has no row.
    """
    status = runs(frame).rename(columns={"status": "run_status"}).drop(columns="last_step")
    rows = evaluations(frame, metric).merge(status, on=list(RUN), how="left")
    parts = [
        part
        for _, group in rows.groupby([*CONDITION, "label"], sort=True)
        if (part := _one_curve(group, metric)) is not None
    ]
    if not parts:
        return pd.DataFrame(columns=list(CURVE_COLUMNS))
    return pd.concat(parts, ignore_index=True)[list(CURVE_COLUMNS)]


def _one_curve(group: pd.DataFrame, metric: str) -> pd.DataFrame | None:
    """Aggregate the rows of one condition and label; None if nothing can be aggregated."""
    complete = bool((group["run_status"] == "done").any())
    used = group[group["run_status"] == ("done" if complete else "running")]
    by_step = used.pivot(index="env_step", columns="seed", values=metric).sort_index()
    shared = by_step.dropna(axis="index", how="any")
    if shared.empty:
        return None
    values = shared.to_numpy(dtype=np.float64)
    low, high = interval(values)
    part = pd.DataFrame(
        {
            "env_step": shared.index.to_numpy(),
            "centre": centre(values),
            "low": low,
            "high": high,
            "seeds": values.shape[1],
            "complete": complete,
            "steps_left_out": len(by_step) - len(shared),
        }
    )
    for name in (*CONDITION, "label"):
        part[name] = group[name].iloc[0]
    return part
