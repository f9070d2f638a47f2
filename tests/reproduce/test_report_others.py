"""Methods that are not ours in the report: beside ours, and out of every verdict."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from figures.experiments import DOOR, PEN
from reproduce.judging.evidence import Arm, Evidence
from reproduce.reporting.aggregates import aggregates
from reproduce.reporting.commands import Want
from reproduce.reporting.content import content
from reproduce.reporting.document import document
from reproduce.reporting.markdown import to_markdown
from reproduce.reporting.others import others
from reproduce.reporting.verdict_files import verdict_rows
from tests.reproduce.report_grid import rows_of

RUNS = [("AWAC", (0.9, 0.92, 0.94, 0.96)), ("SAC", (0.05, 0.1, 0.2, 0.3))]
TABLE = pd.DataFrame(
    [
        row
        for task in (PEN, DOOR)
        for method, values in RUNS
        for seed in range(5)
        for row in rows_of(Want("figure1", task, Arm(method)), "paper", seed, values)
    ]
)


@pytest.fixture(autouse=True)
def _few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """50 instead of 10 000: no interval is looked at here."""
    monkeypatch.setattr("figures.statistics.bootstrap.RESAMPLES", 50)
    monkeypatch.setattr("figures.statistics.estimates.RESAMPLES", 50)


def _compared(tmp_path: Path, rows: str) -> Path:
    path = tmp_path / "mine.csv"
    path.write_text("env,method,seed,env_step,success\n" + rows)
    return path


def test_another_method_stands_in_the_aggregates_and_no_number_of_ours_moves(
    tmp_path: Path,
) -> None:
    """Above every run of AWAC's, which ends at 0.95 on average, on one of two tasks."""
    evidence = Evidence({"figure1": TABLE})
    path = _compared(
        tmp_path,
        "".join(
            f"{PEN},Mine,{seed},{step},{value}\n"
            for seed in range(5)
            for step, value in ((0, 0.5), (100_000, 1.0), (200_000, 1.0))
        )
        + f"{DOOR},Mine,0,100,0.5\n",
    )
    alone = aggregates(evidence)
    beside = aggregates(evidence, others(evidence, [path]))
    for one, other in zip(alone, beside, strict=True):
        for scalar in one.overall.scores:
            ours = [s for s in other.overall.scores[scalar] if s.label != "Mine"]
            assert list(one.overall.scores[scalar]) == ours
            (mine,) = [s for s in other.overall.scores[scalar] if s.label == "Mine"]
            # AUC by the trapezoidal rule: (0.75 + 1) / 2
            assert mine.values == ({"j0": 0.5, "jt": 1.0, "auc": 0.875}[scalar],) * 5
        improvements = {s.label: s.estimate.value for s in other.improvements["jt"]}
        assert improvements["Mine"] == 0.0
        assert {**improvements, "Mine": 0} == {
            **{s.label: s.estimate.value for s in one.improvements["jt"]},
            "Mine": 0,
        }
        assert other.notes == (f"Mine on {DOOR} lacks success at env_step 0, where scores start",)


def test_verdicts_do_not_see_another_method(tmp_path: Path) -> None:
    evidence = Evidence({"figure1": TABLE})
    path = _compared(tmp_path, f"{PEN},AWAC,0,0,0\n{PEN},AWAC,0,150000,0\n")
    alone = content(evidence, {}, (), "paper")
    beside = content(evidence, {}, (), "paper", [path])
    assert list(verdict_rows(alone)) == list(verdict_rows(beside)) != []
    text = to_markdown(document(beside, tmp_path, "../"))
    assert "Rows: [figure1.csv](../figure1.csv)" in text  # the report lies in compared/
    assert "From mine.csv: AWAC (mine). They stand beside ours" in text
    assert "| AWAC (mine) | 1 of 2 | 1 | 0.000 (one run) |" in text


def test_a_file_of_tasks_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds Ant-v2, of which there are no results"):
        others(Evidence({"figure1": TABLE}), [_compared(tmp_path, "Ant-v2,Mine,0,0,1\n")])


def test_rows_of_a_readers_module_are_reported_as_the_manifest_tells() -> None:
    """By themselves too, where nothing of ours was run."""
    rows = [
        row
        for seed in range(5)
        for row in rows_of(Want("figure1", PEN, Arm("Mine")), "paper", seed, (0.1, 0.2, 0.3, 0.4))
    ]
    entry = {"method": "Mine", "variant": "", "identity": {"methods_from": {"mine.py": "ab" * 32}}}
    tables = {"figure1": pd.DataFrame(rows)}
    assert aggregates(Evidence(tables, manifests={"figure1": [entry | {"identity": {}}]})) == []
    (found,) = aggregates(Evidence(tables, manifests={"figure1": [entry]}))
    assert [score.label for score in found.overall.scores["jt"]] == ["Mine"]
    assert found.overall.scores["jt"][0].estimate.value == pytest.approx(0.3, abs=0.01)
    both = pd.concat([TABLE, tables["figure1"]], ignore_index=True)
    (found,) = aggregates(Evidence({"figure1": both}, manifests={"figure1": [entry]}))
    assert [score.label for score in found.improvements["jt"]] == ["SAC", "Mine"]
    assert found.improvements["jt"][1].estimate.value == 1.0
