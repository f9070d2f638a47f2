"""An ensemble of multi-layer perceptrons, fast on one CPU core.

All parameters of the ensemble are views of one flat vector, so that an optimiser step or a
target update is one kernel. Forward and backward are written out, which removes autograd's
bookkeeping between layers and lets one product serve rows with and without gradient. Everything
above this file sees an ordinary differentiable module; `tests/algorithms/test_mlp.py` compares it
with `torch.nn` layer by layer. It supports first derivatives only. An update that is captured as
a graph (`capture.py`) goes through the same lines.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from algorithms.networks.layers import PLAIN, HiddenLayers, PlainLayers

Layers = list[list[tuple[Tensor, Tensor]]]  # member -> layer -> (weight (in, out), bias (out,))


class _Forward(torch.autograd.Function):
    """x (R, in), flat (P,) -> outputs (E, G, out) with gradient and (E, R - G, out) without."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, flat: Tensor, layers: Layers, grad_rows: int, dtype: torch.dtype
    ) -> tuple[Tensor, Tensor]:
        layers = _cast(layers, dtype)
        activations = [_activations(x.to(dtype), member) for member in layers]
        out = torch.stack([member[-1] for member in activations]).to(x.dtype)
        ctx.layers, ctx.grad_rows, ctx.dtype = layers, grad_rows, dtype
        ctx.result = x.dtype, flat.dtype
        ctx.activations = activations if any(ctx.needs_input_grad) else None
        with_gradient, without = out[:, :grad_rows], out[:, grad_rows:]
        ctx.mark_non_differentiable(without)
        return with_gradient, without

    @staticmethod
    def backward(ctx: Any, grad_out: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        need_x, need_flat = ctx.needs_input_grad[:2]
        g, layers = ctx.grad_rows, ctx.layers
        rows = ctx.activations[0][0].shape[0]
        of_x: Tensor | None = None
        pieces: list[Tensor] = []
        for delta, member, hidden in zip(grad_out.unbind(), layers, ctx.activations, strict=True):
            delta, of_member = delta.to(ctx.dtype), []
            for index in range(len(member) - 1, -1, -1):
                below = hidden[index][:g]
                if need_flat:
                    of_bias = delta.sum(0, dtype=ctx.result[1])
                    of_member += [of_bias, (below.t() @ delta).view(-1)]
                if index > 0:
                    delta = delta @ member[index][0].t()
                    delta = torch.ops.aten.threshold_backward(delta, below, 0)
                elif need_x:
                    of_input = delta @ member[0][0].t()
                    of_x = of_input if of_x is None else of_x + of_input
            pieces += reversed(of_member)
        if of_x is not None:
            of_x = functional.pad(of_x.to(ctx.result[0]), (0, 0, 0, rows - g))
        flat = torch.cat(pieces).to(ctx.result[1]) if need_flat else None
        return of_x, flat, None, None, None


def _cast(layers: Layers, dtype: torch.dtype) -> Layers:
    if layers[0][0][0].dtype == dtype:
        return layers
    return [[(w.to(dtype), b.to(dtype)) for w, b in member] for member in layers]


def _activations(x: Tensor, member: list[tuple[Tensor, Tensor]]) -> list[Tensor]:
    """The inputs (R, in) of every layer of one network, and its output."""
    values = [x]
    for weight, bias in member[:-1]:
        values.append(torch.addmm(bias, values[-1], weight).relu_())
    weight, bias = member[-1]
    return [*values, torch.addmm(bias, values[-1], weight)]


def _views(flat: Tensor, like: Layers) -> Layers:
    """The pieces of a flat vector, shaped like the layers of every member in turn."""
    pairs = [pair for member in like for pair in member]
    pieces = iter(torch.split(flat, [tensor.numel() for pair in pairs for tensor in pair]))
    return [[(next(pieces).view(w.shape), next(pieces)) for w, _ in member] for member in like]


class MLP(nn.Module):
    """`members` independent ReLU networks with layer sizes `sizes`, linear outputs.

    `hidden_layers` says what happens before each ReLU.

    Hidden weights are uniform in +-1/sqrt(fan_in), the last layer in +-`last_scale`, biases 0
    (the initialisation of the released code, with its fan-in taken along the right axis).
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        members: int = 1,
        last_scale: float = 3e-3,
        generator: torch.Generator | None = None,
        dtype: torch.dtype = torch.float32,
        hidden_layers: HiddenLayers = PLAIN,
    ) -> None:
        super().__init__()
        self.sizes, self.members, self.compute_dtype = tuple(sizes), members, dtype
        self.hidden_layers = hidden_layers
        # the written-out backward is that of plain layers; the others take ordinary operations
        self.ordinary = not isinstance(hidden_layers, PlainLayers)
        pairs = list(pairwise(sizes))
        flat = torch.zeros(members * sum(i * o + o for i, o in pairs))
        self.flat = nn.Parameter(flat)
        self._layers: Layers = []
        self._arrays: tuple[int, list[Any]] = (0, [])  # address of the vector, its views in NumPy
        shapes = [
            (torch.empty(i, o, device="meta"), torch.empty(o, device="meta")) for i, o in pairs
        ]
        self._shapes: Layers = [shapes] * members
        for member in self.layers():
            for index, (weight, _) in enumerate(member):
                bound = last_scale if index == len(member) - 1 else 1 / math.sqrt(weight.shape[0])
                weight.uniform_(-bound, bound, generator=generator)

    def layers(self) -> Layers:
        """Views (weight (in, out), bias (out,)) of the flat parameter, without gradient."""
        flat = self.flat.detach()
        if not isinstance(self.flat, nn.Parameter):  # lent by torch.func.functional_call
            return _views(flat, self._shapes)
        if not self._layers or self._layers[0][0][0].data_ptr() != flat.data_ptr():
            self._layers = _views(flat, self._shapes)
        return self._layers

    def forward(self, x: Tensor) -> Tensor:
        """(R, in) -> (E, R, out); gradient to parameters and to x."""
        if not torch.is_grad_enabled() and not self.ordinary:
            return self._forward(x)
        return self._apply_rows(x, self.flat, x.shape[0])[0]

    def split(self, x: Tensor, grad_rows: int) -> tuple[Tensor, Tensor]:
        """One pass over x (R, in): the first `grad_rows` rows carry gradient, the rest do not."""
        return self._apply_rows(x, self.flat, grad_rows)

    def frozen(self, x: Tensor) -> Tensor:
        """(R, in) -> (E, R, out); gradient to x only, none to the parameters."""
        return self._apply_rows(x, self.flat.detach(), x.shape[0])[0]

    def _apply_rows(self, x: Tensor, flat: Tensor, grad_rows: int) -> tuple[Tensor, Tensor]:
        if self.ordinary:
            if grad_rows == x.shape[0]:
                return self.plain(x, flat), x.new_empty(self.members, 0, self.sizes[-1])
            with torch.no_grad():
                without = self.plain(x[grad_rows:], flat)
            return self.plain(x[:grad_rows], flat), without
        result: tuple[Tensor, Tensor] = _Forward.apply(
            x, flat, self.layers(), grad_rows, self.compute_dtype
        )  # type: ignore[no-untyped-call]
        return result

    def _forward(self, x: Tensor) -> Tensor:
        """Without gradient: (R, in) -> (E, R, out)."""
        if x.shape[0] == 1 and self.flat.dtype == self.compute_dtype and self._on_cpu():
            return self._one_row(x)
        layers, dtype = self.layers(), self.compute_dtype
        return torch.stack([_activations(x.to(dtype), m)[-1] for m in _cast(layers, dtype)]).to(x)

    def _on_cpu(self) -> bool:
        return isinstance(self.flat, nn.Parameter) and self.flat.device.type == "cpu"

    def _one_row(self, x: Tensor) -> Tensor:
        """By NumPy, whose calls cost a quarter of PyTorch's: acting is a state at a time."""
        address = self.flat.data_ptr()
        if self._arrays[0] != address:
            pairs = [[(w.numpy(), b.numpy()) for w, b in member] for member in self.layers()]
            self._arrays = address, pairs
        row, outputs = x.numpy()[0], []
        for member in self._arrays[1]:
            hidden = row
            for weight, bias in member[:-1]:
                hidden = hidden @ weight
                hidden += bias
                np.maximum(hidden, 0.0, out=hidden)
            weight, bias = member[-1]
            outputs.append(hidden @ weight + bias)
        return torch.from_numpy(np.stack(outputs)).unsqueeze(1)

    def plain(self, x: Tensor, flat: Tensor) -> Tensor:
        """The same networks in ordinary operations of `flat`, (R, in) -> (E, R, out): for
        torch.func (any number and mode of derivatives), and for normalised layers."""
        outputs, given = [], x.dtype
        x = x.to(self.compute_dtype)
        for member in _views(flat.to(self.compute_dtype), self._shapes):
            hidden = x
            for index, (weight, bias) in enumerate(member):
                hidden = torch.addmm(bias, hidden, weight)
                if index < len(member) - 1:
                    hidden = torch.relu(self.hidden_layers.before_relu(hidden))
            outputs.append(hidden)
        return torch.stack(outputs).to(given)
