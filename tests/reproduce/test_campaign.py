"""The campaign: its order, its plan, and a tiny one as a user runs it."""

from __future__ import annotations

import csv
import math
import signal
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest
import tyro

from envs.trajectory import DataError
from figures.experiments import PEN
from reproduce import campaign
from reproduce.campaigns import parts
from reproduce.campaigns.chapters import CHAPTERS, Chapter
from reproduce.campaigns.ledger import Ledger, decided_without_more, steps_beyond
from reproduce.campaigns.options import CampaignOptions
from reproduce.campaigns.order import in_order
from reproduce.campaigns.parts import Part, Step, folder_of, in_words, parts_of, sources_of
from reproduce.commandline.options import FigureOptions
from reproduce.judging.claim import Claim
from reproduce.judging.claims import CLAIMS
from reproduce.judging.evidence import Evidence
from reproduce.launching.launcher import Interrupted
from reproduce.reporting.commands import wants
from reproduce.runs.resolved import resolved
from reproduce.specs.grid import RunSpec
from reproduce.specs.kinds import ChapterName, DataKind, Labels
from tests.forked import Forked
from tests.patience import PATIENCE_S
from tests.reproduce.conftest import Run, environment
from tests.reproduce.test_claims import evidence, runs
from tests.reproduce.test_run import TINY, signal_once

NOTHING = Evidence({})
SET = [part for k, v in TINY.items() for part in ("--set", f"{k}={v}")]
ONE_RUN = (
    "--chapters",
    "figure1",
    "--envs",
    "pen-binary-v0",
    "--methods",
    "BC",
    "--seeds",
    "1",
    *SET,
)


def sources(chapter: Chapter) -> Mapping[str, tuple[DataKind, Labels]]:
    return dict.fromkeys(chapter.tasks, ("embedded", "relabelled"))


def specs_of(chapter: Chapter, seeds: int = 5) -> list[RunSpec]:
    return chapter.specs(preset="small", seeds=seeds, data=sources(chapter))


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda c: f"{c.name}-{c.title}")
def test_every_run_of_a_chapter_is_planned_once(chapter: Chapter) -> None:
    specs = specs_of(chapter)
    assert len(set(specs)) == len(specs)
    groups = in_order(specs, chapter.experiment, NOTHING, lambda spec: 1.0)
    planned = [spec for group in groups for spec in group]
    assert sorted(map(str, planned)) == sorted(map(str, specs))
    assert len(set(planned)) == len(planned)


def test_chapter_one_is_the_whole_of_figure_1() -> None:
    """Eleven methods with five seeds each, AWAC with ten."""
    specs = specs_of(CHAPTERS[0])
    assert len(specs) == 3 * (11 * 5 + 5)
    assert {spec.seed for spec in specs if spec.method != "AWAC"} == set(range(5))
    assert {spec.seed for spec in specs if spec.method == "AWAC"} == set(range(10))


@pytest.fixture(scope="module")
def planned() -> Counter[tuple[str, str, str, bool]]:
    """How many seeds the campaign plans, by experiment, task, label and whether without data."""
    return Counter(
        (chapter.experiment, spec.env, spec.label, spec.data == "none")
        for chapter in CHAPTERS
        if chapter.profile == "paper" and not chapter.suffix and chapter.preset is None
        for spec in specs_of(chapter)
    )


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_every_run_that_a_claim_asks_for_is_in_a_chapter(
    claim: Claim, planned: Counter[tuple[str, str, str, bool]]
) -> None:
    """With five seeds at least, in the experiment that it is asked of."""
    asked = [] if claim.untestable else wants(claim, NOTHING)
    lacking = [
        (want.experiment, want.task, str(want.arm))
        for want in asked
        if planned[want.experiment, want.task, want.arm.label, want.arm.data == "none"] < 5
    ]
    assert lacking == []


