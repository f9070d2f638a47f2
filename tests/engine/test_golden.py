"""Tiny compiled runs give the numbers that they gave before, to a tolerance."""

from __future__ import annotations

from pathlib import Path

import pytest

from reproduce.runs.folder import RunFolder
from tests.once import common
from tests.reproduce.golden_runs import COMPILED, Golden
from tests.reproduce.test_golden import assert_gave_the_same


@pytest.mark.parametrize("golden", COMPILED, ids=lambda golden: golden.name)
def test_a_compiled_run_gives_the_numbers_that_it_gave(
    golden: Golden,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cache = common(tmp_path_factory) / "cache"
    monkeypatch.setenv("AWAC_CACHE_DIR", str(cache))
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(cache / "graphs"))
    monkeypatch.delenv("AWAC_DATA_DIR", raising=False)
    folder = golden.run_in(tmp_path)
    assert RunFolder(folder).engine() == "compiled"  # not eager for want of a compiler
    assert_gave_the_same(golden, folder)
