"""What stands between a hidden layer's sum and its ReLU."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class PlainLayers:
    """ReLU after every hidden layer."""

    def before_relu(self, hidden: Tensor) -> Tensor:
        """(R, H) as it is."""
        return hidden


@dataclass(frozen=True)
class NormalisedLayers:
    """Layer normalisation before every ReLU, which bounds Q far from the data (RLPD)."""

    def before_relu(self, hidden: Tensor) -> Tensor:
        """(h - mean) / sqrt(var + 1e-5) over the H units of each row of (R, H).

        Ba et al. 2016, without the learned scale and shift.
        """
        return functional.layer_norm(hidden, hidden.shape[-1:])


HiddenLayers = PlainLayers | NormalisedLayers
PLAIN = PlainLayers()
