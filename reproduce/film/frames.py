"""Pictures of a task's states, and films and stills made of them."""

from __future__ import annotations

import math
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from typing import Any, BinaryIO

import gymnasium
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.progress import track

from envs.tasks import Camera

Picture = NDArray[np.uint8]

_COLOURS = 128
_PLAIN = Image.Dither.NONE

_SHADOWS = 2_048  # pixels; with MuJoCo's 4096, drawing on a processor takes twice as long


def draw(
    env: gymnasium.Env[Any, Any], states: Sequence[Any], view: Camera, width: int, height: int
) -> list[Picture]:
    """The (height, width, 3) pictures of snapshots of the environment."""
    from envs.simulator import mujoco

    simulation: Any = env.unwrapped
    quality = simulation.model.vis
    quality.global_.offwidth, quality.global_.offheight = width, height
    quality.quality.shadowsize = min(_SHADOWS, quality.quality.shadowsize)
    camera = mujoco.MjvCamera()
    camera.distance, camera.azimuth, camera.elevation = view[1:4]
    pictures = []
    with closing(mujoco.Renderer(simulation.model, height, width)) as renderer:
        for state in track(states, "drawing", transient=True, disable=not sys.stdout.isatty()):
            env.get_wrapper_attr("restore")(state)
            camera.lookat = view.lookat
            if view.follows is not None:
                camera.lookat[:2] += simulation.data.body(view.follows).xipos[:2]
            renderer.update_scene(simulation.data, camera)
            pictures.append(renderer.render().copy())
    return pictures


def write(file: BinaryIO, suffix: str, pictures: Sequence[Picture], fps: float) -> None:
    """Write pictures (H, W, 3) as what the suffix says; `fps` to a second.

    Raises:
        OSError: if that fails.
    """
    if suffix == ".mp4":
        _write_mp4(file, pictures, fps)
        return
    if suffix == ".png":
        _reduced(pictures[0], 256).save(file, "PNG", optimize=True)
        return
    # one palette, no dithering: what does not move then stays the same, and is left out
    palette = _reduced(np.concatenate(pictures[:: math.ceil(len(pictures) / 8)]), _COLOURS)
    images = [Image.fromarray(p).quantize(palette=palette, dither=_PLAIN) for p in pictures]
    hundredths = max(2, round(100 / fps))  # the format's unit of time; viewers distrust a 1
    images[0].save(
        file, "GIF", save_all=True, append_images=images[1:], duration=10 * hundredths, loop=0
    )


def _reduced(picture: Picture, colours: int) -> Image.Image:
    """With a palette in which small things keep their colour; Pillow's default averages them."""
    return Image.fromarray(picture).quantize(
        colours, method=Image.Quantize.MAXCOVERAGE, kmeans=3, dither=_PLAIN
    )


def _write_mp4(file: BinaryIO, pictures: Sequence[Picture], fps: float) -> None:
    height, width, _ = pictures[0].shape
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(fps)]
    # the colours that every player knows go with even sizes only
    coded = ["-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-pix_fmt", "yuv420p", "-f", "mp4"]
    command = [ffmpeg(), "-y", "-loglevel", "error", *raw, "-i", "-", *coded, file.name]
    done = subprocess.run(command, input=np.stack(pictures).tobytes(), capture_output=True)
    if done.returncode != 0:
        raise OSError(f"ffmpeg: {done.stderr.decode(errors='replace').strip()}")


def ffmpeg() -> str:
    """The program that makes an .mp4. Raises ValueError if there is none."""
    try:
        import imageio_ffmpeg  # type: ignore[import-not-found]
    except ImportError:
        found = shutil.which("ffmpeg")
        if found is None:
            raise ValueError(
                "an .mp4 needs ffmpeg: `pip install imageio-ffmpeg`, or use .gif"
            ) from None
        return found
    return str(imageio_ffmpeg.get_ffmpeg_exe())
