"""Prior data on the real simulator: the same for everyone, cached, verified."""

from __future__ import annotations

import errno
import pickle
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch
from filelock import FileLock

from algorithms.agent import Agent
from algorithms.buffer import ReplayBuffer
from algorithms.catalogue.methods import METHODS
from algorithms.config import Hyperparameters
from algorithms.data.observations import Raw
from algorithms.training import use_one_core
from envs.adroit import AdroitBinary
from envs.data import experts as module_experts
from envs.data import sources as module_sources
from envs.data.experts import good_episodes
from envs.data.sources import Request, find_demonstrations
from envs.evaluation import collect
from envs.tasks import task
from envs.trajectory import DataError, Dataset, Trajectory
from reproduce.commandline.options import Common
from reproduce.data import cache as module_cache
from reproduce.data import cloning as module_cloning
from reproduce.data import prior as module
from reproduce.data import random as module_random
from reproduce.data.cache import cached
from reproduce.data.cloning import RECIPES, SEED, Cloning, clone, roll_out
from reproduce.data.portable import portably
from reproduce.data.prior import (
    PriorData,
    demonstrations_for,
    fill,
    make_env,
    named_kind,
    prior_data,
)
from reproduce.data.tasks import task_for
from reproduce.prior_data import main as describe
from reproduce.runs.assemble import prior_data_of
from reproduce.runs.option_checks import resolve_data
from reproduce.runs.resolved import resolved
from reproduce.specs.grid import RunSpec
from reproduce.specs.kinds import ProfileName
from reproduce.specs.place import Place
from tests.envs.test_experts import write_policy

PEN = task("pen-binary-v0")
CLONING = Cloning(steps=20, hidden=(256, 256), batch_size=256, recipe=RECIPES["authors"]["hand"])


@pytest.fixture(scope="module")
def demonstrations() -> Dataset:
    return find_demonstrations(Request(PEN, "embedded"))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def made(demonstrations: Dataset, cache: Path) -> PriorData:
    return prior_data(demonstrations, PEN, rollouts=5, cloning=CLONING, cache=cache)


def test_rollouts_alternate_between_mode_and_sample(
    made: PriorData, demonstrations: Dataset
) -> None:
    assert [len(t.rewards) for t in made.rollouts.trajectories] == [200] * 5
    sampled = made.rollouts.trajectories[1]
    by_mode, mode = portably(partial(acted_by_mode, demonstrations, sampled.observations))
    for index, actions in zip((0, 2, 4), by_mode, strict=True):
        np.testing.assert_array_equal(made.rollouts.trajectories[index].actions, actions)
    assert np.abs(sampled.actions - mode).std() > 0.01


def acted_by_mode(
    demonstrations: Dataset, observations: np.ndarray
) -> tuple[list[np.ndarray], np.ndarray]:
    """Actions of three episodes of the clone's mode, and its mode at the observations."""
    buffer = ReplayBuffer(demonstrations.steps, 45, 24)
    fill(buffer, demonstrations)
    agent = clone("pen-binary-v0", buffer, CLONING, lambda: None)
    env = make_env("pen-binary-v0", "paper")
    episodes = collect(
        env, lambda obs: agent.act(obs, deterministic=True), episodes=3, seed=500_000
    )
    mode = np.stack([agent.act(o, deterministic=True) for o in observations])
    return [t.actions for t in episodes], mode


