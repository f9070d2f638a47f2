"""Read rows of methods that no script here has run, from anybody's CSV, and put them beside ours.

Such a file needs the columns ``env``, ``method``, ``seed``, ``env_step``, and ``success`` or
``return`` or both. ``env_step`` counts as ours does: negative in an offline phase, 0 at its end,
online steps after it. Every run in the file counts as finished. A results file of another folder of
ours is taken as well: its finished runs, by their labels.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import chain, count
from pathlib import Path

import numpy as np
import pandas as pd

from figures.results.cells import Cells, ResultsError, did_you_mean, read_cells
from figures.results.schema import RESULTS
from figures.results.table import CONDITION, read_results

KEY = ("env", "method", "seed", "env_step")
VALUES: dict[str, tuple[str, ...]] = {
    "success": ("success_any", "success_final"),
    "return": ("return_mean",),
    "final_distance": ("final_distance",),
    "normalised_score": ("normalised_score",),
}
"""Column of such a file -> columns of the results that it fills."""
UNKNOWN = "unknown"
"""Kind of prior data that is none of ours, or that neither the file nor any run of ours names."""
KINDS = (*RESULTS["data"].enum, UNKNOWN)
"""What a column ``data`` may say."""
MOST = 10**12
"""Of a seed or a step: far more than any run has, and far less than an integer holds."""
REMEDY = (
    "give a CSV with one line of header and the columns env, method, seed, env_step, and success "
    "or return (docs/your-own-method.md)"
)


def read_compared(path: Path) -> pd.DataFrame:
    """Read the rows of one file into columns of our results, as far as the file fills them.

    Success is a share in [0, 1]. A return is undiscounted and in the task's own reward. A column
    ``data`` says which prior data a run started from. Other columns are ignored.

    Returns:
        ``env``, ``method``, ``data`` ("" if the file has none), ``seed`` and ``env_step``
        (integers), ``return_mean``, ``success_any``, ``success_final``, ``final_distance`` and
        ``normalised_score`` (floats, NaN if the file has none), in the order of the file.

    Raises:
        ResultsError: the file cannot be used; the message names file, line, column and remedy.
    """
    if path.is_dir():
        held = next(iter(sorted(path.glob("figure*.csv"))), path / "figure1.csv")
        raise ResultsError(f"{path}: is a folder; name a file of rows in it, such as {held}")
    if _is_ours(path):
        return _of_results(path)
    cells = read_cells(path, REMEDY)
    frame = cells.frame
    missing = [name for name in KEY if name not in frame.columns]
    if missing:
        # the spreadsheets of many countries, and TSV
        other = next((mark for mark in ";\t" if mark in " ".join(frame.columns)), "")
        hint = f" (is it separated by {other!r}? separate by commas)" if other else ""
        hint = hint or _alike(missing[0], frame.columns)
        raise ResultsError(f"{path}, line 1: there is no column {missing[0]}{hint}; {REMEDY}")
    given = [name for name in VALUES if name in frame.columns]
    if not given:
        hint = next(filter(None, (_alike(name, frame.columns) for name in VALUES)), "")
        raise ResultsError(f"{path}, line 1: there is no column success or return{hint}; {REMEDY}")
    if frame.empty:
        raise ResultsError(f"{path}, line 2: there is a header but no row; {REMEDY}")
    for row in np.flatnonzero(cells.widths != len(frame.columns)):
        raise ResultsError(
            f"{path}, line {cells.lines[row]}: {cells.widths[row]} cells where the header has "
            f"{len(frame.columns)}; write as many cells as columns"
        )
    refuse(cells, "env", ~frame["env"].isin(RESULTS.tasks), "is none of our tasks", _nearest_task)
    refuse(cells, "method", frame["method"].str.strip() == "", "is empty", "name the method")
    found = pd.DataFrame({"env": frame["env"], "method": frame["method"].str.strip()})
    found["data"] = frame["data"].str.strip() if "data" in frame.columns else ""
    if "data" in frame.columns:
        unknown = ~found["data"].isin(["", *KINDS])
        kinds = f"use one of {', '.join(KINDS)}, or leave the cell empty"
        refuse(cells, "data", unknown, "is no kind of prior data that is known here", kinds)
    for name in ("seed", "env_step"):
        values = _numbers(frame[name])
        whole = values.notna() & (values == values.round()) & np.isfinite(values)
        refuse(cells, name, ~whole, "is not a whole number", "write it as digits, e.g. 2500")
        most = f"write a number of at most {MOST:,}, e.g. 2500"
        refuse(cells, name, values.abs() > MOST, "is too large", most)
        found[name] = values.astype(int)
    for columns in VALUES.values():
        for column in columns:
            found[column] = np.nan
    for name in given:
        _check_values(cells, name)
        for column in VALUES[name]:
            found[column] = _numbers(frame[name])
    blank = found[[column for name in given for column in VALUES[name]]].isna().all(axis=1)
    refuse(cells, given[0], blank, f"is empty, as is all of {', '.join(given)}", "fill one of them")
    again = found.duplicated(["data", *KEY], keep="first")
    refuse(cells, "env_step", again, "repeats a row of the same run", "leave one of the two out")
    return found


def _is_ours(path: Path) -> bool:
    """Whether a file is one that the scripts here have written, by its header alone."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            header = file.readline()
    except OSError:  # `read_cells` says what is wrong
        return False
    return {"preset", "profile", "variant", "status"} <= set(header.strip().split(","))


