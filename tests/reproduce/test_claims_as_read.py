"""What single claims ask, where a fair reader would object to another reading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from figures.domains import DOMAINS
from figures.experiments import (
    ANT,
    CHEETAH,
    DOOR,
    PEN,
    RELOCATE,
    UNTRAINED,
    WALKER,
    domain_of,
)
from figures.statistics.estimates import Estimate
from reproduce.judging import demonstrations as of_demonstrations
from reproduce.judging.claim import evaluate
from reproduce.judging.claims import CLAIMS
from reproduce.judging.comparisons import Difference, Improvement, Leads, Similar
from reproduce.judging.conditions import Above
from reproduce.judging.evidence import Arm, Evidence, load
from reproduce.judging.levels import Level, Negligible
from reproduce.judging.paper.arms import BASELINES, HAND, PUSH_LEARNERS
from reproduce.judging.provenance import Parts, of_one_kind
from reproduce.judging.questions import SCALARS, Question, Whose, above
from reproduce.judging.times import Faster
from reproduce.judging.verdicts import Effect, Finding, combine
from reproduce.specs.numbers import NUMBERS, code_of, numbers_version
from tests.reproduce.test_claims import (
    CONTRADICTED,
    INCONCLUSIVE,
    NOT_DECIDABLE,
    NOT_RUN,
    SMALLER,
    SUPPORTED,
    TEN,
    claim,
    evidence,
    one,
    run,
    runs,
)

LOCOMOTION = (CHEETAH, ANT, WALKER)


# --- others fail where AWAC succeeds --------------------------------------------------------------


def hard_tasks(awac: float, others: float) -> Evidence:
    return evidence(
        *(runs(env, "AWAC", awac) for env in (DOOR, RELOCATE)),
        *(runs(env, arm.label, others) for env in (DOOR, RELOCATE) for arm in BASELINES),
    )


@pytest.mark.parametrize("name", ["H3", "H4"])
def test_others_fail_where_awac_succeeds(name: str) -> None:
    assert evaluate(claim(name), hard_tasks(0.95, 0.05)).verdict is SUPPORTED
    assert evaluate(claim(name), hard_tasks(0.05, 0.05)).verdict is NOT_DECIDABLE  # nobody does
    assert evaluate(claim(name), hard_tasks(0.95, 0.95)).verdict is CONTRADICTED


def test_a_run_that_ends_before_100k_steps_does_not_show_that_awac_cannot() -> None:
    """The time-frame is that of the caption for all."""

    def short(awac: float) -> Finding:
        table = hard_tasks(awac, 0.05).tables["figure1"].assign(episodes=30)
        return evaluate(claim("H4"), Evidence({"figure1": table[table["env_step"] < 100_000]}))

    fails = short(0.05)
    assert fails.verdict is NOT_RUN
    assert "10 ended before step 100,000" in fails.effects[-1].note
    solves = short(0.95)
    assert solves.verdict is NOT_RUN  # the alternatives may yet solve the tasks
    assert [effect.verdict for effect in solves.effects] == [NOT_RUN] * 2 + [SUPPORTED] * 2


def test_no_claim_but_its_own_counts_mpo() -> None:
    """B.4: "we omit this comparison in favor of ABM"."""
    assert [each.id for each in CLAIMS if Arm("MPO") in each.arms()] == ["A4"]


def pushing(awac_gain: float, bear_gain: float, label: str = "AWAC") -> Evidence:
    """Distances: ours and BEAR's fall by so much, those of the others by 5 cm."""

    def curve(gain: float) -> list[float]:
        return [0.3, *[0.3 - gain] * 7]

    gains = {arm.label: 0.05 for arm in PUSH_LEARNERS} | {label: awac_gain, "BEAR": bear_gain}
    variant = "push-lambda" if label != "AWAC" else ""
    rows = [
        row | ({"method": "AWAC", "variant": variant, "label": label} if name == label else {})
        for name, gain in gains.items()
        for s in TEN
        for row in run(
            "SawyerPush-v0",
            name,
            [v + 1e-4 * s for v in curve(gain)],
            s,
            data="random",
            labels="stored",
        )
    ]
    return evidence(rows, experiment="figure2")


