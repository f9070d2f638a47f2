"""`ablations.py`: which runs it comes to, what it refuses, and a grid from plan to picture."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from algorithms.catalogue.variants import VARIANTS
from figures.ablation.names import PURPOSES
from reproduce.commandline.options import AblationOptions
from reproduce.runs.ablation_rows import Ablation, ablation_of, axes_of
from reproduce.runs.resolved import one_spelling, resolved
from reproduce.specs.grid import RunSpec
from reproduce.specs.kinds import DataKind, Labels
from tests.forked import run
from tests.once import once
from tests.patience import PATIENCE_S
from tests.reproduce.conftest import REPRODUCE, Run, environment
from tests.reproduce.test_run import TINY

PEN, CHEETAH, PUSH = "pen-binary-v0", "HalfCheetah-v2", "SawyerPush-v0"
DATA: dict[str, tuple[DataKind, Labels]] = {
    PEN: ("human", "relabelled"),
    CHEETAH: ("expert", "stored"),
}


def ablation(**options: object) -> Ablation:
    return ablation_of(AblationOptions(**options), (PEN, CHEETAH))  # type: ignore[arg-type]


def specs(made: Ablation, **changes: object) -> list[RunSpec]:
    arguments = {"preset": "small", "profile": "paper", "seeds": None, "data": DATA, "settings": ()}
    return made.specs(**(arguments | changes))  # type: ignore[arg-type]


def rows(runs: list[RunSpec], env: str) -> list[str]:
    mine = [spec for spec in runs if spec.env == env and spec.seed == 0]
    return [" ".join((spec.registered, *spec.settings)) for spec in mine]


def test_every_variant_but_those_of_lambda_has_words_in_the_figure() -> None:
    assert set(PURPOSES) == {name for name in VARIANTS if axes_of(name) != ("lambda",)}


def test_axes_are_what_a_variant_exchanges() -> None:
    assert axes_of("AWAC[no-clamp]") == ("clamp",)
    assert axes_of("AWAC[Z(s)]") == ("normalisation", "behavior")
    assert axes_of("AWAC[Q-beta]") == ("critic", "value")
    assert axes_of("AWAC[scratch]") == ("data",)
    assert axes_of("AWAC[push-lambda]") == ("lambda", "normalisation", "weights")
    assert axes_of("AWAC[lambda=3]") == ("lambda",)
    assert all(axes_of(name) for name in VARIANTS)


def test_every_component_of_awac_is_exchanged_once() -> None:
    grid = specs(ablation())
    exchanged = [
        "AWAC[batch]",
        "AWAC[Z(s)]",
        "AWAC[Z(s)-50]",
        "AWAC[reverse-KL]",
        "AWAC[Q-beta]",
        "AWAC[Monte-Carlo]",
        "AWAC[policy-actions]",
        "AWAC[prior-actions]",
    ]
    last = ["AWAC[V-mode]", "AWAC[clip]", "AWAC[no-clip]"]
    assert rows(grid, PEN) == [
        "AWAC",
        *exchanged,
        "AWAC[no-clamp]",
        *last,
        "AWAC[state-std]",
        "AWAC[imitation]",
        "AWAC[standardised]",
        "AWAC[scratch]",
        "AWAC lam=0.1",
        "AWAC lam=0.5",
        "AWAC lam=1",
        "AWAC lam=2",
    ]
    assert rows(grid, CHEETAH) == [
        "AWAC",
        *exchanged,
        *last,
        "AWAC[free-std]",
        "AWAC[imitation]",
        "AWAC[raw]",
        "AWAC[scratch]",
        "AWAC lam=0.01",  # of rewards times 0.1: the text's 0.1, 0.3, 0.5 and 2; its 1 is the row
        "AWAC lam=0.03",
        "AWAC lam=0.05",
        "AWAC lam=0.2",
    ]
    assert [spec.seed for spec in grid] == sorted(spec.seed for spec in grid)
    assert {spec.seed for spec in grid} == {0, 1, 2, 3, 4}


def test_what_imitates_demonstrations_is_left_out_where_there_are_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    push = "SawyerPush-v0"
    made = ablation_of(AblationOptions(), (push,))
    found = rows(specs(made, data={push: ("random", "stored")}), push)
    assert "AWAC[scratch]" in found and "AWAC[imitation]" not in found
    assert f"{push}: AWAC[imitation] is left out" in capsys.readouterr().out


@pytest.mark.parametrize("profile", ["paper", "released"])
@pytest.mark.parametrize("vary", ["all", "lambda,value,normalisation"])
def test_no_run_is_made_twice(profile: str, vary: str) -> None:
    grid = specs(ablation(profile=profile, vary=vary), profile=profile, seeds=1)
    made = [(spec.env, spec.data, resolved(spec).settings) for spec in grid]
    assert all(a not in made[:i] for i, a in enumerate(made))
    assert len({spec.folder(Path()) for spec in grid}) == len(grid)


def test_a_row_left_out_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    specs(ablation(vary="value"))
    assert f"{PEN}: the same as AWAC, not run again: AWAC[V-sampled], AWAC lam=0.3" in (
        capsys.readouterr().out
    )


def test_only_what_learns_alone_has_no_data() -> None:
    grid = specs(ablation(reference="SAC"), data={CHEETAH: DATA[CHEETAH]}, seeds=1)
    assert {spec.registered: spec.data for spec in grid} == {
        "SAC": "expert",
        "SAC[raw]": "expert",
        "SAC[no-data]": "none",
        "SAC[scratch]": "none",
    }
    alone = specs(ablation(reference="AWAC[scratch]"), seeds=1)
    assert len(alone) == 10 and {spec.data for spec in alone} == {"none"}  # with its sweep


@pytest.mark.parametrize("name", ["SAC[no-data]", "AWAC[scratch]", "AWAC[push-scratch]"])
def test_what_begins_with_random_actions_has_no_prior_data_in_any_script(name: str) -> None:
    env = PUSH if "push" in name else CHEETAH
    given: tuple[DataKind, Labels] = ("random", "stored") if env == PUSH else DATA[CHEETAH]
    asked = RunSpec.of("small", "paper", env, name, 0, given)
    made = one_spelling(asked)
    assert (made.data, made.labels) == ("none", "stored")
    assert one_spelling(made) == made
    base = RunSpec.of("small", "paper", env, name.partition("[")[0], 0, given)
    assert one_spelling(base).data == given[0]


def test_lambda_is_swept_in_the_units_of_the_rewards_that_are_set() -> None:
    """Times 0.5, the text's 0.1 to 2 are 0.05 to 1; as the task gives them they are themselves."""
    for scaling, values in (
        ("by=0.5", ["0.05", "0.15", "0.25", "0.5", "1"]),
        ("reward_scaling=TaskUnits", ["0.3", "0.5", "1", "2"]),  # 0.1 is the row's own
    ):
        made = ablation_of(AblationOptions(vary="none", set=(scaling,)), (CHEETAH,))
        grid = specs(made, data={CHEETAH: DATA[CHEETAH]}, settings=(scaling,), seeds=1)
        expected = [f"AWAC {scaling}", *(f"AWAC {scaling} lam={value}" for value in values)]
        assert rows(grid, CHEETAH) == expected


