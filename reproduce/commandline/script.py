"""What surrounds every script: bad input is one line on stderr and status 2, whatever it was."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Protocol, TypeVar

import tyro

from figures.results.cells import one_line
from reproduce.commandline.option_help import OPTIONS


class Main(Protocol):
    """A script's `main(arguments) -> status`; without arguments, those of the command line."""

    def __call__(self, arguments: list[str] | None = None) -> int:
        """Run the script."""
        ...


BAD_INPUT, INTERRUPTED = 2, 75

T = TypeVar("T")


def command(options: type[T], description: str | None) -> Callable[[Callable[[T], int]], Main]:
    """Make `main(arguments) -> status` of a function that takes parsed options.

    The command line is parsed by tyro. A ValueError, an OSError, or an error of a class of this
    project's own is told on stderr, `error: ...`, with status 2. Ctrl-C ends with status 75. What a
    terminal cannot show is replaced, so that printing never fails. Anything else is a fault of the
    code and passes with its traceback.

    Args:
        options: the dataclass of the command line.
        description: what `--help` says first, usually the script's docstring.
    """

    def decorate(body: Callable[[T], int]) -> Main:
        @functools.wraps(body)
        def main(arguments: list[str] | None = None) -> int:
            print_anything()
            try:
                given = tyro.cli(options, args=arguments, description=description, registry=OPTIONS)
                return body(given)
            except KeyboardInterrupt:
                print("interrupted; the same command continues", file=sys.stderr)
                return INTERRUPTED
            except OSError as error:
                where = f"{error.filename}: " if error.filename else ""
                print(f"error: {where}{one_line(error)}; {_way_out(error)}", file=sys.stderr)
            except ValueError as error:
                print(f"error: {one_line(error)}", file=sys.stderr)
            except RuntimeError as error:
                if not _of_ours(error):
                    raise
                print(f"error: {error}", file=sys.stderr)
            return BAD_INPUT

        return main

    return decorate


def _of_ours(error: Exception) -> bool:
    """Whether its class is one of this project: DataError, ConfigurationChanged, SlurmError."""
    return type(error).__module__.partition(".")[0] in ("algorithms", "envs", "reproduce")


def print_anything() -> None:
    """Let stdout and stderr replace characters that their encoding does not have."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def _way_out(error: OSError) -> str:
    if isinstance(error, BrokenPipeError):
        return "who read the output has ended"
    if isinstance(error, PermissionError):
        return "change its permissions, or give another path"
    if isinstance(error, FileExistsError | NotADirectoryError | IsADirectoryError):
        return "give the path of a folder that is, or can be, made"
    if isinstance(error, FileNotFoundError):
        return "give a path that is there"
    return "free the place, or give another path"
