"""Aggregation against hand-computed values."""

from __future__ import annotations

import numpy as np
import pytest

from figures.statistics.across_seeds import (
    aggregate_name,
    centre,
    curve,
    evaluations,
    interval,
    runs,
)


def test_centre_is_the_mean_below_four_seeds_and_the_interquartile_mean_from_four() -> None:
    assert centre(np.array([0.0, 1.0, 8.0])) == pytest.approx(3.0)
    assert centre(np.array([0.0, 1.0, 3.0, 100.0])) == pytest.approx(2.0)  # middle two
    assert centre(np.array([100.0, -50.0, 1.0, 2.0, 6.0])) == pytest.approx(3.0)  # middle three
    eight = np.array([-99.0, 99.0, 1.0, 2.0, 3.0, 6.0, -98.0, 98.0])
    assert centre(eight) == pytest.approx(3.0)  # middle four
    assert [aggregate_name(n) for n in (1, 3, 4)] == ["single seed", "mean", "interquartile mean"]


def test_centre_works_along_the_last_axis() -> None:
    values = np.array([[0.0, 1.0, 3.0, 100.0], [5.0, 5.0, 7.0, 7.0]])
    np.testing.assert_allclose(centre(values), [2.0, 6.0])


@pytest.mark.parametrize("seeds", [1, 2, 3, 4])
def test_no_interval_below_five_seeds(seeds: int) -> None:
    low, high = interval(np.random.default_rng(0).normal(size=(2, seeds)))
    assert np.isnan(low).all()
    assert np.isnan(high).all()


def test_interval_is_the_percentile_bootstrap() -> None:
    """Against an independent bootstrap written out here, to Monte-Carlo accuracy."""
    values = np.array([[0.1, 0.2, 0.4, 0.7, 0.8, 0.9]])
    low, high = interval(values)
    rng = np.random.default_rng(1)
    picked = np.sort(values[0][rng.integers(0, 6, size=(40_000, 6))], axis=1)
    expected = np.percentile(picked[:, 1:5].mean(axis=1), [2.5, 97.5])
    np.testing.assert_allclose([low[0], high[0]], expected, atol=0.01)
    assert low[0] < centre(values)[0] < high[0]


def test_interval_is_reproducible_and_blind_to_global_random_state() -> None:
    values = np.random.default_rng(3).normal(size=(4, 5))
    np.random.seed(1)
    first = interval(values)
    np.random.seed(2)
    second = interval(values)
    np.testing.assert_array_equal(first, second)


def test_interval_of_a_step_does_not_depend_on_other_steps() -> None:
    values = np.random.default_rng(3).normal(size=(4, 5))
    np.testing.assert_array_equal(np.array(interval(values))[:, 2:3], interval(values[2:3]))


@pytest.mark.filterwarnings("error")
def test_interval_of_equal_seeds_is_a_point() -> None:
    low, high = interval(np.zeros((1, 5)))
    assert (low[0], high[0]) == (0.0, 0.0)


def test_curve_aggregates_over_shared_steps_only(make_run, make_frame) -> None:
    frame = make_frame(
        make_run({0: 1.0, 10: 2.0, 20: 3.0}, seed=0)
        + make_run({0: 3.0, 20: 5.0, 30: 9.0}, seed=1)
        + make_run({0: 5.0, 15: 7.0, 20: 10.0}, seed=2)
    )
    result = curve(frame, "return_mean")
    assert result["env_step"].tolist() == [0, 20]
    assert result["centre"].tolist() == pytest.approx([3.0, 6.0])
    assert result["seeds"].tolist() == [3, 3]
    assert result["steps_left_out"].tolist() == [3, 3]
    assert result["low"].isna().all()


def test_curve_without_a_shared_step_is_absent(make_run, make_frame) -> None:
    frame = make_frame(make_run({10: 1.0}, seed=0) + make_run({20: 1.0}, seed=1))
    assert curve(frame, "return_mean").empty


def test_unfinished_and_failed_runs_do_not_enter_a_finished_curve(make_run, make_frame) -> None:
    frame = make_frame(
        make_run({0: 1.0, 10: 3.0}, seed=0)
        + make_run({0: 3.0, 10: 5.0}, seed=1)
        + make_run({0: 99.0}, seed=2, status="running")
        + make_run({0: -99.0, 10: -99.0}, seed=3, status="failed")
    )
    result = curve(frame, "return_mean")
    assert result["centre"].tolist() == pytest.approx([2.0, 4.0])
    assert result["seeds"].tolist() == [2, 2]
    assert result["complete"].all()


def test_running_seeds_are_aggregated_while_none_is_done(make_run, make_frame) -> None:
    frame = make_frame(
        make_run({0: 1.0, 10: 2.0}, seed=0, status="running")
        + make_run({0: 3.0}, seed=1, status="running")
        + make_run({0: -99.0}, seed=2, status="failed")
    )
    result = curve(frame, "return_mean")
    assert result["centre"].tolist() == pytest.approx([2.0])
    assert not result["complete"].any()


def test_only_failed_runs_make_no_curve(make_run, make_frame) -> None:
    assert curve(make_frame(make_run({0: 1.0}, status="failed")), "return_mean").empty


def test_the_latest_row_decides_the_status(make_run, make_frame) -> None:
    rows = make_run({20: 1.0}, status="done") + make_run({0: 1.0, 10: 1.0}, status="running")
    state = runs(make_frame(rows))
    assert state["status"].tolist() == ["done"]
    assert state["last_step"].tolist() == [20]


def test_init_rows_are_left_out_and_step_zero_counts_once(make_run, make_frame) -> None:
    frame = make_frame(
        make_run({-200: -1.0}, phase="init")
        + make_run({-100: 1.0, 0: 2.0})
        + make_run({0: 4.0}, phase="online")
    )
    rows = evaluations(frame, "return_mean")
    assert rows["env_step"].tolist() == [-100, 0]
    assert rows["return_mean"].tolist() == [1.0, 4.0]


def test_conditions_and_variants_are_never_averaged(make_run, make_frame) -> None:
    frame = make_frame(
        make_run({0: 1.0})
        + make_run({0: 2.0}, data="embedded")
        + make_run({0: 3.0}, labels="stored")
        + make_run({0: 4.0}, profile="released")
        + make_run({0: 5.0}, variant="lam=0.5")
    )
    result = curve(frame, "return_mean")
    assert sorted(result["centre"]) == [1.0, 2.0, 3.0, 4.0, 5.0]


def test_a_missing_value_drops_its_step(make_run, make_frame) -> None:
    frame = make_frame(make_run({0: 1.0, 10: float("nan")}) + make_run({0: 3.0, 10: 4.0}, seed=1))
    assert curve(frame, "return_mean")["env_step"].tolist() == [0]


def test_unknown_metric_is_named(make_run, make_frame) -> None:
    with pytest.raises(KeyError, match="no metric 'sucess'"):
        curve(make_frame(make_run({0: 1.0})), "sucess")
