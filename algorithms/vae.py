"""A conditional variational auto-encoder of the data's actions, and BCQ's policy around it."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from algorithms.blueprint import Blueprint, Networks
from algorithms.mlp import MLP
from algorithms.policies import Policy
from algorithms.types import check_vectors


class ConditionalVAE(nn.Module):
    """p(a|s) = integral p(a|s, z) N(z; 0, I) dz; the decoder's output is squashed by tanh.

    encoder: (s, a) -> mean and log-std of z, log-std clamped to [-4, 15]; decoder: (s, z) -> a.
    """

    def __init__(self, encoder: MLP, decoder: MLP, latent_dim: int) -> None:
        super().__init__()
        self.encoder, self.decoder, self.latent_dim = encoder, decoder, latent_dim

    def encode(self, observations: Tensor, actions: Tensor) -> tuple[Tensor, Tensor]:
        """(B, O), (B, A) -> mean and log-std of q(z|s, a), both (B, Z)."""
        output = self.encoder(torch.cat([observations, actions], -1)).squeeze(0)
        mean, log_std = output.chunk(2, -1)
        return mean, log_std.clamp(-4.0, 15.0)

    def decode_before_squash(self, observations: Tensor, latents: Tensor) -> Tensor:
        """(R, O), (R, Z) -> (R, A), unbounded."""
        output: Tensor = self.decoder(torch.cat([observations, latents], -1)).squeeze(0)
        return output

    def decode(self, observations: Tensor, latents: Tensor) -> Tensor:
        """(R, O), (R, Z) -> actions (R, A) in (-1, 1)."""
        return torch.tanh(self.decode_before_squash(observations, latents))

    def sample_before_squash(
        self,
        observations: Tensor,
        count: int,
        generator: torch.Generator | None,
        *,
        latent_clip: float = 0.5,
    ) -> Tensor:
        """`count` decodes a state from z ~ N(0, I) clipped to +-latent_clip: (count, B, A)."""
        shape = (count, observations.shape[0], self.latent_dim)
        z = torch.randn(shape, generator=generator, device=observations.device)
        z = z.clamp(-latent_clip, latent_clip)
        states = observations.expand(count, *observations.shape)
        return self.decode_before_squash(states.flatten(0, 1), z.flatten(0, 1)).view(
            count, observations.shape[0], -1
        )


def vae_loss(
    reconstruction: Tensor, actions: Tensor, mean: Tensor, log_std: Tensor, kl_weight: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Reconstruction error plus `kl_weight` times D_KL(q(z|s, a) || N(0, I)).

    loss = mean_{B,A} (a_hat - a)^2 + kl_weight * mean_{B,Z} 0.5 (m^2 + s^2 - log s^2 - 1): as in
    BCQ, the divergence is averaged over latent dimensions too. Returns loss, error and divergence;
    the loss carries gradient to all arguments but `actions`.
    """
    if reconstruction.shape != actions.shape or mean.shape != log_std.shape:
        raise ValueError(
            f"expected equal shapes, got reconstruction {tuple(reconstruction.shape)} and actions "
            f"{tuple(actions.shape)}, mean {tuple(mean.shape)} and log-std {tuple(log_std.shape)}"
        )
    error = (reconstruction - actions).square().mean(-1)
    divergence = 0.5 * (mean.square() + (2 * log_std).exp() - 2 * log_std - 1).mean(-1)
    check_vectors(error=error, divergence=divergence)
    loss = (error + kl_weight * divergence).mean()
    return loss, error.mean(), divergence.mean()


class PerturbedCandidates:
    """BCQ's policy at B states: a = clip(a_vae + phi tanh(xi(s, a_vae)), -1, 1), a_vae ~ VAE.

    Without a density. Gradient reaches the perturbation network only.
    """

    def __init__(self, policy: PerturbationPolicy, observations: Tensor) -> None:
        self.policy, self.observations = policy, observations

    @property
    def mean(self) -> Tensor:
        return self.mode()

    @property
    def log_std(self) -> Tensor:
        raise TypeError("BCQ's policy has no standard deviation")

    def mode(self) -> Tensor:
        """The perturbed decode of z = 0."""
        vae = self.policy.vae
        latents = self.observations.new_zeros(self.observations.shape[0], vae.latent_dim)
        with torch.no_grad():
            anchors = vae.decode(self.observations, latents)
        return self._perturb(self.observations, anchors)

    def sample(self, generator: torch.Generator | None, count: int = 1) -> Tensor:
        """(count * B, A), block k holding the k-th candidate of every state."""
        with torch.no_grad():
            raw = self.policy.vae.sample_before_squash(self.observations, count, generator)
            anchors = torch.tanh(raw).flatten(0, 1)
        return self._perturb(self.observations.repeat(count, 1), anchors)

    def log_prob(self, actions: Tensor) -> Tensor:
        raise TypeError("BCQ's policy has no density: this objective cannot train it")

    def sample_with_log_prob(
        self, generator: torch.Generator | None, count: int = 1
    ) -> tuple[Tensor, Tensor]:
        raise TypeError("BCQ's policy has no density: this objective cannot train it")

    def sample_before_squash(self, generator: torch.Generator | None, count: int) -> Tensor:
        raise TypeError("BCQ's policy has no distribution before a squashing function")

    def improvable(self, generator: torch.Generator | None) -> Tensor:
        """(B, A), the action along which Q is ascended: a perturbed candidate."""
        return self.sample(generator)

    def _perturb(self, observations: Tensor, anchors: Tensor) -> Tensor:
        xi = self.policy.mlp(torch.cat([observations, anchors], -1)).squeeze(0)
        return (anchors + self.policy.phi * torch.tanh(xi)).clamp(-1, 1)


class PerturbationPolicy(Policy):
    """The perturbation network xi(s, a) around the VAE, which belongs to the behaviour model.

    `phi`, the largest change of an action, is set by the constraint `InfinityNorm`.
    """

    phi: float = 0.0

    def __init__(self, mlp: MLP, built: Networks) -> None:
        super().__init__(mlp)
        self._built = built  # a plain dict: the VAE's weights are stored and trained elsewhere

    @property
    def vae(self) -> ConditionalVAE:
        """ValueError unless the behaviour model is a VAE."""
        vae = self._built.get("behavior")
        if not isinstance(vae, ConditionalVAE):
            raise ValueError("policy=Perturbation needs behavior=VAEBehavior")
        return vae

    def target_copy(self) -> PerturbationPolicy:
        """A copy of the perturbation network around the same VAE."""
        copied = PerturbationPolicy(copy.deepcopy(self.mlp), self._built)
        copied.phi = self.phi
        return copied

    def forward(self, observations: Tensor) -> PerturbedCandidates:
        """(B, O) -> candidates whose perturbation carries gradient."""
        return PerturbedCandidates(self, observations)

    def pair(
        self, observations: Tensor, next_observations: Tensor
    ) -> tuple[PerturbedCandidates, PerturbedCandidates]:
        return self(observations), self(next_observations)


@dataclass(frozen=True)
class Perturbation:
    """BCQ's policy: actions of the VAE, each changed by at most the constraint's phi."""

    def build(self, blueprint: Blueprint) -> PerturbationPolicy:
        inputs = blueprint.observation_dim + blueprint.action_dim
        mlp = blueprint.mlp(
            inputs, blueprint.config.policy_hidden, blueprint.action_dim, last_scale=1e-3
        )
        return PerturbationPolicy(mlp, blueprint.built)
