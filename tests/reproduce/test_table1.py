"""`table1.py` against the paper's Table 1, typed in here, and against `resolve`."""

from __future__ import annotations

import ast
import dataclasses
import math
import typing
from pathlib import Path
from typing import Any

import pytest
import torch

from algorithms.catalogue.method import PolicyClass
from algorithms.catalogue.methods import METHODS
from algorithms.catalogue.profiles import PROFILES
from algorithms.catalogue.resolving import resolve
from algorithms.catalogue.variants import VARIANTS
from algorithms.config import LONGEST_RUN
from algorithms.critics.ensembles import NoClamp
from algorithms.critics.losses import td_target
from algorithms.networks.mlp import MLP
from algorithms.policies.deterministic import DeterministicTanh
from reproduce import table1
from tests.reproduce.conftest import Run
from tests.reproduce.test_figure4 import latex_rows, markdown_tables, records, shown

WIDE = [256, 256, 256, 256]
PAPER: list[tuple[str, Any]] = [
    ("Training Batches Per Timestep", 1),
    ("Exploration Noise", "None (stochastic policy)"),
    ("RL Batch Size", 1024),
    ("Discount Factor", 0.99),
    ("Reward Scaling", 1),
    ("Replay Buffer Size", 1_000_000),
    ("Number of pretraining steps", 25_000),
    ("Policy Hidden Sizes", WIDE),
    ("Policy Hidden Activation", "ReLU"),
    ("Policy Weight Decay", 1e-4),
    ("Policy Learning Rate", 3e-4),
    ("Q Hidden Sizes", WIDE),
    ("Q Hidden Activation", "ReLU"),
    ("Q Weight Decay", 0),
    ("Q Learning Rate", 3e-4),
    ("Target Network tau", 5e-3),
]


