"""Policy improvement: each objective is a frozen dataclass; its loss functions are in losses.py."""

from __future__ import annotations

from algorithms.imitation import Imitation, MeanSquaredError, NegativeLogLikelihood
from algorithms.mixed import Mixed, NoFilter, QFilter
from algorithms.natural_gradient import NaturalPolicyGradient
from algorithms.reverse_kl import (
    DeterministicPolicyGradient,
    NormalisedQ,
    ReverseKL,
    UnscaledQ,
)
from algorithms.values import (
    LambdaAdvantage,
    LearnedValue,
    NoBaseline,
    PolicyMode,
    PolicySamples,
    TargetQ,
    Value,
)
from algorithms.weighted_mle import (
    BehaviorActions,
    BufferActions,
    PolicyActions,
    UndetachedPolicyActions,
    WeightedMLE,
)

AnyObjective = (
    WeightedMLE
    | Imitation
    | ReverseKL
    | DeterministicPolicyGradient
    | Mixed
    | NaturalPolicyGradient
)

__all__ = [
    "BehaviorActions",
    "BufferActions",
    "DeterministicPolicyGradient",
    "Imitation",
    "LambdaAdvantage",
    "LearnedValue",
    "MeanSquaredError",
    "Mixed",
    "NaturalPolicyGradient",
    "NegativeLogLikelihood",
    "NoBaseline",
    "NoFilter",
    "NormalisedQ",
    "PolicyActions",
    "PolicyMode",
    "PolicySamples",
    "QFilter",
    "ReverseKL",
    "TargetQ",
    "UndetachedPolicyActions",
    "UnscaledQ",
    "Value",
    "WeightedMLE",
]
