"""The commit that a result names."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from reproduce.runs import provenance

SOURCE = Path(provenance.__file__)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with this module in it, a result and another file, all committed."""
    for folder in ("reproduce/runs", "results/small"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(SOURCE, tmp_path / "reproduce" / "runs" / SOURCE.name)
    (tmp_path / "results/small/figure1.csv").write_text("a\n")
    (tmp_path / "README.md").write_text("a\n")
    for command in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-qm", "all"],
    ):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    return tmp_path


def named(checkout: Path) -> str:
    code = "import provenance; print(provenance.commit())"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=checkout / "reproduce" / "runs",
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


def test_collected_results_do_not_make_the_code_another(checkout: Path) -> None:
    clean = named(checkout)
    assert len(clean) == 12
    (checkout / "results/small/figure1.csv").write_text("b\n")
    assert named(checkout) == clean


def test_a_changed_file_does(checkout: Path) -> None:
    clean = named(checkout)
    (checkout / "README.md").write_text("b\n")
    assert named(checkout) == clean + "+changes"


def in_checkout(checkout: Path, code: str) -> str:
    return subprocess.run(
        [sys.executable, "-B", "-c", f"import sys, provenance; {code}"],
        cwd=checkout / "reproduce" / "runs",
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_the_patch_makes_the_files_from_the_commit(checkout: Path) -> None:
    """With a blank line at its end and a new file, and without results."""
    readme, new = checkout / "README.md", checkout / "reproduce/runs/mine.py"
    readme.write_text("b\n\n")
    new.write_text("value = 1\n")
    (checkout / "results/small/figure1.csv").write_text("b\n")
    patch = in_checkout(checkout, "sys.stdout.write(provenance.uncommitted())")
    assert "figure1.csv" not in patch
    new.unlink()
    subprocess.run(["git", "checkout", "-q", "."], cwd=checkout, check=True)
    subprocess.run(["git", "apply"], cwd=checkout, check=True, input=patch, text=True)
    assert readme.read_text() == "b\n\n" and new.read_text() == "value = 1\n"
    subprocess.run(["git", "checkout", "-q", "."], cwd=checkout, check=True)
    new.unlink()
    assert in_checkout(checkout, "sys.stdout.write(provenance.uncommitted())") == ""


def test_a_copy_that_an_editor_keeps_is_no_code(checkout: Path) -> None:
    code = "print(provenance.fingerprint())"
    before = in_checkout(checkout, code)
    (checkout / "reproduce/runs/mine.py~").write_text("value = 1\n")
    assert in_checkout(checkout, code) == before
    (checkout / "reproduce/runs/mine.py").write_text("value = 1\n")
    assert in_checkout(checkout, code) != before
