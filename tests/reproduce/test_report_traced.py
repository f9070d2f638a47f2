"""Every number of the report on the committed results, computed again from the CSV.

Nothing of figures/ or reproduce/ is used for that: rows are read by the csv module, and each
statistic is written out again. A table, an effect or a point for which there is no second
computation fails.
"""

from __future__ import annotations

import csv
import hashlib
import json
import random
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from math import comb, erfc, exp, sqrt
from pathlib import Path
from statistics import fmean, variance
from typing import Any

import pytest
from scipy import stats

from reproduce.judging.claims import CLAIMS, RULES_VERSION

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "results" / "earlier" / "small"
DEMONSTRATIONS = Path(__file__).parents[2] / "reproduce/judging/demonstrations.csv"
Points = list[tuple[int, float]]
SETTINGS = {"paper": "the text's settings", "released": "the released settings"}
PROFILE_OF = {name: profile for profile, name in SETTINGS.items()}
WORDS = {
    "supported": "seen",
    "smaller than claimed": "smaller than claimed",
    "contradicted": "contradicted",
    "inconclusive": "not seen",
    "not decidable here": "not decidable",
    "not run": "not run",
    "not testable": "not testable",
}
ORDER = ["AWAC", "SAC", "SAC+BC", "BC", "BCQ", "BEAR", "AWR", "MPO", "ABM-MPO", "DAPG", "BRAC"]
"""Of methods, in every table and figure."""


def worded(verdict: str, *, of_runs: bool = True) -> str:
    """A verdict of verdicts.csv, as the report calls it; H9's is of no runs, and of no preset."""
    return WORDS[verdict] + (" at small" if of_runs and verdict != "not testable" else "")


def fewest(seeds: str) -> int:
    """``10 and 5``, of the groups of an effect; 0 where nothing was worked out."""
    return 0 if seeds == "–" else min(map(int, seeds.split(" and ")))


def is_without_a_number(row: dict[str, str]) -> bool:
    """This CSV has no column of Q."""
    return row["verdict"] == "not seen at small" and row["note"].startswith(
        "the rows say nothing of Q"
    )


# --- the CSV, and statistics written out ----------------------------------------------------------


class Runs:
    """Finished runs of the pen: (method, seed) -> evaluations, from the CSV alone."""

    def __init__(self) -> None:
        with (RESULTS / "figure1.csv").open(newline="") as file:
            self.rows = list(csv.DictReader(file))
        names = ("status", "profile", "env", "data", "variant")
        assert {tuple(row[name] for name in names) for row in self.rows} == {
            ("done", "paper", "pen-binary-v0", "human", "")
        }

    @property
    def keys(self) -> list[tuple[str, int]]:
        return sorted({(row["method"], int(row["seed"])) for row in self.rows})

    def points(self, method: str, seed: int, column: str = "success_any") -> Points:
        """By step; where 0 was evaluated in both phases, the online row."""
        mine = [r for r in self.rows if (r["method"], int(r["seed"])) == (method, seed)]
        by_step: dict[int, float] = {}
        for row in sorted(mine, key=lambda r: r["phase"]):  # offline before online
            if row[column] and row["phase"] != "init":
                by_step[int(row["env_step"])] = float(row[column])
        return sorted(by_step.items())

    def seeds(self, method: str) -> list[int]:
        return [seed for name, seed in self.keys if name == method]

    def scalar(self, method: str, name: str) -> list[float]:
        """One a seed."""
        return [_scalar(self.points(method, seed), name) for seed in self.seeds(method)]

    def noise(self, method: str, name: str) -> float:
        """Variance of five seeds' interquartile mean, of the 20 episodes of each evaluation.

        It is 1.06^2 of that of their mean.
        """
        assert {row["episodes"] for row in self.rows if row["phase"] != "init"} == {"20"}
        each = [_noise(self.points(method, seed), name) for seed in self.seeds(method)]
        return 1.06**2 * fmean(each) / 5

    def shared(self, method: str, name: str) -> float:
        """Standard error by start states that all seeds share: half the variance of the mean change
        from one online evaluation to the next, beyond what the seeds' own changes make."""
        curves = [
            [value for step, value in self.points(method, seed) if step > 0]
            for seed in self.seeds(method)
        ]
        changes = list(zip(*([b - a for a, b in pairwise(curve)] for curve in curves), strict=True))
        if name == "AUC" or len(changes) < 2 or len(curves) < 2:
            return 0.0
        own = fmean(variance(change) for change in changes) / len(curves)
        common = max((fmean(fmean(change) ** 2 for change in changes) - own) / 2, 0.0)
        last = min(5, len(curves[0]))
        by = {
            "J after the offline phase": 1.0,
            "final J": 1 / last,
            "gain": 1 + 1 / last,
            "offline gain": 2.0,
        }[name]
        return sqrt(common * by)

    def times(self, method: str, threshold: float) -> list[tuple[float, bool]]:
        return [_time(self.points(method, seed), threshold) for seed in self.seeds(method)]

    def hours(self, *methods: str) -> float:
        last: dict[tuple[str, str], tuple[int, float]] = {}
        for row in self.rows:
            key, here = (row["method"], row["seed"]), (int(row["env_step"]), float(row["wall_s"]))
            last[key] = max(last.get(key, here), here)
        every = methods or {method for method, _ in last}
        return sum(wall for (method, _), (_, wall) in last.items() if method in every) / 3600


