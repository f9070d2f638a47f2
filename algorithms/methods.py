"""What a method is: one row of the paper's Figure 4."""

from __future__ import annotations

from dataclasses import dataclass

from algorithms.acting import Acting, ModeOrSample
from algorithms.annealing import Annealing, ConstantRates
from algorithms.behavior import AnyBehavior, NoBehavior
from algorithms.clipped_gaussian import ClippedTanhMeanGaussian
from algorithms.constraints import AnyConstraint, NoConstraint
from algorithms.critics import AnyCritic
from algorithms.initialisation import (
    Initialisation,
    OnPriorData,
    Pretraining,
    RandomInit,
)
from algorithms.objectives import AnyObjective
from algorithms.observations import Observations, Raw
from algorithms.optimizers import Adam, Optimizer
from algorithms.policies import (
    DeterministicTanh,
    FreeGaussian,
    HeteroscedasticGaussian,
    SquashedGaussian,
    TanhMeanGaussian,
)
from algorithms.relabeling import Goals, RecordedGoals
from algorithms.replay import Replay, Uniform
from algorithms.reward_scaling import RewardScaling, TaskUnits
from algorithms.vae import Perturbation

PolicyClass = (
    TanhMeanGaussian
    | ClippedTanhMeanGaussian
    | HeteroscedasticGaussian
    | SquashedGaussian
    | FreeGaussian
    | DeterministicTanh
    | Perturbation
)


@dataclass(frozen=True)
class Method:
    """critic x policy objective x behaviour model x constraint, and the policy they train.

    The other fields say how it starts, acts, replays and descends; most rows leave them as they
    are.
    """

    critic: AnyCritic
    objective: AnyObjective
    behavior: AnyBehavior = NoBehavior()
    constraint: AnyConstraint = NoConstraint()
    policy: PolicyClass = TanhMeanGaussian()
    initialisation: Initialisation = RandomInit()
    pretraining: Pretraining = OnPriorData()
    acting: Acting = ModeOrSample()
    replay: Replay = Uniform()
    goals: Goals = RecordedGoals()
    reward_scaling: RewardScaling = TaskUnits()
    optimizer: Optimizer = Adam()
    annealing: Annealing = ConstantRates()
    observations: Observations = Raw()

    @property
    def columns(self) -> tuple[str, ...]:
        """What the replay buffer keeps beside the transitions, for any of the components."""
        parts = (self.critic, self.behavior)
        return tuple(dict.fromkeys(name for part in parts for name in part.columns))
