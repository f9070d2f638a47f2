"""BRAC's divergence is one number a state, and the released trainer's is one number a batch."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor
from torch.distributions import Independent, Normal, TanhTransform, TransformedDistribution
from torch.distributions import kl_divergence as exact_kl
from torch.nn import functional

from algorithms.agent import Agent
from algorithms.config import Hyperparameters
from algorithms.constraints.divergence import (
    KLPenalty,
    KLRegularisation,
    log_probs_of_samples,
    sampled_kl,
)
from algorithms.constraints.implicit import NoConstraint
from algorithms.constraints.infinity_norm import InfinityNorm
from algorithms.constraints.reward_shift import BatchConstantShift
from algorithms.critics.ensembles import NoClamp
from algorithms.critics.losses import td_loss, td_target
from algorithms.engine.update import policy_losses
from algorithms.networks.blueprint import Blueprint
from algorithms.policies.distributions import Gaussian, TanhGaussian
from algorithms.policies.policy import Policy
from algorithms.policies.squashed import SquashedGaussian
from tests.algorithms.conftest import BATCH_SIZE, make_batch, step_of, tiny_agent

K = 4


def brac(*changes: str, name: str = "BRAC") -> Agent:
    """A policy and a behaviour model that differ, and differently from state to state."""
    agent = tiny_agent(name, "paper", *changes)
    for network, factor in (("policy", 1500.0), ("behavior", -1200.0)):
        agent.networks[network].mlp.layers()[0][-1][0].mul_(factor)
    agent.updates = 10**6
    return agent


def density(policy: Policy, s: Tensor) -> torch.distributions.Distribution:
    pi = policy(s)
    normal = Normal(pi.mean, pi.log_std.exp().expand_as(pi.mean))
    return Independent(TransformedDistribution(normal, [TanhTransform()]), 1)


def brute_force_divergence(agent: Agent, states: Tensor, seed: int) -> Tensor:
    """State by state, action by action, by torch.distributions."""
    policy, model = agent.policy, agent.networks["behavior"]
    assert isinstance(model, Policy)
    pi = policy(states)
    noise = torch.randn(K, *pi.mean.shape, generator=torch.Generator().manual_seed(seed))
    rows = []
    for i in range(len(states)):
        s = states[i : i + 1]
        total = 0.0
        for k in range(K):
            a = torch.tanh(pi.mean[i] + pi.log_std[i].exp() * noise[k, i])[None]
            a = a.clamp(-1 + 1e-6, 1 - 1e-6)
            total += (density(policy, s).log_prob(a) - density(model, s).log_prob(a)).item()
        rows.append(total / K)
    return torch.tensor(rows)


def test_sampled_divergence_by_hand() -> None:
    log_prob = torch.tensor([[1.0, 2.0], [3.0, 0.0]])
    behavior = torch.tensor([[0.0, 2.0], [1.0, -4.0]])
    assert sampled_kl(log_prob, behavior).tolist() == [1.5, 2.0]
    for wrong in (torch.zeros(2), torch.zeros(2, 3)):
        with pytest.raises(ValueError, match=r"expected two \(K, B\)"):
            sampled_kl(log_prob, wrong)
        with pytest.raises(ValueError, match=r"expected two \(K, B\)"):
            sampled_kl(wrong, behavior)


def test_densities_of_a_squashed_policy_and_a_model_that_is_not() -> None:
    """Both at the squashed action, and each with its own density; K blocks of B states."""
    draws = torch.Generator().manual_seed(1)
    means = torch.randn(2, 5, 2, generator=draws)
    pi = TanhGaussian(means[0], torch.tensor([-0.5, -1.0]).expand(5, 2))
    model = Gaussian(means[1], torch.tensor([0.1, -0.3]))
    log_prob, of_model = log_probs_of_samples(pi, model, K, torch.Generator().manual_seed(2))
    assert log_prob.shape == of_model.shape == (K, 5)
    noise = torch.randn(K, 5, 2, generator=torch.Generator().manual_seed(2))
    for k in range(K):
        for i in range(5):
            u = means[0, i] + pi.log_std[i].exp() * noise[k, i]
            plain = Normal(means[0, i], pi.log_std[i].exp()).log_prob(u)
            squashed = (plain - torch.log1p(-u.tanh().square())).sum()
            other = Normal(means[1, i], model.log_std.exp()).log_prob(u.tanh()).sum()
            assert log_prob[k, i].item() == pytest.approx(squashed.item(), abs=1e-4)
            assert of_model[k, i].item() == pytest.approx(other.item(), abs=1e-4)


def test_penalty_of_every_next_state_by_brute_force() -> None:
    agent = brac("coefficient=0.7")
    step = step_of(agent, seed=8)
    with torch.no_grad():
        penalty = agent.method.constraint.next_value_penalty(step)
    expected = 0.7 * brute_force_divergence(agent, step.batch.next_observations, 8)
    assert isinstance(penalty, Tensor) and penalty.shape == (BATCH_SIZE,)
    torch.testing.assert_close(penalty, expected, rtol=1e-3, atol=1e-3)
    assert penalty.std() > 0.1  # not one number for the batch


@pytest.mark.parametrize("name", ["BRAC", "BRAC[policy]"])
def test_term_of_the_policy_by_brute_force(name: str) -> None:
    agent = brac("coefficient=0.7", name=name)
    step = step_of(agent, seed=9)
    term, duals, metrics = agent.method.constraint.policy_term(step)
    expected = brute_force_divergence(agent, step.batch.observations, 9).mean()
    assert isinstance(term, Tensor) and duals == {}
    torch.testing.assert_close(term, 0.7 * expected, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(metrics["constraint_kl"], expected, rtol=1e-3, atol=1e-3)


def test_many_samples_give_the_closed_form() -> None:
    """For unsquashed Gaussians D_KL is known; and it is pi || b, not b || pi."""
    agent = brac("kl_samples=4000", "coefficient=1", name="AWAC[reverse-KL]")
    with torch.no_grad():
        agent.networks["behavior"].std_logits.fill_(1.0)
    step = step_of(agent)
    s = step.batch.observations
    term, _, _ = agent.method.constraint.policy_term(step)
    pi, b = (
        Normal(p.mean, p.log_std.exp().expand_as(p.mean))
        for p in (agent.policy(s), agent.networks["behavior"](s))
    )
    assert isinstance(term, Tensor)
    forward, backward = (exact_kl(*pair).sum(-1).mean().item() for pair in ((pi, b), (b, pi)))
    assert abs(forward - backward) > 0.2 * forward
    assert term.item() == pytest.approx(forward, rel=0.02)


def test_the_model_of_the_data_is_plain_maximum_likelihood() -> None:
    """Every action counts the same; the released trainer weighs them by advantage."""
    agent = brac(name="BRAC[likelihood]")
    model = agent.networks["behavior"]
    assert isinstance(model, Policy)
    step = step_of(agent)
    s, a = step.batch.observations, step.batch.actions
    each = torch.stack([density(model, s[i : i + 1]).log_prob(a[i : i + 1]) for i in range(len(s))])
    assert each.std() > 0.1  # else weights of mean 1 would not show
    losses, _ = agent.method.behavior.losses(step)
    torch.testing.assert_close(losses["behavior"], -each.mean(), rtol=1e-4, atol=1e-4)


def targets(agent: Agent, monkeypatch: pytest.MonkeyPatch, seed: int = 3) -> Tensor:
    """What the critic regresses on."""
    seen: list[Tensor] = []

    def spy(q: Tensor, target: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        seen.append(target)
        return td_loss(q, target)

    monkeypatch.setattr("algorithms.critics.td.td_loss", spy)
    agent.method.critic.losses(step_of(agent, seed=seed))
    return seen[0]


def test_penalty_lowers_the_target_of_each_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """y falls by discount * mask * coefficient * D_KL(s'); BRAC-p's target does not."""
    changes = ("clamp=NoClamp", "coefficient=0.7")
    with_penalty = targets(brac(*changes), monkeypatch)
    without = targets(brac(*changes, name="BRAC[policy]"), monkeypatch)
    agent, batch = brac(*changes), make_batch()
    generator = torch.Generator().manual_seed(3)
    agent.policy(batch.next_observations).sample(generator)  # of V(s'), drawn before
    agent.generator.set_state(generator.get_state())
    step = agent._step(batch, None)
    with torch.no_grad():
        penalty = agent.method.constraint.next_value_penalty(step)
    expected = 0.99 * batch.masks * penalty
    torch.testing.assert_close(without - with_penalty, expected, rtol=1e-4, atol=1e-4)
    assert expected[batch.masks == 1].std() > 0.1


@pytest.mark.parametrize("name", ["BRAC", "BRAC[policy]"])
def test_without_coefficient_it_is_sac(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the bit, given equal noise. The divergence draws its noise after the other losses, so that
    each part is compared from the same state of the generator."""
    sac = tiny_agent("SAC", "paper", "clamp=NoClamp")
    changes = ("clamp=NoClamp", "policy=SquashedGaussian")
    zero = brac("coefficient=0", *changes, name=name)
    some = brac(*changes, name=name)
    for key in ("policy", "critic", "target_critic"):
        for agent in (zero, some):
            agent.networks[key].load_state_dict(sac.networks[key].state_dict())
    sac.updates = 10**6
    losses = [policy_losses(agent.method, step_of(agent))[0] for agent in (sac, zero, some)]
    assert set(losses[0]) == set(losses[1]) == {"policy"}
    assert torch.equal(losses[0]["policy"], losses[1]["policy"])
    assert losses[0]["policy"] != losses[2]["policy"]
    gradients = [
        torch.autograd.grad(loss["policy"], agent.policy.mlp.flat)[0]
        for loss, agent in zip(losses, (sac, zero, some), strict=True)
    ]
    assert torch.equal(gradients[0], gradients[1]) and not torch.equal(gradients[0], gradients[2])
    y = [targets(agent, monkeypatch) for agent in (sac, zero, some)]
    assert torch.equal(y[0], y[1])
    assert torch.equal(y[0], y[2]) == (name == "BRAC[policy]")


LOG_DENSITIES = torch.tensor([0.0, -1.0, -10.0, -100.0])


def shifted_rewards(log_densities: Tensor, rewards: Tensor) -> Tensor:
    model = SimpleNamespace(log_prob=lambda actions: log_densities)
    batch = SimpleNamespace(observations=None, actions=None, rewards=rewards)
    step = SimpleNamespace(behavior_policy=lambda observations: model, batch=batch)
    return BatchConstantShift().rewards(step)  # type: ignore[arg-type]


def test_released_penalty_is_one_number_a_batch() -> None:
    shift = shifted_rewards(LOG_DENSITIES, torch.zeros(4))
    torch.testing.assert_close(shift, torch.full((4,), -27.75))
    rewards = torch.tensor([-1.0, 0.0, 0.0, -1.0])
    torch.testing.assert_close(shifted_rewards(LOG_DENSITIES, rewards), rewards - 27.75)


def test_released_penalty_has_the_gradient_of_the_broadcast() -> None:
    """r (B, 1) + log b (B,) is (B, B); the squared error against Q (B, 1) averages over it."""
    generator = torch.Generator().manual_seed(0)
    q = torch.randn(4, generator=generator).requires_grad_()
    rewards, next_q = torch.randn(2, 4, generator=generator)
    masks = torch.tensor([1.0, 0.0, 1.0, 1.0])
    column = q[:, None]
    broadcast = rewards[:, None] + LOG_DENSITIES + 0.9 * (masks * next_q)[:, None]
    assert broadcast.shape == (4, 4)
    loss = functional.mse_loss(column.expand(4, 4), broadcast)
    (released,) = torch.autograd.grad(loss, q)

    y = td_target(
        shifted_rewards(LOG_DENSITIES, rewards), masks, next_q, discount=0.9, clamp=NoClamp()
    )
    (ours,) = torch.autograd.grad(td_loss(q[None], y)[0], q)
    torch.testing.assert_close(ours, released)
    proper = td_target(rewards + LOG_DENSITIES, masks, next_q, discount=0.9, clamp=NoClamp())
    (per_sample,) = torch.autograd.grad(td_loss(q[None], proper)[0], q)
    assert (per_sample - ours).abs().max() > 10


def test_released_penalty_reaches_the_critic_and_not_the_policy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    agent = brac("clamp=NoClamp", name="BRAC[released]")
    batch = make_batch()
    b = density(agent.networks["behavior"], batch.observations)
    shift = b.log_prob(batch.actions.clamp(-1 + 1e-4, 1 - 1e-4)).mean().item()
    shifted = targets(agent, monkeypatch)
    assert agent.method.constraint.policy_term(step_of(agent)) == (0.0, {}, {})
    agent.method = dataclasses.replace(agent.method, constraint=NoConstraint())
    difference = shifted - targets(agent, monkeypatch)
    torch.testing.assert_close(difference, torch.full_like(difference, shift), rtol=1e-3, atol=1e-3)


def test_infinity_norm_needs_the_policy_that_it_bounds() -> None:
    blueprint = Blueprint(3, 2, Hyperparameters(), torch.Generator())
    blueprint.built["policy"] = SquashedGaussian().build(blueprint)
    with pytest.raises(ValueError, match="InfinityNorm needs policy=Perturbation"):
        InfinityNorm().networks(blueprint)


def test_value_penalty_is_the_regularisation_and_more() -> None:
    assert issubclass(KLPenalty, KLRegularisation)
    step = step_of(brac())
    assert KLRegularisation().next_value_penalty(step) == 0.0
    assert KLRegularisation().rewards(step) is step.batch.rewards
