"""Film what a policy does: a trained run, an expert, or random actions.

    python reproduce/render.py --run results/small/runs/pen-binary-v0/paper-human/AWAC/seed0
    python reproduce/render.py --env pen-binary-v0 --method AWAC --preset small --film awac.mp4
    python reproduce/render.py --env Ant-v2 --expert --still --at 60 --film ant.png

Episodes begin where those of evaluation do. They are played first and drawn afterwards, from their
states, so that filming changes nothing. Prints return and success of each, and the file written.
Ends with status 0, or 2 for bad input.
"""

from __future__ import annotations

import math
import os
import sys
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import tyro

from envs.evaluation import EVALUATION_SEED_BASE, Act, evaluate
from envs.files import atomic_file
from envs.tasks import HAND_TASKS, task
from envs.trajectory import DataError
from reproduce.film import VIEWS, draw, ffmpeg, write
from reproduce.grid import RunSpec, split_name
from reproduce.options import Common
from reproduce.run_folder import RunFolder, differences

FASTEST = {".gif": 25.0, ".mp4": 60.0}
"""Pictures a second at most; of a faster task only every second state is drawn, or every third."""
_LIMITS = {
    "episodes": (1, 1_000),
    "episode_seed": (0, 2**31),
    "frames": (1, 10_000),
    "fps": (0.1, 10_000),
    "width": (16, 4_096),
    "height": (16, 4_096),
}
_YES = {True: "yes", False: "no"}
_NO_RENDERER = (
    "MuJoCo cannot draw with MUJOCO_GL={chosen} ({reason}). Without a display, MUJOCO_GL=egl needs "
    "libEGL (Debian: apt install libegl1 libgl1), MUJOCO_GL=osmesa needs libosmesa6; with one, "
    "leave MUJOCO_GL unset"
)


@dataclass(frozen=True)
class RenderOptions(Common):
    """Options of a film. Without --run, those of run.py say which run it is of."""

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
    film: Path | None = None
    """File to write, .gif or .mp4; .png with --still (default: film.gif or film.png in the run's
    folder; of an expert, <out>/films/<task>-expert.gif)."""
    still: bool = False
    """One picture, of the middle of the episode."""
    at: int | None = None
    """With --still: the picture after that many steps."""
    episodes: int = 1
    """How many, one after the other."""
    episode_seed: int = EVALUATION_SEED_BASE
    """Reset seed of the first episode; the next ones follow."""
    frames: int = 250
    """Pictures of an episode at most; the rest of it is played, but not filmed."""
    fps: float | None = None
    """Steps of the task shown in a second (default: as many as happen in one)."""
    width: int = 320
    """Pixels."""
    height: int = 240
    """Pixels."""
    stochastic: bool = False
    """Sample actions, as in training; otherwise they are those of evaluation."""


class Performer(NamedTuple):
    """Who acts on which task; `path` is where the film goes unless the user says otherwise."""

    env: str
    profile: str
    act: Act
    title: str
    path: Path


def main(arguments: list[str] | None = None) -> int:
    options = tyro.cli(RenderOptions, args=arguments, description=__doc__)
    from reproduce.run import BAD_INPUT

    try:
        _check(options)
        choose_renderer()
        performer = performer_of(options)
        _require_renderer()
        shoot(performer, options)
    except (ValueError, DataError) as error:
        print(f"error: {error}", file=sys.stderr)
        return BAD_INPUT
    return 0


def _check(options: RenderOptions) -> None:
    for name, (low, high) in _LIMITS.items():
        value = getattr(options, name)
        if value is not None and not low <= value <= high:
            flag = name.replace("_", "-")
            raise ValueError(f"--{flag} must be between {low} and {high}, got {value}")
    if options.at is not None and not (options.still and options.at >= 0):
        raise ValueError("--at goes with --still, and counts steps from 0")
    if options.still and options.episodes != 1:
        raise ValueError("--still shows one episode; --episode-seed says which")
    suffixes = (".png",) if options.still else tuple(FASTEST)
    if options.film is not None and options.film.suffix not in suffixes:
        raise ValueError(f"--film {options.film}: the name must end in {' or '.join(suffixes)}")
    if options.film is not None and options.film.suffix == ".mp4":
        ffmpeg()
    filmed = [flag for flag in ("run", "expert", "random") if getattr(options, flag)]
    if len(filmed) > 1:
        raise ValueError(f"--{filmed[0]} and --{filmed[1]} exclude each other")
    for name in ("method", "seed"):
        if (options.expert or options.random) and getattr(options, name) is not None:
            raise ValueError(f"--{name} is a run's, and --{filmed[0]} films none")


