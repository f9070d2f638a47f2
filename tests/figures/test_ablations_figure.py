"""The ablation figure: planted effects appear where they were planted, with their sign."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures.ablation.effects import Row, Runs, effects, exchanges, levels, parse
from figures.ablation.table import effect_lines
from figures.ablations import draw, make
from figures.panels import panels_of
from figures.results.table import ResultsError, read_results

STEPS = (-100, 0, 50, 100)
PEN, CHEETAH = "pen-binary-v0", "HalfCheetah-v2"
SEED_LEVELS = (0.40, 0.45, 0.50, 0.60, 0.70)  # of the unchanged row, so that seeds differ

Rows = list[dict[str, Any]]
WriteCsv = Callable[..., Path]


@pytest.fixture
def runs_of(make_run) -> Callable[..., Rows]:
    """Runs of one row: seed s is at SEED_LEVELS[s] + shift throughout."""

    def build(variant: str = "", shift: float = 0.0, seeds: int = 5, **cells: object) -> Rows:
        rows: Rows = []
        for seed in range(seeds):
            values = dict.fromkeys(STEPS, SEED_LEVELS[seed] + shift)
            for row in make_run(values, variant=variant, seed=seed, **cells):
                score = row["return_mean"]
                rows.append(row | {"success_any": score, "normalised_score": score})
        return rows

    return build


@pytest.fixture
def write_csv(tmp_path: Path) -> WriteCsv:
    def write(*groups: Rows) -> Path:
        path = tmp_path / "small" / "ablations.csv"
        path.parent.mkdir(exist_ok=True)
        pd.DataFrame([row for group in groups for row in group]).to_csv(path, index=False)
        return path

    return write


def found_in(csv: Path, env: str = PEN) -> Runs:
    frame = read_results(csv, drawn=["success_any", "normalised_score"])
    return Runs(panels_of(frame, [env])[0], frame)


def points(ax: Axes, marker: str) -> list[tuple[float, float]]:
    """Places of the estimates drawn with `marker`."""
    lines = [line for line in ax.lines if line.get_marker() == marker]
    return [(float(line.get_xdata()[0]), float(line.get_ydata()[0])) for line in lines]


def segments(ax: Axes) -> list[list[float]]:
    """x of the horizontal lines that are intervals."""
    pairs = [line for line in ax.lines if len(line.get_xdata()) == 2 and line.get_linewidth() > 1.5]
    return [list(map(float, line.get_xdata())) for line in pairs]


def text_of(figure: Figure) -> str:
    return " ".join(text.get_text() for text in figure.texts)


def test_a_label_is_taken_apart() -> None:
    assert parse("AWAC", "") == Row("AWAC", "")
    assert parse("AWAC", "Z(s)-50").registered == "AWAC[Z(s)-50]"
    row = parse("AWAC", "batch,q_hidden=16,16,tau=0.01")
    assert row == Row("AWAC", "batch", frozenset({"q_hidden=16,16", "tau=0.01"}))
    assert row.name(frozenset({"q_hidden=16,16"})) == "AWAC[batch] tau=0.01"
    # a variant's number is in units of the task's rewards, a setting's in those of the runs
    assert parse("AWAC", "lambda=0.1") == Row("AWAC", "", frozenset({"lambda=0.1"}))
    assert parse("AWAC", "lambda=0.1") != parse("AWAC", "lam=0.1")


def test_what_differs_in_one_component_is_compared_and_nothing_else() -> None:
    texts = (
        "tau=1",
        "V-sampled,tau=1",
        "batch,tau=1",
        "lam=0.5,tau=1",
        "batch,lam=0.5,tau=1",
        "normalisation=BatchMean,tau=1",
        "no-clip,tau=1,lam=9",
    )
    rows = [parse("AWAC", text) for text in texts] + [parse("SAC", "tau=1")]
    base = parse("AWAC", "tau=1")
    # in the order of PURPOSES; batch at lambda 0.5 is a point of batch's own sweep, no-clip at 9
    # has no unchanged row
    assert exchanges(rows) == [
        (parse("AWAC", "batch,tau=1"), base),
        (parse("AWAC", "V-sampled,tau=1"), base),
        (parse("AWAC", "normalisation=BatchMean,tau=1"), base),
    ]


def test_planted_differences_stand_at_their_row_and_side(runs_of, write_csv) -> None:
    csv = write_csv(
        runs_of(),
        runs_of("no-clamp", 0.1),
        runs_of("batch", -0.2),
        runs_of(env=CHEETAH),
        runs_of("batch", 0.05, env=CHEETAH),
    )
    pen, cheetah = draw(csv).axes
    assert points(pen, "o") == [pytest.approx((0.1, -0.16)), pytest.approx((-0.2, 0.84))]
    assert points(pen, "D") == [pytest.approx((0.1, 0.16)), pytest.approx((-0.2, 1.16))]
    assert points(cheetah, "o") == [pytest.approx((0.05, 0.84))]
    for ax in (pen, cheetah):
        low, high = ax.get_xlim()
        assert low < 0 < high


def test_auc_and_final_value_are_told_apart(runs_of, write_csv) -> None:
    changed = [
        row | {"success_any": row["success_any"] - 0.2 * (row["env_step"] == 100)}
        for row in runs_of("batch")
    ]
    found = found_in(write_csv(runs_of(), changed))
    auc, jt = effects(found, exchanges(found.rows))
    # trapezoid over 0, 50, 100: the last value counts 25 / 100; JT: mean of the two online values
    assert (auc.scalar, jt.scalar) == ("auc", "jt")
    assert auc.estimate.value == pytest.approx(-0.05)
    assert jt.estimate.value == pytest.approx(-0.10)


def test_pairs_of_seeds_cancel_what_seeds_share(runs_of, write_csv) -> None:
    """The same shift of every seed is certain in pairs, and uncertain between groups."""
    figure = draw(write_csv(runs_of(), runs_of("batch", 0.1)))
    for low, high in segments(figure.axes[0]):
        assert (low, high) == pytest.approx((0.1, 0.1))
    assert "independent" not in text_of(figure)
    other = runs_of("batch", 0.1, data_checksum="cd" * 32)
    figure = draw(write_csv(runs_of(), other))
    for low, high in segments(figure.axes[0]):
        assert low < 0.05 and high > 0.15
    assert "Not of pairs" in text_of(figure)


def test_a_variant_with_fewer_seeds_is_compared_in_pairs(runs_of, write_csv) -> None:
    levels = (0.40, 0.45, 0.50, 0.60, 0.70)
    base = [row | {"success_any": levels[row["seed"]]} for row in runs_of()]
    four = [
        row | {"success_any": levels[row["seed"]] + 0.1} for row in runs_of("batch", 0.1, seeds=4)
    ]
    found = found_in(write_csv(base, four))
    changes = effects(found, exchanges(found.rows))
    assert [change.scalar for change in changes] == ["auc", "jt"]
    for change in changes:
        assert change.paired
        # of pairs; the centres of five and of four levels differ by 0.058
        assert change.estimate is not None and change.estimate.value == pytest.approx(0.1)


def test_runs_without_data_are_compared_with_those_that_have_it(runs_of, write_csv) -> None:
    none = {"data": "none", "labels": "stored", "data_checksum": "ef" * 32}
    figure = draw(write_csv(runs_of(), runs_of("batch"), runs_of("scratch", -0.3, **none)))
    (forest,) = figure.axes
    assert points(forest, "o")[1] == pytest.approx((-0.3, 0.84))
    assert "independent runs (other prior data): AWAC[scratch] on pen-binary-v0" in text_of(figure)


def test_below_five_seeds_there_are_points_and_no_interval(runs_of, write_csv) -> None:
    figure = draw(write_csv(runs_of(seeds=4), runs_of("batch", 0.1, seeds=4)))
    (forest,) = figure.axes
    assert not segments(forest)
    small = [line for line in forest.lines if line.get_marker() == "."]
    assert [len(line.get_xdata()) for line in small] == [4, 4]
    assert np.allclose([line.get_xdata() for line in small], 0.1)
    assert "no intervals below 5" in text_of(figure)
    assert len(segments(draw(write_csv(runs_of(), runs_of("batch", 0.1))).axes[0])) == 2


def test_fewer_distance_is_better(runs_of, write_csv) -> None:
    def push(variant: str, shift: float) -> Rows:
        rows = runs_of(variant, shift, env="SawyerPush-v0", data="random")
        return [row | {"final_distance": row["return_mean"]} for row in rows]

    (forest,) = draw(write_csv(push("", 0.0), push("batch", -0.1))).axes
    assert points(forest, "o") == [pytest.approx((0.1, -0.16))]
    assert "−final distance" in forest.get_xlabel()


def test_swept_values_stand_at_their_place_and_the_row_at_its_own(runs_of, write_csv) -> None:
    csv = write_csv(runs_of(), runs_of("lam=0.1", -0.1), runs_of("lam=1", -0.2))
    (panel,) = draw(csv).axes
    assert panel.get_xscale() == "log"
    dashed = [line for line in panel.lines if line.get_linestyle() == "--"]
    assert [line.get_ydata()[0] for line in dashed] == pytest.approx([0.5167, 0.5167], abs=1e-3)

    identity = {"method": {"objective": {"weights": {"shape": {"lam": 0.3}}}}}
    run = {"env": PEN, "data": "human", "labels": "relabelled", "profile": "paper"}
    entry = run | {"method": "AWAC", "variant": "", "seed": 0, "identity": identity}
    csv.with_name("ablations.manifest.json").write_text(json.dumps([entry]))
    (panel,) = draw(csv).axes
    x, y = zip(*points(panel, "o"), strict=True)
    assert x == pytest.approx((0.1, 0.3, 1.0), rel=0.03)
    # interquartile mean of 0.40 ... 0.70 without the ends: (0.45 + 0.50 + 0.60) / 3
    assert y == pytest.approx((0.5167 - 0.1, 0.5167, 0.5167 - 0.2), abs=1e-3)
    assert any(list(line.get_xdata()) == [0.3, 0.3] for line in panel.lines)


def test_a_variant_named_by_its_number_stands_at_the_number_of_its_runs(runs_of, write_csv) -> None:
    """Locomotion, profile paper: AWAC has lambda 0.1, and AWAC[lambda=0.3] a tenth of 0.3."""
    csv = write_csv(
        runs_of(env=CHEETAH),
        runs_of("lambda=0.3", -0.1, env=CHEETAH),
        runs_of("lam=0.3", -0.2, env=CHEETAH),
    )
    (panel,) = draw(csv).axes  # without a manifest neither AWAC nor its variant has a place
    assert [x for x, _ in points(panel, "o")] == pytest.approx([0.3], rel=0.03)
    dashed = [line.get_ydata()[0] for line in panel.lines if line.get_linestyle() == "--"]
    assert dashed == pytest.approx([0.4167, 0.5167] * 2, abs=1e-3)

    def entry(variant: str, lam: float) -> dict[str, Any]:
        run = {"env": CHEETAH, "data": "human", "labels": "relabelled", "profile": "paper"}
        identity = {"method": {"objective": {"weights": {"shape": {"lam": lam}}}}}
        return run | {"method": "AWAC", "variant": variant, "seed": 0, "identity": identity}

    entries = [entry("", 0.1), entry("lam=0.3", 0.3), entry("lambda=0.3", 0.03)]
    csv.with_name("ablations.manifest.json").write_text(json.dumps(entries))
    (panel,) = draw(csv).axes
    x, y = zip(*points(panel, "o"), strict=True)
    assert x == pytest.approx((0.03, 0.1, 0.3), rel=0.03)
    # interquartile mean of the unchanged row: (0.45 + 0.50 + 0.60) / 3
    assert y == pytest.approx((0.5167 - 0.1, 0.5167, 0.5167 - 0.2), abs=1e-3)


def test_values_that_no_manifest_tells_are_said_to_be_unknown(runs_of, write_csv) -> None:
    (panel,) = draw(write_csv(runs_of(), runs_of("lambda=0.3"))).axes
    assert "values not known" in [text.get_text() for text in panel.texts]


def test_each_swept_number_has_a_row_of_panels(runs_of, write_csv) -> None:
    csv = write_csv(
        runs_of(seeds=1),
        runs_of("lam=1", seeds=1),
        *(runs_of(f"prior_rollouts={n}", seeds=1) for n in (0, 50)),
        *(runs_of(name, env=CHEETAH, seeds=1) for name in ("", "batch")),
    )
    axes = draw(csv).axes
    assert [ax.get_xlabel() for ax in axes[2:]] == ["λ", "λ", "prior_rollouts", "prior_rollouts"]
    assert axes[4].get_xscale() == "linear"  # 0 has no logarithm
    assert "not swept" in [text.get_text() for text in axes[3].texts]


def test_sweep_of_a_variant_starts_from_that_variant(runs_of, write_csv) -> None:
    found = found_in(write_csv(runs_of("batch"), runs_of("batch,lam=1", 0.2)))
    assert {level.base for level in levels(found)} == {parse("AWAC", "batch")}


def cells(lines: Sequence[str], row: str) -> list[list[str]]:
    """The cells of the table's lines that begin with `row`; columns are two spaces apart."""
    split = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines]
    return [line for line in split if line and line[0] == row]


