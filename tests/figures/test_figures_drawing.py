"""The picture itself: panels, lines, caption facts, files."""

from __future__ import annotations

import errno
import io
import itertools
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import matplotlib.image as mpimg
import numpy as np
import pytest
from matplotlib.figure import Figure

from figures import paper_figure
from figures.experiments import EXPERIMENTS
from figures.layout import elide, wrap
from figures.learning_curves import draw, looks_of
from figures.metrics import Metric
from figures.output import save
from figures.panels import bands_of, panels_of
from figures.phase_axis import step_name
from figures.results.table import ResultsError, read_results
from figures.statistics.across_seeds import interval
from tests.figures.conftest import MakeFrame, MakeRun

FIGURE1 = EXPERIMENTS["figure1"]
PANELS, make = FIGURE1.tasks, partial(paper_figure.make, FIGURE1)

PEN = ("pen-binary-v0",)


def _texts(figure: Figure) -> str:
    return " ".join(text.get_text() for text in figure.texts)


def test_make_writes_both_files_and_nothing_else(synthetic_csv: Path, tmp_path: Path) -> None:
    paths = make(synthetic_csv, tmp_path / "out" / "figure1")
    assert [path.name for path in paths] == ["figure1.png", "figure1.pdf"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "figure1.pdf",
        "figure1.png",
    ]
    picture = mpimg.imread(paths[0])
    assert picture.shape[0] > 800
    assert picture.shape[1] > 1000
    ink = (picture[..., :3].min(axis=-1) < 0.5).mean()
    assert 0.005 < ink < 0.5
    assert paths[1].read_bytes().startswith(b"%PDF-")


def test_the_same_results_give_the_same_bytes(synthetic_csv: Path, tmp_path: Path) -> None:
    first = [path.read_bytes() for path in make(synthetic_csv, tmp_path / "figure1")]
    second = [path.read_bytes() for path in make(synthetic_csv, tmp_path / "again")]
    assert first == second


def test_a_failed_save_leaves_the_old_file_and_no_temporary_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "a.png"
    old.write_bytes(b"old")

    def fail(*_: object, **__: object) -> None:
        raise OSError("disk full")

    figure = Figure()
    monkeypatch.setattr(figure, "savefig", fail)
    with pytest.raises(OSError, match="disk full"):
        save(figure, tmp_path / "a")
    assert list(tmp_path.iterdir()) == [old]
    assert old.read_bytes() == b"old"


