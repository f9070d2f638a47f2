"""Rows of somebody else's CSV beside ours: read, refused, named apart, drawn."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from figures.experiments import EXPERIMENTS
from figures.learning_curves import draw
from figures.results.compare import beside, read_compared
from figures.results.table import ResultsError, read_results
from figures.style import SINGLE_SEED, method_style

PEN = "pen-binary-v0"
METRICS, PANELS = EXPERIMENTS["figure1"].metrics, EXPERIMENTS["figure1"].tasks


def _csv(tmp_path: Path, text: str, name: str = "mine.csv") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


def test_success_alone_is_enough(tmp_path: Path) -> None:
    path = _csv(tmp_path, f"env,method,seed,env_step,success\n{PEN},Mine,3,-50,0.25\n")
    (row,) = read_compared(path).to_dict("records")
    assert (row["env"], row["method"], row["seed"], row["env_step"]) == (PEN, "Mine", 3, -50)
    assert row["success_any"] == row["success_final"] == 0.25
    assert np.isnan(row["return_mean"]) and np.isnan(row["final_distance"])


HEAD = "env,method,seed,env_step,success,return\n"
GOOD = f"{PEN},Mine,0,0,0.5,-100\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ": the file is empty"),
        (HEAD, ", line 2: there is a header but no row"),
        ("env,method,seed,success\n", ", line 1: there is no column env_step"),
        (
            "env;method;seed\n",
            ", line 1: there is no column env (is it separated by ';'? separate by commas)",
        ),
        (f"env,method,seed,env_step\n{PEN},M,0,0\n", ", line 1: there is no column success or"),
        (HEAD + GOOD + f"{PEN},Mine,0\n", ", line 3: 3 cells where the header has 6"),
        (
            HEAD + "Pen-v1,Mine,0,0,0.5,\n",
            ", line 2, column env: 'Pen-v1' is none of our tasks; did you mean pen-binary-v0? our",
        ),
        (
            HEAD + "Hopper,M,0,0,,\n",
            ", line 2, column env: 'Hopper' is none of our tasks; our",
        ),
        (
            "Env,method,seed,env_step,success\n",
            ", line 1: there is no column env but 'Env': names of columns have no capitals; ",
        ),
        (
            "env, method,seed,env_step,success\n",
            ", line 1: there is no column method but ' method': names of columns have no spaces; ",
        ),
        (
            "env,algo,seed,env_step,success\n",
            ", line 1: there is no column method but 'algo': rename it to method; ",
        ),
        (
            "env,method,seed,env_step,success_rate\n",
            ", line 1: there is no column success or return but 'success_rate': rename it to succ",
        ),
        (
            "env,method,seed,env_step,Success\n",
            ", line 1: there is no column success or return but 'Success': names of columns have "
            "no capitals; ",
        ),
        (
            HEAD + f"{PEN},M,0,1e30,0.5,\n",
            ", line 2, column env_step: '1e30' is too large; write a number of at most "
            "1,000,000,000,000",
        ),
        (HEAD + f"{PEN},M,0,-1e13,0.5,\n", ", line 2, column env_step: '-1e13' is too large; "),
        (HEAD + f"{PEN},M,1e19,1,0.5,\n", ", line 2, column seed: '1e19' is too large; "),
        (
            f"env,method,seed,env_step,success,data\n{PEN},M,0,0,1,\n{PEN},M,0,1,1,foo\n",
            ", line 3, column data: 'foo' is no kind of prior data that is known here; use one of "
            "human, human-recorded, expert, embedded, ",
        ),
        (HEAD + GOOD + f"{PEN},,0,0,0.5,\n", ", line 3, column method: '' is empty"),
        (HEAD + f"{PEN},M,zero,0,0.5,\n", ", line 2, column seed: 'zero' is not a whole number"),
        (HEAD + f"{PEN},M,0,2.5,0.5,\n", ", line 2, column env_step: '2.5' is not a whole"),
        (HEAD + f"{PEN},M,0,1,half,\n", ", line 2, column success: 'half' is not a number"),
        (HEAD + f"{PEN},M,0,1,50,\n", ", line 2, column success: '50' is no share; write"),
        (HEAD + f"{PEN},M,0,1,,3000\n", f", line 2, column return: '3000' is no return of {PEN}"),
        (HEAD + f"{PEN},M,0,1,,inf\n", ", line 2, column return: 'inf' is not a number"),
        (HEAD + f"{PEN},M,0,1,,\n", ", line 2, column success: '' is empty, as is all of"),
        (HEAD + GOOD + GOOD, ", line 3, column env_step: '0' repeats a row of the same run"),
    ],
)
def test_a_malformed_file_is_told_with_line_column_and_remedy(
    tmp_path: Path, text: str, told: str
) -> None:
    path = _csv(tmp_path, text)
    with pytest.raises(ResultsError) as error:
        read_compared(path)
    message = str(error.value)
    assert message.startswith(f"{path}{told}")
    assert "; " in message and "\n" not in message and "reproduce/" not in message


def test_a_file_in_another_encoding_is_told_to_be_saved_as_utf_8(tmp_path: Path) -> None:
    """The line is that of the word, far beyond the first part that a reader decodes."""
    path = tmp_path / "mine.csv"
    rows = [f"{PEN},Mine,{seed},0,0.5,\n" for seed in range(2000)]
    path.write_text(HEAD + "".join(rows) + f"{PEN},Méthode,0,0,0.5,\n", encoding="latin-1")
    with pytest.raises(ResultsError) as error:
        read_compared(path)
    assert str(error.value) == (
        f"{path}, line 2002: not a readable CSV (its text is not UTF-8); save the file as UTF-8"
    )


def test_rows_stand_in_every_condition_and_names_are_kept_apart(
    tmp_path: Path, make_run, make_frame
) -> None:
    ours = make_frame(
        make_run({0: -100.0, 100: -50.0})
        + make_run({0: -90.0, 100: -60.0}, data="embedded")
        + make_run({0: 1.0}, env="Ant-v2", data="expert")
    )
    one = _csv(tmp_path, HEAD + f"{PEN},Mine,0,0,0.5,\n{PEN},AWAC,0,0,0.75,\nAnt-v2,Mine,0,0,,9\n")
    two = _csv(tmp_path, HEAD + f"{PEN},Mine,0,0,0.1,\n", "theirs.csv")
    frame, notes = beside(ours, [one, two], [PEN])
    same = frame[: len(ours)][list(ours)]
    pd.testing.assert_frame_equal(same, ours, check_dtype=False)
    added = frame[frame["compared"] != ""]
    held = set(zip(added["label"], added["data"], added["success_any"], strict=True))
    assert held == {
        (label, data, success)
        for data in ("human", "embedded")
        for label, success in (("Mine", 0.5), ("AWAC (mine)", 0.75), ("Mine (theirs)", 0.1))
    }
    assert notes == [
        "From mine.csv: AWAC (mine), Mine; 1 rows of other tasks are not shown.",
        "From theirs.csv: Mine (theirs).",
    ]
    with pytest.raises(ResultsError, match="no row of Ant-v2; it holds pen-binary-v0"):
        beside(ours, [two], ["Ant-v2"])


def test_prior_data_that_is_named_chooses_the_panel(tmp_path: Path, make_run, make_frame) -> None:
    ours = make_frame(make_run({0: -9.0}) + make_run({0: -8.0}, data="embedded"))
    text = f"env,method,seed,env_step,success,data\n{PEN},A,0,0,1,embedded\n{PEN},B,0,0,1,expert\n"
    frame, notes = beside(ours, [_csv(tmp_path, text)], [PEN])
    added = frame[frame["compared"] != ""]
    assert dict(zip(added["label"], added["data"], strict=True)) == {"A": "embedded", "B": "expert"}
    assert notes[1:] == [
        f"No run of ours is of {PEN} with prior data expert; B has a panel of its own."
    ]


@pytest.mark.parametrize("more", [{}, {"profile": "released"}])
def test_a_panel_without_our_runs_has_a_title_like_the_others_and_is_told(
    more: dict[str, str], tmp_path: Path, make_run, make_frame, is_inside
) -> None:
    """Rows that are not ours have neither labels nor profile, which counts as no other one."""
    door, relocate = "door-binary-v0", "relocate-binary-v0"
    rows = [
        row for env in (PEN, door, relocate) for row in make_run({0: -9.0, 9: 1.0}, env=env)
    ] + make_run({0: -9.0, 9: 1.0}, **more)
    text = "env,method,seed,env_step,success,data\n" + "".join(
        f"{env},Mine,0,0,0.5,human-recorded\n" for env in (PEN, door, relocate)
    )
    frame, notes = beside(make_frame(rows), [_csv(tmp_path, text)], PANELS)
    figure = draw(frame, panels=PANELS, metrics=METRICS, notes=notes)
    titles = [ax.texts[0] for ax in figure.axes if ax.get_title(loc="left")]
    own = [text.get_text() for text in titles if "recorded" in text.get_text()]
    assert own[0].replace("\n", " ") == f"{PEN} (human data, observations as recorded)"
    assert sum("profile" in text.get_text() for text in titles) == (2 if more else 0)
    assert f"No run of ours is of {door} with prior data human-recorded; Mine has" in " ".join(
        text.get_text() for text in figure.texts
    )
    assert is_inside(figure)
    boxes = [text.get_window_extent() for text in titles]
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))


def test_returns_get_the_score_that_ours_have_for_them(
    tmp_path: Path, make_run, make_frame
) -> None:
    """Ours: return 100 is 0.1 and 600 is 0.6, so that 350 is 0.35."""
    cells = {"env": "Ant-v2", "data": "expert"}
    ours = make_frame(make_run({0: 100.0, 9: 600.0}, **cells))
    ours["normalised_score"] = ours["return_mean"] / 1000
    text = "env,method,seed,env_step,return\nAnt-v2,Mine,0,0,350\n"
    frame, _ = beside(ours, [_csv(tmp_path, text)], ["Ant-v2"])
    assert frame["normalised_score"].iloc[-1] == pytest.approx(0.35)


def _two_scales(make_run, make_frame) -> pd.DataFrame:
    """Ours: a score is r / 1000 on expert data, and r / 500 on embedded data."""
    parts = []
    for data, scale in (("expert", 1000), ("embedded", 500)):
        part = make_frame(make_run({0: 100.0, 9: 600.0}, env="Ant-v2", data=data))
        parts.append(part.assign(normalised_score=part["return_mean"] / scale))
    return pd.concat(parts, ignore_index=True)


def _scores(frame: pd.DataFrame) -> dict[tuple[str, str], float]:
    added = frame[frame["compared"] != ""]
    keys = zip(added["label"], added["data"], strict=True)
    return dict(zip(keys, added["normalised_score"], strict=True))


def test_each_condition_has_a_scale_of_its_own(tmp_path: Path, make_run, make_frame) -> None:
    ours = _two_scales(make_run, make_frame)
    text = "env,method,seed,env_step,return\nAnt-v2,Mine,0,0,350\n"
    frame, _ = beside(ours, [_csv(tmp_path, text)], ["Ant-v2"])
    assert _scores(frame) == pytest.approx({("Mine", "expert"): 0.35, ("Mine", "embedded"): 0.70})


def test_a_method_with_scores_keeps_them_and_another_gets_ours(
    tmp_path: Path, make_run, make_frame
) -> None:
    ours = _two_scales(make_run, make_frame)
    head = "env,method,seed,env_step,return,normalised_score\n"
    path = _csv(tmp_path, head + "Ant-v2,Mine,0,0,350,0.9\nAnt-v2,Other,0,0,350,\n")
    frame, _ = beside(ours, [path], ["Ant-v2"])
    assert _scores(frame) == pytest.approx(
        {
            ("Mine", "expert"): 0.9,
            ("Mine", "embedded"): 0.9,
            ("Other", "expert"): 0.35,
            ("Other", "embedded"): 0.70,
        }
    )


def test_it_is_drawn_in_its_own_colour_where_single_seeds_of_ours_are_grey(
    tmp_path: Path, make_run, make_frame
) -> None:
    rows = [row for seed in range(2) for row in make_run({0: -9.0, 9: -5.0}, seed=seed)]
    ours = make_frame(rows + make_run({0: -9.0, 9: -7.0}, method="SAC"))
    path = _csv(tmp_path, HEAD + f"{PEN},Mine,0,0,0.5,\n{PEN},Mine,0,9,0.8,\n")
    frame, notes = beside(ours, [path], PANELS)
    figure = draw(frame, panels=PANELS, metrics=METRICS, notes=notes)
    drawn = {
        str(text.get_text()): line.get_color()
        for text, line in zip(
            figure.legends[0].get_texts(), figure.legends[0].get_lines(), strict=True
        )
    }
    ours, mine = (method_style(name).colour for name in ("AWAC", "Mine"))
    assert drawn == {"AWAC": ours, "SAC": SINGLE_SEED, "Mine": mine}
    success, returns = figure.axes
    names = [[text.get_text() for text in ax.texts] for ax in (returns, success)]
    assert "Mine" not in names[0] and "Mine" in names[1]  # it has no return
    caption = " ".join(text.get_text() for text in figure.texts)
    assert "From mine.csv: Mine. Grey: a single seed." in caption
    assert "all our runs of a task are evaluated from the same start states" in caption


def test_a_frame_that_was_read_takes_rows_beside_it(synthetic_csv: Path, tmp_path: Path) -> None:
    ours = read_results(synthetic_csv)
    frame, _ = beside(ours, [_csv(tmp_path, HEAD + GOOD)], [PEN])
    last = frame.iloc[-1]
    assert (last["status"], last["phase"], last["preset"]) == ("done", "online", ours["preset"][0])
    assert set(frame.columns) >= {*ours.columns, "compared"}
    assert frame["seed"].dtype == ours["seed"].dtype


def test_a_results_file_of_another_folder_is_compared_by_its_labels(
    tmp_path: Path, make_run, make_frame
) -> None:
    """Finished runs alone; the folder's name where the method's is taken."""
    ours = make_frame(make_run({0: -100.0, 100: -50.0}))
    other = make_frame(
        make_run({-10: -7.0, 0: -9.0, 100: -8.0})
        + make_run({0: -3.0}, variant="lam=0.1")
        + make_run({0: -2.0}, profile="released", method="SAC")
        + make_run({0: -1.0}, method="SAC", status="running")
    )
    (tmp_path / "b").mkdir()
    file = tmp_path / "b" / "figure1.csv"
    other.drop(columns="label").to_csv(file, index=False)
    frame, notes = beside(ours, [file], [PEN])
    added = frame[frame["compared"] != ""]
    assert {
        label: list(rows["return_mean"]) for label, rows in added.groupby("label", sort=True)
    } == {"AWAC (b)": [-7.0, -9.0, -8.0], "AWAC [lam=0.1]": [-3.0], "SAC, released": [-2.0]}
    assert notes == ["From figure1.csv: AWAC (b), AWAC [lam=0.1], SAC, released."]
    with pytest.raises(ResultsError, match=r"is a folder; name a file of rows .*figure1\.csv"):
        read_compared(file.parent)
    unfinished = other.assign(status="running").drop(columns="label")
    unfinished.to_csv(file, index=False)
    with pytest.raises(ResultsError, match="no run in it is finished"):
        read_compared(file)


def _added(frame: pd.DataFrame) -> dict[str, list[float]]:
    added = frame[frame["compared"] != ""]
    return {str(label): list(rows["success_any"]) for label, rows in added.groupby("label")}


def test_files_of_one_name_are_told_apart_by_their_folders(
    tmp_path: Path, make_run, make_frame
) -> None:
    ours = make_frame(make_run({0: -9.0}))
    paths = []
    for folder, success in (("a", 0.1), ("b", 0.2), ("c", 0.3)):
        (tmp_path / folder).mkdir()
        text = HEAD + f"{PEN},AWAC,0,0,{success},\n"
        paths.append(_csv(tmp_path, text, f"{folder}/mine.csv"))
    frame, notes = beside(ours, paths[:1], [PEN])
    assert _added(frame) == {"AWAC (mine)": [0.1]}
    assert notes == ["From mine.csv: AWAC (mine)."]
    frame, notes = beside(ours, paths, [PEN])
    assert _added(frame) == {"AWAC (a/mine)": [0.1], "AWAC (b/mine)": [0.2], "AWAC (c/mine)": [0.3]}
    assert notes[1] == "From b/mine.csv: AWAC (b/mine)."
    # a table of other tasks has one of the files alone, and calls it as the first table does
    frame, _ = beside(ours, paths[:1], [PEN], paths)
    assert _added(frame) == {"AWAC (a/mine)": [0.1]}
    with pytest.raises(ResultsError, match=r"mine\.csv: is named twice"):
        beside(ours, [paths[0], tmp_path / "b" / ".." / "a" / "mine.csv"], [PEN])


def test_results_of_folders_of_one_name_are_told_apart(
    tmp_path: Path, make_run, make_frame
) -> None:
    ours, paths = make_frame(make_run({0: -9.0})), []
    for folder, success in (("x", 0.1), ("y", 0.2)):
        rows = make_frame(make_run({0: -9.0}, success_any=success)).drop(columns="label")
        paths.append(tmp_path / folder / "long" / "figure1.csv")
        paths[-1].parent.mkdir(parents=True)
        rows.to_csv(paths[-1], index=False)
    frame, _ = beside(ours, paths, [PEN])
    assert _added(frame) == {"AWAC (x/long)": [0.1], "AWAC (y/long)": [0.2]}
    # of one folder: the same place, and one label only where no task is in both
    other = make_frame(make_run({0: -9.0}, env="Ant-v2", success_any=0.3)).drop(columns="label")
    again = make_frame(make_run({0: -9.0}, success_any=0.4)).drop(columns="label")
    for name, rows in (("figure3.csv", other), ("ablations.csv", again)):
        paths.append(paths[0].with_name(name))
        rows.to_csv(paths[-1], index=False)
    frame, _ = beside(ours, [paths[0], *paths[2:]], [PEN, "Ant-v2"])
    assert _added(frame) == {"AWAC (long)": [0.1, 0.3], "AWAC (long, 2)": [0.4]}


def test_a_name_with_the_files_is_itself_not_taken(tmp_path: Path, make_run, make_frame) -> None:
    ours = make_frame(make_run({0: -9.0}) + make_run({0: -8.0}, method="SAC (mine)"))
    text = HEAD + "".join(
        f"{PEN},{method},0,0,{success},\n"
        for method, success in (("AWAC", 0.1), ("AWAC (mine)", 0.2), ("SAC (mine)", 0.3))
    )
    frame, _ = beside(ours, [_csv(tmp_path, text)], [PEN])
    assert _added(frame) == {
        "AWAC (mine)": [0.2],
        "AWAC (mine, 2)": [0.1],
        "SAC (mine) (mine)": [0.3],
    }
    ours = make_frame(make_run({0: -9.0}) + make_run({0: -8.0}, method="AWAC (mine)"))
    frame, _ = beside(ours, [_csv(tmp_path, HEAD + f"{PEN},AWAC,0,0,0.1,\n")], [PEN])
    assert _added(frame) == {"AWAC (mine, 2)": [0.1]}


def test_a_run_with_both_readings_of_its_labels_is_compared_as_two(
    tmp_path: Path, make_run, make_frame
) -> None:
    other = make_frame(
        make_run({0: -9.0, 9: -8.0}, success_any=0.1)
        + make_run({0: -7.0, 9: -6.0}, success_any=0.2, labels="stored")
        + make_run({0: -5.0}, success_any=0.3, labels="stored", method="SAC")
    )
    path = tmp_path / "figure1.csv"
    other.drop(columns="label").to_csv(path, index=False)
    found = read_compared(path)
    held = {str(method): list(rows["success_any"]) for method, rows in found.groupby("method")}
    assert held == {"AWAC": [0.1, 0.1], "AWAC, stored labels": [0.2, 0.2], "SAC": [0.3]}


def test_of_a_step_0_that_both_phases_have_the_online_row_is_compared(
    tmp_path: Path, make_run, make_frame
) -> None:
    other = make_frame(make_run({0: -9.0, 9: -8.0}) + make_run({0: -7.0}, phase="online"))
    path = tmp_path / "figure1.csv"
    other.drop(columns="label").to_csv(path, index=False)
    assert sorted(read_compared(path)["return_mean"]) == [-8.0, -7.0]


def test_one_seed_may_have_run_with_each_kind_of_data(tmp_path: Path) -> None:
    head = "env,method,seed,env_step,success,data\n"
    rows = f"{PEN},Mine,0,0,0.5,human\n{PEN},Mine,0,0,0.4,none\n"
    assert list(read_compared(_csv(tmp_path, head + rows))["success_any"]) == [0.5, 0.4]
    with pytest.raises(ResultsError, match="line 4, column env_step: '0' repeats a row"):
        read_compared(_csv(tmp_path, head + rows + f"{PEN},Mine,0,0,0.3,none\n"))
