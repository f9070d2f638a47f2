"""The report on synthetic results whose answers are known."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from figures.experiments import ANT, CHEETAH, DOOR, PEN, RELOCATE, WALKER
from figures.statistics.estimates import Estimate
from reproduce import report
from reproduce.judging.claim import evaluate
from reproduce.judging.claims import CLAIMS
from reproduce.judging.conditions import Verdict
from reproduce.judging.evidence import Arm, Evidence
from reproduce.reporting import html
from reproduce.reporting.blocks import Code, Picture, Table, flat, link, number, with_interval
from reproduce.reporting.charts import PointPool
from reproduce.reporting.commands import Want, commands
from reproduce.reporting.content import SILENT, Content, content
from reproduce.reporting.document import document
from reproduce.reporting.findings import findings, reached
from reproduce.reporting.front import warnings
from reproduce.reporting.inventory import every_run, left_out, spent
from reproduce.reporting.markdown import to_markdown
from reproduce.reporting.pictures import charts, claim_title, forest_sets
from reproduce.reporting.sensitivity import by_area, by_rise, by_threshold, other_views, sensitivity
from reproduce.reporting.verdict_files import COLUMNS, verdict_rows
from reproduce.reporting.wording import WORDS, badge
from tests.reproduce.report_grid import full_grid, grid_wants, rows_of
from tests.reproduce.test_claim_thresholds import after, made

ROOT = Path(__file__).resolve().parents[2]
NOTHING = Evidence({})


def claim(name: str) -> Any:
    return next(each for each in CLAIMS if each.id == name)


def frame(*runs: Any) -> pd.DataFrame:
    return pd.DataFrame([row for run in runs for row in run])


# --- the whole grid -----------------------------------------------------------------------------


def curve(task: str, arm: Arm, profile: str) -> tuple[float, ...]:
    """Under `paper` AWAC is best and SAC poor; under `released` it is the other way round."""
    if task == "SawyerPush-v0":
        return (0.3, 0.3, 0.3, 0.3) if arm.label == "BEAR" else (0.3, 0.2, 0.1, 0.1)
    good, poor = (0.9, 0.92, 0.94, 0.96), (0.05, 0.1, 0.2, 0.3)
    best = "AWAC" if profile == "paper" else "SAC"
    return good if arm == Arm(best) else poor


@pytest.fixture(scope="module")
def grid() -> Any:
    """All tasks, 10 seeds, 2 profiles; 200 resamples instead of 10 000, for these gaps enough."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("figures.statistics.bootstrap.RESAMPLES", 200)
        patch.setattr("figures.statistics.estimates.RESAMPLES", 200)
        yield content(Evidence(full_grid(curve)), {}, (), "paper")


def verdicts(grid: Content, name: str) -> tuple[Verdict, ...]:
    return next(card.verdicts for card in grid.cards if card.claim.id == name)


def test_every_claim_that_can_be_tested_was_run_under_both_profiles(grid: Content) -> None:
    for card in grid.cards:
        untestable = Verdict.NOT_TESTABLE in card.verdicts
        assert untestable == bool(card.claim.untestable)
        if card.claim.experiments:  # H9 is judged by demonstrations, of which some may lack
            assert Verdict.NOT_RUN not in card.verdicts, card.claim.id
    assert grid.runs == grid.finished == 20 * len({(w.task, w.arm) for w in grid_wants()})
    assert not grid.left_out and not grid.few_seeds
    assert all(cell.done == 10 and not cell.missing for cell in grid.cells)


def test_planted_answers_come_out_under_either_profile(grid: Content) -> None:
    assert verdicts(grid, "M4") == (Verdict.SUPPORTED, Verdict.CONTRADICTED)
    assert verdicts(grid, "M1") == (Verdict.SUPPORTED, Verdict.CONTRADICTED)
    assert verdicts(grid, "H2") == (Verdict.SUPPORTED, Verdict.CONTRADICTED)
    assert verdicts(grid, "S3") == (Verdict.SUPPORTED, Verdict.SUPPORTED)
    assert verdicts(grid, "H1") == (Verdict.SUPPORTED, Verdict.CONTRADICTED)


