"""Train the expert of a locomotion task with this project's own SAC, from scratch.

    python reproduce/train_expert.py --env HalfCheetah-v2
    python reproduce/train_expert.py --env Ant-v2 --dry-run

A run like any other (run folder, rows, checkpoints): Ctrl-C, a crash or a time limit leave it
resumable by the same command. Writes the final actor's weights to `--actor` (default: among the
assets that the project ships), with the return of 20 deterministic episodes, and appends the run's
rows to `<out>/experts.csv`.

What is unlike a plain SAC, and why: four environment steps to each gradient step, since simulating
is much cheaper than updating on a CPU and four times the experience makes an update worth more;
layer normalisation in the critics, which keeps them stable (Ball 2023) at a learning rate of 1e-3;
batches of 128, half the price of 256; no weight decay. At that rate a policy falls now and then
for a while, so at the end every rate decays to nothing. `--set` changes any of it. Training ends
early, with the episode after an evaluation that is good enough (`--stop-at`).
"""

from __future__ import annotations

import math
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from reproduce.commandline.installation import require_training
from reproduce.commandline.interruption import Interruption
from reproduce.commandline.options import Common, check_checkpoint_interval, flags_given
from reproduce.commandline.script import INTERRUPTED, command
from reproduce.runs.devices import check_device
from reproduce.runs.execute import execute
from reproduce.specs.grid import RunSpec

if TYPE_CHECKING:
    from reproduce.runs.folder import RunFolder


RECIPE = (
    "policy_hidden=256,256",
    "q_hidden=256,256",
    "layers=NormalisedLayers",
    "batch_size=128",
    "policy_weight_decay=0",
    "policy_learning_rate=1e-3",
    "q_learning_rate=1e-3",
    "collect_steps=4",
    "steps_per_update=4",
    "annealing=LinearDecay",
    "eval_every=50000",
    "dense_until=0",
    "eval_episodes=5",
)
"""Of every expert."""


@dataclass(frozen=True)
class Expert:
    """How long one expert learns, and what it is to reach.

    Attributes:
        target: mean return to reach, deterministic policy.
        settings: 4 * (after_updates + over_updates) steps after the 5000 without updates.
    """

    target: float
    settings: tuple[str, ...]


EXPERTS = {
    "HalfCheetah-v2": Expert(
        9000.0, ("online_steps=2505000", "after_updates=500000", "over_updates=125000")
    ),
    "Walker2d-v2": Expert(
        4500.0, ("online_steps=2205000", "after_updates=400000", "over_updates=150000")
    ),
    "Ant-v2": Expert(
        4500.0,
        (
            "online_steps=3005000",
            "after_updates=500000",
            "over_updates=250000",
            "critic.updates_per_improvement=2",  # its policy, improved each update, learns less
        ),
    ),
}

STOP_BEYOND = 1.1
"""Default of `--stop-at`, in units of the target: a good evaluation is partly luck."""

FINAL_EPISODES = 20


NOT_READ = ("preset", "profile", "data", "labels", "data_dir", "download", "methods_from")


@dataclass(frozen=True)
class ExpertOptions(Common):
    """Options of an expert's training."""

    env: str = "HalfCheetah-v2"
    """A locomotion task."""
    seed: int = 0
    """Seed of networks, exploration and training episodes."""
    actor: Path | None = None
    """Where the weights go (default: envs/assets/<task>_sac.safetensors)."""
    out: Path | None = Path("results/experts")
    """Results folder."""
    checkpoint_every_s: float = 300.0
    """Seconds between checkpoints; each holds the replay buffer (up to 250 MB)."""
    stop_at: float | None = None
    """Mean return of an evaluation that ends training (default: 1.1 times the task's target). inf:
    never."""
    dry_run: bool = False
    """Print the plan and stop."""


def good_enough(folder: RunFolder, stop_at: float) -> bool:
    """Whether the run's last evaluation, an online one, reaches `stop_at`."""
    returns = [float(row["return_mean"]) for row in folder.rows() if int(row["env_step"]) > 0]
    return bool(returns) and returns[-1] >= stop_at


class StopWhenLearned(Interruption):
    """Asks to stop on a signal, and also once the run is good enough."""

    def __init__(self, folder: RunFolder, stop_at: float) -> None:
        super().__init__()
        self._folder, self._stop_at = folder, stop_at

    def asks(self) -> bool:
        """Whether to stop: a signal has come, or the run is good enough."""
        return self.requested or good_enough(self._folder, self._stop_at)


