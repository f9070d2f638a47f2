"""Stopping anywhere and going on from the file gives the bits of a run that never stopped."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch

from algorithms.catalogue.methods import METHODS
from algorithms.catalogue.resolving import base_of
from algorithms.catalogue.settings import Settings
from algorithms.catalogue.variants import VARIANTS
from algorithms.training import Training
from tests.algorithms.conftest import (
    EVERY_METHOD,
    make_training,
    through_file,
    tiny_settings,
    weights_of,
)
from tests.tiers import tiered

QUICK = ("AWAC", "SAC+BC", "AWR", "DAPG", "BEAR", "MPO")
EVERY = pytest.mark.parametrize(
    ("name", "profile"), tiered(EVERY_METHOD, [(name, "paper") for name in QUICK])
)


def settings_of(name: str, profile: str) -> Settings:
    """Updates in blocks of 4 steps, which end inside of episodes of 5; a ring that wraps."""
    changes = ("offline_steps=4", "collect_steps=4", "replay_buffer_size=53")
    return tiny_settings(name, profile, *changes)


def new_training(settings: Settings) -> Training:
    return make_training(settings, online_steps=17, eval_every=3)


def outcome(training: Training) -> dict[str, Any]:
    """Everything that may not differ; wall-clock time may."""
    state = training.state_dict()
    rows = [{k: v for k, v in row.items() if k != "wall_s"} for row in training.rows]
    return {
        "rows": rows,
        "counters": (state["step"], state["grad_steps"], state["episodes"]),
        "rng": state["rng"],
        "generator": state["agent"]["generator"].tolist(),
        "evaluation": state["agent"]["evaluation"].tolist(),
        "unused": state["unused"],
        "finished": state["finished"],
        "optimizers": through_file(state["agent"]["optimizers"]),
    }


def assert_same(first: Any, second: Any) -> None:
    """Equal to the bit, also inside of nested containers."""
    if isinstance(first, torch.Tensor):
        assert torch.equal(first, second)
    elif isinstance(first, dict):
        assert first.keys() == second.keys()
        for key in first:
            assert_same(first[key], second[key])
    elif isinstance(first, list | tuple):
        assert len(first) == len(second)
        for a, b in zip(first, second, strict=True):
            assert_same(a, b)
    else:
        assert first == second


def boundaries(training: Training) -> list[int]:
    """Every cloning and offline step, every end of an episode."""
    return [*range(training.start, 0), 0, 5, 10, 15]


@EVERY
def test_interruption_at_every_boundary(name: str, profile: str) -> None:
    settings = settings_of(name, profile)
    snapshots: list[tuple[int, Any]] = []
    whole = new_training(settings)

    def snapshot() -> bool:
        snapshots.append((whole.step, through_file(whole.state_dict())))
        return False

    assert whole.run(at_boundary=snapshot)
    assert [step for step, _ in snapshots] == boundaries(whole)
    last = (whole.step, through_file(whole.state_dict()))
    # each up to the next: what equals it there has its future too
    for (step, state), (following, expected) in pairwise([*snapshots, last]):
        resumed = new_training(settings)
        resumed.load_state_dict(state)
        assert resumed.step == step
        calls = iter([False])
        finished = resumed.run(at_boundary=lambda calls=calls: next(calls, True))
        assert finished == (following == last[0])
        assert resumed.step == following
        assert_same(timeless(through_file(resumed.state_dict())), timeless(expected))
    assert_same_run(resumed, whole)


def timeless(state: dict[str, Any]) -> dict[str, Any]:
    """A state without its seconds."""
    rows = [{k: v for k, v in row.items() if k != "wall_s"} for row in state["rows"]]
    return {k: v for k, v in state.items() if k != "seconds"} | {"rows": rows}


def assert_same_run(first: Training, second: Training) -> None:
    assert_same(outcome(first), outcome(second))
    assert_same(weights_of(first.agent), weights_of(second.agent))
    assert_same(first.buffer.state_dict(), second.buffer.state_dict())


@pytest.mark.parametrize("name", VARIANTS)
def test_interruption_of_a_variant(name: str) -> None:
    """Twice: in the offline phase where there is one, and after the first online episode."""
    settings = settings_of(name, "paper")
    whole, pieces = new_training(settings), [-2, 5, None]
    if not settings.method.pretraining.offline:
        pieces.remove(-2)
    assert whole.run()
    state: Any = None
    for stop in pieces:
        piece = new_training(settings)
        if state is not None:
            piece.load_state_dict(state)
        finished = piece.run(at_boundary=lambda piece=piece, stop=stop: piece.step == stop)
        assert finished == (stop is None)
        state = through_file(piece.state_dict())
    assert_same_run(piece, whole)


@pytest.mark.parametrize("name", tiered(METHODS, QUICK))
def test_evaluating_does_not_change_what_is_learned(name: str) -> None:
    """Acting in evaluation draws candidates too (BCQ, BEAR): from a stream of its own."""
    settings = settings_of(name, "paper")
    often, seldom = (
        make_training(settings, online_steps=17, eval_every=every, dense_until=until)
        for every, until in ((1, 0), (100, 0))
    )
    assert often.run() and seldom.run()
    assert len(often.rows) > len(seldom.rows)
    assert_same(weights_of(often.agent), weights_of(seldom.agent))
    assert_same(often.buffer.state_dict(), seldom.buffer.state_dict())
    assert torch.equal(often.agent.generator.get_state(), seldom.agent.generator.get_state())


@pytest.mark.parametrize("name", ["AWAC", "SAC+BC", "AWR", "DAPG", "BEAR", "Cal-QL"])
def test_stopping_at_every_boundary_in_turn(name: str) -> None:
    """As a queue would: each process does one piece, the next one reads its file."""
    settings = settings_of(name, "paper")
    whole = new_training(settings)
    assert whole.run()
    state, pieces, finished = None, 0, False
    while not finished:
        training = new_training(settings)
        calls = iter([False])
        if state is not None:
            training.load_state_dict(state)
        finished = training.run(at_boundary=lambda calls=calls: next(calls, True))
        state, pieces = through_file(training.state_dict()), pieces + 1
    assert pieces == whole.offline_steps + whole.cloning_steps + 4
    assert whole.offline_steps == (0 if base_of(name) == "DAPG" else 4)
    assert_same_run(training, whole)


def test_stopping_says_that_the_run_is_not_finished() -> None:
    training = new_training(settings_of("AWAC", "paper"))
    assert training.run(at_boundary=lambda: training.step == 5) is False
    assert training.step == 5 and training.episodes == 1
    assert training.run() is True
    assert training.step == 17
    assert training.run() is True  # once more does nothing
    assert training.step == 17 and len({row["env_step"] for row in training.rows}) == len(
        training.rows
    )


def test_wall_time_goes_on_after_resuming() -> None:
    settings = settings_of("AWAC", "paper")
    training = new_training(settings)
    training.run(at_boundary=lambda: training.step == 5)
    state = through_file(training.state_dict())
    state["seconds"]["total"] = 1000.0
    resumed = new_training(settings)
    resumed.load_state_dict(state)
    resumed.run()
    later = [float(row["wall_s"]) for row in resumed.rows if int(row["env_step"]) > 5]
    assert later and min(later) >= 1000


def test_a_row_is_announced_once_and_before_its_checkpoint() -> None:
    training = new_training(settings_of("AWAC", "paper"))
    announced: list[int] = []
    training.run(on_row=lambda: announced.append(int(training.rows[-1]["env_step"])))
    assert announced == [int(row["env_step"]) for row in training.rows]

    stopped = new_training(settings_of("AWAC", "paper"))
    stopped.run(at_boundary=lambda: True)
    assert [row["env_step"] for row in stopped.rows] == [-4]
    resumed = new_training(settings_of("AWAC", "paper"))
    resumed.load_state_dict(through_file(stopped.state_dict()))
    announced.clear()
    resumed.run(on_row=lambda: announced.append(int(resumed.rows[-1]["env_step"])))
    assert announced == [int(row["env_step"]) for row in training.rows][1:]
