"""Demonstrations from an expert: the published policies of the hand (Rajeswaran et al., 2018)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from envs.data.arrays import entry
from envs.data.files import sha256_of
from envs.data.npz import load_npz
from envs.evaluation import Act, collect
from envs.making import make_task
from envs.tasks import Task
from envs.trajectory import DataError, Dataset, Provenance, Trajectory

ATTEMPTS_PER_DEMONSTRATION = 20
"""An expert that needs more, on average over its demonstrations, is none."""
_ARRAYS = ("W0", "b0", "W1", "b1", "W2", "b2", "in_shift", "in_scale", "out_shift", "out_scale")


@dataclass(frozen=True)
class ExpertPolicy:
    """A Gaussian policy: a tanh network of two hidden layers with state-independent noise.

    ``x = (o - in_shift) / (in_scale + 1e-8)``, ``mean = net(x) * out_scale + out_shift``,
    ``a ~ N(mean, exp(log_std)^2)``. Actions have no bounds: the user must clip them.

    Attributes:
        arrays: ``W0 b0 W1 b1 W2 b2 in_shift in_scale out_shift out_scale``; W is (out, in).
        log_std: (A,) natural logarithms of the standard deviations.
        origin: name of the file.
        sha256: checksum of the file.
    """

    arrays: dict[str, NDArray[np.float32]]
    log_std: NDArray[np.float32]
    origin: str
    sha256: str

    @classmethod
    def load(cls, path: Path) -> ExpertPolicy:
        """Read a policy from ``.npz``, without pickle.

        Raises:
            DataError: if the file is missing, damaged or lacks an array, or if an array holds NaN
                or does not fit the others.
        """
        names = (*_ARRAYS, "log_std")
        stored = load_npz(path, "get the policy again", names, what="expert policy")
        arrays: dict[str, NDArray[np.float32]] = {}
        for name in names:
            array = entry(stored, name, str(path))
            if array.dtype.kind not in "iuf":
                raise DataError(f"{path}: {name} is not an array of numbers, but of {array.dtype}")
            with np.errstate(over="ignore"):
                arrays[name] = array.astype(np.float32)
                finite = np.isfinite(np.exp(arrays[name]) if name == "log_std" else arrays[name])
            if not finite.all():
                raise DataError(f"{path}: {name} contains NaN or infinity; get the file again")
        _check_shapes(arrays, path)
        return cls(arrays, arrays.pop("log_std"), path.name, sha256_of(path))

    @property
    def observation_dim(self) -> int:
        """O, the length of an observation."""
        return int(self.arrays["W0"].shape[1])

    @property
    def action_dim(self) -> int:
        """A, the length of an action."""
        return int(self.arrays["W2"].shape[0])

    def mean(self, observation: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the (A,) mean action, not clipped."""
        p = self.arrays
        x = (observation - p["in_shift"]) / (p["in_scale"] + np.float32(1e-8))
        x = np.tanh(p["W0"] @ x + p["b0"])
        x = np.tanh(p["W1"] @ x + p["b1"])
        x = (p["W2"] @ x + p["b2"]) * p["out_scale"] + p["out_shift"]
        return np.asarray(x, dtype=np.float32)

    def sample(
        self, observation: NDArray[np.float32], rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Return an (A,) sampled action, not clipped."""
        noise = rng.standard_normal(self.action_dim, dtype=np.float32)
        return (self.mean(observation) + np.exp(self.log_std) * noise).astype(np.float32)


def _check_shapes(arrays: Mapping[str, NDArray[np.float32]], path: Path) -> None:
    for name in ("W0", "W1", "W2"):
        if arrays[name].ndim != 2:
            raise DataError(f"{path}: {name} has shape {arrays[name].shape}, must be a matrix")
    (first, inputs), second, outputs = (arrays["W0"].shape, len(arrays["W1"]), len(arrays["W2"]))
    shapes: dict[str, tuple[int, ...]] = {
        "W1": (second, first),
        "W2": (outputs, second),
        "b0": (first,),
        "b1": (second,),
        "in_shift": (inputs,),
        "in_scale": (inputs,),
    } | dict.fromkeys(("b2", "out_shift", "out_scale", "log_std"), (outputs,))
    for name, shape in shapes.items():
        if arrays[name].shape != shape:
            raise DataError(
                f"{path}: {name} has shape {arrays[name].shape}, but the other arrays need {shape}"
            )


def good_episodes(
    task: Task,
    acting: Callable[[int], Act],
    good: Callable[[Trajectory], bool],
    n: int,
    seed: int,
    advance: Callable[[], object] = lambda: None,
) -> tuple[tuple[Trajectory, ...], int]:
    """Roll out a policy until ``n`` episodes are good; give up after 20 n attempts.

    Args:
        task: decides rewards and horizon.
        acting: what acts in the attempt that is reset with the given seed.
        good: whether an episode is kept.
        n: number of good episodes.
        seed: attempt k is reset with ``seed + k``.
        advance: called after each good episode.

    Returns:
        The good episodes, fewer than ``n`` if the attempts were not enough, and their number.
    """
    kept: list[Trajectory] = []
    attempts = 0
    with closing(make_task(task)) as env:
        while len(kept) < n and attempts < ATTEMPTS_PER_DEMONSTRATION * n:
            start = seed + attempts
            (episode,) = collect(env, acting(start), episodes=1, seed=start)
            attempts += 1
            if good(episode):
                kept.append(episode)
                advance()
    return tuple(kept), attempts


def rollout_expert(task: Task, policy: ExpertPolicy, n: int, seed: int) -> Dataset:
    """Roll out a policy until ``n`` episodes have reached the goal, and keep those.

    Args:
        task: a hand task; it decides which episodes reach the goal.
        policy: the task's expert.
        n: number of demonstrations.
        seed: attempt k is reset with ``seed + k`` and draws its noise from that seed too: start
            state and noise come from the same stream of numbers, each by a generator of its own.

    Returns:
        A data set of n episodes of the task's horizon, actions clipped to [-1, 1].

    Raises:
        DataError: if the policy is of another task, or succeeds in fewer than one of 20 attempts.
    """
    found = (policy.observation_dim, policy.action_dim)
    if found != (task.observation_dim, task.action_dim):
        raise DataError(
            f"{policy.origin} maps {found[0]} observations to {found[1]} actions, {task.id} has "
            f"{task.observation_dim} and {task.action_dim}; is it the policy of another task?"
        )

    def acting(start: int) -> Act:
        rng = np.random.default_rng(start)
        return lambda o: policy.sample(o, rng)

    def good(episode: Trajectory) -> bool:
        return bool((episode.rewards >= task.reward_high).any())

    kept, attempts = good_episodes(task, acting, good, n, seed)
    if len(kept) < n:
        raise DataError(
            f"{policy.origin} reached the goal in {len(kept)} of {attempts} episodes of "
            f"{task.id}, too few for {n} demonstrations; use a better policy"
        )
    note = f"{n} successful of {attempts} sampled episodes, seeds from {seed}"
    provenance = Provenance("expert", policy.origin, policy.sha256, "stored", note)
    return Dataset(task.id, kept, provenance)
