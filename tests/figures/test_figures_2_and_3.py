"""Figures 2 and 3: made-up results in the columns of their experiments, drawn and refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib.image as mpimg
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import paper_figure
from figures.experiments import EXPERIMENTS, Experiment
from figures.learning_curves import draw
from figures.metrics import Metric
from figures.paper_figure import make, scale_note
from figures.results.table import ResultsError, read_results

figure1, figure2, figure3 = (EXPERIMENTS[f"figure{number}"] for number in (1, 2, 3))

STEPS = (-1000, -500, 0, 500, 1000)
METHODS = ("AWAC", "SAC", "BEAR")
PEN = ("pen-binary-v0",)
SUCCESS = ("success_any", "success_final", "success_sustained")
SCALE = {"HalfCheetah-v2": 10_000.0, "Ant-v2": 4_000.0, "Walker2d-v2": 3_000.0}

WriteCsv = Callable[..., Path]


@pytest.fixture
def write_csv(tmp_path: Path) -> WriteCsv:
    """Write rows to ``small/<experiment>.csv``, with the columns that some row has."""

    def write(rows: Sequence[dict[str, Any]], experiment: str) -> Path:
        path = tmp_path / "small" / f"{experiment}.csv"
        path.parent.mkdir(exist_ok=True)
        pd.DataFrame(list(rows)).to_csv(path, index=False)
        return path

    return write


@pytest.fixture
def pushing(make_run) -> Callable[..., list[dict[str, Any]]]:
    """Rows of figure 2: 3 methods with random data, SAC without any; no normalised score."""

    def build(seeds: int = 3) -> list[dict[str, Any]]:
        rows = []
        for number, method in enumerate(METHODS):
            for seed in range(seeds):
                distances = {t: 0.2 - 0.00004 * (t + 1000) + 0.01 * (number + seed) for t in STEPS}
                for row in make_run(distances, method=method, data="random", seed=seed):
                    distance = row["return_mean"]
                    new = {"env": "SawyerPush-v0", "final_distance": distance}
                    new |= {"return_mean": -200 * distance, "success_any": 1.0}
                    rows.append(row | new | {"success_final": float(distance < 0.15)})
        scratch = {
            "data": "none",
            "data_checksum": "dbde4620f487c23c",
            "method": "SAC",
            "env": "SawyerPush-v0",
        }
        return rows + make_run({0: -60.0, 1000: -50.0}, final_distance=0.3, **scratch)

    return build


@pytest.fixture
def locomotion(make_run) -> Callable[..., list[dict[str, Any]]]:
    """Rows of figure 3: 3 methods on each task, 5 seeds on Ant, no success; no final distance."""

    def build(envs: Sequence[str] = figure3.tasks) -> list[dict[str, Any]]:
        rows = []
        for env in envs:
            for number, method in enumerate(METHODS):
                for seed in range(5 if env == "Ant-v2" else 3):
                    scores = {t: 0.4 + t / 2500 + 0.1 * number + 0.01 * seed for t in STEPS}
                    for row in make_run(scores, env=env, method=method, seed=seed, data="expert"):
                        score = row["return_mean"]
                        new = {"return_mean": SCALE[env] * score, "normalised_score": score}
                        new |= {"d4rl_score": 90 * score}
                        rows.append(row | new | dict.fromkeys(SUCCESS, ""))
        return rows

    return build


def _draw(csv: Path, figure: Experiment) -> Figure:
    frame = read_results(csv, drawn=[metric.column for metric in figure.metrics])
    return draw(frame, panels=figure.tasks, metrics=figure.metrics, caption=figure.caption)


def _text(figure: Figure) -> str:
    return " ".join(text.get_text() for text in figure.texts)


def _ticks_are_labelled(ax: Axes) -> bool:
    return bool(ax.yaxis.get_tick_params()["labelleft"])


def _are_shared(axes: Sequence[Axes]) -> bool:
    return all(axes[0].get_shared_y_axes().joined(axes[0], ax) for ax in axes[1:])


def _edited(rows: list[dict[str, Any]], index: int, **cells: object) -> list[dict[str, Any]]:
    return [row | cells if number == index else row for number, row in enumerate(rows)]


@pytest.mark.filterwarnings("error")
def test_both_pictures_are_written_and_their_bytes_are_stable(
    pushing, locomotion, write_csv, tmp_path: Path
) -> None:
    for module, name, rows in (
        (figure2, "figure2", pushing(seeds=5)),
        (figure3, "figure3", locomotion()),
    ):
        csv = write_csv(rows, name)
        paths = make(module, csv, tmp_path / "out" / name)
        assert [path.name for path in paths] == [f"{name}.png", f"{name}.pdf"]
        ink = (mpimg.imread(paths[0])[..., :3].min(axis=-1) < 0.5).mean()
        assert 0.005 < ink < 0.5
        again = make(module, csv, tmp_path / "again" / name)
        assert [path.read_bytes() for path in paths] == [path.read_bytes() for path in again]


def test_profiles_have_a_picture_of_their_own(
    make_run, write_csv, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The figure shows the text's settings alone; a table of the released ones shows these."""
    drawn: list[list[str]] = []

    def spy(frame: pd.DataFrame, **keywords: Any) -> Figure:
        drawn.append(sorted(set(frame["profile"])))
        return draw(frame, **keywords)

    monkeypatch.setattr(paper_figure, "draw", spy)
    ours, released = make_run({0: 1.0, 9: 2.0}), make_run({0: 1.0, 9: 2.0}, profile="released")
    names = []
    for rows in (ours, [*ours, *released], released):
        paths = make(figure1, write_csv(rows, "figure1"), tmp_path / "figure1")
        names.append([path.name for path in paths if path.suffix == ".png"])
    alone = ["figure1.png"]
    assert names == [alone, [*alone, "figure1.profiles.png"], alone]
    assert drawn == [["paper"], ["paper"], ["paper", "released"], ["released"]]


