"""Table 1 as data. What a component alone decides (lambda, clamps, ...) lives in that component."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from algorithms.types import check_range

LARGEST_BATCH = 65_536
"""A batch beyond that needs tens of gigabytes for one update."""

LONGEST_RUN = 1_000_000_000
"""Steps of any kind; a run of so many would take years."""


@dataclass(frozen=True)
class Hyperparameters:
    """Shared by every method; the defaults are the paper's Table 1."""

    discount: float = 0.99
    batch_size: int = 1024
    offline_batch_size: int = 1024
    """Batch during pre-training and behaviour cloning. Released code: 128."""
    replay_buffer_size: int = 1_000_000
    offline_steps: int = 25_000
    """Gradient steps before the first online step ("number of pretraining steps")."""
    policy_hidden: tuple[int, ...] = (256, 256, 256, 256)
    policy_learning_rate: float = 3e-4
    policy_weight_decay: float = 1e-4
    """L2 term of Adam (not AdamW), on every policy parameter, the std logits included."""
    q_hidden: tuple[int, ...] = (256, 256, 256, 256)
    q_learning_rate: float = 3e-4
    q_weight_decay: float = 0.0
    tau: float = 5e-3
    updates_per_step: int = 1
    """Gradient steps per online environment step ("training batches per timestep")."""
    collect_steps: int = 1
    """Environment steps collected in a row before their updates are made. Released code: 1000.
    A remainder at the very end of a run gets no updates."""
    steps_per_update: int = 1
    """Environment steps to each round of `updates_per_step` gradient steps. More than one where
    the simulator is cheap and updates are dear (training experts)."""
    learning_starts: int = 0
    """Online steps before the first one that an update follows; 0 where prior data is there from
    the start."""
    prior_rollouts: int = 500
    """Episodes of a behaviour-cloned policy that join the demonstrations as prior data."""
    prior_cloning: Literal["authors", "short"] = "authors"
    """How that policy is cloned: as the authors' scripts do, or so that few steps suffice."""
    prior_cloning_steps: int = 10_000
    """Its gradient steps."""
    prior_cloning_hidden: tuple[int, ...] = (256, 256, 256, 256)
    """Its hidden layers, as the authors' scripts have them."""
    prior_cloning_batch_size: int = 128
    """Its batch, likewise."""
    expert_demonstrations: int = 0
    """Episodes that an expert shows where the demonstrations are made by one (`--data expert`, and
    locomotion); 0: as many as the task ships, 5 or 10 on the hand, and 15 in locomotion."""
    prior_fraction: float = 1.0
    """Leading share of demonstrations and of rollouts that is used. Released code: 0.9."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Of the matrix products; parameters, optimiser and losses stay float32."""

    def __post_init__(self) -> None:
        for name in ("discount", "tau", "prior_fraction"):
            check_range(name, getattr(self, name), 0.0, 1.0, above=name != "discount")
        for name in ("batch_size", "offline_batch_size", "prior_cloning_batch_size"):
            check_range(name, getattr(self, name), 1, LARGEST_BATCH)
        for name in ("replay_buffer_size", "collect_steps", "steps_per_update"):
            check_range(name, getattr(self, name), 1, LONGEST_RUN)
        if self.collect_steps % self.steps_per_update:
            raise ValueError(
                f"collect_steps={self.collect_steps} must be a multiple of "
                f"steps_per_update={self.steps_per_update}"
            )
        for name in (
            "offline_steps",
            "updates_per_step",
            "learning_starts",
            "prior_rollouts",
            "prior_cloning_steps",
            "expert_demonstrations",
        ):
            check_range(name, getattr(self, name), 0, LONGEST_RUN)
        for name in ("policy", "q"):
            check_range(f"{name}_learning_rate", getattr(self, f"{name}_learning_rate"), 0.0)
            check_range(f"{name}_weight_decay", getattr(self, f"{name}_weight_decay"), 0.0)
        for name in ("policy_hidden", "q_hidden", "prior_cloning_hidden"):
            for width in getattr(self, name):
                check_range(name, width, 1)


@dataclass(frozen=True)
class Schedule:
    """Length of the online phase and times of evaluation, in environment steps."""

    online_steps: int = 500_000
    eval_every: int = 5_000
    dense_eval_every: int = 1_000
    dense_until: int = 20_000
    """Up to here (and in the offline phase) evaluate every `dense_eval_every` steps, online also
    every `eval_every` if that is less."""
    eval_episodes: int = 20
    sampled_eval_episodes: int = LONGEST_RUN
    """Episodes of sampled actions beside those of the mode, at the start, at 0 and at the end: at
    most so many, and at most `eval_episodes`."""

    def __post_init__(self) -> None:
        check_range("sampled_eval_episodes", self.sampled_eval_episodes, 0, LONGEST_RUN)
        for name in ("eval_every", "dense_eval_every", "eval_episodes"):
            check_range(name, getattr(self, name), 1, LONGEST_RUN)
        for name in ("online_steps", "dense_until"):
            check_range(name, getattr(self, name), 0, LONGEST_RUN)

    @property
    def sampled_episodes(self) -> int:
        """Episodes of an evaluation with sampled actions."""
        return min(self.eval_episodes, self.sampled_eval_episodes)

    def evaluations(self, offline_steps: int) -> set[int]:
        """Clock readings at which a row is made; always the start, 0 and the end."""
        offline, dense, sparse = self.ranges(offline_steps)
        return {*offline, *dense, *sparse, 0, self.online_steps}

    def ranges(self, offline_steps: int) -> tuple[range, range, range]:
        """The readings of `evaluations` offline, in the dense part, and in the rest; of any length
        at no cost."""
        often = min(self.dense_eval_every, self.eval_every)
        return (
            range(-offline_steps, 0, self.dense_eval_every),
            range(0, min(self.dense_until, self.online_steps), often),
            range(self.dense_until, self.online_steps, self.eval_every),
        )