def _level(points: Points, end: int) -> float:
    """Mean of the last five evaluations online up to a step."""
    return fmean([value for step, value in points if 0 < step <= end][-5:])


def _scalar(points: Points, name: str) -> float:
    online = [(step, value) for step, value in points if step >= 0]
    start = online[0][1]
    assert online[0][0] == 0
    if name == "J after the offline phase":
        return start
    if name == "offline gain":
        return start - points[0][1]
    if len(online) == 1:
        return 0.0 if name == "gain" else start
    tail = [value for _, value in online[1:]][-5:]
    final = sum(tail) / len(tail)
    area = sum((b - a) * (u + v) / 2 for (a, u), (b, v) in pairwise(online))
    return {"final J": final, "gain": final - start, "AUC": area / online[-1][0]}[name]


def _noise(points: Points, name: str) -> float:
    """p (1 - p) / (n + 4), two successes and failures added to the n episodes."""
    online = [(step, value) for step, value in points if step >= 0]
    if name == "offline gain":
        ends = [points[0], online[0]] if points[0][0] < 0 else []
        return sum(_noise([(0, value)], "final J") for _, value in ends)
    if name == "gain":
        return _noise(points, "final J") + _noise(points[: points.index(online[0]) + 1], "final J")
    if name == "AUC" and len(online) > 1:
        halves = [0.0, *((b - a) / 2 / online[-1][0] for (a, _), (b, _) in pairwise(online)), 0.0]
        count = 20 / sum((a + b) ** 2 for a, b in pairwise(halves))
    else:
        count = 20.0 * min(max(len(online) - 1, 1), 5)
    share = (_scalar(points, name) * count + 2) / (count + 4)
    return share * (1 - share) / (count + 4)


def _time(points: Points, threshold: float) -> tuple[float, bool]:
    """The first step online from which five evaluations, and all to the end, hold the threshold."""
    online = [point for point in points if point[0] >= 0]
    last = len(online) - 5
    for place in range(last + 1):
        rest = [round(value * 1000) for _, value in online[place:]]  # thousandths: sums are exact
        if all(sum(part) >= threshold * 1000 * len(part) for part in (rest[:5], rest)):
            return float(online[place][0]), True
    return float(online[last][0]), False


def centre(values: list[float]) -> float:
    """The mean, from 4 values on without a quarter of them, rounded down, at either end."""
    cut = len(values) // 4
    kept = sorted(values)[cut : len(values) - cut]
    return sum(kept) / len(kept)


def within_bootstrap(low: float, high: float, values: list[float], digits: int = 6) -> bool:
    """Percentiles 2.5 and 97.5 of the centre, seeds drawn with replacement: of 4000 draws, whose
    number stands for how far another generator may be off."""
    draw, slack = random.Random(0), 0.51 * 10**-digits
    centres = sorted(centre(draw.choices(values, k=len(values))) for _ in range(4000))
    return (
        centres[60] - slack <= low <= centres[140] + slack
        and centres[-141] - slack <= high <= centres[-61] + slack
    )


