"""A run whose updates are compiled is ended and continued like any other, to the same bits.

Compiling takes a minute: done by `make test-faults`, not with every test.
"""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from reproduce.runs.folder import RunFolder
from tests.faults.child import Die
from tests.faults.conftest import OFTEN, Start, assert_same_bits

COMPILED = ("--engine", "compiled")


def test_killed_and_stopped_run_continues_with_the_graphs_of_its_beginning(
    request: pytest.FixtureRequest, start: Start, cache: Path, tmp_path: Path
) -> None:
    if request.config.getoption("--kills", default=4) < 30:
        pytest.skip("compiles: make test-faults")
    whole = start(tmp_path / "whole", *COMPILED)
    assert whole.wait() == 0, whole.output
    made = sorted((cache / "graphs").rglob("*.so"))
    assert made

    pieces = tmp_path / "pieces"
    first = start(pieces, *COMPILED, *OFTEN, die=Die("step", nth=300))
    assert first.wait() == -signal.SIGKILL
    second = start(pieces, *OFTEN)  # auto: as it was begun
    second.wait_for_phase("updating")
    second.signal(signal.SIGTERM)
    assert second.wait() == 75, second.output
    other = start(pieces, "--engine", "eager")
    assert other.wait() == 2
    assert "begun with the compiled engine" in other.output
    last = start(pieces, *COMPILED)
    assert last.wait() == 0, last.output
    assert_same_bits(last.folder, whole.folder)
    assert RunFolder(last.folder).engine() == "compiled"
    assert json.loads((last.folder / "config.json").read_text())["engine"] == "compiled"
    assert sorted((cache / "graphs").rglob("*.so")) == made
