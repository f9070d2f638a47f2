"""Who acts in a film: the policy of a run, a task's expert, or chance."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from envs import seeds
from envs.evaluation import Act
from envs.tasks import HAND_TASKS, task
from envs.trajectory import DataError
from reproduce.commandline.options import Common, RunOptions, as_typed, flags_given
from reproduce.runs.folder import RunFolder, differences
from reproduce.specs.grid import RunSpec
from reproduce.specs.kinds import ProfileName


@dataclass(frozen=True)
class PerformerOptions(Common):
    """Options that say who acts. Without --run, those of run.py say which run it is of."""

    run: Path | None = None
    """Folder of a run, which says all else about it."""
    env: str | None = None
    """Task (default: the run's, else pen-binary-v0)."""
    method: str | None = None
    """Method (default: the run's, else AWAC)."""
    seed: int | None = None
    """Seed of the run (default: the run's, else 0)."""
    expert: bool = False
    """Film the task's expert: in locomotion the project's own, on the hand the data folder's."""
    random: bool = False
    """Film uniformly random actions."""
    episode_seed: int = seeds.EVALUATION
    """Reset seed of the first episode; the next ones follow."""
    stochastic: bool = False
    """Sample actions, as in training; otherwise they are those of evaluation."""


class Performer(NamedTuple):
    """Who acts on which task; `path` is where the film goes unless the user says otherwise."""

    env: str
    profile: ProfileName
    act: Act
    title: str
    path: Path


def performer_of(options: PerformerOptions) -> Performer:
    """Whomever the options name.

    Raises:
        ValueError: for a run that does not exist, is not ready, or is not the one described; for
            options that contradict each other.
        DataError: if the task has no expert, or its file is missing or damaged.
    """
    from algorithms.training import use_one_core
    from reproduce.runs.option_checks import validated

    _check(options)
    use_one_core()
    validated(options, envs=(), methods=())
    if not (options.expert or options.random):
        return _trained(options)
    env = options.env or "pen-binary-v0"
    act = _random(env, options) if options.random else _expert(env, options)
    kind = "random" if options.random else "expert"
    path = options.results / "films" / f"{env}-{kind}"
    return Performer(env, options.profile, act, f"{env} {kind}", path)


def _check(options: PerformerOptions) -> None:
    filmed = [flag for flag in ("run", "expert", "random") if getattr(options, flag)]
    if len(filmed) > 1:
        raise ValueError(f"--{filmed[0]} and --{filmed[1]} exclude each other")
    for name in ("method", "seed"):
        if (options.expert or options.random) and getattr(options, name) is not None:
            raise ValueError(f"--{name} selects a run, but --{filmed[0]} films no run")
    for flag in flags_given(options, ("engine", "track", "download")):
        raise ValueError(f"{flag}: a film trains nothing and fetches nothing; leave it away")


def _random(env: str, options: PerformerOptions) -> Act:
    rng, width = np.random.default_rng(options.episode_seed), task(env).action_dim
    return lambda _: rng.uniform(-1.0, 1.0, width).astype(np.float32)


def _expert(env: str, options: PerformerOptions) -> Act:
    import torch

    from envs.data.experts import ExpertPolicy
    from envs.data.sources import default_data_dir, policy_file
    from reproduce.data.actors import load_actor

    known = task(env)
    if known.domain == "locomotion":
        actor = load_actor(env, options.data_dir)
        generator = torch.Generator().manual_seed(options.episode_seed)
        return lambda o: actor.act(o, generator=generator if options.stochastic else None)
    if known.domain != "hand":
        raise ValueError(
            f"--expert: {env} has none; use one of {', '.join(HAND_TASKS)}, or a locomotion task"
        )
    folder = options.data_dir or default_data_dir()
    policy = ExpertPolicy.load(folder / policy_file(env))
    if (policy.observation_dim, policy.action_dim) != (known.observation_dim, known.action_dim):
        raise DataError(f"{folder / policy.origin} is the policy of another task than {env}")
    rng = np.random.default_rng(options.episode_seed)
    return lambda o: policy.sample(o, rng) if options.stochastic else policy.mean(o)


def _trained(options: PerformerOptions) -> Performer:
    from algorithms.agent import Agent
    from algorithms.catalogue.settings import describe
    from reproduce.runs import own_methods
    from reproduce.runs.resolved import resolved

    own_methods.load(options.methods_from)
    if options.run is None:
        folder, spec = _described(options)
    else:
        folder = RunFolder(options.run)
        spec = _recorded(folder)
        own_methods.load_recorded(folder.config())
        _check_agreement(options, spec, folder)
    run = resolved(spec)
    settings, known = run.settings, run.task
    config = folder.config()
    changes = differences(config["identity"]["method"], describe(settings.method), "method")
    if changes:
        made = config["environment"]["commit"]
        raise ValueError(
            f"{folder.path} was made by other code: {spec.registered} has changed since "
            f"({'; '.join(changes)}); check out commit {made} to film it"
        )
    state = _checkpoint(folder)
    agent = Agent(
        settings.method,
        settings.config,
        known.observation_dim,
        known.action_dim,
        seed=spec.seed,
        device=options.device,
    )
    try:  # the networks alone: random numbers are the film's own, so that it can be made again
        agent.networks.load_state_dict(state["agent"]["networks"])
    except (RuntimeError, KeyError, TypeError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"{folder.path / 'checkpoint.pt'} cannot be read ({reason})") from error
    agent.generator.manual_seed(options.episode_seed)
    return Performer(
        spec.env,
        spec.profile,
        lambda obs: agent.act(obs, deterministic=not options.stochastic),
        f"{spec}, step {state['step']:,}",
        folder.path / "film",
    )


def _described(options: PerformerOptions) -> tuple[RunFolder, RunSpec]:
    """The run that run.py makes with the same options."""
    from reproduce.runs.option_checks import resolve_data, validated
    from reproduce.runs.resolved import one_spelling

    env, registered = options.env or "pen-binary-v0", options.method or "AWAC"
    validated(options, envs=(env,), methods=(registered,))
    # data that run.py has downloaded is found in the cache
    data = resolve_data(options, (env,), unasked=False)
    spec = RunSpec.of(
        options.preset,
        options.profile,
        env,
        registered,
        options.seed or 0,
        data[env],
        options.settings,
    )
    spec = one_spelling(spec)
    folder = RunFolder(spec.folder(options.results))
    if not (folder.path / "config.json").is_file():
        raise ValueError(
            f"there is no run in {folder.path}; `{_command(spec, options)}` makes it, --run names "
            "another folder"
        )
    return folder, spec


def _command(spec: RunSpec, options: PerformerOptions) -> str:
    """What to type for the run."""
    shared = {field.name: getattr(options, field.name) for field in fields(Common)}
    asked = RunOptions(**shared, env=spec.env, method=spec.registered, seed=spec.seed)
    return shlex.join(["python", "reproduce/run.py", *as_typed(asked)])


def _recorded(folder: RunFolder) -> RunSpec:
    """What the folder itself says about the run in it."""
    if not folder.path.is_dir():
        raise ValueError(
            f"--run {folder.path}: there is no such folder; folders of runs are not shipped, and "
            "reproduce/run.py or a figure's script makes them"
        )
    file = folder.path / "config.json"
    if not file.is_file():
        raise ValueError(f"--run {folder.path}: no run has begun there (no config.json)")
    try:
        recorded = folder.config()["identity"]["spec"]
        return RunSpec(**recorded | {"settings": tuple(recorded["settings"])})
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file} is damaged ({error!r})") from error