def within_expanded(
    low: float,
    high: float,
    groups: list[list[float]],
    noise: float,
    digits: int = 3,
    shared: float = 0.0,
) -> bool:
    """The interval that verdicts use: of 99 % for one group of five seeds, of 95 % for two.

    Its ends are at least z times the noise of the episodes from the value, and z times what all
    runs share is added as variances are.

    Its ends are percentiles, sqrt(5 / 4) t / z times as far from the value. Both sides draw at
    random: the report 10,000 times, this function `number` times.
    """
    assert {len(group) for group in groups} == {5}
    end, z = ((0.005, 2.575829), (0.025, 1.959964))[len(groups) - 1]
    t = float(stats.t.isf(end, 4 * welch(groups)))
    draw, by, number = random.Random(0), sqrt(5 / 4) * t / z, 20_000

    def lead(samples: list[list[float]]) -> float:
        return centre(samples[0]) - sum(map(centre, samples[1:]))

    drawn = sorted(lead([draw.choices(group, k=5) for group in groups]) for _ in range(number))
    slack, value = 4 * sqrt(end * (1 - end) * (1 / 10_000 + 1 / number)), lead(groups)

    def stretched(share: float) -> float:
        found = value + by * (drawn[round(share * (number - 1))] - value)
        reach = max(abs(found - value), z * noise)
        return value + (-1 if share < 0.5 else 1) * sqrt(reach**2 + (z * shared) ** 2)

    return all(
        stretched(share - slack) - 0.51 * 10**-digits
        <= shown
        <= stretched(share + slack) + 0.51 * 10**-digits
        for shown, share in ((low, end), (high, 1 - end))
    )


def exact(successes: int, n: int) -> tuple[float, float]:
    """Where k or more, or k or fewer, have a chance of 2.5 %; found by halving."""

    def chance(k: int, p: float) -> float:
        return sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))

    def where(k: int, wanted: float) -> float:
        low, high = 0.0, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if chance(k, middle) < wanted else (low, middle)
        return low

    low = where(successes, 0.025) if successes else 0.0
    return low, 1.0 if successes == n else where(successes + 1, 0.975)


def restricted_mean(times: list[tuple[float, bool]], horizon: float) -> float:
    """Area under the Kaplan-Meier curve up to the horizon."""
    survival, area, before = 1.0, 0.0, 0.0
    for step in sorted({time for time, _ in times if time < horizon}):
        area += survival * (step - before)
        at_risk = sum(time >= step for time, _ in times)
        survival *= 1 - sum(time == step and seen for time, seen in times) / at_risk
        before = step
    return area + survival * (horizon - before)


def better(ours: list[float], theirs: list[float]) -> float:
    wins = [(a > b) + (a == b) / 2 for a in ours for b in theirs]
    return sum(wins) / len(wins)


# --- the report -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def runs() -> Runs:
    return Runs()


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from reproduce.report import main

    folder = tmp_path_factory.mktemp("traced")
    for name in ("figure1.csv", "figure1.manifest.json"):
        shutil.copy(RESULTS / name, folder)
    assert main(["--out", str(folder)]) == 0
    return folder


def markdown_tables(text: str) -> Iterator[tuple[str, list[str], list[list[str]]]]:
    """Heading or bold line above it, columns and rows of every table."""
    above, lines = "", iter(text.splitlines())
    for line in lines:
        if line.startswith(("#", "**")):
            above = line.strip("#* ")
        if line.startswith("| "):
            columns, rows = _cells(line), []
            next(lines)
            for row in lines:
                if not row.startswith("| "):
                    break
                rows.append(_cells(row))
            yield above, columns, rows


def _cells(line: str) -> list[str]:
    return [c.replace("\\|", "|").strip() for c in re.split(r"(?<!\\)\|", line)[1:-1]]


def same(shown: str, value: float, digits: int = 3) -> None:
    assert float(shown.replace("−", "-")) == pytest.approx(value, abs=0.51 * 10**-digits), shown


@pytest.fixture(scope="module")
def text(out: Path) -> str:
    return (out / "REPORT.md").read_text()


def test_every_number_of_every_table(text: str, runs: Runs) -> None:
    checks = {
        "claim": None,  # verdicts: the next test
        "method": _check_scores,
        "AWAC against": _check_improvements,
        "prior data": _check_data,
        "file": _check_files,
        "version": _check_software,
        "task": _check_effects,
    }
    seen, families = [], families_of(text)
    for _, columns, rows in markdown_tables(text):
        if columns[0] == "settings":
            check = {"seen": None, "task": _check_hours, "experiment": _check_grid}[columns[1]]
        else:
            check = checks[columns[0]]
        seen.append((columns[0], columns[1]))
        if check is not None:
            several = next(families) if columns[:2] == ["task", "effect"] else ""
            for row in rows:
                assert len(row) == len(columns)
                check(dict(zip(columns, row, strict=True)) | {"families": several}, runs)
    assert not list(families)
    assert len(seen) == 10 + seen.count(("task", "effect"))
    assert seen.count(("task", "effect")) >= 5


def families_of(text: str) -> Iterator[str]:
    """Of each table of effects: how many of them could support their part by mistake.

    A part that needs k of n effects has n - k + 1 such effects: ``1 3`` for a claim of two parts.
    """
    for card in re.split(r"^### ", text, flags=re.M)[1:]:
        if "| task | effect |" in card:
            needs = re.findall(r"needs (\d+) of (\d+)", card)
            yield " ".join(sorted({str(int(n) - int(k) + 1) for k, n in needs}))


