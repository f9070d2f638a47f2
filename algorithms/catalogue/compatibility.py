"""Which components fit together; asked before anything is trained."""

from __future__ import annotations

import math

from algorithms.acting import BestOfSamples, Unclipped
from algorithms.behaviors.advantage_weighted import AdvantageWeightedBehavior, PriorAdvantage
from algorithms.behaviors.likelihood import GaussianBehavior
from algorithms.behaviors.none import NoBehavior
from algorithms.behaviors.own_policy import PreviousPolicy
from algorithms.behaviors.vae import VAEBehavior
from algorithms.catalogue.method import Method
from algorithms.constraints.divergence import KLPenalty, KLRegularisation
from algorithms.constraints.implicit import NoConstraint
from algorithms.constraints.infinity_norm import InfinityNorm
from algorithms.constraints.mmd import MMD
from algorithms.constraints.reward_shift import BatchConstantShift
from algorithms.constraints.trust_region import TrustRegion
from algorithms.critics.conservative import Conservative
from algorithms.critics.ensembles import ClampOutput, ClampTarget, NoClamp, RandomSubset
from algorithms.critics.expectile import ExpectileTD
from algorithms.critics.gae import GAE
from algorithms.critics.next_value import SampledAction
from algorithms.critics.none import NoCritic
from algorithms.critics.td import TD
from algorithms.critics.td_lambda import TDLambda
from algorithms.data.relabeling import Hindsight
from algorithms.objectives.base import Objective
from algorithms.objectives.imitation import Imitation, MeanSquaredError
from algorithms.objectives.mixed import Mixed, QFilter
from algorithms.objectives.natural_gradient import NaturalPolicyGradient
from algorithms.objectives.reverse_kl import DeterministicPolicyGradient, ReverseKL
from algorithms.objectives.temperature import FixedTemperature, LearnedTemperature
from algorithms.objectives.values import (
    FromTargetCritic,
    LambdaAdvantage,
    LearnedValue,
    NoBaseline,
    TargetQ,
)
from algorithms.objectives.weighted_mle import BehaviorActions, BufferActions, WeightedMLE
from algorithms.objectives.weights import (
    DualExponential,
    Exponential,
    Indicator,
    PartitionFunction,
    StateMean,
    Unnormalised,
)
from algorithms.policies.deterministic import DeterministicTanh
from algorithms.policies.free_gaussian import FreeGaussian
from algorithms.policies.gaussians import HeteroscedasticGaussian, TanhMeanGaussian
from algorithms.policies.initialisation import CloneDemonstrations, CloneMeans
from algorithms.policies.perturbation import Perturbation
from algorithms.policies.squashed import SquashedGaussian
from algorithms.pretraining import NoPretraining


def check(method: Method) -> None:
    """Raise ValueError, naming both components and a way out, if the row cannot be trained."""
    _check_critic(method)
    _check_objective(method)
    _check_weights(method)
    _check_behavior(method)
    _check_policy(method)
    _check_bounds(method)
    _check_goals(method)


def _name(component: object) -> str:
    return type(component).__name__


def _improvement(objective: Objective) -> Objective:
    """What improves the policy, without what imitates beside it."""
    return objective.improvement if isinstance(objective, Mixed) else objective


def _critic_for(objective: Objective) -> str:
    """The critic that goes with the objective's V(s)."""
    value = getattr(_improvement(objective), "value", None)
    if isinstance(value, LambdaAdvantage):
        return "TDLambda"
    return "ExpectileTD" if isinstance(value, LearnedValue) else "TD"


