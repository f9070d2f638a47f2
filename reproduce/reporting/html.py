"""Blocks as one page that needs nothing beside it: curves, points, style and script are inside."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

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
from reproduce.reporting.charts import Chart, PointPool
from reproduce.reporting.drawings import chart_html, forests_html, markers
from reproduce.reporting.palette import Palette
from reproduce.reporting.pictures import ForestSet
from reproduce.reporting.wording import badges

HERE = Path(__file__).parent
_BADGES = badges()
_BOLD_BADGE = re.compile(r"\*\*(" + "|".join(map(re.escape, _BADGES)) + r")\*\*")
_FILTER = """<div class="filter" hidden>
<label>task <select id="task"><option value="">all</option></select></label>
<span class="chips" role="group" aria-label="methods"></span>
<button type="button" id="everything">all methods</button></div>"""


def to_html(
    blocks: Sequence[Block], charts: Sequence[Chart], forests: Sequence[ForestSet], pool: PointPool
) -> str:
    """The page.

    Args:
        blocks: the report.
        charts: by the names that pictures in ``blocks`` give.
        forests: likewise.
        pool: points of all charts.
    """
    page = _Page({chart.id: chart for chart in charts}, {each.name: each for each in forests}, pool)
    body = page.all(blocks)
    headings = [block for block in blocks if isinstance(block, Heading)]
    links = "".join(
        f'<a href="#{each.anchor}">{escape(each.text)}</a>' for each in headings if each.level == 2
    )
    style = (HERE / "page.css").read_text(encoding="utf-8") + page.palette.css()
    script = (HERE / "page.js").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">\n'
        f"<title>{escape(headings[0].text)}</title>\n<style>\n{style}\n</style>\n</head>\n<body>\n"
        f"<nav>{links}</nav>\n{markers(charts)}\n<main>\n{body}\n</main>\n"
        '<div id="tip" role="status" hidden></div>\n'
        f'<script type="application/json" id="points">{points(pool)}</script>\n'
        f"<script>\n{script}</script>\n</body>\n</html>\n"
    )


def points(pool: PointPool) -> str:
    """The pool as JSON: every list of steps once, then (name, which steps, values) of each line.

    No name holds ``<``, which could end the script: names are checked.
    """
    grids: dict[tuple[int, ...], int] = {}
    series = [
        [name, grids.setdefault(tuple(steps), len(grids)), values]
        for name, (steps, values) in pool.series.items()
    ]
    text = json.dumps({"steps": list(grids), "series": series}, separators=(",", ":"))
    return text.replace("<", "\\u003c")


class _Page:
    """Blocks as HTML; collects the colours that they need."""

    def __init__(
        self, charts: Mapping[str, Chart], forests: Mapping[str, ForestSet], pool: PointPool
    ) -> None:
        self.charts, self.forests, self.pool, self.palette = charts, forests, pool, Palette()

    def all(self, blocks: Iterable[Block]) -> str:
        """The blocks, one after the other."""
        return "\n".join(text for block in blocks if (text := self.one(block)))

    def one(self, block: Block) -> str:
        """One block; "" for a picture that the page has no drawing of."""
        match block:
            case Heading(level, text, anchor):
                return f'<h{level} id="{anchor}">{inline(text)}</h{level}>'
            case Text(text):
                return f"<p>{inline(text)}</p>"
            case Warning(text):
                return f'<div class="note"><b>Note.</b> {inline(text)}</div>'
            case Quote(text):
                return f"<blockquote>{inline(text)}</blockquote>"
            case Items(texts):
                return f"<ul>{''.join(f'<li>{inline(text)}</li>' for text in texts)}</ul>"
            case Code(lines):
                return f"<pre>{escape(chr(10).join(lines))}</pre>"
            case Table(columns, rows):
                return _table(columns, rows)
            case Filter():
                return _FILTER
            case Fold(summary, inside):
                return (
                    f"<details>\n<summary>{inline(summary)}</summary>\n{self.all(inside)}\n"
                    "</details>"
                )
            case Picture():
                return self._drawing(block)

    def _drawing(self, picture: Picture) -> str:
        source = inline(picture.source)
        if chart := self.charts.get(picture.chart):
            return chart_html(chart, self.pool, self.palette, picture.alt, source)
        if forests := self.forests.get(picture.chart):
            return forests_html(forests, self.palette, picture.alt, source)
        return ""


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose rows a filter by the columns "task" and "method" can hide."""
    head = "".join(f"<th>{inline(name)}</th>" for name in columns)
    body = []
    for row in rows:
        of = dict(zip(columns, row, strict=True))
        filters = f' data-m="{escape(of["method"])}"' if "method" in of else ""
        filters += f' data-task="{escape(of["task"])}"' if "task" in of else ""
        body.append(f"<tr{filters}>{''.join(f'<td>{cell(text)}</td>' for text in row)}</tr>")
    return (
        f'<div class="table"><table><thead><tr>{head}</tr></thead>\n<tbody>'
        f"{chr(10).join(body)}</tbody></table></div>"
    )


def inline(text: str) -> str:
    """`code`, **bold**, [links](target) and badges of verdicts; everything else is escaped."""
    safe = escape(text)
    safe = _BOLD_BADGE.sub(lambda found: _badge(found[1]), safe)
    safe = re.sub(r"`([^`]+)`", r"<code>\1</code>", safe)
    safe = re.sub(r"\*\*([^*]+)\*\*", r"<b>\1</b>", safe)
    return re.sub(r"\[([^\]]+)\]\(([^)\s]+)\)", r'<a href="\2">\1</a>', safe)


def cell(text: str) -> str:
    """A cell; one that is a verdict is its badge."""
    return _badge(text) if text in _BADGES else inline(text)


def _badge(words: str) -> str:
    kind = str(_BADGES[words]).replace(" ", "-")
    return f'<span class="verdict {kind}">{words}</span>'
