"""Reading results: what is accepted and how the rest is refused."""

from __future__ import annotations

import runpy
from pathlib import Path

import pandas as pd
import pytest

from figures.results.table import ResultsError, read_results


def _edited(source: Path, target: Path, **cells: object) -> Path:
    """A copy of ``source`` whose third data row has other cells."""
    frame = pd.read_csv(source, dtype=str, keep_default_na=False)
    for column, value in cells.items():
        frame.loc[2, column] = str(value)
    frame.to_csv(target, index=False)
    return target


def test_the_fixture_is_what_its_generator_writes(synthetic_csv: Path) -> None:
    generator = runpy.run_path(str(synthetic_csv.with_name("make_synthetic.py")))
    assert synthetic_csv.read_text(encoding="utf-8") == generator["text"]()


def test_types(synthetic_csv: Path) -> None:
    frame = read_results(synthetic_csv)
    assert frame["seed"].dtype == int
    assert frame["env_step"].dtype == int
    assert frame["weights_ess"].dtype == float
    assert frame.loc[frame["method"] == "SAC", "weights_ess"].isna().all()
    assert (frame["variant"] == "").all()
    assert set(frame["label"]) == {"AWAC", "SAC", "AWR"}


def test_a_variant_is_part_of_the_label(synthetic_csv: Path, tmp_path: Path) -> None:
    frame = read_results(_edited(synthetic_csv, tmp_path / "a.csv", variant="lam=0.5"))
    assert frame["label"].iloc[2] == "AWAC [lam=0.5]"


def test_missing_file_names_the_file_and_the_command(tmp_path: Path) -> None:
    path = tmp_path / "small" / "figure1.csv"
    with pytest.raises(ResultsError, match="no such results file") as error:
        read_results(path)
    assert str(path) in str(error.value)
    assert "python reproduce/figure1.py --preset small" in str(error.value)


def test_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "figure1.csv"
    path.write_text("")
    with pytest.raises(ResultsError, match="empty, not even a header"):
        read_results(path)


def test_header_only(synthetic_csv: Path, tmp_path: Path) -> None:
    path = tmp_path / "figure1.csv"
    path.write_text(synthetic_csv.read_text().splitlines()[0] + "\n")
    with pytest.raises(ResultsError, match="a header but no row"):
        read_results(path)


def test_missing_columns_are_named(synthetic_csv: Path, tmp_path: Path) -> None:
    path = tmp_path / "figure1.csv"
    pd.read_csv(synthetic_csv).drop(columns=["seed", "commit"]).to_csv(path, index=False)
    with pytest.raises(ResultsError, match="missing columns commit, seed"):
        read_results(path)


def test_not_csv(tmp_path: Path) -> None:
    path = tmp_path / "figure1.csv"
    path.write_bytes(b"\xff\xfe\x00\x01\n\x80")
    with pytest.raises(ResultsError, match=str(path)):
        read_results(path)


@pytest.mark.parametrize(
    ("cells", "complaint"),
    [
        ({"return_mean": "good"}, "line 4: return_mean 'good' is not a number"),
        ({"seed": "1.5"}, "line 4: seed '1.5' is not a whole number"),
        ({"seed": ""}, "line 4: seed '' is empty"),
        ({"env_step": ""}, "line 4: env_step '' is empty"),
        ({"env_step": "inf"}, "line 4: env_step 'inf' is infinite"),
        ({"phase": "pretrain"}, "line 4: phase 'pretrain' is none of init, offline, online"),
        ({"status": "ok"}, "line 4: status 'ok' is none of done, running, failed"),
        ({"env_step": "5"}, "is positive in a phase before the online one"),
        ({"phase": "online"}, "is negative in the online phase"),
        ({"env_step": "-1000"}, "line 4: env_step '-1000' repeats an evaluation of the same run"),
        ({"preset": "paper"}, "rows of presets paper, synthetic in one file"),
    ],
)
def test_bad_cells(
    synthetic_csv: Path, tmp_path: Path, cells: dict[str, str], complaint: str
) -> None:
    path = _edited(synthetic_csv, tmp_path / "figure1.csv", **cells)
    with pytest.raises(ResultsError) as error:
        read_results(path)
    assert complaint in str(error.value)
    assert str(path) in str(error.value)


def test_a_line_cut_short_is_refused(synthetic_csv: Path, tmp_path: Path) -> None:
    path = tmp_path / "figure1.csv"
    path.write_text(synthetic_csv.read_text()[:-120])
    with pytest.raises(ResultsError, match=r"line 188: 8 cells where the header has 26"):
        read_results(path)


def test_text_in_a_further_column_is_kept(synthetic_csv: Path, tmp_path: Path) -> None:
    path = _edited(synthetic_csv, tmp_path / "figure1.csv", device="cpu")
    assert read_results(path)["device"].iloc[2] == "cpu"
