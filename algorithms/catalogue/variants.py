"""VARIANTS: rows of METHODS with components exchanged."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from algorithms.behaviors.advantage_weighted import PriorAdvantage, ReturnAdvantage
from algorithms.behaviors.likelihood import GaussianBehavior
from algorithms.behaviors.own_policy import OwnPolicy, PreviousPolicy
from algorithms.catalogue.profiles import AWR_ORIGINAL
from algorithms.constraints.divergence import KLRegularisation
from algorithms.constraints.implicit import LearnedPrior, Prior
from algorithms.constraints.reward_shift import BatchConstantShift
from algorithms.constraints.trust_region import TrustRegion
from algorithms.critics.ensembles import NoClamp
from algorithms.critics.td_lambda import TDLambda, Unscaled
from algorithms.data.observations import FromPriorData, Raw
from algorithms.data.relabeling import RecordedGoals
from algorithms.data.reward_scaling import TaskUnits
from algorithms.objectives.mixed import Mixed, QFilter
from algorithms.objectives.reverse_kl import ReverseKL
from algorithms.objectives.temperature import FixedTemperature, LearnedTemperature
from algorithms.objectives.values import LambdaAdvantage, PolicyMode, PolicySamples, TargetQ
from algorithms.objectives.weighted_mle import (
    BehaviorActions,
    PolicyActions,
    UndetachedPolicyActions,
)
from algorithms.objectives.weights import (
    BatchMean,
    DualExponential,
    Exponential,
    PartitionFunction,
    Unnormalised,
    Weights,
)
from algorithms.policies.gaussians import HeteroscedasticGaussian, TanhMeanGaussian
from algorithms.policies.initialisation import RandomInit
from algorithms.policies.squashed import SquashedGaussian
from algorithms.pretraining import NoPretraining, RandomActionsFirst


@dataclass(frozen=True)
class ValueOf:
    """Of a change: what the row has at `path` before any of the variant's changes."""

    path: str


@dataclass(frozen=True)
class Times:
    """Of a change: `factor` times the number that the row has at `path` before any of them."""

    path: str
    factor: float


@dataclass(frozen=True)
class TextUnits:
    """Of a change: a number in units of the task's rewards, as the text has it.

    Where the row's rewards are multiplied by a fixed factor, so is the number.
    """

    value: float


@dataclass(frozen=True)
class Variant:
    """A row of METHODS with components exchanged: `dataclasses.replace` along dotted paths.

    A change to a `ValueOf` keeps what the row has, as its profile says, in another place. `Times`
    and `TextUnits` are numbers that depend on what the row has.

    Attributes:
        base: the row.
        changes: dotted path -> what stands there.
        summary: what is exchanged, in a few words.
        data: ``none`` of a variant that gets no prior data, whatever the others get.
    """

    base: str
    changes: Mapping[str, Any]
    summary: str
    data: Literal["as the others", "none"] = "as the others"


# a model of the data in the row's own policy class
_OF_THE_DATA = {"behavior": GaussianBehavior(), "behavior.policy": ValueOf("policy")}

# returns belong to the goals that they were recorded for
_RETURNS = {"goals": RecordedGoals()}

_LAMBDA = ValueOf("objective.weights.shape.lam")

# the authors' hand scripts had a clip of 2 and a lambda of 0.3: the same largest weight everywhere
_CLIP = Times("objective.weights.shape.lam", 2.0 / 0.3)

# the authors' B softmax(A / lambda) has no bound and needs none: a weight is at most B
_SOFTMAX = {
    "objective.weights.normalisation": BatchMean(),
    "objective.weights.shape.cap": math.inf,
}

# lambda of the size that the authors' scripts for pushing had, where rewards are metres
_PUSH_LAMBDA = {"objective.weights.shape.lam": 0.03, **_SOFTMAX}

# of a run without prior data, whose buffer is empty
_FROM_SCRATCH = {"pretraining": RandomActionsFirst(), "learning_starts": 5_000}