def test_a_full_disk_is_an_error_of_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Matplotlib's PDF writer would make an AttributeError of it."""

    class Full(io.BytesIO):
        def write(self, data: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    @contextmanager
    def full(target: Path) -> Iterator[io.BytesIO]:
        yield Full()

    monkeypatch.setattr("figures.output.whole_file", full)
    monkeypatch.setattr("figures.output._METADATA", {"pdf": {}})
    with pytest.raises(OSError, match="No space left"):
        save(Figure(), tmp_path / "a")


def test_a_dot_in_the_stem_is_kept(tmp_path: Path) -> None:
    assert [path.name for path in save(Figure(), tmp_path / "fig.v2")] == [
        "fig.v2.png",
        "fig.v2.pdf",
    ]


def test_one_column_a_task_with_results_one_row_a_metric(synthetic_csv: Path, is_inside) -> None:
    figure = draw(read_results(synthetic_csv), panels=PANELS, title="A title")
    assert len(figure.axes) == 4
    assert [ax.get_title(loc="left") for ax in figure.axes[:2]] == ["Pen rotation", "Door opening"]
    assert [ax.get_ylabel() for ax in figure.axes] == ["Success", "", "Return", ""]
    assert len(figure.legends) == 1
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["AWAC", "SAC", "AWR"]
    assert not any(ax.get_legend() for ax in figure.axes)
    assert is_inside(figure)


def test_every_seed_is_drawn_and_a_band_only_with_five(synthetic_csv: Path) -> None:
    pen, door, *_ = draw(read_results(synthetic_csv), panels=PANELS).axes
    # 15 seeds, 3 aggregates, the rule at 0, the cross of the failed seed.
    assert len(pen.lines) == 15 + 3 + 1 + 1
    assert len(door.lines) == 9 + 3 + 1
    assert len(pen.collections) == 2  # AWAC and AWR; SAC has 4 finished seeds
    assert len(door.collections) == 0


def test_lines_and_bands_lie_where_the_results_say(make_run, make_frame) -> None:
    """Five seeds: one is cut at either end, and the band is the interval of across_seeds."""
    steps = (-20, 0, 30)
    seeds = np.array([[1, 2, 3, 6, 50], [10, 90, 20, 0, 30], [40, 70, 40, 30, 100]], float)
    rows = [
        row | {"success_any": row["return_mean"] / 100}
        for seed, values in enumerate(seeds.T)
        for row in make_run(dict(zip(steps, map(float, values), strict=True)), seed=seed)
    ]
    frame = make_frame(rows)
    (look,) = looks_of(frame)
    for ax, scale in zip(draw(frame, panels=PEN).axes, (100, 1), strict=True):
        (thick,) = [line for line in ax.lines if line.get_linewidth() == look.style.width]
        assert thick.get_xdata().tolist() == list(steps)
        expected = [(2 + 3 + 6) / 3 / scale, (10 + 20 + 30) / 3 / scale, (40 + 40 + 70) / 3 / scale]
        np.testing.assert_allclose(thick.get_ydata(), expected)
        thin = [line for line in ax.lines if line is not thick and len(line.get_xdata()) == 3]
        np.testing.assert_allclose([line.get_ydata() for line in thin], seeds.T / scale)
        (band,) = ax.collections
        (path,) = band.get_paths()
        low, high = interval(seeds / scale)
        assert {(x, round(y, 9)) for x, y in path.vertices.tolist()} == {
            (x, round(y, 9)) for ends in (low, high) for x, y in zip(steps, ends, strict=True)
        }


def test_rows_of_phase_init_are_not_drawn(synthetic_csv: Path) -> None:
    axes = draw(read_results(synthetic_csv), panels=PANELS).axes
    assert len(axes) == 4  # success and return of the two tasks that have results
    for ax in axes:
        assert min(np.min(line.get_xdata()) for line in ax.lines) == -1000
        assert ax.get_xlim()[0] > -1200


def test_the_caption_names_what_is_incomplete(synthetic_csv: Path) -> None:
    text = _texts(draw(read_results(synthetic_csv), panels=PANELS))
    assert "SAC on door-binary-v0 (human data), seed 2 at 1k" in text
    assert "SAC on pen-binary-v0 (human data), seed 4 at 500" in text
    assert "No results yet for relocate-binary-v0" in text


def test_the_caption_states_the_facts(synthetic_csv: Path) -> None:
    text = _texts(draw(read_results(synthetic_csv), panels=PANELS, caption="Opening words."))
    for fact in (
        "Opening words. Thin lines: single seeds.",
        "interquartile mean (mean below 4 seeds) over 3–5 seeds (SAC 2–4)",
        "95 % percentile bootstrap over seeds (10,000 resamples), none below 5 seeds",
        "pen-binary-v0 human (relabelled rewards, sha256 5e5e5e5e)",
        "Preset synthetic, profile paper, version 0.1.0, commit synthetic",
        "success at any step",
        "At each step all runs of a task are evaluated from the same start states",
    ):
        assert fact in text


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((2, 1, 1), "mean over 1 seed (AWAC 2)."),
        ((3, 3, 2), "mean over 3 seeds (BC 2)."),
        ((3, 2), "mean over seeds (AWAC 3, SAC 2)."),
        ((2, 2), "mean over 2 seeds."),
    ],
)
def test_the_caption_counts_seeds(counts, words: str, make_run, make_frame) -> None:
    rows = [
        row
        for method, count in zip(("AWAC", "SAC", "BC"), counts, strict=False)
        for seed in range(count)
        for row in make_run({0: 1.0, 9: 2.0}, method=method, seed=seed)
    ]
    assert words in _texts(draw(make_frame(rows), panels=PEN))


def test_a_complete_figure_has_no_warning(make_run, make_frame) -> None:
    figure = draw(make_frame(make_run({-10: 0.0, 0: 1.0, 10: 2.0})), panels=PEN)
    assert {text.get_color() for text in figure.texts} == {"#444444"}
    assert "One seed per method" in _texts(figure)


def test_a_dirty_commit_stays_visible(make_run, make_frame) -> None:
    frame = make_frame(make_run({0: 1.0}, commit="0123456789abcdef-dirty"))
    assert "commit 0123456789-dirty" in _texts(draw(frame, panels=PEN))


def test_data_sources_get_columns_of_their_own(make_run, make_frame) -> None:
    frame = make_frame(make_run({0: 1.0, 9: 2.0}) + make_run({0: 1.0, 9: 2.0}, data="embedded"))
    figure = draw(frame, panels=PEN)
    subtitles = [ax.texts[0].get_text() for ax in figure.axes[:2]]
    assert subtitles == [
        "pen-binary-v0 (human data)",
        "pen-binary-v0 (embedded expert data)",
    ]
    assert len(figure.axes) == 4


