"""Curves of the page: which have a name at their end, and what the legend calls them."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from figures.experiments import OF_DOMAIN, PEN
from reproduce.judging.evidence import Arm
from reproduce.reporting.charts import Chart, PointPool, chart
from reproduce.reporting.commands import Want
from reproduce.reporting.drawings import chart_html
from reproduce.reporting.palette import Palette
from reproduce.reporting.svg import LEFT, RIGHT, WIDTH
from tests.reproduce.report_grid import rows_of

(SUCCESS,) = (m for m in OF_DOMAIN["hand"].metrics if m.column == "success_any")


def run(method: str, until: int, status: str = "done", seed: int = 0) -> list[dict[str, Any]]:
    """A run that was evaluated at four steps, of which those up to ``until`` are there."""
    rows = rows_of(Want("figure1", PEN, Arm(method)), "paper", seed, (0.1, 0.2, 0.3, 0.4))
    return [{**row, "status": status} for row in rows if row["env_step"] <= until]


def drawn(*runs: list[dict[str, Any]]) -> tuple[Chart, str]:
    """The chart and its HTML."""
    frame, pool = pd.DataFrame([row for each in runs for row in each]), PointPool()
    found = chart("c", frame, frame, pool, experiment="figure1", tasks=[PEN], metric=SUCCESS)
    return found, chart_html(found, pool, Palette(), "alt", "")


def named(page: str) -> dict[str, str]:
    """The names at ends of curves, and the path that leads to each."""
    pattern = r'<g class="end [^"]*" data-m="([^"]*)"><path d="([^"]*)"'
    return dict(re.findall(pattern, page))


def test_a_curve_that_is_still_on_its_way_has_no_name_at_the_edge() -> None:
    whole = run("AWAC", 150_000)
    for until, status, there in (
        (5_000, "running", False),
        (150_000, "running", True),
        (0, "done", True),
    ):
        _, page = drawn(whole, run("MPO", until, status))
        assert ("MPO" in named(page)) is there and "AWAC" in named(page)


def test_a_line_leads_from_the_end_of_a_curve_to_its_name() -> None:
    _, page = drawn(run("AWAC", 150_000), run("BC", 0))
    starts = {name: float(path[1:].partition(",")[0]) for name, path in named(page).items()}
    assert starts == {"AWAC": WIDTH - RIGHT, "BC": LEFT}


def test_a_method_without_a_finished_run_is_called_so_and_is_in_no_count() -> None:
    found, page = drawn(
        *(run("AWAC", 150_000, seed=seed) for seed in range(2)), run("MPO", 5_000, "running")
    )
    assert "</svg>MPO (unfinished)</button>" in page and "</svg>AWAC</button>" in page
    assert 'data-m="MPO" aria-pressed' in page  # the filter knows it by its own name
    assert "Thick lines: mean over 2 seeds." in found.caption
    assert found.caption.count("MPO") == 1
    assert "all runs of a task are evaluated from the same start states" in found.caption
    assert (
        "Unfinished, and no run of the method is finished there: MPO on "
        "pen-binary-v0 (human data), seed 0 at 5k." in found.caption
    )
