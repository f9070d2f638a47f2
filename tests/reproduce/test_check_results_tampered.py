"""Tampered copies of committed results: each is found, in one line with file, run and reason."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorithms.config import Schedule
from reproduce.check_results import main
from reproduce.checking.evaluations import clock
from reproduce.checking.seals import run_of, sealed

RESULTS = Path(__file__).resolve().parents[2] / "results" / "earlier" / "small"
KEPT = {
    "figure1": (("AWAC", "0"), ("AWAC", "1"), ("SAC", "0"), ("BC", "0")),
    "ablations": (("AWAC", "0"), ("AWAC", "1")),
    "figure3": (("AWAC", "0"),),
}
Row = dict[str, str]


@dataclass
class Table:
    """Rows and manifest of one experiment, to be changed and written back."""

    folder: Path
    name: str

    def __post_init__(self) -> None:
        with self.csv.open(newline="") as file:
            self.rows: list[Row] = list(csv.DictReader(file))
        self.entries: list[dict[str, Any]] = json.loads(self.manifest.read_text())

    @property
    def csv(self) -> Path:
        return self.folder / f"{self.name}.csv"

    @property
    def manifest(self) -> Path:
        return self.folder / f"{self.name}.manifest.json"

    def write(self) -> None:
        with self.csv.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(self.rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows)
        self.manifest.write_text(json.dumps(self.entries))

    def of(self, method: str, seed: int = 0, variant: str = "") -> list[Row]:
        run = (method, variant, str(seed))
        return [r for r in self.rows if (r["method"], r["variant"], r["seed"]) == run]

    def at(self, step: int, method: str = "AWAC", seed: int = 0) -> Row:
        (row,) = (r for r in self.of(method, seed) if r["env_step"] == str(step))
        return row

    def seal(self) -> None:
        self.entries = sealed(self.entries, self.rows)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few of the committed runs, sealed as collecting does."""
    folder = tmp_path_factory.mktemp("results") / "small"
    folder.mkdir()
    for name, runs in KEPT.items():
        for kind in ("csv", "manifest.json"):
            shutil.copy(RESULTS / f"{name}.{kind}", folder)
        table = Table(folder, name)
        tasks = {"pen-binary-v0", "HalfCheetah-v2"} if name != "ablations" else {"pen-binary-v0"}

        def wanted(
            row: dict[str, Any], runs: tuple[Any, ...] = runs, tasks: set[str] = tasks
        ) -> bool:
            named = (row["method"], str(row["seed"])) in runs
            return named and row["env"] in tasks and not row["variant"]

        table.rows = [row for row in table.rows if wanted(row)]
        table.entries = [entry for entry in table.entries if wanted(entry)]
        table.seal()
        table.write()
    return folder


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy, to be tampered with."""
    target = tmp_path / "small"
    shutil.copytree(original, target)
    yield target


def complaints(folder: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    status = main([str(folder)])
    err = capsys.readouterr().err.splitlines()
    assert status == (1 if err else 0)
    return err


def test_the_copy_itself_is_in_order(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert complaints(folder, capsys) == []


def _swap(table: Table, name: str, one: str, other: str) -> None:
    for row in table.rows:
        row[name] = {one: other, other: one}.get(row[name], row[name])


def _copy(table: Table, source: int, target: int) -> None:
    for row in table.of("AWAC", source):
        twin = table.at(int(row["env_step"]), seed=target)
        twin |= {n: v for n, v in row.items() if n not in ("seed", "wall_s")}


def _delete(table: Table, *doomed: Row) -> None:
    table.rows = [row for row in table.rows if row not in doomed]


def _worst(table: Table) -> Row:
    online = [row for row in table.of("AWAC") if 0 < int(row["env_step"]) < 60_000]
    return min(online, key=lambda row: float(row["return_mean"]))


AWAC0, AWAC1 = (
    "(pen-binary-v0 AWAC seed 0, human data)",
    "(pen-binary-v0 AWAC seed 1, human data)",
)
TAMPERED = [
    ("a return too good", lambda t: t.at(0).update(return_mean="50"), "return_mean '50' is out"),
    ("a success of no 20 episodes", lambda t: t.at(0).update(success_any="0.873"),
     "success_any '0.873' is no share"),
    ("success at the end without any", lambda t: t.at(0).update(success_any="0.0"),
     "is above success_any"),
    ("a score of another return", lambda t: t.at(0).update(score="99"), "score '99' is not what"),
    ("an emptied evaluation", lambda t: t.at(5000).update(return_mean=""), "'' is empty"),
    ("the worst evaluation deleted", lambda t: _delete(t, _worst(t)), "follows a gap"),
    ("no row at 0", lambda t: _delete(t, t.at(0)), "without a row at step 0"),
    ("no last row", lambda t: _delete(t, t.at(60_000)), "there is no row at step 60000"),
    ("no first row", lambda t: _delete(t, t.at(-25_000)), "there is no row at step -25000"),
    ("a further row", lambda t: t.rows.append(t.at(0) | {"env_step": "-1", "grad_step": "24999"}),
     "env_step '-1' is no evaluation of the schedule"),
    ("fewer episodes", lambda t: t.at(0).update(episodes="40"),
     "episodes '40' is not the schedule's 20"),
    ("another clock of updates", lambda t: t.at(-25_000).update(grad_step="1"),
     "grad_step '1' should be 0 by the offline clock"),
    ("0 online", lambda t: t.at(0).update(phase="online"), "'online' does not go"),
    ("a diagnostic", lambda t: t.at(0).update(q_mean="-3"), "the CSV was changed"),
    ("a failed run that is done", lambda t: [r.update(status="failed") for r in t.of("AWAC")],
     "goes with no reason of failure"),
    ("a run gone from the CSV", lambda t: _delete(t, *t.of("AWAC")),
     "was sealed with 27 rows, but the CSV has 0"),
    ("altered hyperparameters",
     lambda t: t.entries[0]["identity"]["hyperparameters"].update(tau=0.01),
     "is not as it was sealed: configuration"),
    ("an altered component",
     lambda t: t.entries[0]["identity"]["method"]["objective"]["weights"]["shape"].update(lam=1.0),
     "is not as it was sealed: configuration"),
    ("altered versions", lambda t: t.entries[0]["environment"]["versions"].update(torch="1.0"),
     "is not as it was sealed: configuration"),
    ("a seal taken off", lambda t: t.entries[0].pop("seal"), "has no seal"),
    ("a seal of nothing", lambda t: t.entries[0].update(seal=7), "has a seal of another kind"),
]  # fmt: skip


def changed_alone(folder: Path, change: Callable[[Table], object]) -> Table:
    """Figure 1's table with a change, not yet written, in a folder without other files."""
    (folder / "ablations.csv").unlink()
    table = Table(folder, "figure1")
    change(table)
    return table


