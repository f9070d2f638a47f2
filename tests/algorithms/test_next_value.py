"""What the temporal difference bootstraps from: whose action, which members, and the mask."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from algorithms.agent import Agent
from algorithms.critics.ensembles import First, Mean, Minimum, RandomSubset, SoftClipped
from algorithms.critics.losses import td_loss
from algorithms.critics.next_value import BestCandidate, EntropyFreeAction, SmoothedAction
from algorithms.engine.update import losses_of
from tests.algorithms.conftest import BATCH_SIZE, make_batch, step_of, tiny_agent, torch_stack

Q = torch.tensor([[1.0, -2.0, 5.0], [3.0, -4.0, 5.0], [2.0, 0.0, -1.0]])


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def captured_target(agent: Agent, monkeypatch: pytest.MonkeyPatch, *, seed: int = 0) -> Tensor:
    """What the critic regresses on."""
    targets: list[Tensor] = []

    def spy(q: Tensor, target: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        targets.append(target)
        return td_loss(q, target)

    for module in ("td", "expectile"):
        monkeypatch.setattr(f"algorithms.critics.{module}.td_loss", spy)
    agent.method.critic.losses(step_of(agent, seed=seed))
    return targets[0]


def target_q(agent: Agent, s: Tensor, a: Tensor) -> list[list[float]]:
    """Q'_j(s, a) of every member by ordinary layers: (E, R)."""
    mlp = agent.networks["target_critic"].mlp
    x = torch.cat([s, a], -1)
    return [torch_stack(mlp, member)(x)[:, 0].tolist() for member in range(mlp.members)]


@pytest.mark.parametrize(
    ("combination", "expected"),
    [
        (Minimum(), [1.0, -4.0, -1.0]),
        (SoftClipped(), [0.75 * 1 + 0.25 * 3, 0.75 * -4 + 0.25 * 0, 0.75 * -1 + 0.25 * 5]),
        (SoftClipped(minimum_weight=1.0), [1.0, -4.0, -1.0]),
        (First(), [1.0, -2.0, 5.0]),
        (Mean(), [2.0, -2.0, 3.0]),
        (RandomSubset(3), [1.0, -4.0, -1.0]),
    ],
)
def test_combinations_by_hand(combination: Minimum, expected: list[float]) -> None:
    torch.testing.assert_close(combination(Q, generator()), torch.tensor(expected))
    candidates = Q[:, :, None].expand(3, 3, 2)
    assert combination(candidates, generator()).shape == (3, 2)


def test_random_subset_draws_members_without_replacement_and_anew() -> None:
    """Each pair of three as often as any other; the same members for the whole batch."""
    q = torch.tensor([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])
    draws, noise = [], generator()
    for _ in range(600):
        value = RandomSubset(2)(q, noise)
        assert value[0] == value[1]
        draws.append(value[0].item())
    assert set(draws) == {0.0, 1.0}  # never the largest: two different members
    assert draws.count(1.0) == pytest.approx(200, abs=50)
    with pytest.raises(ValueError, match="subset of 4 from 3 critics"):
        RandomSubset(4)(q, noise)


OF_THE_POLICY = {
    "SAC": "objective.combination",
    "BCQ": "objective.combination",
    "BEAR": "objective.combination",
    "TD3+BC": "objective.improvement.combination",
    "RLPD": "objective.combination",
}


@pytest.mark.parametrize("name", OF_THE_POLICY)
def test_combinations_take_their_noise_from_the_agent(name: str) -> None:
    """The losses do not depend on PyTorch's own generator, whose state no checkpoint has."""
    changes = [
        change
        for path in ("critic.ensemble", OF_THE_POLICY[name])
        for change in (f"{path}=RandomSubset", f"{path}.subset=1")
    ]
    agent = tiny_agent(name, "paper", *changes)
    agent.updates = 10**6
    found = set()
    with torch.random.fork_rng(devices=[]):
        for seed in range(8):
            torch.manual_seed(seed)
            losses, _ = losses_of(agent.method, step_of(agent))
            found.add((losses["policy"].item(), losses["critic"].item()))
    assert len(found) == 1


