"""The pages of docs/methods against the code: nothing missing, nothing that is not there."""

from __future__ import annotations

import csv
import dataclasses
import importlib
import inspect
import json
import pkgutil
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

import algorithms
from algorithms.agent import Agent
from algorithms.catalogue.method import Method
from algorithms.catalogue.methods import LATER_WORK, METHODS
from algorithms.catalogue.profiles import PROFILES
from algorithms.catalogue.resolving import base_of, resolve
from algorithms.catalogue.settings import Settings
from algorithms.catalogue.variants import VARIANTS
from algorithms.data.returns import Rollout
from algorithms.types import Batch
from figures.results.schema import RESULTS
from reproduce.specs.presets import PRESETS

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "methods"
SHARED, INDEX = "hyperparameters.md", "README.md"
FILES = {name: name.lower().replace("+", "-") + ".md" for name in METHODS}
SAME, ABSENT = "", "–"
CODE, DISPLAY, INLINE = r"`([^`]+)`", r"\$\$.*?\$\$", r"\$[^$]*\$"

LAMBDA = "objective.weights.shape.lam"
EVERY_METHOD = pytest.mark.parametrize("name", METHODS)
EVERY_ROW = pytest.mark.parametrize("profile", PROFILES)
EVERY_PAGE = pytest.mark.parametrize("file", [SHARED, INDEX, *FILES.values()])


# Pages


@cache
def page(file: str) -> str:
    return (PAGES / file).read_text(encoding="utf-8")


def section(file: str, title: str) -> str:
    parts = re.split(r"^## ", page(file), flags=re.MULTILINE)
    found = [part for part in parts if part.split("\n", 1)[0] == title]
    assert len(found) == 1, f"{file}: {len(found)} sections '{title}'"
    return found[0]


def tables(text: str) -> list[list[list[str]]]:
    """The tables of a text, each a list of rows of cells, the header first."""
    blocks = re.findall(r"(?:^\|.*\n?)+", text, flags=re.MULTILINE)
    result = []
    for block in blocks:
        lines = [line.strip().strip("|") for line in block.strip().split("\n")]
        rows = [[cell.strip() for cell in line.split("|")] for line in lines]
        assert len({len(row) for row in rows}) == 1, f"a bar inside a cell: {block}"
        result.append([rows[0], *rows[2:]])
    return result


def code(cell: str) -> str:
    """The one identifier in a cell; an empty cell and a dash as they are."""
    if cell in (SAME, ABSENT):
        return cell
    (name,) = re.findall(CODE, cell)
    assert isinstance(name, str)
    return name


HEADERS = (
    ["path", "`paper`", "`released`", "what it does", "file"],
    ["path", "`paper`", "`released`", "source, and why"],
    ["column", "meaning"],
    ["variant", "as `--set`", "what it shows"],
)


def keyed(file: str, *titles: str) -> dict[str, list[str]]:
    """First cell -> the other cells, of the first table of each section."""
    rows = []
    for title in titles:
        header, *more = tables(section(file, title))[0]
        assert header in HEADERS, header
        rows += more
    found = {code(row[0]): row[1:4] for row in rows}
    assert len(found) == len(rows), f"{file}: a row twice in {titles}"
    return found


@pytest.mark.parametrize("name", METHODS)
def test_the_file_of_a_component_is_where_its_class_is(name: str) -> None:
    """So that an equation is one hop away."""
    _, *rows = tables(section(FILES[name], "Components"))[0]
    for row in rows:
        classes = [found for cell in row[1:3] for found in re.findall(CODE, cell)]
        files = dict.fromkeys(file_of(found) for found in classes)
        expected = ", ".join(f"[{file}](../../algorithms/{file})" for file in files)
        assert row[4] == expected, f"{FILES[name]}: {row[0]}"