def test_settings_go_to_all_and_swept_ones_to_the_reference_alone() -> None:
    made = ablation(vary="clamp", sweep=("lam=.5",), set=("tau=0.01",))
    grid = specs(made, settings=("tau=0.01",), seeds=1)
    assert rows(grid, PEN) == ["AWAC tau=0.01", "AWAC[no-clamp] tau=0.01", "AWAC tau=0.01 lam=0.5"]
    assert rows(grid, CHEETAH) == ["AWAC tau=0.01", "AWAC tau=0.01 lam=0.5"]


def test_one_spelling_of_a_number_is_one_run() -> None:
    made = ablation(vary="none", sweep=("lam=0.50,.5,5e-1", "batch_size=64"))
    assert rows(specs(made, seeds=1), PEN) == ["AWAC", "AWAC lam=0.5", "AWAC batch_size=64"]


def test_components_can_be_swept_and_variants_be_the_reference() -> None:
    made = ablation(reference="AWAC[batch]", sweep=("value=PolicySamples,PolicyMode",))
    assert rows(specs(made, seeds=1), PEN) == ["AWAC[batch]", "AWAC[batch] value=PolicyMode"]


def test_what_a_swept_component_resets_beside_it_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ablation(vary="none", sweep=("critic=ExpectileTD",))
    assert capsys.readouterr().out.startswith(
        "AWAC: --sweep critic=ExpectileTD also sets clamp=NoClamp(), which was ClampTarget("
    )