def _check_critic(method: Method) -> None:
    critic, objective = method.critic, method.objective
    on_policy = isinstance(objective, NaturalPolicyGradient)
    if on_policy != isinstance(critic, GAE):
        raise ValueError(
            f"{_name(objective)} does not go with critic={_name(critic)}: "
            "NaturalPolicyGradient and GAE need each other"
        )
    if on_policy and not isinstance(method.pretraining, NoPretraining):
        raise ValueError(
            f"NaturalPolicyGradient learns from episodes of its own: pretraining=NoPretraining, "
            f"not {_name(method.pretraining)}"
        )
    for field, part, nothing in (
        ("behavior", method.behavior, NoBehavior),
        ("constraint", method.constraint, NoConstraint),
    ):
        if on_policy and not isinstance(part, nothing):
            raise ValueError(
                f"NaturalPolicyGradient learns from episodes of its own and would leave "
                f"{field}={_name(part)} untrained and unused; use {field}={nothing.__name__}"
            )
    if isinstance(critic, NoCritic) and not isinstance(objective, Imitation):
        raise ValueError(
            f"{_name(objective)} needs a critic, but critic=NoCritic; "
            f"use critic={_critic_for(objective)}"
        )
    ascends = isinstance(_improvement(objective), (ReverseKL, DeterministicPolicyGradient))
    ascends = ascends or isinstance(getattr(objective, "filter", None), QFilter)
    if ascends and not critic.has_q:
        raise ValueError(
            f"{_name(objective)} asks for Q(s, a), which critic={_name(critic)} lacks; "
            "use critic=TD"
        )
    if isinstance(method.acting, BestOfSamples) and not critic.has_q:
        raise ValueError(
            f"acting=BestOfSamples ranks by Q(s, a), which {_name(critic)} lacks; "
            "use acting=ModeOrSample"
        )
    members = getattr(critic, "members", 0)
    for user in (critic, _improvement(objective), method.acting):
        combined = getattr(user, "ensemble", None) or getattr(user, "combination", None)
        if isinstance(combined, RandomSubset) and combined.subset > members:
            raise ValueError(
                f"{_name(user)}: RandomSubset takes the minimum of subset={combined.subset} "
                f"critics, but there are members={members}; use members={combined.subset} or "
                f"subset={members}"
            )


def _check_objective(method: Method) -> None:
    critic, objective = method.critic, _improvement(method.objective)
    if not isinstance(objective, WeightedMLE):
        return
    if isinstance(critic, TDLambda) != isinstance(objective.value, LambdaAdvantage):
        raise ValueError(
            f"value={_name(objective.value)} does not go with critic={_name(critic)}: "
            "LambdaAdvantage and TDLambda need each other"
        )
    if isinstance(objective.value, LearnedValue) and not isinstance(critic, ExpectileTD):
        raise ValueError(f"value=LearnedValue needs critic=ExpectileTD, not {_name(critic)}")
    elsewhere = not isinstance(objective.actions, BufferActions)
    weights = objective.weights
    if isinstance(objective.value, FromTargetCritic) and isinstance(
        weights.normalisation, PartitionFunction
    ):
        raise ValueError(
            f"value={_name(objective.value)} weighs by the target critics, PartitionFunction's "
            "Z(s) is of the online ones; use value=NoBaseline or value=PolicySamples"
        )
    for part, kind in ((weights.shape, DualExponential), (weights.normalisation, StateMean)):
        if isinstance(part, kind) and not elsewhere:
            raise ValueError(
                f"{_name(part)} needs several actions a state, but actions=BufferActions has one; "
                "add actions=PolicyActions"
            )
        if isinstance(part, kind) and getattr(objective.actions, "samples", 2) < 2:
            raise ValueError(
                f"{_name(part)} compares the actions of a state, and samples=1 gives one: every "
                "weight would be 1, whatever Q is; use samples=2 or more, or "
                "normalisation=Unnormalised"
            )
    if isinstance(weights.normalisation, PartitionFunction) and not critic.has_q:
        raise ValueError(
            f"normalisation=PartitionFunction needs Q(s, a), which critic={_name(critic)} lacks; "
            "use another normalisation"
        )
    if elsewhere and not critic.has_q:
        raise ValueError(
            f"actions={_name(objective.actions)} needs Q(s, a) at actions that are not in the "
            f"buffer, which critic={_name(critic)} lacks; use actions=BufferActions"
        )


def _check_weights(method: Method) -> None:
    """Weights of Q itself are all 0 where no Q is positive: 1[Q > 0], or e^(-100 / 0.3)."""
    objective, behavior = _improvement(method.objective), method.behavior
    value = getattr(objective, "value", None)
    if not isinstance(objective, WeightedMLE) or not isinstance(value, (NoBaseline, TargetQ)):
        return
    users = [("objective", objective.weights)]
    if isinstance(behavior, AdvantageWeightedBehavior) and not isinstance(
        behavior.advantage, PriorAdvantage
    ):
        users.append(("behavior", behavior.weights))
    for owner, weights in users:
        shape, normalised = weights.shape, not isinstance(weights.normalisation, Unnormalised)
        exponential = isinstance(shape, (Exponential, DualExponential))
        if isinstance(shape, Indicator) or (exponential and not normalised):
            raise ValueError(
                f"{owner}.weights.shape={_name(shape)} of Q itself (value={_name(value)}) leaves "
                "no weight above 0, in float32, where Q is far below 0; use value=PolicySamples"
            )


