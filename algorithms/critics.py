"""Policy evaluation: temporal differences for Q^pi (Algorithm 1, "Bellman eqn.")."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from algorithms.mlp import MLP
from algorithms.types import Metrics, check_ensemble, check_range, check_vectors


@dataclass(frozen=True)
class NoClamp:
    """Q is left as it is."""

    def target(self, y: Tensor) -> Tensor:
        return y

    def output(self, q: Tensor) -> Tensor:
        return q


@dataclass(frozen=True)
class ClampTarget:
    """Clamp the bootstrapped target to [low, high]; the critic keeps its gradient everywhere.

    B.3: "as rewards for the dextrous manipulation environments are non-positive, we clamp the Q
    value ... to be at most zero". Rewards in [-1, 0] also bound it below by -1 / (1 - discount).
    """

    low: float = -100.0
    high: float = 0.0

    def target(self, y: Tensor) -> Tensor:
        return y.clamp(self.low, self.high)

    def output(self, q: Tensor) -> Tensor:
        return q


@dataclass(frozen=True)
class ClampOutput:
    """Clamp the network's output, as the released code does: no gradient where it is above."""

    high: float = 0.0

    def target(self, y: Tensor) -> Tensor:
        return y

    def output(self, q: Tensor) -> Tensor:
        return q.clamp(max=self.high)


Clamp = NoClamp | ClampTarget | ClampOutput


class QEnsemble(nn.Module):
    """Q_1..Q_E: (B, O), (B, A) -> (E, B)."""

    def __init__(self, mlp: MLP, clamp: Clamp) -> None:
        super().__init__()
        self.mlp, self.clamp = mlp, clamp

    def forward(self, observations: Tensor, actions: Tensor) -> Tensor:
        """(E, B), with gradient to parameters and actions."""
        return self.clamp.output(self.mlp(torch.cat([observations, actions], -1)).squeeze(-1))

    def frozen(self, observations: Tensor, actions: Tensor) -> Tensor:
        """(E, B), with gradient to the actions only."""
        return self.clamp.output(
            self.mlp.frozen(torch.cat([observations, actions], -1)).squeeze(-1)
        )

    def split(self, observations: Tensor, actions: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
        """Q(s, a) with gradient (E, B); Q(s, a_k) without, for others (K * B, A): (E, K * B)."""
        size = observations.shape[0]
        blocks = [actions, *torch.split(others, size)]
        x = torch.cat([torch.cat([observations, block], -1) for block in blocks])
        q, q_others = self.mlp.split(x, size)
        return self.clamp.output(q.squeeze(-1)), self.clamp.output(q_others.squeeze(-1))


def td_target(
    rewards: Tensor, masks: Tensor, next_q: Tensor, *, discount: float, clamp: Clamp
) -> Tensor:
    """Y = r + discount * mask * Q'(s', a'), a' ~ pi(.|s'); all (B,), no gradient leaves it.

    `next_q` is the minimum over the target networks, less alpha log pi(a'|s') where the method
    has an entropy term.
    """
    check_vectors(rewards=rewards, masks=masks, next_q=next_q)
    return clamp.target(rewards + discount * masks * next_q).detach()


def td_loss(q: Tensor, target: Tensor) -> tuple[Tensor, Metrics]:
    """sum_j mean_B (Q_j(s, a) - y)^2: q (E, B) carries the gradient, target (B,) does not."""
    check_ensemble(q, target)
    loss = (q - target.detach()).square().mean(1).sum()
    value = q.detach()
    return loss, {
        "critic_loss": loss.detach(),
        "q_mean": value.mean(),
        "q_max": value.max(),
        "q_target_mean": target.mean(),
    }


@torch.no_grad()
def polyak_update(target: nn.Module, source: nn.Module, tau: float) -> None:
    """Target <- (1 - tau) target + tau source, in place."""
    torch._foreach_lerp_(list(target.parameters()), list(source.parameters()), tau)


@dataclass(frozen=True)
class NoCritic:
    """The method learns no value function (BC)."""


@dataclass(frozen=True)
class TD:
    """Q^pi by one-step temporal differences; `members` networks, minimum over their targets."""

    members: int = 2
    clamp: Clamp = NoClamp()

    def __post_init__(self) -> None:
        check_range("members", self.members, 1)


Critic = NoCritic | TD
