"""An update as a graph is the update: for every method, in every phase, by the same numbers.

The graphs are run operation by operation, without a compiler: `tests/engine` compiles them.
"""

from __future__ import annotations

import copy
import dataclasses
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor, fx

from algorithms.behaviors.base import Behavior
from algorithms.catalogue.settings import describe
from algorithms.engine.compiled import CannotCompile, Compiled, kinds_of
from algorithms.engine.draws import Recording
from algorithms.losses import Losses
from algorithms.networks.mlp import MLP
from algorithms.step import Step
from algorithms.types import Metrics
from tests.algorithms.conftest import (
    EVERY_ROW,
    WARM_START,
    as_captured,
    learn,
    make_batch,
    make_training,
    through_file,
    tiny_agent,
    tiny_settings,
    weights_of,
)
from tests.tiers import tiered

RATES = ("policy_learning_rate=0.01", "q_learning_rate=0.05", "tau=0.1")
# by hand, not by the engine's own word: the first update, one at which a delayed policy rests, the
# first of AWR's policy, the first after a warm start
DIFFERENT_UPDATES = (0, 1, 3, WARM_START)


def structure(node: Any) -> Any:
    """The classes of a method's components, without their numbers."""
    if not isinstance(node, dict):
        return None
    return {key: value if key == "component" else structure(value) for key, value in node.items()}


def different_graphs() -> list[tuple[str, str]]:
    """A row for each set of components: rows that differ in numbers alone have the same graph."""
    found: dict[str, tuple[str, str]] = {}
    for name, profile in EVERY_ROW:
        method = describe(tiny_settings(name, profile).method)
        if method["critic"]["component"] != "GAE":  # on-policy: no update of the kind
            found.setdefault(repr(structure(method)), (name, profile))
    return list(found.values())


def pair(name: str, profile: str = "paper", *changes: str) -> tuple[Any, Any]:
    """Two equal agents, the second with graphs. Their steps are large, as is the targets' share."""
    eager, graph = (tiny_agent(name, profile, *RATES, *changes) for _ in range(2))
    graph.compiled = Compiled(graph, as_captured)
    return eager, graph


def assert_close(
    one: dict[str, Tensor], other: dict[str, Tensor], relative: float, smallest: float = 1e-3
) -> None:
    """Each tensor by its own largest entry, which counts as `smallest` at least."""
    assert one.keys() == other.keys()
    for name in one:
        a, b = one[name].double(), other[name].double()
        bound = relative * max(smallest, float(a.abs().max()))
        assert (a - b).abs().max() <= bound, f"{name}: {a} {b}"


# making a graph takes a second: of the others CI alone
QUICK = ("AWAC", "SAC+BC", "BCQ", "AWR", "MPO", "ABM-MPO", "IQL", "TD3+BC", "AWAC[Z(s)]")


@pytest.mark.parametrize(
    ("name", "profile"), tiered(different_graphs(), [(name, "paper") for name in QUICK])
)
def test_graph_equals_update_in_every_phase(name: str, profile: str) -> None:
    eager, graph = pair(name, profile)
    for at in DIFFERENT_UPDATES:
        graph.load_state_dict(through_file(eager.state_dict()))
        eager.updates = graph.updates = at
        expected, metrics = (learn(agent, at) for agent in (eager, graph))
        assert_close(expected, metrics, 1e-5)
        assert_close(weights_of(eager), weights_of(graph), 1e-5)
        assert torch.equal(eager.generator.get_state(), graph.generator.get_state())
        moments = (agent.learner.state() for agent in (eager, graph))
        assert_close(*moments, 1e-5)
    assert graph.updates == eager.updates
    # every phase has been among them, and none has two graphs
    assert graph.compiled.graphs == len(kinds_of(eager, 0, 2 * WARM_START, 0))


@pytest.fixture
def double() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