def test_some_cannot_learn_as_opposed_to_awac() -> None:
    assert evaluate(claim("S3"), pushing(0.05, 0.0)).verdict is SUPPORTED
    assert evaluate(claim("S3"), pushing(0.0, 0.0)).verdict is not SUPPORTED
    assert evaluate(claim("S3"), pushing(-0.05, 0.0)).verdict is CONTRADICTED


def test_the_authors_lambda_is_asked_apart() -> None:
    learns = pushing(0.05, 0.0, "AWAC [push-lambda]")
    assert evaluate(claim("S3-authors"), learns).verdict is SUPPORTED
    assert evaluate(claim("S3"), learns).verdict is NOT_RUN
    fails = pushing(-0.05, 0.0, "AWAC [push-lambda]")
    assert evaluate(claim("S3-authors"), fails).verdict is CONTRADICTED
    assert evaluate(claim("S1-authors"), fails).verdict is CONTRADICTED


def alike(level: float) -> Evidence:
    rows = [
        row
        for env in LOCOMOTION
        for name in ("BRAC", "SAC")
        for row in runs(env, name, level, data="expert", labels="stored")
    ]
    return evidence(rows, experiment="figure3")


def test_two_that_fail_do_not_perform_similarly() -> None:
    assert evaluate(claim("M8"), alike(0.6)).verdict is SUPPORTED
    poor = evaluate(claim("M8"), alike(0.0))
    assert poor.verdict is NOT_DECIDABLE
    assert poor.reason.startswith("it takes for granted that SAC works: needs 3 of 3; 3 contradict")
    (table,) = alike(0.0).tables.values()
    alone = Evidence({"figure3": table[table["method"] == "SAC"]})
    assert evaluate(claim("M8"), alone).verdict is NOT_DECIDABLE  # BRAC would not change it
    unlike = table.assign(
        normalised_score=table["normalised_score"] + 0.5 * (table["method"] == "BRAC")
    )
    assert evaluate(claim("M8"), Evidence({"figure3": unlike})).verdict is NOT_DECIDABLE


# --- the ceiling ----------------------------------------------------------------------------------


def on_the_hand(start: float, end: float, *names: str) -> Evidence:
    curve = [start, *[end] * 7]
    return evidence(
        *(
            run(env, name, [v + 1e-3 * s for v in curve], s)
            for env in HAND
            for name in names
            for s in TEN
        )
    )


def test_no_gain_is_decided_at_the_ceiling() -> None:
    assert evaluate(claim("H10"), on_the_hand(0.80, 0.93, "AWAC")).verdict is SUPPORTED
    assert evaluate(claim("H10"), on_the_hand(0.90, 0.80, "AWAC")).verdict is CONTRADICTED
    for end in (0.93, 0.97):
        found = evaluate(claim("H10"), on_the_hand(0.95, end, "AWAC"))
        assert found.verdict is NOT_DECIDABLE
        assert "nothing to gain: AWAC at 0.95" in found.effects[0].note


def test_offline_methods_do_not_fine_tune() -> None:
    assert evaluate(claim("H12"), on_the_hand(0.50, 0.50, "BCQ", "BEAR")).verdict is SUPPORTED
    assert evaluate(claim("H12"), on_the_hand(0.50, 0.30, "BCQ", "BEAR")).verdict is SUPPORTED
    assert evaluate(claim("H12"), on_the_hand(0.50, 0.70, "BCQ", "BEAR")).verdict is CONTRADICTED


