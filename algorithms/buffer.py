"""Replay memory: prior data first, online transitions after it."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from algorithms.data.relabeling import HindsightRelabeling
from algorithms.data.returns import discounted_returns
from algorithms.types import Batch

_FIELDS = ("observations", "actions", "rewards", "masks", "next_observations")
_EMPTY = {"returns": float("-inf"), "targets": 0.0, "advantages": 0.0}


class ReplayBuffer:
    """Ring of transitions, sampled uniformly with replacement.

    `masks` says whether to bootstrap (0 only at true terminals); where a trajectory ends for any
    other reason is known to `ends()` only. What `freeze_prior()` has marked as prior data is never
    overwritten and not part of `state_dict()`: it is read again from its file on resume.

    `columns` are further numbers a transition, kept where a method needs them:
    `returns`, the discounted return-to-go of its trajectory (-inf until the trajectory has ended);
    `targets` and `advantages`, which a critic fills in for the whole buffer at once.

    With `relabeling`, sampled batches are seen in hindsight, for other goals than the recorded; its
    rewards are taken as they are. Rewards that are added are multiplied by `reward_scale`.
    """

    def __init__(
        self,
        capacity: int,
        observation_dim: int,
        action_dim: int,
        device: str = "cpu",
        *,
        columns: tuple[str, ...] = (),
        discount: float = 0.99,
        relabeling: HindsightRelabeling | None = None,
        reward_scale: float = 1.0,
    ) -> None:
        self.capacity, self.size, self.prior, self._next = capacity, 0, 0, 0
        widths = (observation_dim, action_dim, 0, 0, observation_dim)
        self._data: dict[str, Tensor] = {
            name: torch.zeros((capacity, width) if width else (capacity,), device=device)
            for name, width in zip(_FIELDS, widths, strict=True)
        }
        self._columns = {
            name: torch.full((capacity,), _EMPTY[name], device=device) for name in columns
        }
        self._ends = torch.zeros(capacity, dtype=torch.bool, device=device)
        self._open: list[int] = []  # where the transitions of the unfinished trajectory lie
        self.added = 0  # transitions ever added
        self.discount, self.relabeling = discount, relabeling
        self.reward_scale = reward_scale
        if relabeling is not None and columns:
            raise ValueError(
                f"the columns {', '.join(columns)} belong to the recorded goals: a method that "
                "needs them cannot learn from relabelled ones"
            )
        # steps that the trajectory still has after this one, as far as it is stored
        self._remaining = torch.zeros(capacity, dtype=torch.long, device=device)

    def __len__(self) -> int:
        return self.size

    def add_many(
        self, observations: Any, actions: Any, rewards: Any, masks: Any, next_observations: Any
    ) -> None:
        """Append one trajectory of N transitions (arrays with leading dimension N), prior data.

        Raises ValueError if they do not fit: silently evicting demonstrations is a known fault. So
        it does once there are online transitions, which may be overwritten, and for a value that is
        not finite. Actions should lie in [-1, 1]: no policy here takes others.
        """
        if self.added > self.size or self.size > self.prior > 0:
            raise ValueError("prior data is added before any online transition, with add_many")
        rewards = self.reward_scale * np.asarray(rewards, dtype=np.float32)
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
            if not bool(torch.isfinite(values).all()):
                raise ValueError(f"{name} hold a value that is not finite")
            self._data[name][self.size : self.size + count] = values
        self._open = list(range(self.size, self.size + count))
        self.added += count
        self._remaining[self.size : self.size + count] = torch.arange(count - 1, -1, -1)
        self.size += count
        self._next = self.size
        self.end_trajectory()

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
        """Append one online transition; when full, the oldest online one gives way.

        Args:
            observation: (O,), in units of the task, as all of these.
            action: (A,).
            reward: multiplied by `reward_scale` when it is stored.
            mask: 0 where the task itself ended the episode, so that nothing is bootstrapped from
                the next observation; else 1, at a time limit too.
            next_observation: (O,).

        Raises:
            ValueError: prior data, which is never overwritten, fills the buffer.
        """
        if self.prior == self.capacity:
            raise ValueError(
                f"prior data fills the replay buffer of {self.capacity}; raise it with "
                f"--set replay_buffer_size={2 * self.capacity}"
            )
        index = self._next if self._next < self.capacity else self.prior
        data = self._data
        data["observations"][index] = torch.from_numpy(np.asarray(observation, dtype=np.float32))
        data["actions"][index] = torch.from_numpy(np.asarray(action, dtype=np.float32))
        data["rewards"][index] = self.reward_scale * float(reward)
        data["masks"][index] = float(mask)
        data["next_observations"][index] = torch.from_numpy(
            np.asarray(next_observation, dtype=np.float32)
        )
        self._ends[index] = False
        for name, column in self._columns.items():
            column[index] = _EMPTY[name]
        if self.relabeling is not None and self._open:
            self._remaining[torch.tensor(self._open, device=self._ends.device)] += 1
        self._remaining[index] = 0
        self._open.append(index)
        self.added += 1
        self._next = index + 1
        self.size = max(self.size, self._next)

    def end_trajectory(self) -> None:
        """The transition added last was its trajectory's last one.

        Where `returns` are kept, the trajectory's are worked out now. One that a time limit cut is
        taken to go on with its last reward for ever: r / (1 - discount).
        """
        if not self._open:
            return
        index = torch.tensor(self._open, device=self._ends.device)
        self._ends[index[-1]] = True
        if "returns" in self._columns:
            rewards, mask = self._data["rewards"][index], float(self._data["masks"][index[-1]])
            tail = float(rewards[-1]) / (1 - self.discount) if self.discount < 1 else 0.0
            self._columns["returns"][index] = discounted_returns(
                rewards, self.discount, bootstrap=mask * tail
            )
        self._open = []

    def column(self, name: str) -> Tensor:
        """(N, ...) of all N stored transitions, as they lie in memory."""
        return (self._data | self._columns)[name][: self.size]

    def set_column(self, name: str, values: Tensor) -> None:
        """Fill the column `name` for all N stored transitions."""
        self._columns[name][: self.size] = values

    def ends(self) -> Tensor:
        """(N,) True where the next transition in memory does not continue the trajectory."""
        ends = self._ends[: self.size].clone()
        if self.size:
            ends[-1] = True
            ends[self._next - 1] = True  # the seam of the ring
        return ends

    def sample(
        self, batch_size: int, rng: np.random.Generator, low: int = 0, high: int | None = None
    ) -> Batch:
        """`batch_size` transitions, uniformly with replacement, of those from `low` to `high`.

        ValueError if there are none.
        """
        high = self.size if high is None else high
        if high <= low:
            raise ValueError("cannot sample from an empty replay buffer: no data has been added")
        index = torch.from_numpy(rng.integers(low, high, batch_size)).to(self._ends.device)
        batch = self._batch(index)
        if self.relabeling is None:
            return batch
        return self.relabeling(batch, self._future(index, rng), rng)

    def _future(self, index: Tensor, rng: np.random.Generator) -> Tensor:
        """Next observations (B, O) of a uniformly drawn step from here to the trajectory's last."""
        remaining = self._remaining[index].cpu().numpy()
        offset = torch.from_numpy(rng.integers(0, remaining + 1)).to(index.device)
        ring = self.capacity - self.prior  # a trajectory of the online part may wrap around
        online = self.prior + (index - self.prior + offset) % max(ring, 1)
        chosen = torch.where(index < self.prior, index + offset, online)
        return self._data["next_observations"].index_select(0, chosen)

    def peek(self, count: int, rng: np.random.Generator) -> Batch:
        """`count` transitions as they were stored, uniformly with replacement, never relabelled."""
        return self._batch(
            torch.from_numpy(rng.integers(0, self.size, count)).to(self._ends.device)
        )

    def all(self) -> Batch:
        """Every stored transition."""
        return self._batch(torch.arange(self.size, device=self._ends.device))

    def latest(self, count: int) -> list[Batch]:
        """The `count` transitions added last, a batch for each trajectory, oldest first.

        ValueError if the ring has overwritten some of them.
        """
        if count > self.size - self.prior:
            raise ValueError(
                f"{count} online transitions are wanted, but the replay buffer keeps "
                f"{self.size - self.prior}; raise it with "
                f"--set replay_buffer_size={self.prior + count}"
            )
        ring = self.capacity - self.prior
        offset = torch.arange(self._next - count - self.prior, self._next - self.prior)
        index = (offset % ring + self.prior).to(self._ends.device)
        cuts = torch.nonzero(self._ends[index]).flatten() + 1
        return [self._batch(part) for part in torch.tensor_split(index, cuts.cpu()) if len(part)]

    def _batch(self, index: Tensor) -> Batch:
        columns = {name: column.index_select(0, index) for name, column in self._columns.items()}
        return Batch(*(self._data[name].index_select(0, index) for name in _FIELDS), **columns)

    def state_dict(self) -> dict[str, Any]:
        """The online part only, and the columns of everything."""
        online = {name: self._data[name][self.prior : self.size].clone() for name in _FIELDS}
        return {
            "prior": self.prior,
            "next": self._next,
            "online": online,
            "ends": self._ends[self.prior : self.size].clone(),
            "open": list(self._open),
            "added": self.added,
            "remaining": self._remaining[self.prior : self.size].clone(),
            "columns": {name: c[: self.size].clone() for name, c in self._columns.items()},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the online part behind the prior data that is already here.

        Raises ValueError if that is not as long as when `state_dict` was called.
        """
        if state["prior"] != self.prior:
            raise ValueError(
                f"the checkpoint was made with {state['prior']} prior transitions, "
                f"now there are {self.prior}: the prior data has changed"
            )
        count = len(state["online"]["rewards"])
        for name in _FIELDS:
            self._data[name][self.prior : self.prior + count] = state["online"][name]
        self.size, self._next = self.prior + count, state["next"]
        self._ends[self.prior : self.size] = state["ends"]
        self._open, self.added = list(state["open"]), state["added"]
        self._remaining[self.prior : self.size] = state["remaining"]
        for name, column in state["columns"].items():
            self._columns[name][: self.size] = column
