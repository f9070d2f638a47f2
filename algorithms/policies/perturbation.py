"""BCQ's policy: actions of the VAE, perturbed."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from torch import Tensor

from algorithms.networks.blueprint import Blueprint, Networks
from algorithms.networks.mlp import MLP
from algorithms.networks.vae import ConditionalVAE
from algorithms.policies.policy import Policy


class PerturbedCandidates:
    """BCQ's policy at B states: a = clip(a_vae + phi tanh(xi(s, a_vae)), -1, 1), a_vae ~ VAE.

    Without a density. Gradient reaches the perturbation network only.
    """

    def __init__(self, policy: PerturbationPolicy, observations: Tensor) -> None:
        self.policy, self.observations = policy, observations

    @property
    def mean(self) -> Tensor:
        """The mode: (B, A)."""
        return self.mode()

    @property
    def log_std(self) -> Tensor:
        """Always raises TypeError: the candidates are no Gaussian."""
        raise TypeError("BCQ's policy has no standard deviation")

    def mode(self) -> Tensor:
        """(B, A): the perturbed decode of z = 0, with gradient to the perturbation network.

        BCQ defines no mode, and to decode z = 0 is this project's own. BCQ acts by the best of
        sampled candidates, in evaluation too: `BestOfSamples`.
        """
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
        """Always raises TypeError: the candidates have no density."""
        raise TypeError("BCQ's policy has no density: this objective cannot train it")

    def sample_with_log_prob(
        self, generator: torch.Generator | None, count: int = 1
    ) -> tuple[Tensor, Tensor]:
        """Always raises TypeError: the candidates have no density."""
        raise TypeError("BCQ's policy has no density: this objective cannot train it")

    def sample_before_squash(self, generator: torch.Generator | None, count: int) -> Tensor:
        """Always raises TypeError: the perturbation is added after the tanh."""
        raise TypeError("BCQ's policy has no distribution before a squashing function")

    def action_for_gradient(self, generator: torch.Generator | None) -> Tensor:
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
        """Candidates at s and at s', both with gradient unless they are sampled under no_grad.

        The networks run when an action is sampled, not here.
        """
        return self(observations), self(next_observations)


@dataclass(frozen=True)
class Perturbation:
    """BCQ's policy: actions of the VAE, each changed by at most the constraint's phi."""

    def build(self, blueprint: Blueprint) -> PerturbationPolicy:
        """A network xi (B, O + A) -> (B, A), layers `policy_hidden`, around the model's VAE."""
        inputs = blueprint.observation_dim + blueprint.action_dim
        mlp = blueprint.mlp(
            inputs, blueprint.config.policy_hidden, blueprint.action_dim, last_scale=1e-3
        )
        return PerturbationPolicy(mlp, blueprint.built)
