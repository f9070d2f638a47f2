"""Charts and forests as HTML: paths and boxes, readable without any script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

import numpy as np

from figures import style
from figures.forest import Forest, Score, colour_of, span_of
from figures.learning_curves import Look, named_at_its_end
from figures.phase_axis import ONLINE_NAME
from figures.report_plots import ProfileCurve
from reproduce.reporting import svg
from reproduce.reporting.blocks import interval, number
from reproduce.reporting.charts import Chart, ChartPanel, PointPool, Points, Trace
from reproduce.reporting.palette import Palette
from reproduce.reporting.pictures import ForestSet


def chart_html(chart: Chart, pool: PointPool, palette: Palette, alt: str, source: str) -> str:
    """A figure of curves: panels, legend, caption and ``source``, links as HTML."""
    place = {name: index for index, name in enumerate(pool.series)}
    panels = "".join(_panel(chart, each, pool, palette, place) for each in chart.panels)
    legend = "".join(
        _chip(look, name, palette) for look, name in zip(chart.looks, chart.names, strict=True)
    )
    return (
        f'<figure class="chart" id="chart-{escape(chart.id)}" aria-label="{escape(alt)}">'
        f'<div class="panels of{min(len(chart.panels), 3)}">{panels}</div>'
        f'<div class="legend" role="group" aria-label="methods">{legend}</div>'
        f"<figcaption>{escape(chart.caption)} {source}</figcaption></figure>"
    )


def _panel(
    chart: Chart, each: ChartPanel, pool: PointPool, palette: Palette, place: Mapping[str, int]
) -> str:
    """One task: its heading, and the sheet with what lies beneath the curves, curves and names."""
    panel, (first, last) = each.panel, each.steps
    x, y = svg.phase_scale(first, last), svg.linear(*each.limits)
    inside = [*svg.frame(first, last, each.limits, ONLINE_NAME)]
    ends = []
    count = len(chart.looks)
    aggregates = [trace for trace in each.traces if trace.kind == "aggregate"]
    right = max((pool.series[trace.series[0]][0][-1] for trace in aggregates), default=0)
    for look in reversed(chart.looks):  # the first method lies uppermost
        mine = [trace for trace in each.traces if trace.label == look.label]
        lines = [_trace(trace, look, pool.series, x, y, place, count) for trace in mine]
        kind = palette.of(look.style.colour)
        inside.append(f'<g class="{kind}" data-m="{escape(look.label)}">{"".join(lines)}</g>')
        for trace in (trace for trace in mine if trace.kind == "aggregate"):
            steps, values = pool.series[trace.series[0]]
            if named_at_its_end(trace.complete, steps[-1], right):
                ends.append((kind, look.label, x(steps[-1]), y(values[-1])))
    inside += svg.rules(chart.metric.rules, chart.metric.rule_names, each.limits)
    inside += svg.end_labels(ends, [look.label for look in chart.looks])
    name = f"{chart.metric.name}, {panel.subtitle}"
    return (
        f'<div class="panel" data-task="{escape(panel.env)}">'
        f"<p><b>{escape(panel.title)}</b> {escape(name)}</p>"
        f'<svg viewBox="0 0 {svg.WIDTH} {svg.HEIGHT}" role="img" aria-label="{escape(name)}">'
        f"{''.join(inside)}</svg></div>"
    )


def _trace(
    trace: Trace,
    look: Look,
    series: Mapping[str, Points],
    x: svg.Scale,
    y: svg.Scale,
    place: Mapping[str, int],
    count: int,
) -> str:
    lines = [
        [(x(step), y(value)) for step, value in zip(*series[name], strict=True)]
        for name in trace.series
    ]
    data = f'data-s="{" ".join(str(place[name]) for name in trace.series)}"'
    if trace.kind == "band":
        low, high = lines
        faint = f'style="opacity:{style.BAND_ALPHA * style.fade(count):.3f}"'
        return f'<path class="band" {faint} {data} d="{svg.path([*low, *high[::-1]], True)}"/>'
    (points,) = lines
    data += f' data-n="{escape(trace.name)}"'
    if trace.kind == "seed":
        faint = f'style="opacity:{max(0.2, style.SEED_ALPHA * style.fade(count)):.2f}"'
        cross = ""
        if trace.failed:
            (end_x, end_y) = points[-1]
            cross = f'<path class="failed" d="M{end_x - 4:.1f},{end_y - 4:.1f}l8,8m0,-8l-8,8"/>'
        return f'<path class="seed" {faint} {data} d="{svg.path(points)}"/>{cross}'
    width = look.style.width
    marks = "".join(
        f'<use href="#{marker_id(look)}" x="{svg.decimal(a)}" y="{svg.decimal(b)}"/>'
        for a, b in svg.marked(points, look.rank / max(count, 1))
    )
    return (
        f'<path class="mean" stroke-width="{width}"{svg.dash(look.style, width)} {data} '
        f'd="{svg.path(points)}"/>{marks}'
    )


def marker_id(look: Look) -> str:
    """Name of the marker of a look in the page; a hollow one is another."""
    marker = look.style.marker
    name = "".join(map(str, marker)) if isinstance(marker, tuple) else f"{ord(marker)}"
    return f"k{name}{'' if look.style.filled else 'h'}"


def markers(charts: Sequence[Chart]) -> str:
    """Every marker once, for ``<use>``."""
    looks = {marker_id(look): look for chart in charts for look in chart.looks}
    symbols = "".join(
        f'<path id="{name}" class="mark{"" if look.style.filled else " hollow"}" '
        f'd="{svg.marker_path(look.style)}"/>'
        for name, look in sorted(looks.items())
    )
    return f'<svg width="0" height="0" aria-hidden="true"><defs>{symbols}</defs></svg>'


def _chip(look: Look, name: str, palette: Palette) -> str:
    """A button that shows a method's line, marker and ``name``."""
    marker = f'<use href="#{marker_id(look)}" x="23" y="6"/>'
    return _button(look.label, look.style, palette, name=name, marker=marker)


