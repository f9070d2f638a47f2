"""Agent: a method's networks and optimisers; act, update, and everything needed to resume."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from algorithms.config import Hyperparameters
from algorithms.critics import TD, NoCritic, QEnsemble, polyak_update, td_loss, td_target
from algorithms.methods import Method
from algorithms.mlp import MLP
from algorithms.objectives import Losses, imitation_loss
from algorithms.policies import Policy
from algorithms.step import Step
from algorithms.temperature import FixedTemperature, LearnedTemperature
from algorithms.types import Batch, Metrics


class Agent:
    """One method on one task.

    `update` makes one gradient step of every trained network. All losses are computed from the
    networks as they were before it, then all optimisers step, then the targets move.
    """

    def __init__(
        self,
        method: Method,
        config: Hyperparameters,
        observation_dim: int,
        action_dim: int,
        *,
        seed: int,
        device: str = "cpu",
    ) -> None:
        self.method, self.config, self.device = method, config, torch.device(device)
        # streams of their own: with seed and seed + 1 two runs would share one
        for_networks, for_sampling = np.random.SeedSequence([seed, 0]).generate_state(2)
        initial = torch.Generator().manual_seed(int(for_networks))
        dtype = getattr(torch, config.precision)
        networks: dict[str, nn.Module] = {
            "policy": method.policy.build(
                observation_dim, action_dim, config.policy_hidden, initial, dtype, config.compile
            )
        }
        if isinstance(method.critic, TD):
            sizes = (observation_dim + action_dim, *config.q_hidden, 1)
            for name in ("critic", "target_critic"):
                mlp = MLP(
                    sizes,
                    members=method.critic.members,
                    generator=initial,
                    dtype=dtype,
                    compiled=config.compile,
                )
                networks[name] = QEnsemble(mlp, method.critic.clamp)
            networks["target_critic"].load_state_dict(networks["critic"].state_dict())
            networks["target_critic"].requires_grad_(False)
        networks |= method.objective.build(action_dim)
        self.networks = nn.ModuleDict(networks).to(self.device)
        self.optimizers = {
            name: torch.optim.Adam(
                self.networks[name].parameters(), lr=lr, weight_decay=decay, fused=True
            )
            for name, (lr, decay) in self._optimizer_settings().items()
        }
        # Exploration and sampled losses draw from here, so that a checkpoint fixes them all.
        self.generator = torch.Generator(self.device).manual_seed(int(for_sampling))

    def _optimizer_settings(self) -> dict[str, tuple[float, float]]:
        """Trained network -> (learning rate, weight decay)."""
        config = self.config
        settings = {"policy": (config.policy_learning_rate, config.policy_weight_decay)}
        if "critic" in self.networks:
            settings["critic"] = (config.q_learning_rate, config.q_weight_decay)
        rule = getattr(self.method.objective, "temperature", None)
        if isinstance(rule, LearnedTemperature):
            settings["temperature"] = (rule.alpha_learning_rate, 0.0)
        return settings

    @property
    def policy(self) -> Policy:
        policy = self.networks["policy"]
        assert isinstance(policy, Policy)
        return policy

    @property
    def needs_demonstrations(self) -> bool:
        """Whether `update` wants a batch of demonstrations beside the replay batch."""
        return self.method.objective.needs_demonstrations

    @property
    def needs_replay(self) -> bool:
        """Whether `update` looks at the replay batch at all (BC does not)."""
        return not (isinstance(self.method.critic, NoCritic) and self.needs_demonstrations)

    @torch.no_grad()
    def act(self, observation: np.ndarray, *, deterministic: bool) -> np.ndarray:
        """(O,) -> (A,) in [-1, 1]: the mode, or a sample clipped to what the simulator executes."""
        x = torch.as_tensor(observation, dtype=torch.float32, device=self.device).unsqueeze(0)
        pi = self.policy(x)
        action = pi.mode() if deterministic else pi.sample(self.generator)
        result: np.ndarray = action[0].clamp(-1, 1).cpu().numpy()
        return result

    def imitate(self, demonstrations: Batch) -> Metrics:
        """One step of behaviour cloning, used to initialise the policy (B.4).

        Uses the policy's optimiser, whose moments carry over into `update`.
        """
        loss = imitation_loss(
            self.policy(demonstrations.observations).log_prob(demonstrations.actions)
        )
        self._descend({"policy": loss})
        return {"policy_loss": loss.detach()}

    def update(self, batch: Batch, demonstrations: Batch | None = None) -> Metrics:
        """One gradient step of every trained network (Algorithm 1, lines 5-7).

        batch: B replay transitions. demonstrations: B demonstration transitions, for methods
        whose `needs_demonstrations` is true. Returns scalar tensors without gradient.
        """
        step = self._step(batch, demonstrations)
        losses, metrics = self.method.objective.losses(step)
        if isinstance(self.method.critic, TD):
            losses["critic"], critic_metrics = self._critic_loss(step, self.method.critic)
            metrics |= critic_metrics
        self._descend(losses)
        if "critic" in losses:
            polyak_update(self.networks["target_critic"], self.networks["critic"], self.config.tau)
        return metrics

    def _step(self, batch: Batch, demonstrations: Batch | None) -> Step:
        objective = self.method.objective
        rule = getattr(objective, "temperature", None)
        fixed_alpha = rule.alpha if isinstance(rule, FixedTemperature) else 0.0
        return Step(
            self.networks, batch, demonstrations, self.generator, objective.query, fixed_alpha
        )

    def _critic_loss(self, step: Step, critic: TD) -> tuple[Tensor, Metrics]:
        target_critic = self.networks["target_critic"]
        batch = step.batch
        with torch.no_grad():
            alpha = step.alpha
            if isinstance(alpha, float) and alpha == 0:
                next_actions = step.next_pi.sample(self.generator)
                entropy_cost: Tensor | float = 0.0
            else:
                next_actions, log_prob = step.next_pi.sample_with_log_prob(self.generator)
                entropy_cost = alpha * log_prob
            # the simulator clips what it executes, so Q^pi is the value of the clipped action
            next_q = target_critic(batch.next_observations, next_actions.clamp(-1, 1))
            y = td_target(
                batch.rewards,
                batch.masks,
                next_q.min(0).values - entropy_cost,
                discount=self.config.discount,
                clamp=critic.clamp,
            )
        return td_loss(step.q, y)

    def _descend(self, losses: Losses) -> None:
        for name in losses:
            self.optimizers[name].zero_grad(set_to_none=True)
        torch.autograd.backward(list(losses.values()))
        for name in losses:
            self.optimizers[name].step()

    def state_dict(self) -> dict[str, Any]:
        """Networks, optimisers and random state: all that `load_state_dict` needs to go on."""
        return {
            "networks": self.networks.state_dict(),
            "optimizers": {name: opt.state_dict() for name, opt in self.optimizers.items()},
            "generator": self.generator.get_state(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue bit for bit from `state_dict()` of an agent of the same method and sizes."""
        self.networks.load_state_dict(state["networks"])
        for name, optimizer in self.optimizers.items():
            optimizer.load_state_dict(state["optimizers"][name])
        self.generator.set_state(state["generator"])
