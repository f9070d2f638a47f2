"""Reduce each finished run to the numbers that claims are about.

``J(t)`` is the value of the evaluation at ``env_step`` t, times the sign of the measure. Higher is
therefore better for every measure: a distance becomes its negative. The offline phase ends at
t = 0. The budget ``T`` is the last online step.

Only finished runs (status ``done``) have scalars. A method without an online phase keeps the policy
of t = 0. Its J is constant until the largest budget that its task has. A task has no scalars of a
measure if no run has a value of it (success in locomotion).

``docs/statistics.md`` explains the definitions and their reasons.
"""

from __future__ import annotations

import functools
import itertools
import math

import numpy as np
import pandas as pd
from scipy import stats

from figures.measures import Measure
from figures.results.table import CONDITION, RUN, ResultsError
from figures.statistics.across_seeds import Floats, evaluations, runs

FINAL_EVALUATIONS = 5
ROUNDING = 1e-9
"""A mean of evaluations this little below a threshold is at it: that of 0.85, 0.95, 0.9, 0.95 and
0.85 is 0.9 but for rounding."""
DIP_WINDOW = 0.1  # share of the budget in which a dip is looked for
SLOPE_UNIT = 100_000  # environment steps

SCALARS: tuple[str, ...] = (
    "j0",
    "jt",
    "auc",
    "dip",
    "gain",
    "rise",
    "offline_gain",
    "slope",
    "monotonicity",
    "fluctuation",
    "largest",
    "budget",
    "evaluations",
    "final_episodes",
    "j0_noise",
    "jt_noise",
    "gain_noise",
    "rise_noise",
    "offline_gain_noise",
    "auc_noise",
)
_IDENTITY: tuple[str, ...] = (*RUN, "method", "variant")


def run_scalars(frame: pd.DataFrame, measure: Measure) -> pd.DataFrame:
    """One row per finished run.

    Args:
        frame: as ``table.read_results`` returns it.
        measure: what J is.

    Returns:
        ``RUN``, ``method``, ``variant`` and

        * ``j0``: J(0), after the offline phase.
        * ``jt``: mean of the last 5 online evaluations (of all, if there are fewer).
        * ``auc``: integral of J over [0, T] by the trapezoidal rule, divided by T. It is the mean
          of J over online steps, in the unit of J. 1 - ``auc`` of a success rate is its regret.
        * ``dip``: J(0) - min over 0 < t <= T/10 of the centred mean of three evaluations, step 0
          included. It is negative if the curve only rises. The last evaluation of a run has one
          neighbour. It is NaN if a run has no evaluation in the window.
        * ``gain``: ``jt`` - ``j0``. Episodes may start at different values of the measure (column
          ``measure.start``). Each evaluation's J is then taken relative to the mean start of its
          own episodes. The starts of two evaluations differ by up to 6 cm, six times the effect
          that is asked about.
        * ``rise``: ``jt`` less the mean of the first 5 online evaluations (of the first half, if
          there are fewer than 10), relative to the starts as ``gain`` is. It does not hang on the
          one evaluation at step 0, and leaves out what is gained before them.
        * ``offline_gain``: J(0) less that of the first evaluation, before the offline phase. It is
          relative to the starts, as ``gain`` is, and 0 without an offline phase.
        * ``slope``: least-squares slope of J on t >= 0, per 100 000 steps.
        * ``monotonicity``: Spearman's rank correlation of J and t >= 0; NaN if J is constant.
        * ``fluctuation``: half the mean square of J(t_{i+1}) - J(t_i) over t >= 0. This is the
          variance of independent noise about a level that hardly moves, in J squared. If J is a
          share of episodes, the variance that the episodes of each evaluation make is taken off:
          the mean of J (1 - J) / (episodes - 1) over the two evaluations of a difference. It can
          be negative.
        * ``largest``: max of J over t >= 0.
        * ``budget``: T. Runs of one curve that differ in it are kept: the column shows them.
        * ``evaluations``: the number of evaluations at t >= 0.
        * ``final_episodes``: the number of episodes behind ``jt``; NaN without the column
          ``episodes``.
        * ``j0_noise``, ``jt_noise``, ``gain_noise``, ``rise_noise``, ``offline_gain_noise``,
          ``auc_noise``: standard error of that scalar from the episodes alone, if J is a share of
          episodes. It is sqrt(p (1 - p) / (n + 4)) with p = (k + 2) / (n + 4) after k successes in
          n episodes (Agresti and Coull 1998), and so not 0 if none succeeds. The weights of ``auc``
          differ, and n is the number of episodes that equal weights would need. ``gain`` and
          ``rise`` add the variances of their two parts. All are 0 for other measures, and without
          ``episodes``.

        Without an online phase ``jt`` = ``auc`` = ``largest`` = ``j0``. ``dip``, ``gain``,
        ``rise``, ``slope`` and ``fluctuation`` are 0 then. ``rise`` is 0 with one online
        evaluation.

    Raises:
        ResultsError: there is no such column, or a finished run has no value at step 0.
    """
    rows = []
    for name, steps, values, starts, episodes, budget in finished(frame, measure):
        online = steps >= 0
        if 0 not in steps:
            raise ResultsError(
                f"{_text(name)}: no {measure.column} at env_step 0, the end of the offline phase, "
                "which the scalars start from; evaluate the run there, or leave it out"
            )
        found = _kept(
            steps[online].tobytes(),
            values[online].tobytes(),
            starts[online].tobytes(),
            episodes[online].tobytes(),
            budget,
            measure.per_success,
        )
        before = _offline(steps, values - starts, values, episodes, measure.per_success)
        rows.append({**name, **found, **before})
    return pd.DataFrame(rows, columns=[*_IDENTITY, *SCALARS])


