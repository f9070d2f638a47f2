"""DAPG in the training loop: improvements from whole episodes of its own, as they were drawn."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import numpy as np
import pytest
import torch

from algorithms.agent import Agent
from algorithms.critics.gae import GAE
from algorithms.data.returns import Rollout
from algorithms.objectives.natural_gradient import NaturalPolicyGradient
from algorithms.policies.free_gaussian import FreeGaussianPolicy
from algorithms.training import Training
from algorithms.types import Batch, Metrics
from tests.algorithms.conftest import FakeTask, learn, make_training, tiny_agent, tiny_settings


class Recorder(FakeTask):
    """Remembers what was executed."""

    def __init__(self, border: float = 10.0) -> None:
        super().__init__(border=border)
        self.executed: list[np.ndarray] = []

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, object]]:
        self.executed.append(action.copy())
        return super().step(action)


def run(
    *changes: str, task: FakeTask | None = None, online_steps: int = 32
) -> tuple[Training, list[tuple[int, list[Rollout], Batch | None, int]]]:
    """A run, and for each improvement its clock, rollouts, demonstrations and iteration."""
    settings = tiny_settings("DAPG", "paper", *changes)
    training = make_training(settings, online_steps=online_steps, task=task)
    real, calls = training.agent.improve, []

    def spy(rollouts: Sequence[Rollout], demonstrations: Batch | None) -> Metrics:
        calls.append((training.step, list(rollouts), demonstrations, training.agent.updates))
        return real(rollouts, demonstrations)

    training.agent.improve = spy  # type: ignore[method-assign]
    assert training.run()
    return training, calls


@pytest.mark.parametrize("border", [10.0, 0.9])
def test_each_improvement_sees_the_episodes_since_the_one_before(border: float) -> None:
    """In order, complete, and none of them twice; `terminated` where the task itself ended."""
    task = Recorder(border)
    training, calls = run("trajectories=3", task=task)
    online = training.buffer.all()
    start, seen_terminals = training.buffer.prior, set()
    for number, (clock, rollouts, demonstrations, iteration) in enumerate(calls):
        assert len(rollouts) == 3 and iteration == number
        for rollout in rollouts:
            length = len(rollout.rewards)
            rows = slice(start, start + length)
            assert torch.equal(rollout.observations, online.observations[rows])
            assert torch.equal(rollout.actions, online.actions[rows])
            first, last = (t - training.buffer.prior for t in (start, start + length - 1))
            terminated, truncated = task.ends[last]
            assert (terminated or truncated) and not any(map(any, task.ends[first:last]))
            assert rollout.terminated == terminated
            seen_terminals.add(terminated)
            start += length
        assert clock == start - training.buffer.prior - 1  # as soon as they are complete
        assert demonstrations is not None and len(demonstrations.rewards) == 20  # all of them
    assert len(calls) >= 2
    assert seen_terminals == ({False} if border == 10.0 else {False, True})


def test_demonstrations_weigh_less_from_one_improvement_to_the_next() -> None:
    agent = tiny_agent("DAPG")
    for number in range(4):
        metrics = learn(agent, number)
        assert metrics["demonstration_weight"].item() == pytest.approx(0.01 * 0.95**number)


def test_the_baseline_is_fitted_after_the_policy_has_improved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A baseline that has seen these returns would take most of the advantage away."""
    training, calls = run("trajectories=3")
    agent, rollouts = training.agent, calls[-1][1]
    critic = agent.method.critic
    assert isinstance(critic, GAE)
    old = copy.deepcopy(agent.networks["baseline"])
    expected = critic.advantages(old, rollouts)
    seen: list[torch.Tensor] = []

    def spy(
        _: NaturalPolicyGradient,
        policy: FreeGaussianPolicy,
        rollouts: Sequence[Rollout],
        advantages: torch.Tensor,
        *rest: object,
    ) -> Metrics:
        seen.append(advantages.clone())
        for now, before in zip(
            agent.networks["baseline"].parameters(), old.parameters(), strict=True
        ):
            assert torch.equal(now, before)
        return {}

    monkeypatch.setattr(NaturalPolicyGradient, "improve", spy)
    Agent.improve(agent, rollouts, None)
    assert torch.equal(seen[0], expected)
    after = critic.advantages(agent.networks["baseline"], rollouts)
    assert not torch.equal(after, expected)  # so that the order can be told


def test_the_policy_s_draw_is_stored_and_its_clipped_action_executed() -> None:
    """A policy gradient at a clipped action is biased: its density is not that of the draw."""
    task = Recorder()
    training, calls = run("policy.log_std_init=1", "initialisation=RandomInit", task=task)
    actions = training.buffer.state_dict()["online"]["actions"]
    executed = torch.from_numpy(np.stack(task.executed))
    assert (actions.abs() > 1).any() and executed.abs().max() == 1
    torch.testing.assert_close(executed, actions.clamp(-1, 1))
    drawn = torch.cat([rollout.actions for _, rollouts, _, _ in calls for rollout in rollouts])
    assert (drawn.abs() > 1).any()


def test_without_demonstrations_it_is_the_natural_policy_gradient() -> None:
    settings = tiny_settings("DAPG", "paper", "demonstration_weight=0", "initialisation=RandomInit")
    training = make_training(settings, with_demonstrations=False)
    assert training.run() and training.grad_steps == 1


def test_rows_show_the_latest_of_every_metric() -> None:
    """TD3's policy rests at every second update, AWR's and its V in turn: no gaps in the rows."""
    expected = {
        "TD3+BC": {"policy_loss", "imitation_loss", "critic_loss"},
        "AWR": {"policy_loss", "weights_ess", "value_loss"},
        "RLPD": {"policy_loss", "temperature", "critic_loss"},
        "BEAR": {"policy_loss", "constraint_mmd", "behavior_error", "critic_loss"},
    }
    for name, columns in expected.items():
        training = make_training(tiny_settings(name, "paper", "offline_steps=8"), eval_every=3)
        assert training.run()
        late = [row for row in training.rows if int(row["env_step"]) >= 4]
        late = late[2:] if name == "BEAR" else late  # its warm start has no loss of the objective
        assert late and all(columns <= set(row) for row in late)
