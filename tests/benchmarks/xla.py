"""AWAC's update in JAX, compiled by XLA as one function: what the suite is measured against.

The same networks, losses, optimiser and targets as `METHODS["AWAC"]`; no part of the suite.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp

RATE, DECAY, TAU, LAM, DISCOUNT = 3e-4, 1e-4, 5e-3, 0.3, 0.99


def network(key: Any, sizes: tuple[int, ...]) -> Any:
    keys = jax.random.split(key, len(sizes) - 1)
    return [
        (jax.random.uniform(k, (i, o), minval=-1, maxval=1) / jnp.sqrt(i), jnp.zeros(o))
        for k, (i, o) in zip(keys, pairwise(sizes), strict=True)
    ]


def forward(layers: Any, x: Any) -> Any:
    for weight, bias in layers[:-1]:
        x = jax.nn.relu(x @ weight + bias)
    weight, bias = layers[-1]
    return x @ weight + bias


def adam(parameters: Any, gradients: Any, moments: Any, step: Any, decay: float) -> Any:
    gradients = jax.tree.map(lambda g, p: g + decay * p, gradients, parameters)
    mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, moments[0], gradients)
    square = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, moments[1], gradients)
    of_mean, of_square = 1 - 0.9**step, 1 - 0.999**step
    new = jax.tree.map(
        lambda p, m, v: p - RATE * (m / of_mean) / (jnp.sqrt(v / of_square) + 1e-8),
        parameters,
        mean,
        square,
    )
    return new, (mean, square)


def log_std(policy: Any) -> Any:
    return -6 + 6 * jax.nn.sigmoid(policy["logits"])


def q_values(critic: Any, s: Any, a: Any) -> Any:
    x = jnp.concatenate([s, a], -1)
    return jnp.stack([forward(member, x)[:, 0] for member in critic])


def update(state: Any, batch: Any, key: Any) -> Any:
    s, a, r, mask, following = batch
    policy, critic, target = state["policy"], state["critic"], state["target"]
    step = state["step"] + 1

    mean = jnp.tanh(forward(policy["layers"], following))
    noise = jax.random.normal(key, mean.shape)
    action = jnp.clip(mean + jnp.exp(log_std(policy)) * noise, -1, 1)
    y = r + DISCOUNT * mask * q_values(target, following, action).min(0)
    y = jax.lax.stop_gradient(jnp.clip(y, -100, 0))
    loss_q = lambda c: ((q_values(c, s, a) - y) ** 2).mean(1).sum()  # noqa: E731

    q = q_values(critic, s, a).min(0)
    v = q_values(critic, s, jnp.tanh(forward(policy["layers"], s))).min(0)
    weight = jax.lax.stop_gradient(jnp.exp((q - v) / LAM))

    def loss_pi(p: Any) -> Any:
        std = log_std(p)
        z = (a - jnp.tanh(forward(p["layers"], s))) * jnp.exp(-std)
        log_prob = -0.5 * (z**2).sum(-1) - std.sum() - a.shape[-1] * 0.9189385
        return -(weight * log_prob).mean()

    new_critic, of_critic = adam(critic, jax.grad(loss_q)(critic), state["of_critic"], step, 0.0)
    new_policy, of_policy = adam(policy, jax.grad(loss_pi)(policy), state["of_policy"], step, DECAY)
    moved = jax.tree.map(lambda t, c: (1 - TAU) * t + TAU * c, target, new_critic)
    return {
        "policy": new_policy,
        "critic": new_critic,
        "target": moved,
        "step": step,
        "of_critic": of_critic,
        "of_policy": of_policy,
    }


def make_update(
    observation: int, action: int, hidden: tuple[int, ...], size: int
) -> Callable[[], None]:
    """A call that makes one compiled update and waits for it; its state stays on the device."""
    keys = iter(jax.random.split(jax.random.key(0), 8))
    layers = network(next(keys), (observation, *hidden, action))
    policy = {"layers": layers, "logits": jnp.zeros(action)}
    critic = [network(next(keys), (observation + action, *hidden, 1)) for _ in range(2)]
    zeros = lambda tree: (jax.tree.map(jnp.zeros_like, tree),) * 2  # noqa: E731
    batch = (
        jax.random.normal(next(keys), (size, observation)),
        jax.random.uniform(next(keys), (size, action), minval=-1, maxval=1),
        -jnp.ones(size),
        jnp.ones(size),
        jax.random.normal(next(keys), (size, observation)),
    )
    held = {
        "policy": policy,
        "critic": critic,
        "target": jax.tree.map(jnp.copy, critic),
        "step": 0.0,
        "of_critic": zeros(critic),
        "of_policy": zeros(policy),
    }
    compiled, stream = jax.jit(update), next(keys)

    def call() -> None:
        nonlocal held, stream
        stream, key = jax.random.split(stream)
        held = jax.block_until_ready(compiled(held, batch, key))

    return call