def test_figure_2_draws_distance_and_success_at_the_end(pushing, write_csv) -> None:
    figure = _draw(write_csv(pushing(), "figure2"), figure2)
    distance, scratch, success, _ = figure.axes
    assert [ax.get_ylabel() for ax in figure.axes] == ["Final puck distance (m)", "", "Success", ""]
    assert [ax.texts[0].get_text() for ax in (distance, scratch)] == [
        "SawyerPush-v0 (random data)",
        "SawyerPush-v0 (no prior data)",
    ]
    assert _are_shared([distance, scratch])
    assert 0.04 < distance.get_ylim()[0] < 0.06  # the radius of success is on the axis, 0 is not
    assert "success: 6 cm" in {text.get_text() for text in distance.texts}
    # success_any is 1 throughout; what is drawn is the share at the end.
    lines = [line for line in success.lines if len(line.get_xdata()) == len(STEPS)]
    assert len(lines) == 3 * 3 + 3
    assert min(np.min(line.get_ydata()) for line in lines) == 0.0


def test_figure_2_has_a_band_only_with_five_seeds(pushing, write_csv) -> None:
    for seeds, bands in ((3, 0), (5, 3)):
        distance = _draw(write_csv(pushing(seeds), "figure2"), figure2).axes[0]
        assert len(distance.collections) == bands


def test_nothing_overlaps_or_leaves_the_page(pushing, locomotion, write_csv, is_inside) -> None:
    assert is_inside(_draw(write_csv(pushing(), "figure2"), figure2))
    assert is_inside(_draw(write_csv(pushing()[:-2], "figure2"), figure2))
    assert is_inside(_draw(write_csv(locomotion(), "figure3"), figure3))


def test_figure_2_states_its_facts(pushing, write_csv) -> None:
    text = _text(_draw(write_csv(pushing(), "figure2"), figure2))
    for fact in (
        "Success is a puck less than 6 cm from its goal.",
        "Random data: trajectories of an Ornstein-Uhlenbeck process.",
        "Final puck distance (m): puck to goal at the last step, mean over evaluation episodes "
        "(lower is better)",
        "Success: share of evaluation episodes with success at their last step",
        "SawyerPush-v0 none.",
    ):
        assert fact in text


