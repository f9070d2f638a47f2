"""Films of tiny real runs, drawn in new processes: MuJoCo looks at MUJOCO_GL only once."""

from __future__ import annotations

import csv
import io
import json
import os
import pickle
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tyro
from PIL import Image

from envs.making import make_task
from envs.tasks import TASKS, Camera
from reproduce import render
from reproduce.commandline.options import RunOptions
from reproduce.film.frames import draw
from reproduce.film.performers import Performer
from reproduce.run import _asked_for
from tests.patience import PATIENCE_S
from tests.reproduce.conftest import REPRODUCE, Outcome, Run, environment
from tests.reproduce.test_run import only_folder, tiny

Frames = np.ndarray
PUSH = ["--env", "SawyerPush-v0"]
SMALL = ["--width", "64", "--height", "48"]
# Each call's exit status, output and errors.
SEVERAL = """
import contextlib, io, json, sys
from reproduce.render import main
outcomes = []
for arguments in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(arguments)
    outcomes.append((status, out.getvalue(), err.getvalue()))
print(json.dumps(outcomes))
"""

Calls = Callable[..., list[Outcome]]


@pytest.fixture(scope="session")
def drawing() -> None:
    """Skip what draws where nothing can be drawn."""
    check = "import mujoco as m; m.Renderer(m.MjModel.from_xml_string('<mujoco/>'), 16, 16)"
    done = subprocess.run(
        [sys.executable, "-c", check], env=os.environ | {"MUJOCO_GL": "egl"}, capture_output=True
    )
    if done.returncode != 0:
        pytest.skip("no EGL renderer works on this machine (Debian: apt install libegl1 libgl1)")


@pytest.fixture(scope="module")
def calls(drawing: None, shared_cache: Path) -> Calls:
    """Call `main` several times in one new process; each must succeed."""

    def run(*commands: list[str]) -> list[Outcome]:
        done = subprocess.run(
            [sys.executable, "-c", SEVERAL, json.dumps(commands)],
            capture_output=True,
            text=True,
            env=environment(shared_cache),
            timeout=PATIENCE_S,
            cwd=REPRODUCE.parent,
        )
        assert done.returncode == 0, done.stderr
        return [Outcome(*outcome) for outcome in json.loads(done.stdout)]

    return run


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Path:
    """Results folder with one tiny run on the pushing task, whose returns tell policies apart."""
    out = tmp_path_factory.mktemp("filmed")
    command = [sys.executable, str(REPRODUCE / "run.py"), *PUSH, *tiny(out, online_steps="0")]
    subprocess.run(command, check=True, env=environment(shared_cache), timeout=PATIENCE_S)
    return out


@pytest.fixture
def copy(out: Path, tmp_path: Path) -> Path:
    """A copy of the run's folder, to be spoilt."""
    return Path(shutil.copytree(only_folder(out), tmp_path / "copy"))


def frames_of(path: Path) -> Frames:
    """(N, H, W, 3) uint8."""
    with Image.open(path) as film:
        shots = []
        for i in range(getattr(film, "n_frames", 1)):
            film.seek(i)
            shots.append(np.asarray(film.convert("RGB")))
    return np.stack(shots)


def duration_ms(path: Path) -> int:
    total = 0
    with Image.open(path) as film:
        for i in range(film.n_frames):  # type: ignore[attr-defined]
            film.seek(i)
            total += film.info["duration"]
    return total


def test_film_of_a_run_shows_the_episode_that_was_evaluated(
    drawing: None, out: Path, script: Run
) -> None:
    folder = only_folder(out)
    before = {path.name for path in folder.iterdir()}
    result = script("render.py", "--run", str(folder), "--fps", "50", *SMALL)
    assert result.returncode == 0, result.stderr
    frames = frames_of(folder / "film.gif")
    # The start and 200 steps, every second drawn: 50 a second are too many for a GIF. Where nothing
    # moves, it has one picture that lasts longer.
    assert duration_ms(folder / "film.gif") == 101 * 40
    assert frames.shape[1:] == (48, 64, 3)
    assert (frames.reshape(len(frames), -1).max(axis=1) > 100).all(), "a black picture"
    assert len({frame.tobytes() for frame in frames}) > 15, "nothing moves"
    assert (folder / "film.gif").stat().st_size < 100_000
    with (folder / "progress.csv").open(newline="") as file:
        evaluated = list(csv.DictReader(file))[-1]
    assert f"return {float(evaluated['return_mean']):.1f} in 200 steps" in result.stdout
    assert "success no (at the end no)" in result.stdout
    assert f"{folder / 'film.gif'}: 101 pictures, 25 a second" in result.stdout
    assert {path.name for path in folder.iterdir()} == before | {"film.gif"}


