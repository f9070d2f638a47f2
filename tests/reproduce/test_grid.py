from __future__ import annotations

from pathlib import Path

import pytest

from algorithms.catalogue.methods import METHODS
from algorithms.catalogue.resolving import resolve
from reproduce.runs.resolved import resolved
from reproduce.specs.grid import Methods, RunSpec
from reproduce.specs.kinds import DataKind
from reproduce.specs.presets import PRESETS, Preset


def runs(methods: tuple[str, ...] = ("AWAC", "BC"), **changes: object) -> list[RunSpec]:
    arguments = {
        "preset": "small",
        "profile": "paper",
        "seeds": None,
        "data": dict.fromkeys(("pen-binary-v0", "door-binary-v0"), ("human", "relabelled")),
        "settings": (),
    }
    return Methods(methods).specs(**(arguments | changes))  # type: ignore[arg-type]


def test_grid_is_tasks_by_methods_by_seeds_with_seeds_outermost() -> None:
    grid = runs()
    assert len(grid) == 5 * 2 * 2 == len(set(grid))
    assert [spec.seed for spec in grid] == [seed for seed in range(5) for _ in range(4)]


def test_the_first_method_is_on_every_task_before_the_second_one_starts() -> None:
    assert [(spec.method, spec.env) for spec in runs(seeds=1)] == [
        (method, env) for method in ("AWAC", "BC") for env in ("pen-binary-v0", "door-binary-v0")
    ]


def test_seeds_option_overrides_the_preset() -> None:
    assert {spec.seed for spec in runs(seeds=5)} == set(range(5))


def test_every_distinct_run_has_its_own_folder() -> None:
    grid = [
        spec
        for settings in ((), ("lam=0.5",), ("lam=0.5", "tau=0.01"))
        for labels in ("relabelled", "stored")
        for profile in ("paper", "released")
        for kind in ("human", "expert")
        for spec in runs(
            settings=settings,
            profile=profile,
            data=dict.fromkeys(("pen-binary-v0", "door-binary-v0"), (kind, labels)),
        )
    ]
    folders = {spec.folder(Path("out")) for spec in grid}
    assert len(folders) == len(set(grid)) == len(grid)


def test_order_of_settings_does_not_make_another_run() -> None:
    one = runs(settings=("lam=0.5", "tau=0.01"))[0]
    other = runs(settings=("tau=0.01", "lam=0.5"))[0]
    assert one.folder(Path()) == other.folder(Path())


@pytest.mark.parametrize("name", PRESETS)
def test_every_key_of_a_preset_is_one_of_some_method(name: str) -> None:
    """A misspelt key would be passed over for every method."""
    preset = PRESETS[name]
    known = {path for method in METHODS for path in resolve(method).paths()}
    assert set(preset.settings) <= known
    for method, values in preset.methods.items():
        assert set(values) <= set(resolve(method).paths())
    for (domain, method), values in preset.there.items():
        assert set(values) <= set(resolve(method, domain=domain).paths())


def test_a_task_with_one_kind_of_data_has_settings_of_its_own() -> None:
    tasks = {"pen-binary-v0": {"tau": 2}, "door-binary-v0": {"tau": 3}}
    of = Preset(1, {"tau": 1}, tasks=tasks, data={("door-binary-v0", "human"): {"tau": 4}}).of
    assert of("SAC", "hand", "door-binary-v0", "human") == {"tau": 4}
    for data in ("", "embedded", "human-recorded"):
        assert of("SAC", "hand", "door-binary-v0", data) == {"tau": 3}
    assert of("SAC", "hand", "pen-binary-v0", "human") == {"tau": 2}


def test_the_clone_of_the_doors_human_demonstrations_is_trained_for_less() -> None:
    def steps(data: DataKind) -> int:
        spec = RunSpec("small", "paper", "door-binary-v0", "AWAC", 0, data)
        return resolved(spec).settings.config.prior_cloning_steps

    assert (steps("human"), steps("embedded")) == (10_000, 30_000)


def test_what_is_laid_over_a_row_in_one_domain_comes_last_and_only_there() -> None:
    of = Preset(
        1,
        {"tau": 1, "discount": 1, "offline_steps": 1},
        domains={"push": {"discount": 2, "offline_steps": 2}},
        methods={"SAC": {"offline_steps": 3}},
        there={("push", "SAC"): {"online_steps": 4, "offline_steps": 4}},
    ).of
    assert of("SAC", "push") == {"tau": 1, "discount": 2, "offline_steps": 4, "online_steps": 4}
    assert of("BC", "push") == {"tau": 1, "discount": 2, "offline_steps": 2}
    assert of("SAC", "hand") == {"tau": 1, "discount": 1, "offline_steps": 3}


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("method", METHODS)
def test_a_preset_reaches_every_method_that_has_the_component(name: str, method: str) -> None:
    values = PRESETS[name].of(method, "hand")
    resolved = resolve(method, preset=values).paths()
    assert all(resolved[key] == value for key, value in values.items() if key in resolved)


def test_variants_have_folders_and_columns_of_their_own() -> None:
    plain, batch = (
        one for one in runs(methods=("AWAC", "AWAC[batch]"), seeds=1) if one.env == "pen-binary-v0"
    )
    assert (plain.method, plain.variant) == ("AWAC", "")
    assert (batch.method, batch.variant, batch.registered) == ("AWAC", "batch", "AWAC[batch]")
    assert plain.folder(Path()) != batch.folder(Path())
    changed = runs(methods=("AWAC[batch]",), seeds=1, settings=("tau=0.01",))[0]
    assert changed.variant == "batch,tau=0.01"


@pytest.mark.parametrize("name", PRESETS)
def test_evaluations_include_start_offline_result_and_end_in_every_preset(name: str) -> None:
    settings = resolve("AWAC", preset=PRESETS[name].settings)
    at = settings.schedule.evaluations(settings.config.offline_steps)
    end = settings.schedule.online_steps
    assert min(at) == -settings.config.offline_steps
    assert 0 in at
    assert max(at) == end


def test_a_method_named_twice_is_run_once() -> None:
    grid = runs(methods=("AWAC", "BC", "AWAC"))
    assert len(grid) == len(set(grid)) == 20
