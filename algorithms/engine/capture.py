"""An update as one graph: a function of tensors that changes some of them in place.

The losses are called with tensors that record what is done to them (`make_fx`), so that the graph
holds every operation of the losses, of their derivatives, of the optimisers and of the targets,
and nothing of Python. What a loss decides by a number of Python's is decided for good: see
`update.phase`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.func import functional_call
from torch.fx.experimental.proxy_tensor import make_fx

from algorithms.catalogue.method import Method
from algorithms.engine.draws import Draw, Recording
from algorithms.engine.update import moving_targets
from algorithms.losses import Losses
from algorithms.networks.blueprint import OptimizerSettings
from algorithms.step import Step
from algorithms.types import Batch, Metrics

LossFunction = Callable[[Method, Step], tuple[Losses, Metrics]]
MakeStep = Callable[[Batch, Batch | None], Step]
Compile = Callable[[fx.GraphModule, Sequence[Tensor], int], Callable[..., Any]]


@dataclass(frozen=True)
class Learner:
    """What updates change, and how: an agent's networks with their optimisers."""

    method: Method
    networks: nn.ModuleDict
    optimizers: Mapping[str, torch.optim.Optimizer]
    descents: Mapping[str, OptimizerSettings]
    tau: float

    def state(self) -> dict[str, Tensor]:
        """Every parameter and buffer, and every moment of an optimiser, by name; no copies.

        Moments that do not exist before the first step are made here.
        """
        tensors = {**dict(self.networks.named_parameters()), **dict(self.networks.named_buffers())}
        found = {name: tensor.detach() for name, tensor in tensors.items()}
        rule = self.method.optimizer
        for network, optimizer in self.optimizers.items():
            for name, parameter in self.networks[network].named_parameters():
                kept = optimizer.state[parameter]
                if any(kept.get(moment) is None for moment in rule.moments):
                    kept.update(zip(rule.moments, rule.initial(parameter.detach()), strict=True))
                for moment in rule.moments:
                    found[f"{network}.{name}/{moment}"] = kept[moment]
        return found


@dataclass(frozen=True)
class Graph:
    """`run(*tensors)`: the used ones of state, batches, draws and rate, in that order."""

    run: Callable[..., Tensor]
    draws: tuple[Draw, ...]
    used: tuple[int, ...]
    metrics: tuple[str, ...]

    def inputs(
        self,
        state: Sequence[Tensor],
        batches: Sequence[Tensor],
        generator: torch.Generator,
        factor: Tensor,
    ) -> list[Tensor]:
        """What `run` takes, the update's random numbers drawn now."""
        every = [*state, *batches, *(draw.make(generator) for draw in self.draws), factor]
        return [every[index] for index in self.used]

    def __call__(self, inputs: Sequence[Tensor]) -> Metrics:
        """Carry the update out, in place."""
        return dict(zip(self.metrics, self.run(*inputs).unbind(), strict=True))


def tensors_of(*batches: Batch | None) -> list[Tensor]:
    """The columns that the batches have, one after another."""
    return [
        column for batch in batches if batch is not None for column in batch if column is not None
    ]


def capture(
    learner: Learner,
    losses: LossFunction,
    make_step: MakeStep,
    batch: Batch,
    demonstrations: Batch | None,
    compile: Compile,
) -> Graph:
    """The graph of the update by `losses` for batches like these; nothing is changed or drawn.

    Args:
        learner: Its state gives names and shapes.
        losses: As `update.losses_of`.
        make_step: Step of a batch and demonstrations, with a generator.
        batch: Its values do not matter.
        demonstrations: Likewise.
        compile: Makes the function that runs, of the graph, of example inputs and of how many of
            these are the same tensors at every call.

    Raises:
        Exception: Of many kinds, where a loss looks at the value of a tensor.
    """
    bound, state = _Bound(learner.networks), learner.state()
    own = {name: value.clone() for name, value in state.items() if "/" not in name}
    with torch.no_grad(), Recording() as recording:
        bound.lend(own, lambda: losses(learner.method, make_step(batch, demonstrations)))
    sizes = [len(state), len(tensors_of(batch)), len(tensors_of(demonstrations))]
    names: list[str] = []

    def update(*tensors: Tensor) -> Tensor:
        given, rest = tensors[: sizes[0]], tensors[sizes[0] :]
        own, rest = _like(batch, rest[: sizes[1]]), rest[sizes[1] :]
        shown, rest = _like(demonstrations, rest[: sizes[2]]), rest[sizes[2] :]
        assert own is not None
        with Recording(rest[:-1]):
            values = _update(
                learner,
                bound,
                dict(zip(state, given, strict=True)),
                rest[-1],
                lambda: losses(learner.method, make_step(own, shown)),
            )
        names[:] = values
        return torch.stack([value.float() for value in values.values()])

    placeholders = [draw.placeholder() for draw in recording.draws]
    rate = torch.ones((), dtype=torch.float64, device=batch.rewards.device)
    inputs = [*state.values(), *tensors_of(batch, demonstrations), *placeholders, rate]
    module = make_fx(update, tracing_mode="fake")(*inputs)
    used = _drop_unused(module)
    kept = sum(index < len(state) for index in used)
    run = compile(module, [inputs[index] for index in used], kept)
    return Graph(run, tuple(recording.draws), used, tuple(names))