@pytest.mark.slow
def test_the_same_film_again_and_others(calls: Calls, out: Path, tmp_path: Path) -> None:
    films = {
        name: tmp_path / f"{name}.gif"
        for name in ("one", "named", "other", "drawn", "again", "two")
    }
    by_folder = ["--run", str(only_folder(out))]
    by_options = [*PUSH, *tiny(out, online_steps="0")]
    arguments = {
        "one": [*by_folder, "--frames", "9"],
        "named": [*by_options, "--frames", "9"],
        "other": [*by_folder, "--frames", "9", "--episode-seed", "7"],
        "drawn": [*by_folder, "--frames", "9", "--stochastic"],
        "again": [*by_folder, "--frames", "9", "--stochastic"],
        "two": [*by_folder, "--frames", "4", "--episodes", "2"],
    }
    outcomes = calls(*([*a, *SMALL, "--film", str(films[n])] for n, a in arguments.items()))
    assert [outcome.returncode for outcome in outcomes] == [0] * 6, outcomes
    content = {name: path.read_bytes() for name, path in films.items()}
    assert content["one"] == content["named"] and content["drawn"] == content["again"]
    assert len(set(content.values())) == 4
    assert "episode seed 1000000000" in outcomes[5].stdout
    assert "episode seed 1000000001" in outcomes[5].stdout
    frames = frames_of(films["two"])
    assert frames.shape == (8, 48, 64, 3)
    assert abs(frames[4].astype(int) - frames[0]).max() > 50, "the second episode starts elsewhere"


@pytest.mark.slow
def test_stills(calls: Calls, out: Path, tmp_path: Path) -> None:
    folder = only_folder(out)
    run, random = ["--run", str(folder)], [*PUSH, "--random"]

    def still(policy: list[str], *at: str) -> list[str]:
        path = tmp_path / f"{policy is run}{''.join(at)}.png"
        return [*policy, "--still", *at, *SMALL, "--film", str(path)]

    commands = [still(p, "--at", at) for at in ("0", "100") for p in (run, random)]
    late = still(run, "--at", "201")
    outcomes = calls(*commands, still(run), [*run, "--still"], late)
    assert [outcome.returncode for outcome in outcomes] == [0] * 6 + [2], outcomes
    assert "--at 201: the episode ends after 200 steps" in outcomes[-1].stderr
    assert not Path(late[-1]).exists()
    start, same_start, middle, elsewhere = (Path(c[-1]).read_bytes() for c in commands)
    assert frames_of(Path(commands[0][-1])).shape == (1, 48, 64, 3)
    assert start == same_start, "both begin where evaluation does"
    assert len({start, middle, elsewhere}) == 3
    assert middle == (tmp_path / "True.png").read_bytes()
    assert frames_of(folder / "film.png").shape == (1, 240, 320, 3)


@pytest.mark.slow
def test_every_task_is_seen_moving(calls: Calls, tmp_path: Path) -> None:
    assert Camera() not in {known.camera for known in TASKS.values()}
    path = {env: tmp_path / "deep" / f"{env}.gif" for env in TASKS}
    common = ["--random", "--frames", "5", "--fps", "20", "--width", "160", "--height", "120"]
    outcomes = calls(*([*common, "--env", e, "--film", str(path[e])] for e in TASKS))
    for env, outcome in zip(TASKS, outcomes, strict=True):
        assert outcome.returncode == 0, outcome
        assert ("success" in outcome.stdout) == (TASKS[env].domain != "locomotion")
        frames = frames_of(path[env])
        assert frames.shape == (5, 120, 160, 3)
        assert frames.std() > 20, f"{env}: nothing is seen"
        # in the middle of the picture, where the floor alone would not do
        centre = frames[:, 30:90, 40:120].astype(int)
        assert (abs(centre[-1] - centre[0]).max(axis=2) > 50).sum() > 20, f"{env}: nothing moves"


