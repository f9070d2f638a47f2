"""Tiny runs give the numbers that they gave before: a refactoring changes none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reproduce.runs.resolved import resolved
from reproduce.specs.grid import RunSpec
from tests.reproduce.golden_runs import COMPILED, EAGER, Golden, identity_of, kept, summary
from tests.tiers import tiered

LEARNED = ("q_mean", "policy_loss", "critic_loss", "advantage_mean", "value_loss")
EVALUATED = (
    "return_mean",
    "success_any",
    "success_final",
    "success_sustained",
    "final_distance",
    "start_distance",
    "q_bias",
    "q_bias_fraction",
    "score",
    "normalised_score",
    "d4rl_score",
    "return_mean_sampled",
    "success_any_sampled",
    "success_final_sampled",
    "success_sustained_sampled",
    "final_distance_sampled",
)
"""Compared in the first row, before any update could move the actions."""
CHAOTIC = ("HalfCheetah-v2-BEAR-eager",)
"""Its first policy moves the legs, so that the last bit of an action makes another episode."""
CHAOTIC_SAMPLED = ("HalfCheetah-v2",)
"""Its first policies stand still, but their samples move the legs."""
NORMS_WITHIN = {"pen-binary-v0-DAPG-eager": 1e-2}
"""Conjugate gradients in single precision: two kinds of processor differ by 2e-3."""

QUICK = [golden for golden in EAGER if golden.method == "AWAC" and "Push" not in golden.env]


@pytest.mark.parametrize("golden", tiered(EAGER, QUICK), ids=lambda golden: golden.name)
def test_a_run_gives_the_numbers_that_it_gave(
    golden: Golden, tmp_path: Path, shared_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`tests/engine/test_golden.py` has the compiled ones."""
    monkeypatch.setenv("AWAC_CACHE_DIR", str(shared_cache))
    monkeypatch.delenv("AWAC_DATA_DIR", raising=False)
    assert_gave_the_same(golden, golden.run_in(tmp_path))


@pytest.mark.parametrize("golden", EAGER + COMPILED, ids=lambda golden: golden.name)
def test_todays_code_means_the_configuration_that_is_kept(golden: Golden) -> None:
    """Without a run: a setting that is new shows here, in the tests that everybody runs."""
    before = kept(golden)["identity"]
    assert isinstance(before, dict)
    spec = RunSpec(**before["spec"] | {"settings": tuple(before["spec"]["settings"])})
    today = json.loads(json.dumps(resolved(spec).identity))
    assert today == {name: before[name] for name in today}


def test_every_name_that_is_compared_is_kept_of_some_run() -> None:
    """Where a run has no such number it is passed over: a misspelt name would be so everywhere."""
    learned, evaluated = set(), set()
    for golden in EAGER + COMPILED:
        rows = kept(golden)["rows"]
        assert isinstance(rows, list)
        learned |= {name for row in rows for name in LEARNED if row.get(name)}
        evaluated |= {name for name in EVALUATED if rows[0].get(name)}
    assert (learned, evaluated) == (set(LEARNED), set(EVALUATED))


def assert_gave_the_same(golden: Golden, folder: Path) -> None:
    found, before = summary(folder), kept(golden)
    assert identity_of(folder) == before["identity"]
    # the last bits are those of a processor; a hundred updates do not blow them up to this
    within = NORMS_WITHIN.get(golden.name, 1e-3)
    assert found["norms"] == pytest.approx(before["norms"], rel=within)
    rows, old = found["rows"], before["rows"]
    assert isinstance(rows, list) and isinstance(old, list)
    assert [row["env_step"] for row in rows] == [row["env_step"] for row in old]
    for row, other in zip(rows, old, strict=True):
        assert row.keys() == other.keys()
        for name in LEARNED:
            if other.get(name):
                assert float(row[name]) == pytest.approx(float(other[name]), rel=1e-2, abs=1e-4)
    if golden.name not in CHAOTIC:
        sampled = golden.env not in CHAOTIC_SAMPLED
        names = [name for name in EVALUATED if sampled or not name.endswith("_sampled")]
        evaluated = [name for name in names if old[0].get(name)]
        assert "return_mean" in evaluated
        for name in evaluated:
            assert float(rows[0][name]) == pytest.approx(float(old[0][name]), rel=1e-4, abs=1e-6), (
                name
            )