def file_of(name: str) -> str:
    """Below `algorithms/`, of the class `name`."""
    (found,) = {
        kind.__module__
        for module in pkgutil.walk_packages(algorithms.__path__, "algorithms.")
        for kind in vars(importlib.import_module(module.name)).values()
        if inspect.isclass(kind) and kind.__name__ == name
    }
    return found.removeprefix("algorithms.").replace(".", "/") + ".py"


def documented(name: str) -> dict[str, list[str]]:
    """Path -> [value in paper, value in released, why], shared page and method's page together."""
    shared = keyed(SHARED, "Hyperparameters", "Schedule")
    return shared | keyed(FILES[name], "Components", "Hyperparameters")


def value_cell(cells: list[str], profile: str) -> str:
    paper, released = code(cells[0]), code(cells[1])
    assert paper != SAME, "the column `paper` is never empty"
    return released if profile == "released" and released != SAME else paper


def states(settings: Settings, path: str, text: str) -> bool:
    """Whether `text` is what `--set` takes for the value that `path` has now."""
    value = settings.paths()[path]
    if dataclasses.is_dataclass(value):
        return text == type(value).__name__
    return settings.assign(f"{path}={text}") == settings


# What the code does


TINY = {
    "policy_hidden": (8,),
    "q_hidden": (8,),
    "behavior.vae_hidden": (8,),
    "critic.hidden": (8,),
    "critic.critic_steps": 1,
    "critic.actor_steps": 1,
    "constraint.warm_start_steps": 1,
}


def batch(size: int, seed: int) -> Batch:
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> torch.Tensor:
        return torch.rand(*shape, generator=generator) * 2 - 1

    return Batch(
        draw(size, 3),
        draw(size, 2),
        draw(size),
        torch.ones(size),
        draw(size, 3),
        returns=draw(size),
        targets=draw(size),
        advantages=draw(size),
    )


def rollout(seed: int) -> Rollout:
    drawn = batch(5, seed)
    return Rollout(drawn.observations, drawn.actions, drawn.rewards, terminated=False)


@cache
def metrics(name: str, profile: str) -> frozenset[str]:
    """Everything that tiny updates of a row or variant report, in each of its phases."""
    settings = resolve(name, profile=profile, preset=TINY)
    agent = Agent(settings.method, settings.config, 3, 2, seed=0)
    found: set[str] = set()
    if settings.method.initialisation.cloning_steps:
        found |= set(agent.imitate(batch(6, 0)))
    if agent.episodes_per_improvement:
        return frozenset(found | set(agent.improve([rollout(1), rollout(2)], batch(6, 0))))
    for seed in range(3):
        found |= set(agent.update(batch(6, seed), batch(6, 10 + seed)))
    return frozenset(found)


def variants_of(name: str) -> list[str]:
    return [variant for variant in VARIANTS if base_of(variant) == name]


def all_metrics(name: str) -> set[str]:
    rows = (name, *variants_of(name))
    return {metric for row in rows for profile in PROFILES for metric in metrics(row, profile)}


def all_paths(name: str) -> set[str]:
    rows = (name, *variants_of(name))
    return {path for r in rows for p in PROFILES for path in resolve(r, profile=p).paths()}


@cache
def names_in_code() -> frozenset[str]:
    modules = [
        importlib.import_module(module.name)
        for module in pkgutil.walk_packages(algorithms.__path__, "algorithms.")
    ]
    return frozenset(name for module in modules for name in vars(module) if name[0] != "_")


@cache
def columns_of_results() -> frozenset[str]:
    schema = json.loads(
        (ROOT / "figures" / "results" / "results.schema.json").read_text(encoding="utf-8")
    )
    return frozenset(field["name"] for field in schema["fields"])


# Tests


def test_index_lists_every_page_with_one_line_and_no_other() -> None:
    linked = re.findall(r"^- \[(.+?)\]\((.+?)\): \S", page(INDEX), flags=re.MULTILINE)
    assert dict(linked) == FILES and len(linked) == len(FILES)
    assert {path.name for path in PAGES.iterdir()} == {SHARED, INDEX, *FILES.values()}