def test_methods_name_rows_and_the_reference_is_there_without_being_named() -> None:
    made = ablation(methods=("AWAC[no-clip]",), sweep=("none",))
    assert rows(specs(made, seeds=1), PEN) == ["AWAC", "AWAC[no-clip]"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"vary": "critc"}, r"--vary critc: AWAC has no variant of that; did you mean critic"),
        ({"vary": "clamp,optimizer"}, r"--vary optimizer: AWAC has no variant of that"),
        ({"reference": "AWACC"}, r"--reference: unknown method 'AWACC'; did you mean AWAC"),
        ({"sweep": ("lamb=1,2",)}, r"lamb: no such hyperparameter; did you mean lam"),
        ({"sweep": ("lam=0.1,high",)}, r"--sweep objective.weights.shape.lam=high: expected float"),
        ({"sweep": ("lam",)}, r"--sweep 'lam': expected key=value,value"),
        ({"sweep": ("lam=",)}, r"--sweep 'lam=': expected key=value,value"),
        ({"sweep": ("lam=1",), "set": ("weights.shape.lam=2",)}, r"--sweep lam: --set gives it"),
        ({"set": ("weights.shape.lam=2",)}, r"--sweep lam: --set gives it"),
        ({"methods": ("BC",)}, r"--methods BC: not a variant of AWAC; --reference BC varies"),
        ({"methods": ("AWAC",), "vary": "clamp"}, r"--vary clamp: not with --methods"),
    ],
)
def test_what_is_misspelt_or_contradicts_itself_is_refused(
    options: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        ablation(**options)


def test_dry_run_names_every_row_and_writes_nothing(script: Run, tmp_path: Path) -> None:
    result = script(
        "ablations.py",
        "--dry-run",
        "--out",
        str(tmp_path / "out"),
        "--envs",
        PEN,
        "--vary",
        "clamp,data",
        "--sweep",
        "lam=0.3,1",
        "--seeds",
        "2",
    )
    assert result.returncode == 0, result.stderr
    for text in ("10 runs", "AWAC[no-clamp]", "AWAC[scratch]", "none", "AWAC lam=1", "2 pending"):
        assert text in result.stdout, text
    assert not (tmp_path / "out").exists()


def test_refusal_is_one_line(script: Run) -> None:
    result = script("ablations.py", "--dry-run", "--vary", "critc")
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1 and "did you mean critic" in result.stderr


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Path:
    """AWAC, one variant and one lambda on the pen, as small as can be."""
    shorter = TINY | {"offline_steps": "20", "online_steps": "200", "dense_until": "0"}
    settings = [part for k, v in shorter.items() for part in ("--set", f"{k}={v}")]
    settings += ["--methods", "AWAC[no-clamp]", "--sweep", "lam=0.3,1", "--cluster", "inline"]

    def make(out: Path) -> None:
        arguments = ["--envs", PEN, "--out", str(out), *settings]
        result = run("ablations.py", *arguments, env=environment(shared_cache), timeout=PATIENCE_S)
        assert result.returncode == 0, result.stderr

    return once(tmp_path_factory, "ablations", make)


def test_small_grid_is_run_collected_and_drawn(grid: Path) -> None:
    with (grid / "ablations.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    variants = {row["variant"] for row in table}
    assert len(variants) == 3 and {row["status"] for row in table} == {"done"}
    assert sum(text.startswith("no-clamp,") for text in variants) == 1
    assert sum("lam=1" in text.split(",") for text in variants) == 1
    assert (grid / "ablations.png").exists() and (grid / "ablations.pdf").exists()


def test_plot_only_needs_no_torch_and_no_runs(grid: Path, tmp_path: Path) -> None:
    for name in ("ablations.csv", "ablations.manifest.json"):
        (tmp_path / name).write_text((grid / name).read_text())
    code = (
        "import sys\n"
        f"sys.path.insert(0, {str(REPRODUCE)!r})\n"
        "import ablations\n"
        f"status = ablations.main(['--plot-only', '--out', {str(tmp_path)!r}])\n"
        "assert 'torch' not in sys.modules and 'mujoco' not in sys.modules\n"
        "sys.exit(status)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "ablations.png").read_bytes() == (grid / "ablations.png").read_bytes()
    assert "worth of each exchange" in result.stdout and "AWAC[no-clamp]" in result.stdout