def _of_results(path: Path) -> pd.DataFrame:
    """The finished runs of a results file of ours, each curve by its label."""
    frame = read_results(path)
    frame = frame[frame["status"] == "done"].reset_index(drop=True)
    if frame.empty:
        raise ResultsError(f"{path}: no run in it is finished")
    told = frame["profile"].map(lambda profile: "" if profile == "paper" else f", {profile}")
    method = frame["label"] + told
    # a run that stands there with both readings of the labels is two runs
    readings = frame["labels"].groupby([frame["data"], method]).transform("nunique")
    method += np.where((readings > 1) & (frame["labels"] != "relabelled"), ", stored labels", "")
    found = frame[["env", "data", "seed", "env_step"]].assign(method=method)
    for columns in VALUES.values():
        for column in columns:
            found[column] = frame.get(column, np.nan)
    # the evaluation at 0 may stand in both phases
    return found.drop_duplicates(["data", *KEY], keep="last").reset_index(drop=True)


def _places(paths: Sequence[Path]) -> list[str]:
    """What tells the rows of each file from others of the same method.

    That is ``mine`` of ``mine.csv``, and the folder's name of a results file, all of which are
    called alike. Folders above come before it where files would share a name: ``a/mine``.
    """
    whole = [
        path.parent.resolve() if _is_ours(path) else path.parent.resolve() / path.stem
        for path in paths
    ]
    return shortest_ends(whole)


def shortest_ends(paths: Sequence[Path]) -> list[str]:
    """The ends of paths, each as long as it must be to differ from those of all other paths."""
    every = {path.parts for path in paths}

    def end(parts: tuple[str, ...]) -> str:
        lengths = range(1, len(parts) + 1)
        alike = (sum(other[-n:] == parts[-n:] for other in every) for n in lengths)
        length = next(n for n, number in zip(lengths, alike, strict=True) if number == 1)
        return "/".join(parts[-length:])

    return [end(path.parts) for path in paths]


def _named_apart(mine: pd.DataFrame, place: str, frame: pd.DataFrame) -> dict[str, str]:
    """The label of each method of a file: its name, or one that no rows of ``frame`` have.

    Two results files of a folder have the same place. They share a label where no task is in both.
    """
    held, ours = set(frame["label"]), set(frame.loc[frame["compared"] == "", "label"])
    names = {name: name for name in sorted(set(mine["method"])) if name not in held}
    for name in sorted(set(mine["method"]) & held):
        tasks = mine.loc[mine["method"] == name, "env"]
        there = set(frame.loc[frame["env"].isin(tasks), "label"])
        names[name] = _free(name, place, {*ours, *there, *names.values()})
    return names


