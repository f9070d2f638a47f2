"""Components that do not fit are refused before training, by name; what is accepted can train."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import pytest

from algorithms.agent import Agent
from algorithms.catalogue.compatibility import check, renamed, unread
from algorithms.catalogue.methods import METHODS
from algorithms.catalogue.resolving import resolve
from algorithms.catalogue.settings import Settings, _choices, replace_path
from algorithms.catalogue.variants import VARIANTS
from algorithms.critics.ensembles import ClampTarget
from algorithms.data.relabeling import Hindsight, RecordedGoals
from algorithms.engine.compiled import kinds_of
from algorithms.objectives.temperature import LearnedTemperature
from tests.algorithms.conftest import (
    ACTION_DIM,
    OBSERVATION_DIM,
    TINY,
    learn,
    make_batch,
)

REFUSED = [
    # row, --set, the two components that the message must name
    ("AWAC", ["critic=NoCritic"], ["WeightedMLE", "NoCritic"]),
    ("SAC", ["critic=NoCritic"], ["ReverseKL", "NoCritic"]),
    ("TD3+BC", ["critic=NoCritic"], ["Mixed", "NoCritic"]),
    ("BCQ", ["critic=NoCritic"], ["DeterministicPolicyGradient", "NoCritic"]),
    ("SAC", ["critic=GAE"], ["ReverseKL", "GAE", "NaturalPolicyGradient"]),
    ("DAPG", ["critic=TD"], ["NaturalPolicyGradient", "TD", "GAE"]),
    ("DAPG", ["critic=NoCritic"], ["NaturalPolicyGradient", "NoCritic", "GAE"]),
    ("BC", ["critic=GAE"], ["Imitation", "GAE"]),
    ("SAC", ["critic=TDLambda"], ["ReverseKL", "TDLambda"]),
    ("SAC+BC", ["critic=TDLambda"], ["Mixed", "TDLambda"]),
    ("BCQ", ["critic=TDLambda"], ["DeterministicPolicyGradient", "TDLambda"]),
    ("BC", ["acting=BestOfSamples"], ["BestOfSamples", "NoCritic"]),
    ("AWR", ["acting=BestOfSamples"], ["BestOfSamples", "TDLambda"]),
    ("AWAC", ["critic=TDLambda"], ["PolicySamples", "TDLambda", "LambdaAdvantage"]),
    ("AWAC", ["value=LambdaAdvantage"], ["LambdaAdvantage", "TD", "TDLambda"]),
    ("AWR", ["critic=TD"], ["LambdaAdvantage", "TD", "TDLambda"]),
    ("AWAC", ["value=LearnedValue"], ["LearnedValue", "ExpectileTD", "TD"]),
    ("IQL", ["critic=TD"], ["LearnedValue", "ExpectileTD", "TD"]),
    ("AWR", ["actions=PolicyActions"], ["PolicyActions", "TDLambda"]),
    ("AWR", ["actions=UndetachedPolicyActions"], ["UndetachedPolicyActions", "TDLambda"]),
    ("BRAC", ["behavior=NoBehavior"], ["KLPenalty", "NoBehavior", "GaussianBehavior"]),
    ("BRAC", ["behavior=VAEBehavior"], ["KLPenalty", "VAEBehavior", "GaussianBehavior"]),
    ("SAC", ["constraint=KLRegularisation"], ["KLRegularisation", "NoBehavior"]),
    ("SAC", ["constraint=BatchConstantShift"], ["BatchConstantShift", "NoBehavior"]),
    ("ABM-MPO", ["behavior=OwnPolicy"], ["BehaviorActions", "OwnPolicy", "GaussianBehavior"]),
    ("AWAC", ["actions=BehaviorActions"], ["BehaviorActions", "NoBehavior"]),
    ("AWAC", ["normalisation=PartitionFunction"], ["PartitionFunction", "NoBehavior"]),
    ("BEAR", ["behavior=GaussianBehavior"], ["MMD", "VAEBehavior", "GaussianBehavior"]),
    ("SAC", ["constraint=MMD"], ["MMD", "VAEBehavior", "NoBehavior"]),
    ("BCQ", ["behavior=GaussianBehavior"], ["Perturbation", "VAEBehavior", "GaussianBehavior"]),
    ("MPO[full]", ["behavior=GaussianBehavior"], ["TrustRegion", "PreviousPolicy"]),
    ("BCQ", ["constraint=NoConstraint"], ["InfinityNorm", "Perturbation", "NoConstraint"]),
    ("BCQ", ["policy=DeterministicTanh"], ["InfinityNorm", "Perturbation", "DeterministicTanh"]),
    ("SAC", ["constraint=InfinityNorm"], ["InfinityNorm", "Perturbation", "SquashedGaussian"]),
    ("DAPG", ["policy=TanhMeanGaussian"], ["NaturalPolicyGradient", "FreeGaussian"]),
    ("Cal-QL", ["policy=TanhMeanGaussian"], ["Conservative", "SquashedGaussian"]),
    ("SAC", ["policy=DeterministicTanh"], ["DeterministicTanh", "density"]),
    ("AWAC", ["policy=DeterministicTanh"], ["DeterministicTanh", "density"]),
    ("BC", ["policy=DeterministicTanh"], ["DeterministicTanh", "density"]),
    ("TD3+BC", ["error=NegativeLogLikelihood"], ["DeterministicTanh", "density"]),
    (
        "TD3+BC",
        ["behavior=GaussianBehavior", "constraint=KLRegularisation"],
        ["DeterministicTanh", "density"],
    ),
    ("AWAC[Z(s)]", ["value=TargetQ"], ["TargetQ", "PartitionFunction", "NoBaseline"]),
    (
        "IQL",
        ["normalisation=PartitionFunction", "behavior=GaussianBehavior"],
        ["LearnedValue", "PartitionFunction", "PolicySamples"],
    ),
    (
        "AWR",
        ["behavior=AdvantageWeightedBehavior", "advantage=PriorAdvantage"],
        ["PriorAdvantage", "TDLambda", "CriticAdvantage"],
    ),
    ("IQL", ["behavior=GaussianBehavior", "constraint=KLPenalty"], ["KLPenalty", "ExpectileTD"]),
    (
        "IQL",
        ["behavior=GaussianBehavior", "constraint=BatchConstantShift"],
        ["BatchConstantShift", "ExpectileTD"],
    ),
]


@pytest.mark.parametrize(("name", "settings", "named"), REFUSED)
def test_refused_combinations_are_named(name: str, settings: list[str], named: list[str]) -> None:
    with pytest.raises(ValueError, match=".") as error:
        resolve(name, settings=tuple(settings))
    message = str(error.value)
    assert message.startswith(f"{name}: ")
    assert [part for part in named if part not in message] == []


@pytest.mark.parametrize("profile", ["paper", "released"])
@pytest.mark.parametrize("name", [*METHODS, *VARIANTS])
def test_every_row_and_variant_fits(name: str, profile: str) -> None:
    check(resolve(name, profile=profile).method)
    if name in METHODS:
        check(METHODS[name])


WAYS_OUT = [
    ("AWAC", ["normalisation=PartitionFunction", "behavior=GaussianBehavior"]),
    ("AWAC", ["actions=BehaviorActions", "behavior=GaussianBehavior"]),
    ("AWAC", ["critic=TDLambda", "value=LambdaAdvantage"]),
    ("AWAC", ["critic=ExpectileTD", "value=LearnedValue"]),
    ("AWAC", ["normalisation=StateMean", "actions=PolicyActions"]),
    ("SAC", ["constraint=MMD", "behavior=VAEBehavior"]),
    ("SAC", ["constraint=KLPenalty", "behavior=GaussianBehavior", "clamp.low=-inf"]),
    ("MPO", ["constraint=TrustRegion", "behavior=PreviousPolicy"]),
    ("TD3+BC", ["policy=Perturbation", "constraint=InfinityNorm", "behavior=VAEBehavior"]),
]


OUT_OF = [
    # row, what is refused, the way out that the message must name, and what it comes to
    ("AWAC", ["critic=NoCritic"], "critic=TD", ["critic=TD"]),
    ("AWR", ["critic=NoCritic"], "critic=TDLambda", ["critic=TDLambda"]),
    ("IQL", ["critic=NoCritic"], "critic=ExpectileTD", ["critic=ExpectileTD"]),
    ("SAC", ["critic=TDLambda"], "critic=TD", ["critic=TD"]),
    ("AWR", ["acting=BestOfSamples"], "acting=ModeOrSample", ["acting=ModeOrSample"]),
    ("RLPD", ["members=1"], "members=2", ["members=2"]),
    ("RLPD", ["members=1"], "subset=1", ["members=1", "subset=1"]),
    ("AWR", ["actions=PolicyActions"], "actions=BufferActions", ["actions=BufferActions"]),
    ("AWAC", ["policy=DeterministicTanh"], "policy=TanhMeanGaussian", ["policy=TanhMeanGaussian"]),
    (
        "BCQ",
        ["objective=ReverseKL"],
        "policy=TanhMeanGaussian and constraint=NoConstraint",
        ["objective=ReverseKL", "policy=TanhMeanGaussian", "constraint=NoConstraint"],
    ),
    (
        "ABM-MPO",
        ["behavior.weights.shape=DualExponential"],
        "behavior.weights.shape=Indicator",
        ["behavior.weights.shape=Indicator"],
    ),
    (
        "ABM-MPO",
        ["behavior.weights.normalisation=StateMean"],
        "behavior.weights.normalisation=Unnormalised",
        ["behavior.weights.normalisation=Unnormalised"],
    ),
    ("DAPG", ["behavior=GaussianBehavior"], "behavior=NoBehavior", ["behavior=NoBehavior"]),
    ("DAPG", ["behavior=PreviousPolicy"], "behavior=NoBehavior", ["behavior=NoBehavior"]),
    ("DAPG", ["constraint=Implicit"], "constraint=NoConstraint", ["constraint=NoConstraint"]),
    (
        "DAPG",
        ["behavior=NoBehavior", "constraint=KLRegularisation"],
        "constraint=NoConstraint",
        ["constraint=NoConstraint"],
    ),
    # a sample beyond 1 was scored at the clipped action
    (
        "BRAC",
        ["policy=TanhMeanGaussian"],
        "behavior.policy=TanhMeanGaussian",
        ["policy=TanhMeanGaussian", "behavior.policy=TanhMeanGaussian"],
    ),
    (
        "BRAC[policy]",
        ["policy=HeteroscedasticGaussian"],
        "behavior.policy=HeteroscedasticGaussian",
        ["policy=HeteroscedasticGaussian", "behavior.policy=HeteroscedasticGaussian"],
    ),
    # Q of the hand is at most 0, and -100 at the start
    ("MPO", ["normalisation=Unnormalised"], "value=PolicySamples", ["value=PolicySamples"]),
    ("AWAC", ["value=NoBaseline"], "value=PolicySamples", ["value=PolicySamples"]),
    ("AWAC", ["value=TargetQ"], "value=PolicySamples", ["value=PolicySamples"]),
    (
        "AWAC",
        ["value=NoBaseline", "shape=Indicator"],
        "value=PolicySamples",
        ["value=PolicySamples", "shape=Indicator"],
    ),
    (
        "AWAC",
        ["value=NoBaseline", "shape=Indicator", "normalisation=BatchMean"],
        "value=PolicySamples",
        ["value=PolicySamples", "shape=Indicator", "normalisation=BatchMean"],
    ),
    ("ABM-MPO", ["value=NoBaseline"], "value=PolicySamples", ["value=PolicySamples"]),
    # bounds of the return are not those of a soft value, a moved reward or a penalised value
    (
        "SAC",
        ["temperature=LearnedTemperature"],
        "clamp=NoClamp",
        ["temperature=LearnedTemperature", "clamp=NoClamp"],
    ),
    (
        "SAC+BC",
        ["alpha=0.1"],
        "clamp=NoClamp",
        ["alpha=0.1", "clamp=NoClamp"],
    ),
    (
        "BRAC",
        ["constraint=BatchConstantShift"],
        "clamp=NoClamp",
        ["constraint=BatchConstantShift", "clamp=NoClamp"],
    ),
    (
        "AWAC",
        ["behavior=GaussianBehavior", "behavior.policy=TanhMeanGaussian", "constraint=KLPenalty"],
        "clamp.low=-inf",
        [
            "behavior=GaussianBehavior",
            "behavior.policy=TanhMeanGaussian",
            "constraint=KLPenalty",
            "clamp.low=-inf",
        ],
    ),
    (
        "SAC",
        ["initialisation=CloneMeans"],
        "initialisation=CloneDemonstrations",
        ["initialisation=CloneDemonstrations"],
    ),
]


@pytest.mark.parametrize(("name", "settings", "way", "out"), OUT_OF)
def test_a_refusal_names_a_way_out_that_leads_out(
    name: str, settings: list[str], way: str, out: list[str]
) -> None:
    with pytest.raises(ValueError, match=".") as error:
        resolve(name, settings=tuple(settings))
    assert f"use {way}" in str(error.value) or f"or {way}" in str(error.value)
    train(tiny(resolve(name, settings=tuple(out))))


@pytest.mark.parametrize("name", ["RLPD", "Cal-QL"])
def test_a_bonus_that_the_target_leaves_out_goes_with_the_bounds_of_the_return(name: str) -> None:
    """Both learn a temperature for the actor alone."""
    method = resolve(name).method
    assert method.critic.clamp == ClampTarget(low=-100.0, high=0.0)
    assert isinstance(method.objective.temperature, LearnedTemperature)


def test_released_bounds_of_q_do_not_go_with_an_entropy_bonus_either() -> None:
    with pytest.raises(ValueError, match="clamp=ClampOutput would cut off; use clamp=NoClamp"):
        resolve("SAC", profile="released", settings=("temperature=LearnedTemperature",))


def test_returns_are_of_the_goals_that_they_were_recorded_for() -> None:
    """Refused before any data is read; what has returns by itself has its goals."""
    critic = ("critic=TDLambda", "value=LambdaAdvantage")
    with pytest.raises(ValueError, match="targets and advantages are of; use goals=RecordedGoals"):
        resolve("AWAC", domain="push", settings=critic)
    train(tiny(resolve("AWAC", domain="push", settings=(*critic, "goals=RecordedGoals"))))
    for name in ("AWAC[Q-beta]", "AWAC[Monte-Carlo]", "ABM-MPO[returns]"):
        assert resolve(name, domain="push").method.goals == RecordedGoals()
        with pytest.raises(ValueError, match="use goals=RecordedGoals"):
            resolve(name, domain="push", settings=("goals=Hindsight",))
    assert resolve("AWAC", domain="push").method.goals == Hindsight()


@pytest.mark.parametrize(("name", "settings"), WAYS_OUT)
def test_ways_out_lead_out(name: str, settings: list[str]) -> None:
    train(tiny(resolve(name, settings=tuple(settings))))


def test_the_way_out_of_a_trust_region_is_the_policy_it_refers_to() -> None:
    """Not GaussianBehavior, which would be refused in its turn."""
    with pytest.raises(ValueError, match="TrustRegion needs .*PreviousPolicy"):
        resolve("MPO", settings=("constraint=TrustRegion",))


SILENTLY_WRONG = [
    # the VAE's actions before the tanh against the policy's after none
    ("BEAR", "policy=TanhMeanGaussian", ["MMD", "TanhMeanGaussian"]),
    # fits the mean before the tanh to actions
    ("SAC", "initialisation=CloneMeans", ["CloneMeans", "SquashedGaussian"]),
    # stores clipped actions, whose density is not that of what was drawn
    ("DAPG", "acting=ModeOrSample", ["NaturalPolicyGradient", "ModeOrSample"]),
    # Q is trained on actions that the simulator has not executed
    ("AWAC", "acting=Unclipped", ["Unclipped", "TD"]),
]


@pytest.mark.parametrize(("name", "setting", "named"), SILENTLY_WRONG)
def test_combinations_that_would_be_wrong_without_a_word_are_refused(
    name: str, setting: str, named: list[str]
) -> None:
    with pytest.raises(ValueError, match=".") as error:
        resolve(name, settings=(setting,))
    assert all(part in str(error.value) for part in named)


def tiny(settings: Settings) -> Settings:
    for path, value in TINY.items():
        if path in settings.paths():
            settings = replace_path(settings, path, value)
    return settings


def train(settings: Settings) -> None:
    """What `Training` would do: clone, update through all phases, act both ways."""
    agent = Agent(settings.method, settings.config, OBSERVATION_DIM, ACTION_DIM, seed=0)
    if settings.method.initialisation.cloning_steps:
        agent.imitate(make_batch())
    if settings.method.pretraining.offline and agent.episodes_per_improvement:
        agent.update(make_batch(), make_batch())
    kinds = kinds_of(agent, 0, 7, 0)
    for seed, at in enumerate(sorted({first for _, first in kinds}) or range(7)):
        agent.updates = at
        learn(agent, seed)
    for deterministic in (True, False):
        agent.act(np.zeros(OBSERVATION_DIM), deterministic=deterministic)


def swaps(settings: Settings) -> Iterator[str]:
    """Every component of the row exchanged for every other one of its kind."""
    for path, value in settings.paths().items():
        if dataclasses.is_dataclass(value):
            owner, _, field = path.rpartition(".")
            for kind in _choices(type(settings._component(owner, field)), field):
                if kind != type(value).__name__:
                    yield f"{path}={kind}"


@pytest.mark.parametrize("name", METHODS)
def test_what_is_accepted_can_be_trained(name: str) -> None:
    accepted, failures = 0, []
    for swap in swaps(resolve(name)):
        try:
            settings = resolve(name, settings=(swap,))
        except ValueError:
            continue
        accepted += 1
        try:
            train(tiny(settings))
        except (ValueError, TypeError, AssertionError, KeyError, RuntimeError) as error:
            failures.append(f"{swap}: {error}")
    assert accepted > 8
    assert failures == []


@pytest.mark.parametrize(
    ("name", "changes", "told"),
    [
        ("AWAC", (), False),
        ("AWAC", ("behavior=VAEBehavior",), True),
        ("AWAC", ("behavior=GaussianBehavior",), True),
        ("AWAC", ("behavior=GaussianBehavior", "normalisation=PartitionFunction"), False),
        ("BC", ("behavior=GaussianBehavior",), True),
        *((name, (), False) for name in METHODS),
    ],
)
def test_a_model_that_nothing_asks_is_named(
    name: str, changes: tuple[str, ...], told: bool
) -> None:
    assert bool(unread(resolve(name, settings=changes).method)) is told


@pytest.mark.parametrize(
    ("name", "changes", "told"),
    [
        ("AWAC", ("constraint=NoConstraint",), True),
        ("AWAC", ("constraint=Prior",), True),
        ("AWAC", ("constraint=Implicit",), False),
        ("AWAC", ("behavior=PreviousPolicy", "constraint=TrustRegion"), False),
        ("BRAC", ("constraint=NoConstraint",), False),
        ("AWAC", ("lam=1",), False),
    ],
)
def test_a_constraint_that_only_has_another_name_is_told(
    name: str, changes: tuple[str, ...], told: bool
) -> None:
    before, after = resolve(name).method, resolve(name, settings=changes).method
    assert bool(renamed(before, after)) is told


def test_every_constraint_that_acts_says_so() -> None:
    """The four labels inherit every method; all others override one that changes a number."""
    labels = {"NoConstraint", "Implicit", "Prior", "LearnedPrior"}
    rows = [row.constraint for row in METHODS.values()]
    rows += [resolve(name).method.constraint for name in VARIANTS]
    assert {type(each).__name__ for each in rows if not each.acts} <= labels
    assert {type(each).__name__ for each in rows if each.acts}.isdisjoint(labels)
    assert len({type(each) for each in rows}) > 6


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("MPO", "samples=1"),
        ("MPO[full]", "objective.actions.samples=1"),
        ("ABM-MPO", "objective.actions.samples=1"),
    ],
)
def test_one_action_a_state_has_nothing_to_be_compared_with(name: str, setting: str) -> None:
    """Each weight would be softmax over one action, which is 1."""
    with pytest.raises(ValueError, match="samples=1 gives one: every weight would be 1"):
        resolve(name, settings=(setting,))
    two = resolve(name, settings=(setting.replace("=1", "=2"),))
    assert two.method.objective.actions.samples == 2  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        (
            "AWR",
            (
                "behavior=GaussianBehavior",
                "objective.weights.normalisation=PartitionFunction",
            ),
        ),
        ("AWAC[Z(s)]", ("critic=TDLambda", "value=LambdaAdvantage")),
    ],
)
def test_a_partition_function_needs_q(name: str, settings: tuple[str, ...]) -> None:
    with pytest.raises(
        ValueError, match="PartitionFunction needs Q\\(s, a\\), which critic=TDLambda"
    ):
        resolve(name, settings=settings)
