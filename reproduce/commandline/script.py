"""What surrounds every script: bad input is one line on stderr and status 2, whatever it was."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Protocol

from figures.cells import one_line


class Main(Protocol):
    """A script's `main(arguments) -> status`; without arguments, those of the command line."""

    def __call__(self, arguments: list[str] | None = None) -> int:
        """Run the script."""
        ...


BAD_INPUT, INTERRUPTED = 2, 75


def script(main: Callable[..., int]) -> Main:
    """Wrap a script's `main(arguments) -> status`.

    A ValueError (ResultsError, DataError, NotInstalled and others are such) or an OSError is told
    in one line, `error: ...`, with status 2; what a terminal cannot show is replaced, so that
    printing never fails. Anything else is a fault of the code and passes with its traceback.
    """

    @functools.wraps(main)
    def wrapped(arguments: list[str] | None = None) -> int:
        print_anything()
        try:
            return main(arguments)
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            print(f"error: {where}{one_line(error)}; {_way_out(error)}", file=sys.stderr)
        except ValueError as error:
            print(f"error: {one_line(error)}", file=sys.stderr)
        return BAD_INPUT

    return wrapped


def resumable(main: Callable[..., int]) -> Main:
    """Wrap the `main(arguments) -> status` of a script that makes runs of several grids.

    A ValueError or RuntimeError is told on stderr, with status 2; Ctrl-C ends with status 75.
    """

    @functools.wraps(main)
    def wrapped(arguments: list[str] | None = None) -> int:
        try:
            return main(arguments)
        except (ValueError, RuntimeError) as error:
            print(f"error: {error}", file=sys.stderr)
            return BAD_INPUT
        except KeyboardInterrupt:
            print("interrupted; the same command continues", file=sys.stderr)
            return INTERRUPTED

    return wrapped


def print_anything() -> None:
    """Let stdout and stderr replace characters that their encoding does not have."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def _way_out(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "change its permissions, or give another path"
    if isinstance(error, FileExistsError | NotADirectoryError | IsADirectoryError):
        return "give the path of a folder that is, or can be, made"
    if isinstance(error, FileNotFoundError):
        return "give a path that is there"
    return "free the place, or give another path"