def test_the_matrix_the_cards_and_the_file_say_the_same(grid: Content, tmp_path: Path) -> None:
    blocks = document(grid, tmp_path)
    tables = [b for b in flat(blocks) if isinstance(b, Table)]
    matrix = {
        line[0].partition("]")[0].lstrip("["): line
        for table in tables
        if table.columns[1] == "asked"
        for line in table.rows
    }
    rows = list(verdict_rows(grid))
    assert set(matrix) == {card.claim.id for card in grid.cards}
    for card in grid.cards:
        line = matrix[card.claim.id]
        preset = "" if card.claim.id == "H9" else "paper"  # H9 asks no run
        assert line[2:4] == tuple(badge(verdict, preset) for verdict in card.verdicts)
        counted = Counter(WORDS[effect.verdict] for effect in card.sides[0].finding.effects)
        told = {word: int(n) for n, word in re.findall(r"(\d+) ([a-z][a-z ]*)", line[4])}
        assert told == (counted if counted.total() > 1 else {})
        title = claim_title(card, card.sides[0], grid)
        assert title.endswith(f": {badge(card.verdicts[0], preset).strip('*')}")
        for side, verdict in zip(("paper", "released"), card.verdicts, strict=True):
            mine = [r for r in rows if (r["claim"], r["profile"]) == (card.claim.id, side)]
            assert {row["claim_verdict"] for row in mine} == {str(verdict)}
            assert all(tuple(row) == COLUMNS for row in mine)
    counts = next(table for table in tables if table.columns[:2] == ("settings", "seen"))
    for place, line in enumerate(counts.rows):
        again = "asked again" in line[0]
        cards = [card for card in grid.cards if bool(card.claim.again) is again]
        number_of = Counter(WORDS[card.verdicts[place % 2]] for card in cards)
        assert dict(zip(counts.columns[1:], map(int, line[1:]), strict=True)) == {
            **dict.fromkeys(counts.columns[1:], 0),
            **number_of,
        }


def test_the_findings_count_the_verdicts_and_tell_where_the_runs_end(grid: Content) -> None:
    first, third = findings(grid)
    second = " ".join(reached(grid))
    every = [card for card in grid.cards if not card.claim.untestable]
    testable = [card for card in every if not card.claim.again]
    sentences = len({card.claim.quote for card in testable})
    assert sentences < len(testable)  # several ask one sentence of two domains or two settings
    start = f"Of {len(testable)} claims that results can test, about {sentences} sentences of the "
    assert first.startswith(start)
    for place, settings in enumerate(("the text's settings", "the released settings")):
        part = first.partition(f"with {settings} ")[2].partition(";")[0]
        for verdict in (Verdict.SUPPORTED, Verdict.CONTRADICTED):
            count = sum(card.verdicts[place] is verdict for card in testable)
            assert f"{count} {'is' if count == 1 else 'are'} {WORDS[verdict]}" in part
    more = first.partition(" more claims ask some of these sentences again, ")[2]
    assert first.count("4 more claims ask") == 1 and len(every) - len(testable) == 4
    counts = Counter(card.verdicts[0] for card in every if card.claim.again)
    for verdict, count in counts.items():
        assert f"{count} {'is' if count == 1 else 'are'} {WORDS[verdict]}" in more
    # AWAC ends at the mean of the last five of 0.9, 0.92, 0.94, 0.96 and what lies between
    final = next(s for s in grid.aggregates[0].by_task[0].scores["jt"] if s.label == "AWAC")
    assert second.startswith(f"Pen rotation: AWAC ends at {final.estimate.value:.3f} success")
    assert ". Door opening: AWAC ends at " in second  # no mean over tasks
    assert "Sawyer pushing: AWAC ends at 0." in second  # no negative distance
    lowest, highest = second.partition("the other methods between ")[2].split(" and ")[:2]
    assert float(lowest.split()[0]) <= float(highest.split()[0])
    assert "paper's networks and budgets" in third and "at least 5 seeds" in third