# a multiplier of such steps meets its bounds; momentum and decay show from the second update on
LASTING = {
    "AWAC": (),
    "SAC": (),
    "BEAR": ("constraint.multiplier_learning_rate=20",),
    "BRAC": (),
    "AWR[SGD]": ("q_weight_decay=0.1",),
    "TD3+BC": (),
    "RLPD": (),
}


@pytest.mark.parametrize("name", tiered(LASTING, ("AWAC", "BEAR", "AWR[SGD]")))
def test_in_float64_only_the_last_digits_differ(name: str, double: None) -> None:
    """Over updates of every phase in turn, each from what the one before has left."""

    def precise(batch: Any) -> Any:
        return type(batch)(*(None if c is None else c.double() for c in batch))

    eager, graph = pair(name, "paper", *LASTING[name])
    for agent in (eager, graph):
        for module in agent.networks.modules():
            if isinstance(module, MLP):
                module.compute_dtype = torch.float64
    for seed in range(WARM_START + 3):
        for agent in (eager, graph):
            agent.update(precise(make_batch(seed=seed)), precise(make_batch(seed=9)))
        # where an update rests on many before it, the last digits of all add up
        bound = 1e-10 if name in ("AWAC", "SAC") else 1e-8
        assert_close(weights_of(eager), weights_of(graph), bound)


def test_cloning_moves_a_target_policy_alike() -> None:
    eager, graph = pair("SAC", "paper", "critic.actor=TargetPolicy")
    for agent in (eager, graph):
        for seed in range(WARM_START + 2):
            agent.imitate(make_batch(seed=seed))
    assert_close(weights_of(eager), weights_of(graph), 1e-5)


def test_cloning_and_updates_share_the_optimiser() -> None:
    eager, graph = pair("SAC")
    for agent in (eager, graph):
        agent.imitate(make_batch(seed=1))
        learn(agent)
        agent.imitate(make_batch(seed=2))
    assert graph.compiled.graphs == 2
    assert_close(weights_of(eager), weights_of(graph), 1e-5)


def test_learning_rates_enter_as_numbers_not_as_constants() -> None:
    settings = ("annealing=LinearDecay", "annealing.over_updates=4")
    eager, graph = (tiny_agent("SAC", "paper", *settings) for _ in range(2))
    graph.compiled = Compiled(graph, as_captured)
    for seed in range(4):
        for agent in (eager, graph):
            learn(agent, seed)
        assert_close(weights_of(eager), weights_of(graph), 1e-5)
    assert graph.compiled.graphs == 1
    before = weights_of(graph)["policy.mlp.flat"]
    learn(graph, 4)  # the rate is zero now
    assert torch.equal(weights_of(graph)["policy.mlp.flat"], before)


class Counting:
    """As `as_captured`; counts what it is asked to compile."""

    def __init__(self) -> None:
        self.graphs: list[str] = []

    def __call__(
        self, module: fx.GraphModule, example: Sequence[Tensor], kept: int
    ) -> Callable[..., Any]:
        self.graphs.append(re.sub(r"0x[0-9a-f]+", "", module.code))
        return module


@pytest.mark.parametrize("name", ["AWAC", "AWR", "BRAC", "SAC"])
def test_a_run_compiles_no_graph_twice_and_all_before_it_starts(name: str) -> None:
    settings = tiny_settings(name, "paper", "offline_steps=12", "collect_steps=4")
    training, counting = make_training(settings, online_steps=17, eval_every=3), Counting()
    agent = training.agent
    agent.compiled = Compiled(agent, counting)
    agent.compiled.prepare(kinds_of(agent, training.cloning_steps, training.offline_steps, 17))
    prepared = len(counting.graphs)
    assert prepared == len(set(counting.graphs)) > 0
    assert training.run()
    assert len(counting.graphs) == prepared


