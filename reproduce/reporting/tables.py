"""One table in three forms: Markdown, LaTeX and CSV."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from figures.files import write_text
from reproduce.commandline.files import write_csv

# Not the brackets: they make a link only before "(", and some renderers read \[ as mathematics.
_MARKDOWN = re.compile(r"([\\`*_<>|$~])")

# A bracket after the end of a row would be read as the argument of \\.
_LATEX = {
    **{mark: f"\\{mark}" for mark in "&%$#_{}"},
    **{"[": "{[}", "]": "{]}", "|": "\\textbar{}", "<": "\\textless{}", ">": "\\textgreater{}"},
    **{"\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}"},
}


@dataclass(frozen=True)
class FormattedText:
    """The same thing in three notations; `plain`, for the CSV, is ASCII."""

    plain: str
    markdown: str
    latex: str

    def bold(self) -> FormattedText:
        """Emphasised where the notation can."""
        return FormattedText(
            self.plain, f"**{self.markdown}**", f"\\textbf{{\\boldmath {self.latex}}}"
        )

    def beside(self, other: FormattedText) -> FormattedText:
        """This one, a space and the other."""
        return FormattedText(
            f"{self.plain} {other.plain}",
            f"{self.markdown} {other.markdown}",
            f"{self.latex} {other.latex}",
        )


def text(plain: str) -> FormattedText:
    """Words, escaped as each notation needs."""
    return FormattedText(plain, _MARKDOWN.sub(r"\\\1", plain), _escaped(plain))


def maths(plain: str, tex: str) -> FormattedText:
    """Words with `$...$` in them. `tex` is not escaped, and holds no bar: it would end the cell."""
    return FormattedText(plain, tex, tex)


def code(plain: str) -> FormattedText:
    """An identifier in typewriter letters."""
    return FormattedText(plain, f"`{plain}`", f"\\texttt{{{_escaped(plain)}}}")


def _escaped(plain: str) -> str:
    return "".join(_LATEX.get(mark, mark) for mark in plain)


@dataclass(frozen=True)
class Section:
    """Rows that stand together: a table of its own in Markdown, under a rule in LaTeX."""

    heading: str
    rows: Sequence[Sequence[FormattedText]]


def to_markdown(header: Sequence[FormattedText], sections: Sequence[Section], *, level: int) -> str:
    """A table a section, under headings of `level`; no heading where it is empty.

    The columns are padded, so that the text can be read in a terminal.
    """
    blocks = []
    for section in sections:
        rows = [[cell.markdown for cell in row] for row in (header, *section.rows)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        rows.insert(1, ["-" * width for width in widths])
        if section.heading:
            blocks.append(f"{'#' * level} {section.heading}\n")
        lines = (
            " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            for row in rows
        )
        blocks.append("".join(f"| {line} |\n" for line in lines))
    return "\n".join(blocks)


def to_latex(
    header: Sequence[FormattedText],
    sections: Sequence[Section],
    *,
    environment: Literal["tabular", "longtable"],
) -> str:
    """One table (package booktabs), each section but the first under a rule and its heading.

    A longtable (package longtable) may run over pages, each of which repeats the header.
    """
    lines = [
        f"\\begin{{{environment}}}{{{'l' * len(header)}}}",
        "\\toprule",
        _latex_row(header),
        "\\midrule",
    ]
    if environment == "longtable":
        lines.append("\\endhead")
    for index, section in enumerate(sections):
        if index > 0:
            lines.append("\\midrule")
        if section.heading:
            heading = f"\\emph{{{_escaped(section.heading)}}}"
            lines.append(f"\\multicolumn{{{len(header)}}}{{l}}{{{heading}}} \\\\")
        lines += [_latex_row(row) for row in section.rows]
    return "\n".join([*lines, "\\bottomrule", f"\\end{{{environment}}}", ""])


def _latex_row(row: Sequence[FormattedText]) -> str:
    return " & ".join(cell.latex for cell in row) + " \\\\"


def publish(
    folder: Path,
    name: str,
    *,
    markdown: str,
    latex: str,
    rows: Sequence[Mapping[str, Any]],
) -> None:
    """Write `name`.md, .tex and .csv into `folder`, each whole or not at all; print the Markdown.

    Only the Markdown goes to standard output, so that it can be redirected. Raises ValueError
    naming the folder if it cannot be written.
    """
    files = [folder / f"{name}.{ending}" for ending in ("md", "tex", "csv")]
    try:
        write_text(files[0], markdown)
        write_text(files[1], latex)
        write_csv(files[2], rows)
    except OSError as error:
        raise ValueError(f"--out {folder}: cannot write there ({error.strerror})") from None
    try:
        print(markdown, flush=True)
    except BrokenPipeError:  # `| head`; what is left goes nowhere, without a second complaint
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    print("written: " + "  ".join(map(str, files)), file=sys.stderr)
