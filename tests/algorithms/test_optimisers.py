"""The learning rates and L2 terms of Table 1, and of each method's own networks, are in force."""

from __future__ import annotations

import pytest
import torch

from algorithms.networks.annealing import ConstantRates, LinearDecay
from algorithms.networks.blueprint import OptimizerSettings
from algorithms.networks.optimizers import MomentumSGD
from tests.algorithms.conftest import EVERY_ROW, make_batch, tiny_agent

EVERY = pytest.mark.parametrize(("name", "profile"), EVERY_ROW)
RATES = {
    "policy": (3e-4, 1e-4),
    "critic": (3e-4, 0.0),
    "value": (3e-4, 0.0),
    "temperature": (3e-4, 0.0),
    "behavior": (3e-4, 1e-4),
    "multiplier": (1e-3, 0.0),
    "baseline": (1e-3, 1e-3),
    "eta": (1e-2, 0.0),
    "mean_multiplier": (1e-2, 0.0),
    "std_multiplier": (1e-2, 0.0),
    "behavior_temperature": (5e-4, 0.0),
}
AWR_SGD = {"policy": (5e-5, 0.0), "value": (1e-2, 0.0)}
OTHER_RATES = {
    ("BCQ", "behavior"): (1e-3, 0.0),  # a VAE
    ("BEAR", "behavior"): (3e-4, 0.0),
}


@EVERY
def test_rates_reach_the_optimisers(name: str, profile: str) -> None:
    agent = tiny_agent(name, profile)
    sgd = isinstance(agent.method.optimizer, MomentumSGD)
    assert sgd == (name == "AWR[SGD]" or (name, profile) == ("AWR", "released"))
    for network, optimizer in agent.optimizers.items():
        (group,) = optimizer.param_groups
        rates = (group["lr"], group["weight_decay"])
        parameters = list(agent.networks[network].parameters())
        assert [id(p) for p in group["params"]] == [id(p) for p in parameters]
        if sgd:
            assert isinstance(optimizer, torch.optim.SGD)
            assert group["momentum"] == 0.9 and not group["nesterov"] and group["dampening"] == 0
            assert group["lr"] == AWR_SGD[network][0]
            continue
        assert rates == OTHER_RATES.get((name, network), RATES[network])
        assert isinstance(optimizer, torch.optim.Adam) and not group["amsgrad"]
        assert group["betas"] == (0.9, 0.999)
        assert not group.get("decoupled_weight_decay", False)  # the L2 term of Adam, not AdamW


def test_awr_as_released_has_no_weight_decay() -> None:
    agent = tiny_agent("AWR", "released")
    decays = {name: o.param_groups[0]["weight_decay"] for name, o in agent.optimizers.items()}
    assert decays == {"policy": 0.0, "value": 0.0}


def test_momentum_and_decay_by_hand() -> None:
    """b = 0.5 b + (g + 0.1 theta), then theta - 0.2 b, three times from theta = 1 and b = 0."""
    rule, decay, rate = MomentumSGD(momentum=0.5), 0.1, torch.tensor(0.2)
    steps = [  # g, then b, then theta
        (2.0, 2.1, 0.58),  # 2 + 0.1
        (-1.0, 0.108, 0.5584),  # 1.05 - 1 + 0.058
        (0.5, 0.60984, 0.436432),  # 0.054 + 0.5 + 0.05584
    ]
    parameter = torch.tensor([1.0])
    moments = rule.initial(parameter)
    theirs = torch.nn.Parameter(parameter.clone())
    optimizer = rule.build([theirs], OptimizerSettings(0.2, decay))
    for g, b, theta in steps:
        theirs.grad = torch.tensor([g])
        parameter, moments = rule.step(parameter, theirs.grad, moments, rate, decay)
        optimizer.step()
        assert [moment.item() for moment in moments] == [pytest.approx(b)]
        assert parameter.item() == pytest.approx(theta)
        assert theirs.item() == pytest.approx(theta)


CHANGES = [
    ("SAC", "policy_learning_rate=0.1", "policy", "lr", 0.1),
    ("SAC", "policy_weight_decay=0.2", "policy", "weight_decay", 0.2),
    ("SAC", "q_learning_rate=0.3", "critic", "lr", 0.3),
    ("SAC", "q_weight_decay=0.4", "critic", "weight_decay", 0.4),
    ("SAC[entropy]", "alpha_learning_rate=0.5", "temperature", "lr", 0.5),
    ("AWR", "q_learning_rate=0.3", "value", "lr", 0.3),
    ("BCQ", "vae_learning_rate=0.3", "behavior", "lr", 0.3),
    ("BEAR", "multiplier_learning_rate=0.3", "multiplier", "lr", 0.3),
    ("BRAC", "behavior_learning_rate=0.3", "behavior", "lr", 0.3),
    ("BRAC", "behavior.entropy.alpha_learning_rate=0.3", "behavior_temperature", "lr", 0.3),
    ("BRAC", "policy_weight_decay=0.3", "behavior", "weight_decay", 0.3),
    ("ABM-MPO", "behavior_learning_rate=0.3", "behavior", "lr", 0.3),
    ("DAPG", "baseline_weight_decay=0.3", "baseline", "weight_decay", 0.3),
    ("MPO[full]", "eta_learning_rate=0.3", "eta", "lr", 0.3),
    ("MPO[full]", "constraint.multiplier_learning_rate=0.3", "std_multiplier", "lr", 0.3),
    ("AWR[SGD]", "momentum=0.3", "policy", "momentum", 0.3),
    ("IQL", "q_weight_decay=0.3", "value", "weight_decay", 0.3),
]


@pytest.mark.parametrize(("name", "change", "network", "key", "value"), CHANGES)
def test_changed_rates_reach_the_optimisers(
    name: str, change: str, network: str, key: str, value: float
) -> None:
    (group,) = tiny_agent(name, "paper", change).optimizers[network].param_groups
    assert group[key] == value


def test_rates_decay_to_nothing() -> None:
    agent = tiny_agent("SAC", "paper", "annealing=LinearDecay", "annealing.over_updates=4")
    batch = make_batch()
    seen = []
    for _ in range(6):
        before = agent.networks["critic"].mlp.flat.clone()
        agent.update(batch)
        moved = bool((agent.networks["critic"].mlp.flat != before).any())
        seen.append((agent.optimizers["critic"].param_groups[0]["lr"], moved))
    # 1, 3/4, 2/4, 1/4 of 3e-4, then nothing moves any more
    rates = [3e-4, 2.25e-4, 1.5e-4, 0.75e-4, 0.0, 0.0]
    assert [rate for rate, _ in seen] == pytest.approx(rates)
    assert [moved for _, moved in seen] == [True] * 4 + [False] * 2


def test_decay_begins_after_a_constant_stretch() -> None:
    decay = LinearDecay(after_updates=3, over_updates=4)
    factors = [decay.factor(u) for u in (0, 2, 3, 4, 6, 7, 100)]
    assert factors == [1.0, 1.0, 1.0, 0.75, 0.25, 0.0, 0.0]


def test_rates_are_constant_otherwise() -> None:
    assert {ConstantRates().factor(u) for u in (0, 1, 10**9)} == {1.0}
    with pytest.raises(ValueError, match="over_updates"):
        LinearDecay(over_updates=0)
    with pytest.raises(ValueError, match="after_updates"):
        LinearDecay(after_updates=-1)
