"""From a run's specification to a training that is ready to start."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from algorithms.agent import Agent
from algorithms.buffer import ReplayBuffer
from algorithms.catalogue.resolving import layers, resolve
from algorithms.catalogue.settings import Settings, describe, spelled
from algorithms.critics.ensembles import ClampTarget
from algorithms.data.observations import FromPriorData
from algorithms.data.relabeling import Goals, Hindsight, HindsightRelabeling
from algorithms.data.reward_scaling import TaskUnits
from algorithms.policies.initialisation import NoPretraining
from algorithms.training import Training
from envs.goals import goal_task
from envs.tasks import task
from envs.trajectory import DataError, Dataset
from reproduce.data.cloning import Cloning
from reproduce.data.expert import expert_demonstrations
from reproduce.data.prior import (
    DOOR_THRESHOLDS,
    PriorData,
    demonstrations_for,
    fill,
    make_env,
    prior_data,
)
from reproduce.runs import own_methods
from reproduce.runs.evaluator import Scale, evaluator
from reproduce.runs.q_bias import largest_return
from reproduce.specs.grid import PRESETS, RunSpec

_MOST_EVALUATIONS = 100_000


@dataclass(frozen=True)
class Assembled:
    """A training and what identifies it: equal identities give equal results on one machine."""

    training: Training
    identity: dict[str, Any]


def settings_of(spec: RunSpec) -> Settings:
    """Row, profile, preset and `--set`, put together.

    Raises ValueError if the critic's targets would be clamped within the range of possible values,
    or if the method needs data that the run does not have.
    """
    settings = _resolved(spec, spec.settings)
    _check_clamp(spec, settings)
    _check_data(spec, settings)
    _check_evaluations(settings)
    return settings


def one_spelling(spec: RunSpec) -> RunSpec:
    """The same run, its settings in the one text that their configuration has.

    Folder, label and row in the table of results follow from that text: `lam=.5`, `lam=0.50` and
    the whole path are one run, and what the row has anyway adds nothing. Raises ValueError for
    settings that cannot be resolved.
    """
    settings = spelled(_resolved(spec, ()), _resolved(spec, spec.settings))
    return replace(spec, settings=settings)


def layers_of(spec: RunSpec) -> dict[str, Settings]:
    """What each of row, profile, variant, preset and `--set` makes of the run's settings."""
    return layers(spec.registered, **_laid(spec), settings=spec.settings)


def _resolved(spec: RunSpec, settings: tuple[str, ...]) -> Settings:
    return resolve(spec.registered, **_laid(spec), settings=settings)


def _laid(spec: RunSpec) -> dict[str, Any]:
    domain, preset = task(spec.env).domain, PRESETS[spec.preset]
    return {
        "profile": spec.profile,
        "domain": domain,
        "preset": preset.of(spec.method, domain, spec.env),
        "at_most": preset.at_most,
    }


def _check_evaluations(settings: Settings) -> None:
    offline, schedule = settings.config.offline_steps, settings.schedule
    dense = offline + min(schedule.dense_until, schedule.online_steps)
    sparse = max(0, schedule.online_steps - schedule.dense_until)
    count = dense // schedule.dense_eval_every + sparse // schedule.eval_every
    if count > _MOST_EVALUATIONS:
        raise ValueError(
            f"the schedule has {count:,} evaluations, at most {_MOST_EVALUATIONS:,} are possible; "
            "raise eval_every and dense_eval_every"
        )


def _check_clamp(spec: RunSpec, settings: Settings) -> None:
    clamp, discount = getattr(settings.method.critic, "clamp", None), settings.config.discount
    if not isinstance(clamp, ClampTarget):
        return
    if not isinstance(settings.method.reward_scaling, TaskUnits):
        raise ValueError(
            "clamp=ClampTarget bounds values in units of the task, which reward_scaling="
            f"{type(settings.method.reward_scaling).__name__} changes; --set clamp=NoClamp"
        )
    known = task(spec.env)
    boundless = math.isinf(known.reward_low)
    if (boundless and math.isfinite(clamp.low)) or clamp.high < known.reward_high:
        raise ValueError(
            f"clamp=ClampTarget holds targets in [{clamp.low:g}, {clamp.high:g}], but the rewards "
            f"of {spec.env} are in [{known.reward_low:g}, {known.reward_high:g}]; "
            "--set clamp=NoClamp"
        )
    if boundless or discount == 1:
        return
    lowest = known.reward_low / (1 - discount)
    if clamp.low > lowest + 1e-6 * abs(lowest):
        raise ValueError(
            f"--set discount={discount} makes values as low as {lowest:.6g} possible, but "
            f"targets are clamped at {clamp.low:g}; add --set clamp.low={lowest:.6g}"
        )


