"""Returns and advantages against sums over n-step returns, and the baseline that DAPG fits."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor

from algorithms.config import Hyperparameters
from algorithms.critics.gae import GAE, ValueBaseline, explained_variance
from algorithms.data.returns import Rollout, discounted_returns, gae, lambda_returns
from algorithms.networks.blueprint import Blueprint

LENGTHS = (1, 5, 2, 1, 9, 3)  # 21 transitions; a trajectory of one step first and in the middle
LAMBDAS = pytest.mark.parametrize("lam", [0.0, 0.3, 0.95, 1.0])


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def randn(*shape: int, seed: int = 0) -> Tensor:
    """Double precision: the comparisons are to the last digits."""
    return torch.randn(*shape, generator=generator(seed), dtype=torch.float64)


def trajectories() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Rewards, next values, masks and ends of LENGTHS; every other one ends in a true terminal."""
    total = sum(LENGTHS)
    ends = torch.zeros(total, dtype=torch.bool)
    ends[torch.tensor(LENGTHS).cumsum(0) - 1] = True
    masks = torch.ones(total, dtype=torch.float64)
    masks[ends.nonzero().squeeze(1)[1::2]] = 0.0
    return randn(total), 3 * randn(total, seed=1), masks, ends


def n_step(
    rewards: Tensor, next_values: Tensor, masks: Tensor, t: int, n: int, discount: float
) -> float:
    """R_t + .. + discount^(n-1) R_(t+n-1) + discount^n V(s_(t+n)), nothing after a terminal."""
    total, scale = 0.0, 1.0
    for i in range(t, t + n):
        total += scale * rewards[i].item()
        scale *= discount * masks[i].item()
    return total + scale * next_values[t + n - 1].item()


def mixture(
    rewards: Tensor, next_values: Tensor, masks: Tensor, ends: Tensor, discount: float, lam: float
) -> Tensor:
    """(1 - lam) sum_n lam^(n-1) G^(n), the longest n-step return taking the rest of the weight."""
    bounds = [0, *(index + 1 for index in ends.nonzero().squeeze(1).tolist())]
    bounds += [] if bounds[-1] == len(rewards) else [len(rewards)]
    results = []
    for start, stop in pairwise(bounds):
        for t in range(start, stop):
            steps = [
                n_step(rewards, next_values, masks, t, n, discount) for n in range(1, stop - t + 1)
            ]
            shares = [(1 - lam) * lam**i for i in range(len(steps) - 1)] + [lam ** (len(steps) - 1)]
            results.append(sum(s * g for s, g in zip(shares, steps, strict=True)))
    return torch.tensor(results, dtype=torch.float64)


def test_discounted_returns_by_hand() -> None:
    rewards = torch.tensor([1.0, 0.0, -2.0])
    torch.testing.assert_close(discounted_returns(rewards, 0.5), torch.tensor([0.5, -1.0, -2.0]))
    expected = torch.tensor([1.5, 1.0, 2.0])  # 8 after the last step: + 8 / 8, 8 / 4, 8 / 2
    torch.testing.assert_close(discounted_returns(rewards, 0.5, 8.0), expected)
    torch.testing.assert_close(discounted_returns(rewards, 0.5, torch.tensor(8.0)), expected)
    assert rewards.tolist() == [1.0, 0.0, -2.0]  # the recursion works in place, on a copy


@pytest.mark.parametrize("length", [1, 2, 7, 8, 9, 100])
@pytest.mark.parametrize("discount", [0.0, 0.9, 1.0])
def test_discounted_returns_equal_the_sum(length: int, discount: float) -> None:
    rewards = randn(length)
    expected = [
        sum(discount**i * r for i, r in enumerate(rewards[t:].tolist()))
        + discount ** (length - t) * 3.0
        for t in range(length)
    ]
    result = discounted_returns(rewards, discount, 3.0)
    torch.testing.assert_close(result, torch.tensor(expected, dtype=torch.float64))


@LAMBDAS
def test_gae_is_the_mixture_of_n_step_advantages(lam: float) -> None:
    rewards, values = randn(9), randn(9, seed=1)
    following = torch.cat([values[1:], torch.tensor([2.0], dtype=torch.float64)])
    ends = torch.zeros(9, dtype=torch.bool)
    expected = mixture(rewards, following, torch.ones(9), ends, 0.9, lam) - values
    torch.testing.assert_close(gae(rewards, values, 2.0, discount=0.9, lam=lam), expected)


