"""What a specification becomes: seeds, thresholds, units and references reach their places."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from algorithms.agent import Agent
from algorithms.training import Candidate
from envs.data.sources import Request
from envs.tasks import Task, task
from envs.trajectory import DataError, Dataset, Provenance, Trajectory
from reproduce.data.prior import PriorData, make_env
from reproduce.runs import assemble as module
from reproduce.runs.assemble import assemble
from reproduce.runs.resolved import resolved
from reproduce.specs.grid import RunSpec
from reproduce.specs.kinds import DataKind, ProfileName
from reproduce.specs.place import Place

TINY = ("policy_hidden=8", "q_hidden=8", "prior_rollouts=2", "prior_cloning_steps=20")
OF_THE_CLONE = ("prior_cloning_hidden=256,256", "prior_cloning_batch_size=256")


@pytest.fixture
def place(shared_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.delenv("AWAC_DATA_DIR", raising=False)
    return Place(shared_cache)


def pen(method: str = "AWAC", seed: int = 0, *more: str, profile: ProfileName = "paper") -> RunSpec:
    settings = (*TINY, *OF_THE_CLONE, *more)
    return RunSpec("quick", profile, "pen-binary-v0", method, seed, "embedded", settings=settings)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_seed_of_the_run_is_that_of_agent_and_training(seed: int, place: Place) -> None:
    run = resolved(pen("AWAC", seed))
    training = assemble(run, place).training
    known, settings = run.task, run.settings
    sizes = (known.observation_dim, known.action_dim)
    alone = Agent(settings.method, settings.config, *sizes, seed=seed)
    other = Agent(settings.method, settings.config, *sizes, seed=seed + 1)
    weights = [agent.policy.mlp.flat for agent in (training.agent, alone, other)]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])
    assert training.seed == seed


@pytest.mark.parametrize(("profile", "angle"), [("paper", 1.4), ("released", 1.35)])
def test_the_door_opens_at_the_profiles_angle_wherever_it_is_asked(
    profile: ProfileName, angle: float, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the task that trains, in the one that evaluates, in labels and in rollouts."""
    door = task("door-binary-v0", door_threshold=angle)
    assert make_env(door.id, profile).get_wrapper_attr("task") == door
    labelled: list[Task] = []
    rolled: list[Task] = []
    find, roll = module.demonstrations_for.__globals__["find_demonstrations"], module.prior_data

    def finding(request: Request, **rest: object) -> Dataset:
        labelled.append(request.task)
        found: Dataset = find(request, **rest)
        return found

    def rolling(demonstrations: Dataset, known: Task, **rest: object) -> object:
        rolled.append(known)
        return roll(demonstrations, known, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr("reproduce.data.prior.find_demonstrations", finding)
    monkeypatch.setattr(module, "prior_data", rolling)
    evaluated: list[Task] = []

    def evaluating(env: object, *_: object, **__: object) -> object:
        evaluated.append(env.get_wrapper_attr("task"))  # type: ignore[attr-defined]
        raise KeyboardInterrupt

    monkeypatch.setattr("reproduce.runs.evaluator.run_episodes", evaluating)
    spec = RunSpec(
        "quick", profile, "door-binary-v0", "BC", 0, "embedded", settings=(*TINY, *OF_THE_CLONE)
    )
    training = assemble(resolved(spec), place).training
    assert training.environment.get_wrapper_attr("task") == door
    with pytest.raises(KeyboardInterrupt):
        training.run()
    assert (labelled, rolled, evaluated) == ([door], [door], [door])


def test_stored_returns_have_the_runs_discount(place: Place) -> None:
    """G_t = r_t + 0.9 G_{t+1}; after a time limit the last reward goes on for ever, r / 0.1."""
    buffer = assemble(resolved(pen("Cal-QL", 0, "discount=0.9")), place).training.buffer
    rewards, returns, ends = buffer.column("rewards"), buffer.column("returns"), buffer.ends()
    expected = torch.zeros(buffer.size, dtype=torch.float64)
    for step in reversed(range(buffer.size)):
        following = rewards[step] / 0.1 if ends[step] else expected[step + 1]
        expected[step] = rewards[step] + 0.9 * following
    torch.testing.assert_close(returns.double(), expected, rtol=1e-5, atol=1e-5)
    assert returns.min() < -9.9 and len(set(rewards.tolist())) > 1


@pytest.mark.parametrize(("discount", "largest"), [(0.99, 100.0), (0.9, 10.0)])
def test_the_share_of_a_bias_is_of_the_largest_return_in_the_runs_units(
    discount: float, largest: float, place: Place
) -> None:
    """Rewards of -1 a step for ever: 1 / (1 - discount)."""
    spec = pen("AWAC", 0, f"discount={discount}", "eval_episodes=1")
    training = assemble(resolved(spec), place).training
    agent = training.agent
    row = training.evaluate(
        Candidate(0, lambda obs: agent.act(obs, deterministic=True), None, agent.q)
    )
    bias, share = float(row["q_bias"]), float(row["q_bias_fraction"])
    assert bias / share == pytest.approx(largest)


NAMED = {"none": "no-data", "expert": "", "embedded": "", "own": ""}


@pytest.mark.parametrize(
    ("env", "data", "there", "expected"),
    [
        ("Ant-v2", "expert", True, "own"),
        ("Ant-v2", "none", True, "expert's"),
        ("Ant-v2", "none", False, None),
        ("Ant-v2", "own", True, "expert's"),
        ("Ant-v2", "own", False, "own"),
        ("pen-binary-v0", "embedded", True, None),
    ],
)
def test_the_score_of_locomotion_refers_to_demonstrations_of_an_expert(
    env: str, data: DataKind, there: bool, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are the run's own; without an expert's, those of the task's expert, if there is one."""
    provenance = Provenance(data, "", "", "stored")  # type: ignore[arg-type]
    step = Trajectory(*np.zeros((5, 1, 1), dtype=np.float32))
    own, experts = Dataset(env, () if data == "none" else (step,), provenance), object()

    def expert(*_: object) -> object:
        if not there:
            raise DataError("no expert")
        return experts

    monkeypatch.setattr(module, "expert_demonstrations", expert)
    run = resolved(RunSpec("quick", "paper", env, "SAC", 0, data, named=NAMED[data]))

    found = module._reference(run, PriorData(own, own), Place(Path("cache")))
    assert found is {"own": own, "expert's": experts, None: None}[expected]