@pytest.mark.parametrize(("env", "untrained"), [(ANT, 0.25), (WALKER, 0.0), (PEN, 0.1)])
def test_nothing_is_lost_from_the_level_of_an_untrained_policy(env: str, untrained: float) -> None:
    rule = Level("dip", (Arm("AWAC"),), (env,), "above", 0.05, zero=0.0)
    for start, verdict in ((untrained + 0.04, NOT_DECIDABLE), (untrained + 0.2, SUPPORTED)):
        curve = [start, *[start - 0.1] * 7]
        rows = (run(env, "AWAC", [v + 1e-4 * s for v in curve], s) for s in TEN)
        assert one(rule, evidence(*rows)).verdict is verdict


def test_untrained_levels_are_those_of_the_committed_runs() -> None:
    """AWAC's evaluations before the first update."""
    tables = load(Path(__file__).resolve().parents[2] / "results" / "small")
    measured = {}
    for env, name in ((PEN, "figure1"), (DOOR, "figure1"), (RELOCATE, "figure1"), (ANT, "figure3")):
        rows = tables[name]
        rows = rows[(rows["env"] == env) & (rows["label"] == "AWAC") & (rows["grad_step"] == 0)]
        assert (rows["env_step"] < 0).all()
        measured[env] = rows[DOMAINS[domain_of(env)].measure.column].mean()
    expected = {env: UNTRAINED.get(env, 0.0) for env in measured}
    assert measured == pytest.approx(expected, abs=0.01)


def ended(level: float) -> Evidence:
    """Baselines that learned offline and stay at one level."""
    names = [arm.label for arm in BASELINES if arm.label != "BC"]
    return evidence(*(runs(PEN, name, level) for name in names))


def test_progress_is_the_level_that_is_reached_offline_or_online() -> None:
    assert evaluate(claim("H8"), ended(0.5)).verdict is SUPPORTED
    assert evaluate(claim("H8"), ended(0.1)).verdict is CONTRADICTED
    assert evaluate(claim("H8"), ended(0.2)).verdict is INCONCLUSIVE


def against(awac: float, **others: float) -> Evidence:
    levels = {"AWAC": awac} | {name.replace("_", "+"): level for name, level in others.items()}
    return evidence(*(runs(env, name, level) for env in HAND for name, level in levels.items()))


def test_awac_against_prior_methods_for_off_policy_and_offline_learning() -> None:
    weak = dict.fromkeys(("SAC", "SAC_BC", "BEAR", "BCQ", "BRAC"), 0.3)
    assert evaluate(claim("H11"), against(0.6, **weak)).verdict is SUPPORTED
    assert evaluate(claim("H11"), against(0.1, **weak)).verdict is CONTRADICTED
    assert evaluate(claim("H11"), against(0.6, **weak | {"BCQ": 0.6})).verdict is INCONCLUSIVE


def test_awac_improves_greatly_on_awr() -> None:
    assert evaluate(claim("H13"), against(0.6, AWR=0.4)).verdict is SUPPORTED
    assert evaluate(claim("H13"), against(0.6, AWR=0.55)).verdict is SMALLER
    assert evaluate(claim("H13"), against(0.4, AWR=0.6)).verdict is CONTRADICTED


@pytest.mark.parametrize(
    "rule",
    [
        Negligible("gain", (Arm("AWAC"),), (PEN,)),
        Level("slope", (Arm("AWAC"),), (PEN,)),
        Difference("gain", Arm("AWAC"), (Arm("SAC"),), (PEN,), factor=0.0),
        Difference("gain", Arm("SAC"), (Arm("AWAC"),), (PEN,), factor=0.0),
        Similar("gain", Arm("SAC"), (Arm("AWAC"),), (PEN,)),
    ],
)
def test_every_rule_about_a_gain_knows_the_ceiling(rule: Any) -> None:
    curves = {"AWAC": [0.96, *[0.97] * 7], "SAC": [0.2, *[0.5] * 7]}
    found = evidence(
        *(
            run(PEN, name, [v + 1e-3 * s for v in curve], s)
            for name, curve in curves.items()
            for s in TEN
        )
    )
    assert one(rule, found).verdict is NOT_DECIDABLE
    level = Difference("jt", Arm("AWAC"), (Arm("SAC"),), (PEN,))
    assert one(level, found).verdict is SUPPORTED  # not a gain


