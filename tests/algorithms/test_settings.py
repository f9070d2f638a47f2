"""`--set key=value`: every hyperparameter by its shortest name, and errors that help."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import cast

import pytest

from algorithms.catalogue.method import Method
from algorithms.catalogue.methods import METHODS
from algorithms.catalogue.resolving import resolve
from algorithms.catalogue.settings import Settings, also_changed, describe, replace_path
from algorithms.config import Hyperparameters
from algorithms.critics.ensembles import ClampOutput, ClampTarget, NoClamp
from algorithms.objectives.temperature import FixedTemperature
from algorithms.objectives.values import PolicySamples
from algorithms.objectives.weights import BatchMean, Exponential, Indicator
from algorithms.policies.squashed import SquashedGaussian


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("lam=1", "objective.weights.shape.lam", 1.0),
        ("shape.lam = 0.7", "objective.weights.shape.lam", 0.7),
        ("objective.weights.shape.clip=inf", "objective.weights.shape.clip", math.inf),
        ("batch_size=64", "batch_size", 64),
        ("policy_hidden=64,64", "policy_hidden", (64, 64)),
        ("q_hidden=(32, 16)", "q_hidden", (32, 16)),
        ("q_hidden=32", "q_hidden", (32,)),
        ("tau=1e-2", "tau", 0.01),
        ("precision=bfloat16", "precision", "bfloat16"),
        ("members=5", "critic.members", 5),
        ("normalisation=BatchMean", "objective.weights.normalisation", BatchMean()),
        ("shape=Indicator", "objective.weights.shape", Indicator()),
        ("clamp=NoClamp", "critic.clamp", NoClamp()),
        ("clamp=ClampOutput", "critic.clamp", ClampOutput()),
        ("policy=SquashedGaussian", "policy", SquashedGaussian()),
        ("value=PolicySamples", "objective.value", PolicySamples()),
    ],
)
def test_assignments(text: str, path: str, value: object) -> None:
    before = resolve("AWAC")
    after = before.assign(text)
    assert after.paths()[path] == value
    assert type(after.paths()[path]) is type(value)
    related = {
        p for p in {**before.paths(), **after.paths()} if p.startswith(path) or path.startswith(p)
    }
    for other, present in before.paths().items():  # and nothing else has changed
        assert other in related or after.paths()[other] == present


def test_components_are_chosen_before_their_values_whatever_the_order() -> None:
    settings = resolve("AWAC", settings=("value=PolicySamples", "samples=4"))
    assert settings.paths()["objective.value.samples"] == 4
    assert resolve("AWAC", settings=("samples=4", "value=PolicySamples")) == settings
    low = resolve("AWAC", settings=("clamp.low=-150", "clamp=ClampTarget"))
    assert low.paths()["critic.clamp.low"] == -150  # a swap after it would reset it to -100
    with pytest.raises(ValueError, match="no such hyperparameter"):
        resolve("AWAC[V-mode]", settings=("samples=4",))


def test_settings_are_values() -> None:
    settings = resolve("AWAC")
    settings.assign("lam=9")
    settings.assign("batch_size=9")
    assert settings == resolve("AWAC")
    assert METHODS["AWAC"].objective.weights.shape.lam == 0.3


@dataclasses.dataclass(frozen=True)
class TwoClamps:
    """No row of the table has two components with one and the same field, so here is one."""

    first: ClampTarget = ClampTarget()
    second: ClampTarget = ClampTarget()


def test_ambiguous_ending_names_the_candidates() -> None:
    settings = Settings(cast(Method, TwoClamps()), Hyperparameters())
    with pytest.raises(ValueError, match=r"--set high: ambiguous.* first\.high, second\.high"):
        settings.assign("high=1")
    assert settings.assign("second.high=1").paths()["second.high"] == 1.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lamda=1", "lamda: no such hyperparameter; did you mean lam"),
        ("batchsize=1", "did you mean .*batch_size"),
        ("policy_lr=1", "no such hyperparameter"),
        ("gamma=1", "no such hyperparameter; it is discount here"),
        ("lr=1", "it is policy_learning_rate or q_learning_rate here"),
        ("beta=1", "it is lam here"),
        ("xyzzyplugh=1", "no such hyperparameter; valid: .*tau"),
        ("lam", "expected key=value"),
        ("lam=fast", "objective.weights.shape.lam=fast: expected float .now 0.3."),
        ("batch_size=1.5", "batch_size=1.5: expected int .now 1024."),
        ("batch_size=True", "expected int"),
        ("batch_size=", "expected int"),
        ("batch_size=__import__('os')", "expected int"),
        ("policy_hidden=64,x", "expected integers, e.g. 256,256"),
        ("policy_hidden=64.5,64", "expected integers"),
        ("policy_hidden=wide", "expected integers"),
        ("precision=float16", "must be one of float32, bfloat16"),
        ("normalisation=BatchMax", "must be one of BatchMean, PartitionFunction, StateMean"),
        ("normalisation=PolicyMode", "must be one of BatchMean, PartitionFunction, StateMean"),
        ("clamp=0", "must be one of ClampOutput, ClampTarget, NoClamp"),
        ("temperature=FixedTemperature", "no such hyperparameter"),  # AWAC has none
    ],
)
def test_errors(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        resolve("AWAC").assign(text)


@pytest.mark.parametrize(
    "text",
    [
        "batch_size=0",
        "offline_steps=-1",
        "collect_steps=0",
        "tau=2.0",
        "discount=1.5",
        "lam=0",
        "lam=nan",
        "members=0",
        "policy_hidden=0,64",
    ],
)
def test_values_out_of_range_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=text.partition("=")[0]):
        resolve("AWAC").assign(text)


def test_temperature_of_the_mixed_objective() -> None:
    settings = resolve(
        "SAC+BC",
        settings=("temperature=FixedTemperature", "temperature.alpha=0.2", "clamp=NoClamp"),
    )
    assert settings.method.objective.improvement.temperature == FixedTemperature(0.2)
    assert settings.method.objective.fixed_alpha == 0.2


def test_replace_path_names_what_is_missing() -> None:
    with pytest.raises(ValueError, match="Exponential has no lamda"):
        replace_path(resolve("AWAC"), "objective.weights.shape.lamda", 1.0)


@pytest.mark.parametrize("name", METHODS)
def test_every_path_leads_back_to_its_value(name: str) -> None:
    settings = resolve(name)
    for path, value in settings.paths().items():
        assert settings.find(path) == path
        assert replace_path(settings, path, value) == settings


@pytest.mark.parametrize("name", METHODS)
def test_description_is_json_and_names_the_components(name: str) -> None:
    description = describe(resolve(name))
    text = json.dumps(description, allow_nan=False)
    assert json.loads(text) == description
    assert description["component"] == "Settings"
    assert description["config"]["policy_hidden"] == [256, 256, 256, 256]
    assert description["method"]["critic"]["component"] == type(METHODS[name].critic).__name__


def test_descriptions_tell_settings_apart() -> None:
    changed = resolve("AWAC").assign("shape=Indicator")
    assert describe(changed) != describe(resolve("AWAC"))
    assert describe(Exponential())["clip"] == "inf"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (("critic=ExpectileTD",), ["critic=ExpectileTD also sets clamp=NoClamp(), which was "
                                   "ClampTarget(low=-100.0, high=0.0)"]),
        (("critic=ExpectileTD", "clamp=ClampTarget", "clamp.low=-100"), []),
        (("critic=ExpectileTD", "clamp=NoClamp"), []),
        (("critic=TD",), ["critic=TD also sets clamp=NoClamp(), which was "
                          "ClampTarget(low=-100.0, high=0.0)"]),
        (("value=PolicyMode",), []),  # they share no field
        (("lam=0.5", "batch_size=64"), []),
    ],
)  # fmt: skip
def test_what_an_exchange_changes_beside_the_component_is_told(
    changes: tuple[str, ...], told: list[str]
) -> None:
    before = resolve("AWAC", domain="hand")
    after = resolve("AWAC", domain="hand", settings=changes)
    assert also_changed(before, after, changes) == told


@pytest.mark.parametrize(
    ("method", "assignments", "message"),
    [
        ("AWAC", ("discount=2",), r"--set discount=2: discount must be at least 0"),
        ("MPO", ("samples=0",), r"--set objective\.actions\.samples=0: samples must be at least 1"),
        (
            "SAC",
            ("log_std_min=3", "log_std_max=1"),
            r"--set policy\.log_std_min=3 --set policy\.log_std_max=1: log_std_min must be at most",
        ),
    ],
)
def test_a_value_out_of_range_is_told_as_it_can_be_typed(
    method: str, assignments: tuple[str, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        resolve(method, settings=assignments)