def test_the_report_says_how_many_verdicts_chance_may_have_decided(
    grid: Content, tmp_path: Path
) -> None:
    asked = sum(any(v not in SILENT for v in card.verdicts) for card in grid.cards)
    text = to_markdown(document(grid, tmp_path))
    assert (
        f"of the {asked} with a verdict here chance may have decided {-(-asked // 20)} or" in text
    )


def test_the_findings_name_the_longest_budget_of_the_tasks_that_were_run(grid: Content) -> None:
    on_the_hand = tuple(cell for cell in grid.cells if cell.want.task == "pen-binary-v0")
    everywhere = findings(replace(grid, preset="small"))[-1]
    assert "smaller than the paper's and at most 60,000 online steps" in everywhere
    on_one = findings(replace(grid, preset="small", cells=on_the_hand))[-1]
    assert "at most 40,000 online steps" in on_one
    assert "online steps" not in findings(replace(grid, preset="small", cells=()))[-1]


def test_expert_demonstrations_in_place_of_human_ones_are_told_at_once(grid: Content) -> None:
    assert "published expert" not in " ".join(findings(grid))
    embedded = replace(grid.data[0], task=PEN, kind="embedded")
    assert "published expert" in findings(replace(grid, data=(*grid.data, embedded)))[1]


def test_a_critic_beyond_all_returns_is_warned_of(grid: Content) -> None:
    """The bias counts from step 0 on; offline it may be anything, and 0.9 is within the range."""
    tables = {}
    for name, table in grid.evidence.tables.items():
        size = np.where(table["env_step"] < 0, 50.0, 0.9)
        far = (table["label"] == "SAC") & (table["env"] == "pen-binary-v0") & (table["seed"] == 3)
        tables[name] = table.assign(q_bias_fraction=np.where(far, -7.5 * (size > 0), size))
    told = [line for line in warnings(replace(grid, evidence=Evidence(tables))) if "Q was" in line]
    assert len(told) == 1
    assert "phase: SAC on Pen rotation (7.5 times). Such" in told[0]
    assert not [line for line in warnings(grid) if "Q was" in line]


def test_a_complete_grid_asks_for_nothing_and_is_not_warned_of(
    grid: Content, tmp_path: Path
) -> None:
    text = to_markdown(document(grid, tmp_path))
    assert "> **Note.**" not in text
    decided = [
        c for c in grid.cards if set(c.verdicts) <= {Verdict.SUPPORTED, Verdict.CONTRADICTED}
    ]
    assert len(decided) >= 10
    assert all(not side.commands for card in decided for side in card.sides)


def test_both_profiles_stand_beneath_each_other(grid: Content, tmp_path: Path) -> None:
    blocks = flat(document(grid, tmp_path))
    tables = [b for b in blocks if isinstance(b, Table) and "effect" in b.columns]
    assert len(tables) > 20
    for table in tables:
        for first, second in zip(table.rows[::2], table.rows[1::2], strict=True):
            assert first[:3] == second[:3]
            assert (first[3], second[3]) == ("the text's settings", "the released settings")


@pytest.mark.slow
def test_curves_of_all_pictures_are_there_once(grid: Content, tmp_path: Path) -> None:
    pool = PointPool()
    made = charts(grid, pool)
    assert len({chart.id for chart in made}) == len(made)
    rows = {each.name for each in forest_sets(grid)}
    blocks = flat(document(grid, tmp_path))
    named = {b.chart for b in blocks if isinstance(b, Picture) and b.chart} - rows
    assert {chart.id for chart in made} <= named
    # the synthetic runs have no such column
    nothing = {f"curves-figure2-{side}-success_final" for side in ("paper", "released")}
    assert named - {chart.id for chart in made} == nothing
    traces = {c.id: [trace for panel in c.panels for trace in panel.traces] for c in made}
    assert {name for each in traces.values() for t in each for name in t.series} == set(pool.series)
    m4 = next(chart for chart in made if chart.id == "M4-figure3-locomotion-paper")
    kinds = Counter(trace.kind for trace in traces[m4.id])
    assert kinds == {"seed": 3 * 10, "aggregate": 3, "band": 3}
    assert [look.label for look in m4.looks] == ["SAC"]
    assert m4.metric.rules == (0.0, 1.0, 0.25, 0.4375)
    assert m4.metric.rule_names[2:] == ("asked: 0.25 (HalfCheetah, Walker2d)", "asked: 0.44 (Ant)")


