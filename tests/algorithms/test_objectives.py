"""Policy improvement: losses by hand, limits of AWAC, and which action belongs to which state."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch
from scipy.stats import norm
from torch import Tensor

from algorithms.agent import Agent
from algorithms.losses import imitation_loss, reverse_kl_loss, weighted_mle_loss
from algorithms.objectives.imitation import Imitation
from algorithms.objectives.mixed import Mixed
from algorithms.objectives.reverse_kl import ReverseKL
from algorithms.objectives.values import PolicyMode, PolicySamples
from algorithms.objectives.weighted_mle import WeightedMLE
from algorithms.objectives.weights import BatchMean, Exponential, Unnormalised, Weights
from tests.algorithms.conftest import (
    BATCH_SIZE,
    assert_metrics,
    make_batch,
    step_of,
    tiny_agent,
    torch_stack,
)


def policy_gradient(agent: Agent, objective: WeightedMLE | Imitation | ReverseKL | Mixed) -> Tensor:
    """Gradient of the objective's policy loss to every policy parameter, as one vector."""
    agent.method = dataclasses.replace(agent.method, objective=objective)
    losses, _ = objective.losses(step_of(agent))
    gradients = torch.autograd.grad(losses["policy"], list(agent.policy.parameters()))
    return torch.cat([gradient.reshape(-1) for gradient in gradients])


def test_weighted_mle_by_hand() -> None:
    log_prob = torch.tensor([-1.0, -2.0, 0.5, 3.0], requires_grad=True)
    weights = torch.tensor([2.0, 1.0, 4.0, 0.0], requires_grad=True)
    loss = weighted_mle_loss(log_prob, weights)
    assert loss.item() == pytest.approx(-(-2 - 2 + 2 + 0) / 4)
    loss.backward()
    assert log_prob.grad is not None and weights.grad is None
    assert log_prob.grad.tolist() == [-0.5, -0.25, -1.0, 0.0]


def test_imitation_by_hand() -> None:
    assert imitation_loss(torch.tensor([-1.0, -2.0, 0.6])).item() == pytest.approx(0.8)


def test_reverse_kl_by_hand() -> None:
    log_prob = torch.tensor([1.0, 3.0], requires_grad=True)
    q = torch.tensor([-4.0, 2.0], requires_grad=True)
    loss = reverse_kl_loss(log_prob, q, 0.5)
    assert loss.item() == pytest.approx((0.5 + 4 + 1.5 - 2) / 2)
    loss.backward()
    assert log_prob.grad is not None and q.grad is not None
    assert log_prob.grad.tolist() == [0.25, 0.25] and q.grad.tolist() == [-0.5, -0.5]


@pytest.mark.parametrize("normalisation", [Unnormalised(), BatchMean()])
def test_lambda_to_infinity_turns_awac_into_cloning_of_the_buffer(
    normalisation: Unnormalised | BatchMean,
) -> None:
    agent = tiny_agent("AWAC")
    cloning = policy_gradient(agent, Imitation("buffer"))
    limit = policy_gradient(agent, WeightedMLE(Weights(Exponential(lam=1e9), normalisation)))
    torch.testing.assert_close(limit, cloning, rtol=1e-5, atol=1e-6)
    paper = policy_gradient(agent, WeightedMLE(Weights(Exponential(lam=0.3), normalisation)))
    assert (paper - cloning).norm() > 0.05 * cloning.norm()


def test_equal_advantages_with_batch_mean_are_cloning() -> None:
    agent = tiny_agent("AWAC")
    cloning = policy_gradient(agent, Imitation("buffer"))
    agent.networks["critic"].mlp.flat.data.zero_()  # Q = 0 everywhere, hence every A = 0
    for member in agent.networks["critic"].mlp.layers():
        member[-1][1].fill_(-3.0)
    objective = WeightedMLE(Weights(Exponential(lam=0.3), BatchMean()))
    torch.testing.assert_close(policy_gradient(agent, objective), cloning)