def test_second_use_reads_the_cache(
    made: PriorData, demonstrations: Dataset, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_made", lambda *_: pytest.fail("made again"))
    again = prior_data(demonstrations, PEN, rollouts=5, cloning=CLONING, cache=cache)
    assert again.checksum == made.checksum


def test_same_recipe_gives_the_same_bits_anywhere(
    made: PriorData, demonstrations: Dataset, tmp_path: Path
) -> None:
    again = prior_data(demonstrations, PEN, rollouts=5, cloning=CLONING, cache=tmp_path)
    assert again.checksum == made.checksum


def test_a_training_makes_the_same_bits_as_a_description(
    made: PriorData, demonstrations: Dataset, tmp_path: Path
) -> None:
    """Training takes subnormal numbers as zero, and the pen's velocities have some."""
    torch.set_flush_denormal(False)  # else a comparison takes them as zero, too
    observations = np.concatenate([t.observations for t in made.rollouts.trajectories])
    smallest = np.finfo(np.float32).tiny
    assert ((observations != 0) & (np.abs(observations) < smallest)).any()
    threads = torch.get_num_threads()
    try:
        use_one_core()
        again = prior_data(demonstrations, PEN, rollouts=5, cloning=CLONING, cache=tmp_path)
        assert again.checksum == made.checksum
        assert (torch.full((8,), 1e-40) * 0.5).count_nonzero() == 0  # and training goes on so
    finally:
        torch.set_flush_denormal(False)
        torch.set_num_threads(threads)


def test_another_recipe_is_another_file(
    made: PriorData, demonstrations: Dataset, cache: Path
) -> None:
    before = set(cache.rglob("*.npz"))
    other = prior_data(demonstrations, PEN, rollouts=2, cloning=CLONING, cache=cache)
    assert len(set(cache.rglob("*.npz")) - before) == 1
    assert other.checksum != made.checksum


def test_damaged_cache_is_named_and_made_again(demonstrations: Dataset, tmp_path: Path) -> None:
    told: list[str] = []
    recipe = {
        "rollouts": 1,
        "cloning": replace(CLONING, steps=1),
        "cache": tmp_path,
        "notify": told.append,
    }
    first = prior_data(demonstrations, PEN, **recipe)  # type: ignore[arg-type]
    (path,) = tmp_path.rglob("*.npz")
    path.write_bytes(path.read_bytes()[:-200])
    second = prior_data(demonstrations, PEN, **recipe)  # type: ignore[arg-type]
    assert second.checksum == first.checksum
    assert any(path.name in line for line in told) and told[-2].endswith("making it again")


def test_who_waits_for_another_process_says_so(
    demonstrations: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module_cache, "portably", lambda make: make())
    monkeypatch.setattr(module_cache, "_SILENCE_S", 0.05)
    told: list[str] = []

    def get() -> Dataset:
        return cached(tmp_path, "pen-binary-v0", {}, lambda: demonstrations, notify)

    def notify(line: str) -> None:
        told.append(line)
        if line.startswith("waiting"):
            other.release()

    get()
    (path,) = tmp_path.rglob("*.npz")
    other = FileLock(path.with_suffix(".lock"))
    other.acquire()
    told.clear()
    assert get().content_checksum == demonstrations.content_checksum
    assert told == [f"waiting for the process that makes {path}"]


def test_what_cannot_be_kept_is_used(
    demonstrations: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, dataset: Dataset) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module_cache, "portably", lambda make: make())
    monkeypatch.setattr(module_cache, "save_dataset", full)
    told: list[str] = []
    made = cached(tmp_path, "pen-binary-v0", {}, lambda: demonstrations, told.append)
    assert made is demonstrations
    assert "No space left on device" in told[-1] and "--cache-dir" in told[-1]