def unread(method: Method) -> str:
    """Which trained model of the data nothing in the row asks, in a sentence; "" if there is none.

    Such a row can be trained, and is the same method without the model. Nothing is said of a row
    with a part of the user's own, which may ask the model for anything.
    """
    parts = (method.critic, method.objective, method.constraint, method.policy)
    if any(not type(part).__module__.startswith("algorithms.") for part in parts):
        return ""
    trained = isinstance(
        method.behavior, (GaussianBehavior, VAEBehavior, AdvantageWeightedBehavior)
    )
    readers = _readers_of_density(method)
    if not trained or readers or isinstance(method.constraint, MMD):
        return ""
    if isinstance(method.policy, Perturbation):
        return ""
    return (
        f"behavior={_name(method.behavior)} is trained, and no objective or constraint asks it: it "
        "costs time and changes nothing; leave it away, or add what asks it, such as "
        "constraint=KLPenalty"
    )


def renamed(before: Method, after: Method) -> str:
    """What to say of a constraint that was exchanged for another although neither does anything, in
    a sentence; "" otherwise."""
    old, new = before.constraint, after.constraint
    if type(old) is type(new) or old.acts or new.acts:
        return ""
    return (
        f"constraint={_name(new)} in the place of {_name(old)} changes no number: both only name "
        "what the objective does; KLRegularisation, KLPenalty and TrustRegion act"
    )


def _readers_of_density(method: Method) -> list[object]:
    objective = _improvement(method.objective)
    parts = (
        method.constraint,
        getattr(objective, "actions", None),
        getattr(getattr(objective, "weights", None), "normalisation", None),
    )
    kinds = (KLRegularisation, BatchConstantShift, TrustRegion, BehaviorActions, PartitionFunction)
    return [part for part in parts if isinstance(part, kinds)]


def _check_behavior(method: Method) -> None:
    behavior, constraint = method.behavior, method.constraint
    objective = _improvement(method.objective)
    needs_density = _readers_of_density(method)
    if isinstance(constraint, TrustRegion) and not isinstance(behavior, PreviousPolicy):
        raise ValueError(f"TrustRegion needs behavior=PreviousPolicy, not {_name(behavior)}")
    own = getattr(behavior, "weights", None)
    for field, other in (("shape", "Indicator"), ("normalisation", "Unnormalised")):
        part = getattr(own, field, None)
        if isinstance(part, (DualExponential, StateMean, PartitionFunction)):
            raise ValueError(
                f"{_name(part)} needs several actions a state: not in the weights of "
                f"behavior={_name(behavior)}; use behavior.weights.{field}={other}"
            )
    prior_advantage = isinstance(getattr(behavior, "advantage", None), PriorAdvantage)
    if prior_advantage and not method.critic.has_q:
        raise ValueError(
            f"PriorAdvantage asks for Q(s, a) at the prior's actions, which "
            f"critic={_name(method.critic)} lacks; use advantage=CriticAdvantage"
        )
    advantage_weighted = isinstance(behavior, AdvantageWeightedBehavior)
    if advantage_weighted and not isinstance(objective, WeightedMLE):
        raise ValueError(
            f"AdvantageWeightedBehavior needs V(s), which {_name(objective)} does not define; "
            "use objective=WeightedMLE"
        )
    if needs_density and not behavior.has_density:
        raise ValueError(
            f"{_name(needs_density[0])} needs a model of the data's density, but "
            f"behavior={_name(behavior)}; add behavior=GaussianBehavior"
        )
    if isinstance(constraint, MMD) or isinstance(method.policy, Perturbation):
        part = constraint if isinstance(constraint, MMD) else method.policy
        if not isinstance(behavior, VAEBehavior):
            raise ValueError(f"{_name(part)} needs behavior=VAEBehavior, not {_name(behavior)}")
    changes_target = isinstance(constraint, (KLPenalty, BatchConstantShift))
    if changes_target and not isinstance(method.critic, TD):
        raise ValueError(
            f"{_name(constraint)} changes the critic's target, which critic={_name(method.critic)} "
            "does not ask it for: use critic=TD"
        )
    if isinstance(constraint, InfinityNorm) != isinstance(method.policy, Perturbation):
        raise ValueError(
            f"constraint={_name(constraint)} does not go with policy={_name(method.policy)}: "
            "InfinityNorm and Perturbation need each other"
        )


