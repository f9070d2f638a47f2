"""Write the tables of README.md and docs/ that show results, from the CSVs.

    python reproduce/result_tables.py           # write them anew
    python reproduce/result_tables.py --check   # only say which are out of step (status 1)

A table stands between `<!-- table: NAME -->` and `<!-- end -->`; the text around it is not touched.
README.md and docs/results-<preset>.md show the figures' rows, the latter superseded ones too.
docs/pilots.md, docs/controls.md, docs/locomotion.md and docs/diagnosis.md show those of the
studies. Only finished runs count. "End" is the mean of a run's last five evaluations, in the
tables of the studies of its last three.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path

import pandas as pd

from figures.experiments import EXPERIMENTS, PEN, in_order, measure_of, title_of
from figures.files import write_text
from figures.measures import DISTANCE, Measure
from figures.results.cells import ResultsError
from figures.results.table import read_results
from figures.statistics.estimates import aggregate
from figures.statistics.scalars import run_scalars
from figures.style import METHOD_ORDER
from reproduce.checking.reader import checked
from reproduce.commandline.script import command
from reproduce.reporting.inventory import PROFILES
from reproduce.reporting.study_table import table
from reproduce.specs.studies import STUDIES

_BLOCK = re.compile(r"(<!-- table: (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


@dataclass(frozen=True)
class TableOptions:
    """Options of the tables."""

    results: Path = Path("results/small")
    """Folder with the CSVs; those of the studies lie beside it."""
    root: Path = Path()
    """Folder with README.md and docs/."""
    check: bool = False
    """Write nothing; status 1 if a table is not what the CSVs give."""


def pages(root: Path, results: Path) -> Mapping[Path, Mapping[str, Callable[[], str]]]:
    """Page that is there -> its tables: what makes each, by name."""
    figures = tables(results)
    page = root / f"docs/results-{results.name}.md"
    known = {
        root / "README.md": figures,
        page: {**figures, **_beside(results), **_earlier(results)},
    }
    for folder in dict.fromkeys(study.folder for study in STUDIES.values()):
        known[root / "docs" / f"{folder}.md"] = study_tables(folder, results)
    return {page: found for page, found in known.items() if page.is_file()}


def tables(folder: Path) -> Mapping[str, Callable[[], str]]:
    """Name of a table -> what makes it from the CSVs in `folder`."""
    read = functools.cache(_runs)

    def every() -> pd.DataFrame:
        paths = [folder / f"figure{number}.csv" for number in (1, 2, 3)]
        return pd.concat([read(path) for path in paths if path.is_file()], ignore_index=True)

    return {
        **{
            name: functools.partial(_outcomes, folder / f"{name}.csv")
            for name in EXPERIMENTS
            if (folder / f"{name}.csv").is_file()
        },
        "pen-diagnostics": lambda: _diagnostics(read(folder / "figure1.csv")),
        "minutes": lambda: _minutes(every()),
        "data": lambda: _data(every()),
    }


def _beside(results: Path) -> Mapping[str, Callable[[], str]]:
    """The figures' tables of the folders beside `results`, such as ``human-FIGURE``.

    They are of runs on human demonstrations, and beside preset small of those of preset long.
    """
    folders = {"human": f"{results.name}-human"}
    if results.name == "small":
        folders |= {"long": "long", "long-human": "long-human"}
    return {
        f"{kind}-{path.stem}": functools.partial(_outcomes, path)
        for kind, folder in folders.items()
        for path in sorted(results.with_name(folder).glob("figure?.csv"))
    }


def _earlier(results: Path) -> Mapping[str, Callable[[], str]]:
    """The figures' tables of superseded rows, ``earlier-FOLDER-FIGURE``."""
    return {
        f"earlier-{path.parent.name}-{path.stem}": functools.partial(_outcomes, path)
        for path in sorted((results.parent / "earlier").glob("*/figure?.csv"))
    }


def study_tables(folder: str, results: Path) -> Mapping[str, Callable[[], str]]:
    """Name of a study of `folder` ("pilots", ...) -> its table, of finished runs."""
    return {
        study.name: functools.partial(table, results.parent / folder / f"{study.name}.csv")
        for study in STUDIES.values()
        if study.folder == folder
    }


def rewritten(text: str, known: Mapping[str, Callable[[], str]]) -> tuple[str, list[str]]:
    """A page's text with all its tables made anew, and the names of those that have changed.

    Raises:
        ResultsError: a table is asked for that is not known, or whose CSV cannot be used.
    """
    changed: list[str] = []

    def made(match: re.Match[str]) -> str:
        name = match["name"]
        if name not in known:
            raise ResultsError(f"table {name!r} is none of {', '.join(known)}")
        block = f"{match[1]}\n{known[name]()}\n\n{match[3]}"
        changed.extend([name] * (block != match[0]))
        return block

    return _BLOCK.sub(made, text), changed


def _runs(path: Path) -> pd.DataFrame:
    """Rows of the finished runs."""
    checked(path)
    frame = read_results(path)
    return frame[frame["status"] == "done"]


