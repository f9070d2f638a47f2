"""The seconds that a plan expects of a run, from measurements that are made up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reproduce.launching.slurm_queue import note
from reproduce.runs import plan
from reproduce.runs.folder import RunFolder
from reproduce.runs.plan import Pace, print_plan
from reproduce.specs.grid import RunSpec
from reproduce.specs.place import Place

SPEC = RunSpec("quick", "paper", "pen-binary-v0", "AWAC", 0, "embedded")


@pytest.mark.parametrize(("step", "seconds"), [(None, 4.4), (0, 3.0), (100, 1.5)])
def test_a_plan_adds_up_updates_steps_and_evaluations(
    step: int | None, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """100 offline updates of 10 ms, 200 online steps of 10 + 1 ms, evaluations of two episodes of
    200 steps: 0.4 s each, three from the start on, two from step 0 on and one from step 100 on."""
    monkeypatch.setattr(Pace, "_update_s", lambda *_: (0.01, 0.02))
    monkeypatch.setattr(Pace, "_simulate_s", lambda *_: 0.001)
    settings = ("offline_steps=100", "online_steps=200", "eval_episodes=2", "eval_every=200")
    settings += ("dense_eval_every=200", "dense_until=0", "sampled_eval_episodes=0")
    assert Pace("cpu").seconds(replace(SPEC, settings=settings), step) == pytest.approx(seconds)


def test_updates_that_are_made_every_few_steps_are_planned_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """200 online steps of 1 ms with 50 updates of 10 ms, or with 400."""
    monkeypatch.setattr(Pace, "_update_s", lambda *_: (0.01, 0.02))
    monkeypatch.setattr(Pace, "_simulate_s", lambda *_: 0.001)
    settings = ("offline_steps=0", "online_steps=200", "eval_episodes=1", "eval_every=200")
    settings += ("dense_eval_every=200", "dense_until=0", "sampled_eval_episodes=0")
    seldom = replace(SPEC, settings=(*settings, "collect_steps=4", "steps_per_update=4"))
    often = replace(SPEC, settings=(*settings, "updates_per_step=2"))
    assert Pace("cpu").seconds(seldom) == pytest.approx(0.2 + 0.5 + 0.4)
    assert Pace("cpu").seconds(often) == pytest.approx(0.2 + 4.0 + 0.4)


def test_settings_that_change_the_work_of_an_update_are_measured_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measured: list[tuple[str, ...]] = []

    def time(_: Pace, spec: RunSpec) -> tuple[float, float]:
        measured.append(spec.settings)
        return float(len(measured)), 0.0

    monkeypatch.setattr(Pace, "_measured", time)
    pace = Pace("cpu")
    for settings in ((), ("lam=0.5",), ("lam=1e-2",), ("batch_size=4096",), ("policy=Any",)):
        pace._update_s(replace(SPEC, settings=settings))
    assert measured == [(), ("batch_size=4096",), ("policy=Any",)]


def test_the_clock_counts_no_more_runs_at_a_time_than_cores(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(Pace, "seconds", lambda *_: 600.0)
    monkeypatch.setattr(plan, "cores", lambda: 2)
    specs = [replace(SPEC, seed=seed) for seed in range(4)]
    print_plan("figure1", specs, tmp_path, 32, Place(tmp_path))
    told = " ".join(capsys.readouterr().out.split())
    assert "40 min of core time, 20 min on the clock" in told


def test_runs_that_wait_elsewhere_have_an_estimate_that_is_not_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(Pace, "seconds", lambda *_: 600.0)
    waits = RunFolder(SPEC.folder(tmp_path))
    waits.path.mkdir(parents=True)
    waits.queue(note("17"))
    other = replace(SPEC, seed=1)
    seconds = print_plan("figure1", [SPEC, other], tmp_path, 1, Place(tmp_path))
    assert seconds == {SPEC: 600.0, other: 600.0}
    assert "10 min of core time" in " ".join(capsys.readouterr().out.split())


def test_the_plan_names_what_all_runs_share(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(Pace, "seconds", lambda *_: 1.0)
    shared = replace(SPEC, settings=("lam=0.5", "tau=0.1"))
    print_plan(
        "figure1", [shared, replace(shared, settings=("lam=0.5",))], tmp_path, 2, Place(tmp_path)
    )
    told = " ".join(capsys.readouterr().out.split())
    for words in ("figure1: 2 runs into", " all with lam=0.5 estimated", "AWAC tau=0.1"):
        assert words in told
    print_plan("figure1", [SPEC], tmp_path, 2, Place(tmp_path))
    told = " ".join(capsys.readouterr().out.split())
    assert "figure1: 1 run into" in told and "all with" not in told
