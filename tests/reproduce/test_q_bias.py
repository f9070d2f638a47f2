"""The bias of Q on a chain whose values are known, and what it is held against."""

from __future__ import annotations

import math

import numpy as np
import pytest

from envs.tasks import TASKS
from envs.trajectory import Trajectory
from reproduce.runs.q_bias import Q, largest_return, q_bias

DISCOUNT, SCALE = 0.9, 2.0


def episode(start: int, steps: int, *, terminal: bool) -> Trajectory:
    """A chain: state n, action 0, reward -1 and state n + 1, for ever."""
    states = np.arange(start, start + steps + 1, dtype=np.float32)[:, None]
    return Trajectory(
        observations=states[:-1],
        actions=np.zeros((steps, 1), np.float32),
        rewards=np.full(steps, -1.0, np.float32),
        next_observations=states[1:],
        terminals=np.arange(steps) == (steps - 1 if terminal else -1),
    )


def still(observation: np.ndarray) -> np.ndarray:
    return np.zeros(1)


def constant(value: float) -> Q:
    return lambda observations, actions: np.full(len(observations), value)


FOREVER = -SCALE / (1 - DISCOUNT)  # -2 a step, for ever: -20


@pytest.mark.parametrize("steps", [1, 7, 40])
def test_the_true_q_has_no_bias_however_long_the_episode(steps: int) -> None:
    bias = q_bias(
        [episode(0, steps, terminal=False)],
        still,
        constant(FOREVER),
        discount=DISCOUNT,
        scale=SCALE,
    )
    assert bias == pytest.approx(0.0, abs=1e-9)


def test_an_error_everywhere_shows_but_for_the_discounted_rest() -> None:
    """Q too high by 5 everywhere: 5 - 0.9^3 5 after three steps."""
    bias = q_bias(
        [episode(0, 3, terminal=False)],
        still,
        constant(FOREVER + 5),
        discount=DISCOUNT,
        scale=SCALE,
    )
    assert bias == pytest.approx(5 * (1 - 0.9**3))


def test_a_terminal_has_no_rest() -> None:
    """Two steps of -2, then nothing: G = -2 - 0.9 * 2 = -3.8."""
    bias = q_bias(
        [episode(0, 2, terminal=True)], still, constant(-1.0), discount=DISCOUNT, scale=SCALE
    )
    assert bias == pytest.approx(-1.0 + 3.8)


def test_the_mean_over_episodes_of_values_at_their_own_first_and_last_states() -> None:
    """Q(s, a) = s + 10 a; the policy acts 0.5 - s / 100, the episodes have acted 0."""
    seen: list[tuple[list[float], list[float]]] = []

    def q(observations: np.ndarray, actions: np.ndarray) -> np.ndarray:
        seen.append((observations[:, 0].tolist(), [round(float(a), 6) for a in actions[:, 0]]))
        return observations[:, 0] + 10 * actions[:, 0]

    episodes = [episode(10, 1, terminal=False), episode(20, 2, terminal=False)]
    bias = q_bias(
        episodes, lambda s: np.array([0.5 - s[0] / 100]), q, discount=DISCOUNT, scale=SCALE
    )
    assert seen == [([10.0, 20.0], [0.0, 0.0]), ([11.0, 22.0], [0.39, 0.28])]
    first = 10 - (-2 + 0.9 * (11 + 3.9))
    second = 20 - (-2 - 0.9 * 2 + 0.81 * (22 + 2.8))
    assert bias == pytest.approx((first + second) / 2)


def test_a_method_without_q_has_none() -> None:
    nothing = q_bias(
        [episode(0, 2, terminal=False)], still, lambda *_: None, discount=DISCOUNT, scale=SCALE
    )
    assert nothing is None


def test_largest_possible_return() -> None:
    pen, push, ant = (TASKS[name] for name in ("pen-binary-v0", "SawyerPush-v0", "Ant-v2"))
    assert largest_return(pen, [], discount=0.99, scale=1.0) == pytest.approx(100.0)
    assert largest_return(pen, [], discount=1.0, scale=2.0) == pytest.approx(2 * 200.0)
    assert largest_return(push, [], discount=0.99, scale=1.0) == pytest.approx(
        100 * math.hypot(0.4, 0.2)
    )
    rewards = (np.array([1.0, 10.0], np.float32), np.array([-30.0, 2.0], np.float32))
    prior = [episode(0, 2, terminal=False)._replace(rewards=r) for r in rewards]
    found = largest_return(ant, prior, discount=0.9, scale=0.5)
    assert found == pytest.approx(0.5 * (30 - 1.8))
    assert largest_return(ant, [], discount=0.9, scale=0.5) is None