def _button(
    label: str, look: style.MethodStyle, palette: Palette, *, name: str = "", marker: str = ""
) -> str:
    """A button that hides or shows a method; it has its line, and its ``name`` or label."""
    return (
        f'<button type="button" class="chip {palette.of(look.colour)}" '
        f'data-m="{escape(label)}" aria-pressed="true">'
        '<svg viewBox="0 0 46 12" width="46" height="12" aria-hidden="true">'
        f'<path class="mean" stroke-width="{look.width}"{svg.dash(look, look.width)} '
        f'd="M1,6H45"/>{marker}</svg>{escape(name or label)}</button>'
    )


def forests_html(drawn: ForestSet, palette: Palette, alt: str, source: str) -> str:
    """A figure of rows: each group of panels on one axis, the second beneath each other beside
    the profile."""
    groups = [
        [_forest(forest, span_of(group), palette) for forest in group]
        for group in drawn.groups
        if group
    ]
    rows = [f'<div class="panels of{min(len(each), 3)}">{"".join(each)}</div>' for each in groups]
    if drawn.profiles:
        second = "".join(groups[1]) if len(groups) > 1 else ""
        rows[1:2] = [
            f'<div class="panels of2 split">{_profile(drawn.profiles, drawn.axis, palette)}'
            f'<div class="stack">{second}</div></div>'
        ]
    if drawn.instead:
        rows.append(f'<p class="instead">{escape(drawn.instead)}</p>')
    kind = "forests" if drawn.profiles else "forests effects"
    return (
        f'<figure class="{kind}" id="chart-{escape(drawn.name)}" aria-label="{escape(alt)}">'
        f"{''.join(rows)}<figcaption>{escape(drawn.caption)} {source}</figcaption></figure>"
    )


