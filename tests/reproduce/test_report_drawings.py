"""What the report's pictures say: margins, thresholds, one axis, one order, colours on the dark."""

from __future__ import annotations

import re
from dataclasses import replace
from math import inf
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from figures import style
from figures.experiments import ANT, PEN
from figures.forest import SHADE, Forest, Score, colour_of, draw_forest, span_of
from figures.report_plots import ProfileCurve, draw_aggregates, draw_claim
from figures.statistics.estimates import Estimate, difference
from reproduce.judging.claim import evaluate
from reproduce.judging.claims import CLAIMS
from reproduce.judging.conditions import Above, Counted, Never, Ranked, Verdict
from reproduce.judging.evidence import Arm, Evidence
from reproduce.judging.questions import (
    SCALARS,
    SHARE,
    Asked,
    Limits,
    Quantity,
    Question,
    Whose,
    above,
    below,
    beside,
    improvement,
    until,
    within,
)
from reproduce.judging.stability import SPREAD
from reproduce.judging.verdicts import Effect, combine
from reproduce.judging.visible import Visible, beyond, inside
from reproduce.reporting import svg
from reproduce.reporting.aggregates import aggregates, pooled_difference, probability
from reproduce.reporting.bounds import clipped, possible, reached
from reproduce.reporting.cards import would_be_seen
from reproduce.reporting.claim_axes import forests, groups, thresholds
from reproduce.reporting.commands import Want
from reproduce.reporting.deciding import deciding
from reproduce.reporting.drawings import forests_html
from reproduce.reporting.forests import aggregate_caption, effects_caption
from reproduce.reporting.palette import DARK, Palette, contrast, on_dark
from reproduce.reporting.pictures import ForestSet
from reproduce.reporting.wording import badges, plain, worded
from tests.reproduce.report_grid import full_grid, rows_of

NAN = float("nan")
NOTHING = Evidence({})


def known(value: float, low: float = NAN, high: float = NAN) -> Estimate:
    return Estimate(value, low, high, 5, "x")


AUC, GAIN, SLOPE = SCALARS["auc"], SCALARS["gain"], SCALARS["slope"]
TIME = Quantity("time to 0.9", "ratio of times", Limits(low=0.0), zero=1.0)
SHARE_SOLVED = Quantity("share of demonstrations that solve the task", "share of the demos", SHARE)


def effect(
    task: str, quantity: Quantity, whose: Whose, asks: Asked, value: float | None = None
) -> Effect:
    found = None if value is None else known(value)
    verdict = Verdict.NOT_RUN if value is None else Verdict.INCONCLUSIVE
    lacks = "no finished run" if value is None else ""
    return Effect(task, Question(quantity, whose, asks), verdict, found, lacks=lacks)


def less(first: str, second: str) -> Whose:
    return Whose(first, "−", second)


# --- what is asked --------------------------------------------------------------------------------


def test_everything_that_any_claim_asks_is_a_place_on_an_axis() -> None:
    every = [e for claim in CLAIMS for e in evaluate(claim, NOTHING).effects]
    assert len(every) > 100
    for each in every:
        asks, text = each.question.asks, str(each.question.asks)
        assert (asks.low > -inf) == (not text.startswith("<")), text
        assert (asks.high < inf) == (not text.startswith(">")), text


def test_what_is_asked_in_words() -> None:
    assert str(above(-0.05)) == "> -0.05" and above(-0.05) == Asked(-0.05, inf)
    assert str(above(-0.0)) == "> 0"
    assert str(below(0.5)) == "< 0.5" and below(0.5) == Asked(-inf, 0.5)
    assert str(within(0.1)) == "within ±0.1" and within(0.1) == Asked(-0.1, 0.1)
    assert beside(2.0, "above") == above(2.0) and beside(2.0, "below") == below(2.0)
    for low, high in ((-inf, inf), (1.0, 1.0), (1.0, 0.0)):
        with pytest.raises(ValueError, match="nothing is asked"):
            Asked(low, high)


