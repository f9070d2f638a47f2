"""Every script tells bad input in one line with status 2, before it has written or trained."""

from __future__ import annotations

import importlib
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from algorithms.catalogue.settings import nearest
from envs.trajectory import DataError
from reproduce.commandline.script import command
from reproduce.launching.drawable import refuse_undrawable, refuse_unwritable

RESULTS = Path(__file__).resolve().parents[2] / "results"
NAMES = ("figure1", "figure2", "figure3", "ablations")
Call = Callable[..., str]


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Call:
    """Call a script's main, which must end with status 2 and one line, and return that line."""

    def call(name: str, *arguments: object) -> str:
        main = importlib.import_module(f"reproduce.{name}").main
        assert main([str(each) for each in arguments]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        return str(line)

    return call


def _binary(path: Path) -> None:
    path.write_bytes(bytes(range(256)))


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _header(path: Path) -> None:
    path.write_text(path.read_text().partition("\n")[0] + "\n")


def _online(path: Path) -> None:
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if ",offline," not in line))
    path.with_suffix(".manifest.json").unlink()


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


DAMAGES = {
    _binary: "not a readable CSV",
    _empty: "the file is empty",
    _header: "but no row",
    _online: "without a row at step 0",
    _folder: "directory",
    _loop: "symbolic links",
}


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda each: each.__name__)
@pytest.mark.parametrize("name", NAMES)
def test_a_bad_csv_is_not_drawn(
    refused: Call, tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    for kind in ("csv", "manifest.json"):
        shutil.copy(RESULTS / "earlier" / "small" / f"{name}.{kind}", tmp_path)
    damage(tmp_path / f"{name}.csv")
    before = sorted(tmp_path.iterdir())
    line = refused(name, "--plot-only", "--out", tmp_path)
    assert line.startswith(f"error: {tmp_path / name}.csv") and DAMAGES[damage] in line
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("figure1", ("--profile", "released")),
        ("figure2", ("--seeds", "3")),
        ("figure3", ("--set", "lam=1")),
        ("ablations", ("--sweep", "tau=0.1,0.2")),
    ],
)
def test_a_picture_takes_no_options_of_runs(
    refused: Call, tmp_path: Path, name: str, given: tuple[str, str]
) -> None:
    line = refused(name, "--plot-only", *given, "--out", tmp_path)
    assert line.startswith("error: --plot-only draws what the CSV holds")
    assert f"leave out {given[0]}; --envs" in line


