"""Who carries an agent's updates out: Python, operation by operation, or compiled graphs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, fx

from algorithms.catalogue.method import Method
from algorithms.config import Hyperparameters
from algorithms.engine.capture import Compile, Graph, Learner, LossFunction, capture, tensors_of
from algorithms.engine.update import cloning_losses, losses_of, phase
from algorithms.step import Step
from algorithms.types import Batch, Metrics


class CompilableAgent(Protocol):
    """The agent whose updates are carried out, as far as an engine knows it."""

    method: Method
    config: Hyperparameters
    device: torch.device
    sizes: tuple[int, int]
    learner: Learner
    generator: torch.Generator
    updates: int

    @property
    def needs_demonstrations(self) -> bool:
        """Whether an update wants demonstrations beside the replay batch."""
        ...

    @property
    def needs_replay(self) -> bool:
        """Whether an update looks at the replay batch at all."""
        ...

    @property
    def episodes_per_improvement(self) -> int:
        """Whole episodes that one improvement wants; 0: it updates from batches."""
        ...

    def _step(self, batch: Batch, demonstrations: Batch | None) -> Step: ...


IMITATION = "imitation"


class CannotCompile(RuntimeError):
    """No compiler, or one that fails; the message is one line."""


class GraphKey(NamedTuple):
    """What one graph is for: a phase of `update` (or IMITATION) and rows of its batch."""

    phase: Hashable
    rows: int


def by_inductor(module: fx.GraphModule, example: Sequence[Tensor], kept: int) -> Callable[..., Any]:
    """PyTorch's compiler: C++ on the CPU; on a GPU, kernels replayed as one CUDA graph.

    Args:
        module: an update as a graph of operations on tensors.
        example: inputs of the shapes, types and device that every call has.
        kept: the first so many inputs are the same tensors at every call.

    Returns:
        A function of such inputs with the module's outputs.
    """
    # torch._dynamo and torch._inductor come with their first use: they take as long as the rest
    if example[0].device.type == "cuda":
        for tensor in example[:kept]:
            torch._dynamo.mark_static_address(tensor)
        return torch.compile(module, fullgraph=True, dynamic=False, mode="reduce-overhead")
    # not through torch.compile, whose guards cost a tenth of a small update; the wrapper in C++
    # saves as much again
    return torch._inductor.compile(module, list(example), options={"cpp_wrapper": True})  # type: ignore[no-any-return]


class Compiled:
    """An agent's updates as graphs, one a `GraphKey`, made when first needed or by `prepare`.

    Same equations and same random numbers as without; results differ in rounding alone. A number
    of Python's that changes from update to update would be a constant of the graph: the learning
    rate's factor enters as a tensor, everything else by `update.phase`.
    """

    def __init__(self, agent: CompilableAgent, compile: Compile = by_inductor) -> None:
        self._agent, self._compile = agent, compile
        self._graphs: dict[Hashable, Graph] = {}
        self._factor, self._rate = 1.0, self._scalar(1.0)
        self.rebind()

    @property
    def graphs(self) -> int:
        """How many have been made so far."""
        return len(self._graphs)

    def rebind(self) -> None:
        """After the agent has been given other tensors."""
        self._state = list(self._agent.learner.state().values())

    def update(self, batch: Batch, demonstrations: Batch | None) -> Metrics:
        """`Agent.update`, its counter aside."""
        agent = self._agent
        return self._run(phase(agent.method, agent.updates), losses_of, batch, demonstrations)

    def imitate(self, batch: Batch, demonstrations: Batch) -> Metrics:
        """`Agent.imitate`."""
        return self._run(IMITATION, cloning_losses, batch, demonstrations)

    def prepare(self, kinds: Iterable[tuple[GraphKey, int]]) -> None:
        """Make the graph of each kind; with it comes a number of updates at which it occurs.

        The agent is left as it was. Raises CannotCompile.
        """
        agent = self._agent
        saved, updates = [tensor.clone() for tensor in self._state], agent.updates
        stream = agent.generator.get_state()
        try:
            for kind, at in kinds:
                batch, demonstrations = example_batches(agent, kind)
                agent.updates = at
                if kind.phase == IMITATION:
                    self.imitate(batch, batch)
                else:
                    self.update(batch, demonstrations)
        finally:
            agent.updates = updates
            agent.generator.set_state(stream)
            for tensor, value in zip(self._state, saved, strict=True):
                tensor.copy_(value)

    def _run(
        self, kind: Hashable, losses: LossFunction, batch: Batch, demonstrations: Batch | None
    ) -> Metrics:
        batches = tensors_of(batch, demonstrations)
        key = (kind, batch.rewards.shape[0], len(batches))
        agent, graph = self._agent, self._graphs.get(key)
        factor = agent.method.annealing.factor(agent.updates)
        if factor != self._factor:
            self._factor, self._rate = factor, self._scalar(factor)
        if graph is not None:
            return graph(graph.inputs(self._state, batches, agent.generator, self._rate))
        try:
            graph = capture(agent.learner, losses, self._step, batch, demonstrations, self._compile)
            # the compiler runs at the first call
            metrics = graph(graph.inputs(self._state, batches, agent.generator, self._rate))
        except Exception as error:  # of a compiler's many kinds
            raise CannotCompile(reason(error)) from error
        self._graphs[key] = graph
        return metrics

    def _step(self, batch: Batch, demonstrations: Batch | None) -> Step:
        step = self._agent._step(batch, demonstrations)
        step.captured = True
        return step

    def _scalar(self, value: float) -> Tensor:
        return torch.full((), value, dtype=torch.float64, device=self._agent.device)


_LOOKED_AT = 200_000  # updates: warm starts and periods are shorter; a graph may also come late


def kinds_of(
    agent: CompilableAgent, cloning: int, offline: int, online: int
) -> list[tuple[GraphKey, int]]:
    """Every kind among so many clonings, offline and online updates, and where it first occurs."""
    config, method = agent.config, agent.method
    found: dict[GraphKey, int] = {}
    if cloning:
        found[GraphKey(IMITATION, config.offline_batch_size)] = 0
    if not agent.episodes_per_improvement:
        for rows, first, count in (
            (config.offline_batch_size, 0, offline),
            (config.batch_size, offline, online),
        ):
            for number in range(first, first + min(count, _LOOKED_AT)):
                found.setdefault(GraphKey(phase(method, number), rows), number)
    return list(found.items())


def example_batches(agent: CompilableAgent, kind: GraphKey) -> tuple[Batch, Batch | None]:
    """Transitions of zeros with the columns that updates of this kind see, and demonstrations."""
    observations, actions = agent.sizes
    widths = (observations, actions, 0, 0, observations)
    device, rows = agent.device, kind.rows
    demonstrations = Batch(
        *(torch.zeros((rows, width) if width else (rows,), device=device) for width in widths)
    )
    if kind.phase == IMITATION or not agent.needs_replay:
        return demonstrations, demonstrations
    columns = {name: torch.zeros(rows, device=device) for name in agent.method.columns}
    batch = demonstrations._replace(**columns)
    return batch, demonstrations if agent.needs_demonstrations else None


def has_compiler() -> bool:
    """Whether there is a C++ compiler, as PyTorch looks for one."""
    return any(shutil.which(name) for name in (os.environ.get("CXX"), "g++", "clang++") if name)


def reason(error: BaseException) -> str:
    """The first line that says something, of the error at the bottom."""
    while error.__cause__ is not None:
        error = error.__cause__
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0] if lines else 'no message'}"