def test_what_is_measured_in_words() -> None:
    def told(quantity: Quantity, whose: Whose) -> tuple[str, str]:
        question = Question(quantity, whose, above(0.5))
        return question.what, question.heading

    assert told(AUC, less("AWAC", "SAC")) == ("AUC: AWAC − SAC", "AUC")
    assert told(until(AUC, 1000), Whose("AWAC")) == ("AUC by step 1,000: AWAC", "AUC by step 1,000")
    assert told(until(AUC, None), Whose("AWAC")) == ("AUC: AWAC", "AUC")
    assert told(TIME, Whose("SAC", "/", "AWAC")) == ("time to 0.9: SAC / AWAC", "time to 0.9")
    wins = ("P(AUC of AWAC > SAC)", "P(AUC is higher)")
    assert told(improvement(AUC), Whose("AWAC", ">", "SAC")) == wins
    assert told(SHARE_SOLVED, Whose()) == (SHARE_SOLVED.name,) * 2


def test_methods_are_named_without_their_data() -> None:
    assert less("AWAC", "SAC, no prior data").methods == ("AWAC", "SAC")
    assert Whose("AWAC, BC").methods == ("AWAC",) and Whose().methods == ()


def test_curves_are_set_against_the_levels_that_a_claim_names() -> None:
    of = {claim.id: claim for claim in CLAIMS}
    assert thresholds(of["H1"], "hand") == {0.9: "asked: 0.9"}
    assert thresholds(of["M4"], "locomotion") == {
        0.25: "asked: 0.25 (HalfCheetah, Walker2d)",
        0.4375: "asked: 0.44 (Ant)",
    }
    assert thresholds(of["M6"], "locomotion") == {0.9: "asked: 0.9"}
    assert thresholds(of["M4"], "hand") == thresholds(of["H6"], "hand") == {}


def test_effects_of_one_question_share_an_axis_in_the_order_of_methods() -> None:
    pen, door = "pen-binary-v0", "door-binary-v0"
    every = [
        effect(pen, AUC, less("AWAC", "DAPG"), above(0.05), 0.1),
        effect(pen, AUC, less("AWAC", "SAC"), above(0.05), 0.2),
        effect(pen, TIME, Whose("SAC", "/", "AWAC"), above(2.0), 3.0),
        effect(door, AUC, less("AWAC", "SAC"), above(0.05), -0.1),
        effect(door, AUC, less("AWAC", "BC"), above(0.05)),
    ]
    first, _ = groups(every)
    assert [(e.task, e.what[-4:].strip(" −")) for e in first.effects] == [
        (pen, "SAC"),
        (pen, "DAPG"),
        (door, "SAC"),
        (door, "BC"),
    ]
    auc, time = forests(every)
    assert [score.label for score in auc.scores] == [
        "AWAC − SAC, Pen rotation",
        "AWAC − DAPG, Pen rotation",
        "AWAC − SAC, Door opening",
        "AWAC − BC, Door opening",
    ]
    assert [score.base for score in auc.scores] == ["SAC", "DAPG", "SAC", "BC"]
    assert [score.instead for score in auc.scores] == ["", "", "", "no finished run"]
    assert (auc.shade, auc.thresholds, auc.zero) == ((0.05, inf), (0.05,), 0.0)
    assert auc.axis == "difference in success"
    assert (time.shade, time.zero, time.axis) == ((2.0, inf), 1.0, "ratio of times")
    assert time.name == "time to 0.9, Pen rotation: asked > 2"


def test_an_effect_without_a_value_is_a_row_that_says_why() -> None:
    pen = "pen-binary-v0"
    first = effect(pen, TIME, Whose("BC", "/", "AWAC"), above(2.0), 3.0)
    lost = effect(pen, TIME, Whose("SAC", "/", "AWAC"), above(2.0))
    for words in ("no finished run", "no run reached 0.9"):
        ((row, _),) = [f.scores for f in forests([first, replace(lost, lacks=words)])]
        assert row.label == "SAC / AWAC" and row.instead == words
    undefined = replace(lost, estimate=known(NAN), verdict=Verdict.INCONCLUSIVE, lacks="")
    ((row, _),) = [f.scores for f in forests([first, undefined])]
    assert row.instead == "no value"
    door = effect("door-binary-v0", SHARE_SOLVED, Whose(), above(0.5))
    (shares,) = forests(
        [
            effect(pen, SHARE_SOLVED, Whose(), above(0.5), 1.0),
            replace(door, lacks="missing: human demonstrations"),
        ]
    )
    assert [score.label for score in shares.scores] == ["Pen rotation", "Door opening"]
    assert shares.axis == "share of the demos"
    assert shares.scores[1].instead == "missing: human demonstrations"
    assert forests([effect(pen, AUC, less("AWAC", "SAC"), above(0.0))]) == []


