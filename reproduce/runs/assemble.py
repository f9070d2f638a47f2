"""From a run's specification to a training that is ready to start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from algorithms.agent import Agent
from algorithms.buffer import ReplayBuffer
from algorithms.data.relabeling import Goals, Hindsight, HindsightRelabeling
from algorithms.training import Training
from envs.data.sources import Request
from envs.goals import goal_task
from envs.tasks import task
from envs.trajectory import DataError, Dataset
from reproduce.data.cloning import Cloning
from reproduce.data.expert import expert_demonstrations
from reproduce.data.prior import (
    PriorData,
    demonstrations_for,
    fill,
    make_env,
    prior_data,
)
from reproduce.runs.evaluator import Scale, evaluator
from reproduce.runs.q_bias import largest_return
from reproduce.runs.resolved import ResolvedRun
from reproduce.specs.place import Place


@dataclass(frozen=True)
class Assembled:
    """A training and its identity. Equal identities give equal results on one machine."""

    training: Training
    identity: dict[str, Any]


def prior_data_of(
    run: ResolvedRun, place: Place, notify: Callable[[str], None] = print
) -> PriorData:
    """Load the task's prior data. `run.spec.data` already names the kind of demonstrations."""
    spec, config = run.spec, run.settings.config
    request = Request(
        run.task,
        spec.data,
        spec.labels,
        expert_episodes=config.expert_demonstrations or None,
        data_dir=place.data_dir,
        cache=place.cache,
    )
    demonstrations = demonstrations_for(request, notify)
    return prior_data(
        demonstrations,
        run.task,
        rollouts=config.prior_rollouts,
        cloning=Cloning.of(config, spec.env),
        cache=place.cache,
        notify=notify,
    )


def assemble(run: ResolvedRun, place: Place) -> Assembled:
    """Load the prior data, fill the buffers, build agent and environments."""
    spec, settings, known = run.spec, run.settings, run.task
    config, schedule = settings.config, settings.schedule
    data = prior_data_of(run, place).leading(config.prior_fraction)
    sizes = (known.observation_dim, known.action_dim)
    prior_steps = data.demonstrations.steps + data.rollouts.steps
    capacity = min(config.replay_buffer_size, prior_steps + schedule.online_steps)
    scale = settings.method.reward_scaling.factor(data.returns)
    buffer = ReplayBuffer(
        capacity,
        *sizes,
        place.device,
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
        demonstrations = ReplayBuffer(data.demonstrations.steps, *sizes, place.device)
        fill(demonstrations, data.demonstrations)
    agent = Agent(settings.method, config, *sizes, seed=spec.seed, device=place.device)
    for_statistics = partial(_for_achieved_goals, spec.env)
    if buffer.size or not config.learning_starts:  # else the first online states are fitted
        agent.fit_observations(for_statistics(buffer.column("observations")))
    training = Training(
        agent,
        buffer,
        demonstrations,
        make_env(spec.env, spec.profile),
        evaluator(
            spec,
            schedule.eval_episodes,
            _reference(run, data, place),
            Scale(
                config.discount,
                scale,
                largest_return(known, data.episodes, discount=config.discount, scale=scale),
            ),
            sampled=schedule.sampled_episodes,
        ),
        schedule,
        seed=spec.seed,
        for_statistics=for_statistics,
    )
    identity = run.identity | {
        "data": {
            "checksum": data.checksum,
            "demonstrations": asdict(data.demonstrations.provenance)
            | {"trajectories": len(data.demonstrations.trajectories)},
            "rollouts": {"trajectories": len(data.rollouts.trajectories)},
        },
    }
    return Assembled(training, identity)


def _reference(run: ResolvedRun, data: PriorData, place: Place) -> Dataset | None:
    """Return the demonstrations whose mean return is 1 on locomotion's normalised scale.

    They are an expert's. A run without prior data, or on a user's own, is measured against those
    of the task's expert as well, so that all runs of a task share one scale. Where the task has no
    expert, a user's own are what there is. Returns None if there are neither: the first run that
    trains an expert has none.
    """
    if run.task.domain != "locomotion":
        return None
    if data.demonstrations.provenance.source == "expert":
        return data.demonstrations
    try:
        return expert_demonstrations(Request(run.task, data_dir=place.data_dir, cache=place.cache))
    except DataError:
        return data.demonstrations if data.demonstrations.trajectories else None


def _for_achieved_goals(task_id: str, observations: Tensor) -> Tensor:
    """Replace the goals in observations (N, O) by the positions that each state achieves.

    Relabelled goals may differ from the recorded ones. All goals are positions, so they get the
    statistics of positions.
    """
    if task(task_id).goal_dim == 0:
        return observations
    known = goal_task(task_id)
    positions = observations[:, : known.observation_dim]
    achieved = torch.from_numpy(known.achieved(positions.cpu().numpy()))
    return torch.cat([positions, achieved.to(positions.device)], -1)


def _relabeling(task_id: str, goals: Goals, scale: float) -> HindsightRelabeling | None:
    if not isinstance(goals, Hindsight):
        return None
    known = goal_task(task_id)
    return HindsightRelabeling(
        known.observation_dim,
        known.achieved,
        lambda reached, wanted: scale * known.reward(reached, wanted),
        known.sample_goals,
        goals,
    )
