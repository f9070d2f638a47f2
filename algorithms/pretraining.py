"""Whether updates on the prior data come before the first online step."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class OnPriorData:
    """`offline_steps` updates on the prior data before the first online step."""

    offline = True
    random_start = False


@dataclass(frozen=True)
class NoPretraining:
    """The first update follows the first online data (DAPG, RLPD)."""

    offline = False
    random_start = False


@dataclass(frozen=True)
class RandomActionsFirst:
    """No offline updates; before `learning_starts` online steps actions are uniform in [-1, 1].

    A policy that starts with a narrow standard deviation would otherwise fill the buffer with one
    action (start steps of Haarnoja 2018).
    """

    offline = False
    random_start = True


Pretraining = OnPriorData | NoPretraining | RandomActionsFirst
