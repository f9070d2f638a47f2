"""The table is brought up to date piece by piece, and loses nothing. Made-up rows, no training."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from reproduce.assemble import identity_of
from reproduce.collect import _observations, collect, recorded
from reproduce.files import write_json
from reproduce.grid import RunSpec
from reproduce.run_folder import ConfigurationChanged, RunFolder, differences


def spec(seed: int = 0, **changes: object) -> RunSpec:
    fields = {"preset": "quick", "profile": "paper", "env": "pen-binary-v0", "method": "AWAC"}
    return RunSpec(**(fields | {"seed": seed, "data": "embedded"} | changes))  # type: ignore[arg-type]


def make_run(out: Path, which: RunSpec, *, value: float, done: bool) -> RunFolder:
    folder = RunFolder(which.folder(out))
    identity = identity_of(which) | {"data": {"checksum": "0" * 64}}
    environment = {"commit": "c", "versions": {"awac-reproduction": "0"}}
    write_json(folder.path / "config.json", {"identity": identity, "environment": environment})
    folder.write_rows([{"phase": "offline", "env_step": 0, "return_mean": value}])
    if done:
        folder.finish()
    return folder


def returns(out: Path) -> dict[str, float]:
    with (out / "figure1.csv").open(newline="") as file:
        return {row["seed"]: float(row["return_mean"]) for row in csv.DictReader(file)}


def without_folders(out: Path) -> None:
    for path in sorted((out / "runs").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()


def test_finished_rows_stay_until_the_run_that_is_made_again_is_finished(tmp_path: Path) -> None:
    both = [spec(0), spec(1)]
    for which in both:
        make_run(tmp_path, which, value=-10.0, done=True)
    collect("figure1", both, tmp_path)
    without_folders(tmp_path)
    assert recorded("figure1", both, tmp_path) == set(both)
    again = make_run(tmp_path, spec(0), value=-20.0, done=False)
    assert recorded("figure1", both, tmp_path) == {spec(1)}
    collect("figure1", [spec(0)], tmp_path)
    assert returns(tmp_path) == {"0": -10.0, "1": -10.0}
    again.finish()
    collect("figure1", [spec(0)], tmp_path)
    assert returns(tmp_path) == {"0": -20.0, "1": -10.0}


def test_what_did_not_exist_when_a_run_was_made_counts_as_what_it_did_instead() -> None:
    """A run of before observations could be standardised saw them raw, its weights uncapped."""
    before = ("observations=Raw", "cap=inf")
    first = identity_of(spec(settings=before))
    standardised = identity_of(spec(settings=("observations=FromPriorData", "cap=inf")))
    capped = identity_of(spec(settings=("observations=Raw", "cap=100")))
    for identity in (first, standardised, capped):
        del identity["spec"]
    old = json.loads(json.dumps(first))
    del old["method"]["observations"]
    del old["method"]["objective"]["weights"]["shape"]["cap"]
    assert differences(old, first) == []
    assert differences(old, standardised) == ["method.observations.component: Raw -> FromPriorData"]
    assert differences(old, capped) == ["method.objective.weights.shape.cap: inf -> 100.0"]


def test_empty_folder_does_not_hide_a_recorded_run(tmp_path: Path) -> None:
    make_run(tmp_path, spec(), value=-10.0, done=True)
    collect("figure1", [spec()], tmp_path)
    without_folders(tmp_path)
    spec().folder(tmp_path).mkdir(parents=True)
    assert recorded("figure1", [spec()], tmp_path) == {spec()}


def test_finished_run_of_another_preset_is_not_taken_for_this_one(tmp_path: Path) -> None:
    folder = make_run(tmp_path, spec(), value=-10.0, done=True)
    small = spec(preset="small")
    assert small.folder(tmp_path) == folder.path
    folder.check(identity_of(spec()))
    with pytest.raises(ConfigurationChanged, match=r"spec\.preset: quick -> small"):
        folder.check(identity_of(small))


def test_settings_added_since_do_not_make_it_another_run(tmp_path: Path) -> None:
    folder = make_run(tmp_path, spec(), value=-10.0, done=True)
    config = folder.config()
    del config["identity"]["hyperparameters"]["compile"]  # as if made before it existed
    write_json(folder.path / "config.json", config)
    folder.check(identity_of(spec()))


def test_order_of_settings_does_not_matter(tmp_path: Path) -> None:
    one = spec(settings=("value=PolicySamples", "samples=4"))
    other = spec(settings=("samples=4", "value=PolicySamples"))
    assert identity_of(one) == identity_of(other)
    assert identity_of(one)["method"]["objective"]["value"]["samples"] == 4


def test_rows_say_which_observations_the_demonstrations_have() -> None:
    def column(**demonstrations: object) -> str:
        return _observations({"identity": {"data": {"demonstrations": demonstrations}}})

    assert column(observations="replayed", trajectories=22) == "replayed"
    assert column(observations="recorded", trajectories=25) == "recorded"
    assert column(trajectories=25) == ""  # from before there was a choice
    assert column(observations="recorded", trajectories=0) == ""