@pytest.mark.parametrize("name", ["BCQ", "BEAR"])
def test_best_candidate_is_the_best_of_each_state(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """max_k [0.75 min_j + 0.25 max_j Q'_j(s', a_k)], by one loop over states and candidates."""
    agent = tiny_agent(name, "paper", "clamp=NoClamp", "candidates=5")
    for network in ("policy", "target_policy", "behavior"):
        if network in agent.networks:
            module = agent.networks[network]
            mlp = module.decoder if network == "behavior" else module.mlp
            mlp.layers()[0][-1][0].mul_(2000.0)
    batch, acting = make_batch(), "target_policy" if name == "BCQ" else "policy"
    actions = agent.networks[acting](batch.next_observations).sample(generator(7), 5).detach()
    values = []
    for i in range(BATCH_SIZE):
        of_state = []
        for k in range(5):
            a = actions[k * BATCH_SIZE + i][None].clamp(-1, 1)
            q = [member[0] for member in target_q(agent, batch.next_observations[i : i + 1], a)]
            of_state.append(0.75 * min(q) + 0.25 * max(q))
        assert max(of_state) - min(of_state) > 1e-3
        values.append(max(of_state))
    expected = batch.rewards + 0.99 * batch.masks * torch.tensor(values)
    torch.testing.assert_close(captured_target(agent, monkeypatch, seed=7), expected)


@pytest.mark.parametrize(("noise", "clip"), [(0.2, 0.5), (2.0, 0.3)])
def test_smoothed_action(noise: float, clip: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """min_j Q'_j(s', clip(mode of the target policy + clipped noise, -1, 1))."""
    agent = tiny_agent(
        "TD3+BC", "paper", "clamp=NoClamp", f"next_value.noise={noise}", f"next_value.clip={clip}"
    )
    agent.networks["target_policy"].mlp.layers()[0][-1][1].copy_(torch.tensor([1.5, -0.5]))
    batch = make_batch()
    s = batch.next_observations
    mode = torch_stack(agent.networks["target_policy"].mlp)(s).tanh()
    disturbance = noise * torch.randn(mode.shape, generator=generator(2))
    assert bool((disturbance.abs() > clip).any())
    actions = (mode + disturbance.clamp(-clip, clip)).detach().clamp(-1, 1)
    assert (actions == 1).any()
    q = torch.tensor(target_q(agent, s, actions)).min(0).values
    expected = batch.rewards + 0.99 * batch.masks * q
    torch.testing.assert_close(captured_target(agent, monkeypatch, seed=2), expected)


@pytest.mark.parametrize(
    "name", ["AWAC", "SAC", "BCQ", "BEAR", "MPO", "BRAC", "IQL", "TD3+BC", "RLPD"]
)
def test_true_terminals_do_not_bootstrap_and_everything_else_does(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A released BCQ has the two the wrong way round: its targets are the rewards."""
    agent = tiny_agent(name, "paper", "clamp=NoClamp")
    batch = make_batch()
    y = captured_target(agent, monkeypatch)
    ended = batch.masks == 0
    assert ended.sum() == BATCH_SIZE // 4
    assert torch.equal(y[ended], batch.rewards[ended])
    assert ((y - batch.rewards)[~ended].abs() > 0.03).all()


@pytest.mark.parametrize(
    "change", ["temperature=LearnedTemperature", "temperature=FixedTemperature"]
)
def test_entropy_term_is_in_the_target_of_either_temperature(
    change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """y = r + discount mask (min_j Q'_j(s', a') - alpha log pi(a'|s')), whoever sets alpha."""
    alpha = "initial_alpha=0.7" if "Learned" in change else "temperature.alpha=0.7"
    agent = tiny_agent("SAC", "paper", "clamp=NoClamp", change, alpha)
    batch = make_batch()
    pi = agent.policy(batch.next_observations)
    actions, log_prob = pi.sample_with_log_prob(generator())
    q = agent.networks["target_critic"](batch.next_observations, actions).min(0).values
    expected = batch.rewards + 0.99 * batch.masks * (q - 0.7 * log_prob)
    assert log_prob.std() > 0.1  # one number a sample, not the batch's mean
    torch.testing.assert_close(captured_target(agent, monkeypatch), expected.detach())


@pytest.mark.parametrize("name", ["BCQ", "BEAR", "TD3+BC", "AWAC"])
def test_methods_without_temperature_have_no_entropy_in_their_target(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = tiny_agent(name, "paper", "clamp=NoClamp", "members=1")
    assert step_of(agent).alpha == 0.0 and "temperature" not in agent.networks
    for network in ("critic", "target_critic"):  # Q' = -2 everywhere
        for member in agent.networks[network].mlp.layers():
            member[-1][0].zero_()
    batch = make_batch()
    torch.testing.assert_close(
        captured_target(agent, monkeypatch), batch.rewards - 2 * 0.99 * batch.masks
    )


@pytest.mark.parametrize(
    ("rule", "count"),
    [("SampledAction", 1), ("EntropyFreeAction", 1), ("BestCandidate", 10)],
)
def test_target_is_the_value_of_the_action_that_the_simulator_executes(
    rule: str, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Samples of the unsquashed Gaussian beyond +-1 are clipped before Q' sees them."""
    agent = tiny_agent("AWAC", "paper", "clamp=NoClamp", f"critic.next_value={rule}")
    with torch.no_grad():
        agent.policy.std_logits.fill_(20.0)  # std 1
    batch = make_batch()
    samples = agent.policy(batch.next_observations).sample(generator(), count).detach()
    q = agent.networks["target_critic"]
    states = batch.next_observations.repeat(count, 1)
    executed, raw = (
        batch.rewards
        + 0.99 * batch.masks * q(states, actions).min(0).values.view(count, -1).max(0).values
        for actions in (samples.clamp(-1, 1), samples)
    )
    assert (executed - raw).abs().max() > 0.01
    torch.testing.assert_close(captured_target(agent, monkeypatch), executed)


def test_rows_bootstrap_as_their_papers_say() -> None:
    critics = {name: tiny_agent(name).method.critic for name in ("BCQ", "BEAR", "TD3+BC", "RLPD")}
    for name in ("BCQ", "BEAR"):
        assert critics[name].next_value == BestCandidate(10)
        assert critics[name].ensemble == SoftClipped(0.75)
    assert critics["TD3+BC"].next_value == SmoothedAction(noise=0.2, clip=0.5)
    assert critics["TD3+BC"].ensemble == Minimum()
    assert critics["RLPD"].next_value == EntropyFreeAction()
    assert (critics["RLPD"].members, critics["RLPD"].ensemble) == (10, RandomSubset(2))
