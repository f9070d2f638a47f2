"""Locomotion end to end: a tiny expert is trained, resumed, shipped, and demonstrates."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save

from algorithms.data.observations import Standardisation
from envs.data.sources import Request
from envs.making import make_task
from envs.tasks import task
from envs.trajectory import DataError
from reproduce import train_expert
from reproduce.data import expert as expert_data
from reproduce.data.actors import filename, load_actor, read_actor, save_actor
from reproduce.data.expert import expert_demonstrations
from reproduce.runs.assemble import assemble
from reproduce.runs.evaluator import random_return, scores
from reproduce.runs.resolved import resolved
from reproduce.specs.grid import RunSpec
from reproduce.specs.place import Place

CHEETAH = "HalfCheetah-v2"
MIDDLE = -280.0  # what nearly random actions return
TINY = (
    "--set",
    "policy_hidden=8,8",
    "--set",
    "q_hidden=8,8",
    "--set",
    "online_steps=1600",
    "--set",
    "learning_starts=1000",
    "--set",
    "eval_every=1000",
    "--set",
    "eval_episodes=1",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the weights of a policy that has learned next to nothing."""
    out = tmp_path_factory.mktemp("experts")
    handlers = _handlers()
    arguments = ["--env", CHEETAH, "--out", str(out / "results"), "--cache-dir", str(out), *TINY]
    actor = out / filename(CHEETAH)
    assert train_expert.main([*arguments, "--actor", str(actor)]) == 0
    again = out / "again.safetensors"
    assert train_expert.main([*arguments, "--actor", str(again)]) == 0  # done: only exported
    assert again.read_bytes() == actor.read_bytes()
    _restore(handlers)
    return out


def _handlers() -> dict[Any, Any]:
    import signal

    return {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}


def _restore(handlers: dict[Any, Any]) -> None:
    import signal

    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_actor_file_holds_what_was_trained(folder: Path) -> None:
    actor = load_actor(CHEETAH, folder)
    env = make_task(CHEETAH)
    returns = []
    for seed in range(1_000_000, 1_000_002):
        observation, _ = env.reset(seed=seed)
        total, ended = 0.0, False
        while not ended:
            observation, reward, terminated, truncated, _ = env.step(actor.act(observation))
            total, ended = total + float(reward), terminated or truncated
        returns.append(total)
    assert np.std(returns) > 0
    spread = 4 * float(actor.metadata["return_std"]) + 1e-6
    assert np.mean(returns) == pytest.approx(actor.return_mean, abs=spread)
    assert actor.metadata["env_steps"] == 1600
    assert actor.metadata["grad_steps"] == 150  # (1600 - 1000) / 4
    assert (folder / filename(CHEETAH)).stat().st_size < 500_000


def test_samples_come_from_their_generator(folder: Path) -> None:
    actor, zeros = load_actor(CHEETAH, folder), np.zeros(17, dtype=np.float32)

    def draw(seed: int) -> np.ndarray:
        return actor.act(zeros, generator=torch.Generator().manual_seed(seed))

    assert (draw(0) == draw(0)).all() and (draw(0) != draw(1)).all()
    assert np.abs(draw(0)).max() <= 1


def test_actor_file_holds_the_statistics_of_its_observations(folder: Path) -> None:
    plain = load_actor(CHEETAH, folder)
    see = Standardisation(17)
    see.fit(torch.tensor([[-1.0] * 17, [3.0] * 17]), floor=1e-3)
    path = folder / "standardised" / filename(CHEETAH)
    save_actor(path, plain.policy, plain.metadata, see=see)
    observation = np.linspace(-1, 1, 17, dtype=np.float32)
    expected = plain.act((observation - 1) / 2)
    np.testing.assert_allclose(read_actor(path, CHEETAH).act(observation), expected, rtol=1e-5)
    assert np.abs(plain.act(observation) - expected).max() > 1e-6
    arrays = load_file(path)
    for broken in ({"observations.mean": None}, {"observations.std": torch.ones(3)}):
        left = {k: v for k, v in (arrays | broken).items() if v is not None}
        path.write_bytes(save(left, {"actor": json.dumps(plain.metadata)}))
        with pytest.raises(DataError, match="is no policy for HalfCheetah-v2"):
            read_actor(path, CHEETAH)


