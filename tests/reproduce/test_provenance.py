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
