"""What all runs of a picture share is said once, and everything that names a curve follows."""

from __future__ import annotations

from figures.results.partial import Absent
from figures.run_facts import Beginning, RunFacts
from figures.shared_settings import SharedSettings
from tests.figures.conftest import MakeFrame, MakeRun

RUNS = (
    ("BEAR", "online_steps=10000"),
    ("BEAR", "online_steps=10000,threshold=0.1"),
    ("AWAC", "batch,online_steps=10000,q_hidden=16,16"),
)


def test_what_all_runs_share_is_not_in_their_labels(
    make_run: MakeRun, make_frame: MakeFrame
) -> None:
    frame = make_frame([r for m, v in RUNS for r in make_run({0: 1.0}, method=m, variant=v)])
    shared = SharedSettings.of(frame)
    assert shared.in_words == "Set for all runs: online_steps=10000."
    short = shared.rows(frame)
    assert list(short["label"]) == ["BEAR", "BEAR [threshold=0.1]", "AWAC [batch,q_hidden=16,16]"]
    assert list(short["variant"]) == ["", "threshold=0.1", "batch,q_hidden=16,16"]


def test_a_run_without_settings_leaves_all_labels_as_they_are(
    make_run: MakeRun, make_frame: MakeFrame
) -> None:
    runs = (*RUNS, ("SAC", ""))
    frame = make_frame([r for m, v in runs for r in make_run({0: 1.0}, method=m, variant=v)])
    shared = SharedSettings.of(frame)
    assert shared.in_words == ""
    assert list(shared.rows(frame)["label"]) == list(frame["label"])


def test_one_run_alone_keeps_its_name_short(make_run: MakeRun, make_frame: MakeFrame) -> None:
    frame = make_frame(make_run({0: 1.0}, variant="lam=0.5"))
    assert list(SharedSettings.of(frame).rows(frame)["label"]) == ["AWAC"]
    assert SharedSettings.of(frame.iloc[:0]).settings == ()


def test_absent_runs_and_facts_have_the_names_of_the_curves() -> None:
    shared = SharedSettings(("online_steps=10",))
    (run,) = shared.absent([Absent("Ant-v2", "AWAC [lam=0.3,online_steps=10]", 2)])
    assert str(run) == "AWAC [lam=0.3] on Ant-v2, seed 2"
    cloned, not_cloned = Beginning(True, True, False), Beginning(False, True, False)
    known = {
        ("Ant-v2", "SAC [online_steps=10]"): cloned,
        ("Ant-v2", "SAC [online_steps=20]"): not_cloned,
    }
    assert shared.facts(RunFacts({"ab": "data"}, known)) == RunFacts(
        {"ab": "data"},
        {("Ant-v2", "SAC"): cloned, ("Ant-v2", "SAC [online_steps=20]"): not_cloned},
    )