def _check_data(spec: RunSpec, settings: Settings) -> None:
    method = settings.method
    if isinstance(method.goals, Hindsight) and task(spec.env).goal_dim == 0:
        raise ValueError(f"goals=Hindsight needs a task with goals; {spec.env} has none")
    if spec.data not in ("random", "none"):
        return
    have = f"{spec.env} with data {spec.data} has no demonstrations"
    if method.objective.needs_demonstrations:
        raise ValueError(f"{spec.method} learns from demonstrations, but {have}")
    if method.initialisation.cloning_steps > 0:
        raise ValueError(
            f"{spec.method} clones demonstrations first, but {have}; "
            "--set initialisation=RandomInit"
        )
    if spec.data != "none":
        return
    wants, way_out = [], []
    if not isinstance(method.pretraining, NoPretraining):
        wants, way_out = ["is trained on prior data first"], ["pretraining=NoPretraining"]
    if isinstance(method.observations, FromPriorData):
        wants.append("sees observations by the statistics of prior data")
        way_out.append("observations=Raw")
    if wants:
        flags = " ".join(f"--set {setting}" for setting in way_out)
        raise ValueError(f"{spec.method} {' and '.join(wants)}, but there is none; {flags}")


def identity_of(spec: RunSpec) -> dict[str, Any]:
    """What decides a run's result, but for the prior data."""
    settings = settings_of(spec)
    return {
        "spec": asdict(spec) | {"settings": sorted(spec.settings)},
        "method": describe(settings.method),
        "hyperparameters": describe(settings.config),
        "schedule": asdict(settings.schedule),
    } | own_methods.identity(spec.registered)


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
        cache=cache,
        download=False,
        expert_episodes=config.expert_demonstrations,
        notify=notify,
    )
    return prior_data(
        demonstrations,
        rollouts=config.prior_rollouts,
        cloning=Cloning.of(config, spec.env),
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
    scale = settings.method.reward_scaling.factor(data.returns)
    buffer = ReplayBuffer(
        capacity,
        *sizes,
        device,
        columns=settings.method.columns,
        discount=config.discount,
        relabeling=_relabeling(spec.env, settings.method.goals, scale),
        reward_scale=scale,
    )
    fill(buffer, data.demonstrations)
    fill(buffer, data.rollouts)
    buffer.freeze_prior()
    demonstrations = None
    if data.demonstrations.steps:
        demonstrations = ReplayBuffer(data.demonstrations.steps, *sizes, device)
        fill(demonstrations, data.demonstrations)
    agent = Agent(settings.method, config, *sizes, seed=spec.seed, device=device)
    agent.fit_observations(_for_achieved_goals(spec.env, buffer.column("observations")))
    training = Training(
        agent,
        buffer,
        demonstrations,
        make_env(spec.env, spec.profile),
        evaluator(
            spec,
            schedule.eval_episodes,
            _reference(spec, data, data_dir, cache),
            Scale(
                config.discount,
                scale,
                largest_return(known, data.episodes, discount=config.discount, scale=scale),
            ),
            sampled=schedule.sampled_episodes,
        ),
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


def _reference(
    spec: RunSpec, data: PriorData, data_dir: Path | None, cache: Path
) -> Dataset | None:
    """The demonstrations whose mean return is 1 on locomotion's normalised scale.

    A run without prior data is measured against those that it could have had, if there are any:
    an expert in training is the first.
    """
    if task(spec.env).domain != "locomotion":
        return None
    if data.demonstrations.trajectories:
        return data.demonstrations
    try:
        return expert_demonstrations(spec.env, data_dir=data_dir, cache=cache)
    except DataError:
        return None


def _for_achieved_goals(env_id: str, observations: Tensor) -> Tensor:
    """Observations (N, O), the goals among them replaced by what each state achieves.

    The goals that the data was recorded for say nothing of those that it is relabelled for; both
    are positions, and get the statistics of positions.
    """
    if task(env_id).goal_dim == 0:
        return observations
    known = goal_task(env_id)
    positions = observations[:, : known.observation_dim]
    achieved = torch.from_numpy(known.achieved(positions.cpu().numpy()))
    return torch.cat([positions, achieved.to(positions.device)], -1)


def _relabeling(env_id: str, goals: Goals, scale: float) -> HindsightRelabeling | None:
    if not isinstance(goals, Hindsight):
        return None
    known = goal_task(env_id)
    return HindsightRelabeling(
        known.observation_dim,
        known.achieved,
        lambda reached, wanted: scale * known.reward(reached, wanted),
        known.sample_goals,
        goals,
    )
