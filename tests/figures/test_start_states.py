"""The noise of start states that all runs of an evaluation share."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from figures.measures import DISTANCE, SUCCESS
from figures.statistics.across_seeds import Floats
from figures.statistics.estimates import Estimate
from figures.statistics.power import distance_seen
from figures.statistics.resampling import widened
from figures.statistics.start_states import common_deviation, shared_error
from reproduce.judging.conditions import Above, Verdict
from reproduce.judging.evidence import Noise
from reproduce.judging.levels import level_of


def test_what_runs_have_in_common_by_hand() -> None:
    alike = np.array([[0.0, 1.0, 0.0], [0.0, 1.0, 0.0]])  # both change by 1 and -1
    assert common_deviation(alike) == pytest.approx(np.sqrt(1 / 2))
    against = np.array([[0.0, 1.0, 0.0], [0.0, -1.0, 0.0]])  # no mean change, variance 2
    assert common_deviation(against) == 0
    # changes (1, -1) and (3, -1): means 2 and -1, variances 2 and 0
    some = np.array([[0.0, 1.0, 0.0], [0.0, 3.0, 2.0]])
    assert common_deviation(some) == pytest.approx(np.sqrt(((4 + 1) / 2 - (2 + 0) / 2 / 2) / 2))


@pytest.mark.parametrize("shape", [(1, 9), (5, 2)])
def test_one_run_or_two_evaluations_have_nothing_in_common(shape: tuple[int, int]) -> None:
    assert common_deviation(np.arange(float(np.prod(shape))).reshape(shape) ** 2) == 0


@pytest.mark.parametrize("sigma", [0.0, 0.05, 0.2])
def test_a_planted_deviation_is_found(sigma: float) -> None:
    rng = np.random.default_rng(0)
    found = [
        common_deviation(rng.normal(0, 0.1, (5, 12)) + rng.normal(0, sigma, 12)) ** 2
        for _ in range(2_000)
    ]
    # without any, cutting at 0 leaves a part of the noise of five runs, 0.1^2 / 5
    assert np.mean(found) == pytest.approx(sigma**2, rel=0.05, abs=0.0007)


def rows(values: Floats, starts: Floats | None = None, first: float = 0.3) -> pd.DataFrame:
    """Runs with an offline evaluation, `first` at step 0, and `values` (seeds, n) online."""
    made = []
    for seed, run in enumerate(values):
        for number, value in enumerate([first, *run]):
            step = 1000 * number
            made.append((seed, "online" if step else "offline", step, value, 0.0))
        made.append((seed, "offline", -1000, 0.9, 0.0))
    names = ["seed", "phase", "env_step", SUCCESS.column, DISTANCE.start]
    frame = pd.DataFrame(made, columns=names)
    frame[DISTANCE.column] = frame[SUCCESS.column]
    for name in ("env", "data", "labels", "profile", "label", "method", "variant"):
        frame[name] = name
    frame["status"], frame["grad_step"] = "done", 0
    if starts is not None:
        online = frame["env_step"] > 0
        frame.loc[online, DISTANCE.start] = starts[(frame.loc[online, "env_step"] // 1000 - 1)]
    return frame


def test_the_error_of_each_scalar_counts_its_evaluations() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(0.5, 0.1, 8) + rng.normal(0, 0.01, (4, 8))
    sigma = common_deviation(values)
    assert sigma > 0.05
    frame = rows(values)
    assert shared_error(frame, SUCCESS, "j0") == pytest.approx(sigma)
    assert shared_error(frame, SUCCESS, "jt") == pytest.approx(sigma / np.sqrt(5))
    assert shared_error(frame, SUCCESS, "gain") == pytest.approx(sigma * np.sqrt(1 + 1 / 5))
    assert shared_error(frame, SUCCESS, "rise") == pytest.approx(sigma * np.sqrt(2 / 4))
    assert shared_error(frame, SUCCESS, "slope") == 0
    short = rows(values[:, :3])
    assert shared_error(short, SUCCESS, "jt") == pytest.approx(
        common_deviation(values[:, :3]) / np.sqrt(3)
    )


def test_a_jump_from_step_0_is_not_taken_for_start_states() -> None:
    assert shared_error(rows(np.full((5, 8), 0.9), first=0.0), SUCCESS, "gain") == 0


def test_a_run_without_an_online_phase_shares_nothing() -> None:
    frame = rows(np.full((5, 8), 0.9))
    assert shared_error(frame[frame["env_step"] <= 0], SUCCESS, "j0") == 0


def test_a_gain_is_relative_to_where_episodes_begin() -> None:
    starts = np.random.default_rng(2).normal(0.2, 0.05, 8)
    frame = rows(np.tile(starts - 0.1, (5, 1)), starts)  # each ends 10 cm nearer than it began
    assert shared_error(frame, DISTANCE, "gain") == pytest.approx(0, abs=1e-12)
    assert shared_error(frame, DISTANCE, "rise") == pytest.approx(0, abs=1e-12)
    assert shared_error(frame, DISTANCE, "j0") > 0.02


def test_a_shared_error_adds_to_the_variance_of_an_interval() -> None:
    found = Estimate(0.5, 0.2, 0.54, 5, "x", confidence=0.95)
    wide = widened(found, 0.1)
    reach = 1.959964 * 0.1
    assert wide.low == pytest.approx(0.5 - np.hypot(0.3, reach))
    assert wide.high == pytest.approx(0.5 + np.hypot(0.04, reach))
    assert widened(found, 0.0) == found
    groups = [np.array([0.1, 0.2, 0.3, 0.4, 0.5])]
    alone = distance_seen(groups, confidence=0.95)
    more = distance_seen(groups, confidence=0.95, shared=0.1)
    assert more == pytest.approx(np.hypot(alone, (1.959964 + 0.841621) * 0.1), rel=1e-5)


def test_start_states_alone_rarely_decide_a_gain() -> None:
    """Runs at a constant 0.7 gain nothing. Each evaluation has states of its own, easier or harder
    by 0.06, and each run errs by as much. A gain above 0, or below it, is an error."""
    rng = np.random.default_rng(3)
    experiments, wrong = 400, {"told": 0, "untold": 0}
    for _ in range(experiments):
        curves = 0.7 + rng.normal(0, 0.06, 13) + rng.normal(0, 0.06, (10, 13))
        gains = curves[:, -5:].mean(axis=1) - curves[:, 0]
        shared = shared_error(rows(curves[:, 1:]), SUCCESS, "gain")
        for name, noise in (("told", Noise(shared=shared)), ("untold", Noise())):
            verdict = Above(0.0).verdict(level_of(gains, noise))
            wrong[name] += verdict in (Verdict.SUPPORTED, Verdict.CONTRADICTED)
    assert wrong["untold"] > 0.2 * experiments  # what the spread between seeds alone would say
    assert wrong["told"] <= 0.05 * experiments