def test_making_graphs_leaves_the_agent_as_it_was() -> None:
    agent = tiny_agent("BRAC")
    learn(agent)
    before = copy.deepcopy(through_file(agent.state_dict()))
    agent.compiled = Compiled(agent, as_captured)
    agent.compiled.prepare(kinds_of(agent, 3, 10, 0))
    after = through_file(agent.state_dict())
    assert before["updates"] == after["updates"]
    assert torch.equal(before["generator"], after["generator"])
    for name, value in before["networks"].items():
        assert torch.equal(after["networks"][name], value)
    for name, optimizer in before["optimizers"].items():
        for index, moments in optimizer["state"].items():
            for moment, value in moments.items():
                assert torch.equal(after["optimizers"][name]["state"][index][moment], value)


@pytest.mark.parametrize("name", ["SAC", "AWR"])
def test_a_run_with_graphs_continues_bit_for_bit(name: str) -> None:
    settings = tiny_settings(name, "paper", "offline_steps=4", "collect_steps=4")

    def begin() -> Any:
        training = make_training(settings, online_steps=17, eval_every=5)
        training.agent.compiled = Compiled(training.agent, as_captured)
        return training

    whole, piece = begin(), begin()
    assert whole.run()
    assert not piece.run(at_boundary=lambda: piece.step == 5)
    resumed = begin()
    resumed.load_state_dict(through_file(piece.state_dict()))
    assert resumed.run()
    for name, value in weights_of(whole.agent).items():
        assert torch.equal(weights_of(resumed.agent)[name], value)


def test_failing_compiler_is_one_line_and_changes_nothing() -> None:
    def fails(module: fx.GraphModule, example: Sequence[Tensor], kept: int) -> Callable[..., Any]:
        def run(*inputs: Tensor) -> Tensor:
            raise RuntimeError("\n  g++: internal error\nmore of it")

        return run

    agent = tiny_agent("AWAC")
    before = weights_of(agent)
    agent.compiled = Compiled(agent, fails)
    with pytest.raises(CannotCompile, match=r"^RuntimeError: g\+\+: internal error$"):
        agent.compiled.prepare(kinds_of(agent, 0, 1, 0))
    assert all(torch.equal(value, before[name]) for name, value in weights_of(agent).items())


class Careless(Behavior):
    """Its loss changes the policy."""

    def losses(self, step: Step) -> tuple[Losses, Metrics]:
        with torch.no_grad():
            step.policy.mlp.flat.mul_(0.5)
        return {}, {}


def test_a_loss_that_changes_a_network_is_refused() -> None:
    """PyTorch's compiler would move the change behind the optimiser's step."""
    agent = tiny_agent("SAC")
    agent.method = dataclasses.replace(agent.method, behavior=Careless())
    agent.learner = dataclasses.replace(agent.learner, method=agent.method)
    agent.compiled = Compiled(agent, as_captured)
    with pytest.raises(CannotCompile, match=r"a loss changes policy\.mlp\.flat in place"):
        agent.compiled.prepare(kinds_of(agent, 0, 1, 0))


def test_draws_are_those_that_the_losses_would_make() -> None:
    def losses(generator: torch.Generator) -> Tensor:
        chosen = torch.randperm(5, generator=generator, device="cpu")[:2]
        return torch.randn((5, 3), generator=generator)[chosen] + torch.rand(3, generator=generator)

    generator = torch.Generator().manual_seed(1)
    with Recording() as recording:
        losses(generator)
    assert torch.equal(generator.get_state(), torch.Generator().manual_seed(1).get_state())
    given = [draw.make(generator) for draw in recording.draws]
    with Recording(given):
        answered = losses(generator)
    assert torch.equal(answered, losses(torch.Generator().manual_seed(1)))


@pytest.mark.parametrize(
    "draw",
    [
        lambda: torch.randn(3),
        lambda: torch.zeros(3).normal_(),
        lambda: torch.rand_like(torch.zeros(3)),
    ],
)
def test_draws_of_another_stream_are_refused(draw: Callable[[], Tensor]) -> None:
    with Recording(), pytest.raises(TypeError, match="draws inside of an update"):
        draw()
