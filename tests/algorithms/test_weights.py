"""Weights of weighted likelihood and their effective sample size, against hand-made numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from algorithms.objectives.weights import (
    BatchMean,
    Constant,
    Exponential,
    Indicator,
    Unnormalised,
    Weights,
    effective_sample_size,
    weight_metrics,
)

ADVANTAGES = torch.tensor([-1.0, 0.0, 0.3, 0.9])


def test_exponential_is_eq_4() -> None:
    expected = [math.exp(-1 / 0.3), 1.0, math.e, math.exp(3)]
    weights = Weights(Exponential(lam=0.3), Unnormalised())(ADVANTAGES)
    torch.testing.assert_close(weights, torch.tensor(expected))


def test_clip_leaves_bad_actions_alone() -> None:
    """Only the upper side is bounded: an action worse by 3 keeps its weight of e^-10."""
    weights = Weights(Exponential(lam=0.3, clip=0.1))(torch.tensor([-3.0, -0.1]))
    torch.testing.assert_close(weights, torch.tensor([math.exp(-10), math.exp(-1 / 3)]))


@pytest.mark.parametrize("lam", [0.01, 0.3, 2.0])
def test_cap_bounds_the_weight_whatever_lambda_is(lam: float) -> None:
    """w = min(exp(A / lam), 100): IQL's and CORL's bound, which a sweep of lambda does not move."""
    advantages = torch.tensor([-1.0, 0.0, 0.5 * lam, lam * math.log(100.0), 8 * lam, 1e6])
    weights = Weights(Exponential(lam=lam, cap=100.0), Unnormalised())(advantages)
    expected = torch.tensor([math.exp(-1 / lam), 1.0, math.exp(0.5), 100.0, 100.0, 100.0])
    torch.testing.assert_close(weights, expected)


def test_cap_comes_after_the_clip_and_the_normaliser() -> None:
    """f = 1, 1, 2, 8 has the mean 3: weights 1/3, 1/3, 2/3, 8/3, and the last one is cut at 2."""
    advantages = torch.tensor([1.0, 1.0, 2.0, 8.0]).log()
    weights = Weights(Exponential(lam=1.0, cap=2.0), BatchMean())(advantages)
    torch.testing.assert_close(weights, torch.tensor([1 / 3, 1 / 3, 2 / 3, 2.0]))
    large = torch.tensor([0.0, 0.0, 1e6, 1e6])
    clipped = Weights(Exponential(lam=1.0, clip=math.log(2.0), cap=3.0))(large)
    torch.testing.assert_close(clipped, torch.tensor([1.0, 1.0, 2.0, 2.0]))
    with pytest.raises(ValueError, match="cap must be above 0"):
        Exponential(cap=0.0)


def test_the_paper_s_choice_is_the_default() -> None:
    assert Weights() == Weights(Exponential(lam=0.3, clip=math.inf), Unnormalised())


@pytest.mark.parametrize("lam", [0.01, 0.3, 1.0, 50.0])
def test_batch_mean_is_softmax_times_batch_size(lam: float) -> None:
    advantages = torch.randn(64, generator=torch.Generator().manual_seed(0)) * 3
    weights = Weights(Exponential(lam=lam), BatchMean())(advantages)
    expected = 64 * torch.softmax(advantages / lam, 0)
    torch.testing.assert_close(weights, expected, rtol=1e-4, atol=1e-6)  # |A / lam| up to 1e3
    assert weights.mean().item() == pytest.approx(1.0, abs=1e-5)


def test_a_softmax_over_the_batch_tells_advantages_of_a_thousand_lambda_apart() -> None:
    """A / lambda of 1000, 1000 - log 3 and -1000: weights 3 * (3, 1, 0) / 4; e^1000 is no float."""
    lam = 0.03
    advantages = torch.tensor([1000.0, 1000.0 - math.log(3.0), -1000.0]) * lam
    weights = Weights(Exponential(lam=lam), BatchMean())(advantages)
    torch.testing.assert_close(weights, torch.tensor([2.25, 0.75, 0.0]), atol=1e-3, rtol=0)


def test_batch_mean_does_not_overflow() -> None:
    weights = Weights(Exponential(lam=0.1), BatchMean())(torch.tensor([500.0, 490.0, -500.0]))
    torch.testing.assert_close(weights, torch.tensor([3.0, 0.0, 0.0]), atol=1e-3, rtol=0)


@pytest.mark.parametrize("normalisation", [Unnormalised(), BatchMean()])
@pytest.mark.parametrize(("clip", "lam"), [(0.5, 0.5), (2.0, 0.3)])
def test_clip_bounds_the_ratio(clip: float, lam: float, normalisation: BatchMean) -> None:
    """No weight exceeds e^(clip / lam) times that of an action as good as the policy's."""
    advantages = torch.tensor([0.0, clip / 2, clip, clip + 1, 1e6])
    weights = Weights(Exponential(lam=lam, clip=clip), normalisation)(advantages)
    ratio = weights / weights[0]
    expected = torch.tensor([0.0, 0.5, 1.0, 1.0, 1.0]).mul(clip / lam).exp()
    torch.testing.assert_close(ratio, expected)


