"""Who carries an agent's updates out: Python, operation by operation, or compiled graphs."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, fx

from algorithms.capture import Compile, Graph, Lossy, capture, tensors_of
from algorithms.step import Step
from algorithms.types import Batch, Metrics
from algorithms.update import cloning_losses, losses_of, phase

if TYPE_CHECKING:
    from algorithms.agent import Agent


def by_inductor(module: fx.GraphModule, example: Sequence[Tensor]) -> Callable[..., Any]:
    """PyTorch's compiler: C++ on the CPU; on a GPU, kernels replayed as one CUDA graph."""
    if example[0].device.type == "cuda":
        for tensor in example:
            torch._dynamo.mark_static_address(tensor)
        return torch.compile(module, fullgraph=True, dynamic=False, mode="reduce-overhead")
    return torch.compile(module, fullgraph=True, dynamic=False)


def as_captured(module: fx.GraphModule, example: Sequence[Tensor]) -> Callable[..., Any]:
    """The graph operation by operation, without a compiler: what tests compare."""
    return module


class Compiled:
    """An agent's updates as graphs: one for each phase and size of batch, made when first needed.

    Same random numbers, same equations as without; results differ in rounding alone.
    """

    def __init__(self, agent: Agent, compile: Compile = by_inductor) -> None:
        self._agent, self._compile = agent, compile
        self._graphs: dict[Hashable, Graph] = {}
        self._state = list(agent.learner.state().values())
        self._factor = 1.0
        self._one = self._scalar(1.0)

    @property
    def graphs(self) -> int:
        """How many have been compiled so far."""
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
        return self._run("imitate", cloning_losses, batch, demonstrations)

    def prepare(self, phases: Sequence[Hashable]) -> None:
        """Compile"""

    def _run(
        self, kind: Hashable, losses: Lossy, batch: Batch, demonstrations: Batch | None
    ) -> Metrics:
        batches = tensors_of(batch, demonstrations)
        key = (kind, batch.rewards.shape[0], len(batches))
        graph = self._graphs.get(key)
        if graph is None:
            graph = self._graphs[key] = self._make(losses, batch, demonstrations)
        factor = self._agent.method.annealing.factor(self._agent.updates)
        if factor != self._factor:
            self._factor, self._one = factor, self._scalar(factor)
        return graph(graph.inputs(self._state, batches, self._agent.generator, self._one))

    def _make(self, losses: Lossy, batch: Batch, demonstrations: Batch | None) -> Graph:
        return capture(self._agent.learner, losses, self._step, batch, demonstrations, self._compile)

    def _step(self, batch: Batch, demonstrations: Batch | None) -> Step:
        return self._agent._step(batch, demonstrations)

    def _scalar(self, value: float) -> Tensor:
        return torch.full((), value, dtype=torch.float64, device=self._agent.device)
