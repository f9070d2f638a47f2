"""The random numbers of an update, drawn before it: the same stream for every engine.

Losses draw where they need to (`torch.randn(shape, generator=...)`). Run for real they consume the
agent's generator as they go. A graph cannot: it is given the numbers. So the calls are recorded
once, made before every run of the graph in the same order, and answered inside of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode


@dataclass(frozen=True)
class Draw:
    """One call, without its generator."""

    function: Callable[..., Tensor]
    arguments: tuple[Any, ...]
    keywords: tuple[tuple[str, Any], ...]

    def make(self, generator: torch.Generator) -> Tensor:
        """The numbers of this call by `generator`, which moves on."""
        return self.function(*self.arguments, generator=generator, **dict(self.keywords))

    def placeholder(self) -> Tensor:
        """Of the same shape and type, without using up random numbers."""
        return self.make(torch.Generator(dict(self.keywords).get("device", "cpu")))


class Recording(TorchFunctionMode):
    """Takes note of every draw in `draws`; answers from `given`, or with placeholders."""

    def __init__(self, given: Sequence[Tensor] | None = None) -> None:
        self.draws: list[Draw] = []
        self._given = given

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func in _FOREIGN or (func in _DRAWING and kwargs.get("generator") is None):
            raise TypeError(
                f"{func.__name__} draws inside of an update: only torch.rand, randn, randint and "
                "randperm with the step's generator can be drawn before it"
            )
        if func not in _DRAWING:
            return func(*args, **kwargs)
        rest = {name: value for name, value in kwargs.items() if name != "generator"}
        self.draws.append(Draw(func, args, tuple(rest.items())))
        if self._given is None:
            return self.draws[-1].placeholder()
        return self._given[len(self.draws) - 1]


_DRAWING = (torch.randn, torch.rand, torch.randperm, torch.randint)

_FOREIGN = (
    torch.bernoulli,
    torch.multinomial,
    torch.normal,
    torch.rand_like,
    torch.randn_like,
    Tensor.normal_,
    Tensor.uniform_,
    Tensor.bernoulli_,
    Tensor.exponential_,
    Tensor.random_,
)