def _update(
    learner: Learner,
    bound: _Bound,
    state: dict[str, Tensor],
    factor: Tensor,
    losses: Callable[[], tuple[Losses, Metrics]],
) -> Metrics:
    """Losses, their gradients, a step of every network that has one, and the targets."""
    method = learner.method
    own = {
        name: value.detach().requires_grad_(_trained(name, learner))
        for name, value in state.items()
        if "/" not in name
    }
    versions = {name: value._version for name, value in own.items()}
    with torch.enable_grad():
        found, metrics = bound.lend(own, losses)
        changed = [name for name, value in own.items() if value._version != versions[name]]
        if changed:  # PyTorch's compiler moves such a change behind the optimisers' steps
            raise RuntimeError(f"a loss changes {', '.join(changed)} in place")
        wanted = [name for name in own if _network(name) in found and _trained(name, learner)]
        gradients = torch.autograd.grad(
            list(found.values()), [own[name] for name in wanted], allow_unused=True
        )
    new: dict[str, Tensor] = {}
    with torch.no_grad():
        for name, gradient in zip(wanted, gradients, strict=True):
            if gradient is None:
                continue
            rate, decay = learner.descents[_network(name)]
            keys = [f"{name}/{moment}" for moment in method.optimizer.moments]
            moments = tuple(state[key] for key in keys)
            new[name], moments = method.optimizer.step(
                state[name], gradient, moments, rate * factor, decay
            )
            new |= zip(keys, moments, strict=True)
        for target, source in moving_targets(learner.networks, found):
            for name, _ in learner.networks[target].named_parameters():
                moved = new.get(f"{source}.{name}", state[f"{source}.{name}"])
                new[f"{target}.{name}"] = torch.lerp(state[f"{target}.{name}"], moved, learner.tau)
        bound.lend(
            {name: new.get(name, value.detach()) for name, value in own.items()},
            lambda: method.constraint.after_update(learner.networks),
        )
        for name, value in new.items():
            state[name].copy_(value)
    return dict(metrics)


class _Bound(nn.Module):
    """Networks that lend themselves other tensors for the time of a call."""

    def __init__(self, networks: nn.ModuleDict) -> None:
        super().__init__()
        self.networks = networks

    def forward(self, call: Callable[[], Any]) -> Any:
        return call()

    def lend(self, tensors: Mapping[str, Tensor], call: Callable[[], Any]) -> Any:
        return functional_call(
            self, {f"networks.{name}": tensor for name, tensor in tensors.items()}, (call,)
        )


def _network(name: str) -> str:
    return name.partition(".")[0]


def _trained(name: str, learner: Learner) -> bool:
    return _network(name) in learner.descents


def _like(batch: Batch | None, tensors: Sequence[Tensor]) -> Batch | None:
    if batch is None:
        return None
    columns = iter(tensors)
    return Batch(*(None if old is None else next(columns) for old in batch))  # type: ignore[arg-type]


def _drop_unused(module: fx.GraphModule) -> tuple[int, ...]:
    """Take inputs away that no operation reads; the places of those that are left."""
    used = []
    for index, node in enumerate(module.graph.find_nodes(op="placeholder")):
        if node.users:
            used.append(index)
        else:
            module.graph.erase_node(node)
    module.recompile()
    return tuple(used)