def test_the_table_has_the_numbers_of_the_figure(runs_of, write_csv) -> None:
    """Planted differences: +0.2 in every pair leaves the bootstrap nothing to vary."""
    csv = write_csv(runs_of(), runs_of("batch", 0.2), runs_of("batch", 0.1, env=CHEETAH),
                    runs_of(env=CHEETAH))  # fmt: skip
    lines = effect_lines(csv)
    shown = "+0.200 [0.200, 0.200]"
    assert cells(lines, "AWAC[batch]") == [
        ["AWAC[batch]", "pen-binary-v0 (human data)", "success", shown, shown, "5"],
        ["AWAC[batch]", "HalfCheetah-v2 (human data)", "normalised score"]
        + ["+0.100 [0.100, 0.100]"] * 2
        + ["5"],
    ]
    assert not any("swept" in line or "chance" in line for line in lines)


def test_the_table_has_levels_of_a_swept_number(runs_of, write_csv) -> None:
    lines = effect_lines(write_csv(runs_of(seeds=2), runs_of("tau=0.1", 0.1, seeds=2)))
    assert [line[3:] for line in cells(lines, "AWAC tau=0.1")] == [["0.525", "0.525", "2"]]
    assert [line[3:] for line in cells(lines, "AWAC")] == [["0.425", "0.425", "2"]]
    assert not any("worth" in line for line in lines)
    assert lines[-1] == "  no interval below 5 seeds: such a number may be chance"