def test_claims_about_a_step_that_small_does_not_reach_are_named() -> None:
    specs = specs_of(CHAPTERS[0])
    named = {claim.id: steps_beyond(claim, "figure1", specs) for claim in CLAIMS}
    assert {name: text for name, text in named.items() if text} == {
        "H1": "H1 asks of step 120,000, the runs end at 40,000",
        "H2": "H2 asks of step 100,000, the runs end at 40,000",
        "H4": "H4 asks of step 100,000, the runs end at 40,000",
    }


def test_longer_runs_are_those_of_small_but_for_their_length() -> None:
    """And reach every step that a claim asks about."""
    longer = next(c for c in CHAPTERS if c.preset == "long" and c.data == "embedded")
    specs = specs_of(longer)
    assert {claim.id for claim in CLAIMS if steps_beyond(claim, "figure1", specs)} == set()
    small = [s for s in specs_of(CHAPTERS[0]) if s.method == "AWAC"]
    for one, other in zip(specs, small, strict=True):
        assert (one.env, one.seed, one.data) == (other.env, other.seed, other.data)
        ours, theirs = (resolved(spec).settings for spec in (one, other))
        schedule = replace(ours.schedule, online_steps=theirs.schedule.online_steps)
        assert replace(ours, schedule=schedule) == theirs


def test_a_chapter_may_have_a_size_seeds_and_settings_of_its_own() -> None:
    """The runs of Table 1's size take hours each: one seed, whatever the campaign asks."""
    paper = next(c for c in CHAPTERS if c.name == "paper")
    found = specs_of(paper)
    assert sorted(spec.method for spec in found) == ["AWAC", "BC", "SAC"]
    assert {(s.seed, s.preset, s.settings) for s in found} == {
        (0, "paper", ("online_steps=100000",))
    }


def test_sizes_and_kinds_of_data_have_folders_of_their_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(parts, "sources_of", lambda options, chapter, envs: sources(chapter))
    options = CampaignOptions(preset="small", out=tmp_path / "mine", methods=("AWAC",))
    found = {(part.chapter.name, part.out.name) for part in parts_of(options)}
    assert {
        ("figure1", "mine"),
        ("human", "mine-human"),
        ("paper", "mine-paper"),
        ("long", "mine-long"),
        ("long-human", "mine-long-human"),
    } <= found
    assert len({part.out.parent for part in parts_of(options)}) == 1


def test_learning_from_scratch_has_no_prior_data() -> None:
    specs = specs_of(next(c for c in CHAPTERS if c.experiment == "figure3"))
    assert {s.data for s in specs if s.named == "scratch"} == {"none"}
    assert {s.data for s in specs if not s.named} == {"embedded"}


def test_the_claim_with_the_fewest_hours_comes_first() -> None:
    """DAPG made a hundred times as dear as all else: what needs it is decided after the rest."""
    specs = specs_of(CHAPTERS[0])

    def hours(spec: RunSpec) -> float:
        return 100.0 if spec.method == "DAPG" else 1.0

    groups = in_order(specs, "figure1", NOTHING, hours)
    ledger = Ledger.of(NOTHING, 5)
    claims = [name for group in groups for name in ledger.add("figure1", group)]
    assert claims.index("H1") < claims.index("H2") < claims.index("H5")
    assert groups[0] == tuple(s for s in specs if s.method == "AWAC" and "pen" in s.env)


def test_runs_that_a_claim_shares_with_an_earlier_one_are_not_planned_again() -> None:
    specs = [s for s in specs_of(CHAPTERS[0]) if s.method in ("AWAC", "DAPG")]
    ledger = Ledger.of(NOTHING, 5)
    groups = in_order(specs, "figure1", NOTHING, lambda spec: 1.0)
    for_h5 = next(group for group in groups if "H5" in ledger.add("figure1", group))
    assert {spec.method for spec in for_h5} == {"DAPG"}


def test_a_claim_is_credited_to_the_runs_that_are_its_last() -> None:
    """A9 asks for AWAC with data and without, which two chapters make."""
    ledger = Ledger.of(NOTHING, 5)
    ablations, scratch = (specs_of(c) for c in CHAPTERS if c.name in ("ablations", "scratch"))
    first = ledger.add("ablations", ablations)
    assert "A9" not in first and {"A1", "A3"} <= set(first)
    assert ledger.add("ablations", scratch) == ("A9",)
    assert ledger.add("ablations", scratch) == ()


