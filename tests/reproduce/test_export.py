"""Exports read back: the same rows and values as the results they were made from."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from figures.experiments import grids
from figures.results.schema import RESULTS, RUN_KEY
from figures.results.table import read_results
from reproduce.export import main
from tests.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
PEN, DOOR = (
    ROOT / "results" / "earlier" / name / "figure1.csv" for name in ("small", "small-door")
)


def _text(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def test_rows_csv_has_every_cell_as_it_was(tmp_path: Path) -> None:
    assert main([str(PEN), str(DOOR), "--format", "csv", "--out", str(tmp_path)]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]
    found = _text(tmp_path / "rows.csv")
    pen, door = _text(PEN), _text(DOOR)
    assert len(found) == len(pen) + len(door)
    pd.testing.assert_frame_equal(found[: len(pen)][list(pen)], pen)
    part = found[len(pen) :].reset_index(drop=True)
    pd.testing.assert_frame_equal(part[list(door)], door)
    assert (part[[name for name in pen if name not in door]] == "").all(axis=None)


SMALL = sorted(
    path for path in (ROOT / "results" / "earlier" / "small").glob("*.csv") if path.stem in grids()
)


def test_a_run_of_two_experiments_is_exported_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Counted by pandas from the committed files: no key twice, none lost, the other named."""
    key = list(RESULTS.primary_key)
    every = pd.concat([_text(path)[[*key, "experiment"]] for path in SMALL])
    assert main([*map(str, SMALL), "--format", "csv", "--out", str(tmp_path)]) == 0
    found = _text(tmp_path / "rows.csv")
    assert not found.duplicated(key).any()
    assert set(map(tuple, found[key].values)) == set(map(tuple, every[key].values))
    shared = every[every.duplicated(key, keep=False)]
    assert len(every) - len(found) == len(shared) // 2 > 0
    assert (found["also_in"] != "").sum() == len(shared) // 2
    one = shared.groupby(key)["experiment"].agg(set)
    for row in found[found["also_in"] != ""].to_dict("records"):
        assert {row["experiment"], row["also_in"]} == one[tuple(row[name] for name in key)]
    assert "exported once, under the latter" in capsys.readouterr().out


def test_a_run_of_two_experiments_with_other_values_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = _text(PEN).assign(experiment="ablations")
    spread = frame["return_std"].iloc[3]
    frame.loc[3, "return_std"] = str(float(spread) * 0.5 + 0.1)
    other = tmp_path / "ablations.csv"
    frame.to_csv(other, index=False, lineterminator="\n")
    assert main([str(PEN), str(other), "--out", str(tmp_path / "out")]) == 2
    assert "with other values of return_std; export them one" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("shorter_last", [False, True])
