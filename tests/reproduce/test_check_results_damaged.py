"""Any truncation and any flipped byte of a CSV or a manifest is refused, or changes nothing."""

from __future__ import annotations

import functools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from figures.results.cells import ResultsError
from figures.results.manifest import read_manifest
from figures.results.table import read_results
from reproduce.checking.manifest import manifest_problems
from reproduce.checking.reader import Examined, checked
from reproduce.checking.seals import sealed
from reproduce.commandline.files import write_csv

RUN = {
    "preset": "small",
    "profile": "paper",
    "env": "pen-binary-v0",
    "method": "AWAC",
    "variant": "",
    "data": "human",
    "labels": "relabelled",
    "seed": 0,
}
_QUIET = {"suppress_health_check": [HealthCheck.function_scoped_fixture]}
SOME, MANY = (settings(max_examples=n, **_QUIET) for n in (40, 300))  # type: ignore[arg-type]


def _row(step: int, **cells: object) -> dict[str, Any]:
    return {
        "experiment": "figure1", **RUN, "status": "done", "data_checksum": "0123456789abcdef",
        "commit": "0123456789ab", "version": "0.1.0", "phase": "online" if step > 0 else "offline",
        "env_step": step, "grad_step": 400 + step, "train_episodes": max(step, 0) // 200,
        "episodes": 20, "return_mean": -150.0, "return_std": 9.5, "success_any": 0.5,
        "success_final": 0.5, "success_sustained": 0.5, "score": 25.0, "wall_s": 5000.0 + step,
        "policy_loss": 0.123456789 + step, "q_mean": -3.21 - step,
    } | cells  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sealed file of one run with three rows."""
    path = tmp_path_factory.mktemp("whole") / "small" / "figure1.csv"
    path.parent.mkdir()
    rows = [_row(step) for step in (-400, 0, 400)]
    write_csv(path, rows)
    schedule = {
        "online_steps": 400,
        "eval_every": 400,
        "dense_eval_every": 400,
        "dense_until": 400,
        "eval_episodes": 20,
    }
    entry = RUN | {
        "identity": {
            "spec": {k: v for k, v in RUN.items() if k != "variant"},
            "method": {"objective": {"lam": 0.3}},
            "hyperparameters": {"offline_steps": 400},
            "schedule": schedule,
            "data": {"checksum": "0123456789abcdef" * 4},
        },
        "environment": {"commit": "0123456789ab", "versions": {"awac-reproduction": "0.1.0"}},
    }
    text = json.dumps(sealed([entry], rows), indent=1)
    path.with_suffix(".manifest.json").write_text(text)
    return path


def _meaning(found: Examined) -> Any:
    """What others take from the two files: cells, and entries without their seal."""
    bare = [{k: v for k, v in entry.items() if k != "seal"} for entry in found.entries]
    filled = [{k: v for k, v in row.items() if v} for row in found.cells.rows]
    return filled, json.dumps(bare, sort_keys=True)


def _refused_or_harmless(whole: Path, name: str, content: bytes, folder: Path) -> None:
    """The damaged file stands beside the whole other one. No other exception, and no change."""
    place = folder / "small"
    place.mkdir(exist_ok=True)
    for path in whole.parent.iterdir():
        (place / path.name).write_bytes(content if path.name == name else path.read_bytes())
    try:
        found = checked(place / whole.name)
    except ResultsError as error:
        assert str(place) in str(error) and "\n" not in str(error)
        assert str(error).isprintable()
    else:
        assert _meaning(found) == _meaning(_once(whole))
    assert (place / name).read_bytes() == content
    try:
        read_results(place / whole.name)  # what draws may find less, but nothing worse
    except ResultsError as error:
        assert str(place) in str(error)


def _refused_or_harmless_manifest(whole: Path, content: bytes, folder: Path) -> None:
    """The same for the manifest alone, its rows read once: a hundred times as fast."""
    path = folder / whole.name
    found = _once(whole)
    path.with_suffix(".manifest.json").write_bytes(content)
    try:
        entries = read_manifest(path)
    except ResultsError as error:
        assert str(folder) in str(error) and str(error).isprintable()
        return
    problems = manifest_problems(replace(found.cells, path=path), entries)
    assert all(str(problem).isprintable() for problem in problems)
    if not problems:
        assert _meaning(replace(found, entries=entries)) == _meaning(found)


@functools.cache
def _once(whole: Path) -> Examined:
    return checked(whole)


NAMES = ("figure1.csv", "figure1.manifest.json")


def test_the_whole_files_are_in_order(whole: Path) -> None:
    assert checked(whole).runs == 1


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """Cut at any place, with any byte changed into any other, or a digit into another digit."""
    kind = draw(st.sampled_from(("cut", "byte", "digit")))
    digits = [place for place, byte in enumerate(content) if chr(byte).isdigit()]
    everywhere = range(len(content))
    place = draw(st.sampled_from(digits if kind == "digit" else everywhere))
    if kind == "cut":
        return content[:place]
    others = b"0123456789" if kind == "digit" else bytes(range(256))
    other = draw(st.sampled_from([byte for byte in others if byte != content[place]]))
    return content[:place] + bytes([other]) + content[place + 1 :]


@SOME
@given(data=st.data())
def test_rows(whole: Path, tmp_path: Path, data: st.DataObject) -> None:
    content = data.draw(damaged(whole.read_bytes()))
    _refused_or_harmless(whole, NAMES[0], content, tmp_path)


@MANY
@given(data=st.data())
def test_manifest(whole: Path, tmp_path: Path, data: st.DataObject) -> None:
    content = data.draw(damaged((whole.parent / NAMES[1]).read_bytes()))
    _refused_or_harmless_manifest(whole, content, tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "null",
        "[[]]",
        '[{"seed": {}}]',
        '[{"identity": 3}]',
        "[" * 100_000,
        "NaN",
        '[{"identity": {"spec": 1, "method": [], "schedule": 2}, "environment": []}]',
    ],
    ids=range(8),
)
def test_manifests_of_another_shape(whole: Path, tmp_path: Path, text: str) -> None:
    _refused_or_harmless(whole, NAMES[1], text.encode(), tmp_path)
    with pytest.raises(ResultsError):
        checked(tmp_path / "small" / whole.name)


def test_a_seal_under_another_name_is_noticed(whole: Path, tmp_path: Path) -> None:
    text = (whole.parent / NAMES[1]).read_text()
    assert text.count('"seal"') == 1
    _refused_or_harmless(whole, NAMES[1], text.replace('"seal"', '" eal"').encode(), tmp_path)
    with pytest.raises(ResultsError, match="has no seal"):
        checked(tmp_path / "small" / whole.name)


def test_a_schedule_without_end_is_no_schedule(whole: Path, tmp_path: Path) -> None:
    entries = json.loads((whole.parent / NAMES[1]).read_text())
    entries[0]["identity"]["schedule"] |= {"online_steps": 10**15, "eval_every": 1}
    _refused_or_harmless(whole, NAMES[1], json.dumps(entries).encode(), tmp_path)
    with pytest.raises(ResultsError, match="says no schedule .it asks for more than"):
        checked(tmp_path / "small" / whole.name)