def test_a_plan_names_the_claims_that_its_runs_cannot_support() -> None:
    """One task of three is run. AWAC gains nothing and ends below AWR there, or it starts at 1."""
    below = evidence(runs(PEN, "AWAC", 0.4), runs(PEN, "AWR", 0.6))
    assert decided_without_more(["H10", "H11", "H13"], below) == {
        "H10": "smaller than claimed, whatever these runs show",
        "H13": "contradicted, whatever these runs show",
    }
    assert decided_without_more(["H10", "H13"], below.under(profile="released")) == {}
    full = evidence(runs(PEN, "AWAC", 1.0))
    told = decided_without_more(["H10", "H13"], full)
    assert told == {"H10": "not supported, whatever these runs show"}


def test_a_plan_tells_it_of_each_folder_and_its_settings(tmp_path: Path) -> None:
    table = pd.DataFrame([*runs(PEN, "AWAC", 0.4), *runs(PEN, "AWR", 0.6)])
    table[["data_checksum", "commit", "version"]] = ["ab", "0123abc", "1"]
    table.to_csv(tmp_path / "figure1.csv", index=False)
    chapter = CHAPTERS[0]
    step = Step(tuple(specs_of(chapter, 1)[:1]), ("H13",), 3600.0)
    mine = Part(chapter, tmp_path, [*step.specs], [step])
    told = f"H13 in {tmp_path}: contradicted, whatever these runs show"
    assert told in in_words([mine])
    other = replace(mine, chapter=replace(chapter, profile="released"))
    assert "whatever" not in in_words([other])