# --- one comparison decides once ------------------------------------------------------------------


def comparisons(name: str) -> set[tuple[Any, ...]]:
    """Comparisons of two arms of which each one decides the claim."""
    found = set()
    for part in claim(name).parts:
        for rule in part.rules if part.need == 1 else ():
            if isinstance(rule, Difference | Improvement | Similar):
                for rival in rule.rivals:
                    found |= {(type(rule), rule.scalar, rule.better, rival, t) for t in rule.tasks}
            if isinstance(rule, Faster):
                for rival in rule.rivals:
                    found |= {(Faster, rule.better, rival, task) for task in rule.tasks}
            if isinstance(rule, Leads):
                found |= {(Leads, rule.scalar, rule.better, task) for task in rule.tasks}
    return found


def test_a_comparison_decides_one_claim() -> None:
    count = Counter(each for one_claim in CLAIMS for each in comparisons(one_claim.id))
    assert [each for each, times in count.items() if times > 1] == []


def test_claims_refer_to_claims_that_decide() -> None:
    names = {each.id: each for each in CLAIMS}
    referring = {each.id: each.refers for each in CLAIMS if each.refers}
    assert referring == {"H6": ("A8",), "H13": ("A8",), "A9": ("S2",)}
    for refers in referring.values():
        assert all(names[name].parts for name in refers)


def test_h6_needs_awr() -> None:
    """The exchange of the critic, however it ends, is A8's."""
    found = Evidence(
        {
            "figure1": pd.DataFrame([r for env in HAND for r in runs(env, "AWAC", 0.9)]),
            "ablations": pd.DataFrame(
                runs(PEN, "AWAC", 0.9)
                + [
                    row | {"variant": "Q-beta", "label": "AWAC [Q-beta]"}
                    for row in runs(PEN, "AWAC", 0.98)
                ]
            ),
        }
    )
    assert evaluate(claim("H6"), found).verdict is NOT_RUN
    one_seed = [r for env in HAND for r in runs(env, "AWR", 0.2, range(1))]
    tables = {
        **found.tables,
        "figure1": pd.concat([found.tables["figure1"], pd.DataFrame(one_seed)]),
    }
    assert evaluate(claim("H6"), Evidence(tables)).verdict is INCONCLUSIVE
    assert evaluate(claim("A8"), found).verdict is CONTRADICTED


# --- readings -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_m1_allows_for_a_comparable_rival() -> None:
    rows = [
        row
        for env in LOCOMOTION
        for name in ("AWAC", *(arm.label for arm in BASELINES))
        for row in runs(env, name, {"AWAC": 0.8, "ABM-MPO": 0.81}.get(name, 0.3), data="expert")
    ]
    assert evaluate(claim("M1"), evidence(rows, experiment="figure3")).verdict is SUPPORTED
    score = "normalised_score"
    better = [row | {score: row[score] + 0.2 * (row["method"] == "ABM-MPO")} for row in rows]
    assert evaluate(claim("M1"), evidence(better, experiment="figure3")).verdict is CONTRADICTED


def table_of(first: Callable[[str, int], float | None]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "env": env,
                "profile": "paper",
                "source": "human",
                "sha256": "ab",
                "episode": number,
                "steps": 200,
                "success_step": first(env, number),
            }
            for env in HAND
            for number in range(25)
        ]
    )


