"""METHODS: the paper's Figure 4 as code, later work beside it, and variants of both.

A row holds what the paper's text says; where it is silent, what the method's own authors did, and
where neither fits, a choice that the method's page in `docs/methods/` gives the reason for. What
depends on the domain or on the profile is in `profiles.py`. `resolve` puts row, profile, variant,
preset and `--set` together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from algorithms.acting import BestOfSamples, Unclipped
from algorithms.behavior import (
    AdvantageWeightedBehavior,
    GaussianBehavior,
    OwnPolicy,
    PreviousPolicy,
    PriorAdvantage,
    ReturnAdvantage,
    VAEBehavior,
)
from algorithms.clipped_gaussian import ClippedTanhMeanGaussian
from algorithms.compatibility import check
from algorithms.config import Hyperparameters
from algorithms.constraints import (
    MMD,
    BatchConstantShift,
    Implicit,
    InfinityNorm,
    KLPenalty,
    KLRegularisation,
    LearnedPrior,
    Prior,
    TrustRegion,
)
from algorithms.critics import (
    GAE,
    TD,
    BestCandidate,
    Conservative,
    EntropyFreeAction,
    ExpectileTD,
    Mean,
    NoClamp,
    NoCritic,
    NormalisedLayers,
    RandomSubset,
    SmoothedAction,
    SoftClipped,
    TargetPolicy,
    TDLambda,
)
from algorithms.initialisation import CloneDemonstrations, CloneMeans, NoPretraining, RandomInit
from algorithms.lambda_critic import Unscaled
from algorithms.log_std import AffineLogStd, TanhLogStd
from algorithms.methods import Method
from algorithms.objectives import (
    BehaviorActions,
    DeterministicPolicyGradient,
    Imitation,
    LambdaAdvantage,
    LearnedValue,
    MeanSquaredError,
    Mixed,
    NaturalPolicyGradient,
    NoBaseline,
    NormalisedQ,
    PolicyActions,
    PolicyMode,
    PolicySamples,
    QFilter,
    ReverseKL,
    TargetQ,
    UndetachedPolicyActions,
    WeightedMLE,
)
from algorithms.observations import FromPriorData, Raw
from algorithms.policies import (
    DeterministicTanh,
    FreeGaussian,
    HeteroscedasticGaussian,
    SquashedGaussian,
    TanhMeanGaussian,
)
from algorithms.profiles import AWR_ORIGINAL, PROFILES
from algorithms.replay import Symmetric
from algorithms.reward_scaling import TaskUnits
from algorithms.settings import Settings, nearest, replace_path
from algorithms.temperature import FixedTemperature, LearnedTemperature
from algorithms.vae import Perturbation
from algorithms.weights import (
    BatchMean,
    DualExponential,
    Exponential,
    PartitionFunction,
    StateMean,
    Unnormalised,
    Weights,
)

# BRAC's network, for policy and behaviour model alike
_BRAC_POLICY = SquashedGaussian(log_std_min=-5.0, log_std_max=0.0, log_std=TanhLogStd())
_AWR_WEIGHTS = Weights(Exponential(lam=1.0, cap=20.0), Unnormalised())

METHODS: dict[str, Method] = {
    "AWAC": Method(
        critic=TD(),
        # V(s) is the text's expectation over the policy, by one sample as the authors took it
        # for MuJoCo and pushing
        objective=WeightedMLE(Weights(Exponential(lam=0.3), Unnormalised()), PolicySamples(1)),
        constraint=Implicit(),
    ),
    "SAC": Method(
        critic=TD(),
        objective=ReverseKL(),
        policy=SquashedGaussian(),
        initialisation=CloneDemonstrations(),
    ),
    "SAC+BC": Method(
        critic=TD(),
        objective=Mixed(),
        policy=SquashedGaussian(),
        initialisation=CloneDemonstrations(),
    ),
    "BC": Method(critic=NoCritic(), objective=Imitation("demonstrations")),
    "BCQ": Method(
        critic=TD(ensemble=SoftClipped(), next_value=BestCandidate(), actor=TargetPolicy()),
        objective=DeterministicPolicyGradient(),
        behavior=VAEBehavior(),
        constraint=InfinityNorm(phi=0.05),
        policy=Perturbation(),
        acting=BestOfSamples(act_candidates=100),
    ),
    "BEAR": Method(
        critic=TD(ensemble=SoftClipped(), next_value=BestCandidate()),
        objective=ReverseKL(FixedTemperature(0.0)),
        behavior=VAEBehavior(vae_learning_rate=3e-4),
        constraint=MMD(threshold=0.05),
        policy=SquashedGaussian(),
        acting=BestOfSamples(act_candidates=10),
    ),
    "AWR": Method(
        critic=TDLambda(),
        objective=WeightedMLE(_AWR_WEIGHTS, LambdaAdvantage()),
        constraint=Implicit(),
    ),
    "MPO": Method(
        critic=TD(),
        objective=WeightedMLE(
            Weights(Exponential(lam=0.3), StateMean()), NoBaseline(), PolicyActions(samples=20)
        ),
        behavior=OwnPolicy(),
        constraint=Prior(),
    ),
    "ABM-MPO": Method(
        critic=TD(),
        objective=WeightedMLE(
            Weights(Exponential(lam=0.3), StateMean()),
            PolicySamples(),
            BehaviorActions(samples=10),
        ),
        behavior=AdvantageWeightedBehavior(),
        constraint=LearnedPrior(),
    ),
    "DAPG": Method(
        critic=GAE(),
        objective=NaturalPolicyGradient(),
        policy=FreeGaussian(),
        initialisation=CloneMeans(),
        pretraining=NoPretraining(),
        acting=Unclipped(),
    ),
    "BRAC": Method(
        critic=TD(),
        # no entropy term beside the divergence, as in BRAC's own code: a learned temperature of
        # about 1 would outweigh the coefficient
        objective=ReverseKL(FixedTemperature(0.0)),
        behavior=GaussianBehavior(
            policy=_BRAC_POLICY, entropy=LearnedTemperature(alpha_learning_rate=5e-4)
        ),
        constraint=KLPenalty(coefficient=0.1, warm_start_steps=20_000),
        policy=_BRAC_POLICY,
    ),
    # Later work: not in the paper.
    "IQL": Method(
        critic=ExpectileTD(expectile=0.7),
        # inverse temperature 3, weights up to 100; its numbers for D4RL's dense rewards (0.5) would
        # leave the weights of these rewards in [-1, 0] near 1
        objective=WeightedMLE(
            Weights(Exponential(lam=1 / 3, cap=100.0), Unnormalised()),
            LearnedValue(),
        ),
        constraint=Implicit(),
        policy=ClippedTanhMeanGaussian(),
    ),
    "TD3+BC": Method(
        critic=TD(next_value=SmoothedAction(), actor=TargetPolicy(), updates_per_improvement=2),
        objective=Mixed(
            DeterministicPolicyGradient(q_scale=NormalisedQ(2.5)),
            Imitation("buffer", MeanSquaredError()),
        ),
        policy=DeterministicTanh(),
    ),
    "Cal-QL": Method(
        # its own numbers are 1 at rewards 10 r + 5, where values are 10 times these and a constant
        # (see Conservative): weight, softmax temperature and alpha are a tenth at r
        critic=TD(
            next_value=BestCandidate(),
            regulariser=Conservative(conservative_weight=0.1, softmax_temperature=0.1),
        ),
        objective=ReverseKL(LearnedTemperature(initial_alpha=0.1)),
        policy=SquashedGaussian(log_std=AffineLogStd()),
        replay=Symmetric(),
    ),
    "RLPD": Method(
        critic=TD(
            members=10,
            ensemble=RandomSubset(2),
            next_value=EntropyFreeAction(),
            layers=NormalisedLayers(),
        ),
        objective=ReverseKL(LearnedTemperature(entropy_per_dim=-0.5), Mean()),
        policy=SquashedGaussian(),
        pretraining=NoPretraining(),
        replay=Symmetric(),
    ),
}

LATER_WORK = ("IQL", "TD3+BC", "Cal-QL", "RLPD")
PAPER_METHODS = tuple(name for name in METHODS if name not in LATER_WORK)


@dataclass(frozen=True)
class ValueOf:
    """Of a change: what the row has at `path` before any of the variant's changes."""

    path: str


