"""What an update is, whoever carries it out: its losses, and what follows the descent."""

from __future__ import annotations

from collections.abc import Hashable

from torch import Tensor, nn

from algorithms.catalogue.method import Method
from algorithms.losses import Losses
from algorithms.step import Step
from algorithms.types import Metrics


def losses_of(method: Method, step: Step) -> tuple[Losses, Metrics]:
    """Every loss of the update (Algorithm 1, lines 5-7), from the networks before it."""
    losses, metrics = policy_losses(method, step)
    for part in (method.critic, method.behavior):
        part_losses, part_metrics = part.losses(step)
        losses |= part_losses
        metrics |= part_metrics
    return losses, metrics


def policy_losses(method: Method, step: Step) -> tuple[Losses, Metrics]:
    """Of the policy and of the dual variables; none in a phase that does not improve it."""
    losses: Losses = {}
    metrics: Metrics = {}
    if not step.follows(method.critic.improves):
        return losses, metrics
    if not step.follows(method.constraint.postpones_improvement):
        losses, metrics = method.objective.losses(step)
    term, duals, constraint_metrics = method.constraint.policy_term(step)
    if isinstance(term, Tensor):
        losses["policy"] = losses["policy"] + term if "policy" in losses else term
    return losses | duals, metrics | constraint_metrics


def cloning_losses(method: Method, step: Step) -> tuple[Losses, Metrics]:
    """Behaviour cloning of the demonstrations, which initialises the policy (B.4)."""
    loss = method.initialisation.loss(step.policy, step.demonstrations)
    return {"policy": loss}, {"policy_loss": loss.detach()}


def moving_targets(networks: nn.ModuleDict, losses: Losses) -> list[tuple[str, str]]:
    """(target, source) of the networks that move slowly after those that have been trained."""
    pairs = ((f"target_{name}", name) for name in ("critic", "policy"))
    return [(target, name) for target, name in pairs if target in networks and name in losses]


def phase(method: Method, updates: int) -> Hashable:
    """What distinguishes update number `updates` in kind: equal phases do the same operations."""
    return (
        method.critic.improves(updates),
        method.constraint.postpones_improvement(updates),
    )