@pytest.mark.parametrize(("change", "reason"), [pytest.param(*c[1:], id=c[0]) for c in TAMPERED])
def test_each_is_told_in_one_line_with_file_run_and_reason(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[Table], object],
    reason: str,
) -> None:
    """The first entry is AWAC's, seed 0; the file stands alone, so that no other tells on it."""
    table = changed_alone(folder, change)
    table.write()
    (line,) = complaints(folder, capsys)
    assert line.startswith((f"{table.csv}", f"{table.manifest}"))
    assert AWAC0 in line and reason in line, line


def _first(table: Table, column: str, value: str) -> None:
    """A column that the file did not have, filled in the first row of AWAC's seed 0 alone."""
    for row in table.rows:
        row[column] = ""
    table.of("AWAC")[0][column] = value


def _numbered(table: Table) -> None:
    """Rows of AWAC's seed 0 name a version of the numbers, and the manifest another."""
    named = table.of("AWAC")
    for row in table.rows:
        row["numbers_version"] = "2" if row in named else ""
    table.entries[0]["environment"]["numbers_version"] = 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_numbered, "numbers_version '2' is '1' in figure1.manifest.json"),
        (
            lambda t: _first(t, "start_distance", "0.1"),
            "start_distance '0.1' is there, but the task does not know it",
        ),
    ],
    ids=["another version of the numbers", "a distance on the pen"],
)
def test_a_seal_does_not_hide_what_cannot_be(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[Table], object],
    reason: str,
) -> None:
    table = changed_alone(folder, change)
    table.seal()
    table.write()
    (line,) = complaints(folder, capsys)
    assert AWAC0 in line and reason in line, line


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        (lambda t: _swap(t, "seed", "0", "1"), {AWAC0: "rows", AWAC1: "rows"}),
        (lambda t: _swap(t, "method", "SAC", "AWAC"), {AWAC0: "grad_step", "SAC seed 0": "grad"}),
        (lambda t: _copy(t, 1, 0), {"seed 1": "has the same diagnostics as seed 0 in 26 rows"}),
    ],
    ids=["swapped seeds", "swapped methods", "a copied seed"],
)
def test_runs_that_changed_places(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[Table], object],
    reasons: dict[str, str],
) -> None:
    changed_alone(folder, change).write()
    found = complaints(folder, capsys)
    for run, reason in reasons.items():
        assert any(run in line and reason in line for line in found), found


