"""Weighted likelihood of actions that are not the buffer's: MPO, ABM-MPO, Z(s), and their traps."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from algorithms.agent import Agent
from algorithms.objectives.weights import Exponential, Indicator
from algorithms.policies.distributions import Gaussian
from tests.algorithms.conftest import (
    BATCH_SIZE,
    assert_metrics,
    make_batch,
    step_of,
    tiny_agent,
    torch_stack,
)


def varied(name: str, *changes: str) -> Agent:
    """Policies whose means differ from state to state, with noise that Q can see."""
    agent = tiny_agent(name, "paper", *changes)
    for network in ("policy", "behavior"):
        if network in agent.networks:
            agent.networks[network].mlp.layers()[0][-1][0].mul_(1000.0)
            with torch.no_grad():
                agent.networks[network].std_logits.fill_(1.5)
    return agent


def q_of(agent: Agent, s: Tensor, a: Tensor) -> Tensor:
    """min_j Q_j of the action that is executed, by ordinary layers: (R, O), (R, A) -> (R,)."""
    x = torch.cat([s, a.clamp(-1, 1)], -1)
    members = [torch_stack(agent.networks["critic"].mlp, m)(x)[:, 0] for m in range(2)]
    return torch.minimum(*members).detach()


def candidates(pi: Gaussian, count: int, generator: torch.Generator) -> Tensor:
    """(K, B, A), as the agent draws them."""
    noise = torch.randn(count * BATCH_SIZE, 2, generator=generator).view(count, BATCH_SIZE, 2)
    return (pi.mean + pi.log_std.exp() * noise).detach()


def gradients(agent: Agent, loss: Tensor) -> tuple[Tensor, Tensor]:
    """Of a loss to the mean's network, and to the standard deviation."""
    parameters = [agent.policy.mlp.flat, agent.policy.std_logits]
    return torch.autograd.grad(loss, parameters, retain_graph=True)


def expected_loss(agent: Agent, model: str, count: int) -> tuple[Tensor, Tensor]:
    """mean over s of the softmax of Q / lambda over the K actions of s, times -log pi."""
    generator, s = torch.Generator().manual_seed(4), make_batch().observations
    actions = candidates(agent.networks[model](s), count, generator)
    log_prob = agent.policy(s).log_prob(actions)
    weights = torch.zeros(count, BATCH_SIZE)
    lam = agent.method.objective.weights.shape.lam
    for i in range(BATCH_SIZE):
        q = q_of(agent, s[i : i + 1].expand(count, -1), actions[:, i])
        weights[:, i] = torch.softmax(q / lam, 0) * count
    return -(weights * log_prob).mean(), weights


