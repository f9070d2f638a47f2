"""The policy that is cloned from demonstrations, and whose rollouts join them as prior data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from algorithms.agent import Agent
from algorithms.buffer import ReplayBuffer
from algorithms.catalogue.methods import METHODS
from algorithms.config import Hyperparameters
from algorithms.data.observations import FromPriorData, Observations, Raw
from algorithms.networks.annealing import Annealing, ConstantRates, LinearDecay
from algorithms.objectives.imitation import Imitation, MeanSquaredError, NegativeLogLikelihood
from algorithms.policies.gaussians import TanhMeanGaussian
from envs import seeds
from envs.evaluation import collect
from envs.making import make_task
from envs.tasks import Domain, Task, task
from envs.trajectory import Trajectory

SEED = 200_609_359
"""Of the clone alone. With the seed of a run its policy would start at the clone's very weights."""


@dataclass(frozen=True)
class Recipe:
    """How policies are cloned in a domain, and how they then act.

    Attributes:
        error: what descends. The squared error trains the mean alone: the standard deviation stays
            at its initial exp(-3), about 0.05.
        sampled: share of the rollouts whose actions are sampled; the others act by the mode.
        learning_rate: of Adam.
        decay: share of the steps, the last ones, over which the rate falls straight to nothing.
        observations: as the policy sees them.
    """

    error: NegativeLogLikelihood | MeanSquaredError
    sampled: float
    learning_rate: float = 3e-4
    decay: float = 0.0
    observations: Observations = Raw()


_LIKELIHOOD = Recipe(NegativeLogLikelihood(), sampled=0.5)
_SQUARED = Recipe(MeanSquaredError(), sampled=1.0)
_NONE = _LIKELIHOOD  # of random data nothing is cloned

RECIPES: dict[str, dict[Domain, Recipe]] = {
    "authors": {"hand": _LIKELIHOOD, "push": _NONE, "locomotion": _SQUARED},
    "short": {
        "hand": _LIKELIHOOD,
        "push": _NONE,
        "locomotion": replace(
            _SQUARED, learning_rate=1e-3, decay=0.5, observations=FromPriorData()
        ),
    },
}
"""By the hyperparameter ``prior_cloning``. At a constant rate the clones of HalfCheetah's expert
run or stay where they are from one evaluation to the next; at the end of a decay they run."""


@dataclass(frozen=True)
class Cloning:
    """Size and length of the cloning, and the recipe of the domain."""

    steps: int
    hidden: tuple[int, ...]
    batch_size: int
    recipe: Recipe

    @classmethod
    def of(cls, config: Hyperparameters, task_id: str) -> Cloning:
        """As a run's hyperparameters (``prior_cloning_*``) have it for a task."""
        return cls(
            config.prior_cloning_steps,
            config.prior_cloning_hidden,
            config.prior_cloning_batch_size,
            RECIPES[config.prior_cloning].get(task(task_id).domain, _NONE),
        )

    @property
    def config(self) -> Hyperparameters:
        """Of the clone's agent; the weight decay is the paper's."""
        return Hyperparameters(
            policy_hidden=self.hidden,
            policy_learning_rate=self.recipe.learning_rate,
            batch_size=self.batch_size,
        )

    @property
    def annealing(self) -> Annealing:
        """Of the clone's learning rate."""
        last = int(self.recipe.decay * self.steps)
        return LinearDecay(last, self.steps - last) if last else ConstantRates()

    def identity(self) -> dict[str, Any]:
        """What decides the clone's weights and rollouts, beside the demonstrations.

        Not all of the hyperparameters: a new one must not make everybody's prior data anew.
        """
        recipe = self.recipe
        later: dict[str, Any] = {"decay": recipe.decay} if recipe.decay else {}
        if recipe.observations != Raw():
            later |= {"observations": repr(recipe.observations)}
        return later | {
            "steps": self.steps,
            "hidden": list(self.hidden),
            "batch_size": self.batch_size,
            "rate": recipe.learning_rate,
            "weight_decay": self.config.policy_weight_decay,
            "error": type(recipe.error).__name__,
            "sampled": recipe.sampled,
            "seed": SEED,
            "first_episode": seeds.ROLLOUTS,
        }


def clone(
    task_id: str, demonstrations: ReplayBuffer, cloning: Cloning, advance: Callable[[], None]
) -> Agent:
    """An agent whose policy imitates the buffer; `advance` is called after every step.

    Its updates take subnormal numbers as zero, as those of every run do: an update with them takes
    twice as long, and after some thousand steps there are always some.
    """
    known, recipe = task(task_id), cloning.recipe
    method = replace(
        METHODS["BC"],
        policy=TanhMeanGaussian(),
        objective=Imitation(error=recipe.error),
        annealing=cloning.annealing,
        observations=recipe.observations,
    )
    agent = Agent(method, cloning.config, known.observation_dim, known.action_dim, seed=SEED)
    agent.fit_observations(demonstrations.all().observations)
    rng = np.random.default_rng(SEED)
    with _subnormals_as_zero():
        for _ in range(cloning.steps):
            batch = demonstrations.sample(cloning.batch_size, rng)
            agent.update(batch, batch)
            advance()
    return agent


@contextmanager
def _subnormals_as_zero() -> Iterator[None]:
    """Not for longer: velocities in the simulator may be subnormal, and keep their value."""
    before = bool(torch.tensor(1e-310, dtype=torch.float64) * 1.0 == 0.0)
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(before)


def roll_out(
    agent: Agent, known: Task, episodes: int, recipe: Recipe, advance: Callable[[], None]
) -> list[Trajectory]:
    """Episodes of the clone, those by its mode and those by sampling spread evenly over them.

    Half of each alternate, the mode first (the authors' scripts mixed evaluation and exploration).
    """
    sampled = int(episodes * recipe.sampled)
    parts: dict[bool, list[Trajectory]] = {}
    first = seeds.ROLLOUTS
    for by_mode, count in ((True, episodes - sampled), (False, sampled)):
        parts[by_mode] = []
        if count:
            with closing(make_task(known)) as env:
                parts[by_mode] = collect(
                    env,
                    lambda o, mode=by_mode: agent.act(o, deterministic=mode),  # type: ignore[misc]
                    episodes=count,
                    seed=first,
                    progress=lambda _: advance(),
                )
        first += count
    places = [(i + 0.5) / len(part) for part in parts.values() for i in range(len(part))]
    mixed = [t for part in parts.values() for t in part]
    order = sorted(range(episodes), key=lambda i: (places[i], i))
    return [mixed[i] for i in order]