@pytest.mark.parametrize(
    ("first", "verdict"),
    [
        (lambda env, n: 20.0 + 4 * n, SUPPORTED),
        (lambda env, n: None if env == DOOR and n > 2 else 20.0 + 4 * n, CONTRADICTED),
        (lambda env, n: 20.0 + n / 25, CONTRADICTED),  # all as quick as the quickest: optimal
        (lambda env, n: 20.0 + 4 * n if n < 14 else None, SUPPORTED),  # all that there are
        (lambda env, n: 20.0 + 4 * n if n < 12 else None, CONTRADICTED),
    ],
)
def test_h9_is_judged_by_the_demonstrations(
    first: Callable[[str, int], float | None], verdict: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_demonstrations, "demonstrations", lambda: table_of(first))
    assert evaluate(claim("H9"), Evidence({})).verdict is verdict
    assert evaluate(claim("H9"), Evidence({}, profile="released")).verdict is NOT_RUN


@pytest.mark.parametrize(
    ("solve", "of", "verdict"),
    [
        (14, 22, SUPPORTED),  # 14 to 17 of 25
        (11, 22, INCONCLUSIVE),  # 11 to 14
        (9, 22, CONTRADICTED),  # 9 to 12
    ],
)
def test_missing_demonstrations_may_be_of_either_kind(
    solve: int, of: int, verdict: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = table_of(lambda env, n: 20.0 + 4 * n if n < solve else None)
    monkeypatch.setattr(of_demonstrations, "demonstrations", lambda: table[table["episode"] < of])
    effects = of_demonstrations.Demonstrated((PEN,), 25).effects(Evidence({}), ())
    assert effects[0].verdict is verdict
    assert effects[0].among(supports=6, contradicts=6).verdict is verdict  # nothing to err
    assert effects[0].estimate is not None
    assert effects[0].estimate.low == solve / 25
    assert effects[0].estimate.high == (solve + 25 - of) / 25


def test_the_doors_human_demonstrations_contradict_h9() -> None:
    """6 of 25 open it beyond 1.4 rad."""
    found = evaluate(claim("H9"), Evidence({}))
    assert found.verdict is CONTRADICTED
    (door,) = [e for e in found.effects if e.task == DOOR and "solve" in e.what]
    assert door.estimate is not None and door.estimate.low == door.estimate.high == 6 / 25


def test_the_committed_demonstrations_are_those_of_the_page() -> None:
    """docs/data.md gives the same counts, successes and checksums."""
    table = of_demonstrations.demonstrations()
    page = (Path(__file__).resolve().parents[2] / "docs" / "data.md").read_text()
    table = table[table["profile"] == "paper"]
    assert set(table["env"]) == {PEN, DOOR, RELOCATE}
    for env, rows in table.groupby("env"):
        what = "human demonstrations" if set(rows["source"]) == {"human"} else "demonstrations"
        (line,) = [row for row in page.splitlines() if row.startswith(f"| {env} | {what}")]
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert (cells[2], cells[3]) == (str(len(rows)), str(rows["steps"].sum()))
        assert float(cells[5]) == pytest.approx(rows["success_step"].notna().mean())
        assert rows["sha256"].str.startswith(cells[6]).all()
        assert float(cells[4].split(" ± ")[0]) == pytest.approx(rows["return"].mean(), abs=0.05)


# --- one kind of runs -----------------------------------------------------------------------------

RULE = Difference("auc", Arm("AWAC"), (Arm("SAC"),), (PEN,))


def made(commit: str, checksum: str, **cells: Any) -> dict[str, Any]:
    return {"commit": commit, "data_checksum": checksum, **cells}


@pytest.mark.parametrize(
    ("theirs", "verdict", "words"),
    [
        (made("c1", "d1"), SUPPORTED, ""),
        (made("c2", "d1"), INCONCLUSIVE, "mixed: code c1 and c2"),
        (made("c1+changes", "d1"), INCONCLUSIVE, "mixed: code c1 and c1+changes"),
        (made("c1", "d2"), INCONCLUSIVE, "mixed: prior data d1 and d2"),
    ],
)
def test_a_mixture_decides_nothing(theirs: dict[str, Any], verdict: Any, words: str) -> None:
    found = evidence(runs(PEN, "AWAC", 0.9, **made("c1", "d1")), runs(PEN, "SAC", 0.2, **theirs))
    effect = one(RULE, found)
    assert effect.verdict is verdict
    assert (effect.seeds, effect.note) == ((10,), words)
    assert effect.estimate is not None and effect.estimate.value == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"),
    [
        ({"numbers_version": 1}, {"numbers_version": 1}, SUPPORTED),
        ({"numbers_version": 1}, {"numbers_version": 2}, INCONCLUSIVE),
        ({"numbers_version": 1}, {}, INCONCLUSIVE),
        # this commit's rows have no version; what they compute on the hand is version 1
        ({"numbers_version": 1}, {"commit": "a5c0591a4716"}, SUPPORTED),
        ({"numbers_version": 2}, {"commit": "a5c0591a4716"}, INCONCLUSIVE),
    ],
)
def test_commits_of_one_version_of_the_numbers_are_of_one_kind(
    ours: dict[str, Any], theirs: dict[str, Any], verdict: Any
) -> None:
    found = evidence(
        runs(PEN, "AWAC", 0.9, **(made("c1", "d1") | ours)),
        runs(PEN, "SAC", 0.2, **(made("c2", "d1") | theirs)),
    )
    effect = one(RULE, found)
    assert effect.verdict is verdict
    assert ("mixed: code" in effect.note) == (verdict is INCONCLUSIVE)


