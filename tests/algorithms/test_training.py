"""The one training loop: its clock, what it stores, and its errors, on a task without simulator."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from algorithms.catalogue.resolving import base_of
from algorithms.config import Schedule
from algorithms.training import DivergedError, Training, use_one_core
from algorithms.types import Batch, Metrics
from tests.algorithms.conftest import (
    ACTION_DIM,
    EVERY_METHOD,
    EVERY_ROW,
    FakeTask,
    make_training,
    through_file,
    tiny_agent,
    tiny_settings,
)

OFFLINE = "offline_steps=5"
EVERY = pytest.mark.parametrize(("name", "profile"), EVERY_METHOD)
EVERYTHING = pytest.mark.parametrize(("name", "profile"), EVERY_ROW)
ONLINE_ONLY = {
    "DAPG",
    "RLPD",
    "AWAC[scratch]",
    "AWAC[push-scratch]",
    "SAC[no-data]",
    "SAC[scratch]",
}
CLONED = {("SAC", "paper"), ("SAC+BC", "paper"), ("DAPG", "paper"), ("DAPG", "released")}
DEMONSTRATIONS = {"SAC+BC", "BC", "DAPG"}  # wanted by every update


def needs_demonstrations(name: str, profile: str) -> bool:
    base = base_of(name)
    none_needed = name in ("BC[all]", "SAC[no-data]", "SAC[scratch]")
    wanted = base in DEMONSTRATIONS or name == "AWAC[imitation]" or (base, profile) in CLONED
    return wanted and not none_needed


def gradient_steps(training: Training) -> list[tuple[int, str]]:
    """Run to the end; the clock and the kind of every gradient step."""
    steps: list[tuple[int, str]] = []
    agent = training.agent
    for kind in ("imitate", "update"):
        real = getattr(agent, kind)

        def spy(*args: object, kind: str = kind, real: object = real) -> object:
            steps.append((training.step, kind))
            return real(*args)  # type: ignore[operator]

        setattr(agent, kind, spy)
    assert training.run()
    return steps


def test_schedule() -> None:
    schedule = Schedule(online_steps=100, eval_every=25, dense_eval_every=10, dense_until=20)
    assert sorted(schedule.evaluations(30)) == [-30, -20, -10, 0, 10, 20, 45, 70, 95, 100]
    assert sorted(schedule.evaluations(0)) == [0, 10, 20, 45, 70, 95, 100]


def test_evaluations_that_are_asked_for_more_often_than_the_dense_ones_are_made() -> None:
    schedule = Schedule(online_steps=40, eval_every=5, dense_eval_every=10, dense_until=20)
    assert sorted(schedule.evaluations(20)) == [-20, -10, *range(0, 41, 5)]


def test_schedule_of_a_run_shorter_than_the_dense_phase() -> None:
    schedule = Schedule(online_steps=15, eval_every=25, dense_eval_every=10, dense_until=1000)
    assert sorted(schedule.evaluations(20)) == [-20, -10, 0, 10, 15]
    offline_only = Schedule(online_steps=0, eval_every=25, dense_eval_every=10, dense_until=0)
    assert sorted(offline_only.evaluations(20)) == [-20, -10, 0]


def test_online_evaluations_do_not_depend_on_the_length_of_the_offline_phase() -> None:
    """Curves of methods with different offline phases must share their x values."""
    schedule = Schedule(online_steps=100, eval_every=25, dense_eval_every=10, dense_until=40)
    online = [{t for t in schedule.evaluations(steps) if t >= 0} for steps in (0, 30, 25)]
    assert online[0] == online[1] == online[2]


@EVERYTHING
def test_rows_stand_at_their_clock_and_phase(name: str, profile: str) -> None:
    training = make_training(tiny_settings(name, profile, OFFLINE))
    assert training.run()
    offline = [] if {name, base_of(name)} & ONLINE_ONLY else [(t, "offline") for t in (-5, -3, -1)]
    cloned = (base_of(name), profile) in CLONED and name not in ("SAC[no-data]", "SAC[scratch]")
    cloning = 3 if cloned else 0
    assert training.cloning_steps == cloning
    assert [(row["env_step"], row["phase"]) for row in training.rows] == [
        *offline,
        (0, "offline"),
        (2, "online"),
        (4, "online"),
        (8, "online"),
        (12, "online"),
    ]
    for row in training.rows:
        clock = int(row["env_step"])
        steps = clock // 10 if name == "DAPG" and clock > 0 else clock  # 2 episodes of 5 a step
        assert row["grad_step"] == steps + (5 if offline else 0) + cloning
        assert row["train_episodes"] == max(clock, 0) // 5
        assert float(row["wall_s"]) >= 0 and "return_mean" in row
    assert "policy_std" in training.rows[-1] or "policy_loss" in training.rows[-1]


def test_gradient_steps_of_each_phase() -> None:
    training = make_training(tiny_settings("SAC", "paper", OFFLINE))
    steps = gradient_steps(training)
    assert steps == [(t, "imitate") for t in (-8, -7, -6)] + [(t, "update") for t in range(-5, 12)]
    assert training.grad_steps == 20


def test_steps_per_update_and_learning_starts() -> None:
    """A step's experience is learned from once in two steps, and not before the fifth."""
    changes = (OFFLINE, "collect_steps=4", "steps_per_update=2", "learning_starts=5")
    training = make_training(tiny_settings("AWAC", "paper", *changes))
    clock = [t for t, _ in gradient_steps(training) if t >= 0]
    assert clock == [7] * 2 + [11] * 2