def _check_scores(row: dict[str, str], runs: Runs) -> None:
    method = row["method"]
    assert int(row["runs"]) == len(runs.seeds(method)) and row["tasks"] == "1 of 1"
    for name in ("J after the offline phase", "final J", "AUC"):
        values = runs.scalar(method, name)
        shown, _, rest = row[name].partition(" ")
        rest = rest.lstrip("([")
        same(shown, centre(values))
        if len(values) == 1:
            assert rest == "one run)"
        elif len(values) >= 5:
            low, high = (float(end.replace("−", "-")) for end in rest.rstrip("]").split(" … "))
            assert within_bootstrap(low, high, values, 3)
        else:
            for each, value in zip(rest.rstrip(")").split(", "), values, strict=True):
                same(each, value)


def _check_improvements(row: dict[str, str], runs: Runs) -> None:
    other = row["AWAC against"]
    assert fewest(row["seeds"]) == min(len(runs.seeds("AWAC")), len(runs.seeds(other)))
    for name in ("final J", "AUC"):
        ours, theirs = runs.scalar("AWAC", name), runs.scalar(other, name)
        middle = centre if min(len(ours), len(theirs)) >= 4 else fmean
        same(row[f"AWAC − other, {name}"].partition(" ")[0], middle(ours) - middle(theirs))
        if min(len(ours), len(theirs)) < 5:
            assert row[f"P(AWAC better), {name}"] == "–"
            assert "[" not in row[f"AWAC − other, {name}"]
        else:
            same(row[f"P(AWAC better), {name}"].partition(" ")[0], better(ours, theirs))


def _check_data(row: dict[str, str], runs: Runs) -> None:
    mine = {
        (r["method"], r["seed"]) for r in runs.rows if f"`{r['data_checksum']}`" == row["checksum"]
    }
    assert int(row["runs"]) == len(mine)
    assert row["methods"].split(", ") == sorted({method for method, _ in mine}, key=ORDER.index)


def _check_files(row: dict[str, str], runs: Runs) -> None:
    name = re.fullmatch(r"\[(figure1.csv)\]\(\1\)", row["file"])
    assert name is not None
    assert row["manifest"] == "[figure1.manifest.json](figure1.manifest.json)"
    digest = hashlib.sha256((RESULTS / name[1]).read_bytes()).hexdigest()
    assert row["sha256"] == f"`{digest[:12]}`"
    assert (int(row["rows"]), int(row["runs"])) == (len(runs.rows), len(runs.keys))
    assert row["commits"].split(", ") == sorted({r["commit"] for r in runs.rows})


def _check_software(row: dict[str, str], runs: Runs) -> None:
    entries = json.loads((RESULTS / "figure1.manifest.json").read_text())
    made = [
        entry
        for entry in entries
        if entry["environment"]["commit"] == row["commit"]
        and ", ".join(f"{k} {v}" for k, v in sorted(entry["environment"]["versions"].items()))
        == row["with"]
    ]
    assert int(row["runs"]) == len(made)


def _check_hours(row: dict[str, str], runs: Runs) -> None:
    assert int(row["runs"]) == len(runs.seeds(row["method"]))
    same(row["core-hours"], runs.hours(row["method"]), 2)


def _check_grid(row: dict[str, str], runs: Runs) -> None:
    """Five seeds of 11 methods, and of what claims ask for beside them."""
    here = row["settings"] == "the text's settings" and row["task"] == "pen-binary-v0"
    wanted = [seed for _, seed in runs.keys if seed < 5]
    done = len(wanted) if here and row["experiment"] == "figure1" else 0
    assert int(row["finished"]) == done
    if not done:
        assert row["missing"] == "everything"
        return
    assert int(row["wanted"]) == 5 * (11 + row["missing"].count("no prior data"))
    missing = dict(re.findall(r"([\w+-]+) \((\d)\)", row["missing"]))
    assert {name: 5 - int(n) for name, n in missing.items()} == {
        name: len(runs.seeds(name))
        for name in {m for m, _ in runs.keys}
        if len(runs.seeds(name)) < 5
    }