def test_a_plan_writes_nothing(script: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = script("campaign.py", "--plan", "--out", str(out), "--preset", "quick", *ONE_RUN)
    assert result.returncode == 0, result.stderr
    assert "0 of 1 runs are done" in result.stdout and "core-hours" in result.stdout
    assert not out.exists()


@pytest.mark.slow
def test_a_tiny_campaign_is_stopped_and_goes_on_to_its_picture(
    script: Run, shared_cache: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    command = ["campaign.py", "--preset", "quick", "--out", str(out), *ONE_RUN, "--jobs", "1"]
    process = Forked(*command, env=environment(shared_cache))
    signal_once(process, signal.SIGTERM, lambda: list(out.glob("runs/*/*/*/*/progress.csv")))
    output = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 75, output
    result = script(*command)
    assert result.returncode == 0, result.stderr
    with (out / "figure1.csv").open(newline="") as file:
        assert {row["status"] for row in csv.DictReader(file)} == {"done"}
    assert (out / "figure1.png").exists()
    again = script("campaign.py", "--plan", "--preset", "quick", "--out", str(out), *ONE_RUN)
    assert "1 of 1 runs are done" in again.stdout
    assert "left: 0.0 core-hours" in again.stdout


@pytest.mark.parametrize(
    ("flags", "asks"),
    [
        (("--hours", "24", "--jobs", "2"), False),
        (("--hours", "51", "--jobs", "2"), True),
        ((), True),
    ],
)
def test_a_campaign_that_stops_in_time_is_asked_about_no_more_hours(
    flags: tuple[str, ...], asks: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that is missing may take hundreds of hours: they are not what is about to be spent."""
    begun: list[FigureOptions] = []

    def run(options: FigureOptions, *_: object) -> int:
        begun.append(options)
        return 0

    monkeypatch.setattr(campaign, "_run", run)
    monkeypatch.setattr(campaign, "_stop_after", lambda hours: None)
    out = ("--preset", "quick", "--out", str(tmp_path))
    assert campaign.main([*out, *ONE_RUN, "--cluster", "local", *flags]) == 0
    assert [options.yes for options in begun] == [not asks]


def test_runs_that_another_process_holds_do_not_keep_the_next_folder_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure in one folder says more in the end than runs of another that are held."""
    begun: list[str] = []

    def going(ends: Mapping[int, int]) -> int:
        begun.clear()

        def run(options: FigureOptions, *_: object) -> int:
            begun.append(options.results.name)
            if ends.get(len(begun)) == -1:
                raise Interrupted("2 of 3 runs are not finished")
            return ends.get(len(begun), 0)

        monkeypatch.setattr(campaign, "_run", run)
        words = ["--preset", "small", "--out", str(tmp_path / "mine"), "--cluster", "local"]
        chapters = ["--chapters", "figure1", "long", "paper", "--methods", "AWAC", "--yes"]
        return campaign.main([*words, *chapters])

    folders = ["mine", "mine-long", "mine-paper"]
    for ends, status in (({1: 75}, 75), ({1: 75, 2: 1}, 1), ({1: 1, 2: 75}, 1), ({}, 0)):
        assert going(ends) == status
        assert begun == folders
    assert going({2: -1}) == 75
    assert begun == folders[:2]


def test_hours_that_end_while_nothing_is_trained_are_an_interruption() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGALRM, signal.SIGTERM)}
    asked: list[int] = []
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        campaign._stop_after(0.2 / 3600)
        with pytest.raises(KeyboardInterrupt):
            time.sleep(PATIENCE_S)
        signal.signal(signal.SIGTERM, lambda number, _: asked.append(number))  # a launcher's
        campaign._stop_after(0.2 / 3600)
        deadline = time.monotonic() + PATIENCE_S
        while not asked and time.monotonic() < deadline:
            time.sleep(0.01)
        assert asked == [signal.SIGTERM]
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_a_chapter_without_data_is_left_out_unless_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nothing(*_: object) -> None:
        raise DataError("no human data for pen-binary-v0")

    monkeypatch.setattr(parts, "resolve_data", nothing)
    chapter = next(c for c in CHAPTERS if c.name == "human")
    options = CampaignOptions(preset="small")
    assert sources_of(options, chapter, chapter.tasks) is None
    printed = capsys.readouterr().out
    assert printed == (
        "chapter human (human demonstrations) is left out: no human data for pen-binary-v0\n"
    )
    with pytest.raises(DataError):
        sources_of(replace(options, chapters=("human",)), chapter, chapter.tasks)


def test_chapters_are_named_in_the_order_in_which_they_are_made() -> None:
    assert tuple(dict.fromkeys(c.name for c in CHAPTERS)) == get_args(ChapterName)


def test_hours_that_are_none_and_unknown_chapters_are_refused(script: Run, tmp_path: Path) -> None:
    for flags, named in (
        (("--hours", "0"), "--hours"),
        (("--chapters", "nine"), "invalid choice 'nine'"),
        (("--profile", "released"), "--profile"),
    ):
        result = script("campaign.py", "--out", str(tmp_path), *flags)
        assert result.returncode == 2 and named in result.stderr
        assert "Traceback" not in result.stderr


def test_all_chapters_of_a_name_go_to_one_folder() -> None:
    """Under SLURM a process for each folder is started with the names of its chapters."""
    folders: dict[str, set[tuple[str | None, str]]] = {}
    for chapter in CHAPTERS:
        folders.setdefault(chapter.name, set()).add((chapter.preset, chapter.suffix))
    assert {name: len(found) for name, found in folders.items()} == dict.fromkeys(folders, 1)


def parts_in_hours(monkeypatch: pytest.MonkeyPatch, out: Path, **options: object) -> list[Part]:
    """The parts of a plan in which each run takes an hour."""
    monkeypatch.setattr("reproduce.runs.plan.Pace.seconds", lambda *_: 3600.0)
    given = CampaignOptions(**({"preset": "small", "out": out} | options))  # type: ignore[arg-type]
    campaign._check(given)
    return list(parts_of(given))


def test_a_run_of_two_chapters_is_planned_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    parts = parts_in_hours(
        monkeypatch, tmp_path / "small", chapters=("figure1", "ablations"), envs=("pen-binary-v0",)
    )
    figure, ablations = parts
    assert len(figure.missing) == len(figure.specs) == 60  # eleven methods, AWAC twice
    assert len(set(figure.missing) & set(ablations.specs)) == ablations.earlier
    assert {spec.label for spec in figure.missing} >= {
        spec.label for spec in ablations.specs if spec not in ablations.missing
    }
    every = [spec for part in parts for spec in part.missing]
    assert len(every) == len(set(every))
    assert in_words(parts).splitlines()[-1] == (f"left: {len(every)}.0 core-hours on this machine")
    # what is planned above counts for the claims of this chapter
    (step,) = (step for step in ablations.steps if "A3" in step.claims)
    assert {spec.label for spec in step.specs} == {"AWAC [no-clamp]"}


def test_hours_of_a_plan_add_up() -> None:
    chapter = CHAPTERS[0]
    (one, two, *_) = specs_of(chapter)
    steps = [Step((one,), (), 1800.0), Step((two,), ("H1",), 5400.0)]
    text = in_words([Part(chapter, Path("out"), [one, two], steps)])
    assert "     1     0.5     0.5  -;" in text and "     1     1.5     2.0  H1;" in text
    assert text.endswith("left: 2.0 core-hours on this machine")


def test_methods_and_tasks_that_no_chapter_has_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for given, told in (
        ({"methods": ("AWACC",)}, "--methods AWACC: .*did you mean AWAC"),
        ({"envs": ("pen",)}, "--envs pen: .*did you mean pen-binary-v0"),
        (
            {"chapters": ("figure3",), "envs": ("pen-binary-v0",)},
            "--envs pen-binary-v0: no chapter",
        ),
        ({"jobs": -1}, "--jobs must be at least 1"),
        ({"hours": math.inf}, "--hours inf"),
    ):
        with pytest.raises(ValueError, match=told):
            parts_in_hours(monkeypatch, tmp_path, **given)


def test_a_setting_is_asked_of_the_methods_that_are_run_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """SAC has no lam."""
    only = {"chapters": ("figure1",), "envs": ("pen-binary-v0",), "set": ("lam=0.5",)}
    (part,) = parts_in_hours(monkeypatch, tmp_path, methods=("AWAC",), **only)
    assert {spec.label for spec in part.missing} == {"AWAC [lam=0.5]"}
    with pytest.raises(ValueError, match="--set lam: no such"):
        parts_in_hours(monkeypatch, tmp_path, methods=("SAC",), **only)


def test_other_sizes_lie_beside_the_folder_that_is_named(tmp_path: Path) -> None:
    long = next(c for c in CHAPTERS if c.name == "long-human")
    for out, folder in ((None, "results/long-human"), (tmp_path / "mine", "mine-long-human")):
        options = CampaignOptions(preset="small", out=out)
        assert str(folder_of(options, long)).endswith(folder)


def test_under_slurm_each_results_folder_has_a_process_with_the_chapters_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whatever this process was started with: its options are what counts."""
    begun: list[list[str]] = []

    class Process:
        def __init__(self, words: list[str]) -> None:
            begun.append(words)

        def wait(self) -> int:
            return -9 if len(begun) == 2 else 0  # killed

    monkeypatch.setattr(campaign.subprocess, "Popen", Process)
    monkeypatch.setattr("sys.argv", ["another program", "--chapters", "paper"])
    options = CampaignOptions(
        preset="small",
        chapters=("figure1", "ablations", "human"),
        hours=0.5,
        yes=True,
        envs=("pen-binary-v0", "door-binary-v0"),
        set=("online_steps=10", "lam=-1"),
        slurm=("constraint=zen4",),
        out=tmp_path / "some where",
    )
    folders = {"figure1": tmp_path / "a", "ablations": tmp_path / "a", "human": tmp_path / "b"}
    parts = [
        Part(chapter, folders[chapter.name], [], [])
        for chapter in CHAPTERS
        if chapter.name in folders
    ]
    assert campaign._side_by_side(options, parts) == 1
    assert [words[1] for words in begun] == [campaign.__file__] * 2
    found = [tyro.cli(CampaignOptions, args=words[2:]) for words in begun]
    assert found == [
        replace(options, chapters=("figure1", "ablations")),
        replace(options, chapters=("human",)),
    ]
