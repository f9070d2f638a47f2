"""The picture of a study: its own tasks, and labels that tell its curves apart."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure

from figures import study
from figures.study import make
from tests.figures.conftest import MakeRun


def test_the_script_draws_from_the_csv_without_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from reproduce import study as script

    def refuse() -> None:
        raise AssertionError("it would train")

    monkeypatch.setattr(script, "require_training", refuse)
    csv = Path(__file__).parents[2] / "results" / "pilots" / "push_lambda.csv"
    (tmp_path / csv.name).write_bytes(csv.read_bytes())
    assert script.main(["--name", "push_lambda", "--plot-only", "--out", str(tmp_path)]) == 0
    picture = tmp_path / "push_lambda.png"
    assert picture.exists() and str(picture) in capsys.readouterr().out


def test_only_finished_runs_are_in_its_table(tmp_path: Path, make_run: MakeRun) -> None:
    from reproduce.reporting.study_table import table

    csv = tmp_path / "pen_level.csv"
    states = ("done", "running", "failed")
    runs = [r for n, s in enumerate(states) for r in make_run({0: 1.0, 5: 2.0}, seed=n, status=s)]
    pd.DataFrame(runs).to_csv(csv, index=False)
    _, _, *lines = table(csv).splitlines()
    assert [line.split(" | ")[2] for line in lines] == ["0"]


def test_its_curves_are_drawn_and_tasks_that_nobody_asked_for_are_not_missed(
    make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: list[Figure] = []

    def save(figure: Figure, stem: Path) -> list[Path]:
        saved.append(figure)
        return [stem]

    monkeypatch.setattr(study, "save", save)
    csv = tmp_path / "mine.csv"
    variants = ("online_steps=10", "lam=0.5,online_steps=10")
    runs = [r for v in variants for r in make_run({0: 1.0, 10: 2.0}, variant=v)]
    pd.DataFrame(runs).to_csv(csv, index=False)
    make(csv, tmp_path / "mine")
    (figure,) = saved
    assert not any("No results yet" in text.get_text() for text in figure.texts)
    assert any("Set for all runs: online_steps=10." in text.get_text() for text in figure.texts)
    curves = [line for line in figure.axes[1].lines if len(line.get_xdata()) == 2]  # type: ignore[arg-type]
    assert sum(list(line.get_ydata()) == [1.0, 2.0] for line in curves) == 2  # type: ignore[arg-type]
