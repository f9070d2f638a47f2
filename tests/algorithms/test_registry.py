"""METHODS against the paper's Figure 4 and Table 1, profiles against the published scripts."""

from __future__ import annotations

import dataclasses
import math

import pytest

from algorithms.behaviors.advantage_weighted import AdvantageWeightedBehavior
from algorithms.behaviors.likelihood import GaussianBehavior
from algorithms.behaviors.none import NoBehavior
from algorithms.behaviors.own_policy import OwnPolicy
from algorithms.behaviors.vae import VAEBehavior
from algorithms.catalogue.method import Method
from algorithms.catalogue.methods import LATER_WORK, METHODS, PAPER_METHODS
from algorithms.catalogue.profiles import PROFILES
from algorithms.catalogue.resolving import resolve
from algorithms.catalogue.settings import replace_path
from algorithms.catalogue.variants import VARIANTS
from algorithms.config import Hyperparameters
from algorithms.constraints.divergence import KLPenalty, KLRegularisation
from algorithms.constraints.implicit import Implicit, LearnedPrior, NoConstraint, Prior
from algorithms.constraints.infinity_norm import InfinityNorm
from algorithms.constraints.mmd import MMD
from algorithms.critics.ensembles import ClampOutput, ClampTarget, NoClamp
from algorithms.critics.gae import GAE
from algorithms.critics.none import NoCritic
from algorithms.critics.td import TD
from algorithms.critics.td_lambda import TDLambda
from algorithms.data.observations import FromPriorData, Raw
from algorithms.data.reward_scaling import FixedFactor, TaskUnits
from algorithms.objectives.imitation import Imitation
from algorithms.objectives.mixed import Mixed
from algorithms.objectives.natural_gradient import NaturalPolicyGradient
from algorithms.objectives.reverse_kl import DeterministicPolicyGradient, ReverseKL
from algorithms.objectives.temperature import FixedTemperature, LearnedTemperature
from algorithms.objectives.values import PolicyMode, PolicySamples
from algorithms.objectives.weighted_mle import WeightedMLE
from algorithms.objectives.weights import (
    BatchMean,
    Exponential,
    StateMean,
    Unnormalised,
    Weights,
)
from algorithms.policies.gaussians import HeteroscedasticGaussian, TanhMeanGaussian
from algorithms.policies.squashed import SquashedGaussian
from algorithms.pretraining import RandomActionsFirst

# Figure 4, typed from the paper: name -> Q, policy objective, behaviour model, constraint.
# BC is not in it; B.4: "supervised learning on demonstration data".
FIGURE_4 = {
    "SAC": ("Q^pi", "KL(pi||Q)", "No", "None"),
    "SAC+BC": ("Q^pi", "Mixed", "No", "None"),
    "BCQ": ("Q^pi", "KL(pi||Q)", "Yes", "Support (l-inf)"),
    "BEAR": ("Q^pi", "KL(pi||Q)", "Yes", "Support (MMD)"),
    "AWR": ("Q^beta", "KL(Q||pi)", "No", "Implicit"),
    "MPO": ("Q^pi", "KL(Q||pi)", "Yes*", "Prior"),
    "ABM-MPO": ("Q^pi", "KL(Q||pi)", "Yes", "Learned Prior"),
    "DAPG": ("-", "J(pi)", "No", "None"),
    "BRAC": ("Q^pi", "KL(pi||Q)", "Yes", "Explicit KL penalty"),
    "AWAC": ("Q^pi", "KL(Q||pi)", "No", "Implicit"),
    "BC": ("-", "Supervised", "No", "None"),
}
CRITICS = {TD: "Q^pi", TDLambda: "Q^beta", GAE: "-", NoCritic: "-"}
OBJECTIVES = {
    ReverseKL: "KL(pi||Q)",
    DeterministicPolicyGradient: "KL(pi||Q)",
    Mixed: "Mixed",
    WeightedMLE: "KL(Q||pi)",
    NaturalPolicyGradient: "J(pi)",
    Imitation: "Supervised",
}
BEHAVIOR = {
    NoBehavior: "No",
    OwnPolicy: "Yes*",
    GaussianBehavior: "Yes",
    AdvantageWeightedBehavior: "Yes",
    VAEBehavior: "Yes",
}
CONSTRAINTS = {
    NoConstraint: "None",
    Implicit: "Implicit",
    InfinityNorm: "Support (l-inf)",
    MMD: "Support (MMD)",
    Prior: "Prior",
    LearnedPrior: "Learned Prior",
    KLPenalty: "Explicit KL penalty",
}