def _check_demonstrations(row: dict[str, str]) -> None:
    """Shares of the demonstrations that are listed one by one."""
    with DEMONSTRATIONS.open(newline="") as file:
        first = [
            float(each["success_step"] or "inf")
            for each in csv.DictReader(file)
            if (each["env"], each["profile"], each["source"])
            == (row["task"], PROFILE_OF[row["settings"]], "human")
        ]
    if not first:
        assert (row["value"], row["verdict"]) == ("–", "not run")
        return
    late = "behind" in row["effect"]
    held = sum(step >= min(first) + 10 if late else step < float("inf") for step in first)
    same(row["value"], held / len(first))
    assert fewest(row["seeds"]) == len(first)
    ends = (held / 25, (held + 25 - len(first)) / 25)  # the paper has 25: they are counted
    for shown, limit in zip(row["interval"].split(" … "), ends, strict=True):
        same(shown, limit)
    more = "supported" if ends[0] > 0.5 else "contradicted"
    verdict = more if ends[0] > 0.5 or ends[1] <= 0.5 else "inconclusive"
    assert row["verdict"] == worded(verdict, of_runs=False)


def _check_effects(row: dict[str, str], runs: Runs) -> None:
    if row["effect"].startswith("share of demonstrations"):
        _check_demonstrations(row)
        return
    assert (row["task"], row["settings"]) == ("pen-binary-v0", SETTINGS["paper"])
    if row["value"] == "–":
        assert is_without_a_number(row)
        return
    if fewest(row["seeds"]) < 5:
        assert (row["interval"], row["verdict"]) == ("–", "not seen at small")
    what, value, asked = row["effect"], row["value"], _digits(row["asks"])
    if found := re.fullmatch(r"(gain|AUC|final J): ([\w+-]+) − ([\w+-]+)", what):
        name, *methods = found.groups()
        ours, theirs = (runs.scalar(method, name) for method in methods)
        few = min(len(ours), len(theirs)) < 4  # both have the centre of the smaller one
        same(value, fmean(ours) - fmean(theirs) if few else centre(ours) - centre(theirs))
        noise = sum(runs.noise(method, name) for method in methods)
        _check_interval(row, [ours, theirs], noise)
        _check_seen(row, [(asked, d) for d in distances(row, [ours, theirs], 0.025, noise=noise)])
    # the runs end before any step that is named
    elif found := re.fullmatch(
        r"((?:offline )?gain|AUC|final J)(?: by step 100,000)?: ([\w+-]+)", what
    ):
        name, *methods = found.groups()
        values = runs.scalar(methods[0], name)
        same(value, centre(values))
        noise, shared = (find(methods[0], name) for find in (runs.noise, runs.shared))
        _check_interval(row, [values], noise, shared)
        beyond = distances(row, [values], 0.005, noise=noise, shared=shared)
        _check_seen(row, [(asked, distance) for distance in beyond])
    elif found := re.fullmatch(r"P\((gain|AUC|final J) of ([\w+-]+) > ([\w+-]+)\)", what):
        name, *methods = found.groups()
        same(value, better(*(runs.scalar(method, name) for method in methods)))
        _check_seen(row, [(21 / 25, 0.0)])  # 12 of 252 orders are under 5 %, 19 are not
    elif found := re.fullmatch(r"share of runs that hold ([\d.]+) by step ([\d,]+): (.+)", what):
        methods, end = [found[3]], int(found[2].replace(",", ""))
        curves = [
            [p for p in runs.points(found[3], seed) if 0 < p[0] <= end]
            for seed in runs.seeds(found[3])
        ]
        holds = [fmean(v for _, v in curve[-5:]) >= float(found[1]) for curve in curves]
        open_ = sum(
            not held and curve[-1][0] < end for held, curve in zip(holds, curves, strict=True)
        )
        same(value, fmean(holds))
        assert f"{sum(holds)} of {len(holds)} runs" in row["note"]
        assert f"{open_} ended before step {found[2]}" in row["note"]
        if len(holds) >= 5:
            low, high = exact(sum(holds), len(holds))[0], exact(sum(holds) + open_, len(holds))[1]
            for shown, limit in zip(row["interval"].split(" … "), (low, high), strict=True):
                same(shown, limit)
            assert row["verdict"] == ("seen at small" if low > 0.5 else "not seen at small")
            assert row["would be seen"] == "nothing with 5 runs"  # 0.025 ** (1 / 5) < 0.5
    elif found := re.fullmatch(r"time to ([\d.]+): ([\w+-]+) / ([\w+-]+)", what):
        methods = [found[2], found[3]]
        samples = [runs.times(method, float(found[1])) for method in methods]
        if any(seen for sample in samples for _, seen in sample):
            _check_ratio(row, *samples)
        else:
            assert (row["value"], row["verdict"]) == ("–", "not seen at small")
            assert "no run reached it" in row["note"]
    else:
        pytest.fail(f"no second computation of {what!r}")
    assert fewest(row["seeds"]) == min(len(runs.seeds(method)) for method in methods)


