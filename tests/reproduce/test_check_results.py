"""The check of results/: what is committed passes, and what was damaged does not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from figures.results.cells import Cells
from reproduce.check_results import SHOWN, main
from reproduce.checking import reader

ROOT = Path(__file__).resolve().parents[2]
Change = Callable[[list[dict[str, Any]]], object]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """The committed results of one run on the door, to be damaged: two runs, 30 rows."""
    (tmp_path / "small").mkdir()
    for kind in ("csv", "manifest.json"):
        shutil.copy(
            ROOT / "results" / "earlier" / "small-door" / f"figure1.{kind}", tmp_path / "small"
        )
    return tmp_path


def test_the_committed_results_are_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(ROOT / "results")]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    for name in ("small/figure1.csv: in order", "small-door/figure1.csv: in order"):
        assert name in out
    for name in ("figure4.csv: skipped, a table", "table1.csv: skipped, a table"):
        assert name in out


def test_a_damaged_cell_is_named(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = results / "small" / "figure1.csv"
    lines = path.read_text().splitlines(keepends=True)
    cells = lines[3].split(",")
    cells[lines[0].split(",").index("success_any")] = "1.5"
    path.write_text("".join([*lines[:3], ",".join(cells), *lines[4:]]))
    assert main([str(results)]) == 1
    out, err = capsys.readouterr()
    run = "door-binary-v0 AWAC [online_steps=10000] seed 0, expert data"
    assert err.startswith(f"{path}, line 4 ({run}): success_any '1.5' is above 1; put the file")
    assert f"`python reproduce/figure1.py --preset small --out {path.parent}`" in err
    assert err.count("\n") == 1
    assert f"{path}: 1 problem" in out


def test_not_more_problems_are_told_than_one_reads(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = results / "small" / "figure1.csv"
    path.write_text(path.read_text().replace(",relabelled,", ",new,"))
    assert main([str(path)]) == 1
    err = capsys.readouterr().err.splitlines()
    assert len(err) == SHOWN + 1
    assert err[-1] == f"{path}: and 10 further problems"


def _pop(*path: str) -> Change:
    def change(entries: list[dict[str, Any]]) -> None:
        place = entries[0]
        for name in path[:-1]:
            place = place[name]
        del place[path[-1]]

    return change


def _set(value: object, *path: str) -> Change:
    def change(entries: list[dict[str, Any]]) -> None:
        place = entries[0]
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda entries: entries.pop(0), "has rows, but no entry in figure1.manifest.json"),
        (lambda entries: entries.append(entries[0]), "is there twice"),
        (_pop("seed"), "lacks seed"),
        (_set([], "identity", "spec"), "lacks identity.spec"),
        (_set("x", "identity", "schedule", "eval_every"), "says no schedule (eval_every is 'x'"),
        (_set("x", "identity", "method", "pretraining"), "says no schedule ('str' object"),
        (_pop("identity", "schedule"), "lacks identity.schedule"),
        (_pop("environment", "commit"), "lacks environment.commit"),
        (_set("0" * 12, "environment", "commit"), "commit '078ebf5f3e3b' is '000000000000' in"),
        (_set("9", "environment", "versions", "awac-reproduction"), "version '0.1.0' is '9' in"),
        (_set("f" * 64, "identity", "data", "checksum"), "is 'ffffffffffffffff' in"),
        (_set("lost", "reason"), "status 'done' goes with a reason of failure"),
        (
            _set(99, "identity", "schedule", "online_steps"),
            "is no evaluation of the schedule (evaluations next to it: 99)",
        ),
        (_set(7, "identity", "spec", "seed"), "has seed '0', but identity.spec '7'"),
    ],
)
def test_a_manifest_that_does_not_fit(
    results: Path, capsys: pytest.CaptureFixture[str], change: Change, complaint: str
) -> None:
    path = results / "small" / "figure1.manifest.json"
    entries = json.loads(path.read_text())
    change(entries)
    path.write_text(json.dumps(entries))
    assert main([str(results)]) == 1
    err = capsys.readouterr().err
    assert complaint in err
    command = f"python reproduce/figure1.py --preset small --out {path.parent}"
    assert f"write both again with `{command}`" in err


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(None, "is missing"), ("[{", "is not a manifest"), ("{}", "is not a manifest")],
)
def test_a_manifest_that_is_none(
    results: Path, capsys: pytest.CaptureFixture[str], content: str | None, complaint: str
) -> None:
    path = results / "small" / "figure1.manifest.json"
    path.unlink()
    if content is not None:
        path.write_text(content)
    assert main([str(results)]) == 1
    err = capsys.readouterr().err
    assert f"{path}: {complaint}" in err and err.count("\n") == 1


@pytest.mark.parametrize(
    ("place", "complaint"),
    [
        ("paper/figure1", "line 2: preset 'small' stands in a file of paper"),
        ("small/figure2", "line 2: experiment 'figure1' stands in a file of figure2"),
    ],
)
def test_rows_in_a_wrong_place(
    results: Path, capsys: pytest.CaptureFixture[str], place: str, complaint: str
) -> None:
    (results / place).parent.mkdir(exist_ok=True)
    for kind in ("csv", "manifest.json"):
        shutil.move(results / "small" / f"figure1.{kind}", f"{results / place}.{kind}")
    assert main([str(results)]) == 1
    assert complaint in capsys.readouterr().err


def test_what_is_looked_at(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not run folders nor other tables, but rows by any name, and a damaged file by its own."""
    small = results / "small"
    (small / "runs" / "a").mkdir(parents=True)
    shutil.copy(small / "figure1.csv", small / "runs" / "a" / "progress.csv")
    (small / "claims.csv").write_text("claim,verdict\nH1,yes\n")
    (small / "figure3.csv").write_text("nothing\n")
    shutil.copy(small / "figure1.csv", small / "extra.csv")
    assert main([str(results)]) == 1
    out, err = capsys.readouterr()
    assert "progress.csv" not in out + err
    assert f"{small / 'claims.csv'}: skipped, not rows of runs: no column preset, profile" in out
    assert f"{small / 'figure3.csv'}, line 1: experiment is missing from the header" in err
    assert f"{small / 'extra.csv'}, line 2: experiment 'figure1' stands in a file of extra" in err
    assert f"{small / 'figure1.csv'}: in order, 30 rows, 2 runs" in out


def test_nothing_to_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 2
    assert f"error: {tmp_path}: no rows there" in capsys.readouterr().err
    assert main([str(tmp_path / "nowhere")]) == 2
    assert "there is no such file or folder" in capsys.readouterr().err


def test_files_that_another_process_writes_meanwhile_are_read_again(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are those of before, the manifest is that of after: together they are wrong."""
    path = results / "small" / "figure1.csv"
    whole = path.read_text()
    lines = whole.splitlines(keepends=True)
    path.write_text("".join(lines[:-1]))
    assert reader.examine(path).problems
    read, reads = reader.read_cells, []

    def read_and_write(each: Path) -> Cells:
        cells = read(each)
        reads.append(each)
        if len(reads) == 1:
            each.write_text(whole)
        return cells

    monkeypatch.setattr(reader, "read_cells", read_and_write)
    assert not reader.examine(path).problems
    assert len(reads) == 2
    path.write_text("".join(lines[:-1]))
    reads += [path]  # nobody writes any more
    assert reader.examine(path).problems and len(reads) == 4