def time_to_threshold(
    frame: pd.DataFrame, measure: Measure, threshold: float, window: int = FINAL_EVALUATIONS
) -> pd.DataFrame:
    """Online steps from which on a run holds ``threshold``.

    A run holds it from the first t >= 0 at which the mean of the ``window`` evaluations that begin
    at t is at least ``threshold``, and so is the mean of all evaluations from t to the end, if the
    mean of the last ``window`` is so as well: otherwise it has lost it. A first
    crossing would be noise: of runs whose success is 0.8 all along, more than half have two of
    three evaluations of 20 episodes at 0.9.

    A run that never holds it is censored at the last t that has ``window`` evaluations: later it
    cannot be seen to. A run with fewer evaluations is asked for the mean of all. A run that was not
    trained online keeps its policy: it is there at 0, or censored at the budget of the others.

    Args:
        frame: as ``table.read_results`` returns it.
        measure: what is compared.
        threshold: in the unit of the column, not multiplied by the sign: ``0.05`` with
            ``DISTANCE`` is reached at 5 cm *or less*.
        window: number of evaluations; five of 20 episodes are 100.

    Returns:
        ``RUN``, ``method``, ``variant``, ``time`` (0 if at ``threshold`` from the end of the
        offline phase on) and ``observed`` (False: censored).

    Raises:
        ResultsError: there is no such column.
        ValueError: ``window`` is not positive, or ``threshold`` is not finite.
    """
    if window < 1:
        raise ValueError(f"window {window} must be positive, such as {FINAL_EVALUATIONS}")
    if not np.isfinite(threshold):
        raise ValueError(f"threshold {threshold} must be finite")
    rows = []
    for name, steps, values, _, _, budget in finished(frame, measure):
        online = steps >= 0
        times, found = steps[online], values[online]
        size = min(window, found.size)
        means = np.lib.stride_tricks.sliding_window_view(found, size).mean(axis=-1)
        rest = np.array([found[start:].mean() for start in range(means.size)])
        wanted = measure.sign * threshold - ROUNDING
        holds = np.flatnonzero((means >= wanted) & (rest >= wanted) & (means[-1] >= wanted))
        reached = holds.size > 0
        last = float(times[means.size - 1]) if found.size > 1 else float(budget)
        time = float(times[holds[0]]) if reached else last
        rows.append({**name, "time": time, "observed": reached})
    table = pd.DataFrame(rows, columns=[*_IDENTITY, "time", "observed"])
    return table.astype({"time": float, "observed": bool})


