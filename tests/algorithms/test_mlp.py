"""The hand-written ensemble equals `torch.nn` layer by layer."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from torch import Tensor

from algorithms.networks.mlp import MLP
from tests.algorithms.conftest import flatten_stack, torch_stack

SIZES = (5, 7, 6, 3)
ROWS = 11
ENSEMBLES = pytest.mark.parametrize("members", [1, 3])


def make(
    members: int = 1, *, dtype: torch.dtype = torch.float32, sizes: tuple[int, ...] = SIZES
) -> MLP:
    """Biases are drawn as well: zero ones would hide a mistake in their place or gradient."""
    generator = torch.Generator().manual_seed(members)
    mlp = MLP(sizes, members=members, last_scale=0.5, generator=generator, dtype=dtype)
    for member in mlp.layers():
        for _, bias in member:
            bias.uniform_(-0.3, 0.3, generator=generator)
    return mlp


def inputs(rows: int = ROWS, seed: int = 1) -> Tensor:
    return torch.randn(rows, SIZES[0], generator=torch.Generator().manual_seed(seed))


def weighting(members: int, rows: int = ROWS) -> Tensor:
    """Random coefficients of a scalar loss, different for every output."""
    return torch.randn(members, rows, SIZES[-1], generator=torch.Generator().manual_seed(2))


def reference(mlp: MLP, x: Tensor, coefficients: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Outputs, gradient of the flat parameters and of x, by `torch.nn` and autograd."""
    stacks = [torch_stack(mlp, m) for m in range(mlp.members)]
    x = x.clone().requires_grad_()
    out = torch.stack([stack(x) for stack in stacks])
    (out * coefficients).sum().backward()
    assert x.grad is not None
    return out.detach(), torch.cat([flatten_stack(s, gradient=True) for s in stacks]), x.grad


@ENSEMBLES
@pytest.mark.parametrize("sizes", [SIZES, (5, 3)])
def test_forward_and_gradients_equal_torch(members: int, sizes: tuple[int, ...]) -> None:
    mlp, x, c = make(members, sizes=sizes), inputs().requires_grad_(), weighting(members)
    expected, expected_flat, expected_x = reference(mlp, x.detach(), c)
    out = mlp(x)
    assert out.shape == (members, ROWS, sizes[-1])
    torch.testing.assert_close(out, expected)
    (out * c).sum().backward()
    torch.testing.assert_close(mlp.flat.grad, expected_flat)
    torch.testing.assert_close(x.grad, expected_x)


def test_gradient_of_an_expanded_output_gradient() -> None:
    """`mean()` hands back a gradient with stride 0."""
    mlp, x = make(2), inputs()
    _, expected, _ = reference(mlp, x, torch.full((2, ROWS, SIZES[-1]), 1 / (2 * ROWS * SIZES[-1])))
    mlp(x).mean().backward()
    torch.testing.assert_close(mlp.flat.grad, expected)


def test_two_passes_accumulate() -> None:
    mlp, first, second = make(), inputs(seed=3), inputs(seed=4)
    c = weighting(1)
    expected = reference(mlp, first, c)[1] + reference(mlp, second, c)[1]
    ((mlp(first) + mlp(second)) * c).sum().backward()
    torch.testing.assert_close(mlp.flat.grad, expected)


@ENSEMBLES
def test_split_equals_torch_on_its_first_rows(members: int) -> None:
    mlp, x, grad_rows = make(members), inputs().requires_grad_(), 4
    c = weighting(members, grad_rows)
    all_rows, _, _ = reference(mlp, x.detach(), weighting(members))
    _, expected_flat, expected_x = reference(mlp, x.detach()[:grad_rows], c)
    out, rest = mlp.split(x, grad_rows)
    torch.testing.assert_close(torch.cat([out, rest], 1), all_rows)
    assert out.requires_grad and not rest.requires_grad
    (out * c).sum().backward()
    torch.testing.assert_close(mlp.flat.grad, expected_flat)
    assert x.grad is not None
    torch.testing.assert_close(x.grad[:grad_rows], expected_x)
    assert not x.grad[grad_rows:].any()


def test_rows_after_grad_rows_influence_no_gradient() -> None:
    gradients = []
    for rest in (0.0, 1e6, math.nan):
        mlp, x = make(2), inputs()
        x[4:] = rest
        (mlp.split(x, 4)[0] * weighting(2, 4)).sum().backward()
        gradients.append(mlp.flat.grad)
    assert gradients[0] is not None and gradients[0].any()
    assert torch.equal(gradients[0], gradients[1]) and torch.equal(gradients[0], gradients[2])


