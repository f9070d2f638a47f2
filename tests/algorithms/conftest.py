"""Small agents, batches and a task without a simulator, shared by the tests of `algorithms`."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, fx, nn

from algorithms.agent import Agent
from algorithms.buffer import ReplayBuffer
from algorithms.catalogue.methods import METHODS
from algorithms.catalogue.resolving import resolve
from algorithms.catalogue.settings import Settings
from algorithms.catalogue.variants import VARIANTS
from algorithms.config import Schedule
from algorithms.data.observations import Raw
from algorithms.data.returns import Rollout
from algorithms.networks.mlp import MLP
from algorithms.step import Step
from algorithms.training import Candidate, Training
from algorithms.types import Batch, Metrics

OBSERVATION_DIM, ACTION_DIM, BATCH_SIZE = 3, 2, 16
WARM_START = 6
TINY: dict[str, Any] = {
    # agents are made by hand here, without prior data to take statistics from
    "observations": Raw(),
    "policy_hidden": (8, 8),
    "q_hidden": (8, 8),
    "batch_size": BATCH_SIZE,
    "offline_batch_size": BATCH_SIZE,
    "replay_buffer_size": 200,
    "collect_steps": 1,
    "updates_per_step": 1,
    "learning_starts": 0,
    "initialisation.cloning_steps": 3,
    "behavior.vae_hidden": (8, 8),
    "behavior.period": 3,
    "critic.hidden": (8,),
    "critic.critic_steps": 3,
    "critic.actor_steps": 4,
    "constraint.warm_start_steps": WARM_START,
    "objective.trajectories": 2,
}
AT_MOST = {"critic.updates_per_improvement": 2}
EVERY_METHOD = [(name, profile) for name in METHODS for profile in ("paper", "released")]
EVERY_ROW = [*EVERY_METHOD, *((name, "paper") for name in VARIANTS)]


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """Tiny matrices: a second thread only costs."""
    torch.set_num_threads(1)


def tiny_settings(name: str, profile: str = "paper", *changes: str) -> Settings:
    """A method of the registry with networks of 2 x 8 units and phases of a few steps."""
    settings = resolve(name, profile=profile, preset=TINY, at_most=AT_MOST)
    for change in changes:
        settings = settings.assign(change)
    return settings


def tiny_agent(name: str, profile: str = "paper", *changes: str, seed: int = 0) -> Agent:
    """An agent of `tiny_settings`, its critic's output layer enlarged.

    Values of the size of rewards (the initial ones are some 1e-3) make weights and gradients
    differ visibly between samples.
    """
    settings = tiny_settings(name, profile, *changes)
    agent = Agent(settings.method, settings.config, OBSERVATION_DIM, ACTION_DIM, seed=seed)
    enlarge_values(agent)
    return agent


def enlarge_values(agent: Agent) -> None:
    """Give every critic values of the size of rewards."""
    for network in ("critic", "target_critic", "value"):
        if network in agent.networks:
            for member in agent.networks[network].mlp.layers():
                member[-1][0].mul_(2000.0)
                member[-1][1].fill_(-2.0)


def make_batch(size: int = BATCH_SIZE, *, seed: int = 0) -> Batch:
    """Random transitions with rewards in {-1, 0}, every fourth one terminal, all columns filled.

    The return of the last one is not known yet.
    """
    generator = torch.Generator().manual_seed(seed)
    observations = torch.randn(size, OBSERVATION_DIM, generator=generator)
    actions = torch.rand(size, ACTION_DIM, generator=generator) * 2 - 1
    rewards = -torch.randint(0, 2, (size,), generator=generator).float()
    masks = (torch.arange(size) % 4 != 0).float()
    returns, targets = -4 * torch.rand(2, size, generator=generator)
    returns[-1] = -torch.inf
    advantages = torch.randn(size, generator=generator)
    following = observations.roll(1, 0) * 0.5
    return Batch(observations, actions, rewards, masks, following, returns, targets, advantages)


def make_rollouts(*, seed: int = 0, episodes: int = 2, steps: int = 6) -> list[Rollout]:
    """On-policy episodes; the last of them ended by itself."""
    batches = [make_batch(steps, seed=10 * seed + number) for number in range(episodes)]
    return [
        Rollout(b.observations, b.actions, b.rewards, number == episodes - 1)
        for number, b in enumerate(batches)
    ]


def learn(agent: Agent, seed: int = 0) -> Metrics:
    """One update, or for an on-policy method one improvement, from data of its own."""
    demonstrations = make_batch(seed=1000 + seed)
    if agent.episodes_per_improvement:
        return agent.improve(make_rollouts(seed=seed), demonstrations)
    return agent.update(make_batch(seed=seed), demonstrations)


def advance(agent: Agent, start: int, stop: int) -> None:
    """Updates with data of their own each, and an exploratory action after each."""
    for seed in range(start, stop):
        learn(agent, seed)
        agent.act(np.ones(OBSERVATION_DIM, dtype=np.float32), deterministic=False)


def step_of(agent: Agent, *, seed: int = 0) -> Step:
    """What the losses of the agent's next update would see, with noise of this seed."""
    agent.generator.manual_seed(seed)
    return agent._step(make_batch(), make_batch(seed=5))


def assert_metrics(metrics: Metrics, **expected: Tensor) -> None:
    """Each of the named is what was worked out beside it."""
    for name, value in expected.items():
        torch.testing.assert_close(metrics[name], value.detach(), rtol=1e-4, atol=1e-5, msg=name)