Z_80 = 0.841621
"""20 % of the normal distribution."""


def welch(groups: list[list[float]]) -> float:
    """Degrees of freedom of a sum of the groups' means over those of one group, equal sizes."""
    known = [variance(group) for group in groups if len(group) > 1]
    every = [variance(group) if len(group) > 1 else fmean(known) for group in groups]
    return sum(every) ** 2 / sum(v**2 for v in every)


def distances(
    row: dict[str, str],
    groups: list[list[float]],
    end: float,
    freedom: float | None = None,
    noise: float = 0.0,
    shared: float = 0.0,
) -> list[float]:
    """What five seeds a group see beyond a threshold, of one among each of the claim's families.

    A single run varies as the others do.
    """
    known = [variance(group) for group in groups if len(group) > 1]
    if not known:
        return []
    freedom = freedom or 4 * welch(groups)
    error = 1.06 * sqrt(len(groups) * fmean(known) / 5)
    tails = [float(stats.t.isf(end / int(n), freedom)) for n in row["families"].split()]
    wider = [t / float(stats.t.isf(end, freedom)) for t in tails]
    normal = [float(stats.norm.isf(end)) * by + Z_80 for by in wider]
    least = [sqrt(noise) * each for each in normal]
    seen = [error * (sqrt(5 / 4) * t + Z_80) for t in tails]
    alone = [max(pair) for pair in zip(seen, least, strict=True)]
    return [sqrt(one**2 + (shared * z) ** 2) for one, z in zip(alone, normal, strict=True)]


def _digits(text: str) -> float:
    """The number in ``> 0.5``, ``≥ 0.5`` or ``within ±0.5``."""
    return float(re.sub(r"^[^\d-]*", "", text))


def _check_interval(
    row: dict[str, str], groups: list[list[float]], noise: float, shared: float = 0.0
) -> None:
    if min(map(len, groups)) < 5:
        assert row["interval"] == "–"
        return
    low, high = (float(end.replace("−", "-")) for end in row["interval"].split(" … "))
    assert within_expanded(low, high, groups, sqrt(noise), shared=shared), row["effect"]


def _check_seen(row: dict[str, str], options: list[tuple[float, float]]) -> None:
    """It is one of the ``options``, each a threshold and how far beyond it one would see."""
    if not options or row["verdict"] != "not seen at small":
        assert row["would be seen"] == "–"
        return
    inside = row["asks"].startswith("within")
    seen = [threshold + (-beyond if inside else beyond) for threshold, beyond in options]
    if row["would be seen"] == "nothing with 5 seeds":
        assert inside and min(seen) <= 0
        return
    shown = _digits(row["would be seen"].removesuffix(" with 5 seeds").replace("−", "-"))
    assert any(shown == pytest.approx(each, abs=6e-3, rel=6e-3) for each in seen), (shown, seen)


def _same_seen(shown: str, told: str) -> None:
    """``≥ 0.68 with 5 seeds`` of the report is ``≥ 0.682`` of the file."""
    assert (shown == "–") == (told == "")
    assert shown.startswith("nothing") == told.startswith("none")
    if sizes := re.findall(r"-?\d[\d.e-]*", told):
        first = re.findall(r"-?\d[\d.]*", shown.replace("−", "-"))[0]
        assert float(first) == pytest.approx(float(sizes[0]), abs=0.0051)


def _check_ratio(
    row: dict[str, str], theirs: list[tuple[float, bool]], ours: list[tuple[float, bool]]
) -> None:
    censored = [max(t for t, _ in each) for each in (ours, theirs) if not all(s for _, s in each)]
    horizon = min(censored) if censored else max(max(t for t, _ in each) for each in (ours, theirs))
    shown = row["value"]
    ratio = restricted_mean(theirs, horizon) / restricted_mean(ours, horizon)
    same(shown, ratio)
    for each in (ours, theirs):
        assert f"{sum(seen for _, seen in each)} of {len(each)} reached it" in row["note"]
    stayed = [[min(time, horizon) for time, _ in each] for each in (ours, theirs)]
    relative = [[time / fmean(each) for time in each] for each in stayed]
    asked = float(row["asks"].lstrip("> "))
    found = [d for d in distances(row, relative, 0.025, 4) if d]
    _check_seen(row, [(asked, asked * (exp(d) - 1)) for d in found])
    if min(len(ours), len(theirs)) < 5:  # no test where there is no interval
        assert row["p"] == "–"
    else:
        same(row["p"], log_rank(ours, theirs))