def _free(name: str, place: str, taken: Collection[str]) -> str:
    """``AWAC (mine)``, or ``AWAC (mine, 2)`` and so on where that is taken."""
    further = (f"{name} ({place}, {number})" for number in count(2))
    return next(each for each in chain([f"{name} ({place})"], further) if each not in taken)


def beside(
    ours: pd.DataFrame,
    paths: Sequence[Path],
    envs: Sequence[str],
    among: Sequence[Path] = (),
) -> tuple[pd.DataFrame, list[str]]:
    """Add the rows of other files below ``ours`` (``table.read_results``), as finished runs.

    A run may not name its prior data. It then appears in every condition (data, labels, profile)
    that our runs have on its task. A method may have a name that is taken. Its file's name is then
    added, so that it is never averaged with another method's runs. Files of one name are told apart
    by their folders: ``AWAC (a/mine)``, ``AWAC (b/mine)``. If our rows have normalised scores and
    the file has only returns, the line through our rows gives the scores.

    Args:
        ours: the rows of one results file.
        paths: of the other files.
        envs: tasks that are wanted. Other rows of the files are left out, and the notes say so.
        among: more files, from which the names of ``paths`` differ.

    Returns:
        The frame, and notes for a caption. Its column ``compared`` has a file's name, or "" for
        our rows.

    Raises:
        ResultsError: a file cannot be used, has no row of ``envs``, or is named twice.
    """
    frame = ours.assign(compared="")
    notes: list[str] = []
    every = list(dict.fromkeys([*paths, *among]))
    places = dict(zip(every, _places(every), strict=True))
    files = dict(zip(every, shortest_ends([path.resolve() for path in every]), strict=True))
    for number, path in enumerate(paths):
        if any(path.resolve() == other.resolve() for other in paths[:number]):
            raise ResultsError(
                f"{path}: is named twice, and its rows would count twice; name it once"
            )
        found = read_compared(path)
        mine = found[found["env"].isin(envs)]
        if mine.empty:
            held = ", ".join(sorted(set(found["env"])))
            raise ResultsError(
                f"{path}: no row of {', '.join(envs)}; it holds {held}, which another figure shows"
            )
        names = _named_apart(mine, places[path], frame)
        mine = mine.assign(method=mine["method"].map(names))
        rows, apart = _in_every_condition(mine, ours)
        rows["label"], rows["compared"] = rows["method"], files[path]
        frame = pd.concat([frame, _as_ours(rows, ours)], ignore_index=True)
        others = len(found) - int(found["env"].isin(envs).sum())
        left = f"; {others} rows of other tasks are not shown" if others else ""
        notes.append(f"From {files[path]}: {', '.join(sorted(names.values()))}{left}.")
        notes += [f"No run of ours is of {each} a panel of its own." for each in apart]
    return frame, notes