def test_rows_of_the_expert_are_collected(folder: Path) -> None:
    text = (folder / "results" / "experts.csv").read_text()
    assert "SAC" in text and "scratch" in text and "d4rl_score" in text


@pytest.fixture(scope="module")
def rated(folder: Path) -> Path:
    """The same policy, said to return what its sampled episodes return in the middle."""
    actor = load_actor(CHEETAH, folder)
    path = folder / "rated" / filename(CHEETAH)
    save_actor(path, actor.policy, actor.metadata | {"return_mean": MIDDLE / expert_data.GOOD})
    return path.parent


def asked(folder: Path, episodes: int | None = None) -> Request:
    cheetah = task(CHEETAH)
    return Request(cheetah, expert_episodes=episodes, data_dir=folder, cache=folder / "cache")


@pytest.fixture
def demonstrations(rated: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(expert_data, "DEMONSTRATIONS", 3)
    return expert_demonstrations(asked(rated))


def test_demonstrations_are_good_episodes_of_the_expert(demonstrations: Any, rated: Path) -> None:
    actor = load_actor(CHEETAH, rated)
    assert len(demonstrations.trajectories) == 3
    assert (demonstrations.returns >= MIDDLE).all()
    attempts = int(demonstrations.provenance.note.split(" of ")[1].split()[0])
    assert attempts > 3, "some episodes must have been refused for this test to mean anything"
    assert demonstrations.provenance.source == "expert"
    assert demonstrations.provenance.sha256 == actor.sha256
    first = demonstrations.trajectories[0]
    assert len(first.rewards) == 1000 and not first.terminals.any()


def test_demonstrations_are_as_many_and_as_good_as_the_page_says() -> None:
    """15 in the paper's appendix on the MuJoCo benchmarks; the share of 0.8 is in docs/data.md."""
    assert expert_data.DEMONSTRATIONS == 15
    assert expert_data.GOOD == 0.8


def test_an_expert_shows_as_many_episodes_as_asked(rated: Path) -> None:
    found = expert_demonstrations(asked(rated, 2))
    assert len(found.trajectories) == 2
    assert found.provenance.note.startswith("2 good of ")


def test_an_expert_that_is_worse_than_its_file_says_is_an_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(expert_data, "GOOD", -50.0)
    monkeypatch.setattr(expert_data, "DEMONSTRATIONS", 1)
    monkeypatch.setattr("envs.data.experts.ATTEMPTS_PER_DEMONSTRATION", 2)
    monkeypatch.setattr("reproduce.data.cache.portably", lambda make: make())  # with the 2
    with pytest.raises(DataError, match="0 of 2 sampled episodes"):
        expert_demonstrations(asked(folder))


@pytest.mark.slow
def test_a_run_learns_from_them_in_scaled_units(demonstrations: Any, rated: Path) -> None:
    settings = (
        "policy_hidden=8,8",
        "q_hidden=8,8",
        "prior_rollouts=2",
        "prior_cloning_steps=5",
        "offline_steps=2",
        "online_steps=2",
        "batch_size=8",
        "offline_batch_size=8",
        "dense_eval_every=100",
        "eval_every=100",
        "dense_until=0",
    )
    spec = RunSpec("quick", "paper", CHEETAH, "AWAC", 0, "expert", "stored", settings)
    run = assemble(resolved(spec), Place(rated / "cache", rated))
    buffer = run.training.buffer
    rewards = buffer.column("rewards").double() / buffer.reward_scale
    returns = rewards.view(5, 1000).sum(1).numpy()  # 3 demonstrations, 2 rollouts
    np.testing.assert_allclose(returns[:3], demonstrations.returns, rtol=1e-4)
    assert buffer.reward_scale == 0.1
    by_range = dataclasses.replace(spec, settings=(*settings, "reward_scaling=ReturnRange"))
    other = assemble(resolved(by_range), Place(rated / "cache", rated)).training.buffer
    assert other.reward_scale == pytest.approx(1000 / np.ptp(returns), rel=1e-3)
    assert run.training.run()
    row = run.training.rows[-1]
    low, high = random_return(CHEETAH), float(demonstrations.returns.mean())
    assert row["normalised_score"] == pytest.approx((row["return_mean"] - low) / (high - low))
    assert "success_any" not in row and "score" not in row
    assert run.identity["data"]["demonstrations"]["source"] == "expert"


def test_scores_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    known = task(CHEETAH)
    assert scores(known, 12135.0, None) == {"d4rl_score": pytest.approx(100.0)}
    monkeypatch.setattr("reproduce.runs.evaluator.random_return", lambda _: 100.0)
    shown: Any = SimpleNamespace(returns=np.array([400.0, 600.0]))
    assert scores(known, 200.0, shown)["normalised_score"] == pytest.approx(0.25)
    assert scores(task("pen-binary-v0"), -200.0, None) == {"score": 0.0}
    assert scores(dataclasses.replace(known, d4rl_reference=None), 7.0, None) == {}


def test_random_cheetah_returns_what_others_measured() -> None:
    assert random_return(CHEETAH) == pytest.approx(-280, abs=40)  # D4RL: -280.18


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing", None, "no expert for Ant-v2"),
        ("garbage", b"x" * 100, "damaged"),
        ("another task", "copy", "is no policy for Ant-v2"),
    ],
)
def test_unusable_actor_files(
    name: str, content: Any, message: str, folder: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr("reproduce.data.actors.ASSETS", tmp_path)
    path = tmp_path / filename("Ant-v2")
    if content is not None:
        copied = (folder / filename(CHEETAH)).read_bytes()
        path.write_bytes(copied if content == "copy" else content)
    with pytest.raises(DataError, match=message) as caught:
        load_actor("Ant-v2", tmp_path)
    assert filename("Ant-v2") in str(caught.value)


def test_truncated_actor_file(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "half.safetensors"
    path.write_bytes((folder / filename(CHEETAH)).read_bytes()[:-100])
    with pytest.raises(DataError, match="half.safetensors"):
        read_actor(path, CHEETAH)


def test_hand_tasks_have_no_expert_to_train(capsys: pytest.CaptureFixture[str]) -> None:
    assert train_expert.main(["--env", "pen-binary-v0"]) == 2
    assert "HalfCheetah-v2" in capsys.readouterr().err


@pytest.mark.slow
def test_training_ends_once_it_is_good_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_expert, "FINAL_EPISODES", 1)
    handlers = _handlers()
    actor, out = tmp_path / filename(CHEETAH), tmp_path / "results"
    longer = [t.replace("online_steps=1600", "online_steps=3000") for t in TINY]
    longer = [t.replace("learning_starts=1000", "learning_starts=3000") for t in longer]
    arguments = ["--env", CHEETAH, "--out", str(out), "--actor", str(actor), *longer]
    # whatever the row of step 1000 says, that of step 0 is none
    assert train_expert.main([*arguments, "--stop-at", "-1e9"]) == 0
    assert read_actor(actor, CHEETAH).metadata["env_steps"] == 1000
    assert train_expert.main([*arguments, "--stop-at", "inf"]) == 0  # goes on from there
    assert read_actor(actor, CHEETAH).metadata["env_steps"] == 3000
    _restore(handlers)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--env", "pen-binary-v0"), "--env pen-binary-v0: one of HalfCheetah-v2"),
        (("--seed", "-1"), "--seed -1: must be 0 or more"),
        (("--preset", "small"), "--preset: an expert is trained from scratch by its recipe"),
        (("--data-dir", "."), "--data-dir: an expert is trained from scratch by its recipe"),
        (("--methods-from", "mine.py"), "--methods-from: an expert is trained from scratch"),
        (("--download",), "--download: an expert is trained from scratch by its recipe"),
        (("--out", __file__), "is a file, a folder is needed"),
    ],
)
def test_an_expert_refuses_what_it_would_not_do(
    arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train_expert.main([*arguments, "--dry-run"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and message in error and error.count("\n") == 1


def test_set_overrides_the_recipe() -> None:
    options = train_expert.ExpertOptions(env="Ant-v2", set=("batch_size=64",))
    settings = resolved(train_expert.spec_of(options)).settings
    assert settings.config.batch_size == 64
    assert settings.config.steps_per_update == 4
    whole = ("critic.layers=PlainLayers", "annealing.over_updates = 7", "q_learning_rate=1E-3")
    spec = train_expert.spec_of(train_expert.ExpertOptions(env="Ant-v2", set=whole))
    assert resolved(spec).settings.paths()["annealing.over_updates"] == 7
    short = ("layers=PlainLayers", "over_updates=7")
    assert train_expert.spec_of(train_expert.ExpertOptions(env="Ant-v2", set=short)) == spec