def log_rank(a: list[tuple[float, bool]], b: list[tuple[float, bool]]) -> float:
    """Two-sided, by the hypergeometric variance; the normal tail by erfc."""
    excess = variance = 0.0
    for step in sorted({time for time, seen in a + b if seen}):
        n, first = sum(t >= step for t, _ in a + b), sum(t >= step for t, _ in a)
        events = sum(t == step and seen for t, seen in a + b)
        excess += sum(t == step and seen for t, seen in a) - events * first / n
        if n > 1:
            variance += events * (first / n) * (1 - first / n) * (n - events) / (n - 1)
    return erfc(abs(excess) / sqrt(2 * variance)) if variance else 1.0


def test_counts_and_sums_in_the_text(text: str, runs: Runs, out: Path) -> None:
    with (out / "verdicts.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    claims = {(row["claim"], row["profile"]): row["claim_verdict"] for row in rows}
    ids = {name for name, _ in claims}
    start = f"{len(ids)} claims of the paper were put to {len(runs.keys)} "
    (summary,) = [line for line in text.splitlines() if line.startswith(start)]
    tables = list(markdown_tables(text))
    matrix = [row for _, columns, rows in tables if columns[0] == "claim" for row in rows]
    counts = next((c, r) for _, c, r in tables if c[:2] == ["settings", "seen"])
    again = {claim.id for claim in CLAIMS if claim.again}
    for place, profile in enumerate(("paper", "released")):
        mine = {name: verdict for (name, side), verdict in claims.items() if side == profile}
        shown = {re.findall(r"\[(.*?)\]", row[0])[0]: row[2 + place] for row in matrix}
        assert shown == {
            name: f"**{worded(verdict, of_runs=name != 'H9')}**" for name, verdict in mine.items()
        }
        assert counts[0][1:] == list(WORDS.values())
        for row, asked in (
            (place, mine.keys() - again),
            (place + 2, mine.keys() & again),
        ):
            tally = [[mine[name] for name in asked].count(verdict) for verdict in WORDS]
            assert [int(cell) for cell in counts[1][row][1:]] == tally
    assert summary
    few = {method for method, _ in runs.keys if len(runs.seeds(method)) < 5}
    assert f"{len(few)} of {len({m for m, _ in runs.keys})} cells" in text
    total = re.search(r"([\d.]+) core-hours for (\d+) runs", text)
    assert total is not None and int(total[2]) == len(runs.keys)
    same(total[1], runs.hours(), 1)


def test_runs_and_hours_behind_each_card(text: str, runs: Runs) -> None:
    cards = re.split(r"^### ", text.partition("## Claims")[2], flags=re.M)[1:]
    found = 0
    for card in cards:
        line = re.search(r"\*\*Evidence\*\*.*; (\d+) finished runs?, ([\d.]+) core-hours", card)
        if line is None:
            continue
        found += 1
        effects = [
            row[1]
            for _, columns, rows in markdown_tables(card)
            for row in rows
            if columns[0] == "task"
        ]
        words = {word for each in effects for word in re.split(r"[^\w+-]+", each)}
        methods = words & {method for method, _ in runs.keys}
        assert int(line[1]) == sum(len(runs.seeds(method)) for method in methods), card[:40]
        same(line[2], runs.hours(*methods), 2)
    assert found >= 5


def test_the_file_of_verdicts_holds_the_numbers_of_the_cards(text: str, out: Path) -> None:
    with (out / "verdicts.csv").open(newline="") as file:
        held = {
            (row["task"], row["what"], row["asks"], SETTINGS[row["profile"]]): row
            for row in csv.DictReader(file)
        }
    judged = hashlib.sha256((RESULTS / "figure1.csv").read_bytes()).hexdigest()
    shown = 0
    for _, columns, rows in markdown_tables(text):
        if columns[0] != "task":
            continue
        for cells in rows:
            row = dict(zip(columns, cells, strict=True))
            mine = held[row["task"], row["effect"], row["asks"], row["settings"]]
            of_runs = not row["effect"].startswith("share of demonstrations")
            if row["verdict"] == worded("not run", of_runs=of_runs):
                assert (row["value"], mine["value"], mine["verdict"]) == ("–", "", "not run")
                continue
            if row["value"] == "–":
                assert mine["value"] == "" and is_without_a_number(row)
                continue
            same(row["value"], float(mine["value"]))
            verdict = worded(mine["verdict"], of_runs=of_runs)
            assert (fewest(row["seeds"]), row["verdict"]) == (int(mine["seeds"]), verdict)
            _same_seen(row["would be seen"], mine["five_seeds_see"])
            assert mine["source_sha256"] == (judged if of_runs else "")
            assert mine["rules_version"] == RULES_VERSION
            shown += 1
    assert shown >= sum(bool(row["value"]) for row in held.values()) > 10
    meta = json.loads((out / "verdicts.meta.json").read_text())
    assert meta["judged"]["figure1"]["sha256"] == judged


# --- the page -------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Texts of all cells, by table; the points; and of every path its attributes, by chart."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.points: dict[str, Any] = {}
        self.paths: dict[str, list[dict[str, str | None]]] = {}
        self._cell, self._points, self._chart = False, False, ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = dict(attrs)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self._cell = True
        elif tag == "script":
            self._points = of.get("id") == "points"
        elif tag == "figure":
            self._chart = of["id"] or ""
            assert self._chart not in self.paths
            self.paths[self._chart] = []
        elif tag == "path" and "data-s" in of:
            self.paths[self._chart].append(of)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._cell = False
        elif tag == "script":
            self._points = False

    def handle_data(self, data: str) -> None:
        if self._points:
            self.points = json.loads(data)
        if self._cell:
            self.tables[-1][-1][-1] += data


@pytest.fixture(scope="module")
def page(out: Path) -> Page:
    return Page((out / "report.html").read_text())


def test_the_page_has_the_tables_of_the_markdown(page: Page, text: str) -> None:
    def plain(cell: str) -> str:
        cell = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", cell).replace("`", "")
        return cell.removeprefix("**").removesuffix("**")

    expected = [[columns, *rows] for _, columns, rows in markdown_tables(text)]
    assert page.tables == [[[plain(c) for c in row] for row in table] for table in expected]


def test_every_point_of_every_chart(page: Page, runs: Runs) -> None:
    grids = page.points["steps"]
    series = {name: (grids[grid], values) for name, grid, values in page.points["series"]}
    charts = {name: paths for name, paths in page.paths.items() if paths}
    used = {int(each) for paths in charts.values() for p in paths for each in p["data-s"].split()}
    assert used == set(range(len(series))) and len(charts) >= 3
    for name, (steps, values) in series.items():
        experiment, *key, column = name.split("|")
        assert experiment == "figure1"
        if column in ("centre", "low", "high"):
            kind, column, method = column, key[-1], key[-2]
            every = [dict(runs.points(method, seed, column)) for seed in runs.seeds(method)]
            shared = sorted(set.intersection(*map(set, every)))
            assert steps == shared
            groups = [[p[step] for p in every] for step in shared]
            if kind == "centre":
                assert values == pytest.approx([centre(group) for group in groups], rel=1e-5)
            else:
                other = series["|".join([*name.split("|")[:-1], "high"])][1]
                if kind == "low":
                    for low, high, group in zip(values, other, groups, strict=True):
                        assert within_bootstrap(low, high, group, 3)  # of six digits in all
        else:
            method, seed = key[-2:]
            known_steps, known = zip(*runs.points(method, int(seed), column), strict=True)
            assert tuple(steps) == known_steps and values == pytest.approx(known, rel=1e-5)


def test_every_path_lies_where_its_points_are(page: Page) -> None:
    """On the sheet of the first chart: 272 wide from 44, of which 24 % are the offline phase; 212
    tall from 8, where success is 1.04, down to -0.04."""
    paths = page.paths["chart-curves-figure1-paper-success_any"]
    for each in paths:
        if each["class"] == "band":
            continue
        name, grid, values = page.points["series"][int(each["data-s"])]
        steps = page.points["steps"][grid]
        drawn = [tuple(map(float, p.split(","))) for p in each["d"].removeprefix("M").split("L")]
        for (x, y), step, value in zip(drawn, steps, values, strict=True):
            share = 0.24 * (1 + step / 25_000) if step < 0 else 0.24 + 0.76 * step / 60_000
            assert (x, y) == pytest.approx(
                (44 + 272 * share, 8 + 212 * (1.04 - value) / 1.08), abs=0.051
            ), name
    kinds = [each["class"] for each in paths]
    assert kinds.count("mean") == 11 and kinds.count("seed") == 21 and kinds.count("band") == 1


def test_the_page_asks_for_nothing_from_outside(out: Path) -> None:
    text = (out / "report.html").read_text()
    named = re.findall(r"""(?:src|href)=["']([^"'#][^"']*)""", text)
    assert named and not [
        each for each in named if re.match(r"[a-z]+:|//", each) and each != "data:,"
    ]
    assert "@import" not in text and "url(" not in text and "fetch(" not in text