SCRATCH = ("pretraining=RandomActionsFirst", "observations=FromPriorData", "learning_starts=6")


class Recorder(FakeTask):
    """Keeps the actions that it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.actions: list[np.ndarray] = []

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        self.actions.append(action)
        return super().step(action)


def test_before_learning_starts_actions_are_uniform() -> None:
    """Six of the rng that samples batches, and then those of the policy."""
    task = Recorder()
    training = make_training(tiny_settings("AWAC", "paper", *SCRATCH), task=task, prior=0)
    expected = np.random.default_rng([3, 1]).uniform(-1.0, 1.0, (6, ACTION_DIM))
    clock = [t for t, _ in gradient_steps(training)]
    assert clock == list(range(6, 12))
    np.testing.assert_array_equal(task.actions[:6], expected.astype(np.float32))
    assert np.abs(np.stack(task.actions[6:]) - expected).max() > 0.1


def test_without_prior_data_the_first_online_states_standardise() -> None:
    training = make_training(tiny_settings("AWAC", "paper", *SCRATCH), prior=0)
    training.run()
    first = training.buffer.column("observations")[:7].double()  # of steps 0 to 6
    seen = training.agent.networks["observations"]
    torch.testing.assert_close(seen.mean, first.mean(0).float())
    torch.testing.assert_close(seen.std, first.std(0, correction=0).clamp(min=1e-3).float())


def test_steps_per_update_must_divide_what_is_collected() -> None:
    with pytest.raises(ValueError, match="multiple of steps_per_update=2"):
        tiny_settings("AWAC", "paper", "steps_per_update=2")


def test_updates_per_step_and_collect_steps() -> None:
    """Steps are collected in blocks of 3, each followed by 3 * 2 updates; none offline."""
    changes = (OFFLINE, "updates_per_step=2", "collect_steps=3")
    training = make_training(tiny_settings("AWAC", "paper", *changes))
    clock = [t for t, _ in gradient_steps(training)]
    assert clock == [-5, -4, -3, -2, -1] + [2] * 6 + [5] * 6 + [8] * 6 + [11] * 6


def test_batch_sizes_of_the_phases() -> None:
    training = make_training(tiny_settings("AWAC", "paper", OFFLINE, "offline_batch_size=7"))
    sizes: dict[bool, set[int]] = {True: set(), False: set()}
    real = training.buffer.sample

    def spy(batch_size: int, rng: np.random.Generator) -> object:
        sizes[training.step < 0].add(batch_size)
        return real(batch_size, rng)

    training.buffer.sample = spy  # type: ignore[assignment,method-assign]
    training.run()
    assert sizes == {True: {7}, False: {16}}


@pytest.mark.parametrize(("border", "expected"), [(10.0, {1.0}), (1.0, {0.0, 1.0})])
def test_mask_is_1_at_time_limits_and_0_at_terminals(border: float, expected: set[float]) -> None:
    task = FakeTask(border=border)
    training = make_training(tiny_settings("AWAC", "paper", OFFLINE), task=task, online_steps=60)
    for member in training.agent.policy.mlp.layers():
        member[-1][1].fill_(0.3)  # walk outwards, reaching the nearer border in some episodes
    training.run()
    masks = training.buffer.state_dict()["online"]["masks"].tolist()
    assert masks == [0.0 if terminated else 1.0 for terminated, _ in task.ends]
    assert set(masks) == expected
    assert any(truncated and not terminated for terminated, truncated in task.ends)


def test_the_buffer_holds_what_the_environment_saw() -> None:
    """(s, a, r, s') in one row each; s' of the last step is not the next episode's start."""
    training = make_training(tiny_settings("AWAC", "paper", OFFLINE))
    training.run()
    online = training.buffer.state_dict()["online"]
    s, a, following = online["observations"], online["actions"], online["next_observations"]
    assert len(s) == 12
    torch.testing.assert_close(following[:, :2], s[:, :2] + 0.5 * a)
    near = following[:, :2].abs().amax(1) < 0.3
    torch.testing.assert_close(online["rewards"], near.float() - 1.0)
    for t in range(11):
        assert torch.equal(s[t + 1], following[t]) == ((t + 1) % 5 != 0)


def test_episodes_have_seeds_of_their_own_apart_from_evaluation_s() -> None:
    task = FakeTask()
    make_training(tiny_settings("BC", "paper", OFFLINE), task=task, online_steps=40).run()
    other = FakeTask()
    make_training(tiny_settings("BC", "paper", OFFLINE), task=other, online_steps=40, seed=4).run()
    seeds = [*task.seeds, *other.seeds]
    assert len(set(seeds)) == len(seeds) == 16
    assert all(seed is not None and 2**31 <= seed < 2**32 for seed in seeds)


class Scripted(FakeTask):
    """Its n-th step has the reward -n; the 13th, the third of an episode, alone succeeds."""

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        observation, _, terminated, truncated, _ = super().step(action)
        number = len(self.ends)
        return observation, -float(number), terminated, truncated, {"success": number == 13}


def test_training_returns_are_means_over_finished_episodes() -> None:
    """And an episode has succeeded if any of its steps did."""
    training = make_training(
        tiny_settings("BC", "paper", OFFLINE),
        task=Scripted(),
        online_steps=20,
        eval_every=10,
        dense_until=0,
    )
    training.run()
    rows = {row["env_step"]: row for row in training.rows}
    assert "train_return" not in rows[0] and "train_success" not in rows[0]
    returns = [sum(range(-n - 4, -n + 1)) for n in (1, 6, 11, 16)]
    assert rows[10]["train_return"] == pytest.approx((returns[0] + returns[1]) / 2)
    assert rows[20]["train_return"] == pytest.approx((returns[2] + returns[3]) / 2)
    assert (rows[10]["train_success"], rows[20]["train_success"]) == (0.0, 0.5)


class Unsuccessful(Scripted):
    """The same task without success, as in locomotion."""

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        return (*super().step(action)[:-1], {})


def test_a_task_without_success_has_no_share_of_successes() -> None:
    training = make_training(
        tiny_settings("BC", "paper", OFFLINE),
        task=Unsuccessful(),
        online_steps=20,
        eval_every=10,
        dense_until=0,
    )
    training.run()
    ended = [row for row in training.rows if "train_return" in row]
    assert len(ended) == 2 and all("train_success" not in row for row in ended)


def test_clipped_fraction_is_of_the_online_actions_since_the_last_row() -> None:
    """Counted from what the buffer stores; exactly as well by a run that was interrupted."""

    def begun() -> Training:
        training = make_training(
            tiny_settings("AWAC", "paper", OFFLINE), online_steps=20, task=FakeTask(horizon=3)
        )
        with torch.no_grad():
            training.agent.policy.std_logits.fill_(20.0)  # sigma 1: a third is clipped
        return training

    training = begun()
    training.run()
    rows = {row["env_step"]: row for row in training.rows}
    at_bound = training.buffer.state_dict()["online"]["actions"].abs() == 1
    assert all("clipped_fraction" not in row for step, row in rows.items() if step <= 0)
    for before, step in pairwise(sorted(step for step in rows if step >= 0)):
        expected = at_bound[before:step].float().mean().item()
        assert rows[step]["clipped_fraction"] == pytest.approx(expected, abs=1e-6)
    assert 0.05 < at_bound.float().mean() < 0.95

    interrupted = begun()
    interrupted.run(at_boundary=lambda: interrupted.step == 9)  # between two rows
    resumed = begun()
    resumed.load_state_dict(through_file(interrupted.state_dict()))
    resumed.run()
    column = [[row.get("clipped_fraction") for row in run.rows] for run in (training, resumed)]
    assert interrupted.step == 9 and column[0] == column[1]


def test_episodes_are_sampled_and_evaluations_deterministic() -> None:
    training = make_training(tiny_settings("AWAC", "paper", OFFLINE))
    real, calls = training.agent.act, []

    def spy(observation: np.ndarray, *, deterministic: bool) -> np.ndarray:
        calls.append(deterministic)
        return real(observation, deterministic=deterministic)

    training.agent.act = spy  # type: ignore[method-assign]
    training.run()
    assert calls.count(False) == 12  # the online steps
    assert calls.count(True) == 5 * len(training.rows)  # an episode of 5 steps a row


def test_cloning_and_bc_look_at_demonstrations_only() -> None:
    training = make_training(tiny_settings("BC", "paper", OFFLINE))
    training.buffer.sample = None  # type: ignore[assignment,method-assign]
    assert training.run()
    training = make_training(tiny_settings("SAC", "paper", "offline_steps=0"), online_steps=0)
    training.buffer.sample = None  # type: ignore[assignment,method-assign]
    assert training.run()
    assert training.grad_steps == 3


def test_a_model_of_the_data_beside_bc_is_trained_on_the_buffer() -> None:
    """BC still imitates demonstrations alone; the model is of prior and online actions alike."""
    settings = tiny_settings("BC", "paper", OFFLINE, "behavior=GaussianBehavior")
    training = make_training(settings, online_steps=5)
    seen: list[tuple[torch.Tensor, torch.Tensor]] = []
    real = training.agent.update

    def spy(batch: Batch, demonstrations: Batch | None = None) -> Metrics:
        assert demonstrations is not None
        seen.append((batch.actions, demonstrations.actions))
        return real(batch, demonstrations)

    training.agent.update = spy  # type: ignore[method-assign]
    assert training.run() and len(seen) == 10
    assert training.demonstrations is not None
    of_demonstrations = {tuple(a) for a in training.demonstrations.column("actions").tolist()}
    of_buffer = {tuple(a) for a in training.buffer.column("actions").tolist()}
    assert not of_demonstrations & of_buffer
    for replayed, imitated in seen:
        assert {tuple(a) for a in replayed.tolist()} <= of_buffer
        assert {tuple(a) for a in imitated.tolist()} <= of_demonstrations


@EVERYTHING
def test_missing_demonstrations_are_one_clear_error(name: str, profile: str) -> None:
    settings = tiny_settings(name, profile, OFFLINE)
    training = make_training(settings, with_demonstrations=False, online_steps=5, dense_until=0)
    if needs_demonstrations(name, profile):
        with pytest.raises(ValueError, match="needs demonstrations"):
            training.run()
    else:
        assert training.run()


@EVERY
def test_divergence_is_noticed_at_the_next_row_or_action(name: str, profile: str) -> None:
    training = make_training(tiny_settings(name, profile, OFFLINE))
    online = name in ONLINE_ONLY

    def poison() -> None:
        if training.step == (1 if online else -2):
            for parameter in training.agent.networks.parameters():
                parameter.data.fill_(torch.nan)

    match = "action is not finite at step 1" if online else r"not finite at step -1"
    with pytest.raises(DivergedError, match=match):
        training.run(on_step=poison)
    assert [row["env_step"] for row in training.rows] == ([0] if online else [-5, -3])


def test_infinite_weights_are_divergence() -> None:
    """Unclipped weights e^(A / lambda) overflow once values have run away."""
    training = make_training(tiny_settings("AWAC", "paper", OFFLINE, "lam=1e-3", "cap=inf"))
    training.agent.networks.load_state_dict(tiny_agent("AWAC").networks.state_dict())
    with pytest.raises(DivergedError, match="weights_max"):
        training.run()


def test_awac_learns_from_random_data_and_improves_online() -> None:
    """Going to the origin (at best about -0.4) from 400 random transitions (-4.8).

    Over 8 seeds: -5.0 untrained, -2.8 ... -1.6 after the offline phase, -1.4 ... -0.8 at the end;
    unweighted cloning of the same data stays at -4.8.
    """
    changes = (
        "policy_hidden=32,32",
        "q_hidden=32,32",
        "offline_batch_size=128",
        "batch_size=128",
        "policy_learning_rate=0.003",
        "q_learning_rate=0.003",
        "tau=0.05",
        "discount=0.8",
        "replay_buffer_size=2000",
        "offline_steps=400",
    )
    training = make_training(
        tiny_settings("AWAC", "paper", *changes),
        online_steps=200,
        eval_every=200,
        prior=400,
        dense_until=0,
        eval_episodes=5,
    )
    assert training.run()
    returns = {row["env_step"]: float(row["return_mean"]) for row in training.rows}
    assert returns[-400] < -4.5
    assert returns[0] > -3.5
    assert returns[200] > max(-2.0, returns[0])


def test_subnormal_numbers_are_zero_in_training() -> None:
    before = torch.get_num_threads()
    try:
        torch.set_flush_denormal(False)
        assert (torch.full((8,), 1e-40) * 0.5).count_nonzero() == 8
        use_one_core()
        assert (torch.full((8,), 1e-40) * 0.5).count_nonzero() == 0
        assert torch.get_num_threads() == 1
    finally:
        torch.set_flush_denormal(False)
        torch.set_num_threads(before)
