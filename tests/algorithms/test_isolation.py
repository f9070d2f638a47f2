"""Each loss trains its own network: no gradient reaches any other, in any phase of any method."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import Tensor

from algorithms.agent import Agent
from algorithms.catalogue.resolving import base_of
from algorithms.engine.update import policy_losses
from tests.algorithms.conftest import EVERY_ROW, learn, step_of, tiny_agent
from tests.algorithms.test_agent import trained

OFF_POLICY = [row for row in EVERY_ROW if base_of(row[0]) != "DAPG"]
EVERY = pytest.mark.parametrize(("name", "profile"), OFF_POLICY)
# AWR is at a policy's update at 3, at one of V at 10**6; warm starts end between the two
UPDATES = pytest.mark.parametrize("updates", [0, 3, 10**6])


def losses_by_part(agent: Agent) -> list[dict[str, Tensor]]:
    """What `Agent.update` descends, each part from forward passes of its own."""
    parts = [
        partial(policy_losses, agent.method),
        agent.method.critic.losses,
        agent.method.behavior.losses,
    ]
    return [part(step_of(agent))[0] for part in parts]


def networks_with_gradient(agent: Agent) -> set[str]:
    return {
        name
        for name, network in agent.networks.items()
        if any(p.grad is not None and bool(p.grad.any()) for p in network.parameters())
    }


@EVERY
@UPDATES
def test_every_loss_reaches_its_own_network_only(name: str, profile: str, updates: int) -> None:
    agent = tiny_agent(name, profile)
    for seed in range(2):  # away from where a policy equals its copy
        learn(agent, seed)
    agent.updates = updates
    reached: set[str] = set()
    for losses in losses_by_part(agent):
        for network, loss in losses.items():
            agent.networks.zero_grad(set_to_none=True)
            assert loss.shape == ()
            loss.backward(retain_graph=True)
            assert networks_with_gradient(agent) == {network}
            reached.add(network)
    if name in ("AWR", "AWAC[Q-beta]", "AWAC[Monte-Carlo]", "AWR[SGD]"):
        assert reached == ({"policy"} if updates == 3 else {"value"})
    elif base_of(name) in ("TD3+BC", "RLPD") and updates == 3:
        assert reached == {"critic"}
    else:
        assert reached == trained(name)


@EVERY
def test_all_parameters_of_a_trained_policy_have_gradient(name: str, profile: str) -> None:
    agent = tiny_agent(name, profile)
    in_phases = base_of(name) == "AWR" or name in ("AWAC[Q-beta]", "AWAC[Monte-Carlo]")
    agent.updates = 3 if in_phases else 10**6
    losses, _ = policy_losses(agent.method, step_of(agent))
    losses["policy"].backward()
    assert all(p.grad is not None for p in agent.policy.parameters())
    still = {n for n, p in agent.policy.named_parameters() if not bool(p.grad.any())}
    if name == "AWR[SGD]" or (name, profile) == ("AWR", "released"):
        assert still == {"std_logits"}  # its standard deviation is a constant
    elif name != "MPO[released]":  # the trap that the variant shows
        assert still == set()


@pytest.mark.parametrize("name", ["BC", "SAC", "DAPG", "BC[all]"])
def test_imitation_moves_the_policy_only(name: str) -> None:
    agent = tiny_agent(name, "paper", "policy_learning_rate=0.01")
    before = {key: value.clone() for key, value in agent.networks.state_dict().items()}
    batch = step_of(agent).batch
    losses = [agent.imitate(batch)["policy_loss"] for _ in range(50)]
    changed = {
        key.split(".")[0]
        for key, value in agent.networks.state_dict().items()
        if (value != before[key]).any()
    }
    assert changed == {"policy"} and losses[-1] < losses[0] - 0.1
    assert all(not loss.requires_grad for loss in losses) and agent.updates == 0


@EVERY
def test_gradients_of_one_update_do_not_reach_the_next(name: str, profile: str) -> None:
    """A second update from equal weights and optimisers gives equal weights, whatever came first.

    Gradients are not part of a checkpoint: one left over would break resuming.
    """
    agents = [tiny_agent(name, profile) for _ in range(2)]
    for parameter in agents[0].networks.parameters():
        if parameter.requires_grad:
            parameter.grad = torch.full_like(parameter, 7.0)
    for agent in agents:
        for seed in range(4):
            learn(agent, seed)
    first, second = (agent.networks.state_dict() for agent in agents)
    assert all(torch.equal(value, second[key]) for key, value in first.items())
