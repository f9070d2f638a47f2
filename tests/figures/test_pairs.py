"""Small multiples: each panel has AWAC and the method of its row, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import paper_figure
from figures.experiments import EXPERIMENTS
from figures.metrics import Metric
from figures.pairs import draw_pairs
from tests.figures.conftest import MakeFrame, MakeRun

PEN, DOOR = "pen-binary-v0", "door-binary-v0"
RETURN = Metric("return_mean", "Return")


def panels(figure: Figure) -> dict[str, Axes]:
    return {str(ax.get_label()): ax for ax in figure.axes}


def ends(ax: Axes) -> list[float]:
    """The last value of every curve; a rule across the panel has two points."""
    values = [np.asarray(line.get_ydata(), dtype=float) for line in ax.lines]
    return sorted(float(each[-1]) for each in values if len(each) > 2)


@pytest.fixture
def frame(make_run: MakeRun, make_frame: MakeFrame) -> pd.DataFrame:
    """On the pen three methods, on the door two."""
    level = {"AWAC": 1.0, "SAC": 2.0, "BC": 3.0}
    rows = [
        row
        for env, methods in ((PEN, ("AWAC", "SAC", "BC")), (DOOR, ("AWAC", "BC")))
        for method in methods
        for row in make_run(
            {-9: 0.0, 0: 0.5, 9: level[method] + 10 * (env == DOOR)}, env=env, method=method
        )
    ]
    return make_frame(rows)


def test_a_panel_has_two_curves(frame: pd.DataFrame) -> None:
    figure = draw_pairs(frame, panels=(PEN, DOOR), metric=RETURN, title="A title")
    assert figure is not None
    found = {name: ends(ax) for name, ax in panels(figure).items()}
    data = "(human data)"
    assert found == {
        f"SAC on {PEN} {data}": [1.0, 2.0],
        f"SAC on {DOOR} {data}": [11.0],
        f"BC on {PEN} {data}": [1.0, 3.0],
        f"BC on {DOOR} {data}": [11.0, 13.0],
    }
    said = [text.get_text() for text in panels(figure)[f"SAC on {DOOR} {data}"].texts]
    assert "not run" in said
    limits = {ax.get_ylim() for ax in figure.axes}
    assert len(limits) == 1 and min(limits)[0] < 0 and max(limits)[1] > 13


def test_nothing_beside_awac_is_no_figure(frame: pd.DataFrame) -> None:
    for label in (["AWAC"], ["SAC", "BC"]):
        some = frame[frame["label"].isin(label)]
        assert draw_pairs(some, panels=(PEN, DOOR), metric=RETURN, title="") is None


@pytest.mark.parametrize(("count", "drawn"), [(5, False), (6, True)])
def test_figures_of_many_methods_have_it(
    count: int, drawn: bool, make_run: MakeRun, tmp_path: Path
) -> None:
    methods = ("AWAC", "SAC", "BC", "AWR", "BEAR", "BCQ")[:count]
    rows = [
        row | {"success_any": 0.5, "label": ""}
        for method in methods
        for row in make_run({0: 1.0, 9: 2.0}, method=method)
    ]
    csv = tmp_path / "figure1.csv"
    pd.DataFrame(rows).drop(columns="label").to_csv(csv, index=False)
    made = paper_figure.make(EXPERIMENTS["figure1"], csv, tmp_path / "figure1")
    names = {path.name for path in made}
    assert names == {p.name for p in tmp_path.glob("*.p[nd][gf]")}
    assert ({"figure1.pairs.png", "figure1.pairs.pdf"} <= names) is drawn
