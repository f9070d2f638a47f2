"""The conditional VAE in closed form, and BCQ's policy: never further than phi from its actions."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.distributions import Independent, Normal, kl_divergence

from algorithms.agent import Agent
from algorithms.behaviors.vae import vae_loss
from algorithms.catalogue.resolving import resolve
from algorithms.networks.vae import ConditionalVAE
from algorithms.policies.perturbation import PerturbationPolicy
from tests.algorithms.conftest import (
    ACTION_DIM,
    BATCH_SIZE,
    assert_metrics,
    learn,
    make_batch,
    step_of,
    tiny_agent,
    torch_stack,
)

LATENTS = 2 * ACTION_DIM


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def bcq(*changes: str, seed: int = 0) -> Agent:
    """BCQ with a decoder whose actions fill (-1, 1) and a perturbation near its bound."""
    agent = tiny_agent("BCQ", "paper", *changes, seed=seed)
    for network, factor in (("behavior", 1000.0), ("policy", 3000.0), ("target_policy", -2000.0)):
        module = agent.networks[network]
        mlp = module.decoder if network == "behavior" else module.mlp
        mlp.layers()[0][-1][0].mul_(factor)
    return agent


def vae_of(agent: Agent) -> ConditionalVAE:
    vae = agent.networks["behavior"]
    assert isinstance(vae, ConditionalVAE)
    return vae


def test_divergence_equals_torch_distributions() -> None:
    mean, log_std = torch.randn(2, 5, LATENTS, generator=generator())
    zeros = torch.zeros(5, ACTION_DIM)
    loss, error, divergence = vae_loss(zeros, zeros, mean, log_std, 0.5)
    encoded, prior = Normal(mean, log_std.exp()), Normal(0.0, 1.0)
    expected = kl_divergence(encoded, prior).mean()  # over the batch and the latents, as in BCQ
    torch.testing.assert_close(divergence, expected)
    torch.testing.assert_close(loss, 0.5 * expected)
    assert error == 0
    whole = Independent(encoded, 1)
    standard = Independent(Normal(torch.zeros_like(mean), torch.ones_like(mean)), 1)
    torch.testing.assert_close(divergence * LATENTS, kl_divergence(whole, standard).mean())


def test_loss_by_hand() -> None:
    """Errors 1 and 0 in two dimensions; m = 1, s = 1 costs 1/2, the prior itself nothing."""
    actions = torch.tensor([[0.5, 0.0]])
    loss, error, divergence = vae_loss(
        torch.tensor([[-0.5, 0.0]]), actions, torch.tensor([[1.0, 0.0]]), torch.zeros(1, 2), 2.0
    )
    assert (error.item(), divergence.item()) == pytest.approx((0.5, 0.25))
    assert loss.item() == pytest.approx(0.5 + 2.0 * 0.25)


def test_shapes_are_checked() -> None:
    two, column = torch.zeros(4, 2), torch.zeros(4, 1)
    with pytest.raises(ValueError, match=r"reconstruction \(4, 1\) and actions \(4, 2\)"):
        vae_loss(column, two, two, two, 0.5)
    with pytest.raises(ValueError, match=r"mean \(4, 2\) and log-std \(4, 1\)"):
        vae_loss(two, two, two, column, 0.5)


@pytest.mark.parametrize("name", ["BCQ", "BEAR"])
def test_loss_of_the_agent_by_ordinary_layers(name: str) -> None:
    """Encoder on (s, a), z = m + s * noise, decoder on (s, z) with tanh; gradient to both."""
    agent = tiny_agent(name)
    vae = vae_of(agent)
    vae.encoder.layers()[0][-1][0].mul_(300.0)
    step = step_of(agent, seed=3)
    losses, metrics = agent.method.behavior.losses(step)
    s, a = step.batch.observations, step.batch.actions
    mean, log_std = torch_stack(vae.encoder)(torch.cat([s, a], 1)).split(LATENTS, 1)
    z = mean + log_std.exp() * torch.randn(BATCH_SIZE, LATENTS, generator=generator(3))
    error = (torch_stack(vae.decoder)(torch.cat([s, z], 1)).tanh() - a).square().mean()
    divergence = kl_divergence(Normal(mean, log_std.exp()), Normal(0.0, 1.0)).mean()
    assert divergence > 0.05
    torch.testing.assert_close(losses["behavior"], error + 0.5 * divergence)
    assert_metrics(metrics, behavior_error=error, behavior_divergence=divergence)
    losses["behavior"].backward()
    for mlp in (vae.encoder, vae.decoder):
        assert mlp.flat.grad is not None and mlp.flat.grad.abs().max() > 0


def test_sizes_are_those_of_bcq() -> None:
    method = resolve("BCQ").method
    agent = Agent(method, resolve("BCQ").config, 45, 24, seed=0)
    vae = vae_of(agent)
    assert vae.encoder.sizes == (45 + 24, 750, 750, 2 * 48)
    assert vae.decoder.sizes == (45 + 48, 750, 750, 24)
    assert method.constraint.phi == 0.05 and method.acting.act_candidates == 100


def test_log_std_is_clamped() -> None:
    vae, batch = vae_of(tiny_agent("BCQ")), make_batch()
    bias = vae.encoder.layers()[0][-1][1]
    bias.copy_(torch.tensor([0.0] * LATENTS + [-50.0, 50.0] * ACTION_DIM))
    _, log_std = vae.encode(batch.observations, batch.actions)
    assert (log_std[:, 0::2] == -4).all() and (log_std[:, 1::2] == 15).all()


def test_decoded_actions_are_inside_the_bounds() -> None:
    vae, s = vae_of(bcq()), make_batch().observations
    z = 5 * torch.randn(BATCH_SIZE, LATENTS, generator=generator())
    actions = vae.decode(s, z)
    assert actions.shape == (BATCH_SIZE, ACTION_DIM)
    assert actions.abs().max() <= 1 and actions.abs().max() > 0.8
    torch.testing.assert_close(actions, vae.decode_before_squash(s, z).tanh())


def test_sampled_latents_are_clipped_and_belong_to_their_states() -> None:
    vae, s = vae_of(bcq()), make_batch().observations
    seen: list[Tensor] = []
    decode = vae.decode_before_squash

    def spy(observations: Tensor, latents: Tensor) -> Tensor:
        seen.append(latents)
        assert torch.equal(observations.view(7, BATCH_SIZE, -1), s.expand(7, *s.shape))
        return decode(observations, latents)

    vae.decode_before_squash = spy  # type: ignore[method-assign]
    samples = vae.sample_before_squash(s, 7, generator(1))
    assert samples.shape == (7, BATCH_SIZE, ACTION_DIM)
    (z,) = seen
    assert z.abs().max() == 0.5
    clipped = (z.abs() == 0.5).float().mean().item()
    assert clipped == pytest.approx(0.617, abs=0.06)  # P(|N(0, 1)| > 0.5)
    for k in range(7):
        torch.testing.assert_close(samples[k], decode(s, z.view(7, BATCH_SIZE, -1)[k]))


@pytest.mark.parametrize("phi", [0.05, 0.3])
@pytest.mark.parametrize("network", ["policy", "target_policy"])
def test_candidates_stay_within_phi_of_the_vae(phi: float, network: str) -> None:
    agent = bcq(f"phi={phi}")
    s = make_batch().observations
    candidates = agent.networks[network](s).sample(generator(2), 10)
    anchors = vae_of(agent).sample_before_squash(s, 10, generator(2)).tanh().flatten(0, 1)
    change = (candidates - anchors).abs()
    assert change.max() <= phi + 1e-6 and change.max() > 0.8 * phi
    assert candidates.abs().max() <= 1
    inside = anchors.abs() < 1 - phi  # elsewhere the action's own bounds cut
    xi = torch_stack(agent.networks[network].mlp)(torch.cat([s.repeat(10, 1), anchors], 1))
    torch.testing.assert_close(candidates[inside], (anchors + phi * xi.tanh())[inside])


def test_the_agent_acts_within_phi_of_some_action_of_the_vae() -> None:
    agent = bcq()
    observation = make_batch().observations[0]
    action = torch.from_numpy(agent.act(observation.numpy(), deterministic=False))
    agent = bcq()  # the same noise again
    raw = vae_of(agent).sample_before_squash(observation[None], 100, agent.generator)
    distances = (raw[:, 0].tanh() - action).abs().amax(1)
    assert distances.min() <= 0.05 + 1e-6
    assert (distances > 0.05).float().mean() > 0.3


def test_mode_is_the_perturbed_decode_of_zero() -> None:
    agent, s = bcq(), make_batch().observations
    anchors = vae_of(agent).decode(s, torch.zeros(BATCH_SIZE, LATENTS))
    xi = agent.policy.mlp(torch.cat([s, anchors], 1)).squeeze(0)
    expected = (anchors + 0.05 * xi.tanh()).clamp(-1, 1)
    torch.testing.assert_close(agent.policy(s).mode(), expected)


def test_target_policy_shares_the_vae_but_not_the_perturbation() -> None:
    agent = tiny_agent("BCQ")
    policy, target = agent.networks["policy"], agent.networks["target_policy"]
    assert isinstance(policy, PerturbationPolicy) and isinstance(target, PerturbationPolicy)
    assert policy.vae is target.vae is agent.networks["behavior"]
    assert torch.equal(policy.mlp.flat, target.mlp.flat)
    assert policy.mlp.flat.data_ptr() != target.mlp.flat.data_ptr()
    assert policy.phi == target.phi == 0.05
    learn(agent)
    assert not torch.equal(policy.mlp.flat, target.mlp.flat)
    assert policy.vae is target.vae is agent.networks["behavior"]


def test_a_checkpoint_holds_the_vae_once() -> None:
    agent = tiny_agent("BCQ")
    assert sorted(agent.state_dict()["networks"]) == [
        "behavior.decoder.flat",
        "behavior.encoder.flat",
        "critic.mlp.flat",
        "policy.mlp.flat",
        "target_critic.mlp.flat",
        "target_policy.mlp.flat",
    ]
    optimised = {
        id(p) for group in agent.optimizers["policy"].param_groups for p in group["params"]
    }
    assert optimised == {id(agent.policy.mlp.flat)}


def test_gradient_of_a_candidate_reaches_the_perturbation_only() -> None:
    agent = bcq()
    agent.policy(make_batch().observations).sample(generator(), 3).sum().backward()
    assert agent.policy.mlp.flat.grad is not None and agent.policy.mlp.flat.grad.any()
    assert all(p.grad is None for p in vae_of(agent).parameters())