FOLLOWING = """
import numpy as np
from envs.tasks import task
from reproduce.film.frames import draw
from reproduce.render import choose_renderer
choose_renderer()
from envs.making import make_task
env = make_task("HalfCheetah-v2")
env.reset(seed=0)
states = []
for x in (0.0, 30.0):
    env.unwrapped.data.qpos[0] = x
    states.append(env.get_wrapper_attr("snapshot")())
for picture in draw(env, states, task("HalfCheetah-v2").camera, 80, 60):
    red, _, blue = np.moveaxis(picture.astype(int), 2, 0)
    print((red > blue + 30).sum())  # the robot is brown
"""


@pytest.mark.slow
def test_camera_follows_the_runner(drawing: None) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FOLLOWING], stdout=subprocess.PIPE, text=True, cwd=REPRODUCE.parent
    )
    here, far = map(int, done.stdout.split())
    assert here > 50
    assert 0.8 * here < far < 1.2 * here


@pytest.mark.slow
def test_experts_of_the_hand_come_from_the_data_folder(calls: Calls, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    sizes = {"W0": (8, 45), "W1": (8, 8), "W2": (24, 8), "b0": 8, "b1": 8, "b2": 24}
    sizes |= {"in_shift": 45, "in_scale": 45, "out_shift": 24, "out_scale": 24, "log_std": 24}
    arrays = {name: rng.normal(size=size) for name, size in sizes.items()}
    for name in ("pen", "door"):
        np.savez(tmp_path / f"{name}_expert.npz", **arrays)
    common = ["--expert", "--data-dir", str(tmp_path), "--out", str(tmp_path / "out"), *SMALL]
    pen, door, push = calls(
        [*common, "--env", "pen-binary-v0", "--frames", "2"],
        [*common, "--env", "door-binary-v0"],
        [*common, *PUSH],
    )
    assert pen.returncode == 0, pen.stderr
    assert frames_of(tmp_path / "out" / "films" / "pen-binary-v0-expert.gif").shape[0] == 2
    assert door.returncode == push.returncode == 2
    assert "door_expert.npz is the policy of another task" in door.stderr
    assert "SawyerPush-v0 has none" in push.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="how to draw is MuJoCo's choice there")
@pytest.mark.parametrize(
    ("variable", "value", "chosen"),
    [("MUJOCO_GL", "no", "no"), ("MUJOCO_GL", "osmesa", "osmesa"), ("DISPLAY", ":99", "(unset)")],
)
def test_no_renderer_is_a_clear_error(
    variable: str, value: str, chosen: str, shared_cache: Path
) -> None:
    clean = {
        k: v for k, v in environment(shared_cache).items() if k not in ("MUJOCO_GL", "DISPLAY")
    }
    command = [sys.executable, str(REPRODUCE / "render.py"), "--random"]
    done = subprocess.run(command, capture_output=True, text=True, env=clean | {variable: value})
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: MuJoCo cannot draw with MUJOCO_GL={chosen} (")
    assert "apt install libegl1" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="how to draw is MuJoCo's choice there")
def test_renderer_is_chosen_only_where_nobody_has(monkeypatch: pytest.MonkeyPatch) -> None:
    for display, before, after in (
        (None, None, "egl"),
        ("", None, "egl"),
        (None, "osmesa", "osmesa"),
        (":0", None, None),
        (None, "", "egl"),
        (None, " ", "egl"),
    ):
        for name, value in (("DISPLAY", display), ("MUJOCO_GL", before)):
            monkeypatch.delenv(name, raising=False)
            if value is not None:
                monkeypatch.setenv(name, value)
        render.choose_renderer()
        assert os.environ.get("MUJOCO_GL") == after


