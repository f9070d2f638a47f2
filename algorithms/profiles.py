"""PROFILES: what depends on the domain (paper), and what the published scripts run (released).

Both are data: paths into a row of METHODS or into the hyperparameters, never code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from algorithms.ensembles import ClampOutput, ClampTarget
from algorithms.initialisation import RandomInit
from algorithms.optimizers import MomentumSGD
from algorithms.policies import TanhMeanGaussian
from algorithms.temperature import FixedTemperature
from algorithms.weights import BatchMean

Values = Mapping[str, Any]

_BOUNDED = {"critic.clamp": ClampTarget(low=-100.0, high=0.0)}
# An entropy term or a penalty makes values unbounded below, so only the upper clamp of B.3 is kept.
# Soft values may exceed 0 while the policy's entropy is positive (early, with alpha near 1): the
# clamp then cuts them. The paper says "we clamp the Q value" for the domain, not for which methods.
_SOFT = {"critic.clamp": ClampTarget(low=-float("inf"), high=0.0)}
_RELEASED_CLAMP = {"critic.clamp": ClampOutput(high=0.0)}
# The hand scripts ran SAC without entropy, unsquashed, without cloning.
_SAC_RELEASED = {
    **_RELEASED_CLAMP,
    "policy": TanhMeanGaussian(),
    "initialisation": RandomInit(),
}
_RELEASED_WEIGHTS = {
    "objective.weights.shape.lam": 0.5,
    "objective.weights.shape.clip": 0.5,
    "objective.weights.normalisation": BatchMean(),
}
# AWR's phases: one cycle of its critic and actor steps for as many environment steps
_AWR = {"collect_steps": 1200}

PROFILES: dict[str, dict[str, dict[str, Values]]] = {
    "paper": {
        "hand": {
            "AWAC": {
                **_BOUNDED,
                "objective.weights.shape.lam": 0.3,
                # not in the text: the scripts of the paper's time ran lambda 0.3 with clip 2
                "objective.weights.shape.clip": 2.0,
            },
            "SAC": _SOFT,
            "SAC+BC": _SOFT,
            "BCQ": _BOUNDED,
            "BEAR": _BOUNDED,
            "AWR": _AWR,
            "MPO": _BOUNDED,
            "ABM-MPO": {**_BOUNDED, "objective.weights.shape.clip": 2.0},
            "BRAC": _SOFT,
            "IQL": _BOUNDED,
            "TD3+BC": _BOUNDED,
            "Cal-QL": _SOFT,
            "RLPD": {**_SOFT, "updates_per_step": 20},
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
            "AWAC": {**_RELEASED_CLAMP, **_RELEASED_WEIGHTS},
            "SAC": {**_SAC_RELEASED, "objective.temperature": FixedTemperature(0.0)},
            "SAC+BC": {**_SAC_RELEASED, "objective.improvement.temperature": FixedTemperature(0.0)},
            "BCQ": _RELEASED_CLAMP,
            "BEAR": _RELEASED_CLAMP,
            "AWR": {
                **_AWR,
                "policy_hidden": (128, 64),
                "q_hidden": (128, 64),
                "optimizer": MomentumSGD(),
                "policy_learning_rate": 5e-5,
                "policy_weight_decay": 0.0,
                "q_learning_rate": 1e-2,
            },
            "MPO": _RELEASED_CLAMP,
            "ABM-MPO": {**_RELEASED_CLAMP, "objective.weights.shape.clip": 2.0},
            "BRAC": _RELEASED_CLAMP,
            "IQL": _RELEASED_CLAMP,
            "TD3+BC": _RELEASED_CLAMP,
            "Cal-QL": _RELEASED_CLAMP,
            "RLPD": {**_RELEASED_CLAMP, "updates_per_step": 20},
        },
    },
}