TABLE_1 = Hyperparameters(
    discount=0.99,
    batch_size=1024,
    offline_batch_size=1024,
    replay_buffer_size=1_000_000,
    offline_steps=25_000,
    policy_hidden=(256,) * 4,
    policy_learning_rate=3e-4,
    policy_weight_decay=1e-4,
    q_hidden=(256,) * 4,
    q_learning_rate=3e-4,
    q_weight_decay=0.0,
    tau=5e-3,
    updates_per_step=1,
    collect_steps=1,
    prior_fraction=1.0,
    prior_rollouts=500,
    precision="float32",
)


def cells(method: Method) -> tuple[str, str, str, str]:
    return (
        CRITICS[type(method.critic)],
        OBJECTIVES[type(method.objective)],
        BEHAVIOR[type(method.behavior)],
        CONSTRAINTS[type(method.constraint)],
    )


def test_methods_match_figure_4() -> None:
    assert {name: cells(METHODS[name]) for name in PAPER_METHODS} == FIGURE_4
    assert set(METHODS) == {*FIGURE_4, *LATER_WORK}


def test_every_row_makes_another_table_entry() -> None:
    """No two rows are one and the same method, and no variant is the row that it is made from."""
    resolved = [resolve(name) for name in METHODS]
    assert all(a != b for i, a in enumerate(resolved) for b in resolved[:i])
    as_the_profile_has_it = {
        "AWAC[unnormalised]",
        "AWAC[V-sampled]",
        "AWAC[lambda=0.3]",
        "AWAC[free-std]",
        "AWAC[raw]",
        "SAC[raw]",
        "BC[raw]",
    }
    same = {name for name, variant in VARIANTS.items() if resolve(name) == resolve(variant.base)}
    assert same == as_the_profile_has_it
    assert all(resolve(name, profile="released") for name in VARIANTS)


def test_defaults_are_table_1() -> None:
    assert Hyperparameters() == TABLE_1
    other = {name: resolve(name).config for name in METHODS if resolve(name).config != TABLE_1}
    assert other == {
        "AWR": dataclasses.replace(TABLE_1, collect_steps=1200),  # one of its cycles of phases
        "RLPD": dataclasses.replace(TABLE_1, updates_per_step=20),
    }


def test_phases_of_awr_fit_the_collection_of_data() -> None:
    """New transitions come in where returns are worked out anew."""
    for name in ("AWR", "AWR[SGD]", "AWAC[Q-beta]", "AWAC[Monte-Carlo]"):
        for profile in ("paper", "released"):
            settings = resolve(name, profile=profile)
            cycle = settings.method.critic.critic_steps + settings.method.critic.actor_steps
            assert settings.config.collect_steps == cycle


def test_awac_of_the_paper() -> None:
    """lambda 0.3 and Z ignored (B.3), Q at most zero (B.3), nothing cloned beforehand.

    That a weight is at most 100 is not in the text.
    """
    method = resolve("AWAC", profile="paper").method
    assert method.critic == TD(members=2, clamp=ClampTarget(low=-100.0, high=0.0))
    expected = Weights(Exponential(lam=0.3, cap=100.0), Unnormalised())
    assert method.objective == WeightedMLE(expected, PolicySamples(1))
    assert method.policy == TanhMeanGaussian(-6.0, 0.0)
    assert method.initialisation.cloning_steps == 0


@pytest.mark.parametrize("domain", ["hand", "push", "locomotion"])
def test_value_is_the_text_s_expectation_and_the_scripts_mode(domain: str) -> None:
    """One sample of the policy where the text has E[Q]; the scripts for the hand took the mode."""
    assert resolve("AWAC", domain=domain).method.objective.value == PolicySamples(1)
    scripts = resolve("AWAC", profile="released", domain=domain).method.objective.value
    assert scripts == (PolicyMode() if domain == "hand" else PolicySamples(1))
    for profile in PROFILES:
        mode = resolve("AWAC[V-mode]", profile=profile, domain=domain).method
        assert mode.objective.value == PolicyMode()


@pytest.mark.parametrize("name", METHODS)
def test_paper_standardises_observations_off_the_hand_and_the_scripts_never(name: str) -> None:
    for domain in ("hand", "push", "locomotion"):
        seen = Raw() if domain == "hand" else FromPriorData()
        assert resolve(name, domain=domain).method.observations == seen
        released = resolve(name, profile="released", domain=domain)
        assert released.method.observations == Raw()
        base = resolve(name, domain=domain).method
        for variant, other in (("raw", Raw()), ("standardised", FromPriorData())):
            if f"{name}[{variant}]" in VARIANTS:
                exchanged = resolve(f"{name}[{variant}]", domain=domain).method
                assert exchanged == dataclasses.replace(base, observations=other)