def _methods(frame: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Rows of each curve, in the order of legends."""
    order = {name: place for place, name in enumerate(METHOD_ORDER)}
    labels = frame.drop_duplicates("label")[["method", "label"]].itertuples(index=False, name=None)
    for _, label in sorted(labels, key=lambda pair: (order.get(pair[0], 99), pair[1])):
        yield label, frame[frame["label"] == label]


def _tasks(frame: pd.DataFrame) -> list[str]:
    return in_order(frame["env"])


def _outcomes(path: Path) -> str:
    """Of each method and task: J after the offline phase -> J at the end.

    Several seeds have their interquartile mean (a mean below four), and from five seeds on the end
    has its 95 % bootstrap interval.
    """
    frame = _runs(path)
    measures = {env: of for env in _tasks(frame) if (of := measure_of(env))}
    rows = []
    for profile in PROFILES:
        shown = frame[frame["profile"] == profile]
        for label, mine in _methods(shown):
            seeds = mine.groupby("env")["seed"].nunique()
            few, many = min(seeds), max(seeds)
            name = label if profile == PROFILES[0] else f"{label}, {profile}"
            cells = [_ends(mine[mine["env"] == env], of) for env, of in measures.items()]
            rows.append([name, str(few) if few == many else f"{few}–{many}", *cells])
    heads = [f"{title_of(env)}, {of.name}" for env, of in measures.items()]
    return _markdown(["", "seeds", *heads], rows)


def _ends(rows: pd.DataFrame, measure: Measure) -> str:
    """``0.70 -> 0.75 [0.70, 0.81]`` of one method on one task; nothing where it was not run."""
    if rows.empty:
        return ""
    scalars = run_scalars(rows, measure)
    first, last = (aggregate([scalars[name].to_numpy(dtype=float)]) for name in ("j0", "jt"))
    form = ".3f" if measure is DISTANCE else ".2f"
    ends = sorted(measure.sign * value for value in (last.low, last.high))
    between = "" if isnan(last.low) else f" [{', '.join(_text(end, form) for end in ends)}]"
    before, after = (_text(measure.sign * each.value, form) for each in (first, last))
    return f"{before} → {after}{between}"


def _span(values: Sequence[float], form: str) -> str:
    low, high = _text(min(values), form), _text(max(values), form)
    return low if low == high else f"{low} to {high}"


def _text(value: float, form: str) -> str:
    """A number with a true minus sign, and without one before zero."""
    text = format(value, form)
    text = text.lstrip("-") if not text.strip("-0.,") else text
    return text.replace("-", "−")


def _markdown(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def _diagnostics(frame: pd.DataFrame) -> str:
    """Of all rows and seeds of the phase: lowest to highest, and the median."""
    shown = (
        ("weights_ess", "effective sample size", ".3g"),
        ("weights_max", "largest weight", ".3g"),
        ("constraint_kl", "divergence, nats", ".3g"),
        ("constraint_mmd", "MMD", ".2f"),
        ("constraint_multiplier", "multiplier", ",.0f"),
    )
    rows = []
    for label, mine in _methods(frame[frame["env"] == PEN]):
        for column, name, form in shown:
            if column not in mine or mine[column].isna().all():
                continue
            parts = [mine[mine["env_step"] <= 0][column], mine[mine["env_step"] > 0][column]]
            parts = [part.dropna() for part in parts]
            spans = [
                f"{_span(list(p), form)}, median {_text(p.median(), form)}" if len(p) else ""
                for p in parts
            ]
            rows.append([label, name, *spans])
    return _markdown(["", "", "offline phase", "online phase"], rows)


def _minutes(frame: pd.DataFrame) -> str:
    """Length of a run, the mean of its seeds."""
    last = frame.loc[frame.groupby(["env", "label", "data", "seed"])["env_step"].idxmax()]
    envs = _tasks(frame)
    rows = []
    for label, mine in _methods(last):
        found = [mine.loc[mine["env"] == env, "wall_s"] / 60 for env in envs]
        rows.append([label, *(_text(m.mean(), ".1f") if len(m) else "" for m in found)])
    return _markdown(["minutes", *(title_of(env) for env in envs)], rows)


def _data(frame: pd.DataFrame) -> str:
    """Which runs start from which prior data."""
    rows = []
    for env in _tasks(frame):
        groups = frame[frame["env"] == env].groupby(["data", "data_checksum"])
        for (data, checksum), mine in groups:
            names = ", ".join(label for label, _ in _methods(mine))
            commits = ", ".join(sorted(set(mine["commit"])))
            rows.append([title_of(env), data, f"`{str(checksum)[:8]}`", names, commits])
    return _markdown(["", "data", "checksum", "methods", "commits"], rows)


@command(TableOptions, __doc__)
def main(options: TableOptions) -> int:
    """Write the tables anew where they are out of step; with `--check` only name those pages.

    Returns the exit status: 0 done, 1 with `--check` a table is out of step, 2 bad input.
    """
    made = {
        page: rewritten(page.read_text(encoding="utf-8"), known)
        for page, known in pages(options.root, options.results).items()
    }
    for page, (text, changed) in made.items():
        if not changed:
            print(f"{page}: its tables are those of the results")
        elif options.check:
            print(f"{page}: out of step: {', '.join(changed)}", file=sys.stderr)
        else:
            write_text(page, text)
            print(f"{page}: written anew: {', '.join(changed)}")
    return int(options.check and any(changed for _, changed in made.values()))


if __name__ == "__main__":
    sys.exit(main())