def _check_policy(method: Method) -> None:
    policy, objective, critic = method.policy, method.objective, method.critic
    if isinstance(objective, NaturalPolicyGradient) and not isinstance(policy, FreeGaussian):
        raise ValueError(f"NaturalPolicyGradient needs policy=FreeGaussian, not {_name(policy)}")
    conservative = isinstance(critic, TD) and isinstance(critic.regulariser, Conservative)
    if conservative and not isinstance(policy, SquashedGaussian):
        raise ValueError(
            f"Conservative weighs densities on [-1, 1]: it needs policy=SquashedGaussian, "
            f"not {_name(policy)}"
        )
    if isinstance(method.constraint, MMD) and not isinstance(policy, SquashedGaussian):
        raise ValueError(
            f"MMD compares actions before the tanh: it needs policy=SquashedGaussian, not "
            f"{_name(policy)}"
        )
    if isinstance(method.initialisation, CloneMeans) and not isinstance(policy, FreeGaussian):
        raise ValueError(
            f"CloneMeans fits a linear mean: policy=FreeGaussian, not {_name(policy)}; "
            "use initialisation=CloneDemonstrations"
        )
    on_policy = isinstance(objective, NaturalPolicyGradient)
    if on_policy != isinstance(method.acting, Unclipped):
        raise ValueError(
            f"acting={_name(method.acting)} does not go with {_name(objective)} and "
            f"critic={_name(critic)}: Unclipped is for NaturalPolicyGradient, and only for it"
        )
    bounded = isinstance(policy, (SquashedGaussian, DeterministicTanh, Perturbation))
    bounded_model = isinstance(getattr(method.behavior, "policy", None), SquashedGaussian)
    if isinstance(method.constraint, KLRegularisation) and bounded_model and not bounded:
        of_state = isinstance(policy, HeteroscedasticGaussian)
        model = HeteroscedasticGaussian if of_state else TanhMeanGaussian
        raise ValueError(
            f"{_name(method.constraint)}: policy={_name(policy)} draws actions outside [-1, 1], "
            "where behavior.policy=SquashedGaussian has no density, so that the divergence is "
            f"infinite; use behavior.policy={model.__name__}"
        )
    if not isinstance(policy, (DeterministicTanh, Perturbation)):
        return
    improvement = _improvement(objective)
    imitation = objective.imitation if isinstance(objective, Mixed) else objective
    by_density = isinstance(improvement, (ReverseKL, WeightedMLE)) or (
        isinstance(imitation, Imitation) and not isinstance(imitation.error, MeanSquaredError)
    )
    by_density = by_density or isinstance(method.initialisation, CloneDemonstrations)
    if by_density or isinstance(method.constraint, (MMD, KLRegularisation, TrustRegion)):
        more = " and constraint=NoConstraint" if isinstance(policy, Perturbation) else ""
        raise ValueError(
            f"policy={_name(policy)} has no density, which this method needs; "
            f"use policy=TanhMeanGaussian{more}"
        )


def _check_bounds(method: Method) -> None:
    """Bounds of the return of rewards in [-1, 0] are not those of whatever else Q may hold."""
    critic, constraint = method.critic, method.constraint
    clamp = getattr(critic, "clamp", NoClamp())
    above = isinstance(clamp, (ClampTarget, ClampOutput)) and math.isfinite(clamp.high)
    below = isinstance(clamp, ClampTarget) and math.isfinite(clamp.low)
    temperature = getattr(_improvement(method.objective), "temperature", FixedTemperature(0.0))
    entropy = isinstance(temperature, LearnedTemperature) or getattr(temperature, "alpha", 0.0) > 0
    soft = isinstance(critic, TD) and isinstance(critic.next_value, SampledAction) and entropy
    if soft and (above or below):
        raise ValueError(
            f"temperature={_name(temperature)} adds an entropy bonus to Q, which "
            f"clamp={_name(clamp)} would cut off; use clamp=NoClamp"
        )
    if isinstance(constraint, BatchConstantShift) and (above or below):
        raise ValueError(
            "BatchConstantShift adds log b(a|s), of either sign, to every reward, which "
            f"clamp={_name(clamp)} would cut off; use clamp=NoClamp"
        )
    if isinstance(constraint, KLPenalty) and isinstance(clamp, ClampTarget) and below:
        raise ValueError(
            f"KLPenalty lowers values without a bound, but clamp=ClampTarget holds targets at "
            f"{clamp.low:g}; use clamp.low=-inf"
        )


def _check_goals(method: Method) -> None:
    if isinstance(method.goals, Hindsight) and method.columns:
        raise ValueError(
            f"goals=Hindsight exchanges goals, and with them the rewards that the buffer's "
            f"{' and '.join(method.columns)} are of; use goals=RecordedGoals"
        )