def _check_agreement(options: PerformerOptions, spec: RunSpec, folder: RunFolder) -> None:
    from reproduce.runs.resolved import one_spelling

    plain = PerformerOptions()
    given: dict[str, tuple[Any, Any]] = {
        name: (getattr(options, name), getattr(spec, name))
        for name in ("env", "seed", "preset", "profile", "data", "labels")
        if getattr(options, name) != getattr(plain, name)
    }
    if options.method is not None:
        given["method"] = (options.method, spec.registered)
    if options.settings:
        asked, made = one_spelling(replace(spec, settings=options.settings)), one_spelling(spec)
        given["set"] = (" ".join(asked.settings) or "none", " ".join(made.settings) or "none")
    for flag, (wanted, found) in given.items():
        if wanted != found:
            raise ValueError(f"--{flag} {wanted}: the run in {folder.path} has {found}")


def _checkpoint(folder: RunFolder) -> dict[str, Any]:
    if not any(folder.path.glob("checkpoint*.pt")):
        raise ValueError(f"{folder.path} has no checkpoint yet; its run is {folder.state()}")
    state = folder.load_checkpoint()
    if state is None:
        raise ValueError(
            f"{folder.path / 'checkpoint.pt'} cannot be read: it is damaged, or no checkpoint"
        )
    return state
