"""Which stored transitions an update sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from algorithms.buffer import ReplayBuffer
from algorithms.types import Batch


@dataclass(frozen=True)
class Uniform:
    """Every stored transition is equally likely, prior data and online ones alike."""

    def sample(self, buffer: ReplayBuffer, size: int, rng: np.random.Generator) -> Batch:
        """`size` stored transitions, drawn with replacement. ValueError if there are none."""
        return buffer.sample(size, rng)


@dataclass(frozen=True)
class Symmetric:
    """Half of every batch is prior data, half was collected online (RLPD, Ball 2023).

    Until the first online transition all of it is prior data.
    """

    def sample(self, buffer: ReplayBuffer, size: int, rng: np.random.Generator) -> Batch:
        """`size` transitions, drawn with replacement: size // 2 prior ones, then the online ones.

        All come from the whole buffer while it holds one of the two kinds alone. ValueError if it
        is empty.
        """
        if buffer.prior == 0 or buffer.size == buffer.prior:
            return buffer.sample(size, rng)
        half = size // 2
        old = buffer.sample(half, rng, 0, buffer.prior)
        new = buffer.sample(size - half, rng, buffer.prior, buffer.size)
        return Batch(
            *(
                None if a is None or b is None else torch.cat([a, b])
                for a, b in zip(old, new, strict=True)
            )  # type: ignore[arg-type]
        )


Replay = Uniform | Symmetric
