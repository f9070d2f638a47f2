"""What --dry-run refuses of devices, memory and intervals: status 2, one line, the flag named."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import platformdirs
import pytest
import torch

from reproduce import figure1, run, train_expert
from reproduce.runs import plan
from reproduce.runs.devices import check_device, cores, why_unusable
from reproduce.specs.grid import RunSpec

SPEC = RunSpec("quick", "paper", "pen-binary-v0", "AWAC", 0, "embedded")
Main = Callable[[list[str]], int]
BASE = ["--dry-run"]
MAINS = [
    (run.main, ["--data", "embedded"]),
    (figure1.main, ["--data", "embedded", "--envs", "pen-binary-v0", "--methods", "BC"]),
    (train_expert.main, []),
]


@pytest.mark.parametrize(("main", "arguments"), MAINS)
@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("--device", "meta"),
        ("--device", "nonsense"),
        ("--checkpoint-every-s", "nan"),
        ("--checkpoint-every-s", "-1"),
        ("--set", "batch_size=100000000"),
        ("--set", "policy_learning_rate=inf"),
        ("--set", "log_std_min=5"),
        ("--set", "online_steps=1000000000000"),
    ],
)
def test_dry_run_refuses_what_the_run_would(
    main: Main, arguments: list[str], flag: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, *BASE, flag, value]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert (value.partition("=")[0] if flag == "--set" else flag) in error


def test_a_tensor_of_meta_holds_no_number() -> None:
    assert why_unusable("cpu") is None
    assert torch.empty(0, device="meta").device.type == "meta"  # it can be made, though
    assert why_unusable("meta")
    with pytest.raises(ValueError, match="--device meta: .*; use cpu"):
        check_device("meta")


@pytest.mark.parametrize("setting", ["members=1000000000000", "policy_hidden=100000000000,8"])
def test_what_no_memory_holds_is_refused_with_what_was_set(
    setting: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run.main(["--data", "embedded", "--dry-run", "--set", setting]) == 2
    error = capsys.readouterr().err
    assert setting in error
    assert error.count("\n") == 1


def test_other_errors_of_the_measurement_are_not_taken_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("expected a matrix")

    monkeypatch.setattr(plan, "Agent", fail)
    told = r"one update fails with RuntimeError: expected a matrix \(.*test_devices.py, line \d+\)"
    with pytest.raises(ValueError, match=told) as caught:
        plan.Pace("cpu").seconds(SPEC)
    assert "memory" not in str(caught.value)


def test_too_many_evaluations_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--data", "embedded", "--dry-run", "--set", "online_steps=1000000000"]
    arguments += ["--set", "dense_until=1000000000", "--set", "dense_eval_every=1"]
    assert run.main(arguments) == 2
    assert "raise --set eval_every and --set dense_eval_every" in capsys.readouterr().err


@pytest.mark.parametrize(("main", "arguments"), MAINS[:2])
def test_without_a_home_the_flag_that_helps_is_named(
    main: Main,
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As in a container that runs as a number without an entry in the list of users."""

    def homeless(*_: object) -> str:
        raise RuntimeError("could not determine the home directory")

    monkeypatch.setattr(platformdirs, "user_cache_dir", homeless)
    monkeypatch.delenv("AWAC_CACHE_DIR", raising=False)
    monkeypatch.delenv("AWAC_DATA_DIR", raising=False)
    assert main([*arguments, "--dry-run"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "--cache-dir" in error
    given = ["--cache-dir", str(tmp_path), "--data", "human"]
    assert main([*arguments, *given, "--dry-run"]) == 2
    assert "--data-dir" in capsys.readouterr().err


def test_dapg_without_demonstrations_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for more in ([], ["--set", "initialisation=RandomInit"]):
        arguments = ["--method", "DAPG", "--data", "none", "--dry-run", *more]
        assert run.main(arguments) == 2
        assert "DAPG learns from demonstrations" in capsys.readouterr().err


def test_a_method_in_another_case_is_suggested(capsys: pytest.CaptureFixture[str]) -> None:
    for typed, meant in (("awac", "AWAC"), ("td3+bc", "TD3+BC"), ("awac[BATCH]", "AWAC[batch]")):
        assert run.main(["--method", typed, "--dry-run"]) == 2
        assert capsys.readouterr().err.endswith(f"did you mean {meant}?\n")
    assert run.main(["--env", "PEN-binary-v0", "--dry-run"]) == 2
    assert "did you mean pen-binary-v0" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "expected"),
    [("200000 100000", 2), ("150000 100000", 2), ("1 100000", 1), ("max 100000", 8), ("", 8)],
)
def test_a_container_has_the_cores_of_its_quota(
    text: str, expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    quota = tmp_path / "cpu.max"
    quota.write_text(text)
    assert cores(quota) == expected
    assert cores(tmp_path / "none") == 8
