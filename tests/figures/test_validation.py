"""Checking a file of rows: what is in order, and each way of not being it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from figures.results.cells import ResultsError, read_cells
from figures.results.validation import Problem, problems_of

Row = dict[str, Any]


def row(step: int, **cells: object) -> Row:
    return {
        "experiment": "figure1", "preset": "small", "profile": "paper", "env": "pen-binary-v0",
        "method": "AWAC", "variant": "", "data": "human", "labels": "relabelled", "seed": 0,
        "status": "done", "data_checksum": "0123456789abcdef", "commit": "0123456789ab",
        "version": "0.1.0", "phase": "online" if step > 0 else "offline", "env_step": step,
        "grad_step": 1000 + step, "train_episodes": max(step, 0) // 200, "episodes": 20,
        "return_mean": -150.0, "return_std": 9.5, "wall_s": 5000.0 + step, "success_any": 0.5,
    } | cells  # fmt: skip


def rows() -> list[Row]:
    """Two runs of three evaluations: lines 2-4 and 5-7 of the file."""
    return [row(step, seed=seed) for seed in (0, 1) for step in (-1000, 0, 1000)]


def written(path: Path, content: list[Row]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(content[-1]), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(content)
    return path


def problems(path: Path) -> list[Problem]:
    return problems_of(read_cells(path))


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "small").mkdir()
    return tmp_path / "small" / "figure1.csv"


def test_rows_in_order(target: Path) -> None:
    assert problems(written(target, rows())) == []


@pytest.mark.parametrize("cells", [{"commit": ""}, {"commit": "0123456789ab+changes"}])
def test_a_commit_may_be_missing_or_dirty(target: Path, cells: dict[str, str]) -> None:
    assert problems(written(target, [r | cells for r in rows()])) == []


@pytest.mark.parametrize(
    ("cells", "complaint"),
    [
        ({"seed": ""}, "seed '' is empty"),
        ({"data": ""}, "data '' is empty"),
        ({"env": "pen"}, "env 'pen' is none of pen-binary-v0, door-binary-v0"),
        ({"data": "demos"}, "data 'demos' is none of human, human-recorded, expert, embedded"),
        ({"profile": "rlkit"}, "profile 'rlkit' is none of paper, released"),
        ({"phase": "pretrain"}, "phase 'pretrain' is none of init, offline, online"),
        ({"status": "ok"}, "status 'ok' is none of done, running, failed"),
        ({"data_checksum": "xyz"}, "data_checksum 'xyz' does not match [0-9a-f]{16}"),
        ({"commit": "main"}, "commit 'main' does not match"),
        ({"seed": "1.5"}, "seed '1.5' is not a whole number"),
        ({"seed": "-1"}, "seed '-1' is below 0"),
        ({"episodes": "0"}, "episodes '0' is below 1"),
        ({"return_mean": "good"}, "return_mean 'good' is not a finite number"),
        ({"return_mean": "nan"}, "return_mean 'nan' is not a finite number"),
        ({"return_mean": "-inf"}, "return_mean '-inf' is not a finite number"),
        ({"success_any": "1.01"}, "success_any '1.01' is above 1"),
        ({"success_any": "-0.01"}, "success_any '-0.01' is below 0"),
        ({"env_step": "5"}, "env_step '5' is positive in a phase before the online one"),
        ({"phase": "online"}, "env_step '-1000' is negative in the online phase"),
        ({"env_step": "0"}, "env_step '0' repeats an evaluation of the same run"),
        ({"grad_step": "1001"}, "grad_step '1000' is less than in the run's row before"),
        ({"wall_s": "5001.0"}, "wall_s '5000.0' is less than in the run's row before"),
        ({"status": "running"}, "status 'done' differs from the first row of the same run"),
        ({"version": "0.2"}, "version '0.1.0' differs from the first row of the same run"),
        ({"preset": "paper"}, "preset 'small' is not that of line 2"),
        ({"experiment": "figure2"}, "experiment 'figure1' is not that of line 2"),
    ],
)
def test_each_rule(target: Path, cells: dict[str, str], complaint: str) -> None:
    """The first row is changed, and no other; the message names file, line, column and value."""
    content = rows()
    content[0] |= cells
    found = [str(problem) for problem in problems(written(target, content))]
    assert any(complaint in text for text in found), found
    assert all(text.startswith(f"{target}, line ") for text in found)
    assert all("python reproduce/figure1.py --preset small" in text for text in found)


@pytest.mark.parametrize("value", ["0", "1", "0.5", ""])
def test_bounds_are_allowed_and_so_are_empty_cells(target: Path, value: str) -> None:
    content = [r | {"behavior_kept": value} for r in rows()]
    assert problems(written(target, content)) == []


def test_all_problems_are_told_in_the_order_of_lines(target: Path) -> None:
    content = rows()
    content[4]["success_any"], content[1]["episodes"], content[5]["env"] = "2", "x", ""
    found = problems(written(target, content))
    assert [(p.line, p.column, p.value) for p in found] == [
        (3, "episodes", "x"),
        (6, "success_any", "2"),
        (7, "env", ""),
    ]


def test_a_missing_column_is_told_once(target: Path) -> None:
    content = [{name: cell for name, cell in r.items() if name != "labels"} for r in rows()]
    (found,) = problems(written(target, content))
    assert (found.line, found.column, found.complaint) == (
        1,
        "labels",
        "is missing from the header",
    )


def test_a_header_alone(target: Path) -> None:
    written(target, rows())
    target.write_text(target.read_text().splitlines()[0] + "\n")
    (found,) = problems(target)
    assert "a header but no row" in str(found)


def test_further_columns_may_hold_numbers_only(target: Path) -> None:
    content = [r | {"new_loss": 1.5, "device": ""} for r in rows()]
    assert problems(written(target, content)) == []
    content[2]["device"] = "cpu"
    (found,) = problems(written(target, content))
    assert (found.line, found.column, found.value) == (4, "device", "cpu")
    assert "does not describe" in found.complaint


def test_a_file_cut_anywhere_in_its_last_line_is_not_in_order(target: Path) -> None:
    whole = written(target, rows()).read_text()
    last = whole.rstrip("\n").rfind("\n") + 1
    for end in (last + 1, last + 40, len(whole) - 5, len(whole) - 1):
        target.write_text(whole[:end])
        assert problems(target), whole[last:end]
    target.write_text(whole[:last])
    assert problems(target) == []


def test_rows_with_too_many_and_too_few_cells(target: Path) -> None:
    lines = written(target, rows()).read_text().splitlines()
    lines[3] += ",7"
    lines[5] = lines[5].rpartition(",")[0]
    target.write_text("\n".join(lines) + "\n")
    found = [str(problem) for problem in problems(target)]
    assert f"{target}, line 4: 23 cells where the header has 22" in found[0]
    assert f"{target}, line 6: 21 cells where the header has 22" in found[1]
    assert len(found) == 2


def test_lines_are_those_of_the_file(target: Path) -> None:
    content = rows()
    content[0]["variant"] = content[1]["variant"] = content[2]["variant"] = "two\nlines"
    content[5]["seed"] = "x"
    written(target, content)
    lines = target.read_text().splitlines(keepends=True)
    target.write_text("".join([lines[0], "\n", *lines[1:]]))
    assert list(read_cells(target).lines) == [3, 5, 7, 9, 10, 11]
    assert [problem.line for problem in problems(target)] == [11]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "empty, not even a header"),
        (b"\n\n", "empty, not even a header"),
        (b"a,b,a\n1,2,3\n", "line 1: column 'a' is there twice"),
        (b"a,b\n1,\xff\n", "not a readable CSV"),
        (b'a,b\n1,2\n3,"4\n', "after line 2: not a readable CSV"),
    ],
)
def test_what_cannot_be_read_at_all(target: Path, content: bytes, complaint: str) -> None:
    target.write_bytes(content)
    with pytest.raises(ResultsError, match=complaint) as error:
        problems(target)
    assert str(target) in str(error.value)


def test_a_foreign_file_is_told_by_its_missing_columns(target: Path) -> None:
    target.write_text("date,price\n2020-01-01,3\n")
    found = problems(target)
    assert len(found) == 21
    assert all(p.complaint == "is missing from the header" for p in found)


def test_a_mark_of_byte_order_is_no_part_of_the_first_name(target: Path) -> None:
    content = written(target, rows()).read_bytes()
    target.write_bytes(b"\xef\xbb\xbf" + content)
    assert problems(target) == []


def test_a_message_has_one_line_whatever_stands_in_the_cell(target: Path) -> None:
    content = rows()
    content[0]["status"] = "do\nne" + "x" * 500
    text = str(problems(written(target, content))[0])
    assert "\n" not in text and "do\\nnexxx" in text and len(text) < 500


def test_a_problem_of_a_row_names_its_run(target: Path) -> None:
    content = rows()
    content[3]["episodes"] = "0"
    (found,) = map(str, problems(written(target, content)))
    place = f"{target}, line 5 (pen-binary-v0 AWAC seed 1, human data): episodes '0' is below 1"
    assert found.startswith(place)


@pytest.mark.parametrize(
    ("place", "command"),
    [
        ("results/small/figure1.csv", "python reproduce/figure1.py --preset small`"),
        ("mine/figure1.csv", "python reproduce/figure1.py --preset small --out {}/mine`"),
        ("mine/experts.csv", "python reproduce/train_expert.py --out {}/mine`"),
        ("a b/paper/x.csv", "python reproduce/<figure>.py --preset paper --out '{}/a b/paper'`"),
    ],
)
def test_the_command_is_the_real_one(tmp_path: Path, place: str, command: str) -> None:
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    written(path, [rows()[0] | {"episodes": "x"}])
    (found,) = map(str, problems(path))
    assert found.endswith("write both again with `" + command.format(tmp_path))


def test_the_message() -> None:
    problem = Problem(Path("a.csv"), 3, "seed", "x", "is wrong", "mend it")
    assert str(problem) == "a.csv, line 3: seed 'x' is wrong; mend it"
    assert (
        str(Problem(Path("a.csv"), 0, "", None, "is wrong", "mend it"))
        == "a.csv: is wrong; mend it"
    )
