"""Blocks as one page that needs nothing beside it: plotly.js, points and pictures are inside.

Needs the extra ``report`` (plotly, jinja2); imported only when a page is to be made.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from reproduce.installation import require
from reproduce.judging.conditions import Verdict
from reproduce.reporting.blocks import Block, Heading, Picture
from reproduce.reporting.charts import Chart, Pool

TEMPLATE = "report.html.jinja"
PACKAGES = {"plotly": "plotly", "jinja2": "jinja2"}
_BADGE = re.compile(r"\*\*(" + "|".join(str(v).upper() for v in Verdict) + r")\*\*")


def require_report() -> None:
    """Raise NotInstalled unless everything is there that a page needs; imports nothing."""
    require(
        PACKAGES,
        "so that report.html is not written (everything else is); pip install '.[report]', or "
        "--no-html",
    )


def to_html(blocks: Sequence[Block], charts: Sequence[Chart], pool: Pool, out: Path) -> str:
    """The page.

    Args:
        blocks: the report.
        charts: by the names that pictures in ``blocks`` give.
        pool: points of all charts.
        out: folder that paths of pictures are relative to; they are read and put in.
    """
    from jinja2 import Environment, FileSystemLoader
    from plotly.offline import get_plotlyjs

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, keep_trailing_newline=True
    )  # fmt: skip
    environment.filters |= {"inline": _inline, "cell": _cell}
    by_name = {chart.id: chart for chart in charts}
    heading = next(block for block in blocks if isinstance(block, Heading))
    return environment.get_template(TEMPLATE).render(
        title=heading.text,
        plotly_js=_markup(get_plotlyjs()),
        blocks=[shown for block in blocks if (shown := _shown(block, by_name, out))],
        series=pool.series,
    )


def _shown(block: Block, charts: dict[str, Chart], out: Path) -> dict[str, Any] | None:
    """A block as the template takes it; a picture is a chart if there is one of its name."""
    if not isinstance(block, Picture):
        return {"kind": type(block).__name__, **asdict(block)}
    if block.chart in charts:
        chart = charts[block.chart]
        spec = {"data": chart.data, "layout": chart.layout}
        return {"kind": "Chart", "chart": chart.id, "alt": block.alt, "spec": spec}
    if not block.path:
        return None
    data = base64.b64encode((out / block.path).read_bytes()).decode()
    return {"kind": "Image", "alt": block.alt, "source": f"data:image/png;base64,{data}"}


def _inline(text: str) -> Any:
    """`code`, **bold**, [links](target) and badges of verdicts; everything else is escaped."""
    from markupsafe import escape

    safe = str(escape(text))
    safe = _BADGE.sub(lambda found: _badge(found[1]), safe)
    safe = re.sub(r"`([^`]+)`", r"<code>\1</code>", safe)
    safe = re.sub(r"\*\*([^*]+)\*\*", r"<b>\1</b>", safe)
    safe = re.sub(r"\[([^\]]+)\]\(([^)\s]+)\)", r'<a href="\2">\1</a>', safe)
    return _markup(safe)


def _cell(text: str) -> Any:
    """A cell; one that is a verdict is its badge."""
    if text in set(map(str, Verdict)):
        return _markup(_badge(text))
    return _inline(text)


def _badge(verdict: str) -> str:
    name = verdict.lower()
    return f'<span class="verdict {name.replace(" ", "-")}">{name}</span>'


def _markup(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)
