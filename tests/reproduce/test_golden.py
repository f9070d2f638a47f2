"""Tiny runs give the numbers that they gave before: a refactoring changes none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reproduce.golden_runs import EAGER, Golden, identity_of, kept, summary
from tests.tiers import tiered

LEARNED = ("q_mean", "policy_loss", "critic_loss", "advantage_mean", "value_loss", "buffer_size")
EVALUATED = (
    "return_mean",
    "success_any",
    "success_final",
    "success_sustained",
    "final_distance",
    "start_distance",
    "q_bias",
)
"""Compared in the first row, before any update could move the actions."""
CHAOTIC = ("HalfCheetah-v2-BEAR-eager",)
"""Its first policy moves the legs, so that the last bit of an action makes another episode."""

QUICK = [golden for golden in EAGER if golden.method == "AWAC" and "Push" not in golden.env]


@pytest.mark.parametrize("golden", tiered(EAGER, QUICK), ids=lambda golden: golden.name)
def test_a_run_gives_the_numbers_that_it_gave(
    golden: Golden, tmp_path: Path, shared_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`tests/engine/test_golden.py` has the compiled ones."""
    monkeypatch.setenv("AWAC_CACHE_DIR", str(shared_cache))
    monkeypatch.delenv("AWAC_DATA_DIR", raising=False)
    assert_gave_the_same(golden, golden.run_in(tmp_path))


def assert_gave_the_same(golden: Golden, folder: Path) -> None:
    found, before = summary(folder), kept(golden)
    assert identity_of(folder) == before["identity"]
    # the last bits are those of a processor; a hundred updates do not blow them up to this
    assert found["norms"] == pytest.approx(before["norms"], rel=1e-4)
    rows, old = found["rows"], before["rows"]
    assert isinstance(rows, list) and isinstance(old, list)
    assert [row["env_step"] for row in rows] == [row["env_step"] for row in old]
    for row, other in zip(rows, old, strict=True):
        assert row.keys() == other.keys()
        for name in LEARNED:
            if other.get(name):
                assert float(row[name]) == pytest.approx(float(other[name]), rel=1e-2, abs=1e-4)
    if golden.name not in CHAOTIC:
        evaluated = [name for name in EVALUATED if old[0].get(name)]
        assert "return_mean" in evaluated
        for name in evaluated:
            assert float(rows[0][name]) == pytest.approx(float(old[0][name]), rel=1e-4), name
