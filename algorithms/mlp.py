"""An ensemble of multi-layer perceptrons, fast on one CPU core.

All parameters of the ensemble are views of one flat vector, so that an optimiser step or a
target update is one kernel. Forward and backward are written out (addmm and in-place ReLU; mm
into the flat gradient), which removes autograd's bookkeeping between layers. Everything above
this file sees an ordinary differentiable module; `tests/algorithms/test_mlp.py` compares it with
`torch.nn` layer by layer. It supports first derivatives only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

Layers = list[list[tuple[Tensor, Tensor]]]  # member -> layer -> (weight (in, out), bias (out,))


class _Forward(torch.autograd.Function):
    """x (R, in), flat (P,) -> outputs (E, G, out) with gradient and (E, R - G, out) without."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, flat: Tensor, layers: Layers, grad_rows: int, dtype: torch.dtype
    ) -> tuple[Tensor, Tensor]:
        rows = x.shape[0]
        out = x.new_empty((len(layers), rows, layers[0][-1][1].shape[0]))
        x = x.to(dtype)
        if dtype != flat.dtype:
            layers = [[(w.to(dtype), b.to(dtype)) for w, b in member] for member in layers]
        activations = []
        for member, output in zip(layers, out, strict=True):
            hidden = [x]
            for weight, bias in member[:-1]:
                hidden.append(torch.addmm(bias, hidden[-1], weight).relu_())
            weight, bias = member[-1]
            if dtype == output.dtype:
                torch.addmm(bias, hidden[-1], weight, out=output)
            else:
                output.copy_(torch.addmm(bias, hidden[-1], weight))
            activations.append(hidden)
        ctx.layers, ctx.grad_rows, ctx.dtype, ctx.flat_like = layers, grad_rows, dtype, flat
        ctx.activations = activations if any(ctx.needs_input_grad) else None
        with_gradient, without = out[:, :grad_rows], out[:, grad_rows:]
        ctx.mark_non_differentiable(without)
        return with_gradient, without

    @staticmethod
    def backward(ctx: Any, grad_out: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        need_x, need_flat = ctx.needs_input_grad[:2]
        g, layers = ctx.grad_rows, ctx.layers
        rows, width = ctx.activations[0][0].shape
        grad_flat = torch.empty_like(ctx.flat_like) if need_flat else None
        grad_x = grad_out.new_zeros((rows, width)) if need_x else None
        gradients: Layers = _views(grad_flat, layers) if grad_flat is not None else []
        for number, (member, hidden) in enumerate(zip(layers, ctx.activations, strict=True)):
            delta = grad_out[number].to(ctx.dtype)
            for index in range(len(member) - 1, -1, -1):
                below = hidden[index][:g]
                if grad_flat is not None:
                    grad_weight, grad_bias = gradients[number][index]
                    if ctx.dtype == grad_weight.dtype:
                        torch.mm(below.t(), delta, out=grad_weight)
                        torch.sum(delta, 0, out=grad_bias)
                    else:
                        grad_weight.copy_(below.t() @ delta)
                        grad_bias.copy_(delta.float().sum(0))
                if index > 0:
                    delta = delta @ member[index][0].t()
                    torch.ops.aten.threshold_backward.grad_input(delta, below, 0, grad_input=delta)
                elif grad_x is not None:
                    grad_x[:g] += delta @ member[0][0].t()
        return grad_x, grad_flat, None, None, None


def _views(flat: Tensor, like: Layers) -> Layers:
    """The pieces of a flat vector, shaped like the layers of every member in turn."""
    pairs = [pair for member in like for pair in member]
    pieces = iter(torch.split(flat, [tensor.numel() for pair in pairs for tensor in pair]))
    return [[(next(pieces).view(w.shape), next(pieces)) for w, _ in member] for member in like]


class MLP(nn.Module):
    """`members` independent ReLU networks with layer sizes `sizes`, linear outputs.

    With `layer_norm` every hidden layer is normalised before its ReLU (Ba et al. 2016, without
    the learned scale and shift).

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
        compiled: bool = False,
        layer_norm: bool = False,
    ) -> None:
        super().__init__()
        self.sizes, self.members, self.compute_dtype = tuple(sizes), members, dtype
        # normalised layers take the ordinary path: there is no written-out backward for them
        self.layer_norm, self.ordinary = layer_norm, compiled or layer_norm
        if compiled:  # all networks share the code of plain, and the limit counts per code
            torch._dynamo.config.recompile_limit = 64
        self._run = torch.compile(self.plain) if compiled else self.plain
        pairs = list(pairwise(sizes))
        flat = torch.zeros(members * sum(i * o + o for i, o in pairs))
        self.flat = nn.Parameter(flat)
        self._layers: Layers = []
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
        if not self._layers or self._layers[0][0][0].data_ptr() != flat.data_ptr():
            self._layers = _views(flat, self._shapes)
        return self._layers

    def forward(self, x: Tensor) -> Tensor:
        """(R, in) -> (E, R, out); gradient to parameters and to x."""
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
                return self._run(x, flat), x.new_empty(self.members, 0, self.sizes[-1])
            with torch.no_grad():
                without = self._run(x[grad_rows:], flat)
            return self._run(x[:grad_rows], flat), without
        result: tuple[Tensor, Tensor] = _Forward.apply(
            x, flat, self.layers(), grad_rows, self.compute_dtype
        )  # type: ignore[no-untyped-call]
        return result

    def plain(self, x: Tensor, flat: Tensor) -> Tensor:
        """The same networks in ordinary operations of `flat`, (R, in) -> (E, R, out): for
        torch.compile, and for torch.func (any number and mode of derivatives)."""
        outputs, result = [], x.dtype
        x = x.to(self.compute_dtype)
        for member in _views(flat.to(self.compute_dtype), self._shapes):
            hidden = x
            for index, (weight, bias) in enumerate(member):
                hidden = torch.addmm(bias, hidden, weight)
                if index < len(member) - 1:
                    if self.layer_norm:
                        hidden = functional.layer_norm(hidden, hidden.shape[-1:])
                    hidden = torch.relu(hidden)
            outputs.append(hidden)
        return torch.stack(outputs).to(result)