@dataclass(frozen=True)
class Variant:
    """A row of METHODS with components exchanged: `dataclasses.replace` along dotted paths.

    A change to a `ValueOf` keeps what the row has, as its profile says, in another place.
    """

    base: str
    changes: Mapping[str, Any]
    summary: str


# a model of the data in the row's own policy class
_OF_THE_DATA = {"behavior": GaussianBehavior(), "behavior.policy": ValueOf("policy")}
_LAMBDA = ValueOf("objective.weights.shape.lam")

VARIANTS: dict[str, Variant] = {
    "AWAC[unnormalised]": Variant(
        "AWAC", {"objective.weights.normalisation": Unnormalised()}, "weights exp(A / lambda)"
    ),
    "AWAC[batch]": Variant(
        "AWAC", {"objective.weights.normalisation": BatchMean()}, "weights of mean 1 in each batch"
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
        },
        "the advantage of the data's policy, by TD(lambda), not of the present one",
    ),
    "AWAC[Monte-Carlo]": Variant(
        "AWAC",
        {
            "critic": TDLambda(trace_decay=1.0, scale=Unscaled()),
            "objective.value": LambdaAdvantage(),
            "collect_steps": 1200,
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
        {"objective.weights.shape.clip": 2.0, "objective.weights.shape.cap": math.inf},
        "advantages clipped at 2, as the authors' hand scripts, in place of the weights' cap",
    ),
    "AWAC[no-clip]": Variant(
        "AWAC",
        {"objective.weights.shape.clip": math.inf, "objective.weights.shape.cap": math.inf},
        "nothing bounds a weight",
    ),
    **{
        f"AWAC[lambda={lam:g}]": Variant(
            "AWAC", {"objective.weights.shape.lam": lam}, f"lambda {lam:g}"
        )
        for lam in (0.1, 0.3, 1.0, 3.0)
    },
    "AWAC[free-std]": Variant(
        "AWAC", {"policy": TanhMeanGaussian()}, "one standard deviation for all states"
    ),
    "AWAC[state-std]": Variant(
        "AWAC", {"policy": HeteroscedasticGaussian()}, "a standard deviation for each state"
    ),
    "AWAC[push-lambda]": Variant(
        "AWAC",
        {
            "objective.weights.shape.lam": 0.03,
            "objective.weights.normalisation": BatchMean(),
        },
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
        "AWAC", {"reward_scaling": TaskUnits()}, "rewards are not scaled (a change on MuJoCo only)"
    ),
    "AWAC[scratch]": Variant(
        "AWAC",
        {"pretraining": NoPretraining(), "learning_starts": 5_000, "observations": Raw()},
        "learns online alone; with --data none from nothing but its own experience",
    ),
    "SAC[scratch]": Variant(
        "SAC",
        {
            "initialisation": RandomInit(),
            "pretraining": NoPretraining(),
            "policy": SquashedGaussian(),
            "objective.temperature": LearnedTemperature(),
            "critic.clamp": NoClamp(),
            "learning_starts": 5_000,
            "observations": Raw(),
        },
        "learns online alone; with --data none from nothing but its own experience",
    ),
    "SAC[entropy]": Variant(
        "SAC",
        {"objective.temperature": LearnedTemperature(), "critic.clamp": NoClamp()},
        "the entropy bonus of Haarnoja 2018, its temperature learned from 1; soft Q unclamped",
    ),
    "SAC+BC[entropy]": Variant(
        "SAC+BC",
        {"objective.improvement.temperature": LearnedTemperature(), "critic.clamp": NoClamp()},
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
        {"constraint": KLRegularisation(coefficient=0.1, warm_start_steps=20_000)},
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
        {"behavior.advantage": ReturnAdvantage()},
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


def base_of(name: str) -> str:
    """The row of METHODS that `name`, a row or a variant, is made from.

    Raises ValueError naming the nearest methods for an unknown name.
    """
    if name in VARIANTS:
        return VARIANTS[name].base
    if name not in METHODS:
        raise ValueError(f"unknown method {name!r}; {nearest(name, (*METHODS, *VARIANTS))}")
    return name


def layers(
    name: str,
    *,
    profile: str = "paper",
    domain: str = "hand",
    preset: Mapping[str, Any] | None = None,
    at_most: Mapping[str, int] | None = None,
    settings: tuple[str, ...] = (),
) -> dict[str, Settings]:
    """Row, profile, variant, preset and `--set`, each laid over those before it; the last one runs.

    `at_most` bounds single numbers from above before `--set` has the last word.

    Raises ValueError for an unknown method, profile, domain or setting, naming the nearest ones.
    """
    base = base_of(name)
    if profile not in PROFILES:
        raise ValueError(f"unknown profile {profile!r}; {nearest(profile, PROFILES)}")
    found = {"row": Settings(METHODS[base], Hyperparameters())}
    if domain not in PROFILES[profile]:
        raise ValueError(f"unknown domain {domain!r}; {nearest(domain, PROFILES[profile])}")
    result, values = found["row"], PROFILES[profile][domain]
    changes = VARIANTS[name].changes if name in VARIANTS else {}
    for path, value in [*values.get("*", {}).items(), *values.get(base, {}).items()]:
        result = replace_path(result, path, value)
    found["profile"], unchanged = result, result.paths()
    for path, value in changes.items():
        kept = unchanged[value.path] if isinstance(value, ValueOf) else value
        result = replace_path(result, path, kept)
    found["variant"] = result
    for path, value in (preset or {}).items():
        if path in result.paths():  # a preset also sizes components that only some rows have
            result = replace_path(result, path, value)
    for path, bound in (at_most or {}).items():
        if path in result.paths():
            result = replace_path(result, path, min(result.paths()[path], bound))
    found["preset"] = result
    found["--set"] = result.assign(*settings)
    return found


def resolve(
    name: str,
    *,
    profile: str = "paper",
    domain: str = "hand",
    preset: Mapping[str, Any] | None = None,
    at_most: Mapping[str, int] | None = None,
    settings: tuple[str, ...] = (),
) -> Settings:
    """The method `name` with everything decided: the last of its `layers`.

    Raises ValueError as these, and for components that do not fit each other.
    """
    result = layers(
        name, profile=profile, domain=domain, preset=preset, at_most=at_most, settings=settings
    )["--set"]
    try:
        check(result.method)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    return result
