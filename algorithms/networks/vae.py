"""A conditional variational auto-encoder of the data's actions."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from algorithms.networks.mlp import MLP


class ConditionalVAE(nn.Module):
    """p(a|s) = integral p(a|s, z) N(z; 0, I) dz; the decoder's output is squashed by tanh (BCQ).

    encoder: (s, a) -> mean and log-std of z, log-std clamped to [-4, 15]; decoder: (s, z) -> a. Z
    is the number of latent dimensions. All outputs carry gradient to the networks and the inputs.
    Source: Fujimoto 2019, as in their code.
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
