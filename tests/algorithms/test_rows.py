"""The numbers of every row as each profile runs it, typed from the papers and their own code."""

from __future__ import annotations

import math
from typing import Any

import pytest

from algorithms.catalogue.methods import METHODS
from algorithms.catalogue.resolving import resolve
from algorithms.catalogue.settings import replace_path
from algorithms.critics.conservative import ReturnCalibrated
from algorithms.critics.ensembles import (
    ClampOutput,
    ClampTarget,
    Mean,
    Minimum,
    RandomSubset,
    SoftClipped,
)
from algorithms.critics.next_value import (
    BestCandidate,
    EntropyFreeAction,
    SampledAction,
    SmoothedAction,
)
from algorithms.critics.td import CurrentPolicy, TargetPolicy
from algorithms.data.observations import Raw
from algorithms.networks.layers import NormalisedLayers, PlainLayers
from algorithms.objectives.temperature import LearnedTemperature
from algorithms.policies.clipped_gaussian import ClippedTanhMeanGaussian
from algorithms.policies.log_std import AffineLogStd, TanhLogStd
from algorithms.policies.squashed import SquashedGaussian

BOUNDED, OUTPUT = ClampTarget(-100.0, 0.0), ClampOutput(0.0)
TD = {
    "critic.clamp": BOUNDED,
    "critic.members": 2,
    "critic.ensemble": Minimum(),
    "critic.next_value": SampledAction(),
    "critic.actor": CurrentPolicy(),
    "critic.layers": PlainLayers(),
    "critic.updates_per_improvement": 1,
}
ROWS: dict[str, dict[str, Any]] = {
    "AWAC": TD
    | {
        "objective.weights.shape.lam": 0.3,
        "objective.weights.shape.clip": math.inf,
        "objective.weights.shape.cap": 100.0,
    },
    "SAC": TD | {"objective.temperature.alpha": 0.0, "initialisation.cloning_steps": 25_000},
    "SAC+BC": TD
    | {
        "objective.improvement.temperature.alpha": 0.0,
        "objective.imitation_weight": 1.0,
        "objective.imitation.actions": "demonstrations",
        "initialisation.cloning_steps": 25_000,
    },
    "BC": {"objective.actions": "demonstrations"},
    "BCQ": TD
    | {
        "critic.ensemble": SoftClipped(0.75),
        "critic.next_value": BestCandidate(10),
        "critic.actor": TargetPolicy(),
        "behavior.vae_hidden": (750, 750),
        "behavior.latents_per_action": 2,
        "behavior.kl_weight": 0.5,
        "behavior.vae_learning_rate": 1e-3,
        "constraint.phi": 0.05,
        "acting.act_candidates": 100,
    },
    "BEAR": TD
    | {
        "critic.ensemble": SoftClipped(0.75),
        "critic.next_value": BestCandidate(10),
        "objective.combination": Minimum(),
        "objective.temperature.alpha": 0.0,
        "behavior.vae_hidden": (750, 750),
        "behavior.vae_learning_rate": 3e-4,
        "constraint.threshold": 0.05,
        "constraint.kernel.sigma": 50.0,
        "constraint.mmd_samples": 10,
        "constraint.warm_start_steps": 20_000,
        "constraint.multiplier_learning_rate": 1e-3,
        "acting.act_candidates": 10,
    },
    "AWR": {
        "critic.trace_decay": 0.95,
        "critic.critic_steps": 200,
        "critic.actor_steps": 1000,
        "collect_steps": 1200,
        "objective.weights.shape.lam": 1.0,
        "objective.weights.shape.cap": 20.0,
    },
    "MPO": TD | {"objective.weights.shape.lam": 0.3, "objective.actions.samples": 20},
    "ABM-MPO": TD
    | {
        "objective.weights.shape.lam": 0.3,
        "objective.weights.shape.cap": math.inf,
        "objective.actions.samples": 10,
        "objective.value.samples": 1,
    },
    "DAPG": {
        "critic.lam": 0.97,
        "critic.discount": 0.995,
        "critic.hidden": (128, 128),
        "critic.minibatch": 64,
        "critic.epochs": 2,
        "objective.step_size": 0.05,
        "objective.demonstration_weight": 1e-2,
        "objective.demonstration_decay": 0.95,
        "objective.cg_iterations": 10,
        "objective.damping": 1e-4,
        "objective.trajectories": 200,
        "policy.log_std_init": 0.0,
        "policy.log_std_min": -3.0,
    },
    "BRAC": TD
    | {
        "critic.clamp": ClampTarget(-math.inf, 0.0),
        "objective.temperature.alpha": 0.0,
        "policy": SquashedGaussian(-5.0, 0.0, TanhLogStd()),
        "behavior.policy": SquashedGaussian(-5.0, 0.0, TanhLogStd()),
        "behavior.entropy": LearnedTemperature(1.0, -1.0, 5e-4),
        "constraint.coefficient": 0.1,
        "constraint.kl_samples": 4,
        "constraint.warm_start_steps": 20_000,
    },
    "IQL": {
        "critic.clamp": BOUNDED,
        "critic.expectile": 0.7,
        "critic.members": 2,
        "objective.weights.shape.lam": 1 / 3,
        "objective.weights.shape.cap": 100.0,
        "policy": ClippedTanhMeanGaussian(0.0, -5.0, 2.0),
    },
    "TD3+BC": TD
    | {
        "critic.next_value": SmoothedAction(0.2, 0.5),
        "critic.actor": TargetPolicy(),
        "critic.updates_per_improvement": 2,
        "objective.improvement.q_scale.scale": 2.5,
        "objective.imitation.actions": "buffer",
        "policy.exploration_noise": 0.1,
    },
    "Cal-QL": TD
    | {
        "critic.next_value": BestCandidate(10),
        "critic.regulariser.calibration": ReturnCalibrated(),
        "critic.regulariser.samples": 10,
        "critic.regulariser.conservative_weight": 0.1,
        "critic.regulariser.softmax_temperature": 0.1,
        "objective.temperature.initial_alpha": 0.1,
        "policy": SquashedGaussian(-20.0, 2.0, AffineLogStd(1.0, -1.0)),
        "objective.temperature.entropy_per_dim": -1.0,
    },
    "RLPD": TD
    | {
        "critic.members": 10,
        "critic.ensemble": RandomSubset(2),
        "critic.next_value": EntropyFreeAction(),
        "critic.layers": NormalisedLayers(),
        "critic.updates_per_improvement": 20,
        "updates_per_step": 20,
        "objective.combination": Mean(),
        "objective.temperature.entropy_per_dim": -0.5,
    },
}