def test_a_version_is_named_for_code_of_a_commit_on_tasks_of_the_paper() -> None:
    assert numbers_version(PEN, "a" * 12) == NUMBERS["hand"]
    assert numbers_version(CHEETAH, "a" * 12) == NUMBERS["locomotion"]
    assert numbers_version(PEN, "a" * 12 + "+changes") is None
    assert numbers_version(PEN, "") is None
    assert numbers_version("Toy-v0", "a" * 12) is None
    assert code_of(CHEETAH, {"commit": "a5c0591a4716"}) == "a5c0591a4716"
    assert code_of(PEN, {"commit": "c", "numbers_version": float("nan")}) == "c"
    assert code_of("Toy-v0", {"commit": "c"}) == "c"


def test_learning_from_nothing_has_no_data_to_differ_in() -> None:
    rule = Difference("auc", Arm("AWAC"), (Arm("AWAC", "none"),), (PEN,))
    found = evidence(
        runs(PEN, "AWAC", 0.9, **made("c1", "d1")),
        runs(PEN, "AWAC", 0.2, data="none", labels="stored", **made("c1", "d0")),
    )
    assert one(rule, found).verdict is SUPPORTED


def continued(commit: str, **environment: Any) -> dict[str, Any]:
    """A manifest in which SAC's seed 3 was gone on with by this code."""
    entry = {
        "env": PEN,
        "data": "human",
        "labels": "relabelled",
        "profile": "paper",
        "method": "SAC",
        "variant": "",
        "seed": 3,
        "continued_in": [{"commit": commit, **environment}],
    }
    return {"figure1": [entry]}


def test_a_run_that_other_code_went_on_with_is_mixed_in_itself() -> None:
    found = evidence(
        runs(PEN, "AWAC", 0.9, **made("c1", "d1")), runs(PEN, "SAC", 0.2, **made("c1", "d1"))
    )
    assert one(RULE, found.under(manifests=continued("c9"))).verdict is INCONCLUSIVE
    assert one(RULE, found.under(manifests=continued("c1"))).verdict is SUPPORTED
    # the rows themselves say no version
    first = found.under(manifests=continued("c9", numbers_version=1))
    assert one(RULE, first).verdict is INCONCLUSIVE


