"""The only training loop: cloning, offline and online steps on one clock.

The clock counts online environment steps; what comes before is negative. With O offline steps
and C cloning steps it runs

    -(O + C) ... -O    initialise the policy by behaviour cloning  (no rows)
    -O ... 0           update on prior data                       (phase "offline")
     0 ... N           act, store, update                         (phase "online")

A row is made at the clock of `Schedule.evaluations`; the row at 0 is the offline result.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from algorithms.agent import Agent
from algorithms.buffer import ReplayBuffer
from algorithms.config import Schedule
from algorithms.data.returns import Rollout
from algorithms.types import Metrics

Row = dict[str, float | int | str]


class Environment(Protocol):
    """The part of Gymnasium's interface that training uses."""

    def reset(self, *, seed: int | None = None) -> tuple[Any, dict[str, Any]]:
        """Start an episode, by `seed` if it is given: (observation, info)."""
        ...

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Execute `action`: (observation, reward, terminated, truncated, info)."""
        ...


Act = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Candidate:
    """What an evaluation is given.

    Attributes:
        number: which evaluation of the run it is: 0 at clock 0, then 1, 2, ...; in the offline
            phase -1, -2, ... back from there. Equal for all methods at the same clock.
        act: (O,) -> (A,), as the method acts when it is evaluated (``acting``): mostly the policy's
            mode.
        sample: (O,) -> (A,), actions sampled as in training; None at most evaluations. It is
            there at the run's first, at clock 0 and at the last. What it draws changes nothing of
            what is learned.
        q: (N, O), (N, A) -> (N,) mean of the critic's networks, or None without Q(s, a).
    """

    number: int
    act: Act
    sample: Act | None
    q: Callable[[np.ndarray, np.ndarray], np.ndarray | None]


Evaluate = Callable[[Candidate], Row]
"""Candidate -> columns of a row (return, success, ...)."""

_STATES_SHOWN = 1024
"""To the networks at a row, to see which of their units are dead."""

_NO_SUCCESS: bool | None = None
"""Of an episode on a task that has none, as in locomotion: no share of successes then, not 0."""


_CALMER = "lower --set policy_learning_rate or --set q_learning_rate, or bound the weights' cap"


class DivergedError(RuntimeError):
    """A loss or a value is no longer finite."""


class Training:
    """A run in progress. `run()` goes on from wherever `load_state_dict` has put it."""

    def __init__(
        self,
        agent: Agent,
        buffer: ReplayBuffer,
        demonstrations: ReplayBuffer | None,
        environment: Environment,
        evaluate: Evaluate,
        schedule: Schedule,
        *,
        seed: int,
        for_statistics: Callable[[Tensor], Tensor] = lambda observations: observations,
    ) -> None:
        """Begin at the clock's start.

        `for_statistics`: what of the first online observations (N, O) their mean and deviation are
        fitted to where there is no prior data; on a goal task, with the goals that they achieve.
        """
        self.agent, self.buffer, self.demonstrations = agent, buffer, demonstrations
        self.environment, self.evaluate, self.schedule = environment, evaluate, schedule
        self.seed, self.for_statistics = seed, for_statistics
        self.offline_steps = agent.config.offline_steps if agent.method.pretraining.offline else 0
        self._random_start = agent.method.pretraining.random_start
        self.cloning_steps = agent.method.initialisation.cloning_steps
        self.start = -self.offline_steps - self.cloning_steps
        self.step = self.start
        self.grad_steps = self.episodes = 0
        self.rows: list[Row] = []
        self.seconds = {"update": 0.0, "simulate": 0.0, "evaluate": 0.0, "total": 0.0}
        self.rng = np.random.default_rng([seed, 1])
        self._metrics: Metrics = {}
        # online episodes since the last row: return, and success on a task that has it
        self._finished: list[tuple[float, bool | None]] = []
        self._unused = [0, 0]  # online episodes and transitions since the last on-policy update
        self._clipped = [0, 0]  # entries of online actions since the last row: at a bound, all

    def run(
        self,
        *,
        on_row: Callable[[], None] = lambda: None,
        at_boundary: Callable[[], bool] = lambda: False,
        on_step: Callable[[], None] = lambda: None,
    ) -> bool:
        """Train to the end; True if it got there.

        `at_boundary` is called wherever `state_dict` is enough to go on exactly (every offline
        step, every end of an online episode); returning True stops there. `on_row` follows every
        new row. Raises DivergedError when a metric is not finite at a row.
        """
        evaluations = self.schedule.evaluations(self.offline_steps)
        began = time.perf_counter() - self.seconds["total"]
        observation: np.ndarray | None = None
        episode_return, episode_success = 0.0, _NO_SUCCESS
        while True:
            if self.step in evaluations and not (
                self.rows and self.rows[-1]["env_step"] == self.step
            ):
                self._add_row(began)
                on_row()
            self.seconds["total"] = time.perf_counter() - began
            if observation is None and at_boundary():
                return False
            if self.step >= self.schedule.online_steps:
                return True
            on_step()
            if self.step < 0:
                self._learn()
            else:
                if observation is None:
                    observation, _ = self.environment.reset(seed=self._episode_seed())
                    episode_return, episode_success = 0.0, _NO_SUCCESS
                observation, reward, success, ended = self._interact(observation)
                episode_return += reward
                if success is not None:
                    episode_success = success or bool(episode_success)
                if ended:
                    self.buffer.end_trajectory()
                    self._finished.append((episode_return, episode_success))
                    self.episodes, observation = self.episodes + 1, None
                if self.agent.episodes_per_improvement:
                    self._learn_on_policy(ended)
                else:
                    self._learn_online()
            self.step += 1

    def _interact(self, observation: np.ndarray) -> tuple[np.ndarray, float, bool | None, bool]:
        """One step: observation, reward, success where the task says so, and whether it ended."""
        began = time.perf_counter()
        if self._random_start and self.step < self.agent.config.learning_starts:
            size = self.buffer.column("actions").shape[1]
            action = self.rng.uniform(-1.0, 1.0, size).astype(np.float32)
        else:
            action = self.agent.act(observation, deterministic=False)
        if not np.isfinite(action).all():
            raise DivergedError(f"the policy's action is not finite at step {self.step}; {_CALMER}")
        executed = np.clip(action, -1.0, 1.0)
        self._clipped[0] += int((np.abs(executed) == 1.0).sum())
        self._clipped[1] += executed.size
        following, reward, terminated, truncated, info = self.environment.step(executed)
        self.buffer.add(observation, action, reward, 0.0 if terminated else 1.0, following)
        self.seconds["simulate"] += time.perf_counter() - began
        success = bool(info["success"]) if "success" in info else None
        return following, float(reward), success, terminated or truncated

    def _learn_online(self) -> None:
        config = self.agent.config
        if self.step < config.learning_starts:
            return
        if self.step == config.learning_starts and self.buffer.prior == 0:
            self.agent.fit_observations(self.for_statistics(self.buffer.column("observations")))
        if (self.step + 1) % config.collect_steps == 0:
            rounds = config.collect_steps // config.steps_per_update
            for _ in range(rounds * config.updates_per_step):
                self._learn()

    def _learn_on_policy(self, ended: bool) -> None:
        """Improve as soon as there are enough whole episodes of the present policy."""
        self._unused[1] += 1
        if not ended:
            return
        self._unused[0] += 1
        if self._unused[0] < self.agent.episodes_per_improvement:
            return
        began = time.perf_counter()
        episodes = self.buffer.latest(self._unused[1])
        rollouts = [
            Rollout(
                batch.observations,
                batch.actions,
                batch.rewards,
                terminated=bool(batch.masks[-1] == 0),
            )
            for batch in episodes
        ]
        demonstrations = None if self.demonstrations is None else self.demonstrations.all()
        self._metrics = self.agent.improve(rollouts, demonstrations)
        self._unused = [0, 0]
        self.grad_steps += 1
        self.seconds["update"] += time.perf_counter() - began

    def _learn(self) -> None:
        began = time.perf_counter()
        config, agent = self.agent.config, self.agent
        size = config.offline_batch_size if self.step < 0 else config.batch_size
        cloning = self.step < -self.offline_steps
        demonstrations = None
        if cloning or agent.needs_demonstrations:
            if self.demonstrations is None:
                raise ValueError(
                    "this method needs demonstrations, and the run has none; give it other --data"
                )
            demonstrations = self.demonstrations.sample(size, self.rng)
        if cloning:
            assert demonstrations is not None
            metrics = agent.imitate(demonstrations)
        elif not agent.needs_replay and demonstrations is not None:
            metrics = agent.update(demonstrations, demonstrations)
        else:
            agent.prepare(self.buffer)
            batch = agent.method.replay.sample(self.buffer, size, self.rng)
            metrics = agent.update(batch, demonstrations)
        # not every update trains every network: a row shows the latest of each
        self._metrics = {**self._metrics, **metrics}
        self.grad_steps += 1
        self.seconds["update"] += time.perf_counter() - began

    def _add_row(self, run_began: float) -> None:
        began = time.perf_counter()
        metrics = {name: float(value) for name, value in self._metrics.items()}
        bad = [name for name, value in metrics.items() if not np.isfinite(value)]
        if bad:
            raise DivergedError(
                f"{', '.join(bad)} not finite at step {self.step}: {metrics}; {_CALMER}"
            )
        phase = "online" if self.step > 0 else "offline"
        columns = self._evaluated()
        row: Row = {
            "phase": phase,
            "env_step": self.step,
            "grad_step": self.grad_steps,
            "train_episodes": self.episodes,
            **columns,
            **metrics,
            **self._dead_units(),
        }
        if self._finished:
            row["train_return"] = float(np.mean([r for r, _ in self._finished]))
            if successes := [s for _, s in self._finished if s is not None]:
                row["train_success"] = float(np.mean(successes))
            self._finished.clear()
        if self._clipped[1]:
            row["clipped_fraction"] = self._clipped[0] / self._clipped[1]
            self._clipped = [0, 0]
        now = time.perf_counter()
        self.seconds["evaluate"] += now - began
        row["wall_s"] = round(now - run_began, 3)
        self.rows.append(row)

    def _evaluated(self) -> Row:
        """The columns of an evaluation, which leaves the stream of exploration where it was."""
        evaluations = sorted(self.schedule.evaluations(self.offline_steps))
        place, agent = evaluations.index(self.step), self.agent
        candidate = Candidate(
            number=place - evaluations.index(0),
            act=lambda obs: agent.act(obs, deterministic=True),
            sample=(lambda obs: agent.act(obs, deterministic=False))
            if self.step in (evaluations[0], 0, evaluations[-1])
            else None,
            q=agent.q,
        )
        before = agent.generator.get_state()
        agent.generator.manual_seed(place)  # else it would draw the noise of the steps to come
        try:
            return self.evaluate(candidate)
        finally:
            agent.generator.set_state(before)

    def _dead_units(self) -> Row:
        """Of the networks on stored states, drawn alike at every row: the same ones while offline.

        Online the buffer grows, and the draw with it. Empty while nothing is stored.
        """
        if len(self.buffer) == 0:
            return {}
        batch = self.buffer.peek(_STATES_SHOWN, np.random.default_rng([self.seed, 3]))
        return {name: float(value) for name, value in self.agent.dead_units(batch).items()}

    def _episode_seed(self) -> int:
        """A seed of its own for every episode: no environment state needs to be saved."""
        words = np.random.SeedSequence([self.seed, 2, self.episodes]).generate_state(1)
        return int(words[0]) | 1 << 31  # above every evaluation seed

    def state_dict(self) -> dict[str, Any]:
        """Everything `run` needs to go on bit for bit, at a boundary."""
        return {
            "agent": self.agent.state_dict(),
            "buffer": self.buffer.state_dict(),
            "rng": self.rng.bit_generator.state,
            "step": self.step,
            "grad_steps": self.grad_steps,
            "episodes": self.episodes,
            "rows": self.rows,
            "seconds": self.seconds,
            "finished": self._finished,
            "unused": list(self._unused),
            "clipped": list(self._clipped),
            "metrics": {name: value.detach().cpu() for name, value in self._metrics.items()},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from `state_dict()` of the same run, with the same prior data."""
        self.agent.load_state_dict(state["agent"])
        self.buffer.load_state_dict(state["buffer"])
        self.rng.bit_generator.state = state["rng"]
        self.step, self.grad_steps = state["step"], state["grad_steps"]
        self.episodes = state["episodes"]
        self.rows, self.seconds = list(state["rows"]), dict(state["seconds"])
        self._finished = [tuple(item) for item in state["finished"]]
        self._unused = list(state["unused"])
        self._clipped = list(state.get("clipped", [0, 0]))  # older checkpoints have none
        self._metrics = dict(state["metrics"])


def use_one_core() -> None:
    """Set this thread up for training: one core a process, subnormal numbers taken as zero.

    Two processes beat one with two threads by a quarter (measured). Weight decay by Adam's L2 term
    drives the weights of dead units through the subnormal range, where a product costs a hundred
    times its price: a policy of 2x256 with 2 % of such weights made half of SAC's update.
    """
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