# --- commands -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "preset", "profile", "expected"),
    [
        ("H7", "paper", "paper",
         ["python reproduce/figure1.py --preset paper --methods AWAC ABM-MPO --envs pen-binary-v0 "
          "door-binary-v0 relocate-binary-v0"]),
        # the runs of small end before step 100 000
        ("H2", "small", "released",
         ["python reproduce/figure1.py --preset long --methods AWAC --envs pen-binary-v0 "
          "door-binary-v0 relocate-binary-v0 --profile released"]),
        ("S2", "small", "paper",
         ["python reproduce/figure2.py --preset small --methods AWAC --envs SawyerPush-v0",
          "python reproduce/figure2.py --preset small --methods 'AWAC[scratch]' --envs "
          "SawyerPush-v0 --data none"]),
        ("A5", "paper", "paper",
         ["python reproduce/ablations.py --preset paper --reference BEAR --vary none --sweep "
          "threshold=0.5 --envs pen-binary-v0 HalfCheetah-v2"]),
        ("A2", "paper", "paper",
         ["python reproduce/ablations.py --preset paper --methods 'AWAC[Z(s)]' --sweep none "
          "--envs pen-binary-v0 HalfCheetah-v2"]),
        ("M8-released", "paper", "paper",
         ["python reproduce/figure3.py --preset paper --methods 'BRAC[released]' SAC --envs "
          "HalfCheetah-v2 Ant-v2 Walker2d-v2"]),
    ],
)  # fmt: skip
def test_commands(name: str, preset: Any, profile: str, expected: list[str]) -> None:
    assert commands(claim(name), NOTHING.under(profile=profile), preset) == expected


def test_only_what_lacks_seeds_is_asked_for() -> None:
    runs = [
        rows_of(Want("figure1", t, Arm("AWAC")), "paper", s, (0.1,) * 4)
        for t in (PEN, DOOR)
        for s in range(10 if t == PEN else 4)
    ]
    found = Evidence({"figure1": frame(*runs)})
    assert commands(claim("H7"), found, "paper") == [
        "python reproduce/figure1.py --preset paper --methods ABM-MPO --envs pen-binary-v0",
        "python reproduce/figure1.py --preset paper --methods AWAC ABM-MPO --envs "
        "door-binary-v0 relocate-binary-v0",
    ]


def test_the_scripts_take_the_commands_as_they_stand() -> None:
    """Methods, tasks, profiles and presets that they name exist; flags are those of the scripts."""
    import shlex

    import tyro

    from algorithms.catalogue.methods import METHODS
    from algorithms.catalogue.variants import VARIANTS
    from reproduce.commandline.options import AblationOptions, FigureOptions

    lines = {each.id: commands(each, NOTHING.under(profile="released"), "small") for each in CLAIMS}
    # one is judged by the demonstrations, the others by no result
    without = {"H9", "A7", "A10", "T1", "T2", "T3"}
    assert {name for name, asked in lines.items() if not asked} == without
    for asked in lines.values():
        for line in asked:
            python, script, *rest = shlex.split(line)
            assert python == "python" and (ROOT / script).is_file()
            kind = AblationOptions if "ablations" in script else FigureOptions
            options = tyro.cli(kind, args=rest)
            assert set(options.methods) <= {*METHODS, *VARIANTS}
            assert options.profile == "released"


# --- by other measures --------------------------------------------------------------------------


def test_another_measure_may_turn_the_verdict() -> None:
    wants = [Want("figure1", task, Arm("AWAC")) for task in (PEN, DOOR, RELOCATE)]
    table = frame(*(rows_of(w, "paper", s, (0.1, 0.5, 0.6, 0.7)) for w in wants for s in range(5)))
    level = table["success_any"]
    table = table.assign(success_sustained=0.7 - level, success_final=level, score=100 * level)
    found = {
        s.name: s for s in sensitivity(claim("H10"), other_views(Evidence({"figure1": table})))
    }
    assert found["sustained success"].verdict is Verdict.CONTRADICTED
    assert found["success at the last step"].verdict is Verdict.SUPPORTED
    assert found["return, from worst to best possible"].verdict is Verdict.SUPPORTED