def test_pushing_is_in_metres() -> None:
    """Four updates a step as the authors; a temperature and a lambda that centimetres can bear."""
    for profile in PROFILES:
        for name in METHODS:
            config = resolve(name, profile=profile, domain="push").config
            assert config.updates_per_step == (20 if name == "RLPD" else 4)
    for name in ("SAC", "SAC+BC", "Cal-QL", "RLPD"):
        push = resolve(name, domain="push").method.objective
        assert getattr(push, "improvement", push).temperature.initial_alpha == 0.01
        hand = resolve(f"{name}[entropy]" if "SAC" in name else name).method.objective
        assert getattr(hand, "improvement", hand).temperature.initial_alpha > 0.01
    assert resolve("AWAC", domain="push").method.objective.weights.shape.lam == 0.3


@pytest.mark.parametrize(
    ("variant", "other", "path", "value"),
    [
        ("AWAC[Monte-Carlo]", "AWAC[Q-beta]", "critic.trace_decay", 1.0),
        ("AWAC[Z(s)-50]", "AWAC[Z(s)]", "objective.weights.normalisation.partition_samples", 50),
    ],
)
def test_variants_of_a_variant_differ_from_it_in_one_number(
    variant: str, other: str, path: str, value: float
) -> None:
    for profile in ("paper", "released"):
        assert resolve(other, profile=profile).paths()[path] != value
        expected = replace_path(resolve(other, profile=profile), path, value)
        assert resolve(variant, profile=profile) == expected


@pytest.mark.parametrize("domain", ["hand", "push", "locomotion"])
@pytest.mark.parametrize("profile", ["paper", "released"])
@pytest.mark.parametrize(
    ("variant", "path"),
    [
        ("AWAC[reverse-KL]", "constraint.coefficient"),
        ("ABM-MPO[exponential]", "behavior.weights.shape.lam"),
    ],
)
def test_lambda_does_not_change_with_the_component(
    variant: str, path: str, profile: str, domain: str
) -> None:
    """min lambda D_KL(pi || b) - Q is the other projection of the target with that lambda."""
    base = resolve(VARIANTS[variant].base, profile=profile, domain=domain).paths()
    other = resolve(variant, profile=profile, domain=domain).paths()
    assert other[path] == base["objective.weights.shape.lam"]


@pytest.mark.parametrize("domain", ["hand", "push", "locomotion"])
def test_weights_are_bounded_by_their_cap_or_as_the_scripts_by_a_clip(domain: str) -> None:
    """Whatever lambda is swept over: paper at most 100, released at most exp(clip / lambda)."""
    for name in ("AWAC", "AWAC[lambda=3]"):
        shape = resolve(name, domain=domain).method.objective.weights.shape
        assert (shape.clip, shape.cap) == (math.inf, 100.0)
        scripts = resolve(name, profile="released", domain=domain).method.objective.weights.shape
        assert scripts.cap == math.inf
        if domain == "hand":
            assert scripts.clip == (2.0 if name == "ABM-MPO" else 0.5)


@pytest.mark.parametrize("domain", ["hand", "push", "locomotion"])
@pytest.mark.parametrize("profile", PROFILES)
def test_the_clip_of_the_authors_hand_scripts_is_one_bound_everywhere(
    profile: str, domain: str
) -> None:
    """2 with a lambda of 0.3: a weight is at most e^(20/3) = 786, in whatever units rewards are."""
    shape = resolve("AWAC[clip]", profile=profile, domain=domain).method.objective.weights.shape
    assert math.exp(shape.clip / shape.lam) == pytest.approx(785.77, abs=0.01)
    assert shape.cap == math.inf
    if profile == "paper" and domain != "locomotion":
        assert shape.clip == 2.0


IN_TENTHS = [
    ("AWAC[lambda=0.3]", "objective.weights.shape.lam", 0.3),
    ("AWAC[lambda=1]", "objective.weights.shape.lam", 1.0),
    ("SAC[entropy]", "objective.temperature.initial_alpha", 1.0),
    ("SAC+BC[entropy]", "objective.improvement.temperature.initial_alpha", 1.0),
    ("BRAC[released]", "constraint.coefficient", 1.0),
]