def test_levels_and_differences_have_panels_of_their_own() -> None:
    pen = "pen-binary-v0"
    of = (Whose("SAC"), less("AWAC", "SAC"))
    level, lead = forests([effect(pen, SLOPE, whose, above(0.0), 0.5) for whose in of])
    assert (len(level.scores), len(lead.scores)) == (1, 1)
    assert lead.axis == f"difference in {level.axis}"


def test_every_scalar_has_a_name_of_its_axis() -> None:
    pen = "pen-binary-v0"
    for quantity, whose, axis, zero in (
        (SLOPE, Whose("AWAC"), "success per 100,000 steps", 0.0),
        (SLOPE, less("AWAC", "SAC"), "difference in success per 100,000 steps", 0.0),
        (GAIN, Whose("AWAC"), "change of success", 0.0),
        (SCALARS["dip"], Whose("SAC"), "loss of success", 0.0),
        (SCALARS["dip"], less("SAC", "AWAC"), "difference in loss of success", 0.0),
        (SCALARS["jt"], Whose("SAC"), "success", None),
        (SCALARS["jt"], less("AWAC", "SAC"), "difference in success", 0.0),
        (improvement(AUC), Whose("AWAC", ">", "SAC"), "probability", None),
    ):
        (forest,) = forests([effect(pen, quantity, whose, above(0.0), 0.5)])
        assert (forest.axis, forest.zero) == (axis, zero)
    (forest,) = forests([effect("all", AUC, Whose("AWAC"), above(0.0), 0.5)])
    assert forest.axis == "AUC"  # tasks of several domains have no measure in common


# --- the interval that decides --------------------------------------------------------------------


def by_name(task: str, arm: Arm, profile: str) -> tuple[float, ...]:
    """Some methods are good, some poor, without any reason."""
    level = sum(map(ord, f"{task}{arm.label}")) % 10 / 10
    return (level / 2, level / 2, level, level)