VARIANTS: dict[str, Variant] = {
    "AWAC[unnormalised]": Variant(
        "AWAC", {"objective.weights.normalisation": Unnormalised()}, "weights exp(A / lambda)"
    ),
    "AWAC[batch]": Variant(
        "AWAC", _SOFTMAX, "weights of mean 1 in each batch, a softmax without a bound"
    ),
    "AWAC[Z(s)]": Variant(
        "AWAC",
        {"objective.weights.normalisation": PartitionFunction(10), **_OF_THE_DATA},
        "weights over Z(s) from 10 actions of a behaviour model (B.3)",
    ),
    "AWAC[Z(s)-50]": Variant(
        "AWAC",
        {"objective.weights.normalisation": PartitionFunction(50), **_OF_THE_DATA},
        "weights over Z(s) from 50 actions: is it the estimate that hurts, or Z(s) itself?",
    ),
    "AWAC[reverse-KL]": Variant(
        "AWAC",
        {
            "objective": ReverseKL(FixedTemperature(0.0)),
            **_OF_THE_DATA,
            "constraint": KLRegularisation(),
            "constraint.coefficient": _LAMBDA,
        },
        "min D_KL(pi || pi_beta exp(A / lambda)) in place of the forward direction",
    ),
    "AWAC[Q-beta]": Variant(
        "AWAC",
        {
            "critic": TDLambda(scale=Unscaled()),
            "objective.value": LambdaAdvantage(),
            "collect_steps": 1200,
            **_RETURNS,
        },
        "the advantage of the data's policy, by TD(lambda), not of the present one",
    ),
    "AWAC[Monte-Carlo]": Variant(
        "AWAC",
        {
            "critic": TDLambda(trace_decay=1.0, scale=Unscaled()),
            "objective.value": LambdaAdvantage(),
            "collect_steps": 1200,
            **_RETURNS,
        },
        "the advantage of the data's policy, by whole returns",
    ),
    "AWAC[policy-actions]": Variant(
        "AWAC",
        {
            "objective.actions": PolicyActions(samples=1),
            "behavior": OwnPolicy(),
            "constraint": Prior(),
        },
        "weighs actions of the policy, not of the buffer",
    ),
    "AWAC[prior-actions]": Variant(
        "AWAC",
        {
            "objective.actions": BehaviorActions(samples=1),
            **_OF_THE_DATA,
            "constraint": LearnedPrior(),
        },
        "weighs actions of a cloned behaviour model, not of the buffer",
    ),
    "AWAC[no-clamp]": Variant("AWAC", {"critic.clamp": NoClamp()}, "Q is not clamped"),
    "AWAC[V-sampled]": Variant(
        "AWAC", {"objective.value": PolicySamples(1)}, "V(s) at one action of the policy"
    ),
    "AWAC[V-mode]": Variant(
        "AWAC", {"objective.value": PolicyMode()}, "V(s) at the mode of the policy"
    ),
    "AWAC[clip]": Variant(
        "AWAC",
        {"objective.weights.shape.clip": _CLIP, "objective.weights.shape.cap": math.inf},
        "advantages clipped at 6.7 lambda, as the authors' hand scripts, in place of a cap",
    ),
    "AWAC[no-clip]": Variant(
        "AWAC",
        {"objective.weights.shape.clip": math.inf, "objective.weights.shape.cap": math.inf},
        "nothing bounds a weight",
    ),
    **{
        f"AWAC[lambda={lam:g}]": Variant(
            "AWAC",
            {"objective.weights.shape.lam": TextUnits(lam)},
            f"lambda {lam:g} in units of the task's rewards",
        )
        for lam in (0.1, 0.3, 1.0, 3.0)
    },
    "AWAC[free-std]": Variant(
        "AWAC", {"policy": TanhMeanGaussian()}, "one standard deviation for all states"
    ),
    "AWAC[state-std]": Variant(
        "AWAC", {"policy": HeteroscedasticGaussian()}, "a standard deviation for each state"
    ),
    "AWAC[imitation]": Variant(
        "AWAC",
        {"objective": Mixed(), "objective.improvement": ValueOf("objective")},
        "imitates the demonstrations beside, with weight 1: the authors' script for HalfCheetah",
    ),
    "AWAC[push-lambda]": Variant(
        "AWAC",
        _PUSH_LAMBDA,
        "weights as the authors' scripts for pushing: a lambda in the units of its rewards",
    ),
    **{
        f"{name}[raw]": Variant(name, {"observations": Raw()}, "sees observations as they are")
        for name in ("AWAC", "SAC", "BC")
    },
    **{
        f"{name}[standardised]": Variant(
            name,
            {"observations": FromPriorData()},
            "sees observations less the mean of the prior data's, over their standard deviation",
        )
        for name in ("AWAC", "SAC", "BC")
    },
    "AWAC[task-rewards]": Variant(
        "AWAC",
        {"reward_scaling": TaskUnits(), "objective.weights.shape.lam": 1.0},
        "rewards of locomotion are not scaled, nor is lambda: the text's numbers as they stand",
    ),
    "AWAC[scratch]": Variant(
        "AWAC",
        _FROM_SCRATCH,
        "learns online alone, from nothing but its own experience",
        data="none",
    ),
    "AWAC[push-scratch]": Variant(
        "AWAC",
        {**_PUSH_LAMBDA, **_FROM_SCRATCH},
        "learns online alone, with the weights of AWAC[push-lambda]",
        data="none",
    ),
    "SAC[scratch]": Variant(
        "SAC",
        {
            "initialisation": RandomInit(),
            "pretraining": NoPretraining(),
            "policy": SquashedGaussian(),
            "objective.temperature": LearnedTemperature(),
            "critic.clamp": NoClamp(),
            "reward_scaling": TaskUnits(),
            "learning_starts": 5_000,
            "observations": Raw(),
        },
        "the recipe of the locomotion experts: SAC as Haarnoja 2018, online alone",
    ),
    "SAC[no-data]": Variant(
        "SAC",
        {"initialisation": RandomInit(), **_FROM_SCRATCH},
        "learns online alone, all else as the row: what prior data is worth to SAC",
        data="none",
    ),
    "SAC[entropy]": Variant(
        "SAC",
        {
            "objective.temperature": LearnedTemperature(),
            "objective.temperature.initial_alpha": TextUnits(1.0),
            "critic.clamp": NoClamp(),
        },
        "the entropy bonus of Haarnoja 2018, its temperature learned from 1; soft Q unclamped",
    ),
    "SAC+BC[entropy]": Variant(
        "SAC+BC",
        {
            "objective.improvement.temperature": LearnedTemperature(),
            "objective.improvement.temperature.initial_alpha": TextUnits(1.0),
            "critic.clamp": NoClamp(),
        },
        "the entropy bonus of Haarnoja 2018, its temperature learned from 1; soft Q unclamped",
    ),
    "SAC+BC[Q-filter]": Variant(
        "SAC+BC", {"objective.filter": QFilter()}, "imitates only what Q prefers to the policy"
    ),
    "BC[all]": Variant(
        "BC", {"objective.actions": "buffer"}, "clones the replay buffer, not demonstrations alone"
    ),
    "BRAC[policy]": Variant(
        "BRAC",
        {
            "constraint": KLRegularisation(warm_start_steps=20_000),
            "constraint.coefficient": ValueOf("constraint.coefficient"),
        },
        "BRAC-p: the divergence is in the policy's loss alone",
    ),
    "BRAC[likelihood]": Variant(
        "BRAC",
        {"behavior": GaussianBehavior(), "policy": SquashedGaussian()},
        "behaviour model by likelihood alone, SAC's bounds of log sigma: narrow on such data",
    ),
    "BRAC[released]": Variant(
        "BRAC",
        {
            "constraint": BatchConstantShift(),
            "constraint.coefficient": TextUnits(1.0),
            "behavior": GaussianBehavior(),
            "policy": SquashedGaussian(),
            # unclamped: the mean of log b is about +100 at the data, which B.3's clamp would hide
            "critic.clamp": NoClamp(),
        },
        "the published trainer's broadcast: a reward shift, constant over each batch",
    ),
    "AWR[SGD]": Variant(
        "AWR",
        AWR_ORIGINAL,
        "AWR's own optimiser, learning rates and fixed standard deviation",
    ),
    "MPO[full]": Variant(
        "MPO",
        {
            "objective.weights.shape": DualExponential(),
            "objective.value": TargetQ(),
            "objective.actions": BehaviorActions(samples=20),
            "behavior": PreviousPolicy(),
            "constraint": TrustRegion(),
        },
        "Abdolmaleki 2018: temperature by its dual, KL trust region to the target policy",
    ),
    "MPO[released]": Variant(
        "MPO",
        {
            "objective.weights.normalisation": BatchMean(),
            "objective.value": PolicyMode(),
            "objective.actions": UndetachedPolicyActions(),
        },
        "the published trainer's sample carries gradient: the mean cannot learn",
    ),
    "ABM-MPO[returns]": Variant(
        "ABM-MPO",
        {"behavior.advantage": ReturnAdvantage(), **_RETURNS},
        "the prior keeps actions whose return exceeds V(s) (Eq. 16)",
    ),
    "ABM-MPO[exponential]": Variant(
        "ABM-MPO",
        {
            "behavior.weights": Weights(Exponential(), BatchMean()),
            "behavior.weights.shape.lam": _LAMBDA,
            "behavior.advantage": PriorAdvantage(),
        },
        "the prior as in the released code: exp(A / lambda) over the batch, V(s) at the prior",
    ),
}