def finished(
    frame: pd.DataFrame, measure: Measure
) -> list[tuple[dict[str, object], Floats, Floats, Floats, Floats, int]]:
    """Every finished run of the tasks that have the measure.

    Each has identity, steps, J, J at the start of its episodes (0 if unknown), episodes and budget.
    """
    if measure.column not in frame.columns:
        raise ResultsError(
            f"no column {measure.column} ({measure.name}); "
            f"there are {', '.join(map(str, frame.columns))}"
        )
    status = runs(frame)
    done = status[status["status"] == "done"]
    largest = done.groupby(list(CONDITION))["last_step"].max()
    rows = evaluations(frame, measure.column)
    measured = set(rows["env"])
    steps = rows["env_step"].to_numpy(dtype=np.float64)
    values = measure.sign * rows[measure.column].to_numpy(dtype=np.float64)
    begun = rows[measure.start] if measure.start in rows else pd.Series(np.nan, index=rows.index)
    starts: Floats = measure.sign * np.asarray(begun, dtype=np.float64)
    known = rows["episodes"] if "episodes" in rows else pd.Series(np.nan, index=rows.index)
    episodes = np.asarray(known, dtype=np.float64)
    made_by = list(zip(rows["method"], rows["variant"], strict=True))
    # rows of a run follow each other
    names = list(zip(*(rows[column] for column in RUN), strict=True))
    by_run: dict[tuple[object, ...], slice] = {}
    for key, places in itertools.groupby(range(len(names)), key=names.__getitem__):
        mine = list(places)
        by_run[key] = slice(mine[0], mine[-1] + 1)
    result = []
    for key in done[list(RUN)].itertuples(index=False, name=None):
        name = dict(zip(RUN, key, strict=True))
        if name["env"] not in measured:
            continue
        if key not in by_run:
            raise ResultsError(
                f"{_text(name)}: finished, but without any {measure.column}, which other runs of "
                "its task have; evaluate the run again, or leave it out"
            )
        at = by_run[key]
        if np.isnan(starts[at]).any():  # starts count only if all evaluations have them
            starts[at] = 0.0
        method, variant = made_by[at.start]
        name |= {"method": method, "variant": variant}
        end = steps[at][-1]
        # A run that was never trained online keeps its policy for as long as the others train.
        budget = int(end) if end > 0 else int(largest[key[: len(CONDITION)]])
        result.append((name, steps[at], values[at], starts[at], episodes[at], budget))
    return result


@functools.lru_cache(maxsize=10_000)
def _kept(
    steps: bytes, values: bytes, starts: bytes, episodes: bytes, budget: int, per_success: float
) -> dict[str, float]:
    """`_scalars` with a cache: a report asks for a run once for each group of arms that has it."""
    return _scalars(
        np.frombuffer(steps),
        np.frombuffer(values),
        np.frombuffer(starts),
        np.frombuffer(episodes),
        budget,
        per_success,
    )


def _scalars(
    steps: Floats, values: Floats, starts: Floats, episodes: Floats, budget: int, per_success: float
) -> dict[str, float]:
    """The scalars of one run; steps, values, starts, episodes: (n,) ascending from step 0."""
    j0 = float(values[0])
    alone = len(steps) == 1
    last = slice(0, 1) if alone else slice(max(1, len(steps) - FINAL_EVALUATIONS), None)
    weights = np.ones(1) if alone else _trapezoid_weights(steps)
    at_start = _noise(values[:1], episodes[:1], np.ones(1), per_success)
    count = episodes[last]
    at_end = _noise(values[last], count, np.full(len(count), 1 / len(count)), per_success)
    shared = {
        "j0": j0,
        "budget": budget,
        "evaluations": len(steps),
        "final_episodes": float(count.sum()),
        "j0_noise": at_start,
        "jt_noise": at_end,
        "auc_noise": _noise(values, episodes, weights, per_success),
    }
    if alone:
        return {
            **shared,
            "jt": j0,
            "auc": j0,
            "dip": 0.0,
            "gain": 0.0,
            "rise": 0.0,
            "slope": 0.0,
            "monotonicity": np.nan,
            "fluctuation": 0.0,
            "largest": j0,
            "gain_noise": 0.0,
            "rise_noise": 0.0,
        }
    moved = values - starts
    constant = bool((values == j0).all())
    return {
        **shared,
        "jt": float(values[last].mean()),
        "auc": float(np.trapezoid(values, steps)) / budget,
        "dip": _dip(steps, values, budget),
        "gain": float(moved[last].mean() - moved[0]),
        **_rise(moved[1:], values[1:], episodes[1:], per_success),
        "slope": SLOPE_UNIT * float(stats.linregress(steps, values).slope),
        "monotonicity": np.nan if constant else _rank_correlation(steps, values),
        "fluctuation": _fluctuation(values, episodes, per_success),
        "largest": float(values.max()),
        "gain_noise": float(np.hypot(at_start, at_end)),
    }


