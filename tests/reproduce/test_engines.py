"""Which engine a run gets: asked for, measured, or the one that it was begun with."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from torch import Tensor, fx
from torch._inductor.runtime.cache_dir_utils import default_cache_dir

from algorithms.agent import Agent
from algorithms.catalogue.methods import METHODS
from algorithms.catalogue.settings import describe
from algorithms.engine.compiled import Compiled
from algorithms.training import Training
from reproduce.commandline.options import EngineChoice
from reproduce.runs import engines
from reproduce.runs.engines import settle, work_of
from reproduce.runs.folder import ConfigurationChanged, RunFolder, differences
from reproduce.runs.plan import Pace
from tests.algorithms.conftest import make_training, tiny_settings
from tests.tiers import tiered


@pytest.mark.parametrize(
    ("given", "expected"),
    [(None, "cache/graphs"), (default_cache_dir(), "cache/graphs"), ("/own", "/own")],
    ids=["unset", "as PyTorch sets it", "of the user's own"],
)
def test_graphs_are_kept_in_the_cache(
    given: str | None, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", given or "")
    if given is None:
        monkeypatch.delenv("TORCHINDUCTOR_CACHE_DIR")
    monkeypatch.chdir(tmp_path)
    engines.use_cache(Path("cache"))
    assert Path(os.environ["TORCHINDUCTOR_CACHE_DIR"]) == tmp_path / expected


class Compiler:
    """Runs graphs as they are captured; counts them."""

    def __init__(self, *, fails: bool = False) -> None:
        self.calls, self.fails = 0, fails

    def __call__(
        self, module: fx.GraphModule, example: Sequence[Tensor], kept: int
    ) -> Callable[..., Any]:
        self.calls += 1
        if self.fails:
            raise RuntimeError("g++: fatal error: no input files\ncompilation terminated")
        return module


@pytest.fixture
def compiler(monkeypatch: pytest.MonkeyPatch) -> Compiler:
    found = Compiler()
    monkeypatch.setattr(engines, "Compiled", functools.partial(Compiled, compile=found))
    monkeypatch.setattr(engines, "has_compiler", lambda: True)
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "unused")
    return found


def training(name: str = "AWAC", online: int = 8) -> Training:
    return make_training(tiny_settings(name, "paper", "offline_steps=8"), online_steps=online)


def record(agent: Agent, cache: Path, eager_s: float, compiled_s: float) -> None:
    """As an earlier run of this shape would have left it."""
    folder = cache / "engine"
    folder.mkdir(parents=True, exist_ok=True)
    pace = {"eager_s": eager_s, "compiled_s": compiled_s}
    (folder / f"{engines._shape(agent)}.json").write_text(json.dumps(pace))


def test_eager_touches_nothing(compiler: Compiler, tmp_path: Path) -> None:
    run = training()
    assert settle(run, "eager", tmp_path) == "eager"
    assert run.agent.compiled is None and compiler.calls == 0 and not any(tmp_path.iterdir())


@pytest.mark.parametrize("wanted", ["auto", "compiled"])
@pytest.mark.parametrize("name", tiered(METHODS, ("AWAC", "BC", "SAC", "DAPG")))
def test_every_method_gets_an_engine_and_goes_on_with_it(
    name: str, wanted: EngineChoice, compiler: Compiler, tmp_path: Path
) -> None:
    """Also those that learn from episodes of their own, whose cloning alone is made of updates."""
    run = training(name)
    found = settle(run, wanted, tmp_path)
    assert (found, run.agent.compiled is None) in (("eager", True), ("compiled", False))
    assert run.run()


def test_compiled_makes_every_graph_before_the_run_starts(
    compiler: Compiler, tmp_path: Path
) -> None:
    run = training("SAC")  # a graph of its cloning too
    assert settle(run, "compiled", tmp_path) == "compiled"
    assert compiler.calls == 2
    assert run.run()
    assert compiler.calls == 2


def test_auto_leaves_a_short_run_alone(compiler: Compiler, tmp_path: Path) -> None:
    run = training()
    assert settle(run, "auto", tmp_path) == "eager"
    assert run.agent.compiled is None and compiler.calls == 0


@pytest.mark.parametrize(
    ("eager_s", "compiled_s", "expected"),
    [(2.0, 1.0, "compiled"), (2.0, 2.0, "eager"), (0.2, 0.1, "eager")],
)
def test_auto_follows_what_was_measured_and_the_length(
    eager_s: float, compiled_s: float, expected: str, compiler: Compiler, tmp_path: Path
) -> None:
    """16 updates save 16 s, nothing, or 1.6 s; a graph from the cache costs 6."""
    run = training()
    record(run.agent, tmp_path, eager_s, compiled_s)
    assert work_of(run).updates == 16
    assert settle(run, "auto", tmp_path) == expected
    assert (run.agent.compiled is not None) == (expected == "compiled")


@pytest.mark.parametrize(("compiled_s", "expected"), [(1.5, "compiled"), (1.75, "eager")])
def test_auto_measures_once_for_all_runs_of_a_shape(
    compiled_s: float,
    expected: str,
    compiler: Compiler,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """16 updates save 8 s or 4 s by the fastest of five turns; a graph from the cache costs 6."""
    monkeypatch.setattr(engines, "COLD_S", -1.0)  # whatever it costs, it repays
    times = {"eager": [3.0, 2.0, 2.5, 2.0, 9.0], "compiled": [compiled_s, 9.0, 9.0, 9.0, 9.0]}
    left = {name: iter(each) for name, each in times.items()}

    def seconds_per_update(agent: Agent) -> float:
        if len(turns) == 0:
            turns.append("estimate")
            return 2.0  # of the eager engine, before it is decided whether to measure at all
        turns.append("eager" if agent.compiled is None else "compiled")
        return next(left[turns[-1]])

    turns: list[str] = []
    monkeypatch.setattr(engines, "seconds_per_update", seconds_per_update)
    first, second = training(), training()
    assert settle(first, "auto", tmp_path) == expected
    assert turns == ["estimate", *["eager", "compiled"] * 5]
    (measured,) = (tmp_path / "engine").glob("*.json")
    assert json.loads(measured.read_text()) == {"eager_s": 2.0, "compiled_s": compiled_s}
    before = measured.stat().st_mtime_ns
    assert settle(second, "auto", tmp_path) == expected
    assert measured.stat().st_mtime_ns == before and len(turns) == 11


def test_failing_compiler_costs_one_line(compiler: Compiler, tmp_path: Path) -> None:
    compiler.fails = True
    run, said = training(), list[str]()
    assert settle(run, "compiled", tmp_path, said.append) == "eager"
    assert run.agent.compiled is None
    assert said == [
        "engine: the update cannot be compiled here (RuntimeError: g++: fatal error: no input "
        "files): eager"
    ]
    assert run.run()


@pytest.mark.parametrize(("wanted", "lines"), [("auto", 0), ("compiled", 1)])
def test_without_a_compiler_nothing_is_tried(
    wanted: Any, lines: int, compiler: Compiler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "has_compiler", lambda: False)
    run, said = training(), list[str]()
    record(run.agent, tmp_path, 2.0, 1.0)
    assert settle(run, wanted, tmp_path, said.append) == "eager"
    assert len(said) == lines and compiler.calls == 0
    assert all("no C++ compiler" in line for line in said)


def test_a_run_that_was_compiled_does_not_go_on_without_a_compiler(
    compiler: Compiler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = training()
    monkeypatch.setattr(engines, "has_compiler", lambda: False)
    engines.resume(run, "eager", tmp_path)
    with pytest.raises(ConfigurationChanged, match=r"no C\+\+ compiler here \(g\+\+, or \$CXX\)"):
        engines.resume(run, "compiled", tmp_path)
    assert run.agent.compiled is None


def begun(path: Path, **config: Any) -> RunFolder:
    folder = RunFolder(path)
    folder.path.mkdir(exist_ok=True)
    folder.claim({"identity": {"a": 1}, "environment": {}, **config})
    return folder


def test_a_run_is_not_continued_by_the_other_engine(tmp_path: Path) -> None:
    folder = begun(tmp_path / "new", engine="compiled")
    folder.check({"a": 1}, "compiled")
    folder.check({"a": 1}, "auto")
    with pytest.raises(ConfigurationChanged, match="go on with --engine compiled"):
        folder.check({"a": 1}, "eager")
    assert RunFolder(tmp_path / "none").engine() is None


def test_runs_from_before_there_were_engines_are_eager(tmp_path: Path) -> None:
    folder = begun(tmp_path / "old")
    assert folder.engine() == "eager"
    folder.check({"a": 1}, "eager")
    with pytest.raises(ConfigurationChanged, match="begun with the eager engine"):
        folder.check({"a": 1}, "compiled")


def test_the_flag_that_engines_replaced_is_no_difference_where_it_was_off() -> None:
    now = {"hyperparameters": describe(tiny_settings("AWAC").config)}
    for recorded, changes in ((False, []), (True, ["hyperparameters.compile: True -> None"])):
        old = {"hyperparameters": now["hyperparameters"] | {"compile": recorded}}
        assert differences(old, now) == changes


def test_the_plan_knows_what_was_measured(tmp_path: Path) -> None:
    agent = training().agent
    record(agent, tmp_path, 2.0, 0.5)
    assert Pace("cpu", "auto", tmp_path)._share(agent) == 0.25
    assert Pace("cpu", "eager", tmp_path)._share(agent) == 1.0
    record(agent, tmp_path, 2.0, 3.0)
    assert Pace("cpu", "auto", tmp_path)._share(agent) == 1.0
    assert Pace("cpu", "compiled", tmp_path)._share(agent) == 1.5
    assert Pace("cpu", "compiled", tmp_path / "empty")._share(agent) == 1.0