def test_better_actions_count_more() -> None:
    """AWAC's gradient is the sum of per-sample log-likelihood gradients, weighted by Eq. 4."""
    agent, lam = tiny_agent("AWAC"), 0.3
    batch = make_batch()
    with torch.no_grad():
        q = [torch_stack(agent.networks["critic"].mlp, m) for m in range(2)]

        def value(actions: Tensor) -> Tensor:
            x = torch.cat([batch.observations, actions], 1)
            return torch.minimum(q[0](x)[:, 0], q[1](x)[:, 0])

        mode = torch_stack(agent.policy.mlp)(batch.observations).tanh()
        weights = ((value(batch.actions) - value(mode)) / lam).exp()
    assert weights.std() > 0.1
    log_prob = agent.policy(batch.observations).log_prob(batch.actions)
    expected = torch.autograd.grad(-(weights * log_prob).mean(), list(agent.policy.parameters()))
    actual = policy_gradient(agent, WeightedMLE(Weights(Exponential(lam=lam))))
    torch.testing.assert_close(
        actual, torch.cat([g.reshape(-1) for g in expected]), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize(
    "policy", ["TanhMeanGaussian", "HeteroscedasticGaussian", "SquashedGaussian"]
)
def test_sampled_value_averages_the_samples_of_each_state(policy: str) -> None:
    """The K / B mixing trap: V(s_i) must use the samples drawn at s_i, and only those."""
    value = PolicySamples(samples=3)
    agent = tiny_agent("AWAC", "paper", f"policy={policy}", "value=PolicySamples", "samples=3")
    assert agent.method.objective.value == value
    for member in agent.policy.mlp.layers():
        member[-1][0].mul_(3000.0)  # modes that differ between states
    step = step_of(agent, seed=4)
    actual = value.of(step)

    generator = torch.Generator().manual_seed(4)
    pi = agent.policy(step.batch.observations)
    samples = pi.sample(generator, 3).detach().clamp(-1, 1)
    assert samples.std(0).min() > 0.1
    for i in range(BATCH_SIZE):
        total = 0.0
        for k in range(3):
            s, a = step.batch.observations[i : i + 1], samples[k * BATCH_SIZE + i][None]
            total += agent.networks["critic"](s, a).min().item()
        assert actual[i].item() == pytest.approx(total / 3, abs=1e-4)
    assert actual.std() > 0.02


def test_mode_value_is_the_minimum_at_the_mode() -> None:
    agent = tiny_agent("AWAC[V-mode]")
    step = step_of(agent)
    mode = agent.policy(step.batch.observations).mode()
    expected = agent.networks["critic"](step.batch.observations, mode).min(0).values
    torch.testing.assert_close(PolicyMode().of(step), expected.detach())


def test_reverse_kl_uses_the_minimum_and_the_current_alpha() -> None:
    agent = tiny_agent("SAC[entropy]", "paper", "initial_alpha=0.2")
    step = step_of(agent, seed=6)
    losses, metrics = agent.method.objective.losses(step)
    pi = agent.policy(step.batch.observations)
    actions, log_prob = pi.sample_with_log_prob(torch.Generator().manual_seed(6))
    q = agent.networks["critic"](step.batch.observations, actions).min(0).values
    torch.testing.assert_close(losses["policy"], (0.2 * log_prob - q).mean())
    target_entropy = -2.0  # -dim(A)
    expected = -math.log(0.2) * (log_prob.mean() + target_entropy)
    torch.testing.assert_close(losses["temperature"], expected)
    assert_metrics(
        metrics,
        policy_loss=losses["policy"],
        log_prob_mean=log_prob.mean(),
        policy_std=pi.log_std.exp().mean(),
        temperature=torch.tensor(0.2),
    )


def test_reverse_kl_without_entropy_maximises_q() -> None:
    agent = tiny_agent("SAC", "released")
    step = step_of(agent, seed=6)
    losses, _ = agent.method.objective.losses(step)
    actions = agent.policy(step.batch.observations).sample(torch.Generator().manual_seed(6))
    q = agent.networks["critic"](step.batch.observations, actions).min(0).values
    assert set(losses) == {"policy"}
    torch.testing.assert_close(losses["policy"], -q.mean())


@pytest.mark.parametrize("weight", [0.0, 1.0, 2.5])
def test_mixed_is_reverse_kl_plus_imitation(weight: float) -> None:
    agent = tiny_agent("SAC+BC")
    mixed = policy_gradient(agent, Mixed(imitation_weight=weight))
    expected = policy_gradient(agent, ReverseKL()) + weight * policy_gradient(agent, Imitation())
    torch.testing.assert_close(mixed, expected, rtol=1e-4, atol=1e-4)


def test_awac_with_imitation_is_awac_plus_imitation_of_the_demonstrations() -> None:
    agent = tiny_agent("AWAC[imitation]")
    mixed = agent.method.objective
    assert isinstance(mixed, Mixed) and isinstance(mixed.improvement, WeightedMLE)
    assert mixed.improvement == tiny_agent("AWAC").method.objective
    together = policy_gradient(agent, mixed)
    alone = policy_gradient(agent, mixed.improvement)
    imitation = policy_gradient(agent, Imitation("demonstrations"))
    assert imitation.abs().max() > 0.01
    torch.testing.assert_close(together, alone + imitation, rtol=1e-4, atol=1e-4)


def test_imitation_takes_its_actions_from_where_it_says() -> None:
    agent = tiny_agent("BC")
    step = step_of(agent)
    for source, batch in (("demonstrations", step.demonstrations), ("buffer", step.batch)):
        losses, metrics = Imitation(source).losses(step)
        pi = agent.policy(batch.observations)
        parameters = (x.detach().numpy() for x in (pi.mean, pi.log_std.exp()))
        # BC's policy has no tanh
        log_prob = torch.as_tensor(norm.logpdf(batch.actions.numpy(), *parameters).sum(1)).float()
        torch.testing.assert_close(losses["policy"], -log_prob.mean())
        assert_metrics(
            metrics,
            policy_loss=-log_prob.mean(),
            log_prob_mean=log_prob.mean(),
            policy_std=pi.log_std.exp().mean(),
        )


def test_missing_demonstrations_are_an_error() -> None:
    for name in ("BC", "SAC+BC"):
        with pytest.raises(ValueError, match="needs a batch of demonstrations"):
            tiny_agent(name).update(make_batch())
