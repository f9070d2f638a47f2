"""Scalars of runs against hand-computed values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from figures.measures import DISTANCE, NORMALISED, RETURN, SUCCESS, Measure
from figures.results.table import RUN, ResultsError
from figures.statistics.scalars import run_scalars, time_to_threshold

# Every 10 steps up to 100; offline values must not matter to any scalar.
CURVE = {
    -10: 99.0,
    0: 6.0,
    10: 3.0,
    20: 3.0,
    30: 6.0,
    40: 6.0,
    50: 8.0,
    60: 8.0,
    70: 9.0,
    80: 9.0,
    90: 10.0,
    100: 14.0,
}


def only(table: pd.DataFrame) -> pd.Series:
    assert len(table) == 1
    return table.iloc[0]


def test_scalars_of_one_run(make_run, make_frame) -> None:
    scalars = only(run_scalars(make_frame(make_run(CURVE)), RETURN))
    assert scalars["j0"] == 6.0
    assert scalars["jt"] == pytest.approx((8 + 9 + 9 + 10 + 14) / 5)  # 10
    assert scalars["gain"] == pytest.approx(10 - 6)
    assert scalars["rise"] == pytest.approx(10 - (3 + 3 + 6 + 6 + 8) / 5)
    # Trapezoids of width 10: 10 * (6/2 + 3+3+6+6+8+8+9+9+10 + 14/2) = 10 * 72, over 100 steps.
    assert scalars["auc"] == pytest.approx(7.2)
    # Smoothed at step 10, the only one in (0, 10]: (6 + 3 + 3) / 3 = 4.
    assert scalars["dip"] == pytest.approx(6 - 4)
    assert scalars["budget"] == 100
    assert scalars["evaluations"] == 11
    assert scalars["method"] == "AWAC"


def test_a_gain_is_relative_to_where_episodes_begin(make_run, make_frame) -> None:
    """Nobody moves the puck in the first four evaluations, somebody 0.05 m nearer in the others."""
    begun = {
        0: 0.19,
        10: 0.14,
        20: 0.16,
        30: 0.15,
        40: 0.17,
        50: 0.15,
        60: 0.16,
        70: 0.18,
        80: 0.14,
    }
    ends = {step: start - 0.05 * (step >= 40) for step, start in begun.items()}
    rows = make_run(begun)
    frame = make_frame(
        [
            {**row, "start_distance": start, "final_distance": end}
            for row, start, end in zip(rows, begun.values(), ends.values(), strict=True)
        ]
    )
    scalars = only(run_scalars(frame, DISTANCE))
    assert scalars["gain"] == pytest.approx(0.05)
    assert scalars["rise"] == pytest.approx(0.05 - 0.05 / 4)  # four and four of eight evaluations
    assert scalars["jt"] - scalars["j0"] == pytest.approx(0.08)  # 0.03 of it are luck
    unmoved = frame.assign(final_distance=frame["start_distance"])
    assert only(run_scalars(unmoved, DISTANCE))["gain"] == pytest.approx(0, abs=1e-12)
    unknown = only(run_scalars(unmoved.drop(columns="start_distance"), DISTANCE))["gain"]
    assert unknown == pytest.approx(0.03)  # what luck makes
    partly = unmoved.assign(start_distance=unmoved["start_distance"].where(unmoved.index > 0))
    assert only(run_scalars(partly, DISTANCE))["gain"] == unknown


def test_fluctuation_largest_value_and_episodes(make_run, make_frame) -> None:
    # Steps of J: -3 0 3 0 2 0 1 0 1 4; their squares sum to 40, of 10, halved: variance 2.
    frame = make_frame(make_run(CURVE))
    scalars = only(run_scalars(frame, RETURN))
    assert scalars["fluctuation"] == pytest.approx(2)
    assert scalars["largest"] == 14.0  # not 99, which is offline
    assert np.isnan(scalars["final_episodes"])
    counted = frame.assign(episodes=np.arange(len(frame)))
    assert only(run_scalars(counted, RETURN))["final_episodes"] == 7 + 8 + 9 + 10 + 11
    frozen = counted[counted["env_step"] <= 0]
    assert only(run_scalars(frozen, RETURN))["final_episodes"] == 1
    assert only(run_scalars(frozen, RETURN))["fluctuation"] == 0


RATES = {-10: 1.0, 0: 0.5, 10: 0.0, 20: 0.5, 40: 1.0}


def rates(make_run, make_frame, episodes: float = 10.0) -> pd.DataFrame:
    frame = make_frame(make_run(RATES))
    return frame.assign(success_any=frame["return_mean"], episodes=episodes)


def test_fluctuation_of_a_share_leaves_out_that_of_its_episodes(make_run, make_frame) -> None:
    # Halved squares: three of 0.125. J (1 - J) / 9: 1/36 0 1/36 0, so 1/72 for each difference.
    scalars = only(run_scalars(rates(make_run, make_frame), SUCCESS))
    assert scalars["fluctuation"] == pytest.approx(0.125 - 1 / 72)
    steady = rates(make_run, make_frame).assign(success_any=0.5)
    assert only(run_scalars(steady, SUCCESS))["fluctuation"] == pytest.approx(-1 / 36)


def test_noise_of_a_share_by_hand(make_run, make_frame) -> None:
    scalars = only(run_scalars(rates(make_run, make_frame), SUCCESS))
    # J(0): 5 of 10, so 7 of 14. J(T): 0, 5 and 10 of 10 each, so 17 of 34.
    at_start, at_end = (0.25 / 14) ** 0.5, (0.25 / 34) ** 0.5
    assert scalars["j0_noise"] == pytest.approx(at_start)
    assert scalars["jt_noise"] == pytest.approx(at_end)
    assert scalars["gain_noise"] == pytest.approx((at_start**2 + at_end**2) ** 0.5)
    # Three evaluations after step 0, so one at either end: 0 and 10 of 10, so 2 and 12 of 14.
    assert scalars["rise"] == pytest.approx(1.0)
    assert scalars["rise_noise"] == pytest.approx((2 * 2 / 14 * 12 / 14 / 14) ** 0.5)
    # AUC: weights 5 10 15 10 of 40; their squares sum to 450 / 1600, so 35.6 equal episodes, of
    # which 5 * 0.5 + 15 * 0.5 + 10 of 40 succeed.
    count = 10 / (450 / 1600)
    share = (0.5 * count + 2) / (count + 4)
    assert scalars["auc"] == pytest.approx(0.5)
    assert scalars["auc_noise"] == pytest.approx((share * (1 - share) / (count + 4)) ** 0.5)


def test_runs_without_success_have_noise_and_other_measures_have_none(make_run, make_frame) -> None:
    frame = rates(make_run, make_frame)
    never = only(run_scalars(frame.assign(success_any=0.0), SUCCESS))
    assert never["j0_noise"] == pytest.approx((2 / 14 * 12 / 14 / 14) ** 0.5)
    fifth = Measure("success_any", "a fifth", per_success=0.2)
    scaled = only(run_scalars(frame.assign(success_any=0.0), fifth))
    assert scaled["j0_noise"] == pytest.approx(0.2 * never["j0_noise"])
    returns = only(run_scalars(frame, RETURN))
    unknown = only(run_scalars(frame.assign(episodes=np.nan), SUCCESS))
    for scalar in ("j0_noise", "jt_noise", "gain_noise", "rise_noise", "auc_noise"):
        assert returns[scalar] == unknown[scalar] == 0
    frozen = only(run_scalars(frame[frame["env_step"] <= 0], SUCCESS))
    assert frozen["jt_noise"] == frozen["auc_noise"] == frozen["j0_noise"] > 0
    assert frozen["gain_noise"] == frozen["rise_noise"] == 0  # the policy stays as it is
    two = only(run_scalars(frame[frame["env_step"] <= 10], SUCCESS))
    assert two["rise"] == two["rise_noise"] == 0  # one evaluation after step 0 rises from nothing


def test_slope_is_that_of_a_line_per_100_000_steps(make_run, make_frame) -> None:
    # J = 2 + t / 1000: 100 points in 100 000 steps. The offline value is off the line.
    frame = make_frame(make_run({-500: -70.0, 0: 2.0, 1000: 3.0, 2000: 4.0, 4000: 6.0}))
    scalars = only(run_scalars(frame, RETURN))
    assert scalars["slope"] == pytest.approx(100.0)
    assert scalars["monotonicity"] == pytest.approx(1.0)


def test_monotonicity_is_spearmans_with_tied_ranks(make_run, make_frame) -> None:
    # Ranks of t: 1 2 3 4; of J = 1 4 2 3: 1 4 2 3. rho = 1 - 6 * (0 + 4 + 1 + 1) / (4 * 15) = 0.4.
    frame = make_frame(make_run({0: 1.0, 1: 4.0, 2: 2.0, 3: 3.0}))
    assert only(run_scalars(frame, RETURN))["monotonicity"] == pytest.approx(0.4)


@pytest.mark.filterwarnings("error")
def test_a_constant_run_has_no_monotonicity_and_slope_zero(make_run, make_frame) -> None:
    scalars = only(run_scalars(make_frame(make_run({0: 5.0, 50: 5.0, 100: 5.0})), RETURN))
    assert np.isnan(scalars["monotonicity"])
    assert scalars["slope"] == 0.0
    assert (scalars["auc"], scalars["gain"]) == (5.0, 0.0)


def test_uneven_steps_weigh_by_their_distance(make_run, make_frame) -> None:
    # 0..10 at mean 5, 10..100 at 10: (10 * 5 + 90 * 10) / 100 = 9.5; a mean of values would be 6.7.
    frame = make_frame(make_run({0: 0.0, 10: 10.0, 100: 10.0}))
    assert only(run_scalars(frame, RETURN))["auc"] == pytest.approx(9.5)


def test_fewer_than_five_online_evaluations_are_all_averaged(make_run, make_frame) -> None:
    frame = make_frame(make_run({0: 100.0, 10: 1.0, 20: 2.0, 30: 6.0}))
    assert only(run_scalars(frame, RETURN))["jt"] == pytest.approx(3.0)  # without step 0


@pytest.mark.parametrize(
    ("values", "dip"),
    [
        # Window (0, 20] of 200. Step 10: (9 + 3 + 0) / 3 = 4; step 20: (3 + 0 + 3) / 3 = 2.
        ({0: 9.0, 10: 3.0, 20: 0.0, 30: 3.0, 200: 9.0}, 7.0),
        # A fall after the window, at 30, enters step 20 as its neighbour only: (9 + 9 + 0) / 3 = 6.
        ({0: 9.0, 10: 9.0, 20: 9.0, 30: 0.0, 200: 0.0}, 3.0),
        # It only rises. Step 10: (1 + 2 + 3) / 3 = 2; step 20: 3.
        ({0: 1.0, 10: 2.0, 20: 3.0, 30: 4.0, 200: 9.0}, -1.0),
    ],
)
def test_dip_by_hand(values, dip, make_run, make_frame) -> None:
    assert only(run_scalars(make_frame(make_run(values)), RETURN))["dip"] == pytest.approx(dip)


def test_what_is_gained_offline_by_hand(make_run, make_frame) -> None:
    """From the first evaluation, not the second; the phase `init` is none."""
    run = make_run({-20: 0.25, -10: 0.9, 0: 0.75, 10: 0.0}, success_any=0.0)
    for row in run:
        row["success_any"], row["episodes"] = row["return_mean"], 20
    frame = make_frame(run + make_run({0: 50.0}, phase="init"))
    scalars = only(run_scalars(frame, SUCCESS))
    assert scalars["offline_gain"] == pytest.approx(0.5)
    before, end = (5 + 2) / 24, (15 + 2) / 24
    variances = (before * (1 - before) + end * (1 - end)) / 24
    assert scalars["offline_gain_noise"] == pytest.approx(variances**0.5)
    without = only(run_scalars(make_frame(make_run({0: 1.0, 10: 5.0})), RETURN))
    assert (without["offline_gain"], without["offline_gain_noise"]) == (0.0, 0.0)


def test_an_offline_gain_is_relative_to_where_episodes_begin(make_run, make_frame) -> None:
    rows = make_run(dict.fromkeys((-10, 0, 10), 0.0))
    for row, metres, start in zip(rows, (0.16, 0.15, 0.1), (0.15, 0.12, 0.1), strict=True):
        row["final_distance"], row["start_distance"] = metres, start
    scalars = only(run_scalars(make_frame(rows), DISTANCE))
    assert scalars["offline_gain"] == pytest.approx((0.16 - 0.15) - (0.15 - 0.12))


def test_dip_without_an_evaluation_in_the_first_tenth_is_unknown(make_run, make_frame) -> None:
    frame = make_frame(make_run({0: 9.0, 50: 0.0, 100: 9.0}))
    assert np.isnan(only(run_scalars(frame, RETURN))["dip"])


def test_a_distance_is_turned_round(make_run, make_frame) -> None:
    rows = make_run(dict.fromkeys((0, 10, 100), 0.0))
    for row, metres in zip(rows, (0.5, 0.8, 0.1), strict=True):
        row["final_distance"] = metres
    scalars = only(run_scalars(make_frame(rows), DISTANCE))
    assert scalars["j0"] == -0.5
    assert scalars["gain"] == pytest.approx(0.5 - (0.8 + 0.1) / 2)
    # Step 10: mean of 0.5, 0.8, 0.1 is 0.4667 m, nearer than 0.5: it only rises.
    assert scalars["dip"] == pytest.approx(-0.5 + 1.4 / 3)


def test_flipping_the_sign_of_values_flips_linear_scalars(make_run, make_frame) -> None:
    there = only(run_scalars(make_frame(make_run(CURVE)), RETURN))
    flipped = make_frame(make_run({step: -value for step, value in CURVE.items()}))
    back = only(run_scalars(flipped, RETURN))
    for name in ("j0", "jt", "auc", "gain", "rise", "slope", "monotonicity"):
        assert back[name] == pytest.approx(-there[name])


def test_a_method_without_an_online_phase_is_frozen_until_the_largest_budget(
    make_run, make_frame
) -> None:
    frame = make_frame(
        make_run({-10: 1.0, 0: 7.0}, method="BC")
        + make_run({0: 1.0, 50: 2.0}, method="SAC", seed=0)
        + make_run({0: 1.0, 50: 2.0, 100: 3.0}, method="SAC", seed=1)
        + make_run({0: 1.0, 900: 3.0}, method="SAC", seed=2, status="failed")
        + make_run({0: 1.0, 500: 3.0}, method="SAC", env="door-binary-v0")
    )
    table = run_scalars(frame, RETURN)
    clone = only(table[table["method"] == "BC"])
    assert (clone["j0"], clone["jt"], clone["auc"]) == (7.0, 7.0, 7.0)
    assert (clone["dip"], clone["gain"], clone["rise"], clone["slope"]) == (0.0, 0.0, 0.0, 0.0)
    assert np.isnan(clone["monotonicity"])
    assert clone["budget"] == 100  # neither the failed run's nor another task's
    pen = table[(table["method"] == "SAC") & (table["env"] == "pen-binary-v0")]
    assert pen["budget"].tolist() == [50, 100]  # different budgets are kept and shown


def test_only_finished_runs_count(make_run, make_frame) -> None:
    frame = make_frame(
        make_run({0: 1.0, 10: 1.0}, seed=0)
        + make_run({0: 1.0, 10: 1.0, 20: 5.0}, seed=1, status="failed")
        + make_run({0: 1.0}, seed=2, status="running")
    )
    assert run_scalars(frame, RETURN)["seed"].tolist() == [0]


def test_no_finished_run_gives_an_empty_table_with_its_columns(make_run, make_frame) -> None:
    frame = make_frame(make_run({0: 1.0, 10: 1.0}, status="running"))
    assert {"j0", "auc", *RUN} <= set(run_scalars(frame, RETURN).columns)
    assert run_scalars(frame, RETURN).empty
    assert time_to_threshold(frame, RETURN, 1.0).empty


def test_variants_and_seeds_are_runs_of_their_own(make_run, make_frame) -> None:
    frame = make_frame(
        make_run({0: 1.0, 10: 3.0}, seed=0)
        + make_run({0: 2.0, 10: 3.0}, seed=1)
        + make_run({0: 5.0, 10: 3.0}, seed=0, variant="lam=1")
    )
    table = run_scalars(frame, RETURN).set_index(["variant", "seed"])
    assert table["j0"].to_dict() == {("", 0): 1.0, ("", 1): 2.0, ("lam=1", 0): 5.0}


def test_the_online_row_of_step_0_counts(make_run, make_frame) -> None:
    frame = make_frame(
        make_run({-10: 0.0, 0: 1.0}, phase="offline")
        + make_run({0: 2.0, 10: 4.0}, phase="online")
        + make_run({0: 50.0}, phase="init")
    )
    scalars = only(run_scalars(frame, RETURN))
    assert scalars["j0"] == 2.0
    assert scalars["evaluations"] == 2


def test_a_run_without_a_value_at_step_0_is_refused_by_name(make_run, make_frame) -> None:
    frame = make_frame(make_run({-10: 1.0, 10: 2.0}, method="SAC", seed=7))
    with pytest.raises(ResultsError, match=r"pen-binary-v0, SAC, seed 7: no return_mean .* 0"):
        run_scalars(frame, RETURN)


def test_a_task_without_the_measure_has_no_scalars_of_it(make_run, make_frame) -> None:
    frame = make_frame(
        make_run({0: 1.0, 10: 2.0}, success_any=0.5)
        + make_run({0: 1.0, 10: 2.0}, env="HalfCheetah-v2", success_any=np.nan)
    )
    assert run_scalars(frame, SUCCESS)["env"].tolist() == ["pen-binary-v0"]
    assert len(run_scalars(frame, RETURN)) == 2


def test_a_run_without_the_measure_in_a_task_that_has_it_is_refused(make_run, make_frame) -> None:
    frame = make_frame(
        make_run({0: 1.0, 10: 2.0}, success_any=0.5)
        + make_run({0: 1.0, 10: 2.0}, seed=1, success_any=np.nan)
    )
    with pytest.raises(ResultsError, match="seed 1: finished, but without any success_any"):
        run_scalars(frame, SUCCESS)


def test_an_absent_column_is_refused(make_run, make_frame) -> None:
    frame = make_frame(make_run({0: 1.0}))
    with pytest.raises(ResultsError, match="no column normalised_score"):
        run_scalars(frame, NORMALISED)


@pytest.mark.parametrize(
    ("online", "time", "observed"),
    [
        # at 0 the mean of five is 7.2; from 10 on it is 9
        ([0.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0], 10.0, True),
        # a peak of three is no level: at most 27 / 5
        ([0.0, 9.0, 9.0, 9.0, 0.0, 0.0, 0.0, 0.0], 30.0, False),
        # held for five, then lost: the mean from 0 on is 45 / 8
        ([9.0, 9.0, 9.0, 9.0, 9.0, 0.0, 0.0, 0.0], 30.0, False),
        # held on the whole, lost at the end: 8.4 from 0 on, 7.8 over the last five
        ([9.0, 9.0, 9.0, 9.0, 9.0, 7.0, 7.0, 7.0], 30.0, False),
        # one bad evaluation in five: 36 / 5 = 7.2 at first, (4 * 9 + 5) / 5 = 8.2 with a 5
        ([9.0, 9.0, 5.0, 9.0, 9.0, 9.0], 0.0, True),
        # exactly at the threshold counts
        ([0.0, 8.0, 8.0, 8.0, 8.0, 8.0], 10.0, True),
        # too late: only four evaluations are left, so that it is censored where five are
        ([0.0, 0.0, 9.0, 9.0, 9.0, 9.0], 10.0, False),
        # fewer than five evaluations: the mean of all
        ([7.0, 9.0, 9.0], 0.0, True),
        ([0.0, 9.0, 9.0], 0.0, False),
    ],
)
def test_time_to_threshold_by_hand(online, time, observed, make_run, make_frame) -> None:
    curve = {-20: 9.0, -10: 9.0} | {10 * i: value for i, value in enumerate(online)}
    row = only(time_to_threshold(make_frame(make_run(curve)), RETURN, 8.0))
    assert (row["time"], row["observed"]) == (time, observed)


def test_means_that_round_below_the_threshold_are_at_it(make_run, make_frame) -> None:
    values = (0.85, 0.95, 0.9, 0.95, 0.85)
    assert np.mean(values) < 0.9  # 0.8999999999999998
    frame = make_frame(make_run({10 * i: value for i, value in enumerate(values)}))
    assert only(time_to_threshold(frame, RETURN, 0.9))["time"] == 0.0


def test_a_window_of_one_asks_that_the_rest_holds(make_run, make_frame) -> None:
    frame = make_frame(make_run({0: 9.0, 10: 0.0, 20: 9.0, 30: 9.0}))
    assert only(time_to_threshold(frame, RETURN, 8.0, window=1))["time"] == 20.0


def test_noise_about_a_lower_level_rarely_counts_as_reaching(make_run, make_frame) -> None:
    """A constant success of 0.8, 13 evaluations of 20 episodes: the median of three is at 0.9 in
    more than half of such runs."""
    rng = np.random.default_rng(0)
    rows = []
    for seed in range(200):
        draws = rng.binomial(20, 0.8, 13) / 20
        rows += make_run({2_500 * i: value for i, value in enumerate(draws)}, seed=seed)
    assert time_to_threshold(make_frame(rows), RETURN, 0.9)["observed"].mean() < 0.03


def test_frozen_methods_are_there_at_0_or_censored_at_the_budget(make_run, make_frame) -> None:
    frame = make_frame(
        make_run({0: 9.0}, method="BC", seed=0)
        + make_run({0: 1.0}, method="BC", seed=1)
        + make_run({0: 1.0, 70: 1.0}, method="SAC")
    )
    table = time_to_threshold(frame, RETURN, 8.0).set_index(["method", "seed"])
    # never at the threshold: the frozen one by the budget; one trained online by where it is asked
    assert table["time"].to_dict() == {("BC", 0): 0.0, ("BC", 1): 70.0, ("SAC", 0): 0.0}
    assert table["observed"].to_dict() == {("BC", 0): True, ("BC", 1): False, ("SAC", 0): False}
    assert table["observed"].dtype == bool


def test_a_threshold_on_a_distance_is_in_metres(make_run, make_frame) -> None:
    rows = make_run(dict.fromkeys((0, 10, 20), 0.0))
    for row, metres in zip(rows, (0.5, 0.05, 0.04), strict=True):
        row["final_distance"] = metres
    row = only(time_to_threshold(make_frame(rows), DISTANCE, 0.05, window=2))
    assert (row["time"], row["observed"]) == (10.0, True)  # 0.05 and 0.04 are at most 0.05


@pytest.mark.parametrize(("threshold", "window"), [(1.0, 0), (1.0, -1), (np.nan, 3)])
def test_senseless_thresholds_and_windows_are_refused(
    threshold, window, make_run, make_frame
) -> None:
    with pytest.raises(ValueError, match="window|threshold"):
        time_to_threshold(make_frame(make_run({0: 1.0})), RETURN, threshold, window)
