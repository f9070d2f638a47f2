"""A run is its configuration, not the text that was typed: any spelling has one identity."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from algorithms.catalogue.settings import Settings, replace_path
from figures.labels import split_registered
from reproduce.commandline.options import RunOptions
from reproduce.run import _asked_for, main
from reproduce.runs.collect import collect, recorded
from reproduce.runs.resolved import one_spelling, resolved
from reproduce.specs.grid import RunSpec
from reproduce.specs.presets import PRESETS
from tests.reproduce.test_collect import make_run, spec, without_folders

RESULTS = Path(__file__).parents[2] / "results"
AWAC = RunSpec("small", "paper", "pen-binary-v0", "AWAC", 0, "human")
ROWS = [
    AWAC,
    replace(AWAC, profile="released"),
    replace(AWAC, env="HalfCheetah-v2", data="expert", labels="stored"),
    replace(AWAC, method="SAC+BC", preset="quick"),
    replace(AWAC, method="ABM-MPO", named="exponential"),
    replace(AWAC, method="TD3+BC"),
]
SWAPS = [
    ("objective.value", "PolicyMode"),
    ("objective.weights.normalisation", "BatchMean"),
    ("objective.weights.shape", "Indicator"),
    ("policy", "SquashedGaussian"),
    ("critic.clamp", "ClampTarget"),
    ("critic.clamp", "ClampOutput"),
    ("critic.ensemble", "SoftClipped"),
    ("annealing", "LinearDecay"),
    ("optimizer", "MomentumSGD"),
]


def made(spec: RunSpec, *texts: str) -> RunSpec:
    return one_spelling(replace(spec, settings=texts))


@pytest.mark.parametrize(
    "texts",
    [
        ("lam=0.5",),
        ("lam=.5",),
        ("lam=0.50",),
        ("lam=5e-1",),
        ("lam = 0.5 ",),
        ("lam=+0.5",),
        ("shape.lam=0.5",),
        ("objective.weights.shape.lam=0.5",),
        ("lam=0.5", "lam=0.5"),
        ("lam=0.5", "weights.shape.lam=.5"),
        ("lam=0.5", "tau=0.005"),
        ("cap=100", "lam=0.5"),
        ("shape=Exponential", "lam=0.5", "cap=1e2"),
        ("batch_size=0x80", "lam=0.5"),
        ("q_hidden=(128, 128)", "lam=0.5"),
        ("lam=0.5", "clamp.low=-1e2", "clamp.high=-0"),
    ],
)
def test_one_configuration_is_one_folder_and_one_label(texts: tuple[str, ...]) -> None:
    assert made(AWAC, *texts) == replace(AWAC, settings=("lam=0.5",))


@pytest.mark.parametrize(
    "texts",
    [
        (),
        ("lam=0.3",),
        ("tau=5e-3",),
        ("batch_size=128",),
        ("online_steps=40_000",),
        ("value=PolicySamples",),
        ("precision=float32",),
        ("q_hidden=128,128",),
        ("clamp=ClampTarget",),
    ],
)
def test_what_the_row_has_anyway_adds_nothing(texts: tuple[str, ...]) -> None:
    """As profile, variant and preset have it: batch size and steps are the preset's."""
    assert made(AWAC, *texts) == AWAC
    assert made(replace(AWAC, preset="paper"), "batch_size=128").variant == "batch_size=128"