def test_a_run_that_code_of_its_own_version_went_on_with_is_of_one_kind() -> None:
    found = evidence(
        runs(PEN, "AWAC", 0.9, **made("c1", "d1"), numbers_version=1),
        runs(PEN, "SAC", 0.2, **made("c1", "d1"), numbers_version=1),
    )
    for number, verdict in ((1, SUPPORTED), (2, INCONCLUSIVE)):
        manifests = continued("c9", numbers_version=number)
        assert one(RULE, found.under(manifests=manifests)).verdict is verdict


def test_tasks_may_be_of_different_commits_since_no_comparison_crosses_them() -> None:
    rows = [
        row | {"variant": variant, "label": f"AWAC{label}"}
        for env, commit, data in ((PEN, "c1", "human"), (CHEETAH, "c2", "expert"))
        for variant, label, level in (("", "", 0.7), ("Q-beta", " [Q-beta]", 0.5))
        for row in runs(env, "AWAC", level, data=data, **made(commit, env))
    ]
    found = evaluate(claim("A8"), evidence(rows, experiment="ablations"))
    assert found.verdict is SUPPORTED
    assert "one kind" not in found.reason


def of_two_commits(pen: float, cheetah: float) -> list[list[Effect]]:
    """Effects of two commits on the pen, and one on HalfCheetah: `pen` and `cheetah` above 0."""

    def effect(task: str, value: float, commit: str) -> Effect:
        estimate = Estimate(value, value - 0.1, value + 0.1, 10, "IQM")
        condition = Above(0.0)
        return Effect(
            task,
            Question(SCALARS["auc"], Whose("AWAC"), above(0.0)),
            condition.verdict(estimate),
            estimate,
            condition=condition,
            code=(commit,),
            checksums=(task,),
        )

    return [[effect(PEN, 0.2, "c1"), effect(PEN, pen, "c2"), effect(CHEETAH, cheetah, "c3")]]


def judged(parts: Parts) -> Finding:
    return combine(parts[0], 1.0)


def test_effects_on_one_task_are_of_one_commit() -> None:
    found = of_one_kind(of_two_commits(0.2, 0.2), judged)
    assert found.verdict is INCONCLUSIVE
    assert f"code c1, c2 on {PEN}" in found.reason and "supported if they were" in found.reason
    # one effect is enough to contradict, and it is of one kind
    against = of_one_kind(of_two_commits(-0.2, 0.2), judged)
    assert against.verdict is CONTRADICTED
    assert "those of c2 decide" in against.reason
    # what the third commit contradicts on a task of its own, no mixture touches
    elsewhere = of_one_kind(of_two_commits(0.2, -0.2), judged)
    assert elsewhere.verdict is CONTRADICTED


# --- power ----------------------------------------------------------------------------------------


def test_what_five_seeds_would_have_seen_stands_beside_inconclusive() -> None:
    few = evidence(runs(PEN, "AWAC", 0.52, range(3)), runs(PEN, "SAC", 0.5, range(3)))
    effect = one(RULE, few)
    assert effect.verdict is INCONCLUSIVE
    # levels 0.002 apart: s = 0.002; 1.06 sqrt(2 s^2 / 5) (1.118 t_8 + z(0.2)) beyond 0.05. The
    # spreads are equal, so that Welch's degrees of freedom are all 8.
    expected = 0.05 + 1.06 * (2 * 0.002**2 / 5) ** 0.5 * (1.118034 * 2.306004 + 0.841621)
    assert str(effect.seen) == f"≥ {expected:.3g}"
    alone = evidence(runs(PEN, "AWAC", 0.52, range(1)), runs(PEN, "SAC", 0.5, range(1)))
    assert one(RULE, alone).seen is None  # one run shows no spread
    alike_ = one(Similar("auc", Arm("AWAC"), (Arm("SAC"),), (PEN,)), few)
    assert str(alike_.seen) == f"within ±{0.1 - (expected - 0.05):.3g}"
    wins = one(Improvement("auc", Arm("AWAC"), (Arm("SAC"),), (PEN,)), few)
    assert str(wins.seen) == "≥ 0.84"  # 21 of 25: P = 12 / 252
