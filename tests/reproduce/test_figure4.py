"""`figure4.py` against the paper's table, typed in here, and its three notations."""

from __future__ import annotations

import csv
import dataclasses
import re
import subprocess
import sys
import typing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from matplotlib.mathtext import MathTextParser

from algorithms.behaviors.likelihood import GaussianBehavior
from algorithms.behaviors.own_policy import PreviousPolicy
from algorithms.catalogue.method import Method
from algorithms.catalogue.methods import LATER_WORK, METHODS
from algorithms.catalogue.variants import VARIANTS
from algorithms.constraints.divergence import KLRegularisation
from algorithms.constraints.implicit import NoConstraint
from algorithms.constraints.mmd import MMD
from algorithms.critics.conservative import Conservative
from algorithms.critics.td import TD
from algorithms.critics.td_lambda import TDLambda
from algorithms.objectives.imitation import Imitation
from algorithms.objectives.mixed import Mixed
from algorithms.objectives.reverse_kl import ReverseKL
from reproduce import figure4
from reproduce.reporting.tables import Section, code, text, to_latex, to_markdown
from tests.patience import PATIENCE_S
from tests.reproduce.conftest import REPRODUCE, Run

ENDINGS = ("md", "tex", "csv")
HEADER = ("Name", "Q-hat", "Policy Objective", "pi-hat_beta?", "Constraint")
PAPER = [
    ("SAC", "Q^pi", "D_KL(pi_theta || Q-bar)", "No", "None"),
    ("SAC + BC", "Q^pi", "Mixed", "No", "None"),
    ("BCQ", "Q^pi", "D_KL(pi_theta || Q-bar)", "Yes", "Support (l-infinity)"),
    ("BEAR", "Q^pi", "D_KL(pi_theta || Q-bar)", "Yes", "Support (MMD)"),
    ("AWR", "Q^beta", "D_KL(Q-bar || pi_theta)", "No", "Implicit"),
    ("MPO", "Q^pi", "D_KL(Q-bar || pi_theta)", "Yes*", "Prior"),
    ("ABM-MPO", "Q^pi", "D_KL(Q-bar || pi_theta)", "Yes", "Learned Prior"),
    ("DAPG", "-", "J(pi_theta)", "No", "None"),
    ("BRAC", "Q^pi", "D_KL(pi_theta || Q-bar)", "Yes", "Explicit KL penalty"),
    ("AWAC (Ours)", "Q^pi", "D_KL(Q-bar || pi_theta)", "No", "Implicit"),
]
TEX = {
    "Q-hat": r"$\hat{Q}$",
    "pi-hat_beta?": r"$\hat{\pi}_\beta$?",
    "Q^pi": r"$Q^{\pi}$",
    "Q^beta": r"$Q^{\beta}$",
    "D_KL(pi_theta || Q-bar)": r"$D_{\mathrm{KL}}(\pi_\theta \parallel \bar{Q})$",
    "D_KL(Q-bar || pi_theta)": r"$D_{\mathrm{KL}}(\bar{Q} \parallel \pi_\theta)$",
    "J(pi_theta)": r"$J(\pi_\theta)$",
    "Support (l-infinity)": r"Support ($\ell^{\infty}$)",
}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The three files, variants included."""
    folder = tmp_path_factory.mktemp("figure4")
    assert figure4.main(["--variants", "--out", str(folder)]) == 0
    return folder


def records(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def markdown_tables(source: str) -> list[list[list[Token]]]:
    """Tables -> rows -> the inline token of each cell, as a GitHub-like parser reads them."""
    tables: list[list[list[Token]]] = []
    for token, following in pairwise(markdown(source)):
        if token.type == "table_open":
            tables.append([])
        elif token.type == "tr_open":
            tables[-1].append([])
        elif token.type in ("th_open", "td_open"):
            tables[-1][-1].append(following)
    return tables


def markdown(source: str) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(source)


def shown(cell: Token) -> str:
    return "".join(child.content for child in cell.children or [])


def latex_rows(source: str) -> list[list[str]]:
    """Cells of the rows of all tables; fails where a table would not compile."""
    rows: list[list[str]] = []
    depth = columns = 0
    for line in source.splitlines():
        if line.startswith("%") or not line:
            continue
        bare = re.sub(r"\\[&%$#_{}]", "", line)
        assert bare.count("{") == bare.count("}") and bare.count("$") % 2 == 0, line
        words = re.sub(r"\$[^$]*\$", "", bare)
        assert not re.search(r"[#~^|<>]|_", words) and line.isascii(), line
        if begin := re.fullmatch(r"\\begin\{(tabular|longtable)\}\{(l+)\}", line):
            depth, columns = depth + 1, len(begin[2])
        elif re.fullmatch(r"\\end\{(tabular|longtable)\}", line):
            depth -= 1
        elif re.fullmatch(r"\\(toprule|midrule|bottomrule|endhead)", line):
            assert depth == 1
        elif depth:
            assert line.endswith(r" \\"), line
            cells = re.split(r"(?<!\\)&", line.removesuffix(r" \\"))
            heading = cells[0].startswith(f"\\multicolumn{{{columns}}}{{l}}")
            assert len(cells) == (1 if heading else columns), line
            rows += [] if heading else [[cell.strip() for cell in cells]]
    assert depth == 0
    return rows


def test_the_papers_ten_rows_come_first_cell_by_cell(out: Path) -> None:
    rows = records(out / "figure4.csv")
    assert tuple(rows[0]) == (*HEADER, "Group")
    assert [tuple(row.values())[:5] for row in rows[:10]] == PAPER
    assert {row["Group"] for row in rows[:10]} == {"In the paper's Figure 4"}
    assert "In the paper's Figure 4" not in {row["Group"] for row in rows[10:]}


def test_the_papers_ten_rows_in_markdown_and_latex(out: Path) -> None:
    typeset = [[TEX.get(cell, cell) for cell in row] for row in (HEADER, *PAPER)]
    first, *_ = markdown_tables((out / "figure4.md").read_text())
    assert [[shown(cell) for cell in row] for row in first] == typeset
    latex = latex_rows((out / "figure4.tex").read_text())
    assert [["-" if cell == "--" else cell for cell in row] for row in latex[:11]] == typeset


def test_other_methods_stand_apart(out: Path, tmp_path: Path) -> None:
    groups: dict[str, list[str]] = {}
    for row in records(out / "figure4.csv")[10:]:
        groups.setdefault(row["Group"], []).append(row["Name"])
    assert list(groups.values()) == [["BC"], list(LATER_WORK), list(VARIANTS)]
    source = (out / "figure4.md").read_text()
    headings = [
        following.content
        for token, following in pairwise(markdown(source))
        if token.type == "heading_open" and token.tag == "h2"
    ]
    assert headings == ["In the paper's Figure 4", *groups]
    latex = (out / "figure4.tex").read_text()
    for group in groups:
        assert f"\\midrule\n\\multicolumn{{5}}{{l}}{{\\emph{{{group}}}}} \\\\\n" in latex
    assert figure4.main(["--out", str(tmp_path)]) == 0
    plain = records(tmp_path / "figure4.csv")
    assert len(plain) == len(METHODS) and "Variants" not in {row["Group"] for row in plain}


def test_markdown_is_well_formed(out: Path) -> None:
    tables = markdown_tables((out / "figure4.md").read_text())
    assert [len(table) - 1 for table in tables] == [10, 1, len(LATER_WORK), len(VARIANTS)]
    for table in tables:
        for row in table:
            assert len(row) == 5
            for cell in row:  # nothing of the mathematics is taken for emphasis or a link
                assert {child.type for child in cell.children or []} <= {"text", "text_special"}


def test_latex_is_well_formed(out: Path) -> None:
    rows = latex_rows((out / "figure4.tex").read_text())
    assert len(rows) == 1 + len(METHODS) + len(VARIANTS)


def test_mathematics_can_be_typeset(out: Path) -> None:
    formulas = set(re.findall(r"\$[^$]+\$", (out / "figure4.tex").read_text()))
    assert len(formulas) == 10
    for formula in formulas:
        MathTextParser("agg").parse(formula)


def test_csv_is_plain_text(out: Path) -> None:
    content = (out / "figure4.csv").read_text()
    assert content.isascii() and "$" not in content and "\\" not in content
    assert not re.search(r" (,|$)", content, re.MULTILINE)


def admitted(path: str) -> set[type]:
    """The classes that `Method` allows at a dotted path."""
    owners: set[type] = {Method}
    for part in path.split("."):
        found = set()
        for owner in owners:
            annotation = typing.get_type_hints(owner).get(part)
            found |= set(typing.get_args(annotation) or {annotation}) - {None}
        owners = found
    return owners


@pytest.mark.parametrize("path", figure4.CELLS)
def test_every_component_that_a_method_may_have_has_a_cell(path: str) -> None:
    assert set(figure4.CELLS[path]) == admitted(path)


def test_every_path_is_in_a_column() -> None:
    assert {path for _, paths in figure4.COLUMNS for path in paths} == set(figure4.CELLS)


@dataclasses.dataclass(frozen=True)
class Odd(NoConstraint):
    """A subclass is a component of its own and inherits no cell."""


def test_component_without_a_cell_is_an_error_that_names_the_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    odd = dataclasses.replace(METHODS["AWAC"], constraint=Odd())
    with pytest.raises(ValueError, match=r"constraint=Odd.*CELLS.*reproduce/figure4\.py"):
        figure4.cells(odd)
    monkeypatch.setitem(METHODS, "IQL", odd)
    assert figure4.main(["--out", str(tmp_path / "out")]) == 2
    assert "constraint=Odd" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("change", "column", "expected"),
    [
        ({"critic": TDLambda()}, 0, "Q^beta"),
        ({"critic": TD(regulariser=Conservative())}, 0, "Q^pi (conservative)"),
        ({"objective": ReverseKL()}, 1, "D_KL(pi_theta || Q-bar)"),
        ({"objective": Mixed()}, 1, "Mixed"),
        ({"objective": Imitation()}, 1, "D_KL(pi_beta || pi_theta)"),
        ({"behavior": GaussianBehavior()}, 2, "Yes"),
        ({"behavior": PreviousPolicy()}, 2, "Yes*"),
        ({"constraint": MMD()}, 3, "Support (MMD)"),
        ({"constraint": KLRegularisation()}, 3, "Explicit KL penalty (policy only)"),
    ],
)
def test_another_component_is_another_cell(
    change: dict[str, Any], column: int, expected: str
) -> None:
    before = [cell.plain for cell in figure4.cells(METHODS["AWAC"])]
    changed = dataclasses.replace(METHODS["AWAC"], **change)
    after = [cell.plain for cell in figure4.cells(changed)]
    assert after == [*before[:column], expected, *before[column + 1 :]] != before


def test_a_rows_name_decides_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(METHODS, "SAC", METHODS["BEAR"])
    assert figure4.main(["--out", str(tmp_path)]) == 0
    rows = [tuple(row.values())[:5] for row in records(tmp_path / "figure4.csv")]
    assert rows[0] == ("SAC", *PAPER[3][1:])
    assert rows[1:10] == PAPER[1:]


NASTY = r"a|b *c* _d_ `e` <f> $g$ h~i \ 100% #j {k} ^l & [m]"


def test_words_survive_markdown_and_latex() -> None:
    section = Section("", [[text(NASTY), code("a_b.c")]])
    (table,) = markdown_tables(to_markdown([text("x"), text("y_z")], [section], level=2))
    assert [[shown(cell) for cell in row] for row in table] == [["x", "y_z"], [NASTY, "a_b.c"]]
    rows = latex_rows(to_latex([text("x"), text("y_z")], [section], environment="tabular"))
    assert len(rows) == 2 and rows[1][1] == r"\texttt{a\_b.c}"


def test_bold_is_bold_and_leaves_the_csv_alone() -> None:
    cell = text("[256, 256]").bold()
    assert cell.plain == "[256, 256]"
    (table,) = markdown_tables(to_markdown([text("x")], [Section("", [[cell]])], level=2))
    kinds = [child.type for child in table[1][0].children or []]
    assert [kind for kind in kinds if kind != "text"] == ["strong_open", "strong_close"]
    assert cell.latex.startswith(r"\textbf{")


def test_as_a_user_runs_it(script: Run, tmp_path: Path) -> None:
    result = script("figure4.py", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    results = tmp_path / "results"
    assert {path.name for path in results.iterdir()} == {f"figure4.{e}" for e in ENDINGS}
    assert result.stdout.strip() == (results / "figure4.md").read_text().strip()
    assert all(f"figure4.{ending}" in result.stderr for ending in ENDINGS)


def test_no_simulator_is_imported(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        f"sys.path.insert(0, {str(REPRODUCE)!r})\n"
        "import figure4, table1\n"
        f"figure4.main(['--out', {str(tmp_path)!r}])\n"
        f"table1.main(['--out', {str(tmp_path)!r}])\n"
        "assert not {'mujoco', 'gymnasium_robotics', 'h5py', 'matplotlib'} & set(sys.modules)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert result.returncode == 0, result.stderr


def test_help_names_the_options(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        figure4.main(["--help"])
    printed = capsys.readouterr().out
    assert "--out" in printed and "--variants" in printed and "figure4.tex" in printed


def test_unknown_flag_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        figure4.main(["--variant-s"])
    assert "--variant-s" in capsys.readouterr().err


def test_folder_that_is_a_file_is_an_error(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("mine")
    assert figure4.main(["--out", str(tmp_path / "taken")]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("error: --out") and "taken" in captured.err
    assert not captured.out and (tmp_path / "taken").read_text() == "mine"
