"""A conditional VAE as the model of the data: BCQ, BEAR."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from algorithms.behaviors.base import Behavior
from algorithms.config import Hyperparameters
from algorithms.losses import Losses
from algorithms.networks.blueprint import Blueprint, Networks, OptimizerSettings
from algorithms.networks.vae import ConditionalVAE
from algorithms.step import Step
from algorithms.types import Metrics, check_range, check_vectors


@dataclass(frozen=True)
class VAEBehavior(Behavior):
    """Conditional VAE of the buffer's actions (BCQ, BEAR): latent of 2 dim(A), Adam 1e-3."""

    vae_hidden: tuple[int, ...] = (750, 750)
    latents_per_action: int = 2
    kl_weight: float = 0.5
    vae_learning_rate: float = 1e-3

    def __post_init__(self) -> None:
        for width in self.vae_hidden:
            check_range("vae_hidden", width, 1)
        check_range("latents_per_action", self.latents_per_action, 1)
        check_range("kl_weight", self.kl_weight, 0.0)
        check_range("vae_learning_rate", self.vae_learning_rate, 0.0)

    def networks(self, blueprint: Blueprint) -> Networks:
        """`behavior`: a `ConditionalVAE` with layers `vae_hidden` in encoder and decoder."""
        observations, actions = blueprint.observation_dim, blueprint.action_dim
        latent = self.latents_per_action * actions
        encoder = blueprint.mlp(observations + actions, self.vae_hidden, 2 * latent)
        decoder = blueprint.mlp(observations + latent, self.vae_hidden, actions)
        return {"behavior": ConditionalVAE(encoder, decoder, latent)}

    def trained(self, config: Hyperparameters) -> dict[str, OptimizerSettings]:
        """`behavior`, encoder and decoder alike, at `vae_learning_rate` without weight decay."""
        return {"behavior": OptimizerSettings(self.vae_learning_rate)}

    def losses(self, step: Step) -> tuple[Losses, Metrics]:
        """`behavior`: `vae_loss` of the batch, one z ~ q(z|s, a) reparameterised a transition.

        The gradient reaches encoder and decoder. Metrics: `behavior_error` in units of action
        squared, `behavior_divergence` in nats per latent dimension.
        """
        vae, batch = step.vae, step.batch
        mean, log_std = vae.encode(batch.observations, batch.actions)
        noise = torch.randn(mean.shape, generator=step.generator, device=mean.device)
        reconstruction = vae.decode(batch.observations, mean + log_std.exp() * noise)
        loss, error, divergence = vae_loss(
            reconstruction, batch.actions, mean, log_std, self.kl_weight
        )
        return {"behavior": loss}, {
            "behavior_error": error.detach(),
            "behavior_divergence": divergence.detach(),
        }


def vae_loss(
    reconstruction: Tensor, actions: Tensor, mean: Tensor, log_std: Tensor, kl_weight: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Reconstruction error plus `kl_weight` times D_KL(q(z|s, a) || N(0, I)).

    loss = mean_{B,A} (a_hat - a)^2 + kl_weight * mean_{B,Z} 0.5 (m^2 + s^2 - log s^2 - 1): as in
    BCQ, the divergence is averaged over latent dimensions too.

    Args:
        reconstruction: a_hat (B, A).
        actions: a (B, A).
        mean: m (B, Z) of the encoder.
        log_std: log s (B, Z) of the encoder.
        kl_weight: of the divergence, which is in nats a latent dimension.

    Returns:
        Loss, error and divergence, () each; the loss carries gradient to all but `actions`.

    Raises:
        ValueError: reconstruction and actions, or mean and log_std, differ in shape.
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