def test_figure_3_shows_each_curve_once_on_one_axis_of_scores(locomotion, write_csv) -> None:
    axes = _draw(write_csv(locomotion(), "figure3"), figure3).axes
    assert [ax.get_title(loc="left") for ax in axes] == ["HalfCheetah", "Ant", "Walker2d"]
    assert axes[0].get_ylabel() == "Normalised score"
    assert len({ax.get_ylim() for ax in axes}) == 1
    assert _are_shared(axes)
    assert [_ticks_are_labelled(ax) for ax in axes] == [True, False, False]
    assert [len(ax.collections) for ax in axes] == [0, 3, 0]  # bands: 5 seeds, on Ant


def test_the_caption_says_which_returns_the_scores_are(locomotion, write_csv) -> None:
    """Return 100 + 400 score on every row: 0 is 100, 1 is 500."""
    rows = locomotion(["Ant-v2"])
    for place, row in enumerate(rows):
        score = place % 7 / 8
        row |= {"normalised_score": score, "return_mean": 100 + 400 * score}
    text = scale_note(read_results(write_csv(rows, "figure3")), figure3.tasks)
    assert text == "Scores 0 and 1 are returns of 100 and 500 on Ant-v2 (expert data)."
    flat = [row | {"normalised_score": 0.5} for row in rows]
    assert scale_note(read_results(write_csv(flat, "figure3")), figure3.tasks) == ""


def test_the_score_axis_shows_random_policy_and_demonstrations(locomotion, write_csv) -> None:
    rows = [row | {"normalised_score": 0.4} for row in locomotion()]
    axes = _draw(write_csv(rows, "figure3"), figure3).axes
    assert len(axes) == 3
    for ax in axes:
        low, high = ax.get_ylim()
        assert low <= 0
        assert high >= 1
        rules = [list(line.get_ydata()) for line in ax.lines if list(line.get_xdata()) == [0, 1]]
        assert rules == [[0, 0], [1, 1]]


def test_figure_3_states_its_facts(locomotion, write_csv) -> None:
    text = _text(_draw(write_csv(locomotion(["Ant-v2"]), "figure3"), figure3))
    for fact in (
        "Gymnasium's -v4 environments, Ant observed in 27 dimensions",
        "Normalised score: return on a scale where 0 is a random policy and 1 the mean of the "
        "expert's demonstrations",
        "No results yet for HalfCheetah-v2, Walker2d-v2",
    ):
        assert fact in text


def test_rows_with_and_without_shared_axes_can_be_mixed(locomotion, make_frame) -> None:
    frame = make_frame(locomotion())
    metrics = (Metric("normalised_score", "A", share_y=False), Metric("return_mean", "B"))
    axes = draw(frame, panels=figure3.tasks, metrics=metrics).axes
    assert not _are_shared(axes[:2])
    assert _are_shared(axes[3:])


@pytest.mark.parametrize(
    ("module", "name", "column"),
    [(figure2, "figure2", "final_distance"), (figure3, "figure3", "normalised_score")],
)
def test_a_missing_drawn_column_names_column_and_command(
    module, name, column, pushing, locomotion, write_csv, tmp_path: Path
) -> None:
    rows = pushing() if module is figure2 else locomotion()
    csv = write_csv([{key: row[key] for key in row if key != column} for row in rows], name)
    with pytest.raises(ResultsError, match=f"missing column {column};") as error:
        make(module, csv, tmp_path / name)
    assert str(csv) in str(error.value)
    assert f"python reproduce/{name}.py --preset small" in str(error.value)
    assert not (tmp_path / f"{name}.png").exists()


def test_text_in_a_drawn_column_names_file_line_and_column(
    locomotion, write_csv, tmp_path: Path
) -> None:
    for value, complaint in (("high", "is not a number"), ("inf", "is infinite")):
        csv = write_csv(_edited(locomotion(), 4, normalised_score=value), "figure3")
        with pytest.raises(ResultsError) as error:
            make(figure3, csv, tmp_path / "figure3")
        assert f"{csv}, line 6: normalised_score '{value}' {complaint}" in str(error.value)


def test_tasks_without_success_need_no_column_of_it(locomotion, write_csv) -> None:
    rows = [{key: row[key] for key in row if key not in SUCCESS} for row in locomotion()]
    assert len(_draw(write_csv(rows, "figure3"), figure3).axes) == 3


def test_figure_1_needs_the_success_that_it_draws(make_run, write_csv, tmp_path: Path) -> None:
    rows = [{k: row[k] for k in row if k != "success_any"} for row in make_run({0: 1.0, 9: 2.0})]
    with pytest.raises(ResultsError, match="missing column success_any;"):
        make(figure1, write_csv(rows, "figure1"), tmp_path / "figure1")


