"""A bound on the distance from an action of the VAE: BCQ."""

from __future__ import annotations

from dataclasses import dataclass

from algorithms.constraints.base import Constraint
from algorithms.networks.blueprint import Blueprint, Networks
from algorithms.policies.perturbation import PerturbationPolicy
from algorithms.types import check_range


@dataclass(frozen=True)
class InfinityNorm(Constraint):
    """|a - a_vae| <= phi in every dimension, a_vae an action of the VAE (BCQ)."""

    phi: float = 0.05

    def __post_init__(self) -> None:
        check_range("phi", self.phi, 0.0)

    def networks(self, blueprint: Blueprint) -> Networks:
        """Sets the bound on the policy (and on its target copy). ValueError for other policies."""
        for name in ("policy", "target_policy"):
            policy = blueprint.built.get(name)
            if policy is None:
                continue
            if not isinstance(policy, PerturbationPolicy):
                raise ValueError("constraint=InfinityNorm needs policy=Perturbation")
            policy.phi = self.phi
        return {}
