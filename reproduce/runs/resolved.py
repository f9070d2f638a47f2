"""From a run's specification to its task, settings and identity."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

from algorithms.catalogue.resolving import layers, resolve
from algorithms.catalogue.settings import Settings, describe, spelled
from algorithms.catalogue.variants import VARIANTS
from algorithms.critics.ensembles import ClampOutput, ClampTarget
from algorithms.data.observations import FromPriorData
from algorithms.data.relabeling import Hindsight
from algorithms.data.reward_scaling import TaskUnits
from envs.seeds import EPISODES_AT_MOST
from envs.tasks import Task, task
from reproduce.data.tasks import task_for
from reproduce.runs import own_methods
from reproduce.specs.grid import RunSpec
from reproduce.specs.presets import PRESETS

_MOST_EVALUATIONS = 100_000


@dataclass(frozen=True)
class ResolvedRun:
    """A run's specification, with its task and its final settings.

    Attributes:
        spec: what was asked for.
        task: the row of its task; the door opens at the angle of the profile.
        settings: row, profile, preset and `--set`, put together.
    """

    spec: RunSpec
    task: Task
    settings: Settings

    @property
    def identity(self) -> dict[str, Any]:
        """Everything that decides the run's result, except the prior data."""
        spec, settings = self.spec, self.settings
        return {
            "spec": asdict(spec) | {"settings": sorted(spec.settings)},
            "method": describe(settings.method),
            "hyperparameters": describe(settings.config),
            "schedule": asdict(settings.schedule),
        } | own_methods.identity(spec.registered)


def resolved(spec: RunSpec) -> ResolvedRun:
    """Resolve a specification.

    Raises:
        ValueError: a setting is unknown or impossible, the critic's targets would be clamped within
            the range of possible values, or the method needs data that the run does not have.
    """
    run = ResolvedRun(spec, task_for(spec.env, spec.profile), _resolved(spec, spec.settings))
    try:
        _check_clamp(run)
        _check_returns(run)
    except ValueError as error:
        raise ValueError(f"{spec.registered} on {spec.env}: {error}") from None
    _check_data(run)
    _check_evaluations(run.settings)
    return run


def one_spelling(spec: RunSpec) -> RunSpec:
    """Return the same run with its settings in a single standard spelling.

    The run's folder, label and row in the table of results follow from this text. `lam=.5`,
    `lam=0.50` and the whole path therefore mean one run. A setting that the row has anyway is left
    out. A variant that learns from its own experience alone (`SAC[no-data]`, `AWAC[scratch]`) gets
    no prior data, whatever the others get (`Variant.data`). Raises ValueError for settings that
    cannot be resolved.
    """
    asked, variant = _resolved(spec, spec.settings), VARIANTS.get(spec.registered)
    if spec.data != "none" and variant is not None and variant.data == "none":
        return one_spelling(replace(spec, data="none", labels="stored"))
    return replace(spec, settings=spelled(_resolved(spec, ()), asked))


def layers_of(spec: RunSpec) -> dict[str, Settings]:
    """The run's settings after each layer: row, profile, variant, preset and `--set`."""
    return layers(spec.registered, **_laid(spec), settings=spec.settings)


def _resolved(spec: RunSpec, settings: tuple[str, ...]) -> Settings:
    return resolve(spec.registered, **_laid(spec), settings=settings)


def _laid(spec: RunSpec) -> dict[str, Any]:
    domain, preset = task(spec.env).domain, PRESETS[spec.preset]
    return {
        "profile": spec.profile,
        "domain": domain,
        "preset": preset.of(spec.method, domain, spec.env, spec.data),
        "at_most": preset.at_most,
    }


def _check_evaluations(settings: Settings) -> None:
    episodes = settings.schedule.eval_episodes
    if episodes > EPISODES_AT_MOST:
        raise ValueError(
            f"--set eval_episodes={episodes}: an evaluation has at most {EPISODES_AT_MOST} episodes"
        )
    count = sum(map(len, settings.schedule.ranges(settings.config.offline_steps)))
    if count > _MOST_EVALUATIONS:
        raise ValueError(
            f"the schedule has {count:,} evaluations, at most {_MOST_EVALUATIONS:,} are possible; "
            "raise --set eval_every and --set dense_eval_every"
        )


def _check_clamp(run: ResolvedRun) -> None:
    known, settings = run.task, run.settings
    clamp, discount = getattr(settings.method.critic, "clamp", None), settings.config.discount
    highest = _largest(known.reward_high, discount)
    if isinstance(clamp, ClampOutput) and clamp.high < highest:
        raise ValueError(
            f"clamp=ClampOutput holds Q at {clamp.high:g} from above, but it can be as high as "
            f"{highest:.6g}; --set clamp=NoClamp"
        )
    if not isinstance(clamp, ClampTarget):
        return
    if not isinstance(settings.method.reward_scaling, TaskUnits):
        raise ValueError(
            "clamp=ClampTarget bounds values in units of the task, which reward_scaling="
            f"{type(settings.method.reward_scaling).__name__} changes; --set clamp=NoClamp"
        )
    boundless = math.isinf(known.reward_low)
    if (boundless and math.isfinite(clamp.low)) or clamp.high < highest:
        raise ValueError(
            f"clamp=ClampTarget holds targets in [{clamp.low:g}, {clamp.high:g}], but the task's "
            f"rewards are in [{known.reward_low:g}, {known.reward_high:g}]; "
            "--set clamp=NoClamp"
        )
    if boundless:
        return
    lowest = -_largest(-known.reward_low, discount)
    if clamp.low > lowest * (1 - 1e-6):
        raise ValueError(
            f"--set discount={discount} makes values as low as {lowest:.6g} possible, but "
            f"targets are clamped at {clamp.low:g}; add --set clamp.low={lowest:.6g}"
        )


def _check_returns(run: ResolvedRun) -> None:
    """Stored returns go on beyond the time limit (``ReplayBuffer.end_trajectory``)."""
    settings = run.settings
    if "returns" in settings.method.columns and settings.config.discount == 1:
        raise ValueError(
            "--set discount=1: returns of episodes that a time limit cut are infinite, and "
            "the method keeps them; --set discount=0.99"
        )


def _largest(reward: float, discount: float) -> float:
    """The largest value that rewards of at most `reward` can come to, whenever they end."""
    if reward <= 0:
        return reward
    return math.inf if discount == 1 else reward / (1 - discount)


def _check_data(run: ResolvedRun) -> None:
    spec, method = run.spec, run.settings.method
    if isinstance(method.goals, Hindsight) and run.task.goal_dim == 0:
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
    if method.pretraining.offline:
        wants, way_out = ["is trained on prior data first"], ["pretraining=NoPretraining"]
    if isinstance(method.observations, FromPriorData) and not run.settings.config.learning_starts:
        wants.append("sees observations by the statistics of prior data")
        way_out.append("observations=Raw")
    if wants:
        flags = " ".join(f"--set {setting}" for setting in way_out)
        raise ValueError(f"{spec.method} {' and '.join(wants)}, but there is none; {flags}")