def test_the_doors_threshold_is_in_no_other_tasks_key(
    demonstrations: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys of profile `paper` have its 1.4 on every task: what is cached stays valid."""
    recipes = []

    def keep(cache: Path, task_id: str, recipe: dict[str, object], *_: object) -> Dataset:
        recipes.append(recipe)
        return demonstrations

    monkeypatch.setattr(module, "cached", keep)
    for task_id in ("pen-binary-v0", "HalfCheetah-v2", "door-binary-v0"):
        data = replace(demonstrations, task_id=task_id)
        for profile in ("paper", "released"):
            known = task_for(task_id, profile)  # type: ignore[arg-type]
            prior_data(data, known, rollouts=5, cloning=CLONING, cache=tmp_path)
    assert [recipe["door_threshold"] for recipe in recipes] == [*[1.4] * 5, 1.35]


def test_an_experts_episodes_are_made_portably_and_once(
    demonstrations: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[partial[Dataset]] = []

    def portably_(make: partial[Dataset]) -> Dataset:
        made.append(make)
        return replace(demonstrations, task_id=make.args[1].id)

    monkeypatch.setattr(module_cache, "portably", portably_)

    def get(task_id: str, profile: ProfileName, episodes: int | None = None) -> None:
        request = Request(
            task_for(task_id, profile),
            "expert",
            expert_episodes=episodes,
            data_dir=tmp_path,
            cache=tmp_path / "cache",
        )
        demonstrations_for(request, notify=lambda _: None)

    path = write_policy(tmp_path / "pen_expert.npz", "pen-binary-v0")
    get("pen-binary-v0", "paper")
    get("pen-binary-v0", "released")  # the threshold is the door's
    assert [(make.func, make.args) for make in made] == [
        (module_sources.roll_out_expert, (path, PEN, 5))
    ]
    get("pen-binary-v0", "paper", 7)
    assert made[-1].args[2] == 7
    write_policy(path, "pen-binary-v0", log_std=np.zeros(24, np.float32))
    get("pen-binary-v0", "paper")
    assert len(made) == 3


def unstable(*_: object, **__: object) -> None:
    raise RuntimeError("the simulation has become unstable")


@pytest.mark.parametrize(
    ("maker", "call"),
    [
        (module_cloning, lambda: roll_out(None, task("Ant-v2"), 2, CLONING.recipe, unstable)),  # type: ignore[arg-type]
        (module_experts, lambda: good_episodes(task("Ant-v2"), unstable, bool, 1, 0)),  # type: ignore[arg-type]
        (module_random, lambda: module_random._made("SawyerPush-v0", 1)),
    ],
)
def test_an_error_closes_the_environment(
    maker: ModuleType, call: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[bool] = []
    env = SimpleNamespace(close=lambda: closed.append(True))
    monkeypatch.setattr(maker, "make_task", lambda *_, **__: env)
    monkeypatch.setattr(maker, "collect", unstable)
    with pytest.raises(RuntimeError, match="unstable"):
        call()
    assert closed == [True]


def test_leading_keeps_the_first_part_of_both(made: PriorData) -> None:
    part = made.leading(0.9)
    assert len(part.demonstrations.trajectories) == 4  # of 5
    assert len(part.rollouts.trajectories) == 4
    assert part.rollouts.trajectories == made.rollouts.trajectories[:4]
    assert made.leading(1.0).checksum == made.checksum
    assert len(made.leading(0.01).rollouts.trajectories) == 1


def test_released_split_of_25_and_500_is_22_and_450(demonstrations: Dataset) -> None:
    one = demonstrations.trajectories[0]
    many = PriorData(
        Dataset("pen-binary-v0", (one,) * 25, demonstrations.provenance),
        Dataset("pen-binary-v0", (one,) * 500, demonstrations.provenance),
    ).leading(0.9)
    assert len(many.demonstrations.trajectories) == 22
    assert len(many.rollouts.trajectories) == 450


def test_time_limit_bootstraps_and_true_terminal_does_not() -> None:
    def trajectory(terminal: bool) -> Trajectory:
        return Trajectory(
            np.zeros((3, 2), np.float32),
            np.zeros((3, 1), np.float32),
            np.zeros(3, np.float32),
            np.zeros((3, 2), np.float32),
            np.array([False, False, terminal]),
        )

    buffer = ReplayBuffer(6, 2, 1)
    provenance = None
    fill(buffer, Dataset("x", (trajectory(False), trajectory(True)), provenance))  # type: ignore[arg-type]
    assert buffer.column("masks").tolist() == [1, 1, 1, 1, 1, 0]


def test_without_rollouts_the_demonstrations_are_all(
    demonstrations: Dataset, tmp_path: Path
) -> None:
    data = prior_data(demonstrations, PEN, rollouts=0, cloning=CLONING, cache=tmp_path)
    assert data.rollouts.steps == 0
    assert data.leading(0.5).demonstrations.steps == 2 * 200
    assert not list(tmp_path.rglob("*.npz"))


def test_the_clone_starts_at_weights_that_no_run_starts_at() -> None:
    """Else AWAC, BC and MPO of that seed would begin as the very policy that made their data."""

    def weights(method: str, seed: int) -> bytes:
        config = Hyperparameters(policy_hidden=(8, 8), q_hidden=(8,))
        agent = Agent(METHODS[method], config, 5, 3, seed=seed)
        flat = torch.cat([p.detach().flatten() for p in agent.policy.parameters()])
        return flat.numpy().tobytes()

    tiny = replace(CLONING, steps=0, hidden=(8, 8))
    buffer = ReplayBuffer(1, 45, 24)
    first = clone("pen-binary-v0", buffer, tiny, lambda: None)
    same = Agent(METHODS["BC"], tiny.config, 45, 24, seed=SEED)
    for mine, theirs in zip(first.policy.parameters(), same.policy.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    assert weights("BC", 0) == weights("AWAC", 0)  # that is the danger
    assert weights("BC", SEED) not in {weights("AWAC", seed) for seed in range(201)}


@pytest.mark.parametrize("name", RECIPES)
def test_locomotion_clones_the_mean_and_samples_every_rollout(name: str) -> None:
    """The squared error leaves the standard deviation at its initial exp(-3)."""
    recipe = RECIPES[name]["locomotion"]
    rng = np.random.default_rng(0)
    buffer = ReplayBuffer(64, 17, 6)
    states = (5.0 + 3.0 * rng.normal(size=(64, 17))).astype(np.float32)
    actions = np.full((64, 6), 0.5, np.float32)
    buffer.add_many(states, actions, np.zeros(64), np.ones(64), states)
    cloning = Cloning(steps=60, hidden=(32,), batch_size=64, recipe=recipe)
    agent = clone("Walker2d-v2", buffer, cloning, lambda: None)
    if not isinstance(recipe.observations, Raw):  # it sees states as they are spread in the data
        seen = agent.networks["observations"](torch.from_numpy(states)).numpy()
        assert seen.mean(0) == pytest.approx(np.zeros(17), abs=1e-3)
        assert seen.std(0) == pytest.approx(np.ones(17), abs=1e-2)
    mode = np.stack([agent.act(s, deterministic=True) for s in states])
    start = clone("Walker2d-v2", buffer, replace(cloning, steps=0), lambda: None)
    untrained = np.stack([start.act(s, deterministic=True) for s in states])
    assert np.abs(mode - 0.5).mean() < 0.7 * np.abs(untrained - 0.5).mean()
    drawn = np.stack([agent.act(states[0], deterministic=False) for _ in range(400)])
    assert drawn.std(0) == pytest.approx(np.exp(-3) * np.ones(6), rel=0.15)
    for t in roll_out(agent, task("Walker2d-v2"), 3, recipe, lambda: None):
        by_mode = np.stack([agent.act(o, deterministic=True) for o in t.observations])
        assert (t.actions - by_mode).std() > 0.02


def test_the_rate_of_a_short_cloning_falls_to_nothing_over_its_second_half() -> None:
    short = Cloning(steps=8, hidden=(8,), batch_size=4, recipe=RECIPES["short"]["locomotion"])
    assert [short.annealing.factor(u) for u in range(9)] == [1] * 5 + [0.75, 0.5, 0.25, 0]
    assert replace(short, recipe=RECIPES["authors"]["locomotion"]).annealing.factor(8) == 1.0


def test_lengths_of_cloning_are_the_authors_in_preset_paper() -> None:
    lengths = {"pen": 10_000, "door": 300_000, "relocate": 200_000}
    for hand, steps in lengths.items():
        cloning = cloning_of("paper", f"{hand}-binary-v0")
        assert (cloning.steps, cloning.hidden, cloning.batch_size) == (steps, (256,) * 4, 128)
    assert cloning_of("paper", "Ant-v2").steps == 400_000
    assert cloning_of("paper", "Ant-v2").recipe == RECIPES["authors"]["locomotion"]
    assert cloning_of("small", "door-binary-v0").steps == 30_000


def cloning_of(preset: str, env: str) -> Cloning:
    spec = RunSpec(preset, "paper", env, "AWAC", 0, "expert")  # type: ignore[arg-type]
    return Cloning.of(resolved(spec).settings.config, env)


@pytest.mark.parametrize(
    ("env", "data"), [("pen-binary-v0", "embedded"), ("SawyerPush-v0", "random")]
)
def test_a_number_of_demonstrations_needs_an_expert(env: str, data: str, tmp_path: Path) -> None:
    settings = ("expert_demonstrations=25",)
    spec = RunSpec("quick", "paper", env, "AWAC", 0, data, settings=settings)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"expert_demonstrations=25: an expert must have made"):
        prior_data_of(resolved(spec), Place(tmp_path))


def test_d4rls_cloned_data_is_all_the_prior_data(demonstrations: Dataset, tmp_path: Path) -> None:
    provenance = replace(demonstrations.provenance, source="cloned")
    data = prior_data(
        replace(demonstrations, provenance=provenance),
        PEN,
        rollouts=5,
        cloning=CLONING,
        cache=tmp_path,
    )
    assert data.rollouts.steps == 0 and data.demonstrations.steps == demonstrations.steps
    assert not list(tmp_path.rglob("*.npz"))


def _door_file(folder: Path, steps: int = 3) -> None:
    """A human file of two demonstrations from a known state, observations recorded wrongly."""
    env = AdroitBinary("door-binary-v0")
    env.reset(seed=1)
    state = env.unwrapped.get_env_state()  # type: ignore[attr-defined]
    env.close()
    record = {
        "observations": np.zeros((steps + 1, 39)),
        "actions": np.full((steps + 1, 28), 0.2),
        "rewards": np.zeros(steps + 1),
        "init_state_dict": state,
    }
    (folder / "door-v0_demos.pickle").write_bytes(pickle.dumps([record, record]))


def test_human_files_with_initial_states_are_replayed_once_and_rows_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _door_file(tmp_path)
    sources = tuple(replace(s, sha256=None) for s in module_sources.SOURCES["door-binary-v0"])
    monkeypatch.setitem(module_sources.SOURCES, "door-binary-v0", sources)
    options = Common(data_dir=tmp_path, cache_dir=tmp_path / "cache")

    def found(data: str) -> tuple[Dataset, object]:
        chosen = replace(options, data=data)  # type: ignore[arg-type]
        kind, labels = resolve_data(chosen, ["door-binary-v0"])["door-binary-v0"]
        demonstrations = demonstrations_for(
            Request(task("door-binary-v0"), kind, labels, data_dir=tmp_path, cache=options.cache)
        )
        return demonstrations, kind

    replayed, kind = found("auto")
    assert (kind, replayed.provenance.observations) == ("human", "replayed")
    assert np.abs(replayed.trajectories[0].observations).max() > 0.1
    assert "open > 1.4 rad" in replayed.provenance.note
    monkeypatch.setattr(module, "replay", lambda *_: pytest.fail("replayed again"))
    again, _ = found("human")
    assert again.content_checksum == replayed.content_checksum
    recorded, kind = found("human-recorded")
    assert (kind, recorded.provenance.observations) == ("human-recorded", "recorded")
    assert not recorded.trajectories[0].observations.any()


def test_what_cannot_be_replayed_is_human_either_way(demonstrations: Dataset) -> None:
    human = replace(demonstrations, provenance=replace(demonstrations.provenance, source="human"))
    assert named_kind("human-recorded", human) == "human"
    assert named_kind("auto", human) == "human"
    states = replace(human, initial_states=({},) * 5)
    assert named_kind("human-recorded", states) == "human-recorded"
    assert named_kind("minari-cloned", human) == "minari-cloned"


@pytest.mark.parametrize(
    ("preset", "data", "kind", "folder"),
    [
        ("small", "auto", "embedded", "small"),
        ("small", "human", "human", "small-human"),
        ("paper", "auto", "human", "paper"),
        ("paper", "human", "human", "paper"),
    ],
)
def test_preset_small_takes_what_everybody_has(
    preset: str,
    data: str,
    kind: str,
    folder: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _door_file(tmp_path)
    sources = tuple(replace(s, sha256=None) for s in module_sources.SOURCES["door-binary-v0"])
    monkeypatch.setitem(module_sources.SOURCES, "door-binary-v0", sources)
    options = Common(preset=preset, data=data, data_dir=tmp_path, cache_dir=tmp_path)  # type: ignore[arg-type]
    assert resolve_data(options, ["door-binary-v0"])["door-binary-v0"][0] == kind
    assert options.results == Path("results") / folder


@pytest.mark.parametrize(
    ("task_id", "labels"), [("pen-binary-v0", "relabelled"), ("Walker2d-v2", "stored")]
)
def test_a_users_own_file_is_all_the_prior_data(
    task_id: str, labels: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = task(task_id)
    options = Common(data="own", data_dir=tmp_path, cache_dir=tmp_path)
    with pytest.raises(DataError, match=f"--data own: no {task_id}.npz"):
        resolve_data(options, [task_id])
    np.savez(
        tmp_path / f"{task_id}.npz",
        observations=np.zeros((4, known.observation_dim)),
        next_observations=np.ones((4, known.observation_dim)),
        actions=np.zeros((4, known.action_dim)),
        rewards=np.ones(4),
        timeouts=np.array([0, 1, 0, 1]),
    )
    assert resolve_data(options, [task_id]) == {task_id: ("own", labels)}
    assert capsys.readouterr().out == ""
    spec = RunSpec("quick", "paper", task_id, "AWAC", 0, "own")
    data = prior_data_of(resolved(spec), options.place)
    assert [len(t.rewards) for t in data.episodes] == [2, 2]
    assert not data.rollouts.trajectories
    assert data.returns == ([2.0, 2.0] if labels == "stored" else [-2.0, -2.0])


@pytest.mark.parametrize(
    ("held", "message"),
    [
        ((), ""),
        (("paper-human",), ""),
        (("paper-human-stored",), ""),
        (("paper-embedded", "paper-human"), ""),
        (("paper-none",), ""),
        (("released-embedded",), ""),  # other runs, whatever the data
        (("paper-embedded",), "has runs on embedded data, and --data auto finds human data now"),
    ],
)
def test_runs_go_on_with_the_data_that_they_were_begun_with(
    held: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _door_file(tmp_path)
    sources = tuple(replace(s, sha256=None) for s in module_sources.SOURCES["door-binary-v0"])
    monkeypatch.setitem(module_sources.SOURCES, "door-binary-v0", sources)
    out = tmp_path / "out"
    for name in held:
        (out / "runs" / "door-binary-v0" / name).mkdir(parents=True)
    options = Common(preset="quick", data_dir=tmp_path, cache_dir=tmp_path, out=out)
    if not message:
        assert resolve_data(options, ["door-binary-v0"])["door-binary-v0"][0] == "human"
        return
    with pytest.raises(ValueError, match=message):
        resolve_data(options, ["door-binary-v0"])
    named = replace(options, data="human")
    assert resolve_data(named, ["door-binary-v0"])["door-binary-v0"][0] == "human"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "nothing to do: say --describe"),
        (("--describe", "--write"), "--write: the table of docs/data.md is of all tasks"),
        (("--describe", "--engine", "eager"), "--engine: no method runs here"),
        (("--describe", "--methods-from", "mine.py"), "--methods-from: no method runs here"),
    ],
)
def test_the_description_refuses_what_it_would_not_do(
    arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert describe(list(arguments)) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and message in error and error.count("\n") == 1