def test_the_drawn_ends_are_those_that_gave_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Effects of many claims on a grid of runs, each judged again by its ends alone."""
    monkeypatch.setattr("figures.statistics.bootstrap.RESAMPLES", 50)
    evidence = Evidence(full_grid(by_name, seeds=5))
    found = set()
    for claim in CLAIMS:
        finding = evaluate(claim, evidence)
        for each, ends in zip(finding.effects, deciding(finding), strict=True):
            if ends is None or isinstance(each.condition, Ranked | Never):
                continue
            found.add(each.verdict)
            low, high = each.question.asks.low, each.question.asks.high
            if low == -inf:
                assert (ends[1] < high) == (each.verdict is Verdict.SUPPORTED)
                assert (ends[0] > high) == (each.verdict is Verdict.CONTRADICTED)
            elif high == inf:
                assert (ends[0] > low) == (each.verdict is Verdict.SUPPORTED)
            else:
                inside = low < ends[0] and ends[1] < high
                assert inside == (each.verdict is Verdict.SUPPORTED)
    assert {Verdict.SUPPORTED, Verdict.CONTRADICTED} <= found


def test_the_ends_of_three_effects_that_must_all_hold() -> None:
    """All of 3 must hold: each supports at alpha, and contradicts at a third of it. The tails are
    normal: t is 1.960 at 2.5 %, 2.394 at 2.5 % / 3."""
    found = Estimate(0.1, 0.1 - 1.960, 0.1 + 1.960, 5, "x")
    gain = Question(GAIN, Whose("AWAC"), above(0.05))
    each = Effect("t", gain, Verdict.INCONCLUSIVE, found, condition=Above(0.05))
    ends = deciding(combine([each] * 3, need=1.0))
    assert ends[0] == pytest.approx((0.1 - 1.960, 0.1 + 2.394), abs=1e-3)
    correlation = replace(gain, quantity=SCALARS["monotonicity"])
    rank = replace(each, question=correlation, estimate=known(0.1, -0.9, 1.1))
    ends = deciding(combine([rank] * 3, need=1.0))
    assert ends[0] == (-0.9, 1.0)  # no further than it can be
    counted = replace(each, condition=Counted(0.5))
    assert deciding(combine([counted] * 3, need=1.0)) == [None] * 3
    assert deciding(combine([each], need=1.0)) == [None]


def test_the_caption_says_what_the_marks_are() -> None:
    pen = "pen-binary-v0"
    alone = replace(
        effect(pen, AUC, less("AWAC", "SAC"), above(0.0), 0.1), estimate=known(0.1, 0.0, 0.2)
    )
    level = replace(
        effect(pen, SCALARS["jt"], Whose("SAC"), above(0.2), 0.1),
        estimate=Estimate(0.1, 0.0, 0.2, 5, "x", confidence=0.99),
    )
    text = effects_caption([alone], forests([alone]))
    assert "if it stood alone, 95 %. Dashed" in text and "Whiskers" not in text
    both = effects_caption([alone, level], forests([alone, level], [(-1.0, 1.0), None]))
    assert "95 %, 99 % for a level of one method against a number. Whiskers" in both
    one = effects_caption([level], forests([level]))
    assert "stood alone, 99 % for a level" in one
    counted = replace(level, condition=Counted(0.5))
    assert effects_caption([counted], forests([counted])).startswith("Discs: counted; no interval.")


def test_a_lead_over_whoever_is_best_has_nobodys_colour() -> None:
    ((score,),) = [
        f.scores
        for f in forests([effect("Ant-v2", AUC, less("AWAC", "the best rival"), above(-0.05), 0.0)])
    ]
    assert score.base == ""


# --- differences ----------------------------------------------------------------------------------


def test_the_difference_of_one_task_is_the_one_that_claims_are_judged_by() -> None:
    a, b = np.array([0.5, 0.6, 0.7, 0.9, 0.4]), np.array([0.1, 0.3, 0.2, 0.2, 0.6])
    ours, judged = pooled_difference([a], [b]), difference(a, b, method="expanded")
    assert (ours.value, ours.low, ours.high) == (judged.value, judged.low, judged.high)


def test_the_difference_over_tasks_is_that_of_all_runs_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("figures.statistics.bootstrap.RESAMPLES", 50)
    a = [np.array([0.0, 0.2]), np.array([1.0, 0.6])]  # sorted 0 .2 .6 1: interquartile mean .4
    b = [np.array([0.0, 0.0]), np.array([0.1, 0.4])]  # 0 0 .1 .4: .05
    found = pooled_difference(a, b)
    assert found.value == pytest.approx(0.35) and not found.known
    # three runs against four: the mean of both, (0 + .2 + 1) / 3 − .5 / 4
    assert pooled_difference([a[0], a[1][:1]], b).value == pytest.approx(0.275)


def test_no_probability_of_improvement_below_five_seeds() -> None:
    five, four = np.linspace(0.5, 0.9, 5), np.linspace(0.0, 0.3, 4)
    assert probability([five], [four]) is None
    assert probability([five, five], [five, four]) is None  # on one of two tasks
    found = probability([five], [five - 1])
    assert found is not None and found.value == 1.0 and found.known


# --- pictures -------------------------------------------------------------------------------------


def test_panels_that_are_compared_have_one_axis_with_margin_and_threshold_on_it() -> None:
    scores = [
        Forest(
            name,
            "success",
            (Score("AWAC", known(value)), Score("SAC", known(0.1))),
            (value - 0.05, value + 0.05),
        )
        for name, value in (("J", 0.5), ("AUC", 0.9))
    ]
    figure = draw_aggregates(
        scores, [], [], [], title="t", measure="success", caption="c", no_improvement="too few"
    )
    first, second, _ = figure.axes
    assert first.get_xlim() == second.get_xlim() == span_of(scores)
    assert first.get_xlim()[0] < 0.1 and first.get_xlim()[1] > 0.95
    spans = [patch.get_x() for patch in first.patches if _is(patch, SHADE)]
    assert spans == [pytest.approx(0.45)]
    assert any(text.get_text() == "too few" for text in figure.texts)


def _is(patch: Any, colour: str) -> bool:
    return tuple(patch.get_facecolor()[:3]) == to_rgb(colour)


def test_a_claims_picture_says_the_claim_and_draws_what_it_asks() -> None:
    score = Score("AWAC − SAC", known(-0.2), method="SAC")
    axis = "difference in success"
    claim = [Forest("AUC: asked > 0.05", axis, (score,), (0.05, inf), (0.05,), 0.0)]
    figure = draw_claim(claim, title="H5", words="AWAC is better.", caption="c")
    assert {"H5", "AWAC is better."} <= {text.get_text() for text in figure.texts}
    (ax,) = figure.axes
    lines = [line.get_xdata()[0] for line in ax.lines if len(set(line.get_xdata())) == 1]
    assert {0.0, 0.05} <= {float(x) for x in lines}
    assert ax.get_xlim()[0] < -0.2 and ax.get_xlim()[1] > 0.05
    with pytest.raises(ValueError, match="no effect"):
        draw_claim([], title="", words="", caption="")


def test_an_estimate_without_an_interval_is_hollow() -> None:
    from matplotlib.figure import Figure

    ax = Figure().add_subplot()
    forest = Forest("n", "a", (Score("AWAC", known(0.5, 0.4, 0.6)), Score("SAC", known(0.5))))
    draw_forest(ax, forest, (0, 1), names=True, width=1.0)
    discs = [line for line in ax.lines if line.get_marker() == "o"]
    assert [line.get_markerfacecolor() for line in discs] == [style.METHOD_COLOURS["AWAC"], "white"]


def three_rows() -> tuple[list[Forest], list[Forest], list[ProfileCurve], list[Forest]]:
    """Scores, differences, profiles and probabilities of three methods."""
    names, levels = ("AWAC", "SAC", "BC"), np.linspace(0, 1, 11)
    rows = tuple(Score(name, known(0.1 * n, 0, 1)) for n, name in enumerate(names))
    scores = [Forest(name, "success", rows) for name in ("J", "final J", "AUC")]
    less = [Forest(f"AWAC − other, {s}", "difference", rows[1:], zero=0.0) for s in ("J", "AUC")]
    profiles = [ProfileCurve(name, levels, 1 - levels, levels, levels) for name in names]
    chances = [Forest(f"P, {s}", "probability", rows[1:], zero=0.5) for s in ("J", "AUC")]
    return scores, less, profiles, chances


@pytest.mark.parametrize("improvements", [True, False])
def test_panels_beside_each_other_have_one_width_and_the_profile_says_whose_it_is(
    improvements: bool,
) -> None:
    scores, less, profiles, chances = three_rows()
    figure = draw_aggregates(
        scores,
        less,
        profiles,
        chances if improvements else [],
        title="t",
        measure="success",
        caption="The caption. " * 9,
        no_improvement="Too few seeds. " * 20,
    )
    figure.canvas.draw()
    of = {ax.get_title(loc="left"): ax for ax in figure.axes}
    for group in (scores, less, *([chances] if improvements else [])):
        panels = [of[forest.name] for forest in group]
        assert len({round(ax.get_position().width, 6) for ax in panels}) == 1
        assert len({tuple(ax.get_xticks()) for ax in panels}) == 1
    key = of["Performance profile of final J"].get_legend()
    assert key is not None
    assert [text.get_text() for text in key.get_texts()] == ["AWAC", "SAC", "BC"]
    box = key.get_window_extent()
    assert box.y0 > 0
    assert not any(box.overlaps(text.get_window_extent()) for text in figure.texts)
    assert not any(box.overlaps(ax.get_window_extent()) for ax in figure.axes)


def test_the_pages_profile_stands_beside_the_differences_and_says_whose_it_is() -> None:
    scores, less, profiles, _ = three_rows()
    shown = ForestSet("x", (tuple(scores), tuple(less), ()), "c", "", tuple(profiles), "success")
    text = forests_html(shown, Palette(), "alt", "")
    (row,) = re.findall(r'<div class="panels of2 split">(.*?)<figcaption>', text)
    profile, _, stack = row.partition('<div class="stack">')
    assert re.findall(r'data-m="([^"]*)" aria-pressed', profile) == ["AWAC", "SAC", "BC"]
    assert stack.count('<div class="forest">') == 2 and 'class="forest"' not in profile


def test_a_single_seed_is_grey_in_aggregates_as_in_curves() -> None:
    """SAC has one seed on either of two tasks, BC one on the first and two on the second."""
    door = "door-binary-v0"
    runs = [("AWAC", 2, 2), ("SAC", 1, 1), ("BC", 1, 2)]
    table = pd.DataFrame(
        [
            row
            for method, *counts in runs
            for task, count in zip(("pen-binary-v0", door), counts, strict=True)
            for seed in range(count)
            for row in rows_of(
                Want("figure1", task, Arm(method)), "paper", seed, (0.1, 0.2, 0.3, 0.4)
            )
        ]
    )
    (found,) = aggregates(Evidence({"figure1": table}))
    grey = {"AWAC": False, "SAC": True, "BC": False}
    for scores in (*found.overall.scores.values(), *found.by_task[0].scores.values()):
        assert {s.label: colour_of(s) == style.SINGLE_SEED for s in scores} == grey
    for scores in found.differences.values():
        assert {s.label for s in scores if colour_of(s) == style.SINGLE_SEED} == {"SAC"}
    assert {c.label: c.look.colour == style.SINGLE_SEED for c in found.profiles} == grey
    assert "Grey: a single seed a task." in aggregate_caption(found)


def test_the_page_places_marks_in_per_cent_of_the_axis() -> None:
    forest = Forest(
        "n",
        "a",
        (Score("AWAC", known(1.0, 0.5, 1.5)), Score("SAC", known(0.0))),
        (-inf, 0.5),
        (0.5,),
    )
    low, high = span_of([forest])
    assert (low, high) == pytest.approx((-0.09, 1.59))
    text = forests_html(ForestSet("x", ((forest,),), "caption", "why"), Palette(), "alt", "")
    at = 100 * (0.5 - low) / (high - low)
    assert f'<i class="shade" style="left:0.00%;width:{at:.2f}%">' in text
    assert f'<i class="asked" style="left:{at:.2f}%">' in text
    wide = 100 * 1.0 / (high - low)
    assert f'<i class="interval" style="left:{at:.2f}%;width:{wide:.2f}%">' in text
    assert text.count('class="dot hollow"') == 1 and '<p class="instead">why</p>' in text


def test_the_offline_phase_has_its_share_of_the_sheet() -> None:
    x = svg.phase_scale(-25_000, 60_000)
    wide = svg.WIDTH - svg.LEFT - svg.RIGHT
    assert [x(step) for step in (-25_000, -12_500, 0, 30_000, 60_000)] == pytest.approx(
        [svg.LEFT + share * wide for share in (0, 0.12, 0.24, 0.62, 1.0)]
    )
    assert svg.phase_scale(0, 10)(0) == svg.LEFT  # no offline phase
    assert svg.phase_scale(-10, 0)(0) == svg.LEFT + wide  # no online one


# --- colours, words, order ------------------------------------------------------------------------


def test_every_colour_can_be_read_on_the_dark() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # WCAG's example
    for colour in (*style.METHOD_COLOURS.values(), *style.OTHER_COLOURS, style.SINGLE_SEED):
        assert contrast(on_dark(colour), DARK) >= 4.5
    dark = np.array(
        [to_rgb(on_dark(style.METHOD_COLOURS["BC"])), to_rgb(on_dark(style.SINGLE_SEED))]
    )
    assert np.ptp(dark[0]) > 0.25 and np.ptp(dark[1]) == 0  # a hue, and none
    assert on_dark("#ABB8F9").lower() == "#abb8f9"  # light enough as it is


def test_a_verdict_names_its_preset_and_is_unlike_every_other() -> None:
    words = [worded(verdict, "small") for verdict in Verdict]
    assert len(set(words)) == len(Verdict)
    assert all(w.endswith(" at small") for w in words if w != "not testable")
    assert worded(Verdict.INCONCLUSIVE, "small") == "not seen at small"
    assert badges()["seen at paper"] is badges()["seen"] is Verdict.SUPPORTED
    assert worded(Verdict.CONTRADICTED, "") == "contradicted"  # of what no run did


def test_the_report_calls_a_verdict_by_its_own_word_alone() -> None:
    told = "needs 3 of 3; 1 supported, 1 not decidable here, 1 smaller than claimed, 2 inconclusive"
    assert plain(told) == (
        "needs 3 of 3; 1 seen, 1 not decidable, 1 smaller than claimed, 2 not seen"
    )


@pytest.mark.parametrize(
    ("quantity", "whose", "task", "low", "high"),
    [
        (SCALARS["jt"], Whose("SAC"), PEN, 0.0, 1.0),
        (SCALARS["jt"], less("AWAC", "SAC"), PEN, -1.0, 1.0),
        (GAIN, Whose("AWAC"), PEN, -1.0, 1.0),
        (AUC, less("AWAC", "the best rival"), PEN, -1.0, 1.0),
        (improvement(AUC), Whose("AWAC", ">", "SAC"), ANT, 0.0, 1.0),
        (SHARE_SOLVED, Whose(), PEN, 0.0, 1.0),
        (SHARE_SOLVED, less("A", "B"), PEN, -1.0, 1.0),
        (SCALARS["monotonicity"], Whose("AWR"), ANT, -1.0, 1.0),
        (TIME, Whose("SAC", "/", "AWAC"), PEN, 0.0, np.inf),
        (SLOPE, less("AWAC", "AWR"), PEN, -np.inf, np.inf),
        (SPREAD, less("A", "B"), PEN, -np.inf, np.inf),
        (SCALARS["jt"], Whose("SAC"), ANT, -np.inf, np.inf),  # a score may be any
        (SCALARS["jt"], less("AWAC", "SAC"), "SawyerPush-v0", -np.inf, np.inf),
        (SHARE_SOLVED, Whose(), "all", 0.0, 1.0),
        (SCALARS["j0"], Whose("SAC"), "all", -np.inf, np.inf),
    ],
)
def test_no_effect_is_shown_beyond_what_it_can_be(
    quantity: Quantity, whose: Whose, task: str, low: float, high: float
) -> None:
    limits = possible(effect(task, quantity, whose, above(0.5)))
    assert limits == Limits(low, high)
    shown = clipped(Estimate(0.5, -7.0, 9.0, 5, "x"), limits)
    assert (shown.value, shown.low, shown.high) == (0.5, max(low, -7.0), min(high, 9.0))
    for told in (None, Visible("within ±", 0.1), Visible("≥ ", 0.9), Visible("≥ ", 9, runs=10)):
        assert reached(told, limits) == told
    high_one, low_one = Visible("≥ ", 1.1), Visible("≤ ", -1.1)
    assert reached(high_one, limits) == (Visible() if high == 1 else high_one)
    assert reached(low_one, limits) == (Visible() if low > -np.inf else low_one)


@pytest.mark.parametrize(
    ("told", "text", "shown"),
    [
        (beyond(0.5, 0.18187), "≥ 0.682", "≥ 0.68 with 5 seeds"),
        (beyond(-5e-5, 1.3318e-5), "≥ -3.67e-05", "≥ 0.00 with 5 seeds"),
        (beyond(-0.5, 0.0921, "below"), "≤ -0.592", "≤ −0.59 with 5 seeds"),
        (inside(0.1, 0.06291), "within ±0.0371", "within ±0.04 with 5 seeds"),
        (inside(0.1, 0.1), "none", "nothing with 5 seeds"),
        (Visible("≥ ", 9, runs=10), "≥ 9 of 10", "≥ 9 of 10 runs"),
        (Visible(runs=5), "none of 5", "nothing with 5 runs"),
    ],
)
def test_what_would_be_seen_says_with_how_many_seeds(
    told: Visible | None, text: str, shown: str
) -> None:
    assert (str(told), would_be_seen(told)) == (text, shown)


def test_without_any_spread_nothing_is_known_of_what_would_be_seen() -> None:
    for distance in (0.0, np.nan, np.inf):
        assert beyond(0.5, distance) is inside(0.5, distance) is None
    assert would_be_seen(None) == "–"


def test_labels_are_sorted_as_the_legends_are() -> None:
    labels = ["Mine", "BRAC", "AWAC [scratch]", "SAC", "AWAC [Q-beta]", "AWAC", "Cal-QL"]
    assert sorted(labels, key=style.place_of) == [
        "AWAC",
        "AWAC [Q-beta]",
        "AWAC [scratch]",
        "SAC",
        "BRAC",
        "Cal-QL",
        "Mine",
    ]
