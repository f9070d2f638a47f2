"""Blocks as GitHub's Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from reproduce.reporting.blocks import (
    Block,
    Code,
    Filter,
    Fold,
    Heading,
    Items,
    Picture,
    Quote,
    Table,
    Text,
    Warning,
)


def to_markdown(blocks: Sequence[Block]) -> str:
    """The blocks as one text; a pipe in a cell is escaped, else it would end the cell."""
    return "\n\n".join(text for block in blocks if (text := _block(block))) + "\n"


def _block(block: Block) -> str:
    match block:
        case Heading(level, text, anchor):
            return f'<a id="{anchor}"></a>\n\n{"#" * level} {text}'
        case Text(text):
            return text
        case Warning(text):
            return f"> **Note.** {text}"
        case Quote(text):
            return f"> {text}"
        case Items(texts):
            return "\n".join(f"- {text}" for text in texts)
        case Code(lines):
            return "\n".join(f"    {line}" for line in lines)
        case Picture(path, alt):
            return f"![{alt}]({path})\n\n{block.source}".rstrip() if path else ""
        case Filter():
            return ""
        case Fold(summary, blocks):
            inside = to_markdown(blocks)
            return f"<details>\n<summary>{summary}</summary>\n\n{inside}\n</details>"
        case Table(columns, rows):
            return "\n".join([_row(columns), _row(["---"] * len(columns)), *map(_row, rows)])


def _row(cells: Sequence[str]) -> str:
    escaped = (cell.replace("|", "\\|").replace("\n", " ") for cell in cells)
    return f"| {' | '.join(escaped)} |"
