"""What a method is: one row of the paper's Figure 4."""

from __future__ import annotations

from dataclasses import dataclass

from algorithms.acting import Acting, ModeOrSample
from algorithms.behaviors.advantage_weighted import AdvantageWeightedBehavior
from algorithms.behaviors.likelihood import GaussianBehavior
from algorithms.behaviors.none import NoBehavior
from algorithms.behaviors.own_policy import OwnPolicy, PreviousPolicy
from algorithms.behaviors.vae import VAEBehavior
from algorithms.constraints.divergence import KLPenalty, KLRegularisation
from algorithms.constraints.implicit import Implicit, LearnedPrior, NoConstraint, Prior
from algorithms.constraints.infinity_norm import InfinityNorm
from algorithms.constraints.mmd import MMD
from algorithms.constraints.reward_shift import BatchConstantShift
from algorithms.constraints.trust_region import TrustRegion
from algorithms.critics.expectile import ExpectileTD
from algorithms.critics.gae import GAE
from algorithms.critics.none import NoCritic
from algorithms.critics.td import TD
from algorithms.critics.td_lambda import TDLambda
from algorithms.data.observations import Observations, Raw
from algorithms.data.relabeling import Goals, RecordedGoals
from algorithms.data.reward_scaling import RewardScaling, TaskUnits
from algorithms.networks.annealing import Annealing, ConstantRates
from algorithms.networks.optimizers import Adam, Optimizer
from algorithms.objectives.imitation import Imitation
from algorithms.objectives.mixed import Mixed
from algorithms.objectives.natural_gradient import NaturalPolicyGradient
from algorithms.objectives.reverse_kl import DeterministicPolicyGradient, ReverseKL
from algorithms.objectives.weighted_mle import WeightedMLE
from algorithms.policies.clipped_gaussian import ClippedTanhMeanGaussian
from algorithms.policies.deterministic import DeterministicTanh
from algorithms.policies.free_gaussian import FreeGaussian
from algorithms.policies.gaussians import HeteroscedasticGaussian, TanhMeanGaussian
from algorithms.policies.initialisation import Initialisation, RandomInit
from algorithms.policies.perturbation import Perturbation
from algorithms.policies.squashed import SquashedGaussian
from algorithms.pretraining import OnPriorData, Pretraining
from algorithms.replay import Replay, Uniform

AnyBehavior = (
    NoBehavior
    | OwnPolicy
    | PreviousPolicy
    | GaussianBehavior
    | AdvantageWeightedBehavior
    | VAEBehavior
)

AnyConstraint = (
    NoConstraint
    | Implicit
    | Prior
    | LearnedPrior
    | InfinityNorm
    | MMD
    | KLRegularisation
    | KLPenalty
    | BatchConstantShift
    | TrustRegion
)

AnyCritic = NoCritic | TD | ExpectileTD | TDLambda | GAE

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
        parts = (self.critic, self.objective, self.behavior, self.constraint)
        return tuple(dict.fromkeys(name for part in parts for name in part.columns))


AnyObjective = (
    WeightedMLE
    | Imitation
    | ReverseKL
    | DeterministicPolicyGradient
    | Mixed
    | NaturalPolicyGradient
)
