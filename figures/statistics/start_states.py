"""What all runs of a task share in an evaluation: the states that its episodes begin in.

Each evaluation has start states of its own, the same for all methods and seeds. More seeds do not
average them out, and no spread between seeds shows them. They show in how the mean over seeds
changes from one evaluation to the next.
"""

from __future__ import annotations

from functools import reduce

import numpy as np
import pandas as pd

from figures.measures import Measure
from figures.statistics.across_seeds import Floats
from figures.statistics.scalars import FINAL_EVALUATIONS, finished, window_of_rise

_CHANGES = ("gain", "rise", "offline_gain")


def common_deviation(values: Floats) -> float:
    """Standard deviation of what the runs have in common in an evaluation, in the unit of J.

    With D[s, k] = J[s, k+1] - J[s, k], m[k] its mean and v[k] its variance over the S seeds::

        sigma^2 = (mean of m[k]^2 - mean of v[k] / S) / 2, at least 0

    Runs that share nothing have m[k]^2 = v[k] / S on average. A trend that all runs share counts as
    well, and makes the deviation larger.

    Args:
        values: (seeds, evaluations), J of every run at the same ascending steps.

    Returns:
        0 with fewer than two seeds or three evaluations: it is unknown then.
    """
    seeds, count = values.shape
    if seeds < 2 or count < 3:
        return 0.0
    steps = np.diff(values, axis=1)
    together = float((steps.mean(axis=0) ** 2).mean())
    apart = float(steps.var(axis=0, ddof=1).mean()) / seeds
    return float(np.sqrt(max((together - apart) / 2, 0.0)))


def shared_error(frame: pd.DataFrame, measure: Measure, scalar: str) -> float:
    """Standard error that start states make of the centre of ``j0``, ``jt`` or a gain.

    It is ``common_deviation`` over t > 0, times a factor: 1 for ``j0``, which is one evaluation,
    1 / sqrt(n) for ``jt``, the mean of n, sqrt(1 + 1 / n) for ``gain``, their difference,
    sqrt(2 / n) for ``rise``, the difference of two such means, and sqrt(2) for ``offline_gain``,
    the difference of two evaluations. The change from t = 0 on is left out: it may be the gain that
    is asked about. A gain is relative to where episodes begin if the rows have it
    (``scalars.run_scalars``). The error is 0 for other scalars, and for runs without an online
    phase.

    Args:
        frame: the rows of the finished runs of one method on one task.
        measure: what J is.
        scalar: one of ``scalars.SCALARS``.
    """
    if scalar not in ("j0", "jt", "gain", "rise", "offline_gain"):
        return 0.0
    curves = [
        (steps[steps > 0], (values - starts if scalar in _CHANGES else values)[steps > 0])
        for _, steps, values, starts, _, _ in finished(frame, measure)
    ]
    everywhere = reduce(np.intersect1d, (steps for steps, _ in curves))
    table = np.array([values[np.isin(steps, everywhere)] for steps, values in curves])
    last = max(1, min(FINAL_EVALUATIONS, len(everywhere)))
    ends = max(1, window_of_rise(len(everywhere)))
    factor = {
        "j0": 1.0,
        "jt": 1 / last,
        "gain": 1 + 1 / last,
        "rise": 2 / ends,
        "offline_gain": 2.0,
    }[scalar]
    return common_deviation(table) * float(np.sqrt(factor))
