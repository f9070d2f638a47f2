"""METHODS: the paper's Figure 4 as code, and the two profiles as data.

A row holds what the paper's text says. `PROFILES` holds the values that depend on the domain
(paper) and those that the authors' published scripts run instead (released): paths into a row or
into the hyperparameters, never code. `resolve` puts row, profile and presets together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from algorithms.config import Hyperparameters
from algorithms.critics import TD, ClampOutput, ClampTarget, NoCritic
from algorithms.methods import (
    CloneDemonstrations,
    Implicit,
    Method,
    RandomInit,
    SquashedGaussian,
    TanhMeanGaussian,
)
from algorithms.objectives import Imitation, Mixed, PolicyMode, ReverseKL, WeightedMLE
from algorithms.settings import Settings, nearest, replace_path
from algorithms.temperature import FixedTemperature
from algorithms.weights import BatchMean, Exponential, Unnormalised, Weights

METHODS: dict[str, Method] = {
    "AWAC": Method(
        critic=TD(),
        objective=WeightedMLE(Weights(Exponential(lam=0.3), Unnormalised()), PolicyMode()),
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
}

# The entropy term makes SAC's values unbounded below, so only the upper clamp of B.3 is kept. Soft
# values may exceed 0 while the policy's entropy is positive (early, with alpha near 1): the clamp
# then cuts them. The paper says "we clamp the Q value" for the domain, not for which methods.
_SAC_HAND = {"critic.clamp": ClampTarget(low=-float("inf"), high=0.0)}
# The hand scripts ran SAC without entropy, unsquashed, without cloning (algorithms.md, 4).
_SAC_RELEASED = {
    "critic.clamp": ClampOutput(high=0.0),
    "policy": TanhMeanGaussian(),
    "initialisation": RandomInit(),
}

PROFILES: dict[str, dict[str, dict[str, Mapping[str, Any]]]] = {
    "paper": {
        "hand": {
            "AWAC": {
                "critic.clamp": ClampTarget(low=-100.0, high=0.0),
                "objective.weights.shape.lam": 0.3,
                # not in the text: the scripts of the paper's time ran lambda 0.3 with clip 2
                "objective.weights.shape.clip": 2.0,
            },
            "SAC": _SAC_HAND,
            "SAC+BC": _SAC_HAND,
        },
    },
    "released": {
        "hand": {
            "*": {
                "policy_hidden": (256, 256),
                "q_hidden": (256, 256),
                "offline_batch_size": 128,
                "collect_steps": 1000,
                "prior_fraction": 0.9,
            },
            "AWAC": {
                "critic.clamp": ClampOutput(high=0.0),
                "objective.weights.shape.lam": 0.5,
                "objective.weights.shape.clip": 0.5,
                "objective.weights.normalisation": BatchMean(),
            },
            "SAC": {**_SAC_RELEASED, "objective.temperature": FixedTemperature(0.0)},
            "SAC+BC": {**_SAC_RELEASED, "objective.improvement.temperature": FixedTemperature(0.0)},
        },
    },
}


def resolve(
    name: str,
    *,
    profile: str = "paper",
    domain: str = "hand",
    preset: Mapping[str, Any] | None = None,
    settings: tuple[str, ...] = (),
) -> Settings:
    """The method `name` with everything decided: row <- profile <- preset <- `--set key=value`.

    Raises ValueError for an unknown method, profile, domain or setting, naming the nearest ones.
    """
    if name not in METHODS:
        raise ValueError(f"unknown method {name!r}; {nearest(name, METHODS)}")
    if profile not in PROFILES:
        raise ValueError(f"unknown profile {profile!r}; {nearest(profile, PROFILES)}")
    result = Settings(METHODS[name], Hyperparameters())
    if domain not in PROFILES[profile]:
        raise ValueError(f"unknown domain {domain!r}; {nearest(domain, PROFILES[profile])}")
    values = PROFILES[profile][domain]
    for path, value in {**values.get("*", {}), **values.get(name, {})}.items():
        result = replace_path(result, path, value)
    for path, value in (preset or {}).items():
        if path in result.paths():  # a preset also sizes components that only some rows have
            result = replace_path(result, path, value)
    # components first: `samples=4 value=PolicySamples` means the same in either order
    for assignment in sorted(settings, key=_names_a_value):
        result = result.assign(assignment)
    if isinstance(result.method.critic, NoCritic) and not isinstance(
        result.method.objective, Imitation
    ):
        objective = type(result.method.objective).__name__
        raise ValueError(f"{name}: {objective} needs a critic, but critic=NoCritic")
    return result


def _names_a_value(assignment: str) -> bool:
    """False for `key=Component`, whose classes are the only capitalised values."""
    value = assignment.partition("=")[2].strip()
    return not value[:1].isupper() or value in ("True", "False")