def test_gae_at_both_ends_of_lambda() -> None:
    rewards, values = randn(9), randn(9, seed=1)
    returns = discounted_returns(rewards, 0.9, 2.0)
    torch.testing.assert_close(gae(rewards, values, 2.0, discount=0.9, lam=1.0), returns - values)
    td_error = rewards + 0.9 * torch.cat([values[1:], torch.tensor([2.0])]) - values
    torch.testing.assert_close(gae(rewards, values, 2.0, discount=0.9, lam=0.0), td_error)


@LAMBDAS
@pytest.mark.parametrize("discount", [0.9, 1.0])
def test_lambda_returns_are_the_mixture_of_n_step_returns(lam: float, discount: float) -> None:
    rewards, next_values, masks, ends = trajectories()
    result = lambda_returns(rewards, next_values, masks, ends, discount=discount, lam=lam)
    expected = mixture(rewards, next_values, masks, ends, discount, lam)
    torch.testing.assert_close(result, expected)


def test_lambda_zero_is_one_step_td() -> None:
    rewards, next_values, masks, ends = trajectories()
    result = lambda_returns(rewards, next_values, masks, ends, discount=0.9, lam=0.0)
    torch.testing.assert_close(result, rewards + 0.9 * masks * next_values)


def test_lambda_one_is_monte_carlo_with_bootstrap() -> None:
    rewards, next_values, masks, ends = trajectories()
    result = lambda_returns(rewards, next_values, masks, ends, discount=0.9, lam=1.0)
    last = (masks * next_values)[ends]
    pieces = zip(rewards.split(list(LENGTHS)), last, strict=True)
    expected = torch.cat([discounted_returns(r, 0.9, bootstrap) for r, bootstrap in pieces])
    torch.testing.assert_close(result, expected)


def test_terminal_inside_a_trajectory_cuts_it() -> None:
    """Whatever `ends` says: nothing follows a true terminal."""
    rewards, next_values, masks, ends = trajectories()
    ends = ends & (masks == 1)
    result = lambda_returns(rewards, next_values, masks, ends, discount=0.9, lam=0.7)
    torch.testing.assert_close(result, mixture(rewards, next_values, masks, ends, 0.9, 0.7))
    terminal = masks == 0
    torch.testing.assert_close(result[terminal], rewards[terminal])


@LAMBDAS
def test_unfinished_last_trajectory_bootstraps(lam: float) -> None:
    rewards, next_values, masks, ends = (column[:-1] for column in trajectories())
    assert not ends[-1]
    closed = ends.clone()
    closed[-1] = True
    open_, expected = (
        lambda_returns(rewards, next_values, masks, e, discount=0.9, lam=lam)
        for e in (ends, closed)
    )
    torch.testing.assert_close(open_, expected, rtol=0, atol=0)
    torch.testing.assert_close(open_[-1], rewards[-1] + 0.9 * next_values[-1])


def test_trajectories_do_not_see_each_other() -> None:
    rewards, next_values, masks, ends = trajectories()
    together = lambda_returns(rewards, next_values, masks, ends, discount=0.9, lam=0.9)
    columns = (column.split(list(LENGTHS)) for column in (rewards, next_values, masks, ends))
    apart = [
        lambda_returns(*trajectory, discount=0.9, lam=0.9)
        for trajectory in zip(*columns, strict=True)
    ]
    torch.testing.assert_close(together, torch.cat(apart))


@pytest.mark.parametrize("longest", [3, 200, 100_000])
def test_lambda_returns_of_many_transitions_in_single_precision(longest: int) -> None:
    """Against the recursion itself, in double precision, transition by transition."""
    count, discount, lam = 100_000, 0.99, 0.95
    ends = torch.rand(count, generator=generator(2)) < 1 / longest
    rewards, next_values = randn(count), 10 * randn(count, seed=1)
    masks = 1.0 - (ends & (torch.rand(count, generator=generator(3)) < 0.5)).double()
    floats = (rewards.float(), next_values.float(), masks.float(), ends)
    result = lambda_returns(*floats, discount=discount, lam=lam)
    assert result.dtype == torch.float32
    expected, following = [], 0.0
    for r, v, mask, end in zip(
        *(column.tolist()[::-1] for column in (rewards, next_values, masks, ends)), strict=True
    ):
        share = 0.0 if end or not expected else lam
        following = r + discount * mask * ((1 - share) * v + share * following)
        expected.append(following)
    torch.testing.assert_close(result, torch.tensor(expected[::-1]), rtol=1e-5, atol=1e-4)


