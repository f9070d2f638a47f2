"""Densities, samples and initial statistics of the two policy classes."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Independent, Normal, TanhTransform, TransformedDistribution

from algorithms.agent import Agent
from algorithms.catalogue.method import PolicyClass
from algorithms.catalogue.resolving import resolve
from algorithms.config import Hyperparameters
from algorithms.critics.losses import td_loss
from algorithms.networks.blueprint import Blueprint
from algorithms.policies.clipped_gaussian import ClippedTanhMeanGaussian
from algorithms.policies.deterministic import DeterministicTanh
from algorithms.policies.distributions import Gaussian, TanhGaussian
from algorithms.policies.free_gaussian import FreeGaussian
from algorithms.policies.gaussians import HeteroscedasticGaussian, TanhMeanGaussian
from algorithms.policies.perturbation import Perturbation
from algorithms.policies.policy import Policy
from algorithms.policies.squashed import SquashedGaussian
from algorithms.step import Step
from algorithms.types import Batch, Metrics

B, A = 6, 4
EITHER = pytest.mark.parametrize("kind", [Gaussian, TanhGaussian])
PEN_OBSERVATIONS, PEN_ACTIONS = 45, 24


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def build(kind: PolicyClass, observation_dim: int, action_dim: int, *hidden: int) -> Policy:
    config = Hyperparameters(policy_hidden=hidden)
    return kind.build(Blueprint(observation_dim, action_dim, config, generator()))


def distribution(kind: type[Gaussian] | type[TanhGaussian]) -> Gaussian | TanhGaussian:
    draws = generator(1)
    mean = torch.randn(B, A, generator=draws)
    return kind(mean, -1.0 + 0.5 * torch.randn(B, A, generator=draws))


def torch_distribution(pi: Gaussian | TanhGaussian) -> torch.distributions.Distribution:
    normal = Normal(pi.mean, pi.log_std.exp())
    if isinstance(pi, Gaussian):
        return Independent(normal, 1)
    return Independent(TransformedDistribution(normal, [TanhTransform()]), 1)


@pytest.mark.parametrize("margin", [1e-4, 0.01])
def test_a_squashed_policy_takes_an_action_at_a_bound_for_one_a_margin_away(margin: float) -> None:
    policy = build(SquashedGaussian(squash_margin=margin), 3, A, 8)
    pi = policy(torch.zeros(1, 3))
    signs = torch.tensor([[1.0, -1.0, 1.0, -1.0]])
    inside = torch_distribution(pi).log_prob((1 - margin) * signs)
    torch.testing.assert_close(pi.log_prob(signs), inside, rtol=1e-3, atol=1e-3)
    assert pi.log_prob((1 - 2 * margin) * signs).item() != pytest.approx(inside.item(), abs=0.01)


def test_the_smallest_margin_gives_a_finite_likelihood_at_the_bounds() -> None:
    pi = build(SquashedGaussian(squash_margin=1e-6), 3, A, 8)(torch.zeros(1, 3))
    assert torch.isfinite(pi.log_prob(torch.tensor([[1.0, -1.0, 1.0, -1.0]]))).all()


@EITHER
def test_log_prob_equals_torch_distributions(kind: type[Gaussian]) -> None:
    pi = distribution(kind)
    actions = torch.rand(B, A, generator=generator(2)) * 1.9 - 0.95
    expected = torch_distribution(pi).log_prob(actions)
    assert pi.log_prob(actions).shape == (B,)
    torch.testing.assert_close(pi.log_prob(actions), expected, rtol=1e-5, atol=1e-4)


def test_log_prob_by_hand() -> None:
    """At its mean, N(0, I / 4) in two dimensions has density 1 / (2 pi / 4)."""
    pi = Gaussian(torch.zeros(1, 2), torch.full((2,), math.log(0.5)))
    assert pi.log_prob(torch.zeros(1, 2)).item() == pytest.approx(math.log(4 / (2 * math.pi)))
    assert pi.log_prob(torch.tensor([[0.5, 0.0]])).item() == pytest.approx(
        math.log(4 / (2 * math.pi)) - 0.5
    )


def test_state_independent_std_is_the_same_density() -> None:
    mean, log_std = torch.randn(B, A, generator=generator()), torch.linspace(-2, 0, A)
    actions = torch.rand(B, A, generator=generator(3))
    short, long = Gaussian(mean, log_std), Gaussian(mean, log_std.expand(B, A))
    torch.testing.assert_close(short.log_prob(actions), long.log_prob(actions))
    assert torch.equal(short.sample(generator(), 2), long.sample(generator(), 2))


@EITHER
def test_sample_with_log_prob_agrees_with_log_prob(kind: type[Gaussian]) -> None:
    pi = distribution(kind)
    actions, log_prob = pi.sample_with_log_prob(generator(4))
    assert torch.equal(actions, pi.sample(generator(4)))
    assert log_prob.shape == (B,)
    # near the bounds, atanh of a float32 loses digits
    inside = actions.abs().amax(1) < (math.inf if kind is Gaussian else 0.999)
    assert inside.sum() >= 3
    expected = torch_distribution(pi).log_prob(actions)
    torch.testing.assert_close(log_prob[inside], expected[inside], rtol=1e-4, atol=1e-3)


@EITHER
def test_actions_at_the_bounds_have_finite_log_prob_and_gradient(kind: type[Gaussian]) -> None:
    mean = torch.zeros(2, A, requires_grad=True)
    log_prob = kind(mean, torch.full((2, A), -3.0)).log_prob(
        torch.stack([torch.ones(A), -torch.ones(A)])
    )
    log_prob.sum().backward()
    assert torch.isfinite(log_prob).all()
    assert mean.grad is not None and torch.isfinite(mean.grad).all()


def test_squashed_density_is_finite_far_out() -> None:
    pi = TanhGaussian(torch.full((1, A), 30.0), torch.zeros(1, A))
    actions, log_prob = pi.sample_with_log_prob(generator())
    assert (actions == 1).all()
    # each dimension: N(u; 30, 1) minus log(1 - tanh(u)^2) = log 4 - 2u
    u = 30.0 + torch.randn(1, A, generator=generator())
    expected = Normal(30.0, 1.0).log_prob(u) - (math.log(4.0) - 2 * u)
    torch.testing.assert_close(log_prob, expected.sum(-1))


@EITHER
def test_samples_come_in_blocks_of_states(kind: type[Gaussian]) -> None:
    """Block k holds the k-th sample of every state, so view(K, B) separates them."""
    mean = torch.arange(B, dtype=torch.float32)[:, None].expand(B, A) / B
    pi = kind(mean, torch.full((B, A), -9.0))
    samples = pi.sample(generator(), 3)
    assert samples.shape == (3 * B, A)
    blocks = samples.view(3, B, A)
    for block in blocks:
        torch.testing.assert_close(block, pi.mode(), atol=1e-3, rtol=0)
    assert not torch.equal(blocks[0], blocks[1])


@EITHER
def test_samples_have_the_moments_of_the_distribution(kind: type[Gaussian]) -> None:
    pi = distribution(kind)
    samples = pi.sample(generator(5), 4000).view(4000, B, A)
    u = (
        samples
        if isinstance(pi, Gaussian)
        else torch.atanh(samples.double().clamp(-1 + 1e-7, 1 - 1e-7))
    )
    torch.testing.assert_close(u.mean(0).float(), pi.mean, atol=0.05, rtol=0)
    torch.testing.assert_close(u.std(0).float(), pi.log_std.exp(), atol=0, rtol=0.08)


def mean_gradient(pi: Gaussian, log_prob: Tensor) -> Tensor:
    (gradient,) = torch.autograd.grad(log_prob.sum(), pi.mean, retain_graph=True)
    return gradient


def test_log_prob_of_its_own_reparameterised_sample_does_not_move_the_mean() -> None:
    """The MPO trap: log pi(mu + std eps) does not depend on mu, so weighting it trains nothing.

    Weighted maximum likelihood of the policy's own actions must detach them first.
    """
    pi = Gaussian(
        torch.randn(B, A, generator=generator(), requires_grad=True), torch.full((A,), -1.0)
    )
    actions, log_prob = pi.sample_with_log_prob(generator(7))
    assert mean_gradient(pi, log_prob).abs().max() < 1e-6
    detached = mean_gradient(pi, pi.log_prob(actions.detach()))
    expected = (actions - pi.mean).detach() / math.exp(-2.0)
    torch.testing.assert_close(detached, expected, rtol=1e-4, atol=1e-4)
    assert detached.abs().mean() > 1


@EITHER
def test_reparameterised_gradient_reaches_mean_and_std(kind: type[Gaussian]) -> None:
    mean = torch.zeros(B, A, requires_grad=True)
    log_std = torch.full((B, A), -1.0, requires_grad=True)
    actions, _ = kind(mean, log_std).sample_with_log_prob(generator())
    actions.sum().backward()
    for parameter in (mean, log_std):
        assert parameter.grad is not None and parameter.grad.abs().min() > 0


def test_initial_statistics_of_the_tanh_mean_policy() -> None:
    """As in logs of the released code on the pen."""
    policy = build(TanhMeanGaussian(), PEN_OBSERVATIONS, PEN_ACTIONS, 256, 256)
    pi = policy(torch.randn(8000, PEN_OBSERVATIONS, generator=generator(1)))
    std = pi.log_std.exp()
    torch.testing.assert_close(std, torch.full((PEN_ACTIONS,), math.exp(-3)), rtol=1e-6, atol=0)
    assert std[0].item() == pytest.approx(0.049787, abs=1e-6)
    _, log_prob = pi.sample_with_log_prob(generator(2))
    theory = PEN_ACTIONS * (3 - 0.5 * math.log(2 * math.pi) - 0.5)
    assert theory == pytest.approx(37.9, abs=0.06)
    assert log_prob.mean().item() == pytest.approx(theory, abs=0.2)  # 5 standard errors


@pytest.mark.parametrize(
    "kind",
    [
        TanhMeanGaussian(),
        HeteroscedasticGaussian(),
        SquashedGaussian(),
        ClippedTanhMeanGaussian(),
        FreeGaussian(),
        DeterministicTanh(),
        Perturbation(),
    ],
    ids=lambda kind: type(kind).__name__,
)
def test_initial_actions_hardly_depend_on_the_state(kind: PolicyClass) -> None:
    """The last layer's weights are uniform in +-1e-3, where a critic's are in +-3e-3."""
    weight, bias = build(kind, 3, 16, 64).mlp.layers()[0][-1]
    assert 0.9e-3 < weight.abs().max() <= 1e-3
    assert not bias.any()


def test_std_stays_in_its_bounds_and_squashed_std_is_clamped() -> None:
    policy = build(TanhMeanGaussian(), 3, 2, 8)
    with torch.no_grad():
        policy.std_logits.copy_(torch.tensor([-50.0, 50.0]))
    torch.testing.assert_close(policy(torch.zeros(1, 3)).log_std, torch.tensor([-6.0, 0.0]))
    squashed = build(SquashedGaussian(), 3, 2, 8)
    squashed.mlp.layers()[0][-1][1].copy_(torch.tensor([0.0, 0.0, -99.0, 99.0]))
    torch.testing.assert_close(squashed(torch.zeros(1, 3)).log_std, torch.tensor([[-20.0, 2.0]]))


def test_heteroscedastic_std_is_a_second_head_of_the_network() -> None:
    """Its logits are the last A outputs; with those at 0, std exp(-3) at every state."""
    policy = build(HeteroscedasticGaussian(), PEN_OBSERVATIONS, PEN_ACTIONS, 256, 256)
    s = torch.randn(500, PEN_OBSERVATIONS, generator=generator(1))
    std = policy(s).log_std.exp()
    assert std.shape == (500, PEN_ACTIONS)
    torch.testing.assert_close(std, torch.full_like(std, 0.0498), rtol=0.05, atol=0)

    policy.mlp.layers()[0][-1][0].mul_(3000.0)
    mean, logits = policy.mlp(s).squeeze(0).chunk(2, -1)
    pi = policy(s)
    torch.testing.assert_close(pi.mean, mean.tanh())
    torch.testing.assert_close(pi.log_std, -6 + 6 / (1 + torch.exp(-logits)))
    assert (pi.log_std.std(0) > 0.5).all()  # from state to state
    policy.mlp.layers()[0][-1][1].add_(torch.tensor([-99.0, 99.0]).repeat(PEN_ACTIONS))
    log_std = policy(s).log_std
    assert log_std.min() == -6.0 and log_std.max() == 0.0


def test_heteroscedastic_policy_learns_where_the_data_is_noisy() -> None:
    """By maximum likelihood: std 0.4 for s > 0 and 0.1 for s < 0, which one free std cannot be."""
    draws = generator(3)
    s = torch.randint(0, 2, (1500, 1), generator=draws) * 2.0 - 1
    scale = torch.where(s > 0, 0.4, 0.1)
    actions = 0.2 * s + scale * torch.randn(1500, 1, generator=draws)
    policy = build(HeteroscedasticGaussian(), 1, 1, 16)
    optimizer = torch.optim.Adam(policy.parameters(), lr=0.03)
    for _ in range(200):
        optimizer.zero_grad()
        (-policy(s).log_prob(actions).mean()).backward()
        optimizer.step()
    pi = policy(torch.tensor([[-1.0], [1.0]]))
    torch.testing.assert_close(pi.log_std.exp(), torch.tensor([[0.1], [0.4]]), rtol=0.1, atol=0)
    torch.testing.assert_close(pi.mean, torch.tensor([[-0.2], [0.2]]), rtol=0, atol=0.04)


def test_pair_is_one_pass_of_two() -> None:
    for kind in (TanhMeanGaussian(), HeteroscedasticGaussian(), SquashedGaussian()):
        policy = build(kind, 3, 2, 8)
        s, following = torch.randn(5, 3), torch.randn(5, 3)
        pi, next_pi = policy.pair(s, following)
        torch.testing.assert_close(pi.mean, policy(s).mean)
        torch.testing.assert_close(next_pi.mean, policy(following).mean)
        torch.testing.assert_close(next_pi.log_std, policy(following).log_std)
        assert pi.mean.requires_grad and pi.log_std.requires_grad
        assert not next_pi.mean.requires_grad and not next_pi.log_std.requires_grad


@pytest.mark.parametrize("profile", ["paper", "released"])
def test_initial_advantages_and_targets(profile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Advantages near 0, Q targets just below the rewards in {-1, 0} and never above 0.

    The released code logs [-1.006, 0]. Here hidden layers are scaled by their own fan-in, which
    makes initial values about twice as large.
    """
    settings = resolve("AWAC", profile=profile)
    agent = Agent(settings.method, settings.config, PEN_OBSERVATIONS, PEN_ACTIONS, seed=0)
    draws = generator(3)
    rewards = -torch.randint(0, 2, (128,), generator=draws).float()
    states = torch.randn(129, PEN_OBSERVATIONS, generator=draws)
    actions = torch.rand(128, PEN_ACTIONS, generator=draws) * 2 - 1
    batch = Batch(states[:-1], actions, rewards, torch.ones(128), states[1:])
    step = Step(
        agent.method.objective,
        agent.method.constraint,
        agent.networks,
        agent.config,
        batch,
        None,
        agent.generator,
    )
    advantages = step.advantages
    assert advantages.abs().max() < 1e-2

    targets: list[Tensor] = []

    def spy(q: Tensor, target: Tensor) -> tuple[Tensor, Metrics]:
        targets.append(target)
        return td_loss(q, target)

    monkeypatch.setattr("algorithms.critics.td.td_loss", spy)
    agent.update(batch)
    assert targets[0].max() <= 0.0
    assert (targets[0] - rewards).abs().max() < 0.015