def choose_renderer() -> None:
    """Decide how MuJoCo draws, if nobody has: it looks at that only when it is imported."""
    if sys.platform == "linux" and not os.environ.get("DISPLAY"):
        os.environ.setdefault("MUJOCO_GL", "egl")


def _require_renderer() -> None:
    try:
        import mujoco  # type: ignore[import-untyped]

        with warnings.catch_warnings(action="ignore"):  # GLFW warns, and fails a moment later
            mujoco.Renderer(mujoco.MjModel.from_xml_string("<mujoco/>"), 16, 16).close()
    except Exception as error:  # every system fails in a way of its own
        chosen = os.environ.get("MUJOCO_GL") or "(unset)"
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise ValueError(_NO_RENDERER.format(chosen=chosen, reason=reason)) from error


def performer_of(options: RenderOptions) -> Performer:
    """Whomever the options name.

    Raises:
        ValueError: for a run that does not exist, is not ready, or is not the one described.
        DataError: if the task has no expert, or its file is missing or damaged.
    """
    from algorithms.training import use_one_core
    from reproduce.experiment import validated

    use_one_core()
    validated(options, envs=(), methods=())
    if not (options.expert or options.random):
        return _trained(options)
    env = options.env or "pen-binary-v0"
    act = _random(env, options) if options.random else _expert(env, options)
    kind = "random" if options.random else "expert"
    path = options.results / "films" / f"{env}-{kind}"
    return Performer(env, options.profile, act, f"{env} {kind}", path)


def _random(env: str, options: RenderOptions) -> Act:
    rng, width = np.random.default_rng(options.episode_seed), task(env).action_dim
    return lambda _: rng.uniform(-1.0, 1.0, width).astype(np.float32)


def _expert(env: str, options: RenderOptions) -> Act:
    import torch

    from envs.experts import ExpertPolicy
    from envs.sources import default_data_dir
    from reproduce.actors import load_actor

    known = task(env)
    if known.domain == "locomotion":
        actor = load_actor(env, options.data_dir)
        generator = torch.Generator().manual_seed(options.episode_seed)
        return lambda o: actor.act(o, generator=generator if options.stochastic else None)
    if known.domain != "hand":
        raise ValueError(f"--expert: {env} has none; {', '.join(HAND_TASKS)} and locomotion have")
    folder = options.data_dir or default_data_dir()
    policy = ExpertPolicy.load(folder / f"{env.split('-')[0]}_expert.npz")
    if (policy.observation_dim, policy.action_dim) != (known.observation_dim, known.action_dim):
        raise DataError(f"{folder / policy.origin} is the policy of another task than {env}")
    rng = np.random.default_rng(options.episode_seed)
    return lambda o: policy.sample(o, rng) if options.stochastic else policy.mean(o)


def _trained(options: RenderOptions) -> Performer:
    from algorithms.agent import Agent
    from algorithms.settings import describe
    from reproduce.assemble import settings_of

    if options.run is None:
        folder, spec = _described(options)
    else:
        folder = RunFolder(options.run)
        spec = _recorded(folder)
        _check_agreement(options, spec, folder)
    settings, known = settings_of(spec), task(spec.env)
    config = folder.config()
    changes = differences(config["identity"]["method"], describe(settings.method))
    if changes:
        made = config["environment"]["commit"]
        raise ValueError(
            f"{folder.path} was made by other code (commit {made}), which can film it; "
            f"since then {spec.registered} has changed: {'; '.join(changes)}"
        )
    state = _checkpoint(folder, options.device)
    agent = Agent(
        settings.method, settings.config, known.observation_dim, known.action_dim,
        seed=spec.seed, device=options.device,
    )  # fmt: skip
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


def _described(options: RenderOptions) -> tuple[RunFolder, RunSpec]:
    """The run that run.py makes with the same options."""
    from reproduce.experiment import resolve_data, validated

    env, registered = options.env or "pen-binary-v0", options.method or "AWAC"
    validated(options, envs=(env,), methods=(registered,))
    # quick, which downloads nothing: what run.py has downloaded is found, what it has not is no use
    data = resolve_data(replace(options, preset="quick"), (env,))
    method, named = split_name(registered)
    spec = RunSpec(
        options.preset, options.profile, env, method, options.seed or 0, *data[env],
        options.settings, named,
    )  # fmt: skip
    folder = RunFolder(spec.folder(options.results))
    if not (folder.path / "config.json").is_file():
        raise ValueError(
            f"there is no run in {folder.path}; `python reproduce/run.py` with the same options "
            "makes it, --run names another folder"
        )
    return folder, spec