def test_runs_without_prior_data_are_dashed_in_the_panels_of_their_task(
    make_run, make_frame
) -> None:
    rows = make_run({-20: 0.0, 0: 1.0, 40: 1.0}) + make_run({0: 0.0, 40: 1.0}, method="SAC")
    rows += make_run({0: 3.0, 40: 4.0}, method="SAC", variant="no-data", data="none")
    figure = draw(make_frame(rows), panels=PEN)
    success, returns = figure.axes
    assert success.texts[0].get_text() == "pen-binary-v0 (human data)"
    curves = {tuple(line.get_ydata()): line for line in returns.lines}
    assert curves[(3.0, 4.0)].get_linestyle() == "--"
    assert curves[(3.0, 4.0)].get_xdata().tolist() == [0, 40]
    assert curves[(0.0, 1.0)].get_linestyle() == "-"
    text = _texts(figure)
    assert "SAC [no-data]: without prior data, no offline phase." in text
    assert "Data: pen-binary-v0 human (relabelled rewards, sha256 abababab)." in text


def test_runs_without_prior_data_stand_beside_every_kind_of_it(make_run, make_frame) -> None:
    frame = make_frame(
        make_run({0: 1.0, 9: 2.0})
        + make_run({0: 1.0, 9: 2.0}, data="embedded")
        + make_run({0: 5.0, 9: 6.0}, variant="scratch", data="none")
    )
    returns = draw(frame, panels=PEN).axes[2:]
    assert [sum(5.0 in line.get_ydata() for line in ax.lines) for ax in returns] == [1, 1]