@ENSEMBLES
def test_the_operations_given_to_torch_compile_are_the_same_network(members: int) -> None:
    """Run without compiling: its own path through split, frozen and forward."""
    mlp, x, c = make(members), inputs().requires_grad_(), weighting(members, 4)
    expected, _, _ = reference(mlp, x.detach(), weighting(members))
    _, expected_flat, expected_x = reference(mlp, x.detach()[:4], c)
    mlp.ordinary = True
    out, rest = mlp.split(x, 4)
    torch.testing.assert_close(torch.cat([out, rest], 1), expected)
    torch.testing.assert_close(mlp(x), expected)
    assert out.requires_grad and not rest.requires_grad
    (out * c).sum().backward()
    torch.testing.assert_close(mlp.flat.grad, expected_flat)
    assert x.grad is not None and not x.grad[4:].any()
    torch.testing.assert_close(x.grad[:4], expected_x)
    mlp.flat.grad = None
    mlp.frozen(x).sum().backward()
    assert mlp.flat.grad is None


@ENSEMBLES
def test_frozen_gives_gradient_to_the_input_only(members: int) -> None:
    mlp, x, c = make(members), inputs().requires_grad_(), weighting(members)
    expected, _, expected_x = reference(mlp, x.detach(), c)
    out = mlp.frozen(x)
    torch.testing.assert_close(out, expected)
    (out * c).sum().backward()
    torch.testing.assert_close(x.grad, expected_x)
    assert mlp.flat.grad is None


def test_bfloat16_is_close_and_keeps_parameters_in_float32() -> None:
    x, c = inputs().requires_grad_(), weighting(2)
    mlp = make(2, dtype=torch.bfloat16)
    expected, expected_flat, expected_x = reference(mlp, x.detach(), c)
    out = mlp(x)
    (out * c).sum().backward()
    assert out.dtype == mlp.flat.dtype == torch.float32
    assert mlp.flat.grad is not None and mlp.flat.grad.dtype == torch.float32
    for mine, theirs in ((out, expected), (mlp.flat.grad, expected_flat), (x.grad, expected_x)):
        assert mine is not None
        relative = (mine - theirs).norm() / theirs.norm()
        assert 0 < relative < 0.02  # 8 bits of mantissa: 0.4 % a rounding; 0 would be float32


def test_views_survive_load_state_dict() -> None:
    mlp, other = make(2), MLP(SIZES, members=2, generator=torch.Generator().manual_seed(9))
    other(inputs())  # so that its views are cached
    other.load_state_dict(mlp.state_dict())
    assert torch.equal(other(inputs()), mlp(inputs()))
    assert other.layers()[0][0][0].data_ptr() == other.flat.data_ptr()


def test_deepcopy_is_independent_and_whole() -> None:
    mlp, x = make(2), inputs()
    before = mlp(x).detach()
    twin = copy.deepcopy(mlp)
    with torch.no_grad():
        twin.flat.mul_(2.0)
    assert torch.equal(mlp(x), before)
    torch.testing.assert_close(twin(x), torch.stack([torch_stack(twin, m)(x) for m in range(2)]))
    assert (twin(x) - before).abs().max() > 0.1


def test_an_optimiser_step_is_seen_by_the_next_forward() -> None:
    mlp, x = make(), inputs()
    optimizer = torch.optim.SGD(mlp.parameters(), lr=0.1)
    before = mlp(x)
    before.square().mean().backward()
    optimizer.step()
    torch.testing.assert_close(mlp(x), torch_stack(mlp)(x)[None])
    assert mlp(x).square().mean() < before.square().mean()


def test_initialisation() -> None:
    mlp = MLP(
        (16, 64, 64, 2), members=2, last_scale=3e-3, generator=torch.Generator().manual_seed(0)
    )
    for member in mlp.layers():
        for (weight, bias), bound in zip(member, (1 / 4, 1 / 8, 3e-3), strict=True):
            assert not bias.any()
            assert 0.9 * bound < weight.abs().max() <= bound
            assert abs(weight.mean()) < 0.1 * bound
    assert not torch.equal(mlp.layers()[0][0][0], mlp.layers()[1][0][0])
    again = MLP((16, 64, 64, 2), members=2, generator=torch.Generator().manual_seed(0))
    assert torch.equal(mlp.flat, again.flat)