def test_the_table_counts_failed_runs(runs_of, write_csv) -> None:
    failed = runs_of("batch", seeds=2)
    failed[-1]["status"] = "failed"
    [row] = cells(effect_lines(write_csv(runs_of(), failed)), "AWAC[batch]")
    assert row[3:] == ["+0.000", "+0.000", "1 of 2 finished"]


def test_the_table_says_that_distances_are_negative(runs_of, write_csv) -> None:
    rows = [runs_of(variant, env="SawyerPush-v0", data="random") for variant in ("", "batch")]
    for row in rows[0] + rows[1]:
        row["final_distance"] = 0.1 if row["variant"] else 0.3
    lines = effect_lines(write_csv(*rows))
    [row] = cells(lines, "AWAC[batch]")
    assert row[3] == "+0.200 [0.200, 0.200]"
    assert lines[-1] == "  a distance counts as negative"


def test_failed_runs_are_counted_and_named_not_averaged(runs_of, write_csv) -> None:
    bad = runs_of("no-clamp", -9.0)
    bad = [row | {"status": "failed"} if row["seed"] == 1 else row for row in bad]
    all_bad = [row | {"status": "failed"} for row in runs_of("batch", -9.0)]
    figure = draw(write_csv(runs_of(), bad, all_bad))
    (forest,) = figure.axes
    said = [text.get_text() for text in forest.texts]
    assert "4 of 5 runs finished" in said and "0 of 5 runs finished" in said
    assert len(points(forest, "o")) == 1
    assert "Failed, not counted: " in text_of(figure)
    assert "AWAC [no-clamp] on pen-binary-v0 seed 1" in text_of(figure)