@pytest.mark.parametrize("normalisation", [Unnormalised(), BatchMean()])
def test_lambda_to_infinity_gives_constant_weights(normalisation: BatchMean) -> None:
    weights = Weights(Exponential(lam=1e9), normalisation)(ADVANTAGES)
    torch.testing.assert_close(weights, torch.ones(4), atol=1e-6, rtol=0)


def test_indicator_and_constant() -> None:
    assert Weights(Indicator())(ADVANTAGES).tolist() == [0, 0, 1, 1]
    normalised = Weights(Indicator(), BatchMean())(ADVANTAGES)
    torch.testing.assert_close(normalised, torch.tensor([0.0, 0.0, 2.0, 2.0]))
    assert Weights(Constant())(ADVANTAGES).tolist() == [1, 1, 1, 1]
    assert Weights(Constant(), BatchMean())(ADVANTAGES).tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("normalisation", [Unnormalised(), BatchMean()])
def test_all_weights_may_be_zero(normalisation: BatchMean) -> None:
    weights = Weights(Indicator(), normalisation)(torch.tensor([-1.0, -2.0, 0.0]))
    assert weights.tolist() == [0, 0, 0]
    assert effective_sample_size(weights).item() == 0


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ([1.0, 1.0, 1.0, 1.0], 1.0),
        ([7.0, 7.0, 7.0, 7.0], 1.0),
        ([0.0, 5.0, 0.0, 0.0], 0.25),
        ([3.0, 1.0], 0.8),  # 16 / (2 * 10)
        ([0.0, 0.0], 0.0),
        ([3e20, 1e20], 0.8),  # their squares, and the squared sum, are no float32
        ([3e-30, 1e-30], 0.8),
        ([1e38] * 8, 1.0),  # nor is their sum
    ],
)
def test_effective_sample_size_by_hand(weights: list[float], expected: float) -> None:
    assert effective_sample_size(torch.tensor(weights)).item() == pytest.approx(expected)


@pytest.mark.parametrize(("spread", "expected"), [(0.5, 799), (1.0, 384), (2.0, 56)])
def test_effective_sample_size_of_normal_scores(spread: float, expected: float) -> None:
    """Averages over batches of 1024."""
    generator = torch.Generator().manual_seed(1)
    weights = Weights(Exponential(lam=1.0), BatchMean())
    batches = torch.randn(300, 1024, generator=generator) * spread
    sizes = [effective_sample_size(weights(batch)) * 1024 for batch in batches]
    assert torch.stack(sizes).mean().item() == pytest.approx(expected, rel=0.06)


def test_metrics() -> None:
    metrics = weight_metrics(torch.tensor([3.0, 1.0]))
    assert metrics["weights_max"].item() == 3
    assert metrics["weights_ess"].item() == pytest.approx(0.8)


@pytest.mark.parametrize("shape", [Exponential(), Indicator(), Constant()])
@pytest.mark.parametrize("normalisation", [Unnormalised(), BatchMean()])
def test_weights_carry_no_gradient(shape: Exponential, normalisation: BatchMean) -> None:
    advantages = ADVANTAGES.clone().requires_grad_()
    weights = Weights(shape, normalisation)(advantages)
    assert not weights.requires_grad and not effective_sample_size(weights).requires_grad


def test_wrong_shapes_are_refused() -> None:
    """(B,), or (K, B): an ensemble's axis must have been reduced before."""
    for wrong in (torch.zeros(()), torch.zeros(2, 4, 3)):
        with pytest.raises(ValueError, match="shape"):
            Weights()(wrong)
        with pytest.raises(ValueError, match="shape"):
            effective_sample_size(wrong)


def test_a_shape_of_the_users_own_may_have_a_cap() -> None:
    @dataclass(frozen=True)
    class Steep:
        cap: float = 1.5

        def log(self, advantages: Tensor) -> Tensor:
            return 3 * advantages

    found = Weights(Steep(), Unnormalised())(torch.tensor([-1.0, 0.0, 2.0]))  # type: ignore[arg-type]
    torch.testing.assert_close(found, torch.tensor([math.exp(-3), 1.0, 1.5]))