@pytest.fixture
def refused(
    shared_cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Call `main`, which must refuse before anything is drawn; what it says."""
    for name, value in environment(shared_cache).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MUJOCO_GL", "egl")

    def draws() -> None:
        pytest.fail("not refused")

    monkeypatch.setattr(render, "_require_renderer", draws)

    def call(*arguments: str) -> str:
        assert render.main(list(arguments)) == 2
        error = capsys.readouterr().err
        assert error.startswith("error: ") and error.count("\n") == 1
        return error

    return call


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--env", "door-binary-v0"], "has SawyerPush-v0"),
        (["--method", "SAC"], "has AWAC"),
        (["--seed", "1"], "has 0"),
        (["--preset", "small"], "has quick"),
        (["--profile", "released"], "has paper"),
        (["--data", "none"], "has random"),
        (["--set", "lam=2"], "has batch_size=16 "),
        (["--random"], "--run and --random exclude each other"),
        (["--at", "3"], "--at goes with --still"),
        (["--still", "--at", "-1"], "--at goes with --still"),
        (["--still", "--episodes", "2"], "--still shows one episode"),
        (["--still", "--film", "film.gif"], "must end in .png"),
        (["--film", "film.avi"], "must end in .gif or .mp4"),
        (["--width", "0"], "--width must be between 16 and 4096"),
        (["--fps", "nan"], "--fps must be between"),
        (["--episode-seed", "-1"], "--episode-seed must be between"),
        (["--device", "cuda:99"], "--device cuda:99"),
        (["--track", "tensorboard"], "--track: a film trains nothing"),
        (["--engine", "eager"], "--engine: a film trains nothing"),
        (["--data-dir", "nowhere"], "there is no such folder"),
    ],
)
def test_contradictions_are_refused(
    arguments: list[str], message: str, out: Path, refused: Callable[..., str]
) -> None:
    error = refused("--run", str(only_folder(out)), *arguments)
    assert message in error
    if message.startswith("has "):
        assert f"{' '.join(arguments)}: the run in {only_folder(out)}" in error


def test_policies_that_are_not_there(tmp_path: Path, refused: Callable[..., str]) -> None:
    assert "there is no such folder" in refused("--run", str(tmp_path / "none"))
    assert "no config.json" in refused("--run", str(tmp_path))
    assert "did you mean AWAC" in refused("--method", "AWACC")
    assert "did you mean pen-binary-v0" in refused("--env", "pin-binary-v0", "--random")
    assert "no expert policy" in refused("--expert", "--data-dir", str(tmp_path))
    assert "--method selects a run" in refused("--expert", "--method", "SAC")


def test_a_run_that_is_not_there_is_told_with_the_command_that_makes_it(
    tmp_path: Path, refused: Callable[..., str], own_rows: None
) -> None:
    rows = tmp_path / "rows.py"
    rows.write_text(
        "from algorithms.catalogue.variants import VARIANTS, Variant\n"
        'VARIANTS["SAC[filmed]"] = Variant("SAC", {}, "as SAC")\n'
    )
    task = ("--env", "SawyerPush-v0", "--out", str(tmp_path))
    for arguments, label in (
        (("--method", "SAC"), "SAC"),
        (("--method", "SAC", "--set", "tau=0.01"), "SAC+tau=0.01"),
        (("--methods-from", str(rows), "--method", "SAC[filmed]"), "SAC+filmed"),
    ):
        missing = refused(*task, *arguments)
        assert f"there is no run in {tmp_path / 'runs'}" in missing
        words = shlex.split(missing.split("`")[1])
        assert words[:2] == ["python", "reproduce/run.py"]
        typed = tyro.cli(RunOptions, args=words[2:])
        spec = _asked_for(typed)
        assert spec is not None
        folder = str(spec.folder(typed.results))
        assert folder in missing and f"{label}/seed0" in folder


def test_run_that_has_no_checkpoint_yet(copy: Path, refused: Callable[..., str]) -> None:
    (copy / "done").unlink()
    (copy / "checkpoint.pt").unlink()
    assert "has no checkpoint yet; its run is pending" in refused("--run", str(copy))


@pytest.mark.parametrize("damage", ["short", "text", "empty", "pickle", "networks"])
def test_damaged_checkpoint(damage: str, copy: Path, refused: Callable[..., str]) -> None:
    import torch

    file = copy / "checkpoint.pt"
    if damage == "networks":
        state = torch.load(file, weights_only=True)
        state["agent"]["networks"].popitem()
        torch.save(state, file)
    else:
        content = {"short": file.read_bytes()[:1000], "text": b"not a checkpoint", "empty": b""}
        content["pickle"] = pickle.dumps(Path("."))
        file.write_bytes(content[damage])
    assert f"{file} cannot be read" in refused("--run", str(copy))


def test_configuration_that_cannot_be_used(copy: Path, refused: Callable[..., str]) -> None:
    file = copy / "config.json"
    config = json.loads(file.read_text())
    config["identity"]["method"]["objective"]["weights"]["shape"]["lam"] = 5.0
    file.write_text(json.dumps(config))
    changed = refused("--run", str(copy))
    assert "was made by other code" in changed and "shape.lam: 5.0 -> " in changed
    del config["identity"]["spec"]["env"]
    for content in (json.dumps(config), "{", "[]"):
        file.write_text(content)
        assert f"{file} is damaged" in refused("--run", str(copy))


def test_mp4_without_ffmpeg(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: Callable[..., str]
) -> None:
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    error = refused("--random", "--film", "film.mp4")
    assert "`pip install imageio-ffmpeg`, or use .gif" in error


def test_mp4_gets_every_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a program in ffmpeg's place that keeps what it is given."""
    program = tmp_path / "ffmpeg"
    program.write_text('#!/bin/sh\nfor last; do :; done\ncat > "$last"\necho "$@" > "$0.called"\n')
    program.chmod(0o755)
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    pictures = list(np.random.default_rng(0).integers(0, 256, (3, 4, 6, 3), dtype=np.uint8))
    with open(tmp_path / "film.mp4", "xb") as file:
        render.write(file, ".mp4", pictures, 12.5)
    assert (tmp_path / "film.mp4").read_bytes() == np.stack(pictures).tobytes()
    called = (tmp_path / "ffmpeg.called").read_text()
    assert "-s 6x4 -r 12.5" in called
    program.write_text("#!/bin/sh\ncat > /dev/null\necho no codec >&2\nexit 1\n")
    with open(tmp_path / "other.mp4", "xb") as file, pytest.raises(OSError, match="no codec"):
        render.write(file, ".mp4", pictures, 1.0)


def test_an_error_closes_renderer_and_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import mujoco  # type: ignore[import-untyped]

    closed: list[str] = []

    class Renderer:
        def __init__(self, *_: object) -> None: ...

        def update_scene(self, *_: object) -> None:
            raise RuntimeError("the context is lost")

        def close(self) -> None:
            closed.append("renderer")

    env = make_task("Ant-v2")
    env.reset(seed=0)
    state = env.get_wrapper_attr("snapshot")()
    monkeypatch.setattr(mujoco, "Renderer", Renderer)
    with pytest.raises(RuntimeError, match="lost"):
        draw(env, [state], Camera(), 64, 48)
    assert closed == ["renderer"]
    monkeypatch.setattr(type(env.unwrapped), "close", lambda _: closed.append("environment"))
    performer = Performer("Ant-v2", "paper", lambda _: np.full(8, np.nan), "x", Path("x"))
    with pytest.raises(ValueError, match="NaN or infinity"):
        render.shoot(performer, render.RenderOptions())
    assert closed == ["renderer", "environment"]


@pytest.mark.parametrize("suffix", [".gif", ".png"])
def test_small_things_keep_their_colour(suffix: str) -> None:
    """A blue pen among all shades of stone and wood, which goes from left to right."""
    shades = np.random.default_rng(0).uniform(0, 1, (48, 64, 1))
    pictures = [(shades * (230, 200, 170)).astype(np.uint8) for _ in range(3)]
    for i, picture in enumerate(pictures):
        picture[20:24, 10 * i : 10 * i + 6] = (20, 90, 220)
    file = io.BytesIO()
    render.write(file, suffix, pictures, 10.0)
    with Image.open(file) as film:
        count = 3 if suffix == ".gif" else 1
        assert getattr(film, "n_frames", 1) == count
        for i, picture in enumerate(pictures[:count]):
            film.seek(i)
            error = abs(np.asarray(film.convert("RGB")).astype(int) - picture).max(axis=2)
            assert error[20:24, 10 * i : 10 * i + 6].max() <= 8
            assert error.max() <= 24
        if suffix == ".gif":
            assert film.info["duration"] == 100 and film.info["loop"] == 0
