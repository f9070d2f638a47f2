"""Whole runs on the real simulator, and every way a user can end them early."""

from __future__ import annotations

import csv
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.forked import Forked
from tests.once import once
from tests.patience import PATIENCE_S
from tests.reproduce.conftest import REPRODUCE, Main, Run, environment
from tests.tiers import tiered

TINY = {
    "offline_steps": "60",
    "online_steps": "400",
    "eval_every": "200",
    "dense_eval_every": "60",
    "dense_until": "60",
    "eval_episodes": "1",
    "prior_rollouts": "2",
    "prior_cloning_steps": "20",
    "policy_hidden": "16,16",
    "q_hidden": "16,16",
    "batch_size": "16",
    "offline_batch_size": "16",
    "collect_steps": "4",
    "steps_per_update": "4",
}


def tiny(out: Path, *more: str, method: str = "AWAC", **changes: str) -> list[str]:
    settings = [part for k, v in (TINY | changes).items() for part in ("--set", f"{k}={v}")]
    return ["--method", method, "--out", str(out), *settings, *more]


def only_folder(out: Path) -> Path:
    (folder,) = out.glob("runs/*/*/*/seed0")
    return folder


def rows_without_time(folder: Path) -> list[dict[str, str]]:
    with (folder / "progress.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row.pop("wall_s")
    return rows


def weights(folder: Path) -> dict[str, torch.Tensor]:
    state = torch.load(folder / "checkpoint.pt", weights_only=True)
    networks: dict[str, torch.Tensor] = state["agent"]["networks"]
    return networks


def assert_same_result(one: Path, other: Path) -> None:
    assert rows_without_time(one) == rows_without_time(other)
    first, second = weights(one), weights(other)
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


def tiny_run(factory: pytest.TempPathFactory, cache: Path) -> Path:
    """The folder of the tiny run, by the command that a user would type, in a new process."""

    def make(out: Path) -> None:
        command = [sys.executable, str(REPRODUCE / "run.py"), *tiny(out)]
        subprocess.run(command, check=True, env=environment(cache), timeout=PATIENCE_S)

    return only_folder(once(factory, "tiny", make))


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Path:
    return tiny_run(tmp_path_factory, shared_cache)


def test_run_leaves_rows_configuration_and_final_state(uninterrupted: Path) -> None:
    rows = rows_without_time(uninterrupted)
    steps = [int(row["env_step"]) for row in rows]
    assert steps == [-60, 0, 60, 260, 400]
    assert [row["phase"] for row in rows] == ["offline"] * 2 + ["online"] * 3
    # an update for every four steps with the environment
    assert [int(row["grad_step"]) for row in rows] == [0, 60, 75, 125, 160]
    for row in rows:
        assert -200 <= float(row["return_mean"]) <= 0
    assert (uninterrupted / "done").exists()
    config = json.loads((uninterrupted / "config.json").read_text())
    assert len(config["identity"]["data"]["checksum"]) == 64
    assert config["identity"]["method"]["objective"]["weights"]["shape"]["lam"] == 0.3
    assert config["environment"]["versions"]["torch"]
    model, instructions = config["environment"]["processor"].rsplit(", ", 1)
    assert model and instructions == torch.backends.cpu.get_cpu_capability()


def test_a_trained_policy_acts_as_the_document_says(
    uninterrupted: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The code in docs/results.md, on the tiny run and with one episode."""
    document = (REPRODUCE.parent / "docs" / "results.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", document, re.DOTALL)
    (code,) = (block for block in blocks if "performer_of" in block)
    code = re.sub(r'Path\("results/[^"]+"\)', f"Path({str(uninterrupted)!r})", code)
    scope: dict[str, Any] = {}
    exec(code.replace("episodes=20", "episodes=1"), scope)
    assert capsys.readouterr().out in ("0.0\n", "1.0\n")
    observation = np.zeros(45, dtype=np.float32)
    first, second = (scope["policy"].act(observation) for _ in range(2))
    assert first.shape == (24,) and np.array_equal(first, second)


def test_a_run_that_is_to_last_longer_begins_with_the_same_rows(
    uninterrupted: Path, run_main: Main, tmp_path: Path
) -> None:
    """So that preset `long` goes on where `small` ends."""
    result = run_main(*tiny(tmp_path, online_steps="600"))
    assert result.returncode == 0, result.stderr
    short, longer = (rows_without_time(f) for f in (uninterrupted, only_folder(tmp_path)))
    assert [row["env_step"] for row in longer] == ["-60", "0", "60", "260", "460", "600"]
    assert longer[:4] == short[:4]


def test_finished_run_is_not_repeated(uninterrupted: Path, run_main: Main) -> None:
    before = (uninterrupted / "checkpoint.pt").stat().st_mtime_ns
    result = run_main(*tiny(uninterrupted.parents[4]))
    assert result.returncode == 0, result.stderr
    assert (uninterrupted / "checkpoint.pt").stat().st_mtime_ns == before


@pytest.mark.parametrize("method", tiered(["AWAC", "SAC+BC"], ("AWAC",)))
def test_another_process_gives_the_same_bits(
    method: str, uninterrupted: Path, script: Run, run_main: Main, tmp_path: Path
) -> None:
    first = uninterrupted
    if method != "AWAC":
        extra = {"method": method, "initialisation.cloning_steps": "50", "online_steps": "200"}
        assert run_main(*tiny(tmp_path / "a", **extra)).returncode == 0
        first = only_folder(tmp_path / "a")
    else:
        extra = {}
    assert script("run.py", *tiny(tmp_path / "b", **extra)).returncode == 0
    assert_same_result(first, only_folder(tmp_path / "b"))


def interrupt(out: Path, cache: Path, after_step: int, number: signal.Signals) -> int:
    """Start the tiny run and send it a signal once it has passed a step; its exit status."""
    often = ("--checkpoint-every-s", "0")
    process = Forked("run.py", *tiny(out, *often), env=environment(cache))

    def has_passed() -> bool:
        progress = list(out.glob("runs/*/*/*/*/progress.csv"))
        return bool(progress) and _last_step(progress[0]) >= after_step

    signal_once(process, number, has_passed)
    return process.wait(timeout=PATIENCE_S)


def signal_once(
    process: Forked | subprocess.Popen[str], number: signal.Signals, is_so: Callable[[], object]
) -> None:
    """Send a signal as soon as something is so; a process that ends before fails the test."""
    deadline = time.monotonic() + PATIENCE_S
    try:
        while not is_so():
            assert process.poll() is None, f"ended with {process.returncode} before the signal"
            assert time.monotonic() < deadline, "never came to where the signal is due"
            time.sleep(0.002)
    except AssertionError:
        process.send_signal(signal.SIGKILL)  # else pytest waits for it at its own end
        raise
    process.send_signal(number)


def _last_step(progress: Path) -> int:
    with progress.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return int(rows[-1]["env_step"]) if rows else -(10**9)


# every instant, signal and file is for tests/faults; here it is the command itself
@pytest.mark.parametrize(
    ("number", "after_step"),
    tiered([(signal.SIGTERM, -60), (signal.SIGKILL, 0)], [(signal.SIGKILL, 0)]),
)
def test_interrupted_run_continues_bit_for_bit(
    number: signal.Signals,
    after_step: int,
    uninterrupted: Path,
    run_main: Main,
    shared_cache: Path,
    tmp_path: Path,
) -> None:
    status = interrupt(tmp_path, shared_cache, after_step, number)
    folder = only_folder(tmp_path)
    assert not (folder / "done").exists(), "the run ended before the signal came"
    assert status == (75 if number != signal.SIGKILL else -signal.SIGKILL)
    assert list(folder.glob("checkpoint*.pt"))
    result = run_main(*tiny(tmp_path))
    assert result.returncode == 0, result.stderr
    assert "continues at step" in result.stdout
    assert_same_result(folder, uninterrupted)


def test_diverging_run_is_a_recorded_failure(run_main: Main, tmp_path: Path) -> None:
    result = run_main(*tiny(tmp_path, q_learning_rate="1e30"))
    assert result.returncode == 1
    folder = only_folder(tmp_path)
    assert "not finite" in (folder / "failed").read_text()
    assert rows_without_time(folder)[0]["env_step"] == "-60"


def test_folder_of_another_configuration_is_refused(
    uninterrupted: Path, run_main: Main, tmp_path: Path
) -> None:
    assert run_main(*tiny(tmp_path, online_steps="0")).returncode == 0
    folder = only_folder(tmp_path)
    (folder / "done").unlink()
    config = json.loads((folder / "config.json").read_text())
    config["identity"]["hyperparameters"]["tau"] = 0.5
    (folder / "config.json").write_text(json.dumps(config))
    result = run_main(*tiny(tmp_path, online_steps="0"))
    assert result.returncode == 2
    assert "hyperparameters.tau: 0.5 -> 0.005" in result.stderr


def test_a_folder_of_data_that_is_misspelt_in_the_environment_is_refused(
    run_main: Main, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Else substitutes would be trained on without a word."""
    monkeypatch.setenv("AWAC_DATA_DIR", str(tmp_path / "dta"))
    result = run_main("--out", str(tmp_path), "--dry-run")
    assert result.returncode == 2
    assert f"AWAC_DATA_DIR={tmp_path / 'dta'}: there is no such folder" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "lamda=1"], "did you mean lam"),
        (["--set", "lam"], "expected key=value"),
        (["--set", "lam=big"], "expected float"),
        (
            ["--set", "normalisation=Nothing"],
            "must be one of BatchMean, PartitionFunction, StateMean, Unnormalised",
        ),
        (["--set", "discount=0.999"], "add --set clamp.low=-1000"),
        (["--set", "discount=1"], "add --set clamp.low=-inf"),
        (["--method", "Cal-QL", "--set", "discount=1", "--set", "clamp=NoClamp"], "infinite"),
        (
            ["--env", "HalfCheetah-v2", "--set", "clamp=ClampTarget"],
            "AWAC on HalfCheetah-v2: clamp=ClampTarget bounds values in units of the task, which "
            "reward_scaling=FixedFactor changes; --set clamp=NoClamp",
        ),
        (
            [
                "--env",
                "HalfCheetah-v2",
                "--set",
                "clamp=ClampTarget",
                "--set",
                "reward_scaling=TaskUnits",
            ],
            "AWAC on HalfCheetah-v2: clamp=ClampTarget holds targets in [-100, 0], but the task's "
            "rewards are in [-inf, inf]",
        ),
        (["--set", "reward_scaling=ReturnRange"], "reward_scaling=ReturnRange changes"),
        (
            ["--env", "HalfCheetah-v2", "--set", "clamp=ClampOutput"],
            "AWAC on HalfCheetah-v2: clamp=ClampOutput holds Q at 0 from above, but it can be as "
            "high as inf; --set clamp=NoClamp",
        ),
        (
            ["--method", "BRAC", "--set", "constraint=BatchConstantShift"],
            "clamp=ClampTarget would cut off; use clamp=NoClamp",
        ),
        (
            [
                "--env",
                "SawyerPush-v0",
                "--set",
                "critic=TDLambda",
                "--set",
                "value=LambdaAdvantage",
            ],
            "use goals=RecordedGoals",
        ),
        (
            ["--set", "clamp.high=-1"],
            "AWAC on pen-binary-v0: clamp=ClampTarget holds targets in [-100, -1], but the task's "
            "rewards are in [-1, 0]",
        ),
        (["--set", "critic=NoCritic"], "WeightedMLE needs a critic"),
        (["--set", "batch_size=0"], "batch_size must be at least 1"),
        (["--seed", "-1"], "--seed -1: must be 0 or more"),
        (["--cache-dir", __file__], "test_run.py is a file, a folder is needed"),
        (["--data-dir", "nowhere"], "--data-dir nowhere: there is no such folder"),
        (["--env", "pin-binary-v0"], "did you mean pen-binary-v0"),
        (["--method", "AWACC"], "did you mean AWAC"),
        (["--data", "human"], "pen2_sparse.npy"),
        (["--data", "expert"], "pen_expert.npz"),
    ],
)
def test_bad_input_is_one_clear_error(
    arguments: list[str], message: str, run_main: Main, tmp_path: Path
) -> None:
    result = run_main("--out", str(tmp_path), *arguments)
    assert result.returncode == 2
    assert result.stderr.startswith("error: ")
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_lists(run_main: Main) -> None:
    methods = run_main("--list").stdout
    assert methods.startswith("Rows, before profile and preset")
    assert "WeightedMLE(weights=Weights(shape=Exponential(lam=" in methods
    assert "RLPD  (later work" in methods and "AWAC[batch]" in methods
    settings = run_main("--list-settings", "--set", "lam=0.7").stdout
    assert "objective.weights.shape.lam" in settings and "0.7" in settings
    lines = settings.splitlines()
    (place,) = (i for i, line in enumerate(lines) if line.startswith("objective.value "))
    others = "or LambdaAdvantage, LearnedValue, NoBaseline, PolicyMode, TargetQ"
    assert lines[place + 1].strip() == others


def test_the_listed_settings_are_those_of_the_data_that_is_asked_for(run_main: Main) -> None:
    """`small` clones for longer on the door's shipped demonstrations than on people's."""
    door = ("--list-settings", "--env", "door-binary-v0", "--preset", "small", "--data")
    for data, steps in ("embedded", "30000"), ("human", "10000"):
        listed = run_main(*door, data).stdout.splitlines()
        (line,) = (line for line in listed if line.startswith("prior_cloning_steps"))
        assert line.split() == ["prior_cloning_steps", steps]
