"""What an evaluation is given: its number, the policy both ways, and Q."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from algorithms.critics.ensembles import ClampOutput
from algorithms.networks.layers import NormalisedLayers
from algorithms.networks.mlp import MLP
from algorithms.networks.q_ensemble import QEnsemble
from algorithms.training import Candidate, Row, Training
from tests.algorithms.conftest import (
    ACTION_DIM,
    EVERY_METHOD,
    OBSERVATION_DIM,
    evaluate_on_fake_task,
    make_training,
    tiny_agent,
    tiny_settings,
)

WITHOUT_Q = {"BC", "DAPG", "AWR"}


def given(training: Training, spend: int = 0) -> list[tuple[int, Candidate]]:
    """Run to the end; clock and candidate of every evaluation, each sampled `spend` times."""
    seen: list[tuple[int, Candidate]] = []

    def evaluate(candidate: Candidate) -> Row:
        seen.append((training.step, candidate))
        if candidate.sample is not None:
            for _ in range(spend):
                candidate.sample(np.ones(OBSERVATION_DIM, np.float32))
        return evaluate_on_fake_task(candidate)

    training.evaluate = evaluate
    assert training.run()
    return seen


def test_numbers_count_from_clock_0_in_both_directions() -> None:
    seen = given(make_training(tiny_settings("AWAC", "paper", "offline_steps=5")))
    assert [(clock, candidate.number) for clock, candidate in seen] == [
        (-5, -3),
        (-3, -2),
        (-1, -1),
        (0, 0),
        (2, 1),
        (4, 2),
        (8, 3),
        (12, 4),
    ]


def test_methods_without_an_offline_phase_share_the_online_numbers() -> None:
    seen = given(make_training(tiny_settings("RLPD", "paper")))
    assert [(clock, candidate.number) for clock, candidate in seen] == [
        (0, 0),
        (2, 1),
        (4, 2),
        (8, 3),
        (12, 4),
    ]


def test_sampled_actions_are_for_the_first_the_offline_and_the_last_evaluation() -> None:
    seen = given(make_training(tiny_settings("AWAC", "paper", "offline_steps=5")))
    assert [clock for clock, candidate in seen if candidate.sample is not None] == [-5, 0, 12]


def test_sampling_in_an_evaluation_changes_nothing_of_what_is_learned() -> None:
    def weights(spend: int) -> torch.Tensor:
        training = make_training(tiny_settings("AWAC", "paper", "offline_steps=5"))
        given(training, spend)
        return torch.cat([p.flatten() for p in training.agent.policy.parameters()])

    assert torch.equal(weights(0), weights(17))


def test_sampled_actions_scatter_and_are_not_those_of_the_steps_to_come() -> None:
    training = make_training(tiny_settings("AWAC", "paper", "offline_steps=5"))
    state = np.ones(OBSERVATION_DIM, np.float32)
    drawn: dict[int, list[np.ndarray]] = {}

    def evaluate(candidate: Candidate) -> Row:
        if candidate.sample is not None:
            drawn[training.step] = [candidate.sample(state) for _ in range(3)]
            assert np.array_equal(candidate.act(state), candidate.act(state))
        return evaluate_on_fake_task(candidate)

    training.evaluate = evaluate
    training.run()
    assert np.std(drawn[12], axis=0).min() > 0
    afterwards = [training.agent.act(state, deterministic=False) for _ in range(3)]
    assert not np.allclose(drawn[12], afterwards)


def test_every_evaluation_samples_with_noise_of_its_own() -> None:
    """The policy does not move here, so that only the noise can differ."""
    still = ("offline_steps=5", "policy_learning_rate=0", "policy_weight_decay=0")
    training = make_training(tiny_settings("AWAC", "paper", *still))
    state = np.ones(OBSERVATION_DIM, np.float32)
    mode: dict[int, np.ndarray] = {}
    drawn: dict[int, np.ndarray] = {}

    def evaluate(candidate: Candidate) -> Row:
        if candidate.sample is not None:
            mode[training.step] = candidate.act(state)
            drawn[training.step] = candidate.sample(state)
        return evaluate_on_fake_task(candidate)

    training.evaluate = evaluate
    training.run()
    assert np.array_equal(mode[-5], mode[0]) and np.array_equal(mode[0], mode[12])
    for one, other in ((-5, 0), (0, 12), (-5, 12)):
        assert not np.allclose(drawn[one], drawn[other])


def value_of(mlp: MLP, member: int, x: np.ndarray) -> np.ndarray:
    """What one network of a critic says of rows of states and actions, by NumPy."""
    *hidden, (weight, bias) = (
        (weight.numpy(), bias.numpy()) for weight, bias in mlp.layers()[member]
    )
    for w, b in hidden:
        x = x @ w + b
        if isinstance(mlp.hidden_layers, NormalisedLayers):
            x = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5)
        x = np.maximum(x, 0)
    value: np.ndarray = (x @ weight + bias)[:, 0]
    return value


@pytest.mark.parametrize(("name", "profile"), EVERY_METHOD)
def test_q_is_the_mean_over_the_networks(name: str, profile: str) -> None:
    agent = tiny_agent(name, profile)
    rng = np.random.default_rng(0)
    states = rng.normal(size=(4, OBSERVATION_DIM)).astype(np.float32)
    actions = rng.uniform(-1, 1, (4, ACTION_DIM)).astype(np.float32)
    found = agent.q(states, actions)
    if name in WITHOUT_Q:
        assert found is None
        return
    assert found is not None and found.shape == (4,) and found.dtype == np.float64
    critic = agent.networks["critic"]
    assert isinstance(critic, QEnsemble)
    x = np.hstack([states, actions])
    values = [value_of(critic.mlp, member, x) for member in range(critic.mlp.members)]
    if isinstance(critic.clamp, ClampOutput):
        values = [np.minimum(each, 0.0) for each in values]
    np.testing.assert_allclose(found, np.mean(values, axis=0), rtol=1e-4)
    assert np.ptp(found) > 0
