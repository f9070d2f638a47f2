"""Agent: a method's networks and optimisers; act, update, and everything needed to resume."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import numpy as np
import torch
from torch import Tensor, nn

from algorithms.buffer import ReplayBuffer
from algorithms.catalogue.method import Method
from algorithms.config import Hyperparameters
from algorithms.critics.networks import polyak_update
from algorithms.data.returns import Rollout
from algorithms.dead_units import dead_units
from algorithms.engine.capture import Learner
from algorithms.engine.compiled import Compiled
from algorithms.engine.update import cloning_losses, losses_of, moving_targets
from algorithms.losses import Losses
from algorithms.networks.blueprint import Blueprint, OptimizerSettings
from algorithms.networks.q_ensemble import QEnsemble, ensemble_of
from algorithms.policies.policy import Policy
from algorithms.step import Step
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
        self.sizes = observation_dim, action_dim
        # streams of their own: with seed and seed + 1 two runs would share one
        seeds = np.random.SeedSequence([seed, 0]).generate_state(3)
        initial, sampling, evaluating = (int(word) for word in seeds)
        blueprint = Blueprint(
            observation_dim, action_dim, config, torch.Generator().manual_seed(initial)
        )
        built = blueprint.built
        parts = (method.critic, method.objective, method.behavior, method.constraint)
        # ours draw from the blueprint's generator; PyTorch's own modules, which a part of yours may
        # use, draw from the global one
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(initial)
            built["policy"] = method.policy.build(blueprint)
            for part in parts:  # the order matters: see Blueprint
                built.update(part.networks(blueprint))
            built.update(method.observations.networks(blueprint))
        self.networks = nn.ModuleDict(built).to(self.device)
        descents = {
            "policy": OptimizerSettings(config.policy_learning_rate, config.policy_weight_decay)
        }
        for part in parts:
            descents |= part.trained(config)
        self.optimizers = {
            name: method.optimizer.build(self.networks[name].parameters(), descent)
            for name, descent in descents.items()
        }
        self.learner = Learner(method, self.networks, self.optimizers, descents, config.tau)
        # Exploration and sampled losses draw from here, so that a checkpoint fixes them all.
        self.generator = torch.Generator(self.device).manual_seed(sampling)
        # one for evaluation alone: how often it is done must not change what is learned
        self._evaluation = torch.Generator(self.device).manual_seed(evaluating)
        self.updates = 0
        self._refreshed = -1  # transitions in the buffer when its advantages were worked out
        self.compiled: Compiled | None = None  # carries updates out in place of the lines below

    @property
    def policy(self) -> Policy:
        """The network of pi_theta, which `imitate`, `update` and `improve` train."""
        policy = self.networks["policy"]
        assert isinstance(policy, Policy)
        return policy

    @property
    def needs_demonstrations(self) -> bool:
        """Whether `update` wants a batch of demonstrations beside the replay batch."""
        return self.method.objective.needs_demonstrations

    @property
    def needs_replay(self) -> bool:
        """Whether `update` looks at the replay batch at all (BC without a model does not)."""
        models = bool(self.method.behavior.trained(self.config))
        return self.method.critic.evaluates or models or not self.needs_demonstrations

    @property
    def episodes_per_improvement(self) -> int:
        """On-policy methods: whole episodes that `improve` wants at once; 0 for all others."""
        return self.method.objective.trajectories

    @torch.no_grad()
    def act(self, observation: np.ndarray, *, deterministic: bool) -> np.ndarray:
        """(O,) -> (A,) as the method's `acting` decides, for an evaluation or while exploring.

        For most methods that is the policy's mode, or a sample. BCQ and BEAR choose the best of
        several candidates in both cases.

        In [-1, 1], clipped to what the simulator executes, but for on-policy methods.
        """
        x = torch.as_tensor(observation, dtype=torch.float32, device=self.device).unsqueeze(0)
        x = self._see(x)
        critic = ensemble_of(self.networks, "critic") if "critic" in self.networks else None
        generator = self._evaluation if deterministic else self.generator
        pi = self.policy(x)
        action = self.method.acting(pi, x, critic, generator, deterministic=deterministic)[0]
        if self.method.acting.clips:
            action = action.clamp(-1, 1)
        result: np.ndarray = action.cpu().numpy()
        return result

    @torch.no_grad()
    def q(self, observations: np.ndarray, actions: np.ndarray) -> np.ndarray | None:
        """Mean over the critic's networks of Q(s, a), in the units of the rewards it learns from.

        observations (N, O), actions (N, A) -> (N,) float64. None for a method without Q(s, a).
        """
        critic = self.networks["critic"] if "critic" in self.networks else None  # noqa: SIM401
        if not isinstance(critic, QEnsemble):
            return None
        s, a = (
            torch.as_tensor(array, dtype=torch.float32, device=self.device)
            for array in (observations, actions)
        )
        values: np.ndarray = critic(self._see(s), a).mean(0).double().cpu().numpy()
        return values

    def imitate(self, demonstrations: Batch) -> Metrics:
        """One step of behaviour cloning, used to initialise the policy (B.4).

        A target copy of the policy, where the method has one, follows as in `update`.
        demonstrations: B transitions, of which observations (B, O) and actions (B, A) count. Uses
        the policy's optimiser, whose moments carry over into `update`. Returns scalar tensors
        without gradient.
        """
        if self.compiled is not None:
            return self.compiled.imitate(demonstrations, demonstrations)
        losses, metrics = cloning_losses(self.method, self._step(demonstrations, demonstrations))
        self._take(losses)
        return metrics

    def prepare(self, buffer: ReplayBuffer) -> None:
        """Let a critic of the whole buffer refresh its columns, such as TD(lambda)'s returns.

        Call it before a batch is drawn. Does nothing for critics of single transitions.
        """
        grown = self._refreshed != buffer.added
        if self.method.critic.refreshes(self.updates, grown=grown):
            self.method.critic.refresh(self.networks, buffer, self.config.discount, see=self._see)
            self._refreshed = buffer.added

    def update(self, batch: Batch, demonstrations: Batch | None = None) -> Metrics:
        """One gradient step of every network that this update trains (Algorithm 1, lines 5-7).

        Most methods train all networks at every update. TD3+BC improves the policy at every second
        one, AWR trains V or the policy, RLPD improves after many updates of the critics.

        batch: B replay transitions. demonstrations: B demonstration transitions, for methods
        whose `needs_demonstrations` is true. Returns scalar tensors without gradient. TypeError
        for an on-policy method, which learns by `improve`.
        """
        if self.episodes_per_improvement:
            raise TypeError("learns from episodes of its own: Agent.improve, not Agent.update")
        self.method.behavior.before_update(self.networks, self.updates)
        if self.compiled is not None:
            metrics = self.compiled.update(batch, demonstrations)
        else:
            losses, metrics = losses_of(self.method, self._step(batch, demonstrations))
            self._take(losses)
        self.updates += 1
        return metrics

    def improve(self, rollouts: Sequence[Rollout], demonstrations: Batch | None) -> Metrics:
        """One on-policy improvement from whole episodes of the present policy (DAPG).

        demonstrations: all of them. ValueError if the method is not an on-policy one.
        """
        if not self.episodes_per_improvement:
            raise ValueError("improve() is for critic=GAE with objective=NaturalPolicyGradient")
        critic, objective = self.method.critic, self.method.objective
        rollouts = [
            rollout._replace(observations=self._see(rollout.observations)) for rollout in rollouts
        ]
        demonstrations = self._seen(demonstrations)
        advantages = critic.advantages_of(self.networks, rollouts)
        metrics = objective.improve(self.policy, rollouts, advantages, demonstrations, self.updates)
        metrics |= critic.fit_to(self.networks, self.optimizers, rollouts, self.generator)
        self.updates += 1
        return metrics

    def fit_observations(self, observations: Tensor) -> None:
        """Fit the standardisation to prior observations (N, O), in units of the task.

        Call it before any update. On a goal task the last entries of an observation are achieved
        goals. Does nothing for a method that sees observations as they are. Raises ValueError if
        the method needs some and N is 0.
        """
        self.method.observations.fit(self.networks["observations"], observations)

    def dead_units(self, batch: Batch) -> Metrics:
        """Share of the policy's and the critic's hidden units that are 0 on all B states."""
        return dead_units(self.networks, self._seen(batch))

    def _see(self, observations: Tensor) -> Tensor:
        """(..., O) in units of the task -> as all networks see them."""
        seen: Tensor = self.networks["observations"](observations)
        return seen

    @overload
    def _seen(self, batch: Batch) -> Batch: ...
    @overload
    def _seen(self, batch: Batch | None) -> Batch | None: ...
    def _seen(self, batch: Batch | None) -> Batch | None:
        if batch is None:
            return None
        return batch._replace(
            observations=self._see(batch.observations),
            next_observations=self._see(batch.next_observations),
        )

    def _step(self, batch: Batch, demonstrations: Batch | None) -> Step:
        return Step(
            self.method.objective,
            self.method.constraint,
            self.networks,
            self.config,
            self._seen(batch),
            self._seen(demonstrations),
            self.generator,
            self.updates,
        )

    def _take(self, losses: Losses) -> None:
        """A step down every loss; then the targets of what moved, and what the constraint asks."""
        self._descend(losses)
        for target, source in moving_targets(self.networks, losses):
            polyak_update(self.networks[target], self.networks[source], self.config.tau)
        self.method.constraint.after_update(self.networks)

    def _descend(self, losses: Losses) -> None:
        for name in losses:
            self.optimizers[name].zero_grad(set_to_none=True)
        torch.autograd.backward(list(losses.values()))
        factor = self.method.annealing.factor(self.updates)
        for name in losses:
            self.optimizers[name].param_groups[0]["lr"] = (
                factor * self.learner.descents[name].learning_rate
            )
            self.optimizers[name].step()

    def state_dict(self) -> dict[str, Any]:
        """Networks, optimisers and random state: all that `load_state_dict` needs to go on."""
        return {
            "networks": self.networks.state_dict(),
            "optimizers": {name: opt.state_dict() for name, opt in self.optimizers.items()},
            "generator": self.generator.get_state(),
            "evaluation": self._evaluation.get_state(),
            "updates": self.updates,
            "refreshed": self._refreshed,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue bit for bit from `state_dict()` of an agent of the same method and sizes."""
        self.networks.load_state_dict(state["networks"])
        for name, optimizer in self.optimizers.items():
            optimizer.load_state_dict(state["optimizers"][name])
        # of a generator on a GPU, too, torch takes a state on the CPU alone
        self.generator.set_state(state["generator"].cpu())
        self._evaluation.set_state(state["evaluation"].cpu())
        self.updates, self._refreshed = state["updates"], state["refreshed"]
        if self.compiled is not None:
            self.compiled.rebind()
