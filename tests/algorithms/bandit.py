"""A bandit with continuous contexts and actions whose best policies are known in closed form.

The reward of action a in context s is -|a - g(s)|^2, so that the best return is 0. The data's
actions are g(s) + SHIFT + NOISE * normal: cloned without noise they earn -|SHIFT|^2 = -0.18.
Every transition is terminal: Q(s, a) is the reward. The demonstrations are the same with less
noise.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from algorithms.agent import Agent
from algorithms.buffer import ReplayBuffer
from algorithms.catalogue.resolving import resolve
from algorithms.data.returns import Rollout

SHIFT, NOISE = torch.tensor([0.3, -0.3]), 0.35
DEMONSTRATOR_NOISE = 0.1
BATCH = 64
SIZES = {
    "policy_hidden": (32, 32),
    "q_hidden": (32, 32),
    "policy_learning_rate": 3e-3,
    "q_learning_rate": 3e-3,
    "tau": 0.05,
    "behavior.vae_hidden": (64, 64),
    "behavior.vae_learning_rate": 3e-3,
    "behavior.behavior_learning_rate": 3e-3,
    "critic.critic_steps": 20,
    "critic.actor_steps": 100,
    "critic.discount": 0.0,  # DAPG's own: the steps of its episodes here are independent contexts
    "constraint.warm_start_steps": 100,
    "constraint.mmd_samples": 5,
}
AT_MOST = {"critic.updates_per_improvement": 2, "critic.members": 4}


def best(contexts: Tensor) -> Tensor:
    """g(s) = (sin(2 s_0), cos(2 s_1)) / 2."""
    return 0.5 * torch.stack([torch.sin(2 * contexts[:, 0]), torch.cos(2 * contexts[:, 1])], 1)


def rewards(contexts: Tensor, actions: Tensor) -> Tensor:
    """Of the action that is executed, the clipped one."""
    return -(actions.clamp(-1, 1) - best(contexts)).square().sum(1)


def contexts(count: int, seed: int) -> Tensor:
    """Uniform in [-1, 1]^2."""
    return 2 * torch.rand(count, 2, generator=torch.Generator().manual_seed(seed)) - 1


def collected(
    count: int, seed: int, columns: tuple[str, ...] = (), noise: float = NOISE
) -> ReplayBuffer:
    """What the behaviour policy did: a trajectory of one step each."""
    s = contexts(count, seed)
    disturbance = torch.randn(count, 2, generator=torch.Generator().manual_seed(seed + 500))
    actions = (best(s) + SHIFT + noise * disturbance).clamp(-1, 1)
    r = rewards(s, actions)
    buffer = ReplayBuffer(count, 2, 2, columns=columns)
    for i in range(count):
        buffer.add_many(s[i : i + 1], actions[i : i + 1], r[i : i + 1], [0.0], s[i : i + 1])
    buffer.freeze_prior()
    return buffer


def untrained(name: str, *changes: str, seed: int = 0) -> Agent:
    settings = resolve(name, preset=SIZES, at_most=AT_MOST, settings=changes)
    return Agent(settings.method, settings.config, 2, 2, seed=seed)


def trained(name: str, *changes: str, updates: int = 400, seed: int = 0) -> Agent:
    """Cloned if the method is, then `updates` on the data; an on-policy method acts instead."""
    agent = untrained(name, *changes, seed=seed)
    data = collected(2000, 10 + seed, agent.method.columns)
    demonstrations = collected(200, 50 + seed, noise=DEMONSTRATOR_NOISE)
    rng = np.random.default_rng(seed)
    if agent.method.initialisation.cloning_steps:
        for _ in range(200):
            agent.imitate(demonstrations.sample(BATCH, rng))
    for number in range(updates):
        if agent.episodes_per_improvement:
            if number < 40:
                agent.improve(episodes(agent, 1000 * seed + number), demonstrations.all())
            continue
        agent.prepare(data)
        batch = agent.method.replay.sample(data, BATCH, rng)
        agent.update(batch, demonstrations.sample(BATCH, rng))
    return agent


@torch.no_grad()
def episodes(agent: Agent, seed: int) -> list[Rollout]:
    """10 episodes of 20 contexts each, by samples of the policy."""
    s = contexts(200, seed)
    actions = agent.policy(s).sample(torch.Generator().manual_seed(seed))
    parts = zip(*(torch.split(x, 20) for x in (s, actions, rewards(s, actions))), strict=True)
    return [Rollout(*part, True) for part in parts]


def chosen(agent: Agent, states: Tensor) -> Tensor:
    """What the agent does in evaluation, whatever it has drawn before.

    BCQ and BEAR draw from a stream in evaluation too, and tests share trained agents.
    """
    for generator in (agent.generator, agent._evaluation):
        generator.manual_seed(7)
    actions = [agent.act(s.numpy(), deterministic=True) for s in states]
    return torch.from_numpy(np.stack(actions))


def gap_closed(agent: Agent) -> float:
    """0 for the data's policy without its noise, 1 for the best one; may be negative."""
    s = contexts(200, 99)
    cloned = rewards(s, best(s) + SHIFT).mean()
    return 1 - float(rewards(s, chosen(agent, s)).mean() / cloned)
