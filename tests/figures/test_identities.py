"""Identities of a row and from row to row: what holds passes, each breach is found alone."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest

from figures.results.identities import identities
from figures.results.schema import RESULTS
from figures.results.sequences import sequences

EPISODES, HORIZON, HELD = 5, 200, 20
TEXT = {f.name for f in RESULTS.fields if f.kind == "string"}


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    made = pd.DataFrame(list(rows))
    numbers = [name for name in made.columns if name not in TEXT]
    return made.astype(dict.fromkeys(numbers, float))


def broken(found: Any) -> set[str]:
    return {column for column, wrong, _ in found if bool(wrong.any())}


def pen(**cells: object) -> dict[str, Any]:
    """Two of five episodes succeed, one of them sustained and to the end: 101, 4 steps at goal."""
    return {
        "env": "pen-binary-v0",
        "data": "human",
        "labels": "relabelled",
        "data_checksum": "ab" * 8,
        "env_step": 600,
        "train_episodes": 3,
        "episodes": EPISODES,
        "return_mean": -179.0,
        "return_std": 39.0,
        "success_any": 0.4,
        "success_final": 0.2,
        "success_sustained": 0.2,
        "score": 10.5,
    } | cells


def push(**cells: object) -> dict[str, Any]:
    return (
        pen(
            env="SawyerPush-v0",
            return_mean=-40.0,
            return_std=5.0,
            final_distance=0.2,
            score=100 * (1 - 40 / (200 * np.hypot(0.4, 0.2))),
        )
        | cells
    )


def cheetah(mean: float, **cells: object) -> dict[str, Any]:
    base = pen(env="HalfCheetah-v2", train_episodes=0, return_mean=mean)
    row = {k: v for k, v in base.items() if not k.startswith("success") and k != "score"}
    scores = {"d4rl_score": 100 * (mean + 280.18) / 12415.18, "normalised_score": mean / 7000 + 0.1}
    return row | scores | cells


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (pen(return_mean=50.0), "return_mean"),
        (pen(return_mean=-201.0), "return_mean"),
        (pen(return_mean=-179.1), "return_mean"),  # no 895 or 896 steps over five episodes
        (pen(success_any=0.873), "success_any"),
        (pen(success_final=0.6), "success_final"),
        (pen(success_sustained=0.6), "success_sustained"),
        (pen(score=11.0), "score"),
        (pen(return_std=99.0), "return_std"),
        (pen(episodes=1, success_any=1, success_final=1, success_sustained=1), "return_std"),
        (pen(success_any=1.0, success_sustained=1.0, return_mean=-179.2), "return_mean"),
        (pen(success_any=0.2, return_mean=-159.8), "return_mean"),  # 201 steps in one episode
        (pen(success_any=float("nan")), "success_any"),
        (pen(score=float("nan")), "score"),
        (pen(final_distance=0.1), "final_distance"),
        (pen(normalised_score=0.1), "normalised_score"),
        (pen(train_return=1.0), "train_return"),
        (pen(train_episodes=4), "train_episodes"),
        (push(final_distance=0.04), "final_distance"),
        (push(final_distance=0.42), "final_distance"),
        (push(final_distance=float("nan")), "final_distance"),
        (push(return_mean=-5.0), "return_mean"),
        (cheetah(100.0, d4rl_score=4.0), "d4rl_score"),
        (cheetah(100.0, score=4.0), "score"),
        (cheetah(100.0, success_any=1.0), "success_any"),
    ],
)
def test_each_breach_is_found(row: dict[str, Any], column: str) -> None:
    assert column in broken(identities(frame(row)))


@pytest.mark.parametrize("row", [pen(), push(), cheetah(100.0)])
def test_what_holds_passes(row: dict[str, Any]) -> None:
    assert broken(identities(frame(row))) == set()


def test_no_possible_evaluation_is_refused_and_the_bounds_are_reached() -> None:
    """Brute force: all multisets of three episodes out of the extremes of each kind."""
    # (steps at the goal, success at the last one) of an episode of 200 steps
    kinds = [
        (0, False),
        (1, False),
        (1, True),
        (HELD, True),
        (HELD, False),
        (HELD + 1, False),
        (HELD + 1, True),
        (HORIZON - 1, False),
        (HORIZON, True),
    ]
    rows = []
    for chosen in itertools.combinations_with_replacement(kinds, 3):
        returns = np.array([steps - HORIZON for steps, _ in chosen])
        rows.append(
            pen(
                episodes=3,
                return_mean=returns.mean(),
                return_std=returns.std(),
                success_any=np.mean([steps > 0 for steps, _ in chosen]),
                success_final=np.mean([last for _, last in chosen]),
                success_sustained=np.mean([steps > HELD for steps, _ in chosen]),
                score=(returns.mean() + HORIZON) / 2,
            )
        )
    made = frame(*rows)
    assert broken(identities(made)) == set()
    shares = ["success_any", "success_final", "success_sustained"]
    for towards in (1, -1):  # one step of one episode more than the best, or less than the worst
        ends = made.groupby(shares)["return_mean"].transform("max" if towards > 0 else "min")
        beyond = made[shares].assign(mean=ends + towards / 3).drop_duplicates()
        tried = frame(
            *(
                pen(
                    episodes=3,
                    return_std=0.0,
                    return_mean=row.mean,
                    score=row.mean / 2 + 100,
                    success_any=row.success_any,
                    success_final=row.success_final,
                    success_sustained=row.success_sustained,
                )
                for row in beyond.itertuples()
            )
        )
        refused = [wrong for name, wrong, _ in identities(tried) if name == "return_mean"]
        assert np.logical_or.reduce(refused).all()


def test_scores_of_one_data_are_on_one_line() -> None:
    rows = [cheetah(mean) for mean in (-100.0, 0.0, 250.0, 900.0, 1700.0)]
    assert broken(identities(frame(*rows))) == set()
    rows[2]["normalised_score"] += 0.01
    (found,) = [wrong for name, wrong, _ in identities(frame(*rows)) if bool(wrong.any())]
    assert list(found) == [False, False, True, False, False]


def run(seed: int, shift: float = 0.0, **cells: object) -> list[dict[str, Any]]:
    key = {
        "preset": "small",
        "profile": "paper",
        "method": "AWAC",
        "variant": "",
        "seed": seed,
        "status": "done",
        "wall_s": 1.0,
        "policy_loss": 0.25 + shift,
        "q_mean": -1.5 - shift,
    }
    steps = ((-1000, "offline", 0), (0, "offline", 0), (1000, "online", 5))
    return [
        pen(**key, env_step=step, phase=phase, grad_step=1000 + step, train_episodes=ended)
        | {"train_return": -50.0 if ended else np.nan, "train_success": 0.2 if ended else np.nan}
        | cells
        for step, phase, ended in steps
    ]


def test_what_holds_from_row_to_row_passes() -> None:
    assert broken(sequences(frame(*run(0), *run(1, 0.01)))) == set()


@pytest.mark.parametrize(
    ("row", "cells", "column"),
    [
        (2, {"grad_step": 999}, "grad_step"),
        (2, {"wall_s": 0.5}, "wall_s"),
        (1, {"train_return": -50.0}, "train_return"),
        (2, {"train_return": np.nan}, "train_return"),
        (2, {"train_success": 0.3}, "train_success"),  # of five episodes
    ],
)
def test_each_breach_from_row_to_row(row: int, cells: dict[str, Any], column: str) -> None:
    rows = run(0)
    rows[row] |= cells
    assert broken(sequences(frame(*rows))) == {column}


@pytest.mark.parametrize(("kept", "wrong"), [((0, 2), 1), ((2,), 0), ((0,), 0)])
def test_a_run_starts_online_training_with_a_row(kept: tuple[int, ...], wrong: int) -> None:
    rows = [
        row | {"train_episodes": 0, "train_return": np.nan, "train_success": np.nan}
        for row in run(0)
    ]
    made = frame(*(rows[number] for number in kept))
    (found,) = [each for each in sequences(made) if bool(each[1].any())]
    assert found[0] == "env_step" and list(found[1]).index(True) == wrong
    unfinished = frame(rows[0] | {"status": "running"})
    assert broken(sequences(unfinished)) == set()


def test_a_copied_seed_is_found_whatever_its_returns_and_times_say() -> None:
    rows = [*run(0), *run(1, 0.01), *run(4, wall_s=2.0, return_mean=-178.0)]
    (found,) = [each for each in sequences(frame(*rows)) if bool(each[1].any())]
    assert found[0] == "seed" and list(found[1]).index(True) == 6
    assert found[2] == "has the same diagnostics as seed 0 in 3 rows: a copy"


def test_seeds_may_agree_where_nothing_was_learned_or_differs() -> None:
    """A policy that always fails has the same returns for every seed; so have other methods."""
    same = {"policy_loss": np.nan, "q_mean": 0.0}
    assert broken(sequences(frame(*run(0, **same), *run(1, **same)))) == set()
    assert broken(sequences(frame(*run(0), *run(1, method="BC")))) == set()