@pytest.mark.parametrize("name", METHODS)
def test_numbers_of_the_paper_profile(name: str) -> None:
    paths = resolve(name).paths()
    expected = ROWS[name]
    assert {path: paths.get(path) for path in expected} == expected


@pytest.mark.parametrize("name", METHODS)
def test_released_profile_clamps_outputs_and_uses_the_published_batches(name: str) -> None:
    """Beyond that it sees observations raw, and changes weights of AWAC and ABM, SAC's policy and
    AWR's optimiser alone."""
    settings = resolve(name, profile="released")
    paths = settings.paths()
    if "critic.clamp" in ROWS[name]:
        assert paths["critic.clamp"] == OUTPUT
    assert paths["offline_batch_size"] == 128 and paths["prior_fraction"] == 0.9
    assert paths["collect_steps"] == (1200 if name == "AWR" else 1000)
    if name in ("AWAC", "ABM-MPO", "SAC", "SAC+BC", "AWR"):
        return
    paper = resolve(name)
    if "critic.clamp" in ROWS[name]:
        paper = replace_path(paper, "critic.clamp", OUTPUT)
    assert settings.method == replace_path(paper, "observations", Raw()).method


def test_only_on_policy_and_online_methods_skip_the_offline_phase() -> None:
    assert {n for n, m in METHODS.items() if not m.pretraining.offline} == {"DAPG", "RLPD"}
