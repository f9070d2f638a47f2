"""docs/your-own-environment.md: its program runs as it stands there, and learns."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "your-own-environment.md").read_text(encoding="utf-8")
(PROGRAM,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
SIZES = "EPISODES, OFFLINE, ONLINE = 50, 4_000, 6_000"


def test_the_program_runs_and_makes_the_rows_that_the_page_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = PROGRAM.replace(SIZES, "EPISODES, OFFLINE, ONLINE = 2, 20, 210")
    assert small != PROGRAM
    scope = _run(small, tmp_path)
    rows = scope["training"].rows
    assert [row["env_step"] for row in rows] == [-20, 0, 210]
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert 0 < rows[-1]["weights_ess"] <= 1.001
    assert scope["buffer"].size == 2 * 200 + 210
    again = _run(small, tmp_path)["training"]
    again.load_state_dict(scope["training"].state_dict())
    assert again.step == 210


@pytest.mark.slow
def test_the_program_learns_as_the_page_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half a minute. The numbers may differ by processor; what is learned may not."""
    rows = _run(PROGRAM, tmp_path)["training"].rows
    found = {row["env_step"]: row["return_mean"] for row in rows}
    told = re.search(r"began\s+at −([\d,]+), was at −([\d,]+) after .* ended at −([\d,]+)", PAGE)
    assert told is not None
    began, offline, ended = (-float(number.replace(",", "")) for number in told.groups())
    assert found[0] == pytest.approx(offline, abs=200) and found[-4_000] == pytest.approx(
        began, 0.2
    )
    assert found[6_000] > ended - 100


def _run(program: str, folder: Path) -> dict[str, Any]:
    path = folder / "my_environment.py"
    path.write_text(program)
    return runpy.run_path(str(path))