def _forest(forest: Forest, limits: tuple[float, float], palette: Palette) -> str:
    low, high = limits

    def at(value: float) -> str:
        return f"{100 * (min(max(value, low), high) - low) / (high - low):.2f}%"

    def span(kind: str, start: float, end: float) -> str:
        wide = 100 * (min(end, high) - max(start, low)) / (high - low)
        return f'<i class="{kind}" style="left:{at(start)};width:{wide:.2f}%"></i>'

    beneath = span("shade", *forest.shade) if forest.shade else ""
    if forest.zero is not None:
        beneath += f'<i class="none" style="left:{at(forest.zero)}"></i>'
    beneath += "".join(f'<i class="asked" style="left:{at(v)}"></i>' for v in forest.thresholds)
    rows = []
    for score in forest.scores:
        found = score.estimate
        marks = "".join(f'<i class="run" style="left:{at(v)}"></i>' for v in score.values)
        marks += span("decides", *score.decides) if score.decides else ""
        marks += span("interval", found.low, found.high) if found.known else ""
        hollow = "" if found.known else " hollow"
        dot = f'<i class="dot{hollow}" style="left:{at(found.value)}"></i>'
        marks += f'<i class="instead">{escape(score.instead)}</i>' if score.instead else dot
        rows.append(
            f'<div class="row {palette.of(colour_of(score))}"{_filters(score)}>'
            f'<span class="name">{escape(score.label)}</span>'
            f'<span class="bar">{beneath}{marks}</span>'
            f'<span class="value">{_value(score)}</span></div>'
        )
    scale = "".join(
        f'<b style="left:{at(value)}">{svg.label_of(value)}</b>'
        for value in svg.ticks(low, high, 4)
    )
    return (
        f'<div class="forest"><p><b>{escape(forest.name)}</b></p>{"".join(rows)}'
        f'<div class="row scale"><span></span><span class="bar">{scale}</span><span></span></div>'
        f'<p class="axis-name">{escape(forest.axis)}</p></div>'
    )


def _filters(score: Score) -> str:
    """What a filter by method and task asks of a row."""
    method = f' data-m="{escape(score.method or score.label)}"' if score.base else ""
    return method + (f' data-task="{escape(score.task)}"' if score.task else "")


def _value(score: Score) -> str:
    found = score.estimate
    if score.instead:
        return ""
    return escape(number(found.value) + (f" [{interval(found)}]" if found.known else ""))


def _profile(profiles: Sequence[ProfileCurve], axis: str, palette: Palette) -> str:
    """Share of runs above each threshold: steps, one line a method. Its name is beneath and at no
    end, since all end at 0."""
    levels = profiles[0].thresholds
    low, high = float(levels[0]), float(levels[-1])
    wide, y = svg.WIDTH - svg.LEFT - svg.RIGHT, svg.linear(-0.03, 1.03)

    def x(value: float) -> float:
        return svg.LEFT + wide * (value - low) / (high - low)

    bottom, right = svg.HEIGHT - svg.BOTTOM, svg.WIDTH - svg.RIGHT
    inside = []
    for value in svg.ticks(0, 1):
        inside.append(f'<path class="grid" d="M{svg.LEFT},{svg.decimal(y(value))}H{right}"/>')
        inside.append(svg.text(svg.LEFT - 5, y(value) + 3.5, svg.label_of(value), "end"))
    for value in svg.ticks(low, high, 4):
        inside.append(svg.text(x(value), bottom + 14, svg.label_of(value), "middle"))
    inside.append(svg.text((svg.LEFT + right) / 2, bottom + 30, f"{axis}: threshold", "middle"))
    inside.append(f'<path class="axis" d="M{svg.LEFT},{svg.TOP}V{bottom}H{right}"/>')
    for curve in reversed(profiles):
        look = curve.look
        d = "".join(_steps(curve, x, y))
        inside.append(
            f'<g class="{palette.of(look.colour)}" data-m="{escape(curve.label)}">'
            f'<path class="mean" stroke-width="{look.width}"{svg.dash(look, look.width)} '
            f'd="{d}"/></g>'
        )
    return (
        '<div class="panel"><p><b>Performance profile of final J</b> '
        "share of runs above a threshold</p>"
        f'<svg viewBox="0 0 {svg.WIDTH} {svg.HEIGHT}" role="img" aria-label="performance profile">'
        f"{''.join(inside)}</svg>"
        f'<div class="key">{"".join(_button(c.label, c.look, palette) for c in profiles)}</div>'
        "</div>"
    )


def _steps(curve: ProfileCurve, x: svg.Scale, y: svg.Scale) -> Iterator[str]:
    """A stairway: across to where the share changes, then to its new value."""
    last = float(curve.share[0])
    yield f"M{svg.decimal(x(float(curve.thresholds[0])))},{svg.decimal(y(last))}"
    for level, share in zip(curve.thresholds[1:], curve.share[1:], strict=True):
        if not np.isclose(share, last):
            yield f"H{svg.decimal(x(float(level)))}V{svg.decimal(y(float(share)))}"
            last = float(share)
    yield f"H{svg.decimal(x(float(curve.thresholds[-1])))}"
