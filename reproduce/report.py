"""What the results say about every claim of the paper, with the evidence: REPORT.md, report.html.

    python reproduce/report.py                 # results/small
    python reproduce/report.py --preset paper
    python reproduce/report.py --no-html       # without the page
    python reproduce/report.py --compare mine.csv  # beside ours, in compared/

Reads the CSVs in results/<preset>/ and writes into the same folder REPORT.md with its pictures in
report/, report.html, the same as one page with curves to point at, verdicts.csv (one row an effect)
and verdicts.meta.json (which version of the rules judged which files). Trains nothing, needs no
torch. The same results give the same bytes. It takes half a minute on one free core.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from figures.experiments import grids
from figures.files import write_text
from figures.results.manifest import read_manifest
from figures.results.table import ResultsError
from reproduce.checking.reader import checked
from reproduce.commandline.script import command
from reproduce.judging.evidence import Evidence, load
from reproduce.reporting.charts import PointPool
from reproduce.reporting.content import Content, content
from reproduce.reporting.document import document
from reproduce.reporting.html import to_html
from reproduce.reporting.inventory import judged_files
from reproduce.reporting.markdown import to_markdown
from reproduce.reporting.pictures import charts, draw_pictures, forest_sets
from reproduce.reporting.verdict_files import write_verdicts
from reproduce.specs.kinds import PresetName


@dataclass(frozen=True)
class ReportOptions:
    """Options of the report."""

    preset: PresetName = "small"
    """Whose results are judged; the grid that they are compared with is this preset's."""
    out: Path | None = None
    """Results folder, read and written (default: results/<preset>)."""
    html: bool = True
    """Write report.html, the page with curves to point at and a filter."""
    compare: Annotated[tuple[Path, ...], tyro.conf.UseAppendAction] = ()
    """CSV of other methods (columns env, method, seed, env_step, and success or return) for the
    aggregates and curves, repeatable; no verdict asks for them. The report then goes to the folder
    compared/ in the results folder. See docs/your-own-method.md."""

    @property
    def results(self) -> Path:
        """The results folder."""
        return self.out if self.out is not None else Path("results") / self.preset

    @property
    def target(self) -> Path:
        """Where the report is written: with other methods beside ours not where ours is."""
        return self.results / "compared" if self.compare else self.results


def read(options: ReportOptions) -> Content:
    """What is to be said about the folder.

    Raises:
        ResultsError: it holds no results, or some that cannot be judged.
    """
    folder = options.results
    for name in grids():
        if (path := folder / f"{name}.csv").is_file():
            checked(path, manifest_needed=False)
    tables = load(folder)
    if not tables:
        names = ", ".join(f"{name}.csv" for name in grids())
        raise ResultsError(
            f"{folder}: none of {names} is there; make one with "
            f"`python reproduce/figure1.py --preset {options.preset}`"
        )
    for name, table in tables.items():
        found = table["preset"].iloc[0]
        if found != options.preset:
            raise ResultsError(
                f"{folder / name}.csv: holds preset {found}, not {options.preset}; "
                f"give --preset {found}, or another --out"
            )
    manifests = {name: read_manifest(folder / f"{name}.csv") for name in tables}
    return content(
        Evidence(tables, manifests=manifests),
        manifests,
        judged_files(folder, tables),
        options.preset,
        options.compare,
    )


def write(found: Content, options: ReportOptions) -> list[Path]:
    """Write everything; returns the paths, pictures left out."""
    out = options.target
    blocks = document(found, out, "../" if options.compare else "")
    draw_pictures(found, blocks, out)
    written = [out / "REPORT.md"] + ([] if options.compare else write_verdicts(found, out))
    write_text(written[0], to_markdown(blocks))
    if options.html:
        pool = PointPool()
        drawn = charts(found, pool)
        written.append(out / "report.html")
        write_text(written[-1], to_html(blocks, drawn, forest_sets(found), pool))
    return written


@command(ReportOptions, __doc__)
def main(options: ReportOptions) -> int:
    """Judge the results folder, write the report, and print how far it is and the files' names.

    Returns the exit status: 0 written, 2 it holds no results, or some that cannot be judged.
    """
    print(f"judging the rows of {options.results}", flush=True)
    found = read(options)
    print(f"{found.finished} finished runs; writing the report into {options.target}", flush=True)
    print("report: " + "  ".join(map(str, write(found, options))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