def test_text_in_a_column_that_is_not_drawn_is_no_matter(locomotion, write_csv) -> None:
    csv = write_csv(_edited(locomotion(), 4, d4rl_score="high"), "figure3")
    assert len(_draw(csv, figure3).axes) == 3


def test_a_blank_cell_leaves_out_its_step_and_the_caption_says_so(locomotion, write_csv) -> None:
    csv = write_csv(_edited(locomotion(), 4, normalised_score=""), "figure3")
    assert "steps left out: AWAC on HalfCheetah-v2 (expert data) (1)" in _text(_draw(csv, figure3))


def test_a_panel_without_any_value_is_refused(locomotion, write_csv, tmp_path: Path) -> None:
    rows = [
        row | {"normalised_score": "" if row["env"] == "Ant-v2" else row["normalised_score"]}
        for row in locomotion()
    ]
    complaint = (
        "Ant-v2 (expert data): column normalised_score is empty in every evaluation of AWAC, BEAR, "
        "SAC"
    )
    with pytest.raises(ResultsError, match=re.escape(complaint)):
        make(figure3, write_csv(rows, "figure3"), tmp_path / "figure3")


def test_a_method_without_any_value_is_refused(pushing, write_csv, tmp_path: Path) -> None:
    rows = [row | {"final_distance": ""} if row["method"] == "BEAR" else row for row in pushing()]
    with pytest.raises(ResultsError, match="final_distance is empty in every evaluation of BEAR,"):
        make(figure2, write_csv(rows, "figure2"), tmp_path / "figure2")


def test_a_method_that_diverged_is_no_reason_to_refuse(pushing, write_csv) -> None:
    rows = [
        row | {"final_distance": "", "status": "failed"} if row["method"] == "BEAR" else row
        for row in pushing()
    ]
    assert "Failed, in no aggregate" in _text(_draw(write_csv(rows, "figure2"), figure2))


def test_the_phase_before_all_curves_does_not_count_as_a_value(make_run, make_frame) -> None:
    init = make_run({-9: 0.5}, phase="init", status="running", final_distance=0.1)
    after = make_run({0: 0.5}, status="running", final_distance=np.nan)
    draw(make_frame([init[0] | {"final_distance": np.nan}]), panels=PEN, metrics=figure2.metrics)
    with pytest.raises(ResultsError, match="empty in every evaluation of AWAC,"):
        draw(make_frame(init + after), panels=PEN, metrics=figure2.metrics)


@pytest.mark.parametrize("module", [figure2, figure3])
def test_results_of_other_tasks_are_refused(module, make_run, write_csv, tmp_path: Path) -> None:
    rows = make_run({0: 1.0}, final_distance=0.1, normalised_score=0.1)
    with pytest.raises(ResultsError, match="the results hold pen-binary-v0"):
        make(module, write_csv(rows, "other"), tmp_path / "other")


def test_what_was_set_for_all_runs_is_said_once(
    pushing, write_csv, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The curves have the names of their methods, and another file's AWAC is told from ours."""
    saved: list[Figure] = []
    monkeypatch.setattr(paper_figure, "save", lambda figure, stem: saved.append(figure) or [stem])
    csv = write_csv([row | {"variant": "online_steps=1000"} for row in pushing()], "figure2")
    mine = tmp_path / "mine.csv"
    keys = {"env": "SawyerPush-v0", "method": "AWAC", "seed": 0}
    values = {"return_mean": -1.0, "final_distance": 0.1, "success_final": 0.5}
    pd.DataFrame([keys | values | {"env_step": step} for step in STEPS]).to_csv(mine, index=False)
    make(figure2, csv, tmp_path / "figure2", compare=[mine])
    text = _text(saved[0])
    assert "Set for all runs: online_steps=1000." in text
    named = {each.get_text() for ax in saved[0].axes for each in ax.texts}
    named |= {each.get_text() for legend in saved[0].legends for each in legend.get_texts()}
    assert {"AWAC", "SAC", "BEAR", "AWAC (mine)"} <= named
    assert not any("online_steps" in each for each in named)
