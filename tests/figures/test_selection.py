"""A part of a figure: what is drawn of it, what is refused, and that it has a file of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from figures import paper_figure
from figures.experiments import EXPERIMENTS
from figures.results.partial import Absent
from figures.results.table import ResultsError
from figures.selection import EVERYTHING, Selection
from reproduce import ablations, figure1

PEN, DOOR = "pen-binary-v0", "door-binary-v0"
CSV = Path("figure1.csv")


def test_rows_are_those_of_the_tasks_and_methods(make_run, make_frame) -> None:
    frame = make_frame(
        make_run({0: 1.0})
        + make_run({0: 2.0}, variant="scratch")
        + make_run({0: 3.0}, method="SAC", env=DOOR)
    )
    of = {
        Selection(methods=("AWAC",)): [1.0],
        Selection(methods=("AWAC[scratch]", "SAC")): [2.0, 3.0],
        Selection(methods=("AWAC [scratch]",)): [2.0],  # as a picture has it
        Selection(envs=(DOOR,)): [3.0],
        Selection(envs=(PEN,), methods=("AWAC", "SAC")): [1.0],
        EVERYTHING: [1.0, 2.0, 3.0],
    }
    for only, values in of.items():
        assert list(only.rows(frame, CSV)["return_mean"]) == values
    assert Selection(envs=(DOOR,)).tasks((PEN, DOOR)) == (DOOR,)
    assert EVERYTHING.tasks((PEN, DOOR)) == (PEN, DOOR)
    lacking = [Absent(PEN, "AWAC", 1), Absent(DOOR, "SAC", 0)]
    assert Selection(methods=("SAC",)).runs(lacking) == lacking[1:]
    assert Selection(envs=(PEN,)).runs(lacking) == lacking[:1]
    assert EVERYTHING.runs(lacking) == lacking


@pytest.mark.parametrize(
    ("only", "told"),
    [
        (
            Selection(methods=("AWC",)),
            "--methods AWC: figure1.csv has no row of it; did you mean AWAC? it holds AWAC, SAC",
        ),
        (
            Selection(envs=("pen",)),
            f"--envs pen: figure1.csv has no row of it; it holds {DOOR}, {PEN}",
        ),
        (
            Selection(envs=(DOOR,), methods=("AWAC",)),
            f"figure1.csv: has no row of AWAC on {DOOR}; leave --envs or --methods away",
        ),
    ],
)
def test_what_has_no_row_is_told(only: Selection, told: str, make_run, make_frame) -> None:
    frame = make_frame(make_run({0: 1.0}) + make_run({0: 1.0}, method="SAC", env=DOOR))
    with pytest.raises(ResultsError) as error:
        only.rows(frame, CSV)
    assert str(error.value) == told


def test_a_part_never_replaces_the_figure(
    synthetic_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    drawn = []

    def draw(frame, **keywords):
        drawn.append((sorted(set(frame["label"])), keywords["panels"], keywords["caption"]))
        return real(frame, **keywords)

    real = paper_figure.draw
    monkeypatch.setattr(paper_figure, "draw", draw)
    monkeypatch.setattr("figures.statistics.bootstrap.RESAMPLES", 20)
    monkeypatch.setattr("reproduce.launching.pictures.checked", lambda *_, **__: None)
    (tmp_path / "figure1.csv").write_bytes(synthetic_csv.read_bytes())
    (tmp_path / "figure1.png").write_bytes(b"published")
    mine = tmp_path / "mine.csv"
    mine.write_text(f"env,method,seed,env_step,success\n{PEN},Mine,0,0,0.5\n")
    call = ["--plot-only", "--out", str(tmp_path), "--methods", "SAC", "AWR", "--envs", PEN]
    assert figure1.main(call) == 0
    assert figure1.main([*call, "--compare", str(mine)]) == 0
    assert [names for names, _, _ in drawn] == [["AWR", "SAC"], ["AWR", "Mine", "SAC"]]
    assert all(panels == (PEN,) for _, panels, _ in drawn)
    assert f"A selection: SAC, AWR on {PEN}." in drawn[0][2]
    assert (tmp_path / "figure1.png").read_bytes() == b"published"
    written = {path.name for path in tmp_path.glob("*.p*")} - {"figure1.png"}
    assert written == {
        f"figure1.selected{more}.{kind}" for more in ("", ".compared") for kind in ("png", "pdf")
    }
    assert EXPERIMENTS["figure1"].caption in drawn[0][2]


def test_a_method_without_a_row_is_one_line_and_status_2(
    synthetic_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setattr("reproduce.launching.pictures.checked", lambda *_, **__: None)
    (tmp_path / "figure1.csv").write_bytes(synthetic_csv.read_bytes())
    for more, told in (
        (["--methods", "NoSuch"], "error: --methods NoSuch: "),
        (["--envs", "Ant-v2"], "error: --envs Ant-v2: figure1 shows "),
    ):
        assert figure1.main(["--plot-only", "--out", str(tmp_path), *more]) == 2
        error = capsys.readouterr().err
        assert error.startswith(told) and error.count("\n") == 1
    assert not list(tmp_path.glob("*.png"))


def test_an_ablation_is_drawn_whole(tmp_path: Path, capsys) -> None:
    assert ablations.main(["--plot-only", "--out", str(tmp_path), "--methods", "AWAC"]) == 2
    assert "error: --methods: --plot-only draws all rows of ablations; leave" in (
        capsys.readouterr().err
    )