def spec_of(options: ExpertOptions) -> RunSpec:
    """The run: SAC from scratch by the recipe, `--set` on top."""
    from algorithms.catalogue.settings import key_of
    from reproduce.runs.resolved import one_spelling, resolved

    recipe = (*RECIPE, *EXPERTS[options.env].settings)
    plain = RunSpec(
        "paper", "paper", options.env, "SAC", options.seed, "none", "stored", recipe, "scratch"
    )
    known = resolved(plain).settings
    given = {known.matches(key_of(setting)) for setting in options.settings}
    kept = [setting for setting in recipe if known.matches(key_of(setting)) not in given]
    return one_spelling(replace(plain, settings=(*kept, *options.settings)))


def _check(options: ExpertOptions) -> None:
    """Raise ValueError for what is wrong, and for what this script would not listen to."""
    if options.env not in EXPERTS:
        raise ValueError(f"--env {options.env}: one of {', '.join(EXPERTS)}")
    if options.seed < 0:
        raise ValueError(f"--seed {options.seed}: must be 0 or more")
    for flag in flags_given(options, NOT_READ):
        raise ValueError(f"{flag}: an expert is trained from scratch by its recipe; use --set")
    check_checkpoint_interval(options.checkpoint_every_s)
    if options.stop_at is not None and math.isnan(options.stop_at):
        raise ValueError(f"--stop-at {options.stop_at}: must be a number, inf for never")
    check_device(options.device)
    options.check_folders()


@command(ExpertOptions, __doc__)
def main(options: ExpertOptions) -> int:
    """Train the expert, or go on with it, and write its weights.

    Returns the exit status: 0 the weights are written (below the target too), 1 the run failed, 2
    bad input, 75 interrupted (the same command continues).
    """
    require_training()
    from reproduce.runs.plan import print_plan
    from reproduce.runs.resolved import resolved

    _check(options)
    spec = spec_of(options)
    resolved(spec)
    if options.dry_run:
        print_plan("expert", [spec], options.results, 1, options.place, options.engine)
        return 0
    from reproduce.runs.folder import RunFolder

    folder = RunFolder(spec.folder(options.results))
    stop_at = STOP_BEYOND * EXPERTS[spec.env].target if options.stop_at is None else options.stop_at
    status = execute(
        spec,
        options.results,
        options.place,
        engine=options.engine,
        checkpoint_every_s=options.checkpoint_every_s,
        track=options.track,
        interruption=StopWhenLearned(folder, stop_at),
    )
    if status == INTERRUPTED and good_enough(folder, stop_at):
        print(f"{spec.env}: good enough, training ends here")
        status = 0
    return status or export(spec, folder, options)


def export(spec: RunSpec, folder: RunFolder, options: ExpertOptions) -> int:
    """Measure the final actor, write its weights, and say whether it reaches the target."""
    from algorithms.agent import Agent
    from envs import seeds
    from envs.data.sources import ASSETS
    from envs.evaluation import evaluate
    from reproduce.data.actors import filename, save_actor
    from reproduce.data.prior import make_env
    from reproduce.runs.collect import collect
    from reproduce.runs.resolved import resolved

    run = resolved(spec)
    known, settings = run.task, run.settings
    state = folder.load_checkpoint()
    assert state is not None  # a run keeps its last one
    agent = Agent(
        settings.method, settings.config, known.observation_dim, known.action_dim, seed=spec.seed
    )
    agent.load_state_dict(state["agent"])
    env = make_env(spec.env, spec.profile)
    stats = evaluate(
        env,
        lambda obs: agent.act(obs, deterministic=True),
        episodes=FINAL_EPISODES,
        seed=seeds.EVALUATION,
        sustained_steps=None,
    )
    reached = float(stats.returns.mean())
    path = options.actor or ASSETS / filename(spec.env)
    save_actor(
        path,
        agent.policy,
        {
            "task": spec.env,
            "return_mean": reached,
            "return_std": float(stats.returns.std()),
            "episodes": FINAL_EPISODES,
            "env_steps": state["step"],
            "grad_steps": state["grad_steps"],
            "hours": round(state["seconds"]["total"] / 3600, 2),
            "run": asdict(spec),
            "made_with": folder.config()["environment"],
        },
        see=agent.networks["observations"],
    )
    collect("experts", [spec], options.results)
    target = EXPERTS[spec.env].target
    verdict = "reaches" if reached >= target else "MISSES"
    print(
        f"{spec.env}: {reached:.0f} +- {stats.returns.std():.0f} over {FINAL_EPISODES} episodes, "
        f"{verdict} {target:.0f}; weights in {path}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
