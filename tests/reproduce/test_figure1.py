"""`figure1.py` as a user types it: plan, run, interrupt, continue, collect, draw."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from reproduce.checking.seals import sealed
from tests.forked import Forked, run
from tests.once import once
from tests.patience import PATIENCE_S
from tests.reproduce.conftest import REPRODUCE, Run, environment
from tests.reproduce.test_run import TINY, assert_same_result, signal_once, tiny, tiny_run

PEN = ("--envs", "pen-binary-v0")


def grid(out: Path, *more: str, **changes: str) -> list[str]:
    settings = [part for k, v in (TINY | changes).items() for part in ("--set", f"{k}={v}")]
    return ["--out", str(out), *PEN, *settings, *more]


def table(out: Path) -> list[dict[str, str]]:
    with (out / "figure1.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_dry_run_prints_the_plan_and_writes_nothing(script: Run, tmp_path: Path) -> None:
    result = script("figure1.py", "--dry-run", "--out", str(tmp_path / "out"), "--seeds", "2")
    assert result.returncode == 0, result.stderr
    for text in (
        "66 runs",
        "pen-binary-v0",
        "relocate-binary-v0",
        "SAC+BC",
        "2 pending",
        "on the clock",
    ):
        assert text in result.stdout
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def two_methods(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Path:
    """BC and AWAC on the pen, interrupted by Ctrl-C on the way, then continued."""
    return once(tmp_path_factory, "grid", lambda out: _interrupted_grid(out, shared_cache))


def _interrupted_grid(out: Path, cache: Path) -> None:
    command = [sys.executable, str(REPRODUCE / "figure1.py"), *grid(out, "--methods", "AWAC", "BC")]
    process = subprocess.Popen(
        command,
        env=environment(cache),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    signal_once(process, signal.SIGINT, lambda: list(out.glob("runs/*/*/*/*/progress.csv")))
    output, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 75, output
    assert "the same command continues" in output
    result = run("figure1.py", *command[2:], env=environment(cache), timeout=PATIENCE_S)
    assert result.returncode == 0, result.stderr
    assert f"results: {out / 'figure1.csv'}" in result.stdout
    assert "figure1.png" in result.stdout and "figure1.pdf" in result.stdout


def test_interrupted_grid_ends_complete(two_methods: Path) -> None:
    rows = table(two_methods)
    assert {(row["method"], row["status"]) for row in rows} == {("AWAC", "done"), ("BC", "done")}
    assert [int(r["env_step"]) for r in rows if r["method"] == "BC"][-1] == 400
    for row in rows:
        assert row["data"] == "embedded" and len(row["data_checksum"]) == 16
        assert row["experiment"] == "figure1"
        assert float(row["score"]) == pytest.approx(100 + float(row["return_mean"]) / 2)
    manifest = json.loads((two_methods / "figure1.manifest.json").read_text())
    assert {entry["method"] for entry in manifest} == {"AWAC", "BC"}
    assert all(entry["environment"]["versions"]["mujoco"] for entry in manifest)
    png = (two_methods / "figure1.png").read_bytes()
    assert png.startswith(b"\x89PNG") and len(png) > 20_000


@pytest.mark.slow
def test_interrupted_grid_equals_a_single_run(
    two_methods: Path, shared_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (folder,) = two_methods.glob("runs/*/*/AWAC*/seed0")
    assert_same_result(folder, tiny_run(tmp_path_factory, shared_cache))


def test_finished_grid_is_collected_again_without_training(two_methods: Path, script: Run) -> None:
    before = (two_methods / "figure1.csv").read_text()
    result = script("figure1.py", *grid(two_methods, "--methods", "AWAC", "BC"))
    assert result.returncode == 0, result.stderr
    assert (two_methods / "figure1.csv").read_text() == before


@pytest.mark.slow  # test_light_installation.py draws without PyTorch in the first tier
def test_plot_only_needs_no_torch_and_no_runs(two_methods: Path, tmp_path: Path) -> None:
    (tmp_path / "figure1.csv").write_text((two_methods / "figure1.csv").read_text())
    code = (
        "import sys\n"
        f"sys.path.insert(0, {str(REPRODUCE)!r})\n"
        "import figure1\n"
        f"status = figure1.main(['--plot-only', '--out', {str(tmp_path)!r}])\n"
        "assert 'torch' not in sys.modules and 'mujoco' not in sys.modules\n"
        "sys.exit(status)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "figure1.png").exists() and (tmp_path / "figure1.pdf").exists()


def test_plot_only_without_results_says_how_to_make_them(script: Run, tmp_path: Path) -> None:
    result = script("figure1.py", "--plot-only", "--out", str(tmp_path))
    assert result.returncode == 2
    assert "figure1.csv" in result.stderr and "figure1.py" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.slow
def test_further_runs_join_the_table_and_lose_nothing(
    two_methods: Path, script: Run, tmp_path: Path
) -> None:
    """A committed CSV without its run folders keeps its rows."""
    for name in ("figure1.csv", "figure1.manifest.json"):
        (tmp_path / name).write_text((two_methods / name).read_text())
    arguments = grid(
        tmp_path,
        "--methods",
        "BC",
        "--set",
        "policy_learning_rate=0.001",
        "--cluster",
        "inline",
        online_steps="0",
    )
    assert script("figure1.py", *arguments).returncode == 0
    old, new = table(two_methods), table(tmp_path)
    assert len(new) > len(old)
    strip = [row for row in new if "online_steps=400" in row["variant"]]
    assert [row["return_mean"] for row in strip] == [row["return_mean"] for row in old]
    assert len(json.loads((tmp_path / "figure1.manifest.json").read_text())) == 3


def test_recorded_runs_are_not_repeated_without_their_folders(
    two_methods: Path, script: Run, tmp_path: Path
) -> None:
    for name in ("figure1.csv", "figure1.manifest.json"):
        (tmp_path / name).write_text((two_methods / name).read_text())
    before = (tmp_path / "figure1.csv").read_text()
    result = script("figure1.py", *grid(tmp_path, "--methods", "AWAC", "BC"))
    assert result.returncode == 0, result.stderr
    assert "2 of 2 runs are done already" in result.stdout
    assert not (tmp_path / "runs").exists()
    assert (tmp_path / "figure1.csv").read_text() == before
    # nor by another experiment, which takes them over
    asked = ("--methods", "AWAC[no-clamp]", "--sweep", "none")
    assert script("ablations.py", *grid(tmp_path, *asked, "--dry-run")).returncode == 0
    assert not (tmp_path / "ablations.csv").exists()
    taken = script("ablations.py", *grid(tmp_path, *asked))
    assert taken.returncode == 0, taken.stderr
    told = f"1 of 2 runs are done already, and taken from {tmp_path / 'figure1.csv'}"
    assert told in taken.stdout
    (trained,) = tmp_path.glob("runs/*/*/*")
    assert trained.name.startswith("AWAC+no-clamp")
    with (tmp_path / "ablations.csv").open(newline="") as file:
        theirs = [row for row in csv.DictReader(file) if "no-clamp" not in row["variant"]]
    ours = [row for row in table(tmp_path) if row["method"] == "AWAC"]
    assert {row["experiment"] for row in theirs} == {"ablations"} and len(theirs) == len(ours)
    for one, other in zip(ours, theirs, strict=True):
        assert all(one.get(name, "") == other[name] for name in other if name != "experiment")
    other = tmp_path / "other"
    other.mkdir()
    for name in ("ablations.csv", "ablations.manifest.json"):
        (other / name).write_text((tmp_path / name).read_text())
    assert script("figure1.py", *grid(other, "--methods", "AWAC")).returncode == 0
    assert (other / "figure1.png").exists() and not (other / "runs").exists()
    manifest = json.loads((tmp_path / "figure1.manifest.json").read_text())
    manifest[0]["identity"]["hyperparameters"]["tau"] = 0.5  # made otherwise: to be run again
    with (tmp_path / "figure1.csv").open(newline="") as file:
        manifest = sealed(manifest, csv.DictReader(file))
    (tmp_path / "figure1.manifest.json").write_text(json.dumps(manifest))
    plan = script("figure1.py", *grid(tmp_path, "--methods", "AWAC", "BC", "--dry-run"))
    assert "1 of 2 runs are done already" in plan.stdout


@pytest.mark.slow
def test_failed_run_is_reported_and_the_rest_is_drawn(script: Run, tmp_path: Path) -> None:
    arguments = ["--methods", "AWAC", "BC", "--set", "q_learning_rate=1e30"]
    result = script("figure1.py", *grid(tmp_path, *arguments, online_steps="0"))
    assert result.returncode == 1
    assert "FAILED pen-binary-v0 AWAC" in result.stderr and "not finite" in result.stderr
    assert {(r["method"], r["status"]) for r in table(tmp_path)} == {
        ("AWAC", "failed"),
        ("BC", "done"),
    }
    assert (tmp_path / "figure1.png").exists()


def test_setting_that_a_method_lacks_names_the_method(script: Run, tmp_path: Path) -> None:
    result = script("figure1.py", "--dry-run", "--set", "lam=0.5", "--out", str(tmp_path))
    assert result.returncode == 2
    assert "SAC: --set lam" in result.stderr and "--methods" in result.stderr


def test_two_launchers_do_not_run_one_run_twice(shared_cache: Path, tmp_path: Path) -> None:
    both = [Forked("run.py", *tiny(tmp_path), env=environment(shared_cache)) for _ in range(2)]
    outputs = [process.communicate(timeout=PATIENCE_S)[0] for process in both]
    states = sorted(process.returncode for process in both)
    assert states in ([0, 75], [0, 0]), outputs
    assert sum("s: update" in output for output in outputs) == 1


@pytest.mark.slow
def test_nothing_is_written_outside_results_and_cache(shared_cache: Path, tmp_path: Path) -> None:
    before = {path for path in REPRODUCE.parent.iterdir() if path.name != "__pycache__"}
    home = tmp_path / "home"
    home.mkdir()
    # begun anew: what is imported may write too
    result = subprocess.run(
        [sys.executable, str(REPRODUCE / "run.py"), *tiny(tmp_path / "out", online_steps="0")],
        env=environment(shared_cache) | {"HOME": str(home)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert result.returncode == 0, result.stderr
    outside = {p.name for p in tmp_path.iterdir()} - {"out", "home"}
    assert not outside
    assert {p.name for p in home.iterdir()} <= {".cache", ".config"}
    assert {p for p in REPRODUCE.parent.iterdir() if p.name != "__pycache__"} == before