def test_no_transitions_no_returns() -> None:
    empty = torch.zeros(0)
    result = lambda_returns(empty, empty, empty, empty.bool(), discount=0.9, lam=0.9)
    assert result.shape == (0,)


def test_inputs_stay_and_no_gradient_leaves() -> None:
    rewards, next_values, masks, ends = trajectories()
    next_values.requires_grad_()
    copies = [column.detach().clone() for column in (rewards, next_values, masks)]
    results = [
        lambda_returns(rewards, next_values, masks, ends, discount=0.9, lam=0.9),
        gae(rewards, next_values, next_values[-1], discount=0.9, lam=0.9),
        discounted_returns(rewards, 0.9, next_values[-1]),
    ]
    assert not any(result.requires_grad for result in results)
    for column, copy in zip((rewards, next_values, masks), copies, strict=True):
        assert torch.equal(column, copy)


@pytest.mark.parametrize("position", range(4))
def test_column_vectors_raise(position: int) -> None:
    columns = list(trajectories())
    columns[position] = columns[position].unsqueeze(1)
    with pytest.raises(ValueError, match="common shape"):
        lambda_returns(*columns, discount=0.9, lam=0.9)


def test_other_wrong_shapes_and_types_raise() -> None:
    rewards, next_values, masks, ends = trajectories()
    with pytest.raises(ValueError, match="common shape"):
        gae(rewards, next_values.unsqueeze(1), 0.0, discount=0.9, lam=0.9)
    with pytest.raises(ValueError, match="common shape"):
        gae(rewards, torch.cat([next_values, next_values[-1:]]), 0.0, discount=0.9, lam=0.9)
    with pytest.raises(ValueError, match="common shape"):
        discounted_returns(rewards.unsqueeze(1), 0.9)
    with pytest.raises(TypeError, match="bool"):
        lambda_returns(rewards, next_values, masks, ends.double(), discount=0.9, lam=0.9)


OBSERVATION_DIM = 3


def baseline(critic: GAE) -> ValueBaseline:
    network = critic.networks(Blueprint(OBSERVATION_DIM, 1, Hyperparameters(), generator()))[
        "baseline"
    ]
    assert isinstance(network, ValueBaseline)
    last_weight = network.mlp.layers()[0][-1][0]
    last_weight *= 300  # values of the size of rewards, so that bootstraps are visible
    return network


def rollout(length: int, terminated: bool, seed: int) -> Rollout:
    x = torch.randn(length + 1, OBSERVATION_DIM, generator=generator(seed))
    rewards = torch.randn(length, generator=generator(seed + 100))
    return Rollout(x[:-1], torch.zeros(length, 2), rewards, terminated)


ROLLOUTS = (rollout(7, False, 0), rollout(4, True, 1), rollout(1, False, 2), rollout(12, True, 3))


def values(network: ValueBaseline, episode: Rollout) -> Tensor:
    return network(network.features(episode.observations)).detach()


def optimiser(critic: GAE, network: ValueBaseline) -> torch.optim.Adam:
    return torch.optim.Adam(
        network.parameters(),
        lr=critic.baseline_learning_rate,
        weight_decay=critic.baseline_weight_decay,
    )


def test_features_by_hand() -> None:
    network = baseline(GAE())
    observations = torch.tensor([[1.0, -20.0, 30.0], [0.0, 10.0, -5.0], [2.0, 2.0, 2.0]])
    expected = [
        [0.1, -1.0, 1.0, 0, 0, 0, 0],
        [0.0, 1.0, -0.5, 1e-3, 1e-6, 1e-9, 1e-12],
        [0.2, 0.2, 0.2, 2e-3, 4e-6, 8e-9, 16e-12],
    ]
    result = network.features(observations)
    torch.testing.assert_close(result, torch.tensor(expected), rtol=1e-5, atol=0)
    assert network(result).shape == (3,)


