"""How the networks of a method see observations: as they are, or standardised by the prior data.

The replay buffer keeps observations as they are. Relabelling in hindsight works on these.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from algorithms.networks.blueprint import Blueprint, Networks
from algorithms.types import check_range


class Standardisation(nn.Module):
    """(x - mean) / std, entry by entry, without gradient to mean or std.

    Mean and std are buffers of the module, so they are saved with its weights. They are 0 and 1
    until `fit`.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, observation_dim: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(observation_dim))
        self.register_buffer("std", torch.ones(observation_dim))

    @torch.no_grad()
    def fit(self, observations: Tensor, floor: float) -> None:
        """Set mean and standard deviation from observations (N, O). std is at least `floor`."""
        exact = observations.double()  # float32 loses the spread of a large mean
        self.mean.copy_(exact.mean(0))
        self.std.copy_(exact.std(0, correction=0).clamp(min=floor))

    def forward(self, observations: Tensor) -> Tensor:
        """(..., O) -> (..., O), on the prior data with mean about 0 and deviation about 1."""
        return (observations - self.mean) / self.std


@dataclass(frozen=True)
class Raw:
    """Observations as the task gives them (the authors' scripts)."""

    def networks(self, blueprint: Blueprint) -> Networks:
        """`observations`: the identity."""
        return {"observations": nn.Identity()}

    def fit(self, seen: nn.Module, observations: Tensor) -> None:
        """Nothing is taken from the prior data."""


@dataclass(frozen=True)
class FromPriorData:
    """(s - mean) / max(std, floor), with mean and std over all states of the prior data (CORL).

    They are fixed before the first update. Without prior data they come from the online states
    before `learning_starts`. An entry may hardly move in the prior data and move later. The floor
    limits how large it then becomes. CORL adds its 1e-3 to the std instead. The result differs only
    for such entries.
    """

    floor: float = 1e-3
    """Smallest divisor, in the units of each entry."""

    def __post_init__(self) -> None:
        check_range("floor", self.floor, 0.0, above=True)

    def networks(self, blueprint: Blueprint) -> Networks:
        """`observations`: a `Standardisation`, which no optimiser touches."""
        return {"observations": Standardisation(blueprint.observation_dim)}

    def fit(self, seen: nn.Module, observations: Tensor) -> None:
        """Set the statistics of `seen`, which `networks` made, to those of observations (N, O).

        Raises ValueError if there is no observation.
        """
        assert isinstance(seen, Standardisation)
        if len(observations) == 0:
            raise ValueError(
                "observations=FromPriorData needs prior data, but there is none; "
                "--set observations=Raw, or learning_starts=5000 to take the first online states"
            )
        seen.fit(observations, self.floor)


Observations = Raw | FromPriorData
