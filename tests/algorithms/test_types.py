"""Every loss refuses a (B, 1) beside a (B,): it would train each sample on the batch mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from algorithms.critics.ensembles import NoClamp
from algorithms.critics.losses import td_loss, td_target
from algorithms.losses import imitation_loss, reverse_kl_loss, weighted_mle_loss
from algorithms.objectives.temperature import temperature_loss
from algorithms.objectives.weights import Weights, effective_sample_size
from algorithms.types import check_ensemble, check_vectors

VECTOR, LONGER = torch.ones(4), torch.ones(5)


def target(rewards: Tensor, masks: Tensor, next_q: Tensor) -> Tensor:
    return td_target(rewards, masks, next_q, discount=0.9, clamp=NoClamp())


def reverse_kl(log_prob: Tensor, q: Tensor) -> Tensor:
    return reverse_kl_loss(log_prob, q, 0.1)


def temperature(log_prob: Tensor) -> Tensor:
    return temperature_loss(torch.zeros(()), log_prob, -2.0)


VECTOR_FUNCTIONS: list[tuple[Callable[..., Any], int]] = [
    (weighted_mle_loss, 2),
    (imitation_loss, 1),
    (reverse_kl, 2),
    (temperature, 1),
    (target, 3),
]
CASES = [(f, count, place) for f, count in VECTOR_FUNCTIONS for place in range(count)]
WEIGHING: list[Callable[..., Any]] = [Weights(), effective_sample_size]  # (K, B) is a shape to them


@pytest.mark.parametrize(("function", "count", "place"), CASES)
@pytest.mark.parametrize("wrong", [torch.ones(4, 1), torch.ones(1, 4), torch.ones(())])
def test_losses_refuse_anything_but_vectors(
    function: Callable[..., Any], count: int, place: int, wrong: Tensor
) -> None:
    arguments = [VECTOR] * count
    function(*arguments)
    arguments[place] = wrong
    with pytest.raises(ValueError, match=r"expected one common shape \(B,\)"):
        function(*arguments)


@pytest.mark.parametrize("function", WEIGHING)
@pytest.mark.parametrize("wrong", [torch.ones(()), torch.ones(2, 4, 1)])
def test_weighing_refuses_anything_but_vectors_and_actions_of_states(
    function: Callable[..., Any], wrong: Tensor
) -> None:
    function(VECTOR)
    function(torch.ones(3, 4))
    with pytest.raises(ValueError, match=r"expected one common shape \(B,\) or \(K, B\)"):
        function(wrong)


@pytest.mark.parametrize(("function", "count", "place"), [case for case in CASES if case[1] > 1])
def test_losses_refuse_different_lengths(
    function: Callable[..., Any], count: int, place: int
) -> None:
    arguments = [VECTOR] * count
    arguments[place] = LONGER
    with pytest.raises(ValueError, match="expected one common shape"):
        function(*arguments)


@pytest.mark.parametrize(
    ("q", "y"),
    [
        (torch.ones(2, 4), torch.ones(4, 1)),
        (torch.ones(2, 4, 1), torch.ones(4)),
        (torch.ones(4), torch.ones(4)),
        (torch.ones(4, 2), torch.ones(4)),
        (torch.ones(2, 4), torch.ones(2, 4)),
        (torch.ones(2, 4), torch.ones(1)),
    ],
)
def test_td_loss_refuses_all_but_an_ensemble_and_a_vector(q: Tensor, y: Tensor) -> None:
    td_loss(torch.ones(2, 4), torch.ones(4))
    with pytest.raises(ValueError, match=r"expected q \(E, B\)"):
        td_loss(q, y)


def test_messages_name_the_tensor() -> None:
    with pytest.raises(ValueError, match=r"'advantages': \(4, 1\)"):
        check_vectors(advantages=torch.ones(4, 1))
    with pytest.raises(ValueError, match=r"got \(2, 4\), \(5,\)"):
        check_ensemble(torch.ones(2, 4), torch.ones(5))
