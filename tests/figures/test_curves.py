"""Curves as records, from results files."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from figures.results.cells import ResultsError
from figures.results.shared import each_run_once
from figures.results.table import read_results
from figures.statistics.curves import curves

Rows = list[dict[str, Any]]
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def build(rows: Sequence[dict[str, Any]], name: str = "figure1.csv") -> Path:
        path = tmp_path / name
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return path

    return build


def read(*paths: Path) -> dict[Path, pd.DataFrame]:
    once, _ = each_run_once({path: read_results(path) for path in paths})
    return once


def test_a_curve_has_every_step_once(make_run, write: Write) -> None:
    rows = make_run({10: -1.0, -10: -5.0, 0: -3.0}, seed=2)
    rows += make_run({-20: -9.0}, seed=2, phase="init")  # before all curves
    rows += make_run({0: -2.5}, seed=2, phase="online")  # 0 once more: the online row counts
    rows += make_run({20: -0.5}, seed=2, success_any="")  # no value of that
    (short,) = curves(read(write(rows)), "success_any")
    assert (short["xs"], short["ys"]) == ([-10, 0, 10], [0.0, 0.0, 0.0])
    (curve,) = curves(read(write(rows[:-1])), "return_mean")
    assert curve == {
        "task": "pen-binary-v0",
        "method": "AWAC",
        "seed": 2,
        "xs": [-10, 0, 10],
        "ys": [-5.0, -2.5, -1.0],
        "metric": "return_mean",
        "status": "done",
        "env": "pen-binary-v0",
        "data": "human",
        "labels": "relabelled",
        "profile": "paper",
        "preset": "small",
        "experiment": "figure1",
        "also_in": [],
    }


def test_variants_are_methods_of_their_own(make_run, write: Write) -> None:
    rows = make_run({0: 1.0}) + make_run({0: 2.0}, variant="lam=1")
    found = curves(read(write(rows)), "return_mean")
    assert [(c["method"], c["ys"]) for c in found] == [("AWAC", [1.0]), ("AWAC [lam=1]", [2.0])]


def test_conditions_are_tasks_of_their_own(make_run, write: Write) -> None:
    rows = make_run({0: 1.0}) + make_run({0: 2.0}, data="expert")
    rows += make_run({0: 3.0}, env="Ant-v2", data="expert")
    found = curves(read(write(rows)), "return_mean")
    assert [c["task"] for c in found] == [
        "Ant-v2",
        "pen-binary-v0 (expert, relabelled, paper)",
        "pen-binary-v0 (human, relabelled, paper)",
    ]
    assert len({(c["task"], c["method"], c["seed"]) for c in found}) == 3


def test_a_run_of_two_experiments_is_there_once(make_run, write: Write) -> None:
    first = write(make_run({0: 1.0}))
    same = write(make_run({0: 1.0}, experiment="ablations"), "ablations.csv")
    (found,) = curves(read(first, same), "return_mean")
    assert (found["experiment"], found["also_in"]) == ("figure1", ["ablations"])
    other = write(make_run({0: 1.5}, experiment="ablations"), "ablations.csv")
    with pytest.raises(ResultsError, match="seed 0, .*with other values of return_mean") as error:
        read(first, other)
    assert str(first) in str(error.value) and str(other) in str(error.value)


def test_presets_are_not_put_together(make_run, write: Write) -> None:
    paths = [write(make_run({0: 1.0})), write(make_run({0: 1.0}, preset="paper"), "b.csv")]
    with pytest.raises(ResultsError, match="presets paper, small"):
        curves(read(*paths), "return_mean")


def test_unfinished_runs_say_so(make_run, write: Write) -> None:
    rows = make_run({0: 1.0}, status="failed") + make_run({0: 1.0}, seed=1, status="running")
    assert [c["status"] for c in curves(read(write(rows)), "return_mean")] == ["failed", "running"]


@pytest.mark.parametrize(
    ("metric", "complaint"), [("loss", "missing column loss"), ("method", "a column of text")]
)
def test_what_is_no_metric(make_run, write: Write, metric: str, complaint: str) -> None:
    path = write(make_run({0: 1.0}))
    with pytest.raises(ResultsError, match=complaint) as error:
        curves(read(path), metric)
    assert str(path) in str(error.value)