@pytest.mark.parametrize(("name", "path", "value"), IN_TENTHS)
def test_numbers_in_units_of_reward_are_scaled_as_rewards_are(
    name: str, path: str, value: float
) -> None:
    """Rewards are those of the task, but for locomotion in `paper`, where they are a tenth."""
    for profile in PROFILES:
        for domain in ("hand", "push", "locomotion"):
            settings = resolve(name, profile=profile, domain=domain)
            tenths = (profile, domain) == ("paper", "locomotion")
            assert settings.paths()[path] == pytest.approx(value / 10 if tenths else value)
            assert settings.method.reward_scaling == (FixedFactor(0.1) if tenths else TaskUnits())


def test_brac_in_the_policy_alone_has_brac_s_coefficient() -> None:
    """The penalty moves to another place; its weight is the row's, 1 in locomotion."""
    for domain, coefficient in (("hand", 0.1), ("push", 0.1), ("locomotion", 1.0)):
        row = resolve("BRAC", domain=domain).method.constraint
        alone = resolve("BRAC[policy]", domain=domain).method.constraint
        assert row == KLPenalty(coefficient, kl_samples=4, warm_start_steps=20_000)
        assert alone == KLRegularisation(coefficient, kl_samples=4, warm_start_steps=20_000)


@pytest.mark.parametrize("domain", ["hand", "push", "locomotion"])
@pytest.mark.parametrize("name", ["AWAC[batch]", "AWAC[push-lambda]", "AWAC[push-scratch]"])
def test_a_softmax_over_the_batch_is_the_authors_without_a_bound(name: str, domain: str) -> None:
    """A cap of 100 gave all advantages above lambda log 100 one weight."""
    of_awac: float = resolve("AWAC", domain=domain).method.objective.weights.shape.lam
    lam = of_awac if name == "AWAC[batch]" else 0.03
    weights = resolve(name, domain=domain).method.objective.weights
    assert weights == Weights(Exponential(lam=lam), BatchMean())


@pytest.mark.parametrize("domain", ["hand", "push", "locomotion"])
@pytest.mark.parametrize("name", ["MPO", "ABM-MPO"])
def test_a_softmax_over_the_actions_of_a_state_has_no_bound(name: str, domain: str) -> None:
    """A bound would give all actions above it the same weight."""
    weights = resolve(name, domain=domain).method.objective.weights
    assert isinstance(weights.normalisation, StateMean)
    assert (weights.shape.clip, weights.shape.cap) == (math.inf, math.inf)


@pytest.mark.parametrize("name", METHODS)
def test_std_depends_on_the_state_where_the_authors_had_it_so(name: str) -> None:
    """MuJoCo and pushing, for the rows of their policy class; IQL's authors had it free.

    BC and AWR have it free in locomotion, as pilots decided. What they released for MuJoCo had it
    free; nothing was released for pushing, where the profile has what they ran, SAC in the same
    class.
    """
    on_hand = resolve(name).method.policy
    theirs = on_hand == TanhMeanGaussian() and name != "IQL"
    for domain in ("push", "locomotion"):
        method = resolve(name, domain=domain).method
        of_state = theirs and not (name in ("BC", "AWR") and domain == "locomotion")
        assert method.policy == (HeteroscedasticGaussian(-6.0, 0.0) if of_state else on_hand)
        if isinstance(method.behavior, AdvantageWeightedBehavior):
            assert method.behavior.policy == method.policy
        released = resolve(name, profile="released", domain=domain).method.policy
        ran = domain == "push" and name != "DAPG" and (theirs or name in ("SAC", "SAC+BC"))
        assert isinstance(released, HeteroscedasticGaussian) == ran


@pytest.mark.parametrize("domain", ["hand", "push", "locomotion"])
@pytest.mark.parametrize("name", ["AWAC[Z(s)]", "AWAC[reverse-KL]", "AWAC[prior-actions]"])
def test_models_of_the_data_are_of_the_policy_s_class(name: str, domain: str) -> None:
    method = resolve(name, domain=domain).method
    assert method.behavior == GaussianBehavior(policy=method.policy)


def test_awac_from_scratch_is_awac_that_starts_online() -> None:
    """Another network, critic or weight would be a second cause of the difference (S2)."""
    base, scratch = resolve("AWAC"), resolve("AWAC[scratch]")
    assert scratch.method == dataclasses.replace(base.method, pretraining=RandomActionsFirst())
    assert scratch.config == dataclasses.replace(base.config, learning_starts=5_000)