@pytest.mark.parametrize("method", ["AWAC", "SAC"])
def test_runs_without_prior_data_alone_or_of_a_method_with_it_keep_a_panel(
    method: str, make_run, make_frame
) -> None:
    """Of one name there would be two curves."""
    alone = make_run({0: 5.0, 9: 6.0}, data="none")
    others = make_run({0: 1.0, 9: 2.0}) if method == "AWAC" else []
    figure = draw(make_frame(others + alone), panels=PEN)
    names = [ax.texts[0].get_text() for ax in figure.axes[: len(figure.axes) // 2]]
    assert names == ["pen-binary-v0 (human data)"] * bool(others) + [
        "pen-binary-v0 (no prior data)"
    ]
    assert "without prior data" not in _texts(figure)


def test_single_seeds_are_drawn_of_those_asked_for_and_of_runs_in_no_aggregate(
    make_run, make_frame
) -> None:
    rows = [
        row
        for number, method in enumerate(("AWAC", "SAC"))
        for seed in range(3)
        for row in make_run({0: number + seed / 10, 9: 9.0}, method=method, seed=seed)
    ]
    rows += make_run({0: 1.7, 9: 9.0}, method="SAC", seed=3, status="running")
    figure = draw(make_frame(rows), panels=PEN, seeds_of=("AWAC",))
    starts = [float(line.get_ydata()[0]) for line in figure.axes[1].lines]
    assert {0.0, 0.1, 0.2, 1.7} <= set(starts) and not {1.0, 1.2} & set(starts)
    assert "Thin lines: single seeds of AWAC." in _texts(figure)


def test_the_steps_of_final_j_are_said_where_they_are_the_same(make_run, make_frame) -> None:
    steps = dict.fromkeys(range(0, 80, 10), 1.0)
    rows = make_run({-5: 1.0, **steps})
    assert "Final J: mean of the evaluations at steps 30 to 70." in _texts(
        draw(make_frame(rows), panels=PEN)
    )
    both = make_frame(rows + make_run({**steps, 80: 1.0}, env="door-binary-v0"))
    assert "Final J" not in _texts(draw(both, panels=(*PEN, "door-binary-v0")))


def test_steps_left_out_and_unfinished_aggregates_are_named(make_run, make_frame) -> None:
    frame = make_frame(
        make_run({0: 1.0, 5: 1.0, 9: 2.0})
        + make_run({0: 1.0, 9: 2.0}, seed=1)
        + make_run({0: 1.0}, method="SAC", status="running")
    )
    text = _texts(draw(frame, panels=PEN))
    assert "steps left out: AWAC on pen-binary-v0 (human data) (1)" in text
    told = [part for part in text.split(". ") if "SAC" in part]
    assert told == [
        "Unfinished, and no run of the method is finished there: SAC on "
        "pen-binary-v0 (human data), seed 0 at 0"
    ]
    assert "Thick lines: mean over 2 seeds." in text


def test_an_unfinished_run_beside_finished_ones_is_in_no_thick_line(make_run, make_frame) -> None:
    rows = make_run({0: 1.0, 9: 2.0}) + make_run({0: 9.0}, seed=1, status="running")
    figure = draw(make_frame(rows), panels=PEN)
    assert "Unfinished, in no thick line: AWAC on pen-binary-v0 (human data), seed 1" in _texts(
        figure
    )
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["AWAC"]


@pytest.mark.parametrize(
    ("status", "name"), [("running", "SAC (unfinished)"), ("failed", "SAC (failed)")]
)
def test_the_legend_says_where_no_run_is_finished(status, name, make_run, make_frame) -> None:
    rows = make_run({0: 1.0, 9: 2.0}) + make_run({0: 1.0}, method="SAC", status=status)
    figure = draw(make_frame(rows), panels=PEN)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["AWAC", name]


def test_a_curve_that_is_still_on_its_way_has_no_name_at_its_end(make_run, make_frame) -> None:
    """The line to the name would look like the rest of the curve."""
    whole = make_run({-20: 0.0, 0: 1.0, 40: 1.0})
    for steps, status, named in (
        ({-20: 0.5}, "running", False),
        ({-20: 0.5, 40: 0.5}, "running", True),
        ({-20: 0.5, 0: 0.5}, "done", True),
    ):
        frame = make_frame(whole + make_run(steps, method="SAC", status=status))
        names = [text.get_text() for text in draw(frame, panels=PEN).axes[0].texts]
        assert "AWAC" in names and ("SAC" in names) is named


@pytest.mark.parametrize(
    ("returns", "cells"),
    [
        ({-20: 0.0, 0: 1.0}, {}),  # offline only
        ({0: 1.0}, {}),  # one evaluation
        ({10: 1.0, 20: 2.0}, {}),  # online only
        ({-20: 0.0}, {"phase": "init", "status": "running"}),  # nothing to draw yet
        ({0: 1.0, 10: 2.0}, {"status": "failed"}),  # nothing to aggregate
        ({0: float("nan")}, {"status": "failed"}),  # diverged
    ],
)
@pytest.mark.filterwarnings("error")
def test_partial_results_can_be_drawn(returns, cells, make_run, make_frame, is_inside) -> None:
    assert is_inside(draw(make_frame(make_run(returns, **cells)), panels=PEN, title="Words " * 30))


def test_many_long_labels_stay_on_the_page(make_run, make_frame, is_inside) -> None:
    rows = [
        row
        for number in range(12)
        for row in make_run({-9: 0.0, 0: 1.0, 9: 2.0}, variant=f"a rather long variant {number}")
    ]
    figure = draw(make_frame(rows), panels=PEN)
    assert len(figure.legends[0].get_texts()) == 12
    assert is_inside(figure)


def test_labels_of_hundreds_of_characters_are_wrapped(make_run, make_frame, is_inside) -> None:
    """Each is whole in the legend, and hides neither the others nor the caption."""
    variants = [
        "",
        "short",
        *(",".join(f"critic.key{i}=0.{n}" for i in range(30)) for n in range(3)),
    ]
    rows = [row for variant in variants for row in make_run({-9: 0.0, 0: 1.0}, variant=variant)]
    figure = draw(make_frame(rows), panels=PEN)
    assert is_inside(figure)
    texts = [re.sub(r"\s", "", text.get_text()) for text in figure.legends[0].get_texts()]
    assert texts == ["AWAC", *(f"AWAC[{variant}]" for variant in sorted(variants[1:]))]
    boxes = [text.get_window_extent() for text in figure.legends[0].get_texts()]
    assert all(one.y0 >= other.y1 - 1 for one, other in itertools.pairwise(boxes))


def test_any_number_of_variants_is_drawn(make_run, make_frame, is_inside) -> None:
    rows = [row for n in range(65) for row in make_run({0: n / 65}, variant=f"k={n:02}")]
    looks = looks_of(make_frame(rows))
    assert len({(look.style.colour, str(look.style.line)) for look in looks}) == 60
    assert is_inside(draw(make_frame(rows[:20]), panels=PEN))


def test_a_label_is_text_and_no_formula(make_run, make_frame) -> None:
    (text,) = draw(make_frame(make_run({0: 1.0}, variant="a=$x$_")), panels=PEN).legends[0].texts
    assert not text.get_parse_math()


@pytest.mark.parametrize("width", [0.5, 1.0, 5.0])
def test_what_is_shortened_keeps_its_ends_and_fits(width: float) -> None:
    text = "AWAC [a rather long variant with lam=0.25]"
    short = elide(text, width, 8.0)
    assert len(wrap(short.replace(" ", "_"), width * 1.05, 8.0)) == 1
    assert short == text if width == 5.0 else short[0] == "A" and short[-1] == "]" and "…" in short


def test_a_method_keeps_its_look_whatever_else_is_drawn(make_run, make_frame) -> None:
    alone = looks_of(make_frame(make_run({0: 1.0}, method="SAC")))
    both = looks_of(make_frame(make_run({0: 1.0}, method="SAC") + make_run({0: 1.0}, method="BC")))
    assert alone[0].style == both[0].style


def test_no_task_with_results(make_run, make_frame) -> None:
    with pytest.raises(ResultsError, match="no rows for Ant-v2; the results hold pen-binary-v0"):
        draw(make_frame(make_run({0: 1.0})), panels=("Ant-v2",))


def test_wrap_keeps_every_word_and_breaks_long_ones() -> None:
    text = "some words and a " + "x" * 300
    lines = wrap(text, 2.0, 8)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert len(lines) > 5


@pytest.mark.parametrize(
    ("step", "name"),
    [(0, "0"), (500, "500"), (2500, "2.5k"), (-25000, "\N{MINUS SIGN}25k"), (1e6, "1M")],
)
def test_step_names(step: float, name: str) -> None:
    assert step_name(step) == name


def test_figures_need_neither_torch_nor_a_simulator() -> None:
    program = (
        "import sys, figures.paper_figure, figures.ablations\n"
        "heavy = {'torch', 'gymnasium', 'mujoco', 'algorithms', 'envs', 'reproduce'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("steps", [(0,), (0, 9), (-9, 0, 9)])
@pytest.mark.parametrize(
    ("most", "low", "high"),
    [
        (0.5, -0.021, 0.546),  # up to 1.05 x 0.5 = 0.525, and 4 % of that on either side
        (0.1, -0.01, 0.26),  # up to 0.25, the least
        (1.0, -0.04, 1.04),  # up to 1, the most
    ],
)
def test_a_share_that_follows_its_values_has_every_curve_in_it(
    most: float, low: float, high: float, steps: tuple[int, ...], make_run, make_frame
) -> None:
    """Rules, the line at step 0 among them, are no curves; a curve of one or two points is one."""
    frame = make_frame(make_run(dict.fromkeys(steps, -9.0), success_final=most))
    shares = Metric(
        "success_final", "Success", rules=(0.05,), rule_names=("rule",), whole_range=False
    )
    (ax,) = draw(frame, panels=PEN, metrics=[shares]).axes
    assert ax.get_ylim() == pytest.approx((low, high))


def test_profiles_stand_beneath_each_other_a_task_in_one_column(
    make_run: MakeRun, make_frame: MakeFrame, is_inside: Callable[[Figure], bool]
) -> None:
    """The pen was run under both profiles, the door under ``released`` alone."""
    pen, door = "pen-binary-v0", "door-binary-v0"
    frame = make_frame(
        [
            *make_run({0: -9.0, 9: 1.0}, env=pen),
            *make_run({0: -90.0, 9: 0.0}, env=pen, profile="released"),
            *make_run({0: -9.0, 9: 1.0}, env=door, profile="released"),
        ]
    )
    bands = bands_of(panels_of(frame, PANELS))
    assert [[(i, panel.env, panel.profile) for i, panel in band.items()] for band in bands] == [
        [(0, pen, "paper")],
        [(0, pen, "released"), (1, door, "released")],
    ]
    metrics = (
        Metric("return_mean", "Shared", share_y=True),
        Metric("return_mean", "Own", share_y=False),
    )
    figure = draw(frame, panels=PANELS, metrics=metrics)
    assert is_inside(figure)
    assert len(figure.axes) == 3 * len(metrics)  # no empty panel of the door under ``paper``
    heads = [ax for ax in figure.axes if ax.get_title(loc="left")]
    assert [ax.get_title(loc="left") for ax in heads] == [
        "Pen rotation",
        "Pen rotation",
        "Door opening",
    ]
    above, below, beside = (ax.get_position() for ax in heads)
    assert (above.x0, above.x1) == (below.x0, below.x1) and below.x1 < beside.x0
    assert above.y0 > below.y1 and below.y0 == beside.y0

    def limits(name: str) -> set[tuple[float, float]]:
        return {ax.get_ylim() for ax in figure.axes if ax.get_ylabel() == name}

    assert len(limits("Shared")) == 1 and len(limits("Own")) == 2