def test_a_finished_run_with_fewer_rows_in_one_of_two_files_is_refused(
    shorter_last: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = _text(PEN)
    run = frame[(frame[list(RUN_KEY)] == frame.loc[0, list(RUN_KEY)]).all(axis=1)]
    both = [tmp_path / "ablations.csv", tmp_path / "figure1.csv"]
    for path, part in zip(both, (run.drop(index=3), run), strict=True):
        part.assign(experiment=path.stem).to_csv(path, index=False, lineterminator="\n")
    ordered = both[::-1] if shorter_last else both
    assert main([*map(str, ordered), "--format", "csv", "--out", str(tmp_path / "out")]) == 2
    assert "with other values of env_step; export them one" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_rows_of_another_method_are_exported_too(tmp_path: Path) -> None:
    mine = tmp_path / "mine.csv"
    mine.write_text(
        "env,method,seed,env_step,success\npen-binary-v0,Mine,0,0,0.5\npen-binary-v0,Mine,0,90,1\n"
    )
    out = tmp_path / "out"
    arguments = [str(PEN), "--compare", str(mine), "--metric", "success_any", "--out", str(out)]
    assert main(arguments) == 0
    last = _text(out / "rows.csv").iloc[-1]
    told = ("method", "seed", "env_step", "success_any", "return_mean", "experiment")
    assert [last[name] for name in told] == ["Mine", "0", "90", "1.0", "", "mine.csv"]
    curves = json.loads((out / "curves.success_any.json").read_text())
    (found,) = [curve for curve in curves if curve["method"] == "Mine"]
    assert (found["xs"], found["ys"], found["experiment"]) == ([0, 90], [0.5, 1.0], "mine.csv")
    assert found["task"] in {curve["task"] for curve in curves if curve["method"] == "AWAC"}
    ours = json.loads(_curves_alone(tmp_path))
    assert [curve for curve in curves if curve["method"] != "Mine"] == ours


def test_two_compared_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    given = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / "mine.csv"
        path.write_text("env,method,seed,env_step,success\npen-binary-v0,Mine,0,0,0.5\n")
        given += ["--compare", str(path)]
    out = tmp_path / "out"
    assert main([str(PEN), *given, "--metric", "success_any", "--out", str(out)]) == 0
    assert list(_text(out / "rows.csv").iloc[-2:]["experiment"]) == ["a/mine.csv", "b/mine.csv"]
    curves = json.loads((out / "curves.success_any.json").read_text())
    files = {curve["experiment"] for curve in curves if curve["method"].startswith("Mine")}
    assert files == {"a/mine.csv", "b/mine.csv"}


@pytest.mark.parametrize("asked", [[], ["--metric", "final_distance"]])
def test_a_metric_that_only_another_methods_file_has_is_exported_from_it(
    tmp_path: Path, asked: list[str]
) -> None:
    mine = tmp_path / "mine.csv"
    mine.write_text(
        "env,method,seed,env_step,success,final_distance\n"
        "pen-binary-v0,AWAC,0,0,0.5,0.25\npen-binary-v0,AWAC,0,90,1,0.125\n"
    )
    out = tmp_path / "out"
    arguments = [str(PEN), "--compare", str(mine), "--format", "json", "--out", str(out), *asked]
    assert main(arguments) == 0
    (found,) = json.loads((out / "curves.final_distance.json").read_text())
    assert (found["method"], found["xs"], found["ys"]) == ("AWAC (mine)", [0, 90], [0.25, 0.125])
    assert found["data"] == _text(PEN)["data"].iloc[0]  # beside our runs, which lack the column


def _curves_alone(tmp_path: Path) -> str:
    arguments = ["--format", "json", "--metric", "success_any", "--out", str(tmp_path / "alone")]
    assert main([str(PEN), *arguments]) == 0
    return (tmp_path / "alone" / "curves.success_any.json").read_text()


def test_an_export_exports_to_itself(tmp_path: Path) -> None:
    assert main([str(PEN), "--format", "csv", "--out", str(tmp_path / "a")]) == 0
    again = [str(tmp_path / "a" / "rows.csv"), "--format", "csv", "--out", str(tmp_path / "b")]
    assert main(again) == 0
    first, second = (tmp_path / name / "rows.csv" for name in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()


def test_parquet_has_the_types_of_the_schema(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    assert main([str(PEN), "--format", "parquet", "--out", str(tmp_path)]) == 0
    found = pd.read_parquet(tmp_path / "rows.parquet")
    assert main([str(PEN), "--format", "csv", "--out", str(tmp_path)]) == 0
    text = pd.read_csv(tmp_path / "rows.csv", dtype=str, keep_default_na=False)
    assert list(found) == list(text)
    assert (found["variant"] == "").all() and str(found["seed"].dtype) == "Int64"
    for name in found:
        if found[name].dtype in ("float64", "Int64"):
            numbers = [float(cell) if cell else np.nan for cell in text[name]]
            np.testing.assert_array_equal(found[name].to_numpy(float, na_value=np.nan), numbers)
        else:
            assert list(found[name]) == list(text[name])


@pytest.mark.slow
def test_parquet_without_pyarrow_says_what_to_install(tmp_path: Path) -> None:
    """In a process of its own: where pandas has once seen pyarrow, it needs it."""
    program = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from reproduce.export import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-c", program, str(DOOR), "--out", str(tmp_path), *arguments]
        return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S)

    result = run("--format", "parquet")
    assert result.returncode == 2 and "pip install '.[export]'" in result.stderr
    assert list(tmp_path.iterdir()) == []
    result = run()
    assert result.returncode == 0 and "left out: rows.parquet needs pyarrow" in result.stdout
    assert (tmp_path / "rows.csv").exists() and not (tmp_path / "rows.parquet").exists()


@pytest.mark.parametrize("metric", ["return_mean", "weights_ess"])
def test_curves_hold_the_values_of_the_rows(tmp_path: Path, metric: str) -> None:
    arguments = [str(PEN), "--format", "json", "--metric", metric, "--out", str(tmp_path)]
    assert main(arguments) == 0
    (path,) = tmp_path.iterdir()
    assert path.name == f"curves.{metric}.json"
    frame = read_results(PEN, drawn=[metric])
    values = {
        (r.env, r.label, r.seed, r.env_step): getattr(r, metric)
        for r in frame.itertuples()
        if not np.isnan(getattr(r, metric))
    }
    found = {}
    for curve in json.loads(path.read_text()):
        assert curve["xs"] == sorted(set(curve["xs"]))
        for x, y in zip(curve["xs"], curve["ys"], strict=True):
            found[curve["task"], curve["method"], curve["seed"], x] = y
    assert found == values


def test_the_preset_says_which_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["--preset", "small", "--format", "json", "--out", str(tmp_path)]) == 0
    of_the_hand = {
        f"curves.{name}.json"
        for name in ("return_mean", "success_any", "success_final", "success_sustained", "score")
    }
    assert of_the_hand <= {path.name for path in tmp_path.iterdir()}
    monkeypatch.chdir(tmp_path)
    assert main(["--preset", "paper"]) == 2
    assert "results/paper: there is no such file or folder" in capsys.readouterr().err


def test_a_column_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(PEN), "--metric", "loss", "--out", str(tmp_path)]) == 2
    assert f"{PEN}: missing column loss" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_damaged_rows_are_not_passed_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damaged = tmp_path / "figure1.csv"
    whole = PEN.read_text()
    damaged.write_text(whole[:-200])
    assert main([str(damaged), "--out", str(tmp_path / "out")]) == 2
    assert f"{damaged}, line {len(whole.splitlines())}: " in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_document_makes_arrays_for_rliable(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The code in docs/results.md, run on curves whose answer is known."""
    document = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", document, re.DOTALL)
    (code,) = (block for block in blocks if "def rliable_scores" in block)
    scope: dict[str, Any] = {}
    exec(code, scope)

    def curve(method: str, seed: int, task: str, ys: list[float], status: str = "done") -> object:
        return {"task": task, "method": method, "seed": seed, "xs": [0], "ys": ys, "status": status}

    path = tmp_path / "curves.json"
    path.write_text(
        json.dumps(
            [
                curve("A", 0, "t", [9, 1, 3]),
                curve("A", 0, "s", [9, 5, 7]),
                curve("A", 1, "t", [9, 2, 2]),
                curve("A", 1, "s", [9, 4, 4]),
                curve("A", 2, "t", [9, 0, 0]),  # not on s
                curve("B", 0, "t", [9, 0, 1]),
                curve("B", 0, "s", [8, 8, 8], "failed"),
            ]
        )
    )
    scores, tasks = scope["rliable_scores"](path, last=2)
    assert tasks == ["s", "t"]
    assert set(scores) == {"A"}
    np.testing.assert_array_equal(scores["A"], [[6.0, 2.0], [4.0, 2.0]])
    assert capsys.readouterr().out.splitlines() == [
        "left out: A seed 2, not finished on s",
        "left out: B seed 0, not finished on s",
        "left out: B, no seed is finished on all of s, t",
    ]