def test_a_gain_is_asked_from_the_first_evaluations_on_too() -> None:
    """A jump between step 0 and the next evaluation is a gain, and no rise."""
    for curve, verdict in (
        ([0.1, *[0.5] * 7], Verdict.SMALLER),
        ([0.1, *[0.2] * 3, *[0.9] * 4], Verdict.SUPPORTED),
    ):
        evidence = Evidence({"figure1": made((PEN, DOOR, RELOCATE), {"AWAC": curve}, {}, {})})
        assert evaluate(claim("H10"), evidence).verdict is Verdict.SUPPORTED
        (found,) = by_rise(claim("H10"), evidence)
        assert found.verdict is verdict
    assert not list(by_rise(claim("H11"), evidence))


def test_what_counts_as_solved_is_asked_with_other_levels() -> None:
    """AWAC at 0.6 and SAC at 0.4: none arrives at 0.9, AWAC alone at 0.5."""
    table = made((CHEETAH, ANT, WALKER), {"AWAC": after(0.0, 0.6), "SAC": 0.4}, {}, {})
    found = {
        each.name: each.verdict for each in by_threshold(claim("M6"), Evidence({"figure3": table}))
    }
    assert found == {
        "0.5 as the threshold": Verdict.SUPPORTED,
        "0.7 as the threshold": Verdict.NOT_DECIDABLE,
        "0.8 as the threshold": Verdict.NOT_DECIDABLE,
    }
    assert not list(by_threshold(claim("M1"), Evidence({"figure3": table})))


def test_who_is_faster_is_asked_of_areas_where_no_run_arrives() -> None:
    tasks = (CHEETAH, ANT, WALKER)
    for ours, theirs, verdict in (
        (0.6, 0.4, Verdict.SUPPORTED),
        (0.4, 0.6, Verdict.CONTRADICTED),
    ):
        evidence = Evidence({"figure3": made(tasks, {"AWAC": ours, "SAC": theirs}, {}, {})})
        assert evaluate(claim("M6"), evidence).verdict is Verdict.NOT_DECIDABLE
        (found,) = by_area(claim("M6"), evidence)
        assert found.verdict is verdict
    assert not list(by_area(claim("M1"), evidence))


def test_a_success_rate_is_not_asked_of_returns_and_what_is_not_measured_is_said() -> None:
    table = frame(
        *(rows_of(Want("figure1", PEN, Arm("AWAC")), "paper", s, (0.95,) * 4) for s in range(5))
    )
    found = {s.name: s for s in sensitivity(claim("H1"), other_views(Evidence({"figure1": table})))}
    assert found["return, from worst to best possible"].verdict is None
    assert "success rate" in found["return, from worst to best possible"].reason
    assert found["sustained success"].reason == "not measured: no success_sustained"


# --- stock --------------------------------------------------------------------------------------


def test_runs_left_out_are_named_with_their_reasons() -> None:
    want = Want("figure1", PEN, Arm("AWAC"))
    runs = [list(rows_of(want, "paper", s, (0.5,) * 4)) for s in range(4)]
    for row in runs[1]:
        row["status"] = "failed"
    for row in runs[2]:
        row["status"] = "running"
    for row in runs[3]:
        row["labels"] = "stored"
    entry = {
        "preset": "paper",
        "profile": "paper",
        "env": PEN,
        "method": "AWAC",
        "variant": "",
        "data": "human",
        "labels": "relabelled",
    }
    manifest = [
        entry | {"seed": 1, "reason": "Q diverged\nTraceback ..."},
        entry | {"seed": 7, "reason": "no memory"},
    ]
    found = list(left_out(Evidence({"figure1": frame(*runs)}), {"figure1": manifest}))
    assert [each.finished for each in found] == [False, False, True, False]
    assert [(each.seed, each.reason) for each in found] == [
        (1, "failed at step 150,000: Q diverged"),
        (2, "not finished: at step 150,000"),
        (3, "finished with human data, stored labels; judged are runs with human, relabelled"),
        (7, "failed before any row: no memory"),
    ]


