"""Expert policies: the formula, the rollouts, the script that makes the shipped sets."""

from __future__ import annotations

from pathlib import Path

import gymnasium
import numpy as np
import pytest

from envs.data.experts import ExpertPolicy, rollout_expert
from envs.data.storage import load_dataset
from envs.tasks import TASKS
from envs.trajectory import DataError, check_trajectory
from reproduce.make_embedded import EmbeddedOptions, make_embedded

from .successes import success_rate


def write_policy(path: Path, task_id: str = "relocate-binary-v0", **changes: object) -> Path:
    """Write a policy with random weights; it does not solve anything."""
    rng = np.random.default_rng(0)
    o, a, h = TASKS[task_id].observation_dim, TASKS[task_id].action_dim, 8
    shapes = {
        "W0": (h, o),
        "b0": (h,),
        "W1": (h, h),
        "b1": (h,),
        "W2": (a, h),
        "b2": (a,),
        "in_shift": (o,),
        "in_scale": (o,),
        "out_shift": (a,),
        "out_scale": (a,),
        "log_std": (a,),
    }
    arrays = {k: rng.normal(size=shape).astype(np.float32) for k, shape in shapes.items()}
    kept = {k: v for k, v in {**arrays, **changes}.items() if v is not None}
    np.savez(path, **kept)  # type: ignore[arg-type]
    return path


@pytest.fixture
def start_at_the_goal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the ball's target sit beside the ball for even seeds, so that any policy succeeds."""
    from envs.adroit import AdroitBinary

    original = AdroitBinary.reset

    def reset(self: AdroitBinary, *, seed: int | None = None, options: object = None) -> object:
        result = original(self, seed=seed)
        s = self.unwrapped
        if seed is not None and seed % 2 == 0:
            s.model.site_pos[s.target_obj_site_id] = s.data.xpos[s.obj_body_id]  # type: ignore[attr-defined]
        return result

    monkeypatch.setattr(AdroitBinary, "reset", reset)


def test_formula(tmp_path: Path) -> None:
    path = write_policy(tmp_path / "p.npz")
    policy, p = ExpertPolicy.load(path), np.load(path)
    o = np.random.default_rng(1).normal(size=39).astype(np.float32)
    x = (o.astype(np.float64) - p["in_shift"]) / (p["in_scale"] + 1e-8)
    h = np.tanh(p["W1"] @ np.tanh(p["W0"] @ x + p["b0"]) + p["b1"])
    expected = (p["W2"] @ h + p["b2"]) * p["out_scale"] + p["out_shift"]
    np.testing.assert_allclose(policy.mean(o), expected, rtol=1e-4, atol=1e-4)
    rng = np.random.default_rng(2)
    samples = np.array([policy.sample(o, rng) for _ in range(4000)])
    std = np.exp(p["log_std"])
    np.testing.assert_allclose(samples.std(axis=0), std, rtol=0.1)
    assert (np.abs(samples.mean(axis=0) - expected) < 5 * std / np.sqrt(4000)).all()
    assert (np.abs(expected) > 10 * std / np.sqrt(4000)).any()  # noise about 0 would be seen
    assert policy.mean(o).dtype == samples.dtype == np.float32


@pytest.mark.usefixtures("start_at_the_goal")
def test_only_successes_are_kept_and_seeds_fix_everything(tmp_path: Path) -> None:
    policy = ExpertPolicy.load(write_policy(tmp_path / "p.npz"))
    first = rollout_expert(TASKS["relocate-binary-v0"], policy, 2, seed=10)
    again = rollout_expert(TASKS["relocate-binary-v0"], policy, 2, seed=10)
    assert first.content_checksum == again.content_checksum
    assert success_rate(first) == 1.0
    assert first.provenance.note.startswith("2 successful of 3 sampled")
    assert first.provenance.sha256 == policy.sha256
    for t, seed in zip(first.trajectories, (10, 12), strict=True):  # the attempts that succeed
        check_trajectory(t, TASKS["relocate-binary-v0"], "rollout")
        assert len(t.rewards) == 200
        noise = np.random.default_rng(seed)
        drawn = np.array([policy.sample(o, noise) for o in t.observations])
        np.testing.assert_array_equal(t.actions, drawn.clip(-1, 1))


def test_a_policy_that_never_succeeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("envs.data.experts.ATTEMPTS_PER_DEMONSTRATION", 2)
    policy = ExpertPolicy.load(write_policy(tmp_path / "weak.npz"))
    with pytest.raises(DataError, match=r"weak.npz reached the goal in 0 of 2 episodes"):
        rollout_expert(TASKS["relocate-binary-v0"], policy, 1, seed=0)


def test_policy_of_another_task(tmp_path: Path) -> None:
    policy = ExpertPolicy.load(write_policy(tmp_path / "p.npz"))
    with pytest.raises(DataError, match="39 observations to 30 actions, pen-binary-v0 has 45"):
        rollout_expert(TASKS["pen-binary-v0"], policy, 1, seed=0)


def test_load_errors(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no expert policy .*absent.npz"):
        ExpertPolicy.load(tmp_path / "absent.npz")
    path = write_policy(tmp_path / "p.npz", W1=None)
    with pytest.raises(DataError, match=r"p\.npz: no entry 'W1'"):
        ExpertPolicy.load(path)
    write_policy(path, b0=np.full(8, np.nan))
    with pytest.raises(DataError, match=r"p\.npz: b0 contains NaN"):
        ExpertPolicy.load(path)
    write_policy(path, b0=np.array([{}], dtype=object))
    with pytest.raises(DataError, match=r"p\.npz holds Python objects; .*get the policy again"):
        ExpertPolicy.load(path)
    path.write_bytes(write_policy(path).read_bytes()[:900])
    with pytest.raises(DataError, match=r"p\.npz is damaged or truncated .*get the policy again"):
        ExpertPolicy.load(path)


@pytest.mark.usefixtures("start_at_the_goal")
def test_make_embedded(tmp_path: Path) -> None:
    policy = write_policy(tmp_path / "relocate_expert.npz")
    options = EmbeddedOptions(policy, "relocate-binary-v0", tmp_path, episodes=2, seed=10)
    path = make_embedded(options)
    assert path == tmp_path / "relocate_expert2.npz"
    dataset = load_dataset(path)
    assert len(dataset.trajectories) == 2
    assert dataset.provenance.source == "embedded"
    assert str(tmp_path) not in repr(dataset.provenance)
    before = path.read_bytes()
    make_embedded(options)
    assert path.read_bytes() == before


def test_gymnasium_knows_the_task() -> None:
    assert gymnasium.spec("relocate-binary-v0").max_episode_steps == 200