@EVERY_METHOD
def test_page_is_named_after_the_method_and_later_work_is_marked(name: str) -> None:
    assert page(FILES[name]).startswith(f"# {name}\n")
    mark = "**Later work: not in the paper.**"
    assert (mark in page(FILES[name])) == (name in LATER_WORK)
    later = page(INDEX).partition("Later work, not in the paper")[2]
    assert (f"[{name}]" in later) == (name in LATER_WORK)


@EVERY_ROW
@EVERY_METHOD
def test_every_path_is_documented_with_its_value(name: str, profile: str) -> None:
    settings, rows = resolve(name, profile=profile), documented(name)
    missing = set(settings.paths()) - set(rows)
    assert not missing
    wrong = {
        path: (text, settings.paths()[path])
        for path in settings.paths()
        if not states(settings, path, text := value_cell(rows[path], profile))
    }
    assert not wrong
    for path, cells in rows.items():
        absent = value_cell(cells, profile) == ABSENT
        assert absent == (path not in settings.paths()), f"{path}: {cells}"
        assert cells[2], f"{path} without source or reason"


@EVERY_METHOD
def test_no_row_names_a_path_that_neither_profile_has(name: str) -> None:
    known = {path for profile in PROFILES for path in resolve(name, profile=profile).paths()}
    assert set(documented(name)) <= known


@EVERY_METHOD
def test_components_are_in_their_table_and_numbers_in_the_other(name: str) -> None:
    components = keyed(FILES[name], "Components")
    # by task or purpose, not by method
    shared = {"goals", "reward_scaling", "annealing", "observations"}
    assert {field.name for field in dataclasses.fields(Method)} - shared <= set(components)
    assert shared <= set(keyed(SHARED, "Hyperparameters"))
    for profile in PROFILES:
        for path, value in resolve(name, profile=profile).paths().items():
            if path in documented(name) and "." in path:
                assert (path in components) == dataclasses.is_dataclass(value), path


@EVERY_METHOD
def test_logged_metrics_are_those_of_the_updates(name: str) -> None:
    rows = keyed(FILES[name], "Logged metrics")
    assert set(rows) == all_metrics(name)
    assert all(meaning for (meaning,) in rows.values())


@EVERY_METHOD
def test_a_metric_that_only_variants_have_says_whose_it_is(name: str) -> None:
    own = {metric for profile in PROFILES for metric in metrics(name, profile)}
    for metric, (meaning,) in keyed(FILES[name], "Logged metrics").items():
        having = {v for v in variants_of(name) for p in PROFILES if metric in metrics(v, p)}
        if metric not in own:
            assert set(re.findall(CODE, meaning.partition(": ")[0])) == having, metric


def in_numbers(text: str, name: str, profile: str) -> str:
    """`lam` as a value, or `20/3*lam`, is of the method's own lambda, which its profile decides."""
    path, separator, value = text.rpartition("=")
    if not (found := re.fullmatch(r"(?:(\d+)/(\d+)\*)?lam", value)):
        return text
    factor = int(found[1]) / int(found[2]) if found[1] else 1.0
    return path + separator + str(factor * resolve(name, profile=profile).paths()[LAMBDA])


WRAPPED = "none: `Mixed` around the row's own objective"


@EVERY_METHOD
def test_variants_are_those_of_the_registry_as_set_makes_them(name: str) -> None:
    if not variants_of(name):
        assert "None in the registry." in section(FILES[name], "Variants")
        return
    rows = keyed(FILES[name], "Variants")
    assert list(rows) == variants_of(name)
    for variant, (assignments, shows) in rows.items():
        assert shows
        if assignments == WRAPPED:
            for profile in PROFILES:
                inner = resolve(variant, profile=profile).method.objective.improvement
                assert inner == resolve(name, profile=profile).method.objective
            continue
        changes = re.findall(CODE, assignments)
        for profile in PROFILES:
            settings = tuple(in_numbers(text, name, profile) for text in changes)
            made = resolve(name, profile=profile, settings=settings)
            assert made == resolve(variant, profile=profile), f"{variant} in {profile}"


