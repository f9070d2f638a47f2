"""What cloning makes of the policy: its likelihood, or its mean alone with room to explore."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import norm
from torch import Tensor

from algorithms.policies.distributions import gaussian_log_prob
from algorithms.policies.initialisation import CloneDemonstrations, CloneMeans, RandomInit
from algorithms.types import Batch
from tests.algorithms.conftest import make_training, tiny_agent, tiny_settings

STDS = torch.tensor([0.8, 0.2])


def demonstrations(count: int = 512, *, seed: int = 0) -> Batch:
    """a = f(s) exactly, its two dimensions spread by 0.8 and 0.2 over the states."""
    s = torch.randn(count, 3, generator=torch.Generator().manual_seed(seed))
    a = torch.stack([s[:, 0], s[:, 1].abs() - 0.8], 1)
    a = 0.3 + (a - a.mean(0)) / a.std(0) * STDS
    zeros = torch.zeros(count)
    return Batch(s, a, zeros, zeros, s)


def cloned(name: str, *changes: str, steps: int = 800) -> tuple[Tensor, Tensor]:
    """Squared error of the mean, and the standard deviation, after cloning."""
    agent = tiny_agent(name, "paper", "policy_hidden=32,32", "policy_learning_rate=0.01", *changes)
    batch = demonstrations()
    for _ in range(steps):
        agent.imitate(batch)
    pi = agent.policy(batch.observations)
    return (pi.mean - batch.actions).square().mean().detach(), pi.log_std.exp().detach()


def test_the_target_copy_of_a_policy_follows_its_cloning() -> None:
    """Else the first targets would be those of a policy that was never cloned."""
    agent = tiny_agent("SAC", "paper", "critic.actor=TargetPolicy", "tau=0.25")
    target, source = agent.networks["target_policy"], agent.networks["policy"]
    before = [p.detach().clone() for p in target.parameters()]
    agent.imitate(demonstrations())
    pairs = zip(before, source.parameters(), target.parameters(), strict=True)
    for old, new, found in pairs:
        torch.testing.assert_close(found, 0.75 * old + 0.25 * new)
    assert any(not torch.equal(o, f) for o, f in zip(before, target.parameters(), strict=True))


def test_clone_means_fits_the_mean_and_takes_the_spread_of_the_actions() -> None:
    """Room to explore: not the residual of the fit, which goes to 0."""
    error, std = cloned("DAPG")
    assert error < 0.01
    torch.testing.assert_close(std, STDS, rtol=0.03, atol=0)


def test_cloning_by_likelihood_shrinks_the_spread_to_the_residual() -> None:
    error, std = cloned("DAPG", "initialisation=CloneDemonstrations", "cloning_steps=3")
    assert error < 0.01
    assert std[0] < 0.25 * STDS[0]  # the other one is near the floor of 0.05


def test_loss_of_clone_means_by_hand() -> None:
    """Mean squared error of the mean plus the likelihood of the actions around their own mean."""
    agent = tiny_agent("DAPG")
    batch = demonstrations(8)
    loss = CloneMeans().loss(agent.policy, batch)
    pi = agent.policy(batch.observations)
    centre = batch.actions.mean(0)
    log_prob = gaussian_log_prob(batch.actions, centre.expand(8, 2), pi.log_std)
    torch.testing.assert_close(loss, (pi.mean - batch.actions).square().mean() - log_prob.mean())
    loss.backward()
    std_gradient = agent.policy.log_std.grad
    assert std_gradient is not None
    # d/dlog std of -log N = 1 - (a - centre)^2 / std^2: nothing of the mean's error in it
    expected = 1 - (batch.actions - centre).square().mean(0) / pi.log_std.detach().exp() ** 2
    torch.testing.assert_close(std_gradient, expected)


@pytest.mark.parametrize("rule", [RandomInit(), CloneDemonstrations()])
def test_loss_of_cloning_is_the_likelihood(rule: RandomInit | CloneDemonstrations) -> None:
    agent, batch = tiny_agent("SAC"), demonstrations(8)
    pi = agent.policy(batch.observations)
    mean, std = (x.detach().double().numpy() for x in (pi.mean, pi.log_std.exp()))
    a = np.clip(batch.actions.double().numpy(), -0.9999, 0.9999)  # the bounds have no density
    of_gaussian = norm.logpdf(np.arctanh(a), mean, std)  # a = tanh(u), da/du = 1 - a^2
    expected = -(of_gaussian - np.log(1 - a**2)).sum(1).mean()
    assert rule.loss(agent.policy, batch).item() == pytest.approx(expected, rel=1e-3)


def test_who_clones_and_for_how_long() -> None:
    assert RandomInit().cloning_steps == 0
    assert CloneDemonstrations().cloning_steps == CloneMeans().cloning_steps == 25_000
    with pytest.raises(ValueError, match="cloning_steps"):
        CloneMeans(cloning_steps=-1)


def test_dapg_starts_its_rollouts_from_the_cloned_policy() -> None:
    """Cloning, no offline updates, then the first improvement after two whole episodes."""
    training = make_training(tiny_settings("DAPG", "paper", "cloning_steps=7"))
    agent = training.agent
    calls: list[tuple[str, int, int]] = []
    for kind in ("imitate", "improve"):
        real = getattr(agent, kind)

        def spy(*args, kind=kind, real=real):  # type: ignore[no-untyped-def]
            size = sum(len(r.rewards) for r in args[0]) if kind == "improve" else len(args[0][0])
            calls.append((kind, training.step, size))
            return real(*args)

        setattr(agent, kind, spy)
    assert training.run()
    assert calls == [("imitate", t, 16) for t in range(-7, 0)] + [("improve", 9, 10)]
