"""The bootstrap that every interval comes from.

``scipy.stats.bootstrap`` gives percentile intervals from 10 000 resamples. Each sample is resampled
on its own. With one sample a task this is the stratified bootstrap of Agarwal et al., "Deep
Reinforcement Learning at the Edge of the Statistical Precipice", NeurIPS 2021. Each call has a
generator of its own. The same input therefore gives the same numbers, whatever other calls and the
global random state are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]

RESAMPLES = 10_000
BOOTSTRAP_SEED = 20_200_616


def bootstrap(
    samples: Sequence[npt.NDArray[Any]], statistic: Callable[..., Floats], confidence: float
) -> tuple[Floats, Floats]:
    """Two-sided percentile interval of ``statistic`` when each sample is resampled on its own.

    The rule of five seeds is the caller's.

    Args:
        samples: each (..., n_i), resampled along its last axis (the same resamples for all rows).
        statistic: takes one array (..., n_i) for each sample and reduces the last axis of each.
        confidence: such as 0.95.

    Returns:
        low, high: with the statistic's shape.

    Raises:
        ValueError: ``confidence`` is not between 0 and 1.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence {confidence} must be between 0 and 1, such as 0.95")
    result = stats.bootstrap(
        tuple(samples),
        lambda *resampled, axis: statistic(*resampled),
        n_resamples=RESAMPLES,
        batch=1_000,
        axis=-1,
        vectorized=True,
        confidence_level=confidence,
        method="percentile",
        rng=np.random.default_rng(BOOTSTRAP_SEED),
    ).confidence_interval
    return np.asarray(result.low, dtype=np.float64), np.asarray(result.high, dtype=np.float64)