def test_caption_states_its_facts(runs_of, write_csv) -> None:
    figure = draw(write_csv(runs_of("tau=1"), runs_of("batch,tau=1"), runs_of("lam=1,tau=1")))
    for fact in (
        "AUC: mean over online steps.",
        "Success: share of evaluation episodes",
        "5 seeds; lines: 95 % bootstrap (10,000 resamples of seeds, expanded for few seeds)",
        "Set for all runs: tau=1.",
        "Preset small",
        "commit 0123456789",
        "Pairs of the same seed",
        "normaliser: mean weight 1 in each batch",
    ):
        assert fact in " ".join(text_of(figure).split()), fact


@pytest.mark.filterwarnings("error")
def test_picture_is_whole_and_its_bytes_are_stable(
    runs_of, write_csv, is_inside, tmp_path: Path
) -> None:
    names: Sequence[str] = ("Q-beta", "Z(s)", "Z(s)-50", "reverse-KL", "V-sampled", "scratch")
    variants = ("", *names, "lam=0.1", "lam=2")
    both = [runs_of(name, -0.1, 3, env=env) for env in (PEN, CHEETAH) for name in variants]
    assert is_inside(draw(write_csv(*both)))
    csv = write_csv(runs_of(), runs_of("batch"), runs_of("lam=0.1"))
    paths = make(csv, tmp_path / "out" / "ablations")
    again = make(csv, tmp_path / "again" / "ablations")
    assert [path.name for path in paths] == ["ablations.png", "ablations.pdf"]
    assert [path.read_bytes() for path in paths] == [path.read_bytes() for path in again]


def test_nothing_to_compare_is_said_with_the_way_out(runs_of, write_csv) -> None:
    csv = write_csv(runs_of(), runs_of(method="SAC"))
    with pytest.raises(ResultsError, match="nothing to compare; run `python reproduce/ablations"):
        draw(csv)


def test_damaged_manifest_is_named(runs_of, write_csv) -> None:
    csv = write_csv(runs_of(), runs_of("lam=1"))
    csv.with_name("ablations.manifest.json").write_text("[{")
    with pytest.raises(ResultsError, match="ablations.manifest.json: is not a manifest"):
        draw(csv)