def _rise(moved: Floats, values: Floats, episodes: Floats, per_success: float) -> dict[str, float]:
    """From the first evaluations after step 0 to the last, with its noise; all (n,)."""
    size = window_of_rise(len(values))
    if size == 0:
        return {"rise": 0.0, "rise_noise": 0.0}
    equal = np.full(size, 1 / size)
    ends = (slice(None, size), slice(-size, None))
    noise = [_noise(values[at], episodes[at], equal, per_success) for at in ends]
    return {
        "rise": float(moved[ends[1]].mean() - moved[ends[0]].mean()),
        "rise_noise": math.hypot(*noise),
    }


def window_of_rise(evaluations: int) -> int:
    """How many evaluations either end of ``rise`` has, of so many after step 0."""
    return min(FINAL_EVALUATIONS, evaluations // 2)


def _offline(
    steps: Floats, moved: Floats, values: Floats, episodes: Floats, per_success: float
) -> dict[str, float]:
    """What one run gained offline, with its noise; all (n,) ascending, with a step 0."""
    if steps[0] >= 0:
        return {"offline_gain": 0.0, "offline_gain_noise": 0.0}
    ends = [0, int(np.flatnonzero(steps == 0)[0])]
    noise = [_noise(values[[i]], episodes[[i]], np.ones(1), per_success) for i in ends]
    return {
        "offline_gain": float(moved[ends[1]] - moved[0]),
        "offline_gain_noise": math.hypot(*noise),
    }


def _trapezoid_weights(steps: Floats) -> Floats:
    """The weight of each value in the trapezoidal rule, (n,); their sum is 1."""
    widths = np.diff(steps, prepend=steps[0], append=steps[-1])
    return np.asarray((widths[1:] + widths[:-1]) / 2 / (steps[-1] - steps[0]), dtype=np.float64)


def _noise(values: Floats, episodes: Floats, weights: Floats, per_success: float) -> float:
    """Standard error of the weighted mean of shares that their episodes alone make; all (n,)."""
    if per_success == 0 or np.isnan(episodes).any():
        return 0.0
    count = 1 / float((weights**2 / episodes).sum())
    share = (float((weights * values).sum()) / per_success * count + 2) / (count + 4)
    return per_success * float(np.sqrt(max(share * (1 - share), 0.0) / (count + 4)))


def _fluctuation(values: Floats, episodes: Floats, per_success: float) -> float:
    """Variance of J about a level that hardly moves, without that of the episodes; (n,) each."""
    found = np.diff(values) ** 2 / 2
    if per_success and not np.isnan(episodes).any():
        each = values * (per_success - values) / np.maximum(episodes - 1, 1)
        found = found - (each[1:] + each[:-1]) / 2
    return float(found.mean())


def _rank_correlation(steps: Floats, values: Floats) -> float:
    """Spearman's rank correlation. The checks of `scipy.stats.spearmanr` would take most of the
    time of a report."""
    ranks = np.column_stack([stats.rankdata(steps), stats.rankdata(values)])
    return float(np.corrcoef(ranks, rowvar=False)[1, 0])


def _dip(steps: Floats, values: Floats, budget: int) -> float:
    """How far the smoothed curve falls below its start in the first tenth of the budget."""
    sums = np.convolve(values, np.ones(3), mode="same")
    smooth = sums / np.convolve(np.ones_like(values), np.ones(3), mode="same")
    # Only steps after 0 count, so the start itself needs no left neighbour.
    window = (steps > 0) & (steps <= DIP_WINDOW * budget)
    if not window.any():
        return np.nan
    return float(values[0] - smooth[window].min())


def _text(name: dict[str, object]) -> str:
    return f"{name['env']}, {name['label']}, seed {name['seed']}"