def _in_every_condition(mine: pd.DataFrame, ours: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Repeat rows for each condition in which they may be compared, with columns ``CONDITION``.

    Returns them, and of what there is no run of ours, with who has a panel to itself for that.
    """
    parts, apart = [], []
    for (env, data), rows in mine.groupby(["env", "data"], sort=True):
        held = ours.loc[ours["env"] == env, list(CONDITION)].drop_duplicates()
        held = held[held["data"] == data] if data else held
        conditions = list(held.sort_values(list(CONDITION)).itertuples(index=False, name=None))
        if not conditions:
            conditions = [(env, data or UNKNOWN, "", "")]
            who = sorted(set(rows["method"]))
            what = f"{env} with prior data {data}" if data else str(env)
            apart.append(f"{what}; {', '.join(who)} {'has' if len(who) == 1 else 'have'}")
        for condition in conditions:
            part = rows.assign(**dict(zip(CONDITION, condition, strict=True)))
            parts.append(_scored(part, ours))
    return pd.concat(parts, ignore_index=True), apart


def _scored(part: pd.DataFrame, ours: pd.DataFrame) -> pd.DataFrame:
    """Put returns on the normalised scale of our rows of the same condition, if they have one.

    A method with scores of its own keeps them as they are.
    """
    if "normalised_score" not in ours:
        return part
    first = part.iloc[0]
    same = ours[(ours[list(CONDITION)] == first[list(CONDITION)]).all(axis=1)]
    known = same[same["normalised_score"].notna() & same["return_mean"].notna()]
    if known["return_mean"].nunique() < 2:
        return part
    slope, offset = np.polyfit(known["return_mean"], known["normalised_score"], 1)
    scores = part["normalised_score"]
    own = scores.groupby(part["method"]).transform("count") > 0
    return part.assign(normalised_score=scores.where(own, slope * part["return_mean"] + offset))


def _as_ours(rows: pd.DataFrame, ours: pd.DataFrame) -> pd.DataFrame:
    """Give ``rows`` every column that ours have. Missing text is "", missing numbers are NaN."""
    known = {"status": "done", "preset": ours["preset"].iloc[0]}
    known["phase"] = pd.Series(np.where(rows["env_step"] < 0, "offline", "online"))
    for name in ours.columns:
        if name not in rows.columns:
            numeric = pd.api.types.is_numeric_dtype(ours[name])
            rows = rows.assign(**{name: known.get(name, np.nan if numeric else "")})
    return rows


def _check_values(cells: Cells, name: str) -> None:
    text = cells.frame[name].str.strip()
    values = _numbers(text)
    wrong = (text != "") & ~np.isfinite(values.fillna(np.inf))
    refuse(cells, name, wrong, "is not a number", "write a number, or leave the cell empty")
    if name == "success":
        outside = (values < 0) | (values > 1)
        share = "write the share of episodes, 0 to 1, not a percentage"
        refuse(cells, name, outside, "is no share", share)
    if name == "final_distance":
        refuse(cells, name, values < 0, "is negative", "write metres")
    for env, facts in RESULTS.tasks.items():
        if name == "return" and facts.reward is not None:
            low, high = (facts.horizon * each for each in facts.reward)
            wrong = (cells.frame["env"] == env) & ((values < low - 1e-6) | (values > high + 1e-6))
            own = f"give the sum of {env}'s own rewards over an episode, or leave the column out"
            refuse(
                cells, name, wrong, f"is no return of {env}, which are in [{low:g}, {high:g}]", own
            )


def _numbers(text: pd.Series[str]) -> pd.Series[float]:
    return pd.to_numeric(text.str.strip(), errors="coerce").astype(float)


_ELSEWHERE = {
    "env": ("env_id", "environment", "task"),
    "method": ("algo", "algorithm", "agent", "exp_name"),
    "env_step": ("global_step", "step", "timestep", "timesteps", "steps"),
    "success": ("success_rate", "is_success"),
    "return": ("episodic_return", "episode_reward", "reward", "score"),
}
"""What other libraries call our columns."""


def _alike(name: str, columns: Iterable[str]) -> str:
    """A hint at a column that is probably meant: spaces, capitals, or another library's name; "" if
    there is none."""
    for column in map(str, columns):
        if column.strip().casefold() in _ELSEWHERE.get(name, ()):
            return f" but {column!r}: rename it to {name}"
        if column != name and column.strip().casefold() == name:
            what = "spaces" if column.strip() == name else "capitals"
            return f" but {column!r}: names of columns have no {what}"
    return ""


def _nearest_task(text: str) -> str:
    """What to write in place of ``text``."""
    guess = did_you_mean(text, RESULTS.tasks, cutoff=0.5)
    return f"{guess}our tasks are {', '.join(RESULTS.tasks)}"


def refuse(
    cells: Cells,
    column: str,
    wrong: pd.Series[bool],
    complaint: str,
    remedy: str | Callable[[str], str],
) -> None:
    """Raise ResultsError for the first row marked in ``wrong``: file, line, column, remedy.

    ``remedy`` may depend on the text of the cell.
    """
    marked = np.flatnonzero(wrong.to_numpy())
    if not marked.size:
        return
    row = int(marked[0])
    more = f" ({len(marked)} such rows)" if len(marked) > 1 else ""
    text = str(cells.frame[column].iloc[row])
    raise ResultsError(
        f"{cells.path}, line {cells.lines[row]}, column {column}: "
        f"'{text[:60]}' {complaint}{more}; {remedy if isinstance(remedy, str) else remedy(text)}"
    )