def _recorded(folder: RunFolder) -> RunSpec:
    """What the folder itself says about the run in it."""
    if not folder.path.is_dir():
        raise ValueError(f"--run {folder.path}: there is no such folder")
    file = folder.path / "config.json"
    if not file.is_file():
        raise ValueError(f"--run {folder.path}: no run has begun there (no config.json)")
    try:
        recorded = folder.config()["identity"]["spec"]
        return RunSpec(**recorded | {"settings": tuple(recorded["settings"])})
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file} is damaged ({error!r})") from error


def _check_agreement(options: RenderOptions, spec: RunSpec, folder: RunFolder) -> None:
    plain = RenderOptions()
    given: dict[str, tuple[Any, Any]] = {
        name: (getattr(options, name), getattr(spec, name))
        for name in ("env", "seed", "preset", "profile", "data", "labels")
        if getattr(options, name) != getattr(plain, name)
    }
    if options.method is not None:
        given["method"] = (options.method, spec.registered)
    if options.settings:
        given["set"] = (
            " ".join(sorted(options.settings)),
            " ".join(sorted(spec.settings)) or "none",
        )
    for flag, (asked, found) in given.items():
        if asked != found:
            raise ValueError(f"--{flag} {asked}: the run in {folder.path} has {found}")


def _checkpoint(folder: RunFolder, device: str) -> dict[str, Any]:
    if not any(folder.path.glob("checkpoint*.pt")):
        raise ValueError(f"{folder.path} has no checkpoint yet; its run is {folder.state()}")
    state = folder.load_checkpoint(device)
    if state is None:
        raise ValueError(
            f"{folder.path / 'checkpoint.pt'} cannot be read: it is damaged, or no checkpoint"
        )
    return state


class _States(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Keeps a snapshot of every state of every episode: `episodes`, each from its reset on."""

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        super().__init__(env)
        self.episodes: list[list[Any]] = []

    def reset(self, **kwargs: Any) -> Any:
        result = self.env.reset(**kwargs)
        self.episodes.append([self.get_wrapper_attr("snapshot")()])
        return result

    def step(self, action: Any) -> Any:
        result = self.env.step(action)
        self.episodes[-1].append(self.get_wrapper_attr("snapshot")())
        return result


def shoot(performer: Performer, options: RenderOptions) -> None:
    """Play, draw, write, and say so.

    Raises:
        ValueError: if the episode ends before `--at`, or the file cannot be written.
    """
    from reproduce.prior_data import make_env

    path = options.film or performer.path.with_suffix(".png" if options.still else ".gif")
    env = _States(make_env(performer.env, performer.profile))
    _play(env, performer, options)
    fps = options.fps or env.metadata["render_fps"]
    if options.still:
        length = len(env.episodes[0]) - 1
        at = length // 2 if options.at is None else options.at
        if at > length:
            raise ValueError(f"--at {at}: the episode ends after {length} steps")
        drawn = [env.episodes[0][at]]
    else:
        stride = math.ceil(fps / FASTEST[path.suffix])
        fps /= stride
        drawn = [s for states in env.episodes for s in states[::stride][: options.frames]]
    pictures = draw(env, drawn, VIEWS[performer.env], options.width, options.height)
    try:
        with atomic_file(path) as file:
            write(file, path.suffix, pictures, fps)
    except OSError as error:
        raise ValueError(f"{path} cannot be written: {error}") from error
    shown = f"{len(pictures)} pictures, {fps:.3g} a second, " if not options.still else ""
    print(f"{path}: {shown}{path.stat().st_size / 1000:,.0f} kB")
    env.close()


def _play(env: gymnasium.Env[Any, Any], performer: Performer, options: RenderOptions) -> None:
    sustained = task(performer.env).success_steps_sustained
    stats = evaluate(
        env,
        performer.act,
        episodes=options.episodes,
        seed=options.episode_seed,
        sustained_steps=sustained,
    )
    for i in range(options.episodes):
        line = f"{performer.title}, episode seed {options.episode_seed + i}: "
        line += f"return {stats.returns[i]:.1f} in {stats.lengths[i]} steps"
        if sustained is not None:
            reached, holds = stats.success_any[i], stats.success_final[i]
            line += f", success {_YES[bool(reached)]} (at the end {_YES[bool(holds)]})"
        print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
