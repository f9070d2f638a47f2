"""Runs without any row are named in the caption."""

from __future__ import annotations

from pathlib import Path

import pytest

from figures.learning_curves import draw
from figures.results.cells import ResultsError
from figures.results.partial import NAMED, Absent, warning, without_rows
from tests.figures.conftest import MakeFrame, MakeRun

LIST = """{"runs": 4, "not_done": [
 {"env": "pen-binary-v0", "label": "AWAC", "seed": 1, "state": "pending"},
 {"env": "pen-binary-v0", "label": "AWAC", "seed": 0, "state": "running"},
 {"env": "pen-binary-v0", "label": "AWAC [objective.weights.shape.lam=0.5]", "seed": 12,
  "state": "failed"}]}
"""


def test_only_runs_without_rows_are_named(
    tmp_path: Path, make_run: MakeRun, make_frame: MakeFrame
) -> None:
    frame = make_frame(make_run({0: 1.0, 10: 2.0}, seed=0))
    csv = tmp_path / "figure1.csv"
    assert without_rows(csv, frame) == []
    (tmp_path / "figure1.partial.json").write_text(LIST)
    assert list(map(str, without_rows(csv, frame))) == [
        "AWAC on pen-binary-v0, seed 1",
        "AWAC [objective.weights.shape.lam=0.5] on pen-binary-v0, seed 12",
    ]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"not_done": [1]}', LIST[:40]])
def test_a_damaged_list_is_told(
    text: str, tmp_path: Path, make_run: MakeRun, make_frame: MakeFrame
) -> None:
    path = tmp_path / "figure1.partial.json"
    path.write_text(text)
    with pytest.raises(ResultsError, match=r"figure1.partial.json: not a list .* delete it"):
        without_rows(tmp_path / "figure1.csv", make_frame(make_run({0: 1.0})))


def test_the_caption_names_them(make_run: MakeRun, make_frame: MakeFrame) -> None:
    frame = make_frame(make_run({0: 1.0, 10: 2.0}))
    figure = draw(frame, panels=["pen-binary-v0"], absent=[Absent("pen-binary-v0", "AWAC", 1)])
    text = " ".join(each.get_text() for each in figure.texts)
    assert "without any evaluation yet: AWAC on pen-binary-v0, seed 1." in text


@pytest.mark.parametrize(
    ("count", "end"), [(NAMED, f"seed {NAMED - 1}."), (NAMED + 3, "; and 3 more.")]
)
def test_a_long_list_is_cut(count: int, end: str) -> None:
    assert warning([Absent("pen-binary-v0", "AWAC", i) for i in range(count)]).endswith(end)


def test_the_list_that_a_grid_leaves_behind_is_understood(
    tmp_path: Path, make_run: MakeRun, make_frame: MakeFrame
) -> None:
    from reproduce.launching.failures import mark_partial
    from reproduce.specs.grid import RunSpec

    spec = RunSpec("small", "paper", "door-binary-v0", "SAC", 3, "human", settings=("tau=0.1",))
    assert mark_partial("figure1", [spec], tmp_path) == 1
    frame = make_frame(make_run({0: 1.0}))
    absent = Absent("door-binary-v0", "SAC [tau=0.1]", 3)
    assert without_rows(tmp_path / "figure1.csv", frame) == [absent]
