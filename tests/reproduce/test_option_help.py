"""What `--help` says: options in whole lines, with one default, a script's own first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import pytest
import tyro

from reproduce.commandline.option_help import OPTIONS, docstrings, own_first
from tests.reproduce.conftest import Run

SCRIPTS = sorted(
    path.name
    for path in (Path(__file__).parents[2] / "reproduce").glob("*.py")
    if "@command(" in path.read_text() or "figure_script(" in path.read_text()
)


@dataclass(frozen=True)
class Base:
    """Inherited."""

    size: Literal["small", "large"] | None = None
    """Of the base. Default: what the
    machine has."""
    folder: Path | None = None
    """Where it
    goes."""


@dataclass(frozen=True)
class Mine(Base):
    """Of a script."""

    name: str = "AWAC"
    """A name, of which
    one is enough."""
    size: Literal["small", "large"] | None = None
    """Of mine (default: the machine's)."""
    many: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = ()
    """Repeatable or not."""
    loud: bool = False
    silent: Path = Path("here")
    """Twice."""


def read(*words: str) -> Mine:
    return tyro.cli(Mine, args=list(words), registry=OPTIONS)


def test_docstrings_are_lines_and_the_nearest_class_has_the_say() -> None:
    assert docstrings(Mine) == {
        "name": "A name, of which one is enough.",
        "size": "Of mine (default: the machine's).",
        "folder": "Where it goes.",
        "many": "Repeatable or not.",
        "silent": "Twice.",
    }
    assert docstrings(Base)["size"] == "Of the base. Default: what the machine has."


def test_the_own_options_come_first() -> None:
    assert own_first(Mine) == ["name", "size", "many", "loud", "silent", "folder"]


def test_options_are_read_as_before() -> None:
    assert read() == Mine()
    assert read("--size", "large", "--folder", "a", "--loud", "--many", "x", "--many", "y") == Mine(
        size="large", folder=Path("a"), loud=True, many=("x", "y")
    )
    with pytest.raises(SystemExit):
        read("--size", "huge")


def test_one_default_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        read("--help")
    told = " ".join(re.sub("[│╭╮╰╯─]", " ", capsys.readouterr().out).split())
    assert "--name STR A name, of which one is enough. (default: AWAC)" in told
    assert "--size {small,large} Of mine (default: the machine's). --many" in told
    assert "--silent PATH Twice. (default: here) --folder PATH Where it goes." in told
    assert "None" not in told and "False" not in told


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_script_tells_an_empty_default(script: Run, name: str) -> None:
    told = script(name, "--help").stdout
    assert "usage:" in told
    for empty in ("(default: None)", "(default: )", "(default: False)", "{None}", "{None,"):
        assert empty not in " ".join(re.sub("[│]", " ", told).split()), empty
