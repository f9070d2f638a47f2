"""Film what a policy does: a trained run, an expert, or random actions.

    python reproduce/render.py --run results/small/runs/pen-binary-v0/paper-embedded/AWAC/seed0
    python reproduce/render.py --env pen-binary-v0 --method AWAC --preset small --film awac.mp4
    python reproduce/render.py --env Ant-v2 --expert --still --at 60 --film ant.png

Episodes begin where those of evaluation do. They are played first and drawn afterwards, from their
states, so that filming changes nothing. Prints return and success of each, and the file written.
Ends with status 0, or 2 for bad input.
"""

from __future__ import annotations

if __name__ == "__main__":  # in one line, before an import fails
    from reproduce.commandline.installation import exit_without_training

    exit_without_training()

import math
import os
import sys
import warnings
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gymnasium

from envs.evaluation import evaluate
from envs.tasks import task
from figures.files import whole_file
from reproduce.commandline.script import command
from reproduce.film.frames import draw, ffmpeg, write
from reproduce.film.performers import Performer, PerformerOptions, performer_of

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


@dataclass(frozen=True)
class RenderOptions(PerformerOptions):
    """Options of a film."""

    film: Path | None = None
    """File to write, .gif or .mp4; .png with --still (default: film.gif or film.png in the run's
    folder; of an expert, <out>/films/<task>-expert.gif)."""
    still: bool = False
    """One picture, of the middle of the episode."""
    at: int | None = None
    """With --still: the picture after that many steps."""
    episodes: int = 1
    """How many, one after the other."""
    frames: int = 250
    """Pictures of an episode at most; the rest of it is played, but not filmed."""
    fps: float | None = None
    """Steps of the task shown in a second (default: as many as happen in one)."""
    width: int = 320
    """Pixels."""
    height: int = 240
    """Pixels."""


@command(RenderOptions, __doc__)
def main(options: RenderOptions) -> int:
    """Play the episodes, draw them, and write the film.

    Returns the exit status: 0 written, 2 bad input, or MuJoCo cannot draw here.
    """
    _check(options)
    choose_renderer()
    performer = performer_of(options)
    _require_renderer()
    shoot(performer, options)
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


def choose_renderer() -> None:
    """Decide how MuJoCo draws, if nobody has: it looks at that only when it is imported."""
    if sys.platform == "linux" and not os.environ.get("DISPLAY", "").strip():
        if not os.environ.get("MUJOCO_GL", "").strip():  # empty is unset, as MuJoCo reads it
            os.environ["MUJOCO_GL"] = "egl"


def _require_renderer() -> None:
    from envs.simulator import graphics, mujoco

    # GLFW warns, and fails a moment later
    with graphics(), warnings.catch_warnings(action="ignore"):
        mujoco.Renderer(mujoco.MjModel.from_xml_string("<mujoco/>"), 16, 16).close()


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
    from reproduce.data.prior import make_env

    path = options.film or performer.path.with_suffix(".png" if options.still else ".gif")
    with closing(_States(make_env(performer.env, performer.profile))) as env:
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
        pictures = draw(env, drawn, task(performer.env).camera, options.width, options.height)
    try:
        with whole_file(path) as file:
            write(file, path.suffix, pictures, fps)
    except OSError as error:
        raise ValueError(f"{path} cannot be written: {error}") from error
    shown = f"{len(pictures)} pictures, {fps:.3g} a second, " if not options.still else ""
    print(f"{path}: {shown}{path.stat().st_size / 1000:,.0f} kB")


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