def torch_stack(mlp: MLP, member: int = 0) -> nn.Sequential:
    """The same network made of `torch.nn` layers, with copies of the weights."""
    modules: list[nn.Module] = []
    for weight, bias in mlp.layers()[member]:
        linear = nn.Linear(*weight.shape)
        with torch.no_grad():
            linear.weight.copy_(weight.t())
            linear.bias.copy_(bias)
        modules += [linear, nn.ReLU()]
    return nn.Sequential(*modules[:-1])


def flatten_stack(stack: nn.Sequential, *, gradient: bool) -> Tensor:
    """Weights or gradients of a `torch_stack` in the order of `MLP.flat`."""
    parts = []
    for layer in stack:
        if isinstance(layer, nn.Linear):
            pair = (layer.weight.grad, layer.bias.grad) if gradient else (layer.weight, layer.bias)
            assert pair[0] is not None and pair[1] is not None
            parts += [pair[0].t().reshape(-1), pair[1]]
    return torch.cat(parts).detach()


def weights_of(agent: Agent) -> dict[str, Tensor]:
    """Copies of everything that `agent.networks` holds."""
    return {name: value.clone() for name, value in agent.networks.state_dict().items()}


def through_file(state: Any) -> Any:
    """What a checkpoint on disk gives back, read without executing it."""
    stream = io.BytesIO()
    torch.save(state, stream)
    stream.seek(0)
    return torch.load(stream, weights_only=True)


class FakeTask:
    """A point in the plane that an action moves by up to 0.5; reward -1 away from the origin.

    An episode ends by the time limit after `horizon` steps, or as a true terminal on stepping
    outside of `border`.
    """

    def __init__(self, horizon: int = 5, border: float = 10.0) -> None:
        self.horizon, self.border = horizon, border
        self.seeds: list[int | None] = []
        self.ends: list[tuple[bool, bool]] = []  # (terminated, truncated) of every step

    def reset(self, *, seed: int | None = None) -> tuple[np.ndarray, dict[str, Any]]:
        self.seeds.append(seed)
        self._position = np.random.default_rng(seed).uniform(-1, 1, 2)
        self._time = 0
        return self._observe(), {}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        self._position = self._position + 0.5 * action
        self._time += 1
        near = bool(np.abs(self._position).max() < 0.3)
        terminated = bool(np.abs(self._position).max() > self.border)
        truncated = self._time == self.horizon
        self.ends.append((terminated, truncated))
        return self._observe(), float(near) - 1.0, terminated, truncated, {"success": near}

    def _observe(self) -> np.ndarray:
        return np.array([*self._position, 1.0], dtype=np.float32)


def evaluate_on_fake_task(candidate: Candidate, episodes: int = 5) -> dict[str, float | int | str]:
    """Mean return of episodes of 5 steps from fixed starts."""
    task, total = FakeTask(), 0.0
    for seed in range(episodes):
        observation, _ = task.reset(seed=seed)
        for _ in range(task.horizon):
            observation, reward, *_ = task.step(candidate.act(observation))
            total += reward
    return {"return_mean": total / episodes}


def fake_data(
    capacity: int,
    transitions: int,
    *,
    seed: int = 0,
    settings: Settings | None = None,
    behavior: Callable[[np.ndarray, np.random.Generator], np.ndarray] | None = None,
) -> ReplayBuffer:
    """Prior data: episodes of the fake task, by uniform random actions or by `behavior`.

    With the columns that `settings` asks for.
    """
    columns = settings.method.columns if settings else ()
    discount = settings.config.discount if settings else 0.99
    buffer = ReplayBuffer(capacity, OBSERVATION_DIM, ACTION_DIM, columns=columns, discount=discount)
    rng, task = np.random.default_rng(seed), FakeTask()
    for start in range(0, transitions, task.horizon):
        observation, _ = task.reset(seed=seed + start)
        episode: list[tuple[Any, ...]] = []
        for _ in range(min(task.horizon, transitions - start)):
            action = behavior(observation, rng) if behavior else rng.uniform(-1, 1, 2)
            following, reward, *_ = task.step(action)
            episode.append((observation, action, reward, 1.0, following))
            observation = following
        buffer.add_many(*(np.array(column) for column in zip(*episode, strict=True)))
    buffer.freeze_prior()
    return buffer


def make_training(
    settings: Settings,
    *,
    online_steps: int = 12,
    eval_every: int = 4,
    dense_until: int = 4,
    task: FakeTask | None = None,
    prior: int = 40,
    with_demonstrations: bool = True,
    seed: int = 3,
    eval_episodes: int = 1,
) -> Training:
    """A run on the fake task with everything made afresh, as a restarted process would do."""
    agent = Agent(settings.method, settings.config, OBSERVATION_DIM, ACTION_DIM, seed=seed)
    buffer = fake_data(settings.config.replay_buffer_size, prior, settings=settings)
    demonstrations = fake_data(20, 20, seed=100) if with_demonstrations else None
    schedule = Schedule(online_steps, eval_every, dense_eval_every=2, dense_until=dense_until)
    environment = task or FakeTask()
    evaluate = partial(evaluate_on_fake_task, episodes=eval_episodes)
    return Training(agent, buffer, demonstrations, environment, evaluate, schedule, seed=seed)


def as_captured(module: fx.GraphModule, example: Sequence[Tensor], kept: int) -> Callable[..., Any]:
    """A graph called operation by operation, without a compiler, in place of `by_inductor`."""
    return module