def test_awac_as_released() -> None:
    """The numbers of the published hand script."""
    settings = resolve("AWAC", profile="released")
    config, method = settings.config, settings.method
    assert config.policy_hidden == config.q_hidden == (256, 256)
    assert (config.batch_size, config.offline_batch_size) == (1024, 128)
    assert (config.policy_weight_decay, config.q_weight_decay) == (1e-4, 0.0)
    assert (config.policy_learning_rate, config.q_learning_rate) == (3e-4, 3e-4)
    assert (config.tau, config.discount, config.offline_steps) == (5e-3, 0.99, 25_000)
    assert (config.collect_steps, config.updates_per_step) == (1000, 1)
    assert (config.prior_fraction, config.replay_buffer_size) == (0.9, 1_000_000)
    assert method.critic == TD(members=2, clamp=ClampOutput(high=0.0))
    expected = Weights(Exponential(lam=0.5, clip=0.5), BatchMean())
    assert method.objective == WeightedMLE(expected, PolicyMode())
    assert method.policy == TanhMeanGaussian(-6.0, 0.0)
    assert method.initialisation.cloning_steps == 0


def temperature_of(method: Method) -> object:
    """Of the part that improves the policy."""
    objective = method.objective
    improvement = objective.improvement if isinstance(objective, Mixed) else objective
    assert isinstance(improvement, ReverseKL)
    return improvement.temperature


@pytest.mark.parametrize("name", ["SAC", "SAC+BC"])
def test_sac_of_the_paper(name: str) -> None:
    """B.4: initialised by cloning. On the hand without entropy, as the authors' scripts ran it."""
    method = resolve(name, profile="paper").method
    assert method.critic == TD(members=2, clamp=ClampTarget(low=-100.0, high=0.0))
    assert temperature_of(method) == FixedTemperature(0.0)
    entropy = resolve(f"{name}[entropy]").method
    assert temperature_of(entropy) == LearnedTemperature(1.0, -1.0, 3e-4)
    assert entropy.critic == TD(members=2, clamp=NoClamp())  # soft values may exceed 0
    assert method.policy == SquashedGaussian(-20.0, 2.0)
    assert method.initialisation.cloning_steps == 25_000


@pytest.mark.parametrize("name", ["SAC", "SAC+BC"])
def test_sac_as_released(name: str) -> None:
    """Hand runs had alpha = 0, no cloning, the unsquashed policy."""
    settings = resolve(name, profile="released")
    method = settings.method
    assert method.critic == TD(members=2, clamp=ClampOutput(high=0.0))
    assert temperature_of(method) == FixedTemperature(0.0)
    assert method.policy == TanhMeanGaussian()
    assert method.initialisation.cloning_steps == 0
    assert (settings.config.batch_size, settings.config.offline_batch_size) == (1024, 128)


def test_bc_uses_demonstrations_only() -> None:
    for profile, batch_size in (("paper", 1024), ("released", 128)):
        settings = resolve("BC", profile=profile)
        assert settings.method.objective == Imitation("demonstrations")
        assert settings.config.offline_batch_size == batch_size


def test_mixed_weight_is_1() -> None:
    assert resolve("SAC+BC").method.objective.imitation_weight == 1.0


def test_presets_override_profiles_and_assignments_override_presets() -> None:
    preset = {"policy_hidden": (8,), "offline_batch_size": 4}
    settings = resolve(
        "AWAC", profile="released", preset=preset, settings=("offline_batch_size=5",)
    )
    assert settings.config.policy_hidden == (8,) and settings.config.q_hidden == (256, 256)
    assert settings.config.offline_batch_size == 5
    assert settings.method.objective.weights.shape.lam == 0.5


def test_resolving_does_not_change_the_table() -> None:
    before = dict(METHODS)
    resolve("AWAC", profile="released", settings=("lam=5",))
    assert before == METHODS and METHODS["AWAC"].objective.weights.shape.lam == 0.3


def test_unknown_names_are_refused_with_near_ones() -> None:
    with pytest.raises(ValueError, match=r"unknown method 'AWACC'; did you mean AWAC"):
        resolve("AWACC")
    with pytest.raises(ValueError, match=r"unknown profile 'relased'; did you mean released"):
        resolve("AWAC", profile="relased")


def test_unknown_domain_is_refused() -> None:
    """Otherwise a misspelt domain trains with lambda 0.3 and without any clamp, silently."""
    with pytest.raises(ValueError, match="hand"):
        resolve("AWAC", domain="hnad")


def test_profiles_name_known_methods_only() -> None:
    for domains in PROFILES.values():
        for methods in domains.values():
            assert set(methods) <= {"*", *METHODS}