@LAMBDAS
def test_advantages_of_cut_and_of_terminated_episodes(lam: float) -> None:
    critic = GAE(lam=lam, discount=0.9, hidden=(8,))
    network = baseline(critic)
    expected = []
    for episode in ROLLOUTS:
        v = values(network, episode)
        bootstrap = 0.0 if episode.terminated else v[-1].item()
        expected.append(gae(episode.rewards, v, bootstrap, discount=0.9, lam=lam))
    result = critic.advantages(network, ROLLOUTS)
    torch.testing.assert_close(result, torch.cat(expected))
    assert not result.requires_grad
    # the last step of each, in full
    v = values(network, ROLLOUTS[0])
    torch.testing.assert_close(result[6], ROLLOUTS[0].rewards[-1] + (0.9 - 1) * v[-1])
    v = values(network, ROLLOUTS[1])
    torch.testing.assert_close(result[10], ROLLOUTS[1].rewards[-1] - v[-1])


def returns(discount: float) -> Tensor:
    """Not bootstrapped, not even where the time limit cut: mjrl's regression targets."""
    return torch.cat([discounted_returns(e.rewards, discount) for e in ROLLOUTS])


def test_fit_reports_the_loss_against_returns_without_bootstrap() -> None:
    """One minibatch of everything: the loss reported is that of the baseline before its step."""
    critic = GAE(discount=0.9, hidden=(8,), minibatch=100, epochs=1)
    network = baseline(critic)
    v = torch.cat([values(network, episode) for episode in ROLLOUTS])
    errors = returns(0.9) - v
    variance = 1 - errors.var(correction=0) / returns(0.9).var(correction=0)
    metrics = critic.fit(network, optimiser(critic, network), ROLLOUTS, generator())
    torch.testing.assert_close(metrics["baseline_loss"], errors.square().mean())
    torch.testing.assert_close(metrics["baseline_explained_variance"], variance)
    assert not any(value.requires_grad for value in metrics.values())


def test_fit_visits_everything_every_epoch() -> None:
    critic = GAE(discount=0.9, hidden=(8,), minibatch=5, epochs=3)  # 24 transitions: 5, 5, 5, 5, 4
    network = baseline(critic)
    adam = optimiser(critic, network)
    critic.fit(network, adam, ROLLOUTS, generator())
    assert adam.state[network.mlp.flat]["step"] == 3 * 5

    frozen = torch.optim.SGD(network.parameters(), lr=0.0)
    expected = (returns(0.9) - torch.cat([values(network, e) for e in ROLLOUTS])).square()
    loss = critic.fit(network, frozen, ROLLOUTS, generator())["baseline_loss"]
    torch.testing.assert_close(loss, expected.mean())  # the mean over samples, not minibatches


def test_fit_learns_the_returns() -> None:
    critic = GAE(discount=0.0, hidden=(32,), minibatch=8, epochs=100)
    network = baseline(critic)
    episodes = [e._replace(rewards=e.observations.sum(-1)) for e in ROLLOUTS]
    targets = torch.cat([e.rewards for e in episodes])
    assert explained_variance(torch.cat([values(network, e) for e in episodes]), targets) < 0.5
    critic.fit(network, torch.optim.Adam(network.parameters(), lr=1e-2), episodes, generator())
    learned = torch.cat([values(network, e) for e in episodes])
    assert explained_variance(learned, targets) > 0.95


def test_fit_is_reproducible() -> None:
    critic = GAE(hidden=(8,), minibatch=5)
    results = []
    for seed in (0, 0, 1):
        network = baseline(critic)
        critic.fit(network, optimiser(critic, network), ROLLOUTS, generator(seed))
        results.append(network.mlp.flat.detach())
    assert torch.equal(results[0], results[1]) and not torch.equal(results[0], results[2])


def test_explained_variance_at_its_landmarks() -> None:
    g = torch.tensor([1.0, 2.0, 6.0])
    assert explained_variance(g, g) == 1
    assert explained_variance(g + 5.0, g) == pytest.approx(1)  # an offset is no variance
    assert explained_variance(torch.zeros(3), g) == 0
    assert explained_variance(-g, g) == pytest.approx(-3)
    assert explained_variance(g, torch.ones(3)) == 0  # nothing to explain, and nothing divided by
    with pytest.raises(ValueError, match="common shape"):
        explained_variance(g.unsqueeze(1), g)


@pytest.mark.parametrize(
    "change",
    [
        {"lam": 1.1},
        {"lam": -0.1},
        {"discount": 1.01},
        {"baseline_learning_rate": 0.0},
        {"baseline_weight_decay": -1.0},
        {"minibatch": 0},
        {"epochs": 0},
    ],
)
def test_impossible_numbers_raise(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(change))):
        GAE(**change)
