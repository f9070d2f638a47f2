"""Write the tables of README.md and docs/ that show results, from the CSVs.

    python reproduce/result_tables.py           # write them anew
    python reproduce/result_tables.py --check   # only say which are out of step (status 1)

A table stands between `<!-- table: NAME -->` and `<!-- end -->`; the text around it is not touched.
README.md and docs/results-<preset>.md show the figures' rows, docs/pilots.md, docs/controls.md and
docs/diagnosis.md those of the studies. Only finished runs count. "End" is the mean of a run's last
five evaluations; several seeds are averaged, or given from the lowest to the highest.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from figures.cells import ResultsError
from figures.experiments import DOOR, PEN, PUSH, in_order, title_of
from figures.files import write_text
from figures.style import METHOD_ORDER
from figures.table import read_results
from reproduce.checking.reader import checked
from reproduce.commandline.script import command
from reproduce.reporting.study_table import table
from reproduce.specs.study_list import STUDIES

LAST = 5

_BLOCK = re.compile(r"(<!-- table: (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)

Cell = str | int


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
    known = {root / "README.md": figures, root / f"docs/results-{results.name}.md": figures}
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
        "pen": lambda: _hand(read(folder / "figure1.csv")),
        "pen-diagnostics": lambda: _diagnostics(read(folder / "figure1.csv")),
        "pushing": lambda: _pushing(read(folder / "figure2.csv")),
        "locomotion": lambda: _locomotion(read(folder / "figure3.csv")),
        "door": lambda: _door(read(folder.parent / f"{folder.name}-door" / "figure1.csv")),
        "minutes": lambda: _minutes(every()),
        "data": lambda: _data(every()),
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


def _switch(rows: pd.DataFrame, column: str) -> list[float]:
    """Of each seed: the value at step 0, after offline training."""
    return [float(v) for v in rows[rows["env_step"] == 0].sort_values("seed")[column]]


def _last(rows: pd.DataFrame, column: str) -> list[float]:
    """Of each seed: the value in its last evaluation."""
    ordered = rows.sort_values(["seed", "env_step"])
    return [float(mine[column].iloc[-1]) for _, mine in ordered.groupby("seed")]


def _end(rows: pd.DataFrame, column: str) -> list[float]:
    """Of each seed: the mean of its last evaluations."""
    ordered = rows.sort_values(["seed", "env_step"])
    return [float(mine[column].tail(LAST).mean()) for _, mine in ordered.groupby("seed")]


def _mean(values: Sequence[float], form: str) -> str:
    return _text(sum(values) / len(values), form)


def _each(values: Sequence[float], form: str) -> str:
    return ", ".join(_text(value, form) for value in values)


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


def _hand(frame: pd.DataFrame) -> str:
    columns = ("return_mean", ".0f"), ("success_any", ".2f")
    rows = [
        [
            label,
            mine["seed"].nunique(),
            *(", ".join(_mean(of(mine, c), form) for c, form in columns) for of in (_switch, _end)),
        ]
        for label, mine in _methods(frame[frame["env"] == PEN])
    ]
    head = ["", "seeds", "after offline training", "end (mean of the last five evaluations)"]
    return _markdown(head, rows)


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


def _door(frame: pd.DataFrame) -> str:
    """One row a kind of data; diagnostics from lowest to highest over all evaluations."""
    rows = []
    for data, mine in frame[frame["env"] == DOOR].groupby("data"):
        online = mine[mine["env_step"] >= 0]
        rows.append(
            [
                data,
                _mean(_switch(mine, "return_mean"), ".0f"),
                _mean(_switch(mine, "success_any"), ".2f"),
                _span(list(online["return_mean"]), ".0f"),
                _span(list(online["success_any"]), ".2f"),
                f"{_mean(_switch(mine, 'q_mean'), '.0f')}, {_mean(_last(mine, 'q_mean'), '.0f')}",
                _span(list(mine["weights_ess"].dropna()), ".2f"),
                _span(list(mine["weights_max"].dropna()), ".3g"),
            ]
        )
    return _markdown(
        [
            "data",
            "return after offline training",
            "success",
            "return from then on",
            "success",
            "mean Q after offline training, at the end",
            "effective sample size",
            "largest weight",
        ],
        rows,
    )


def _pushing(frame: pd.DataFrame) -> str:
    rows = []
    for label, mine in _methods(frame[frame["env"] == PUSH]):
        ess = _last(mine, "weights_ess") if "weights_ess" in mine else []
        rows.append(
            [
                label,
                _each(_switch(mine, "final_distance"), ".3f"),
                _each(_end(mine, "final_distance"), ".3f"),
                _each(_end(mine, "success_any"), ".2f"),
                _each(_end(mine, "success_final"), ".2f"),
                _each(ess, ".2f") if ess and ess[0] == ess[0] else "",
            ]
        )
    return _markdown(
        [
            "each seed",
            "distance (m) after offline training",
            "distance, end",
            "success at any step, end",
            "success at the last step, end",
            "effective sample size, last evaluation",
        ],
        rows,
    )


def _locomotion(frame: pd.DataFrame) -> str:
    envs = _tasks(frame)
    rows = []
    for label, mine in _methods(frame):
        for name, of in (("after offline training", _switch), ("end", _end)):
            parts = [mine[mine["env"] == env] for env in envs]
            cells = [_each(of(p, "normalised_score"), ".2f") if len(p) else "" for p in parts]
            rows.append([label, name, *cells])
    return _markdown(["each seed", "", *(title_of(env) for env in envs)], rows)


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