def parsed(plain: str) -> Any:
    """What a value in the CSV stands for; words stay words."""
    if plain in ("inf", "-inf"):
        return float(plain)
    try:
        return ast.literal_eval(plain)
    except (ValueError, SyntaxError):
        return plain


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The three files with every method."""
    folder = tmp_path_factory.mktemp("table1")
    assert table1.main(["--all", "--out", str(folder)]) == 0
    return folder


def test_the_papers_table_1(tmp_path: Path) -> None:
    assert table1.main(["--out", str(tmp_path)]) == 0
    rows = records(tmp_path / "table1.csv")
    assert [(row["hyperparameter"], parsed(row["paper"])) for row in rows[:16]] == PAPER
    assert {row["method"] for row in rows} == {"AWAC"}
    assert rows[16]["block"] != rows[15]["block"] == rows[0]["block"]


def test_the_papers_table_1_as_the_paper_typesets_it(tmp_path: Path) -> None:
    assert table1.main(["--out", str(tmp_path)]) == 0
    first, *_ = markdown_tables((tmp_path / "table1.md").read_text())
    values = {shown(row[0]): shown(row[1]) for row in first}
    assert values["Policy Weight Decay policy_weight_decay"] == "10⁻⁴"
    assert values["Q Learning Rate q_learning_rate"] == "3×10⁻⁴"
    assert values[r"Target Network $\tau$ tau"] == "5×10⁻³"
    assert values["Q Weight Decay q_weight_decay"] == "0"
    assert values["Q Hidden Sizes q_hidden"] == "[256, 256, 256, 256]"
    latex = {row[0]: row[1] for row in latex_rows((tmp_path / "table1.tex").read_text())}
    assert latex[r"Policy Weight Decay \texttt{policy\_weight\_decay}"] == "$10^{-4}$"
    assert latex[r"Q Learning Rate \texttt{q\_learning\_rate}"] == r"$3 \times 10^{-4}$"


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", METHODS)
def test_every_hyperparameter_appears_once_with_its_value(
    out: Path, name: str, profile: str
) -> None:
    rows = [row for row in records(out / "table1.csv") if row["method"] == name and row["path"]]
    table = {row["path"]: row[profile] for row in rows}
    assert len(table) == len(rows)
    paths = resolve(name, profile=profile).paths()
    for path, value in paths.items():
        if dataclasses.is_dataclass(value):
            assert table[path] == type(value).__name__
        else:
            expected = list(value) if isinstance(value, tuple) else value
            expected = "no limit" if value == LONGEST_RUN else expected
            assert parsed(table[path]) == expected, path
    assert all(table[path] == "" for path in table.keys() - paths.keys())


def test_what_differs_is_marked_in_every_notation(out: Path) -> None:
    rows = records(out / "table1.csv")
    tables = markdown_tables((out / "table1.md").read_text())
    body = [row for table in tables for row in table[1:]]
    latex = [row for row in latex_rows((out / "table1.tex").read_text()) if row[1] != "paper"]
    assert len(rows) == len(body) == len(latex)
    assert {row["differs"] for row in rows} == {"yes", "no"}
    for row, cells, tex in zip(rows, body, latex, strict=True):
        differs = row["paper"] != row["released"]
        assert row["differs"] == ("yes" if differs else "no")
        for cell, source in zip(cells[1:], tex[1:], strict=True):
            bold = {child.type for child in cell.children or []} >= {"strong_open"}
            assert bold is differs is source.startswith(r"\textbf{"), row


def test_known_differences_of_awac(out: Path) -> None:
    table = {
        row["path"]: (row["paper"], row["released"])
        for row in records(out / "table1.csv")
        if row["method"] == "AWAC" and row["differs"] == "yes"
    }
    assert table["objective.weights.shape.lam"] == ("0.3", "0.5")
    assert table["objective.weights.normalisation"] == ("Unnormalised", "BatchMean")
    assert table["q_hidden"] == ("[256, 256, 256, 256]", "[256, 256]")
    assert table["critic.clamp.low"] == ("-100", "")  # a component of one profile alone
    assert table["offline_batch_size"] == ("1024", "128")


def test_values_follow_the_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    changed = {**PROFILES["paper"]["hand"]["AWAC"], "tau": 0.25, "critic.clamp": NoClamp()}
    monkeypatch.setitem(PROFILES["paper"]["hand"], "AWAC", changed)
    assert table1.main(["--out", str(tmp_path)]) == 0
    table = {row["path"]: row for row in records(tmp_path / "table1.csv")}
    assert (table["tau"]["paper"], table["tau"]["differs"]) == ("0.25", "yes")
    assert table["critic.clamp"]["paper"] == "NoClamp"
    assert table["critic.clamp.high"]["paper"] == "" and "critic.clamp.low" not in table


def test_nested_hyperparameters_stand_under_their_component(out: Path) -> None:
    for name in METHODS:
        rows = records(out / "table1.csv")
        paths = [row["path"] for row in rows if row["method"] == name and row["path"]]
        for path in paths:
            owner = path.rpartition(".")[0]
            if owner:
                between = paths[paths.index(owner) + 1 : paths.index(path)]
                assert all(other.startswith(owner + ".") for other in between), path


def test_all_has_every_method_in_order(out: Path) -> None:
    assert list(dict.fromkeys(row["method"] for row in records(out / "table1.csv"))) == [*METHODS]
    assert (out / "table1.tex").read_text().count(r"\begin{longtable}{lll}") == len(METHODS)


def test_all_is_well_formed(out: Path) -> None:
    tables = markdown_tables((out / "table1.md").read_text())
    assert len(tables) == 3 * len(METHODS)
    assert all(len(row) == 3 for table in tables for row in table)
    assert (out / "table1.csv").read_text().isascii()


@pytest.mark.parametrize("name", VARIANTS)
def test_variants_can_be_shown(name: str) -> None:
    (shared, more, components) = table1.blocks(name).values()
    rows = {row.path: row.values[0].plain for row in (*shared, *more, *components)}
    resolved = resolve(name).paths()
    for path in VARIANTS[name].changes:
        assert rows[path] == table1.value_cell(resolved[path]).plain


@pytest.mark.parametrize(
    ("value", "plain", "markdown", "latex"),
    [
        (3e-4, "0.0003", "3×10⁻⁴", r"$3 \times 10^{-4}$"),
        (1e-10, "1e-10", "10⁻¹⁰", "$10^{-10}$"),
        (-2.5e-3, "-0.0025", "-2.5×10⁻³", r"$-2.5 \times 10^{-3}$"),
        (-1e-3, "-0.001", "-10⁻³", "$-10^{-3}$"),
        (2e7, "20000000", "2×10⁷", r"$2 \times 10^{7}$"),
        (0.01, "0.01", "0.01", "$0.01$"),
        (math.log(20), "2.995732273553991", "2.99573", "$2.99573$"),
        (-100.0, "-100", "-100", "$-100$"),
        (0.0, "0", "0", "$0$"),
        (math.inf, "inf", "∞", r"$\infty$"),
        (-math.inf, "-inf", "-∞", r"$-\infty$"),
        (True, "True", "True", "True"),
        (1_000_000, "1000000", "1000000", "1000000"),
        ((750, 750), "[750, 750]", "[750, 750]", "{[}750, 750{]}"),
    ],
)
def test_values_are_written_as_in_the_paper(
    value: Any, plain: str, markdown: str, latex: str
) -> None:
    cell = table1.value_cell(value)
    assert (cell.plain, cell.markdown, cell.latex) == (plain, markdown, latex)


def test_fixed_text_holds() -> None:
    """The two rows that are not read from the code: ReLU, and rewards as they are."""
    mlp = MLP((1, 1, 1))
    with torch.no_grad():
        mlp.flat.fill_(0.0)
        for weight, _ in mlp.layers()[0]:
            weight.fill_(1.0)
    x = torch.tensor([[-2.0], [0.0], [3.0]])
    assert mlp(x).flatten().tolist() == [0.0, 0.0, 3.0]
    rewards = torch.tensor([-1.0, 0.0])
    target = td_target(rewards, torch.zeros(2), torch.zeros(2), discount=0.99, clamp=NoClamp())
    assert target.tolist() == rewards.tolist()


def test_exploration_noise_is_read_from_the_policy(out: Path) -> None:
    rows = records(out / "table1.csv")
    noise = {r["method"]: r["paper"] for r in rows if r["hyperparameter"] == "Exploration Noise"}
    assert noise.pop("TD3+BC") == "Gaussian, std 0.1"
    assert set(noise.values()) == {"None (stochastic policy)"}
    noisy = {
        kind
        for kind in typing.get_args(PolicyClass)
        if any("noise" in field.name for field in dataclasses.fields(kind))
    }
    assert noisy == {DeterministicTanh}


def test_as_a_user_runs_it(script: Run, tmp_path: Path) -> None:
    result = script("table1.py", "--method", "SAC", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    results = tmp_path / "results"
    assert {path.name for path in results.iterdir()} == {"table1.md", "table1.tex", "table1.csv"}
    assert result.stdout.strip() == (results / "table1.md").read_text().strip()
    assert "## SAC" in result.stdout and "objective.temperature.alpha" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--method", "AWACC"), "did you mean AWAC"),
        (("--method", "SAC", "--all"), "--method"),
    ],
)
def test_bad_choices_are_refused(
    arguments: tuple[str, ...],
    message: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    assert table1.main([*arguments, "--out", str(tmp_path / "out")]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("error: ") and message in captured.err and not captured.out
    assert not (tmp_path / "out").exists()


def test_unknown_flag_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        table1.main(["--profil", "paper"])
    assert "--profil" in capsys.readouterr().err


def test_help_names_the_options(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        table1.main(["--help"])
    printed = capsys.readouterr().out
    assert all(flag in printed for flag in ("--out", "--method", "--all"))


def test_the_committed_table_is_that_of_the_code(tmp_path: Path) -> None:
    """After a change of a hyper-parameter: `python reproduce/table1.py`."""
    assert table1.main(["--out", str(tmp_path)]) == 0
    for name in ("table1.md", "table1.tex", "table1.csv"):
        committed = Path(__file__).parents[2] / "results" / name
        assert (tmp_path / name).read_text() == committed.read_text(), name
