"""Small agents, batches and a task without a simulator, shared by the tests of `algorithms`."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from algorithms.agent import Agent
from algorithms.buffer import ReplayBuffer
from algorithms.config import Schedule
from algorithms.mlp import MLP
from algorithms.registry import METHODS, resolve
from algorithms.settings import Settings
from algorithms.training import Training
from algorithms.types import Batch

OBSERVATION_DIM, ACTION_DIM, BATCH_SIZE = 3, 2, 16
TINY = {
    "policy_hidden": (8, 8),
    "q_hidden": (8, 8),
    "batch_size": BATCH_SIZE,
    "offline_batch_size": BATCH_SIZE,
    "replay_buffer_size": 200,
    "collect_steps": 1,
}
EVERY_METHOD = [(name, profile) for name in METHODS for profile in ("paper", "released")]


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """Tiny matrices: a second thread only costs."""
    torch.set_num_threads(1)


def tiny_settings(name: str, profile: str = "paper", *changes: str) -> Settings:
    """A method of the registry with networks of 2 x 8 units; cloning phases last 3 steps."""
    settings = resolve(name, profile=profile, preset=TINY)
    if "initialisation.cloning_steps" in settings.paths():
        settings = settings.assign("cloning_steps=3")
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
    if "critic" in agent.networks:
        for network in ("critic", "target_critic"):
            for member in agent.networks[network].mlp.layers():
                member[-1][0].mul_(2000.0)
                member[-1][1].fill_(-2.0)
    return agent


def make_batch(size: int = BATCH_SIZE, *, seed: int = 0) -> Batch:
    """Random transitions with rewards in {-1, 0}, every fourth one terminal."""
    generator = torch.Generator().manual_seed(seed)
    observations = torch.randn(size, OBSERVATION_DIM, generator=generator)
    actions = torch.rand(size, ACTION_DIM, generator=generator) * 2 - 1
    rewards = -torch.randint(0, 2, (size,), generator=generator).float()
    masks = (torch.arange(size) % 4 != 0).float()
    return Batch(observations, actions, rewards, masks, observations.roll(1, 0) * 0.5)


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


def evaluate_on_fake_task(policy: Callable[[np.ndarray], np.ndarray]) -> dict[str, float]:
    """Mean return of 5 episodes of 5 steps from fixed starts."""
    task, total = FakeTask(), 0.0
    for seed in range(5):
        observation, _ = task.reset(seed=seed)
        for _ in range(task.horizon):
            observation, reward, *_ = task.step(policy(observation))
            total += reward
    return {"return_mean": total / 5}


def fake_data(capacity: int, transitions: int, *, seed: int = 0) -> ReplayBuffer:
    """A buffer whose prior data was collected on the fake task by uniform random actions."""
    buffer = ReplayBuffer(capacity, OBSERVATION_DIM, ACTION_DIM)
    rng, task = np.random.default_rng(seed), FakeTask()
    observation, _ = task.reset(seed=seed)
    columns: list[list[Any]] = [[], [], [], [], []]
    for index in range(transitions):
        action = rng.uniform(-1, 1, 2).astype(np.float32)
        following, reward, _, truncated, _ = task.step(action)
        for column, value in zip(
            columns, (observation, action, reward, 1.0, following), strict=True
        ):
            column.append(value)
        observation = task.reset(seed=seed + index + 1)[0] if truncated else following
    buffer.add_many(*(np.array(column) for column in columns))
    buffer.freeze_prior()
    return buffer


def make_training(
    settings: Settings,
    *,
    online_steps: int = 12,
    eval_every: int = 4,
    task: FakeTask | None = None,
    prior: int = 40,
    with_demonstrations: bool = True,
    seed: int = 3,
) -> Training:
    """A run on the fake task with everything made afresh, as a restarted process would do."""
    agent = Agent(settings.method, settings.config, OBSERVATION_DIM, ACTION_DIM, seed=seed)
    buffer = fake_data(settings.config.replay_buffer_size, prior)
    demonstrations = fake_data(20, 20, seed=100) if with_demonstrations else None
    schedule = Schedule(online_steps, eval_every, dense_eval_every=2, dense_until=4)
    environment = task or FakeTask()
    return Training(
        agent, buffer, demonstrations, environment, evaluate_on_fake_task, schedule, seed=seed
    )
