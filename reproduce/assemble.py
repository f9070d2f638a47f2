"""From a run's specification to a training that is ready to start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from algorithms.agent import Agent
from algorithms.buffer import ReplayBuffer
from algorithms.critics import ClampTarget
from algorithms.registry import resolve
from algorithms.settings import Settings, describe
from algorithms.training import Evaluate, Row, Training
from envs.evaluation import EVALUATION_SEED_BASE, evaluate
from envs.tasks import task
from reproduce.grid import PRESETS, RunSpec
from reproduce.prior_data import (
    DOOR_THRESHOLDS,
    PriorData,
    demonstrations_for,
    fill,
    make_env,
    prior_data,
)


@dataclass(frozen=True)
class Assembled:
    """A training and what identifies it: equal identities give equal results on one machine."""

    training: Training
    identity: dict[str, Any]


def settings_of(spec: RunSpec) -> Settings:
    """Row, profile, preset and `--set`, put together.

    Raises ValueError if the critic's targets would be clamped above the lowest possible value.
    """
    known = task(spec.env)
    preset = PRESETS[spec.preset]
    settings = resolve(
        spec.registered,
        profile=spec.profile,
        domain=known.domain,
        preset=preset.of(spec.method),
        at_most=preset.at_most,
        settings=spec.settings,
    )
    clamp, discount = getattr(settings.method.critic, "clamp", None), settings.config.discount
    if isinstance(clamp, ClampTarget) and discount < 1:
        lowest = known.reward_low / (1 - discount)
        if clamp.low > lowest + 1e-6 * abs(lowest):
            raise ValueError(
                f"--set discount={discount} makes values as low as {lowest:.6g} possible, but "
                f"targets are clamped at {clamp.low:g}; add --set clamp.low={lowest:.6g}"
            )
    return settings


def identity_of(spec: RunSpec) -> dict[str, Any]:
    """What decides a run's result, but for the prior data."""
    settings = settings_of(spec)
    return {
        "spec": asdict(spec) | {"settings": sorted(spec.settings)},
        "method": describe(settings.method),
        "hyperparameters": describe(settings.config),
        "schedule": asdict(settings.schedule),
    }


def prior_data_of(
    spec: RunSpec, *, data_dir: Path | None, cache: Path, notify: Callable[[str], None] = print
) -> PriorData:
    """The task's prior data; the demonstrations' kind is already decided in `spec.data`."""
    config = settings_of(spec).config
    demonstrations = demonstrations_for(
        spec.env,
        data=spec.data,
        labels=spec.labels,
        profile=spec.profile,
        data_dir=data_dir,
        download=False,
        notify=notify,
    )
    return prior_data(
        demonstrations,
        rollouts=config.prior_rollouts,
        cloning_steps=config.prior_cloning_steps,
        cache=cache,
        door_threshold=DOOR_THRESHOLDS[spec.profile],
        notify=notify,
    )


def assemble(spec: RunSpec, *, data_dir: Path | None, cache: Path, device: str) -> Assembled:
    """Load the prior data, fill the buffers, build agent and environments."""
    settings, known = settings_of(spec), task(spec.env)
    config, schedule = settings.config, settings.schedule
    data = prior_data_of(spec, data_dir=data_dir, cache=cache).leading(config.prior_fraction)
    sizes = (known.observation_dim, known.action_dim)
    prior_steps = data.demonstrations.steps + data.rollouts.steps
    capacity = min(config.replay_buffer_size, prior_steps + schedule.online_steps)
    buffer = ReplayBuffer(
        capacity, *sizes, device, columns=settings.method.columns, discount=config.discount
    )
    fill(buffer, data.demonstrations)
    fill(buffer, data.rollouts)
    buffer.freeze_prior()
    demonstrations = ReplayBuffer(data.demonstrations.steps, *sizes, device)
    fill(demonstrations, data.demonstrations)
    agent = Agent(settings.method, config, *sizes, seed=spec.seed, device=device)
    training = Training(
        agent,
        buffer,
        demonstrations,
        make_env(spec.env, DOOR_THRESHOLDS[spec.profile]),
        evaluator(spec, schedule.eval_episodes),
        schedule,
        seed=spec.seed,
    )
    identity = identity_of(spec) | {
        "data": {
            "checksum": data.checksum,
            "demonstrations": asdict(data.demonstrations.provenance)
            | {"trajectories": len(data.demonstrations.trajectories)},
            "rollouts": {"trajectories": len(data.rollouts.trajectories)},
        },
    }
    return Assembled(training, identity)


def evaluator(spec: RunSpec, episodes: int) -> Evaluate:
    """Whole episodes from the same fixed starts, in an environment of its own."""
    env = make_env(spec.env, DOOR_THRESHOLDS[spec.profile])
    sustained = task(spec.env).success_steps_sustained

    def columns(act: Callable[[np.ndarray], np.ndarray]) -> Row:
        stats = evaluate(
            env, act, episodes=episodes, seed=EVALUATION_SEED_BASE, sustained_steps=sustained
        )
        return {
            "episodes": episodes,
            "return_mean": float(stats.returns.mean()),
            "return_std": float(stats.returns.std()),
            "success_any": float(stats.success_any.mean()),
            "success_final": float(stats.success_final.mean()),
            "success_sustained": float(stats.success_sustained.mean()),
        }

    return columns
