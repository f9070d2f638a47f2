"""The table is brought up to date piece by piece, and loses nothing. Made-up rows, no training."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from figures.results.cells import ResultsError
from figures.results.manifest import manifest_of
from reproduce.checking.evaluations import clock
from reproduce.checking.reader import checked
from reproduce.checking.seals import sealed
from reproduce.checking.shared_runs import disagreements
from reproduce.commandline.files import write_json
from reproduce.runs.collect import (
    _observations,
    adopt,
    collect,
    recorded,
    recorded_beside,
    refuse_other_preset,
)
from reproduce.runs.folder import ConfigurationChanged, DamagedRun, RunFolder, differences
from reproduce.runs.resolved import resolved
from reproduce.specs.grid import RunSpec


def spec(seed: int = 0, **changes: object) -> RunSpec:
    fields = {"preset": "quick", "profile": "paper", "env": "pen-binary-v0", "method": "AWAC"}
    return RunSpec(**(fields | {"seed": seed, "data": "embedded"} | changes))  # type: ignore[arg-type]


def make_run(out: Path, which: RunSpec, *, value: float, done: bool) -> RunFolder:
    folder = RunFolder(which.folder(out))
    identity = resolved(which).identity | {"data": {"checksum": "0" * 64}}
    environment = {"commit": "0123456789ab", "versions": {"awac-reproduction": "0"}}
    write_json(folder.path / "config.json", {"identity": identity, "environment": environment})
    start = clock(identity)[0]
    rows = [
        {
            "phase": "online" if step > 0 else "offline",
            "env_step": step,
            "grad_step": step - start,
            "train_episodes": max(step, 0) // 200,
            "episodes": 20,
            "return_mean": value,
            "return_std": 0.0,
            "success_any": 1.0,
            "success_final": 1.0,
            "success_sustained": 1.0,
            "score": (200 + value) / 2,
            "wall_s": 1.5,
        }
        for step in clock(identity)[: None if done else 3]
    ]
    folder.write_rows(rows)
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
    make_run(tmp_path, spec(0), value=-20.0, done=True)
    assert again.state() == "done"
    collect("figure1", [spec(0)], tmp_path)
    assert returns(tmp_path) == {"0": -20.0, "1": -10.0}


def test_what_did_not_exist_when_a_run_was_made_counts_as_what_it_did_instead() -> None:
    """A run of before observations could be standardised saw them raw, its weights uncapped."""
    before = ("observations=Raw", "cap=inf")
    first = resolved(spec(settings=before)).identity
    standardised = resolved(spec(settings=("observations=FromPriorData", "cap=inf"))).identity
    capped = resolved(spec(settings=("observations=Raw", "cap=100"))).identity
    for identity in (first, standardised, capped):
        del identity["spec"]
    old = json.loads(json.dumps(first))
    del old["method"]["observations"]
    del old["method"]["objective"]["weights"]["shape"]["cap"]
    assert differences(old, first) == []
    assert differences(old, standardised) == ["method.observations.component: Raw -> FromPriorData"]
    assert differences(old, capped) == ["method.objective.weights.shape.cap: inf -> 100.0"]


def test_a_field_counts_as_new_at_its_own_place_alone() -> None:
    """Both method and prior data have `observations`: one is a component, one a word."""
    demonstrations = {"demonstrations": {"source": "d4rl"}}
    as_recorded = {"demonstrations": {"source": "d4rl", "observations": "recorded"}}
    replayed = {"demonstrations": {"source": "d4rl", "observations": "replayed"}}
    old = {"method": {"observations": {"component": "Raw"}}, "data": demonstrations}
    assert differences(old, old | {"data": as_recorded}) == []
    assert differences(old, old | {"data": replayed}) == [
        "data.demonstrations.observations: recorded -> replayed"
    ]


def test_a_margin_of_the_squash_counts_as_the_one_that_was_in_the_code() -> None:
    recorded_before: dict[str, object] = {"policy": {"component": "SquashedGaussian"}}
    for margin, changes in (1e-4, []), (1e-2, ["method.policy.squash_margin: 0.0001 -> 0.01"]):
        now = {"policy": {"component": "SquashedGaussian", "squash_margin": margin}}
        assert differences(recorded_before, now, "method") == changes


def test_empty_folder_does_not_hide_a_recorded_run(tmp_path: Path) -> None:
    make_run(tmp_path, spec(), value=-10.0, done=True)
    collect("figure1", [spec()], tmp_path)
    without_folders(tmp_path)
    spec().folder(tmp_path).mkdir(parents=True)
    assert recorded("figure1", [spec()], tmp_path) == {spec()}


def test_a_run_of_another_experiments_table_is_taken_from_there(tmp_path: Path) -> None:
    both, swept = [spec(0), spec(1)], spec(settings=("lam=0.5",))
    for which in both:
        make_run(tmp_path, which, value=-10.0 - which.seed, done=True)
    make_run(tmp_path, spec(2), value=-30.0, done=False)
    collect("figure1", [*both, spec(2)], tmp_path)
    make_run(tmp_path, swept, value=-40.0, done=True)
    collect("ablations", [swept], tmp_path)
    without_folders(tmp_path)
    wanted = [*both, spec(2), swept]
    assert recorded("ablations", wanted, tmp_path) == {swept}
    found = recorded_beside("ablations", wanted, tmp_path)
    assert found == dict.fromkeys(both, tmp_path / "figure1.csv")  # not the unfinished one
    adopt("ablations", found, tmp_path)
    assert recorded("ablations", wanted, tmp_path) == {*both, swept}
    assert recorded_beside("ablations", wanted, tmp_path) == {}
    mine = checked(tmp_path / "ablations.csv")
    assert {row["experiment"] for row in mine.cells.rows} == {"ablations"}
    assert {row["return_mean"] for row in mine.cells.rows} == {"-10.0", "-11.0", "-40.0"}
    theirs = checked(tmp_path / "figure1.csv")
    assert list(disagreements([theirs.cells, mine.cells])) == []
    assert {row["experiment"] for row in theirs.cells.rows} == {"figure1"}


def test_a_run_with_a_folder_or_other_settings_is_not_taken_from_another_table(
    tmp_path: Path,
) -> None:
    make_run(tmp_path, spec(), value=-10.0, done=True)
    collect("figure1", [spec()], tmp_path)
    assert recorded_beside("ablations", [spec()], tmp_path) == {}  # its folder is there
    without_folders(tmp_path)
    manifest = tmp_path / "figure1.manifest.json"
    (entry,) = json.loads(manifest.read_text())
    assert recorded_beside("ablations", [spec()], tmp_path).keys() == {spec()}
    entry["identity"]["hyperparameters"]["tau"] = 0.5
    rows = checked(tmp_path / "figure1.csv").cells.rows
    write_json(manifest, sealed([entry], rows))
    assert recorded_beside("ablations", [spec()], tmp_path) == {}


def test_an_unfinished_run_gives_way_to_the_finished_one_of_another_table(
    tmp_path: Path,
) -> None:
    make_run(tmp_path, spec(), value=-5.0, done=False)
    collect("ablations", [spec()], tmp_path)
    without_folders(tmp_path)
    make_run(tmp_path, spec(), value=-10.0, done=True)
    collect("figure1", [spec()], tmp_path)
    without_folders(tmp_path)
    adopt("ablations", recorded_beside("ablations", [spec()], tmp_path), tmp_path)
    mine = checked(tmp_path / "ablations.csv")
    assert [row["return_mean"] for row in mine.cells.rows] == ["-10.0"] * 5
    assert {row["status"] for row in mine.cells.rows} == {"done"} and len(mine.entries) == 1


def test_a_table_of_others_that_is_not_in_order_is_passed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_run(tmp_path, spec(), value=-10.0, done=True)
    collect("figure3", [spec()], tmp_path)
    without_folders(tmp_path)
    (tmp_path / "figure3.manifest.json").unlink()
    assert recorded_beside("figure1", [spec()], tmp_path) == {}
    told = capsys.readouterr().err
    assert told.startswith(f"note: no run of figure1 is taken from {tmp_path / 'figure3.csv'}")


def test_a_disk_that_is_full_leaves_table_and_manifest_of_one_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_run(tmp_path, spec(0), value=-10.0, done=True)
    collect("figure1", [spec(0)], tmp_path)
    make_run(tmp_path, spec(1), value=-20.0, done=True)
    written = []

    def full(number: int) -> None:
        written.append(number)
        if len(written) == 2:  # the table is on the disk, the manifest is not
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("reproduce.commandline.files.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        collect("figure1", [spec(0), spec(1)], tmp_path)
    assert returns(tmp_path) == {"0": -10.0}
    checked(tmp_path / "figure1.csv")
    assert sorted(p.name for p in tmp_path.glob("*.tmp")) == []
    monkeypatch.undo()
    collect("figure1", [spec(0), spec(1)], tmp_path)
    assert returns(tmp_path) == {"0": -10.0, "1": -20.0}


def test_finished_run_of_another_preset_is_not_taken_for_this_one(tmp_path: Path) -> None:
    folder = make_run(tmp_path, spec(), value=-10.0, done=True)
    small = spec(preset="small")
    assert small.folder(tmp_path) == folder.path
    folder.check(resolved(spec()).identity)
    with pytest.raises(ConfigurationChanged, match=r"spec\.preset: quick -> small"):
        folder.check(resolved(small).identity)


def test_rows_of_a_finished_run_that_are_gone_are_missed(tmp_path: Path) -> None:
    folder = make_run(tmp_path, spec(), value=-10.0, done=True)
    (folder.path / "progress.csv").unlink()
    with pytest.raises(DamagedRun, match=r"progress\.csv is missing, and `done` beside it"):
        folder.rows()
    (folder.path / "done").unlink()  # as the message says
    assert folder.rows() == [] and folder.state() != "done"


def test_settings_added_since_do_not_make_it_another_run(tmp_path: Path) -> None:
    folder = make_run(tmp_path, spec(), value=-10.0, done=True)
    config = folder.config()
    del config["identity"]["hyperparameters"]["precision"]  # as if made before it existed
    write_json(folder.path / "config.json", config)
    folder.check(resolved(spec()).identity)


def test_order_of_settings_does_not_matter(tmp_path: Path) -> None:
    one = spec(settings=("value=PolicySamples", "samples=4"))
    other = spec(settings=("samples=4", "value=PolicySamples"))
    assert resolved(one).identity == resolved(other).identity
    assert resolved(one).identity["method"]["objective"]["value"]["samples"] == 4


def test_what_is_collected_is_in_order_and_sealed(tmp_path: Path) -> None:
    make_run(tmp_path, spec(0), value=-10.0, done=True)
    make_run(tmp_path, spec(1), value=-20.0, done=False)
    path, _ = collect("figure1", [spec(0), spec(1)], tmp_path)
    found = checked(path)
    assert found.runs == 2
    assert [entry["seal"]["rows"] for entry in found.entries] == [5, 3]
    before = path.read_bytes(), manifest_of(path).read_bytes()
    collect("figure1", [spec(0), spec(1)], tmp_path)
    assert (path.read_bytes(), manifest_of(path).read_bytes()) == before


@pytest.mark.parametrize("bom", [False, True])
def test_a_mark_of_byte_order_is_tolerated_and_gone(tmp_path: Path, bom: bool) -> None:
    make_run(tmp_path, spec(0), value=-10.0, done=True)
    path, _ = collect("figure1", [spec(0)], tmp_path)
    before = path.read_bytes()
    path.write_bytes(b"\xef\xbb\xbf" * bom + before)
    assert recorded("figure1", [spec(0)], tmp_path) == set()  # its folder is there
    make_run(tmp_path, spec(1), value=-10.0, done=True)
    collect("figure1", [spec(1)], tmp_path)
    assert path.read_bytes().startswith(before)


def _half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def _semicolons(path: Path) -> None:
    path.write_text(path.read_text().replace(",", ";"))


def _doubled(path: Path) -> None:
    path.write_text(path.read_text() + path.read_text().splitlines(keepends=True)[-1])


def _decimal_seed(path: Path) -> None:
    path.write_text(path.read_text().replace(",relabelled,0,", ",relabelled,0.0,"))


def _damaged_manifest(path: Path) -> None:
    manifest = path.with_suffix(".manifest.json")
    manifest.write_text(manifest.read_text()[:-30])


def _foreign_manifest(path: Path) -> None:
    path.with_suffix(".manifest.json").write_text('{"a": 1}')


def _no_manifest(path: Path) -> None:
    path.with_suffix(".manifest.json").unlink()


def _changed(path: Path) -> None:
    path.write_text(path.read_text().replace(",-10.0,0.0,", ",-11.0,0.0,").replace("95.0", "94.5"))


DAMAGES = {
    _half: "figure1.csv, line 6: ",
    _semicolons: "is missing from the header",
    _doubled: "env_step '3200' repeats an evaluation",
    _decimal_seed: "seed '0.0' is not a whole number",
    _damaged_manifest: "figure1.manifest.json: is not a manifest",
    _foreign_manifest: "figure1.manifest.json: is not a manifest",
    _no_manifest: "figure1.manifest.json: is missing",
    _changed: "was sealed with other rows",
    Path.unlink: "figure1.manifest.json: lies there without figure1.csv",
}


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda each: each.__name__)
def test_what_is_damaged_is_refused_and_left_as_it_is(
    tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    """By what looks before training as by what writes after it; and the advice leads on."""
    make_run(tmp_path, spec(0), value=-10.0, done=True)
    path, _ = collect("figure1", [spec(0)], tmp_path)
    make_run(tmp_path, spec(1), value=-10.0, done=True)
    damage(path)
    before = {each: each.read_bytes() for each in tmp_path.glob("figure1*")}
    for refused in (recorded, collect):
        with pytest.raises(ResultsError) as error:
            refused("figure1", [spec(1)], tmp_path)
        assert DAMAGES[damage] in str(error.value)
        assert "\n" not in str(error.value)
        assert {each: each.read_bytes() for each in tmp_path.glob("figure1*")} == before
    for each in before:
        each.rename(each.with_suffix(".away"))
    path, _ = collect("figure1", [spec(0), spec(1)], tmp_path)
    assert checked(path).runs == 2


def test_one_folder_holds_one_preset(tmp_path: Path) -> None:
    refuse_other_preset(tmp_path, "small")
    make_run(tmp_path, spec(0), value=-10.0, done=False)
    refuse_other_preset(tmp_path, "quick")
    with pytest.raises(ResultsError, match=r"config\.json: is of preset quick, .* --preset quick"):
        refuse_other_preset(tmp_path, "small")
    collect("figure1", [spec(0)], tmp_path)
    without_folders(tmp_path)
    refuse_other_preset(tmp_path, "quick")
    with pytest.raises(ResultsError, match=r"figure1\.csv: is of preset quick"):
        refuse_other_preset(tmp_path, "small")


def test_rows_say_which_observations_the_demonstrations_have() -> None:
    def column(**demonstrations: object) -> str:
        return _observations({"identity": {"data": {"demonstrations": demonstrations}}})

    assert column(observations="replayed", trajectories=22) == "replayed"
    assert column(observations="recorded", trajectories=25) == "recorded"
    assert column(trajectories=25) == ""  # from before there was a choice
    assert column(observations="recorded", trajectories=0) == ""
