"""What a manifest says of runs, in words."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from figures import paper_figure
from figures.experiments import EXPERIMENTS
from figures.learning_curves import draw
from figures.panels import panels_of
from figures.run_facts import CLONES, RunFacts, beginnings, joined, run_facts
from tests.figures.conftest import MakeFrame, MakeRun

PEN, DOOR = "pen-binary-v0", "door-binary-v0"
IMITATION = {"component": "Imitation", "actions": "demonstrations"}


def entry(method: str, env: str = PEN, **parts: Any) -> dict[str, Any]:
    begun = {
        "initialisation": {"component": parts.get("start", "RandomInit")},
        "pretraining": {"component": parts.get("pretraining", "OnPriorData")},
        "objective": parts.get("objective", {"component": "WeightedMLE"}),
    }
    shown, rolled = parts.get("counts", (5, 500))
    data = {
        "checksum": "ab" * 32,
        "demonstrations": {"trajectories": shown},
        "rollouts": {"trajectories": rolled},
    }
    identity = {"method": begun, "data": data}
    kind = parts.get("data", "embedded")
    return {"env": env, "method": method, "variant": "", "data": kind, "identity": identity}


@pytest.mark.parametrize(
    ("data", "counts", "words"),
    [
        ("embedded", (5, 500), "5 expert demonstrations + 500 rollouts of their clone"),
        ("expert", (15, 0), "15 expert demonstrations"),
        ("human", (1, 3), "1 human demonstrations + 3 rollouts of its clone"),
        ("random", (0, 500), "500 random trajectories"),
        ("none", (0, 0), None),
        ("rollouts", (2, 9), None),
    ],
)
def test_prior_data_in_words(data: str, counts: tuple[int, int], words: str | None) -> None:
    found = run_facts([entry("AWAC", data=data, counts=counts)]).prior_data
    assert found == ({"ab" * 8: words} if words else {})


def test_prior_data_that_differs_in_a_number_is_said_once(
    make_run: MakeRun, make_frame: MakeFrame
) -> None:
    facts = {"a": "10 expert demonstrations", "b": "25 expert demonstrations", "c": "9 random ones"}
    rows = [
        row
        for method, checksum in (("AWAC", "a"), ("SAC", "b"), ("BC", "c"))
        for row in make_run({0: 1.0, 9: 2.0}, method=method, data_checksum=checksum)
    ]

    def subtitle(count: int) -> str:
        (panel,) = panels_of(make_frame(rows[: 2 * count]), (PEN,), facts)
        return panel.subtitle

    assert subtitle(1) == "10 expert demonstrations"
    assert subtitle(2) == "10 or 25 expert demonstrations"
    assert subtitle(3).endswith("25 expert demonstrations or 9 random ones")
    (panel,) = panels_of(make_frame(rows), (PEN,), {"a": "known"})
    assert panel.subtitle == panel.name == "pen-binary-v0 (human data)"


def test_rows_of_another_file_do_not_take_our_data_s_words_away(
    make_run: MakeRun, make_frame: MakeFrame
) -> None:
    ours = make_run({0: 1.0, 9: 2.0}, data_checksum="a")
    theirs = make_run({0: 1.0, 9: 2.0}, method="Mine", data_checksum="")
    frame = make_frame(ours + theirs)
    frame["compared"] = ["" if name == "AWAC" else "mine.csv" for name in frame["method"]]
    (panel,) = panels_of(frame, (PEN,), {"a": "10 expert demonstrations"})
    assert panel.subtitle == "10 expert demonstrations"


def test_an_entry_that_says_nothing_gives_no_facts() -> None:
    assert run_facts([{"env": PEN, "method": "AWAC", "variant": ""}]) == RunFacts({}, {})


def test_how_methods_begin() -> None:
    facts = run_facts(
        [
            entry("AWAC"),
            entry("SAC", start="CloneDemonstrations"),
            entry("SAC+BC", start="CloneDemonstrations"),
            entry("BC", objective=IMITATION),
            entry("DAPG", start="CloneMeans", pretraining="NoPretraining"),
        ]
    )
    drawn = [(PEN, name) for name in ("AWAC", "SAC", "SAC+BC", "BC", "DAPG")]
    assert list(beginnings(facts, drawn)) == [
        "DAPG has no offline phase: its curve begins at 0 with its clone.",
        "SAC and SAC+BC begin cloned.",
        "BC goes on training on the demonstrations during the online steps.",
    ]
    assert list(beginnings(facts, drawn[:1])) == []
    assert list(beginnings(facts, [*drawn[1:2], (DOOR, "SAC")])) == []  # not known there


def test_nothing_is_said_of_runs_that_differ() -> None:
    facts = run_facts([entry("SAC"), entry("SAC", start="CloneDemonstrations")])
    assert list(beginnings(facts, [(PEN, "SAC")])) == []


def test_names_in_a_row() -> None:
    assert joined(["A"]) == "A"
    assert joined(["A", "B", "C"]) == "A, B and C"


def test_a_figure_says_them(make_run: MakeRun, make_frame: MakeFrame) -> None:
    frame = make_frame(make_run({-9: 0.0, 0: 1.0, 9: 2.0}, data_checksum="ab" * 8, method="BC"))
    figure = draw(frame, panels=(PEN,), run_facts=run_facts([entry("BC", objective=IMITATION)]))
    words = figure.axes[0].texts[0].get_text()
    assert words == "5 expert demonstrations + 500 rollouts of their clone"
    assert "BC goes on training" in " ".join(text.get_text() for text in figure.texts)


def test_the_title_says_that_it_is_a_reproduction(make_run: MakeRun, make_frame: MakeFrame) -> None:
    rows = make_run({0: 1.0, 40_000: 2.0}) + make_run({0: 1.0, 50_000: 2.0}, status="running")
    rows = [row | {"data": "embedded"} for row in rows]
    figure1 = EXPERIMENTS["figure1"]
    assert paper_figure.title_of_figure(figure1, make_frame(rows)) == (
        "Figure 1, reproduced at preset small: dexterous manipulation, 40,000 online steps"
    )
    rows += make_run({0: 1.0, 20_000: 2.0}, env=DOOR)
    assert "20,000 to 40,000 online steps" in paper_figure.title_of_figure(
        figure1, make_frame(rows)
    )


def test_a_title_says_that_people_showed_the_task(make_run, make_frame) -> None:
    figure1 = EXPERIMENTS["figure1"]

    def title(*kinds: str) -> str:
        rows = [row for kind in kinds for row in make_run({0: 1.0, 40_000: 2.0}, data=kind)]
        return paper_figure.title_of_figure(figure1, make_frame(rows))

    assert "from human demonstrations" in title("human")
    assert "from human demonstrations" in title("human", "human-recorded", "none")
    assert "human" not in title("human", "embedded")
    assert "human" not in title("none")


def test_a_caption_names_what_is_not_run_and_what_variants_change(make_run, make_frame) -> None:
    figure2 = EXPERIMENTS["figure2"]
    drawn = [
        *make_run({0: 1.0}, method="AWAC", variant="push-lambda,tau=0.1"),
        *(row for name in ("SAC", "BC") for row in make_run({0: 1.0}, method=name)),
    ]
    frame = make_frame(drawn)
    assert paper_figure.variants_in_words(frame) == (
        "Variants: AWAC[push-lambda] (weights: λ 0.03, mean weight 1 in each batch)."
    )
    told = paper_figure.not_run(figure2, frame)
    assert told.startswith("Not run: AWAC, ")
    lacking = set(told.removeprefix("Not run: ").removesuffix(".").split(", "))
    assert lacking == set(figure2.methods) - {"AWAC[push-lambda]", "SAC", "BC"}
    rows = [name for name in figure2.methods if "[" not in name]
    plain = make_frame([row for name in rows for row in make_run({0: 1.0}, method=name)])
    assert paper_figure.variants_in_words(plain) == ""


def test_a_caption_says_how_many_episodes_an_evaluation_has(make_run, make_frame) -> None:
    def words(*counts: float) -> str:
        rows = [
            row
            for seed, count in enumerate(counts)
            for row in make_run({0: 1.0, 9: 2.0}, seed=seed, episodes=count)
        ]
        figure = draw(make_frame(rows), panels=(PEN,))
        return " ".join(" ".join(text.get_text() for text in figure.texts).split())

    assert "An evaluation has 20 episodes." in words(20, 20)
    assert "An evaluation has 10 to 20 episodes." in words(20, 10)
    assert "An evaluation has 1 episode." in words(1, 1)
    assert "An evaluation has" not in words(float("nan"))


def test_every_way_to_begin_but_the_random_one_is_a_clone() -> None:
    pytest.importorskip("torch")
    from algorithms.policies.initialisation import Initialisation

    assert {kind.__name__ for kind in get_args(Initialisation)} == {"RandomInit", *CLONES}
