"""Full MPO: the trust region in every dimension, its duals, and the policy that it refers to."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from algorithms.agent import Agent
from algorithms.constraints.trust_region import TrustRegion
from algorithms.networks.duals import Dual
from algorithms.policies.distributions import gaussian_kl
from tests.algorithms.conftest import (
    ACTION_DIM,
    advance,
    learn,
    step_of,
    tiny_agent,
    weights_of,
)


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_divergence_of_each_dimension_equals_torch_distributions() -> None:
    mean_p, log_std_p, mean_q, log_std_q = (0.5 * random(6, 4, seed=seed) for seed in range(4))
    actual = gaussian_kl(mean_p, log_std_p, mean_q, log_std_q)
    expected = kl_divergence(Normal(mean_p, log_std_p.exp()), Normal(mean_q, log_std_q.exp()))
    assert actual.shape == (6, 4)
    torch.testing.assert_close(actual, expected)


def mpo(*changes: str) -> Agent:
    """The policy has moved away from the previous one: the mean in dimension 0, the std in 1."""
    agent = tiny_agent("MPO[full]", "paper", "period=1000000", *changes)
    with torch.no_grad():
        agent.policy.mlp.layers()[0][-1][1].copy_(torch.tensor([0.05, 0.0]))
        agent.policy.std_logits.copy_(torch.tensor([0.0, 0.4]))
    agent.updates = 1
    return agent


def distributions(agent: Agent) -> tuple[Normal, Normal]:
    """The previous policy and the present one at the states of `step_of`."""
    s = step_of(agent).batch.observations
    old, new = (agent.networks[name](s) for name in ("behavior", "policy"))
    return tuple(Normal(pi.mean, pi.log_std.exp().expand_as(pi.mean)) for pi in (old, new))


def test_term_and_duals_by_torch_distributions() -> None:
    """D_KL(old || new), once with the old std and once with the old mean."""
    agent = mpo("initial_mean_multiplier=3", "initial_std_multiplier=5")
    old, new = distributions(agent)
    by_mean = kl_divergence(old, Normal(new.loc, old.scale)).mean(0)
    by_std = kl_divergence(old, Normal(old.loc, new.scale)).mean(0)
    assert by_mean[0] > 100 * by_mean[1] and by_std[1] > 0.1 and by_std[0] == 0
    backward = kl_divergence(Normal(old.loc, new.scale), old).mean(0)
    assert abs(backward[1] - by_std[1]) > 0.1 * by_std[1]

    term, losses, metrics = agent.method.constraint.policy_term(step_of(agent))
    torch.testing.assert_close(term, 3 * by_mean.sum() + 5 * by_std.sum(), rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(metrics["constraint_kl_mean"], by_mean.mean())
    torch.testing.assert_close(metrics["constraint_kl_std"], by_std.mean())
    expected = {
        "mean_multiplier": -3 * (by_mean - 2.5e-3).sum(),  # over dimensions, as in Acme
        "std_multiplier": -5 * (by_std - 1e-6).sum(),
    }
    assert set(losses) == set(expected)
    for name, loss in losses.items():
        torch.testing.assert_close(loss, expected[name], rtol=1e-4, atol=1e-6)


def test_mean_and_std_are_held_separately() -> None:
    """The mean's multiplier gives the std no gradient, and the other way round."""
    agent = mpo()
    step = step_of(agent)
    for held, other in (("mean", "std"), ("std", "mean")):
        with torch.no_grad():
            agent.networks[f"{held}_multiplier"].raw.fill_(5.0)
            agent.networks[f"{other}_multiplier"].raw.fill_(-100.0)  # 0
        term, _, _ = agent.method.constraint.policy_term(step)
        of_mean, of_std = torch.autograd.grad(
            term, [agent.policy.mlp.flat, agent.policy.std_logits], retain_graph=True
        )
        assert (of_mean.abs().max() > 1e-2) == (held == "mean")
        assert (of_std.abs().max() > 1e-2) == (held == "std")
        assert min(of_mean.abs().max(), of_std.abs().max()) < 1e-5


@pytest.mark.parametrize("name", ["mean", "std"])
def test_a_multiplier_rises_where_its_divergence_exceeds_its_bound(name: str) -> None:
    agent = mpo()
    old, new = distributions(agent)
    other = Normal(new.loc, old.scale) if name == "mean" else Normal(old.loc, new.scale)
    bound = 2.5e-3 if name == "mean" else 1e-6
    violated = kl_divergence(old, other).mean(0) > bound
    assert violated.tolist() == ([True, False] if name == "mean" else [False, True])
    dual = agent.networks[f"{name}_multiplier"]
    before = dual.value().detach().clone()
    learn(agent)
    change = dual.value().detach() - before
    assert (change > 0).tolist() == violated.tolist() and (change != 0).all()


def test_the_previous_policy_is_taken_over_every_period() -> None:
    """At update 0, 3, 6, ... it becomes the policy of before that update."""
    agent = tiny_agent("MPO[full]")  # period 3
    policies, previous = [], []
    for seed in range(8):
        policies.append(weights_of(agent)["policy.mlp.flat"])
        learn(agent, seed)
        previous.append(weights_of(agent)["behavior.mlp.flat"])
    for update, weights in enumerate(previous):
        assert torch.equal(weights, policies[update - update % 3])
    assert not torch.equal(policies[0], policies[3])


def test_the_previous_policy_has_all_of_the_policy_s_parameters() -> None:
    agent = tiny_agent("MPO[full]")
    advance(agent, 0, 7)
    with torch.no_grad():
        agent.policy.std_logits.fill_(1.5)
    agent.updates = 9
    learn(agent)
    weights = weights_of(agent)
    assert (weights["behavior.std_logits"] == 1.5).all()


def test_numbers_of_acme() -> None:
    assert TrustRegion() == TrustRegion(2.5e-3, 1e-6, 10.0, 1000.0, 1e-2)
    agent = tiny_agent("MPO[full]")
    for name, initial in (("mean_multiplier", 10.0), ("std_multiplier", 1000.0), ("eta", 10.0)):
        value = agent.networks[name].value()
        assert value.shape == ((1,) if name == "eta" else (ACTION_DIM,))
        torch.testing.assert_close(value, torch.full_like(value, initial))


def test_every_dimension_s_multiplier_gets_its_whole_gradient() -> None:
    """The same for one dimension as for many: a mean over them would shrink it to 1 / dim(A), of
    which Adam's epsilon leaves less where violations are small."""
    agent = mpo()
    step = step_of(agent)
    _, losses, _ = agent.method.constraint.policy_term(step)
    old, new = distributions(agent)
    by_std = kl_divergence(old, Normal(old.loc, new.scale)).mean(0)
    dual = agent.networks["std_multiplier"]
    (gradient,) = torch.autograd.grad(losses["std_multiplier"], dual.raw)
    slope = torch.sigmoid(dual.raw.detach())  # of softplus
    torch.testing.assert_close(gradient, -slope * (by_std - 1e-6), rtol=1e-4, atol=1e-9)


@pytest.mark.parametrize("initial", [1e-3, 1.0, 1000.0])
def test_duals_start_where_they_should_and_stay_positive(initial: float) -> None:
    dual = Dual(initial, 3)
    torch.testing.assert_close(dual.value(), torch.full((3,), initial), rtol=1e-3, atol=1e-6)
    with torch.no_grad():
        dual.raw.fill_(-1000.0)
    assert (dual.value() > 0).all()