@EVERY_METHOD
def test_paths_that_only_variants_have_are_documented_with_their_value(name: str) -> None:
    found: dict[tuple[str, str], str] = {}
    for _, *rows in tables(section(FILES[name], "Variants"))[1:]:
        for path, value, variants, why in rows:
            assert why
            for variant in re.findall(CODE, variants):
                assert (variant, code(path)) not in found
                found[variant, code(path)] = code(value)
    expected: set[tuple[str, str]] = set()
    for variant in variants_of(name):
        for profile in PROFILES:
            base, settings = resolve(name, profile=profile), resolve(variant, profile=profile)
            for path, value in settings.paths().items():
                own = path.replace("objective.improvement.", "objective.", 1)  # where it is wrapped
                if {path, own} & set(base.paths()) or dataclasses.is_dataclass(value):
                    continue
                expected.add((variant, path))
                assert (variant, path) in found
                value = in_numbers(found[variant, path], name, profile)
                assert states(settings, path, value), (variant, path)
    assert set(found) == expected


def test_presets_table_is_that_of_the_grid() -> None:
    (header, *rows), *_ = tables(section(SHARED, "Presets"))
    assert [code(cell) for cell in header[1:]] == list(PRESETS)
    found: dict[str, dict[tuple[str, str], str]] = {name: {} for name in PRESETS}
    for first, *cells in rows:
        row_of = first.partition(":")[0] if ":" in first else ""
        for name, cell in zip(PRESETS, cells, strict=True):
            if cell:
                method = "≤" if cell.startswith("≤") else row_of
                found[name][method, code(first)] = code(cell)
    for name, preset in PRESETS.items():
        expected = {("", path): value for path, value in preset.settings.items()} | {
            (method, path): value
            for part in (
                preset.methods,
                preset.domains,
                preset.tasks,
                {", ".join(keys): values for keys, values in preset.data.items()},
                {", ".join(keys): values for keys, values in preset.there.items()},
            )
            for method, values in part.items()
            for path, value in values.items()
        }
        expected |= {("≤", path): bound for path, bound in preset.at_most.items()}
        assert set(found[name]) == set(expected)
        for key, value in expected.items():
            assert_is_value(found[name][key], value)
        assert f"{preset.seeds} in `{name}`" in " ".join(section(SHARED, "Presets").split())


def assert_is_value(text: str, value: Any) -> None:
    shown = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
    assert text == shown


def test_every_column_of_the_committed_csv_is_documented() -> None:
    """And no column that no file has; metrics are on the methods' pages."""
    with (ROOT / "results" / "earlier" / "small" / "figure1.csv").open(newline="") as file:
        columns = set(next(csv.reader(file)))
    common = set(keyed(SHARED, "Columns of every row"))
    known = {metric for name in METHODS for metric in all_metrics(name)}
    assert not columns - known - common
    assert common <= set(RESULTS.names)
    assert not {name for name in common - columns if not RESULTS[name].optional}
    assert not common & known


@EVERY_PAGE
def test_every_identifier_on_a_page_exists(file: str) -> None:
    methods = [name for name in METHODS if FILES[name] == file] or list(METHODS)
    paths = {path for name in methods for path in all_paths(name)}
    known = {
        *paths,
        *(path[i + 1 :] for path in paths for i, c in enumerate(path) if c == "."),
        *(metric for name in methods for metric in all_metrics(name)),
        *keyed(SHARED, "Columns of every row"),
        *METHODS,
        *VARIANTS,
        *PROFILES,
        *PRESETS,
        *names_in_code(),
        *columns_of_results(),
        "--set",
    }
    unknown = [
        token
        for token in re.findall(CODE, without_values(page(file)))
        if token not in known and not stands_for_something(token, methods)
    ]
    assert not unknown


