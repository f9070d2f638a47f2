"""What is committed in words and tables is what the code makes of the committed CSVs."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import pytest

from reproduce import report, result_tables
from reproduce.reporting import blocks
from reproduce.result_tables import pages, rewritten, tables
from reproduce.specs.studies import STUDIES

ROOT = Path(__file__).resolve().parents[2]
SMALL = ROOT / "results" / "small"
EARLIER = ROOT / "results" / "earlier" / "small"
PAGES = pages(ROOT, SMALL)


def test_the_pages_with_tables_are_found() -> None:
    names = {page.name for page in PAGES}
    assert {"README.md", "results-small.md", "locomotion.md", "pilots.md"} <= names


@pytest.mark.parametrize("page", sorted(PAGES, key=str), ids=lambda page: page.name)
def test_the_tables_of_a_page_are_those_of_the_results(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    made, changed = rewritten(text, PAGES[page])
    assert changed == [], f"`python reproduce/result_tables.py` writes {', '.join(changed)} anew"
    assert made == text


def test_every_table_is_on_the_page_once_and_the_first_on_the_front_page_too() -> None:
    front, page = ((ROOT / n).read_text() for n in ("README.md", "docs/results-small.md"))
    found = re.findall(r"<!-- table: (\S+) -->", page)
    beside = ["human-figure1", "long-figure1", "long-human-figure1", "earlier-first-data-figure1"]
    assert sorted(found) == sorted([*tables(SMALL), *beside])
    assert re.findall(r"<!-- table: (\S+) -->", front) == ["figure1"]
    assert (front + page).count("<!-- end -->") == len(found) + 1


FOLDERS = sorted({study.folder for study in STUDIES.values()})


def test_the_folders_of_the_studies_are_found() -> None:
    assert FOLDERS == ["controls", "diagnosis", "locomotion", "pilots"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_study_with_rows_has_its_table(folder: str) -> None:
    page = ROOT / "docs" / f"{folder}.md"
    rows = sorted(path.stem for path in (ROOT / "results" / folder).glob("*.csv"))
    assert rows, f"results/{folder} has no results"
    text = page.read_text(encoding="utf-8")
    assert sorted(re.findall(r"<!-- table: (\S+) -->", text)) == rows


def by_hand(figure: str, method: str, column: str) -> tuple[list[float], list[float]]:
    """Of each seed: the value at step 0, and the mean of the last five."""
    with (EARLIER / f"{figure}.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["method"] == method]
    runs = [[r for r in rows if r["seed"] == seed] for seed in sorted({r["seed"] for r in rows})]
    for run in runs:
        run.sort(key=lambda row: int(row["env_step"]))
    start = [float(row[column]) for run in runs for row in run if row["env_step"] == "0"]
    return start, [sum(float(row[column]) for row in run[-5:]) / 5 for run in runs]


def test_the_tables_by_hand() -> None:
    """A few cells, computed from the CSV without any of the code."""
    made = tables(EARLIER)
    start, end = by_hand("figure2", "SAC", "final_distance")
    assert f"| SAC | 3 | {sum(start) / 3:.3f} → {sum(end) / 3:.3f} |" in made["figure2"]()
    start, end = (sorted(values) for values in by_hand("figure1", "AWAC", "success_any"))
    cell = f"{sum(start[1:4]) / 3:.2f} → {sum(end[1:4]) / 3:.2f}"  # the middle three of five
    found = re.search(rf"\| AWAC \| 5 \| {cell} \[(\S+), (\S+)\] \|", made["figure1"]())
    assert found is not None
    low, middle, high = float(found[1]), sum(end[1:4]) / 3, float(found[2])
    assert min(end) - 0.005 <= low < middle < high <= max(end) + 0.005  # two digits are shown
    with (EARLIER / "figure1.csv").open(newline="") as file:
        ends = [r for r in csv.DictReader(file) if r["method"] == "AWR"]
    minutes = max(float(row["wall_s"]) for row in ends) / 60
    assert f"| AWR | {minutes:.1f} |" in made["minutes"]()


def test_a_table_out_of_step_is_named_and_mended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {"pen": lambda: "| 1 |", "door": lambda: "| 2 |"}
    monkeypatch.setattr(result_tables, "tables", lambda _: made)
    right = "A\n<!-- table: pen -->\n\n| 1 |\n\n<!-- end -->\nB\n"
    right += right.replace("pen", "door").replace("1", "2")
    path = tmp_path / "README.md"
    wrong = right.replace("1", "7")
    path.write_text(wrong)
    arguments = ["--root", str(tmp_path)]
    assert result_tables.main([*arguments, "--check"]) == 1
    assert capsys.readouterr().err == f"{path}: out of step: pen\n"
    assert path.read_text() == wrong
    assert result_tables.main(arguments) == 0
    assert path.read_text() == right
    path.write_text("<!-- table: pen2 -->\n<!-- end -->\n")
    assert result_tables.main(arguments) == 2
    assert "table 'pen2' is none of pen, door" in capsys.readouterr().err


REPORTS = sorted(path.parent for path in (ROOT / "results").glob("*/REPORT.md"))


def test_the_committed_reports_are_found() -> None:
    assert {path.name for path in REPORTS} >= {"small", "long", "long-human"}


@pytest.mark.parametrize("folder", REPORTS, ids=lambda path: path.name)
def test_the_committed_report_is_that_of_the_committed_results(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """REPORT.md, the page, verdicts.csv and what they were judged from, made anew beside a copy."""
    out = tmp_path / "results" / folder.name
    out.mkdir(parents=True)
    for name in ("README.md", "docs"):  # what the report links to
        (tmp_path / name).symlink_to(ROOT / name)
    for path in (*folder.glob("*.csv"), *folder.glob("*.manifest.json"), *folder.glob("*.png")):
        shutil.copy(path, out)
    monkeypatch.setattr(blocks, "ROOT", tmp_path.resolve())
    monkeypatch.setattr(report, "draw_pictures", lambda *_: None)  # they decide no number
    preset = folder.name.removesuffix("-human")
    assert report.main(["--preset", preset, "--out", str(out)]) == 0
    for name in ("verdicts.csv", "verdicts.meta.json", "REPORT.md", "report.html"):
        made, committed = ((place / name).read_text(encoding="utf-8") for place in (out, folder))
        assert made.splitlines() == committed.splitlines(), (
            f"{name} is out of step: `python reproduce/report.py --preset {preset} --out {folder}`"
        )