def test_a_run_that_two_experiments_share_is_paid_for_once() -> None:
    runs = frame(
        *(rows_of(Want("figure1", CHEETAH, Arm("AWAC")), "paper", s, (0.5,) * 4) for s in range(3))
    )
    last = every_run({"figure1": runs, "ablations": runs.assign(experiment="ablations")})
    (found,) = spent(last)
    assert found.runs == 3
    assert found.hours == pytest.approx(3 * 36.0 / 3600)


# --- writing ------------------------------------------------------------------------------------


def test_numbers() -> None:
    nan = float("nan")
    assert [number(v) for v in (0.1234, -0.0001, -1.5, nan, None, float("inf"))] == [
        "0.123",
        "0.000",
        "−1.500",
        "–",
        "–",
        "∞",
    ]
    assert with_interval(Estimate(0.5, 0.4, 0.6, 5, "x"), (0.5,) * 5) == "0.500 [0.400 … 0.600]"
    assert with_interval(Estimate(0.5, nan, nan, 2, "x"), (0.4, 0.6)) == "0.500 (0.400, 0.600)"
    assert with_interval(Estimate(0.5, nan, nan, 1, "x"), (0.5,)) == "0.500 (one run)"


def test_markdown_keeps_pipes_inside_of_their_cell() -> None:
    text = to_markdown([Table(("a", "b"), (("|x|", "1"),)), Code(("one", "two"))])
    assert text == "| a | b |\n| --- | --- |\n| \\|x\\| | 1 |\n\n    one\n    two\n"
    with pytest.raises(ValueError, match="1 cells in a row of 2"):
        Table(("a", "b"), (("1",),))


def test_links_lead_to_files_that_exist_and_tell_no_path_of_the_machine(tmp_path: Path) -> None:
    inside = link(ROOT / "results" / "small", "README.md#paper", "table")
    assert inside == "[table](../../README.md#paper)"
    assert link(tmp_path, "README.md#paper", "table") == "table (`README.md`)"
    assert link(ROOT / "results" / "small", "nowhere.md", "table") == "table (`nowhere.md`)"


def test_the_page_escapes_text_and_shows_verdicts_as_badges() -> None:
    shown = html.inline("a < b, `x|y` **seen at small** [H1](#claim-h1) AWAC [Z(s)]")
    assert shown == (
        'a &lt; b, <code>x|y</code> <span class="verdict supported">seen at small</span> '
        '<a href="#claim-h1">H1</a> AWAC [Z(s)]'
    )
    assert html.cell("not run at paper") == '<span class="verdict not-run">not run at paper</span>'
    assert html.cell("not run") == "not run"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("figure1.csv", "figure1.manifest.json"):
        shutil.copy(ROOT / "results" / "earlier" / "small" / name, tmp_path)
    return tmp_path


@pytest.mark.slow
def test_a_stale_picture_goes_and_the_page_may_be_left_out(folder: Path) -> None:
    stale = folder / "report" / "old.png"
    stale.parent.mkdir()
    stale.touch()
    assert report.main(["--out", str(folder), "--no-html"]) == 0
    assert not (folder / "report.html").exists() and not stale.exists()
    names = {path.name for path in folder.rglob("*")}
    assert {"REPORT.md", "verdicts.csv", "verdicts.meta.json", "H8-effects-paper.png"} <= names


def test_nothing_to_judge_and_another_preset_are_told_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report.main(["--out", str(folder / "empty"), "--no-html"]) == 2
    assert "reproduce/figure1.py --preset small" in capsys.readouterr().err
    assert report.main(["--out", str(folder), "--preset", "paper", "--no-html"]) == 2
    error = capsys.readouterr().err
    assert "holds preset small, not paper" in error and error.count("\n") == 1


def test_neither_torch_nor_a_simulator_is_imported() -> None:
    code = (
        "import sys, reproduce.report\n"
        "print([m for m in ('torch', 'mujoco', 'gymnasium', 'envs', 'submitit', 'jinja2') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "[]\n", done.stderr