def without_values(text: str) -> str:
    """The page less the cells that other tests compare with the code."""
    lines = []
    presets = False
    for line in text.split("\n"):
        presets = line == "## Presets" if line.startswith("## ") else presets
        cells = line.strip("|").split("|")
        if line.startswith("|") and presets:
            line = cells[0]
        elif line.startswith("|") and len(cells) == 3:  # variants: the assignments
            line = cells[0] + cells[2]
        elif line.startswith("|") and len(cells) == 4:  # values
            line = cells[0] + cells[3]
        lines.append(line)
    return "\n".join(lines)


def stands_for_something(token: str, methods: list[str]) -> bool:
    """A change by `--set`, `preset: path=value`, a command, or a file."""
    if token.startswith("--set "):
        changes = tuple(token.split()[1::2])
        return bool([resolve(name, settings=changes) for name in methods])
    preset, separator, claim = token.partition(": ")
    if separator and preset in PRESETS:
        path, _, text = claim.partition("=")
        for name in methods:
            settings = resolve(name, preset=PRESETS[preset].of(name, "hand"))
            assert path not in settings.paths() or states(settings, path, text), token
        return any(path in PRESETS[preset].of(name, "hand") for name in methods)
    return (ROOT / token.removeprefix("python ").split()[0]).is_file()


@EVERY_PAGE
def test_links_lead_somewhere(file: str) -> None:
    targets = re.findall(r"\]\(([^)]+)\)", page(file))
    if file in FILES.values():  # its table of components links to their code
        assert any(target.startswith("../../algorithms/") for target in targets)
    for target in targets:
        assert (PAGES / target).is_file(), target


@EVERY_PAGE
def test_mathematics_is_what_github_renders(file: str) -> None:
    text = re.sub(CODE, "", page(file))
    for line in text.split("\n"):
        assert line.replace("$$", "").count("$") % 2 == 0, f"a formula is broken in two: {line}"
    formulas = re.findall(DISPLAY, text, flags=re.DOTALL)
    formulas += re.findall(INLINE, re.sub(DISPLAY, "", text, flags=re.DOTALL))
    for formula in formulas:
        assert formula.count("{") == formula.count("}"), formula
        assert formula.count(r"\left") - formula.count(r"\leftarrow") == formula.count(r"\right")
        # a backslash before punctuation is taken by Markdown, \operatorname is not allowed
        assert not re.search(r"\\[^a-zA-Z]|\\operatorname", formula), formula


ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("package", ["algorithms", "figures", "reproduce"])
def test_the_architecture_names_every_room(package: str) -> None:
    rooms = [path.parent.name for path in (ROOT / package).glob("*/__init__.py")]
    named = {
        found.removeprefix("figures/")
        for found in re.findall(r"^\| `([\w/]+)/`", ARCHITECTURE, re.M)
    }
    assert rooms and set(rooms) <= named


def test_the_architecture_names_every_file_at_the_top_of_algorithms() -> None:
    files = {path.name for path in (ROOT / "algorithms").glob("*.py")} - {"__init__.py"}
    assert files - set(re.findall(CODE, ARCHITECTURE)) == set()


def test_what_the_architecture_follows_is_in_the_files_that_it_names() -> None:
    section = ARCHITECTURE.partition("## Follow one result row")[2].partition("\n## ")[0]
    steps = re.findall(r"`([\w.]+)`\s+\(`([\w/]+\.py)`", section)
    assert {file.partition("/")[0] for _, file in steps} == {"algorithms", "reproduce", "figures"}
    for name, file in steps:
        last = name.rpartition(".")[2]
        text = (ROOT / file).read_text(encoding="utf-8")
        assert re.search(rf"^ *(def|class) {last}\b", text, re.M), f"{file} has no {name}"


def test_every_file_of_the_architecture_is_there() -> None:
    """From the root, or somewhere in a package."""
    packages = ("algorithms", "envs", "figures", "reproduce")
    found = re.findall(r"`([\w/]+\.py)`", ARCHITECTURE)
    assert len(found) > 10
    for name in found:
        assert (ROOT / name).is_file() or any(list((ROOT / p).rglob(name)) for p in packages), name