def test_mpo_is_a_softmax_over_the_actions_of_each_state() -> None:
    agent = varied("MPO", "actions.samples=5")
    losses, metrics = agent.method.objective.losses(step_of(agent, seed=4))
    actual = gradients(agent, losses["policy"])
    loss, weights = expected_loss(agent, "policy", 5)
    assert weights.std(0).min() > 0.01 and weights.std(1).max() > 0.1
    torch.testing.assert_close(losses["policy"], loss, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(actual, gradients(agent, loss), rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(metrics["weights_max"], weights.max(), rtol=1e-4, atol=0)


def test_abm_draws_from_the_prior() -> None:
    """V(s) shifts all of a state's advantages alike: the softmax over them does not see it."""
    agent = varied("ABM-MPO", "actions.samples=5", "objective.weights.shape.cap=inf")
    losses, _ = agent.method.objective.losses(step_of(agent, seed=4))
    of_prior, weights = expected_loss(agent, "behavior", 5)
    of_policy, _ = expected_loss(agent, "policy", 5)
    assert weights.std(0).min() > 0.01
    torch.testing.assert_close(losses["policy"], of_prior, rtol=1e-4, atol=1e-4)
    assert (of_prior - of_policy).abs() > 0.05


@pytest.mark.parametrize("name", ["MPO", "ABM-MPO", "MPO[full]", "AWAC[policy-actions]"])
def test_the_mean_learns_from_detached_actions(name: str) -> None:
    agent = varied(name)
    losses, _ = agent.method.objective.losses(step_of(agent))
    of_mean, _ = gradients(agent, losses["policy"])
    assert of_mean.norm() > 0.1


def test_the_mean_cannot_learn_from_actions_that_carry_its_gradient() -> None:
    """The trap: log pi(mu + sigma eps) does not depend on mu. Only sigma shrinks or grows."""
    agent = varied("MPO[released]")
    losses, _ = agent.method.objective.losses(step_of(agent))
    of_mean, of_std = gradients(agent, losses["policy"])
    detached = varied("AWAC[policy-actions]")
    other, _ = detached.method.objective.losses(step_of(detached))
    assert of_mean.norm() < 1e-5 * gradients(detached, other["policy"])[0].norm()
    assert of_std.abs().min() > 1e-3


def test_released_weights_are_a_softmax_over_the_batch() -> None:
    agent = varied("MPO[released]")
    step = step_of(agent, seed=4)
    _, metrics = agent.method.objective.losses(step)
    s = step.batch.observations
    noise = torch.randn(BATCH_SIZE, 2, generator=torch.Generator().manual_seed(4))
    pi = agent.policy(s)
    actions = (pi.mean + pi.log_std.exp() * noise).detach()
    scores = q_of(agent, s, actions) - q_of(agent, s, pi.mean.detach())
    weights = torch.softmax(scores.clamp(max=2.0) / 0.3, 0) * BATCH_SIZE
    torch.testing.assert_close(metrics["weights_max"], weights.max(), rtol=1e-3, atol=0)


def loss_of_prior(agent: Agent, weights: Tensor) -> Tensor:
    batch = make_batch()
    log_prob = agent.networks["behavior"](batch.observations).log_prob(batch.actions)
    return -(weights * log_prob).mean()


def test_abm_keeps_the_better_half_for_its_prior_and_weighs_its_policy() -> None:
    """Eq. 16: the prior's f is 1[A > 0]; Eq. 17: the policy's weight exp(A / lambda).

    The released trainer has them the other way round.
    """
    agent = varied("ABM-MPO")
    assert isinstance(agent.method.behavior.weights.shape, Indicator)
    assert isinstance(agent.method.objective.weights.shape, Exponential)
    step = step_of(agent, seed=4)
    losses, metrics = agent.method.behavior.losses(step)
    kept = (step.advantages > 0).float()
    assert 3 <= kept.sum() <= BATCH_SIZE - 3
    torch.testing.assert_close(losses["behavior"], loss_of_prior(agent, kept))
    batch = step.batch
    log_prob = agent.networks["behavior"](batch.observations).log_prob(batch.actions)
    assert_metrics(
        metrics,
        behavior_log_prob=log_prob.mean(),
        behavior_kept=kept.mean(),
        behavior_weights_ess=kept.mean(),  # of weights 0 and 1
    )
    _, of_policy = agent.method.objective.losses(step)
    assert 0.0 < of_policy["weights_ess"] < 1 and of_policy["weights_max"] > 1.0


def test_prior_of_the_released_code_weighs_by_the_exponential() -> None:
    """Of what is better than one action of the prior itself, not of the policy."""
    agent = varied("ABM-MPO[exponential]")
    agent.policy.mlp.layers()[0][-1][1].fill_(3.0)  # far from the prior
    step = step_of(agent, seed=4)
    s, a = step.batch.observations, step.batch.actions
    of_batch = step.q.detach().min(0).values
    agent.generator.manual_seed(9)
    losses, metrics = agent.method.behavior.losses(step)
    tried = candidates(agent.networks["behavior"](s), 1, torch.Generator().manual_seed(9))[0]
    scores = q_of(agent, s, a) - q_of(agent, s, tried)
    torch.testing.assert_close(of_batch, q_of(agent, s, a), rtol=1e-4, atol=1e-4)
    weights = BATCH_SIZE * torch.softmax(scores / 0.3, 0)
    torch.testing.assert_close(losses["behavior"], loss_of_prior(agent, weights), rtol=1e-4, atol=0)
    by_policy = BATCH_SIZE * torch.softmax(step.advantages / 0.3, 0)
    assert (loss_of_prior(agent, by_policy) - losses["behavior"]).abs() > 0.05
    assert metrics["behavior_kept"] == 1


def test_prior_by_returns_keeps_what_beat_the_critic_s_value() -> None:
    """Eq. 16; the last of the batch has no return yet and is not kept."""
    agent = varied("ABM-MPO[returns]")
    step = step_of(agent, seed=4)
    losses, _ = agent.method.behavior.losses(step)
    batch = step.batch
    assert batch.returns is not None
    kept = (batch.returns > step.values).float()
    assert 3 <= kept.sum() <= BATCH_SIZE - 3 and kept[-1] == 0
    torch.testing.assert_close(losses["behavior"], loss_of_prior(agent, kept))
    with pytest.raises(ValueError, match="needs batches with returns"):
        agent.update(batch._replace(returns=None))


def test_partition_function_is_over_the_prior_s_actions_at_each_state() -> None:
    """w = exp(A / lambda) / mean_k exp(A(s, a_k) / lambda), a_k of the behaviour model at s."""
    agent = varied("AWAC[Z(s)]", "objective.weights.shape.cap=inf", "objective.value=PolicyMode")
    step = step_of(agent, seed=4)
    losses, _ = agent.method.objective.losses(step)
    batch = step.batch
    s = batch.observations
    generator = torch.Generator().manual_seed(4)
    sampled = candidates(agent.networks["behavior"](s), 10, generator)
    value = q_of(agent, s, agent.policy(s).mean.detach())
    log_prob = agent.policy(s).log_prob(batch.actions)
    weights = torch.zeros(BATCH_SIZE)
    for i in range(BATCH_SIZE):
        a_k = q_of(agent, s[i : i + 1].expand(10, -1), sampled[:, i]) - value[i]
        z = (a_k / 0.3).exp().mean()
        a = q_of(agent, s[i : i + 1], batch.actions[i : i + 1]) - value[i]
        weights[i] = ((a / 0.3).exp() / z).item()
    assert weights.std() > 0.1
    torch.testing.assert_close(losses["policy"], -(weights * log_prob).mean(), rtol=1e-3, atol=1e-3)


def test_full_mpo_asks_the_target_critics() -> None:
    """The online ones are asked about the buffer's actions alone."""
    agent = varied("MPO[full]", "initial_eta=0.3")
    for member in agent.networks["target_critic"].mlp.layers():
        member[-1][0].mul_(-0.5)
        member[-1][1].fill_(-7.0)
    step = step_of(agent, seed=4)
    s, count = step.batch.observations, 20
    generator = torch.Generator().manual_seed(4)
    actions = candidates(agent.networks["behavior"](s), count, generator)
    x = torch.cat([s.expand(count, *s.shape), actions.clamp(-1, 1)], -1)
    members = [torch_stack(agent.networks["target_critic"].mlp, m)(x)[..., 0] for m in range(2)]
    weights = count * torch.softmax(torch.minimum(*members).detach() / 0.3, 0)
    taken = torch.cat([s, step.batch.actions], -1)
    of_batch = [torch_stack(agent.networks["target_critic"].mlp, m)(taken)[:, 0] for m in range(2)]
    torch.testing.assert_close(step.advantages, torch.minimum(*of_batch).detach())
    losses, metrics = agent.method.objective.losses(step)
    expected = -(weights * agent.policy(s).log_prob(actions)).mean()
    torch.testing.assert_close(losses["policy"], expected, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(metrics["weights_max"], weights.max(), rtol=1e-3, atol=0)
    assert step.queries == {}


def test_iqls_advantage_at_the_policys_actions_is_of_the_target_critics_too() -> None:
    agent = varied("IQL", "policy=TanhMeanGaussian", "actions=PolicyActions", "actions.samples=3")
    for member in agent.networks["target_critic"].mlp.layers():
        member[-1][1].fill_(-7.0)
    step = step_of(agent, seed=4)
    s, generator = step.batch.observations, torch.Generator().manual_seed(4)
    actions = agent.policy(s).sample(generator, 3).detach().clamp(-1, 1)
    x = torch.cat([s.repeat(3, 1), actions.view(-1, actions.shape[-1])], -1)
    members = [torch_stack(agent.networks["target_critic"].mlp, m)(x)[..., 0] for m in range(2)]
    value = torch_stack(agent.networks["value"].mlp, 0)(s)[..., 0]
    expected = torch.minimum(*members).view(3, -1) - value
    _, metrics = agent.method.objective.losses(step)
    torch.testing.assert_close(metrics["advantage_mean"], expected.mean().detach())


def test_eta_is_trained_by_its_dual_and_used_without_gradient() -> None:
    agent = varied("MPO[full]")
    step = step_of(agent, seed=4)
    losses, metrics = agent.method.objective.losses(step)
    assert set(losses) == {"policy", "eta"} and metrics["eta"].item() == pytest.approx(10.0)
    s, count = step.batch.observations, 20
    actions = candidates(agent.networks["behavior"](s), count, torch.Generator().manual_seed(4))
    q = torch.stack([q_of(agent, s, actions[k]) for k in range(count)])
    expected = 10 * 0.1 + 10 * (q / 10).exp().mean(0).log().mean()
    torch.testing.assert_close(losses["eta"], expected[None].sum(), rtol=1e-4, atol=1e-4)
    agent.networks.zero_grad()
    losses["policy"].backward(retain_graph=True)
    assert agent.networks["eta"].raw.grad is None
    losses["eta"].backward()
    assert agent.networks["eta"].raw.grad is not None


def test_a_smaller_lambda_prefers_more() -> None:
    sizes = []
    for lam in (0.03, 0.3, 3.0):
        agent = varied("MPO", f"lam={lam}")
        sizes.append(agent.method.objective.losses(step_of(agent))[1]["weights_ess"].item())
    assert sizes == sorted(sizes) and sizes[0] < 0.5 and sizes[-1] > 0.9


def test_clipping_likelihood_on_one_s_own_samples_narrows_and_pulls_inward() -> None:
    """At a mean of 1 half of the samples are cut to the mean: per dimension the log-likelihood
    falls by 1/2 a unit of log sigma, and the mean goes inward by 1 / (sqrt(2 pi) sigma)."""
    sigma = 0.2
    noise = torch.randn(400_000, 1, generator=torch.Generator().manual_seed(0))
    mean = torch.ones(1, 1, requires_grad=True)
    log_std = torch.tensor([math.log(sigma)], requires_grad=True)
    stored = (1 + sigma * noise).clamp(-1, 1)
    pi = Gaussian(mean.expand_as(stored), log_std)
    of_mean, of_log_std = torch.autograd.grad(-pi.log_prob(stored).mean(), [mean, log_std])
    assert of_log_std.item() == pytest.approx(0.5, abs=0.01)
    assert of_mean.item() == pytest.approx(1 / (math.sqrt(2 * math.pi) * sigma), rel=0.01)