def test_a_run_gone_from_both_files_is_missed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = Table(folder, "figure1")
    gone = run_of(table.entries[-1])
    table.entries.pop()
    _delete(table, *(row for row in table.rows if run_of(row) == gone))
    table.write()
    (line,) = complaints(folder, capsys)
    assert "was sealed as one of 4 runs, but 3 are there" in line


def test_scores_off_the_line_of_returns(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = Table(folder, "figure3")
    table.rows[5]["normalised_score"] = "0.9"
    table.rows[9]["d4rl_score"] = "90"
    table.write()
    first, second = complaints(folder, capsys)
    assert "line 7 (HalfCheetah-v2 AWAC seed 0, expert data): normalised_score '0.9' is n" in first
    assert "line 11 (HalfCheetah-v2 AWAC seed 0, expert data): d4rl_score '90' is not" in second


@pytest.mark.parametrize("reseal", [False, True])
def test_a_copied_seed_is_found_even_where_it_is_sealed(
    folder: Path, capsys: pytest.CaptureFixture[str], reseal: bool
) -> None:
    (folder / "ablations.csv").unlink()
    table = Table(folder, "figure1")
    _copy(table, 0, 1)
    if reseal:
        table.seal()
    table.write()
    (line,) = complaints(folder, capsys)
    assert (
        AWAC1 in line and "seed '1' has the same diagnostics as seed 0 in 26 rows: a copy" in line
    )


def test_runs_that_two_files_share_must_agree(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = Table(folder, "ablations")
    table.at(5000, seed=1)["q_mean"] = "-3"
    table.seal()
    table.write()
    (line,) = complaints(folder, capsys)
    was = Table(folder, "figure1").at(5000, seed=1)["q_mean"]
    assert (
        AWAC1 in line and f"q_mean '-3' is '{was}' in figure1.csv, which has the same run" in line
    )


@pytest.mark.parametrize(
    ("shortened", "whole"), [("figure1", "ablations"), ("ablations", "figure1")]
)
def test_a_finished_run_that_two_files_share_has_as_many_rows_in_both(
    shortened: str, whole: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One file has a schedule that is twice as coarse, and rows that go with it."""
    table = Table(folder, shortened)
    (entry,) = (e for e in table.entries if (e["method"], e["seed"]) == ("AWAC", 1))
    entry["identity"]["schedule"]["eval_every"] *= 2
    steps = clock(entry["identity"])
    gone = [row for row in table.of("AWAC", 1) if int(row["env_step"]) not in steps]
    assert gone
    _delete(table, *gone)
    table.seal()
    table.write()
    (line,) = complaints(folder, capsys)
    first = gone[0]["env_step"]
    assert line.startswith(f"{folder / whole}.csv, line ") and AWAC1 in line
    assert f"env_step '{first}' is 'missing' in {shortened}.csv, which has the same run" in line


def test_a_shared_run_may_still_go_on_in_one_of_them(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = Table(folder, "ablations")
    _delete(table, *(row for row in table.of("AWAC") if int(row["env_step"]) > 5000))
    for row in table.of("AWAC"):
        row["status"] = "running"
    table.seal()
    table.write()
    assert complaints(folder, capsys) == []


def test_a_manifest_without_any_seal_is_to_be_collected_again(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = Table(folder, "figure1")
    for entry in table.entries:
        del entry["seal"]
    table.write()
    told = complaints(folder, capsys)
    assert len(told) == len(table.entries)
    assert "has no seal, which collecting writes; put the file back" in told[0]
    assert "write both again with `python reproduce/figure1.py" in told[0]


def test_a_column_of_another_run_breaks_no_seal(folder: Path) -> None:
    """Empty cells do not count, nor whose file it is, nor the order of rows and columns."""
    table = Table(folder, "figure1")
    more = [dict(reversed((row | {"new": "", "experiment": "x"}).items())) for row in table.rows]
    assert sealed(table.entries, more[::-1]) == table.entries


@given(
    offline=st.integers(0, 60),
    online=st.integers(0, 90),
    dense=st.integers(1, 25),
    sparse=st.integers(1, 25),
    until=st.integers(0, 90),
)
def test_the_clock_is_that_of_training(
    offline: int, online: int, dense: int, sparse: int, until: int
) -> None:
    schedule = {
        "online_steps": online,
        "eval_every": sparse,
        "dense_eval_every": dense,
        "dense_until": until,
        "eval_episodes": 20,
    }
    identity = {"schedule": schedule, "hyperparameters": {"offline_steps": offline}, "method": {}}
    assert clock(identity) == sorted(Schedule(**schedule).evaluations(offline))
    identity["method"] = {"pretraining": {"component": "NoPretraining"}}
    assert clock(identity) == sorted(Schedule(**schedule).evaluations(0))
