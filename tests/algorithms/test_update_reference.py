"""A whole update equals one written independently with `torch.nn`, `distributions` and Adam.

This also settles the order inside an update: all losses come from the
networks before the step. The tests show that the comparison notices an actor that sees the new
critic.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Independent, Normal, TanhTransform, TransformedDistribution

from algorithms.agent import Agent
from algorithms.types import Batch
from tests.algorithms.conftest import flatten_stack, make_batch, tiny_agent, torch_stack

RATES = ("policy_learning_rate=0.01", "q_learning_rate=0.05", "tau=0.1")
UPDATES = 3


@dataclass
class Reference:
    """AWAC or SAC as a textbook would write it, started from an agent's weights."""

    agent: Agent
    actor_sees_new_critic: bool = False

    def __post_init__(self) -> None:
        networks = self.agent.networks
        self.policy = torch_stack(networks["policy"].mlp)
        self.q = nn.ModuleList(torch_stack(networks["critic"].mlp, m) for m in range(2))
        self.target = nn.ModuleList(torch_stack(networks["target_critic"].mlp, m) for m in range(2))
        self.generator = torch.Generator().set_state(self.agent.generator.get_state())
        self.policy_parameters = list(self.policy.parameters())
        self.is_sac = not hasattr(networks["policy"], "std_logits")
        self.bounds = (-100.0, 0.0)  # of the hand; not for values with an entropy term
        if "temperature" in networks:
            self.bounds = (-torch.inf, torch.inf)
            self.log_alpha = nn.Parameter(networks["temperature"].log_value.detach().clone())
            self.alpha_optimizer = torch.optim.Adam([self.log_alpha], lr=3e-4)
        elif self.is_sac:
            self.log_alpha = torch.tensor(-torch.inf)
        if not self.is_sac:
            self.std_logits = nn.Parameter(torch.zeros(2))
            self.policy_parameters.append(self.std_logits)
        self.policy_optimizer = torch.optim.Adam(self.policy_parameters, lr=0.01, weight_decay=1e-4)
        self.q_optimizer = torch.optim.Adam(self.q.parameters(), lr=0.05)

    def pi(self, s: Tensor) -> torch.distributions.Distribution:
        out = self.policy(s)
        if not self.is_sac:
            mean, std = out.tanh(), torch.exp(-6 + 6 * torch.sigmoid(self.std_logits))
            return Independent(Normal(mean, std.expand_as(mean)), 1)
        mean, log_std = out.chunk(2, 1)
        normal = Normal(mean, log_std.exp())
        squashed = TransformedDistribution(normal, [TanhTransform(cache_size=1)])
        return Independent(squashed, 1)

    def sample(self, s: Tensor) -> tuple[Tensor, Tensor]:
        """Reparameterised, with the agent's noise."""
        pi = self.pi(s)
        noise = torch.randn(s.shape[0], 2, generator=self.generator)
        if not self.is_sac:
            actions = pi.base_dist.loc + pi.base_dist.scale * noise
        else:
            squashed = pi.base_dist
            base = squashed.base_dist
            actions = squashed.transforms[0](base.loc + base.scale * noise)
        return actions, pi.log_prob(actions)

    def minimum(self, members: nn.ModuleList, s: Tensor, a: Tensor) -> Tensor:
        x = torch.cat([s, a], 1)
        return torch.minimum(members[0](x)[:, 0], members[1](x)[:, 0])

    def policy_loss(self, batch: Batch) -> tuple[Tensor, Tensor | None]:
        """Loss, and for SAC the log-density of its sample."""
        if self.is_sac:
            actions, log_prob = self.sample(batch.observations)
            q = self.minimum(self.q, batch.observations, actions)
            return (self.log_alpha.exp().detach() * log_prob - q).mean(), log_prob.detach()
        pi = self.pi(batch.observations)
        with torch.no_grad():
            actions, _ = self.sample(batch.observations)
            advantage = self.minimum(self.q, batch.observations, batch.actions)
            advantage = advantage - self.minimum(self.q, batch.observations, actions.clamp(-1, 1))
            weight = torch.exp(advantage / 0.3).clamp(max=100.0)
        return -(weight * pi.log_prob(batch.actions)).mean(), None

    def critic_loss(self, batch: Batch) -> Tensor:
        with torch.no_grad():
            actions, log_prob = self.sample(batch.next_observations)
            next_q = self.minimum(self.target, batch.next_observations, actions.clamp(-1, 1))
            if self.is_sac:
                next_q = next_q - self.log_alpha.exp() * log_prob
            y = (batch.rewards + 0.99 * batch.masks * next_q).clamp(*self.bounds)
        x = torch.cat([batch.observations, batch.actions], 1)
        return sum(((q(x)[:, 0] - y) ** 2).mean() for q in self.q)

    def update(self, batch: Batch) -> None:
        # the agent draws the noise of the policy's loss before that of the target
        noise = self.generator.get_state()
        policy_loss, log_prob = self.policy_loss(batch)
        self.q_optimizer.zero_grad()
        self.critic_loss(batch).backward(inputs=list(self.q.parameters()))
        after = self.generator.get_state()
        if self.actor_sees_new_critic:
            self.q_optimizer.step()
            self.generator.set_state(noise)
            policy_loss, log_prob = self.policy_loss(batch)
            self.generator.set_state(after)
        self.policy_optimizer.zero_grad()
        policy_loss.backward(inputs=self.policy_parameters)
        if "temperature" in self.agent.networks and log_prob is not None:
            self.alpha_optimizer.zero_grad()
            (-self.log_alpha * (log_prob.mean() - 2.0)).backward()
            self.alpha_optimizer.step()
        self.policy_optimizer.step()
        if not self.actor_sees_new_critic:
            self.q_optimizer.step()
        with torch.no_grad():
            for slow, fast in zip(self.target.parameters(), self.q.parameters(), strict=True):
                slow.copy_(0.9 * slow + 0.1 * fast)

    def distance(self) -> float:
        """Largest difference of any weight from the agent's."""
        networks = self.agent.networks
        pairs = [(networks["policy"].mlp.flat, flatten_stack(self.policy, gradient=False))]
        for name, members in (("critic", self.q), ("target_critic", self.target)):
            flat = torch.cat([flatten_stack(q, gradient=False) for q in members])
            pairs.append((networks[name].mlp.flat, flat))
        if "temperature" in networks:
            pairs.append((networks["temperature"].log_value, self.log_alpha))
        if not self.is_sac:
            pairs.append((networks["policy"].std_logits, self.std_logits))
        return max(float((mine - other).detach().abs().max()) for mine, other in pairs)


@pytest.mark.parametrize("name", ["AWAC", "SAC", "SAC[entropy]"])
def test_updates_equal_a_textbook_implementation(name: str) -> None:
    agent = tiny_agent(name, "paper", *RATES)
    reference = Reference(agent)
    assert reference.distance() == 0
    for seed in range(UPDATES):
        batch = make_batch(seed=seed)
        reference.update(batch)
        agent.update(batch)
        assert reference.distance() < 1e-4


@pytest.mark.parametrize("name", ["AWAC", "SAC", "SAC[entropy]"])
def test_the_comparison_notices_an_actor_that_sees_the_new_critic(name: str) -> None:
    agent = tiny_agent(name, "paper", *RATES)
    reference = Reference(agent, actor_sees_new_critic=True)
    for seed in range(UPDATES):
        batch = make_batch(seed=seed)
        reference.update(batch)
        agent.update(batch)
    assert reference.distance() > 5e-3