@pytest.mark.parametrize("damage", [_binary, _online, _folder], ids=lambda each: each.__name__)
def test_a_bad_csv_is_neither_exported_nor_judged(
    refused: Call, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    for kind in ("csv", "manifest.json"):
        shutil.copy(RESULTS / "earlier" / "small" / f"figure2.{kind}", tmp_path)
    path = tmp_path / "figure2.csv"
    damage(path)
    for name, arguments in (
        ("export", [path, "--out", tmp_path / "out"]),
        ("report", ["--out", tmp_path, "--no-html"]),
    ):
        line = refused(name, *arguments)
        assert line.startswith("error: ") and str(tmp_path) in line
    assert not (tmp_path / "out").exists() and not (tmp_path / "REPORT.md").exists()


@pytest.fixture
def closed() -> Iterator[Path]:
    """A folder with a CSV, for a user who is not root: permissions are nothing to that one."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    for kind in ("csv", "manifest.json"):
        shutil.copy(RESULTS / "earlier" / "small-door" / f"figure1.{kind}", folder)
    for name in ("figure1", "check_results", "export"):
        importlib.import_module(f"reproduce.{name}")
    root = os.geteuid() == 0
    if root:
        os.chown(folder, 65534, -1)
        os.seteuid(65534)
    yield folder
    if root:
        os.seteuid(0)
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_what_may_not_be_read_is_not_called_damaged(
    closed: Path, refused: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    from reproduce.check_results import main

    path = closed / "figure1.csv"
    if os.geteuid() == 65534:
        os.seteuid(0)
        os.chown(path, 65534, -1)
        os.seteuid(65534)
    path.chmod(0)
    told = f"{path}: cannot be read (Permission denied)"
    assert refused("figure1", "--plot-only", "--out", closed).startswith(f"error: {told}")
    assert refused("export", path, "--out", closed / "out").startswith(f"error: {told}")
    assert main([str(path)]) == 1
    assert capsys.readouterr().err.startswith(told)
    closed.chmod(0)
    for arguments in (("figure1", "--plot-only", "--out", closed), ("export", path)):
        line = refused(*arguments)
        assert "Permission denied" in line and str(closed) in line
    assert "ermission" in refused("check_results", closed)


def test_a_folder_that_may_not_be_written_is_refused_before_training(closed: Path) -> None:
    closed.chmod(0o555)
    with pytest.raises(ValueError, match="nothing can be written in"):
        refuse_unwritable(closed / "mine" / "deeper")
    closed.chmod(0o755)
    refuse_unwritable(closed / "mine" / "deeper")
    assert not (closed / "mine").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("figure1", "--out", "/dev/null"),
        ("figure1", "--plot-only", "--out", "/dev/null"),
        ("figure4", "--out", "/dev/null"),
        ("table1", "--out", "/dev/null"),
        ("report", "--out", "/dev/null"),
        ("export", RESULTS / "earlier" / "small-door" / "figure1.csv", "--out", "/dev/null"),
        ("check_results", "/dev/null"),
    ],
    ids=lambda each: "-".join(map(str, each[:2])),
)
def test_no_folder(refused: Call, arguments: tuple[object, ...]) -> None:
    assert "/dev/null" in refused(*arguments)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("figure1", "--methods", "awac"), "unknown method 'awac'; did you mean AWAC?"),
        (("figure3", "--methods", "AVAC"), "unknown method 'AVAC'; did you mean AWAC"),
        (("ablations", "--reference", "sac+bc"), "unknown method 'sac+bc'; did you mean SAC+BC?"),
        (("table1", "--method", "awac"), "AWAC"),
        (("figure1", "--envs", "HalfCheetah-v2"), "run `python reproduce/figure3.py --envs Half"),
        (("figure2", "--envs", "pen-binary-v0"), "run `python reproduce/figure1.py --envs pen-"),
    ],
)
def test_names_of_elsewhere(
    refused: Call, tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    assert told in refused(*arguments, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_task_of_another_figure_is_refused_before_training() -> None:
    refuse_undrawable("figure1", ["pen-binary-v0"])
    refuse_undrawable("ablations", ["Ant-v2"])
    with pytest.raises(ValueError, match="run `python reproduce/figure3.py --envs Ant-v2`"):
        refuse_undrawable("figure1", ["pen-binary-v0", "Ant-v2"])


@pytest.mark.parametrize("name", ["awac", "Awac", "aWaC"])
def test_case_is_the_first_thing_that_is_forgiven(name: str) -> None:
    assert nearest(name, ("AWR", "AWAC", "ABM")) == "did you mean AWAC?"


def test_a_folder_of_another_preset_is_refused_before_training(
    refused: Call, tmp_path: Path
) -> None:
    for kind in ("csv", "manifest.json"):
        shutil.copy(RESULTS / "earlier" / "small" / f"figure2.{kind}", tmp_path)
    line = refused(
        "figure1",
        "--preset",
        "quick",
        "--envs",
        "pen-binary-v0",
        "--methods",
        "BC",
        "--out",
        tmp_path,
    )
    assert "figure2.csv: is of preset small, and a folder holds one preset" in line
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "figure2.csv",
        "figure2.manifest.json",
    ]


@dataclass(frozen=True)
class Nothing:
    """No options."""


def test_a_terminal_without_the_character_gets_another(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))

    @command(Nothing, None)
    def main(options: Nothing) -> int:
        print("60–80 %")
        return 0

    assert main([]) == 0
    sys.stdout.flush()
    assert raw.getvalue() == b"60?80 %\n"


@pytest.mark.parametrize("fault", [KeyError("fault"), RuntimeError("a fault of PyTorch's")])
def test_faults_of_the_code_are_no_bad_input(fault: Exception) -> None:
    @command(Nothing, None)
    def main(options: Nothing) -> int:
        raise fault

    with pytest.raises(type(fault)):
        main([])


@pytest.mark.parametrize(
    ("raised", "status", "told"),
    [
        (DataError("no demonstrations:\n  a.npy"), 2, "error: no demonstrations:\n  a.npy\n"),
        (ValueError("--x:\n wrong"), 2, "error: --x: wrong\n"),
        (KeyboardInterrupt(), 75, "interrupted; the same command continues\n"),
    ],
)
def test_what_a_command_raises_becomes_a_status(
    raised: BaseException, status: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    @command(Nothing, None)
    def main(options: Nothing) -> int:
        raise raised

    assert main([]) == status
    assert capsys.readouterr().err == told


@pytest.mark.parametrize(
    "words",
    [
        ("--set", "offline_steps=25000"),
        ("--set", "nonsense=3"),
        ("--preset", "quick"),
        ("--profile", "released"),
        ("--data", "none"),
        ("--envs", "pen-binary-v0"),
        ("--methods", "AWAC"),
        ("--seeds", "2"),
        ("--precision", "bf16"),
        ("--compare", "mine.csv"),
    ],
)
def test_a_study_refuses_what_it_decides_itself(refused: Call, words: tuple[str, ...]) -> None:
    """It would run what it says anyway, under the name of what was asked."""
    line = refused("study", "--name", "push_lambda", "--dry-run", *words)
    assert line.startswith(f"error: {words[0]}: a study says itself what it runs")


def test_a_study_takes_what_does_not_change_its_rows() -> None:
    from reproduce.study import StudyOptions, _refuse_what_a_study_decides

    _refuse_what_a_study_decides(StudyOptions(name="push_lambda", jobs=2, yes=True, out=Path("x")))


def test_results_do_not_go_into_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """As they would from `cd reproduce; python figure1.py`."""
    from reproduce.commandline.options import FigureOptions

    root = Path(__file__).resolve().parents[2]
    monkeypatch.chdir(root / "reproduce")
    with pytest.raises(ValueError, match=f"into the code; call the script from {root}, or give"):
        FigureOptions(preset="quick").check_folders()
    FigureOptions(preset="quick", out=root / "results" / "mine").check_folders()
    monkeypatch.chdir(root)
    FigureOptions(preset="quick").check_folders()