@pytest.mark.parametrize(
    ("texts", "both"),
    [
        (("lam=0.7", "lam=0.5"), "0.7 and as 0.5"),
        (("lam=0.5", "objective.weights.shape.lam=.7"), "0.5 and as .7"),
        (("value=PolicySamples", "objective.value=NoBaseline"), "PolicySamples and as NoBaseline"),
        (("q_hidden=16", "q_hidden=16,16"), "16 and as 16,16"),
    ],
)
def test_conflicting_repeats_are_refused(
    texts: tuple[str, ...], both: str, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = [part for text in texts for part in ("--set", text)]
    assert main(["--data", "embedded", "--dry-run", *typed]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert f"given twice, as {both}" in error


def test_a_flag_and_the_setting_it_stands_for_are_one() -> None:
    typed = RunOptions(data="embedded", precision="bf16", set=("precision=bfloat16",))
    spec = _asked_for(typed)
    assert spec is not None
    assert spec.variant == "precision=bfloat16"
    with pytest.raises(ValueError, match="given twice, as float32 and as bfloat16"):
        _asked_for(replace(typed, set=("precision=float32",)))


def test_a_run_of_the_command_line_is_at_the_place_of_its_configuration() -> None:
    def folder(*texts: str) -> Path:
        spec = _asked_for(RunOptions(data="embedded", set=texts))
        assert spec is not None
        return spec.folder(Path("out"))

    assert folder("lam=.50", "tau=0.005") == folder("objective.weights.shape.lam=5e-1")
    assert folder("lam=0.3") == folder()


def test_a_swap_is_told_with_the_numbers_that_differ_from_the_new_component() -> None:
    mode = replace(AWAC, named="V-mode")
    assert made(mode, "samples=4", "value=PolicySamples").settings == (
        "samples=4",
        "value=PolicySamples",
    )
    assert made(mode, "samples=1", "value=PolicySamples").settings == ("value=PolicySamples",)
    # the row's own class, whose own numbers a fresh one does not have
    brac = replace(AWAC, method="BRAC")
    assert made(brac, "constraint=KLPenalty") == made(brac, "warm_start_steps=0")


def test_keys_are_as_short_as_they_can_be_and_no_shorter() -> None:
    prior = replace(AWAC, named="prior-actions")
    assert made(prior, "policy.log_std_max=1").variant == "prior-actions,policy.log_std_max=1"
    inner = made(prior, "behavior.policy.log_std_max=1")
    assert inner.settings == ("behavior.policy.log_std_max=1",)


def leaves(settings: Settings) -> list[tuple[str, Any]]:
    numbers = (int, float, tuple)
    return [(path, v) for path, v in settings.paths().items() if isinstance(v, numbers)]


@st.composite
def configurations(draw: st.DrawFn) -> tuple[RunSpec, list[tuple[str, Any]]]:
    """A row, and (path, value) to be set: swaps first, then numbers of what there is then."""
    spec = draw(st.sampled_from(ROWS))
    after, chosen = resolved(spec).settings, []
    for path, name in draw(st.lists(st.sampled_from(SWAPS), max_size=3, unique_by=lambda s: s[0])):
        if path in after.paths():
            try:
                after = after.assign(f"{path}={name}")
            except ValueError:
                continue
            chosen.append((path, name))
    for path, value in draw(st.lists(st.sampled_from(leaves(after)), max_size=4, unique=True)):
        new: Any = value
        if isinstance(value, bool):
            new = draw(st.booleans())
        elif isinstance(value, float):
            new = draw(st.sampled_from([value, 0.5 * value, 2.0 * value, 0.1, -0.0, 1 / 3]))
        elif isinstance(value, int):
            new = draw(st.sampled_from([value, 2 * value, 1, 1_000]))
        else:
            new = draw(st.sampled_from([value, (16,), (16, 32)]))
        try:
            replace_path(after, path, new)
        except ValueError:
            continue
        chosen.append((path, new))
    return spec, chosen


def text_of(value: Any, draw: st.DrawFn) -> str:
    """One of the ways to write a value."""
    if isinstance(value, (str, bool)):
        return str(value)
    if isinstance(value, float):
        ways = [repr(value), f"{value:.17e}", f"{value:.17E}", f" {value!r} "]
        ways += [f"+{value!r}"] * (value > 0) + [repr(value) + "0"] * ("." in repr(value)[-3:])
        ways += [repr(value)[1:]] * repr(value).startswith("0.")
    elif isinstance(value, int):
        ways = [str(value), f"{value:_}", hex(value), f" {value}"]
    else:
        inner = ", ".join(map(str, value))
        ways = [inner.replace(" ", ""), inner, f"({inner},)", f"{inner},"]
    return draw(st.sampled_from(ways))


@st.composite
def spellings(draw: st.DrawFn) -> tuple[RunSpec, list[str], list[str]]:
    """A row, and two lists of texts that set the same."""
    spec, chosen = draw(configurations())
    plain = [f"{path}={text_of(value, lambda s: draw(s))}" for path, value in chosen]  # type: ignore[arg-type]
    before = resolved(spec).settings
    try:
        after = before.assign(*plain)
    except ValueError:  # values of one component that exclude each other
        assume(False)
        raise
    other = []
    for path, value in chosen * draw(st.integers(1, 2)):
        parts = path.split(".")
        keys = [".".join(parts[-n:]) for n in range(1, len(parts) + 1)]
        meant = [k for k in keys if all(s.matches(k) in ((path,), ()) for s in (before, after))]
        meant = [k for k in meant if after.matches(k) == (path,)] or [path]
        other.append(f"{draw(st.sampled_from(meant))} = {text_of(value, lambda s: draw(s))}")  # type: ignore[arg-type]
    return spec, plain, draw(st.permutations(other))


@hypothesis_settings(max_examples=40)
@given(spellings())
def test_any_spelling_has_one_identity(case: tuple[RunSpec, list[str], list[str]]) -> None:
    spec, plain, other = case
    try:
        one = made(spec, *plain)
        identity = resolved(one).identity
    except ValueError as error:  # components that do not fit: then in no spelling
        with pytest.raises(ValueError, match=re.escape(str(error))):
            resolved(made(spec, *other))
        return
    assert made(spec, *other) == one
    assert one_spelling(one) == one
    assert resolved(one).identity["hyperparameters"] == identity["hyperparameters"]
    assert resolved(one).settings == resolved(replace(spec, settings=tuple(other))).settings
    unchanged = resolved(one).settings == resolved(spec).settings
    assert unchanged == (one.settings == ())


@pytest.mark.parametrize("name", ["AWAC[scratch]", "AWAC[push-scratch]", "SAC[no-data]"])
def test_a_variant_that_learns_alone_gets_no_data(name: str) -> None:
    method, named = split_registered(name)
    one = RunSpec("small", "paper", "SawyerPush-v0", method, 0, "random", named=named)
    assert one_spelling(one).data == "none"


@pytest.mark.parametrize("method", ["RLPD", "AWAC"])
def test_random_actions_at_first_are_no_reason_to_drop_the_data(method: str) -> None:
    """RLPD begins so, and has half of every batch from the prior data."""
    one = made(
        RunSpec("small", "paper", "pen-binary-v0", method, 0, "embedded"),
        "pretraining=RandomActionsFirst",
        "learning_starts=5000",
    )
    assert one.data == "embedded"
    assert resolved(one).settings.method.pretraining.random_start


def test_committed_runs_keep_their_identity() -> None:
    """Those of the presets: studies were spelled against what the preset was before they ended."""
    every = sorted(RESULTS.glob("*/*.manifest.json"))
    manifests = [path for path in every if path.parent.name.partition("-")[0] in PRESETS]
    assert manifests
    for path in manifests:
        for entry in json.loads(path.read_text()):
            stored = entry["identity"]["spec"]
            spec = RunSpec(**stored | {"settings": tuple(stored["settings"])})
            assert one_spelling(spec) == spec
            assert spec.variant == entry["variant"]


def test_a_run_of_the_table_is_found_in_any_spelling(tmp_path: Path) -> None:
    one = one_spelling(spec(0, settings=("lam = .50",)))
    make_run(tmp_path, one, value=-10.0, done=True)
    collect("figure1", [one], tmp_path)
    without_folders(tmp_path)
    other = one_spelling(spec(0, settings=("objective.weights.shape.lam=5e-1",)))
    assert recorded("figure1", [other], tmp_path) == {one}
