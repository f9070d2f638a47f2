"""Replay memory: prior data first, online transitions after it."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from algorithms.types import Batch

_FIELDS = ("observations", "actions", "rewards", "masks", "next_observations")


class ReplayBuffer:
    """Ring of transitions, sampled uniformly with replacement.

    `masks` says whether to bootstrap (0 only at true terminals); that a trajectory was cut by a
    time limit never reaches the buffer. What `freeze_prior()` has marked as prior data is never
    overwritten and not part of `state_dict()`: it is read again from its file on resume.
    """

    def __init__(
        self, capacity: int, observation_dim: int, action_dim: int, device: str = "cpu"
    ) -> None:
        self.capacity, self.size, self.prior, self._next = capacity, 0, 0, 0
        widths = (observation_dim, action_dim, 0, 0, observation_dim)
        self._data: dict[str, Tensor] = {
            name: torch.zeros((capacity, width) if width else (capacity,), device=device)
            for name, width in zip(_FIELDS, widths, strict=True)
        }

    def __len__(self) -> int:
        return self.size

    def add_many(
        self, observations: Any, actions: Any, rewards: Any, masks: Any, next_observations: Any
    ) -> None:
        """Append N transitions (arrays with leading dimension N); for prior data.

        Raises ValueError if they do not fit: silently evicting demonstrations is a known fault.
        """
        arrays = (observations, actions, rewards, masks, next_observations)
        count = len(rewards)
        if self.size + count > self.capacity:
            raise ValueError(
                f"prior data of {self.size + count} transitions does not fit a replay buffer of "
                f"{self.capacity}; raise it with --set replay_buffer_size={self.size + count}"
            )
        for name, array in zip(_FIELDS, arrays, strict=True):
            values = torch.as_tensor(np.asarray(array, dtype=np.float32))
            expected = (count, *self._data[name].shape[1:])
            if tuple(values.shape) != expected:
                raise ValueError(f"{name} must be {expected}, got {tuple(values.shape)}")
            self._data[name][self.size : self.size + count] = values
        self.size += count
        self._next = self.size

    def freeze_prior(self) -> None:
        """Everything stored so far is prior data."""
        self.prior = self.size

    def add(
        self,
        observation: np.ndarray,
        action: np.ndarray,
        reward: float,
        mask: float,
        next_observation: np.ndarray,
    ) -> None:
        """Append one online transition; when full, the oldest online one gives way."""
        if self.prior == self.capacity:
            raise ValueError(
                f"prior data fills the replay buffer ({self.capacity}); raise replay_buffer_size"
            )
        index = self._next if self._next < self.capacity else self.prior
        data = self._data
        data["observations"][index] = torch.from_numpy(np.asarray(observation, dtype=np.float32))
        data["actions"][index] = torch.from_numpy(np.asarray(action, dtype=np.float32))
        data["rewards"][index] = float(reward)
        data["masks"][index] = float(mask)
        data["next_observations"][index] = torch.from_numpy(
            np.asarray(next_observation, dtype=np.float32)
        )
        self._next = index + 1
        self.size = max(self.size, self._next)

    def sample(self, batch_size: int, rng: np.random.Generator) -> Batch:
        """`batch_size` transitions, uniformly with replacement. ValueError if empty."""
        if self.size == 0:
            raise ValueError("cannot sample from an empty replay buffer: no data has been added")
        index = torch.from_numpy(rng.integers(0, self.size, batch_size))
        index = index.to(self._data["rewards"].device)
        return Batch(*(self._data[name].index_select(0, index) for name in _FIELDS))

    def state_dict(self) -> dict[str, Any]:
        """The online part only."""
        online = {name: self._data[name][self.prior : self.size].clone() for name in _FIELDS}
        return {"prior": self.prior, "next": self._next, "online": online}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the online part behind the prior data that is already here."""
        if state["prior"] != self.prior:
            raise ValueError(
                f"the checkpoint was made with {state['prior']} prior transitions, "
                f"now there are {self.prior}: the prior data has changed"
            )
        count = len(state["online"]["rewards"])
        for name in _FIELDS:
            self._data[name][self.prior : self.prior + count] = state["online"][name]
        self.size, self._next = self.prior + count, state["next"]
