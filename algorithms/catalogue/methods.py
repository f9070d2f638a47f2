"""METHODS: the paper's Figure 4 as code, later work beside it, and variants of both.

A row holds what the paper's text says; where it is silent, what the method's own authors did, and
where neither fits, a choice that the method's page in `docs/methods/` gives the reason for. What
depends on the domain or on the profile is in `profiles.py`. `resolve` puts row, profile, variant,
preset and `--set` together.
"""

from __future__ import annotations

from algorithms.acting import BestOfSamples, Unclipped
from algorithms.behaviors.advantage_weighted import AdvantageWeightedBehavior
from algorithms.behaviors.likelihood import GaussianBehavior
from algorithms.behaviors.own_policy import OwnPolicy
from algorithms.behaviors.vae import VAEBehavior
from algorithms.catalogue.method import Method
from algorithms.constraints.divergence import KLPenalty
from algorithms.constraints.implicit import Implicit, LearnedPrior, Prior
from algorithms.constraints.infinity_norm import InfinityNorm
from algorithms.constraints.mmd import MMD
from algorithms.critics.conservative import Conservative
from algorithms.critics.ensembles import Mean, RandomSubset, SoftClipped
from algorithms.critics.expectile import ExpectileTD
from algorithms.critics.gae import GAE
from algorithms.critics.next_value import BestCandidate, EntropyFreeAction, SmoothedAction
from algorithms.critics.none import NoCritic
from algorithms.critics.td import TD, TargetPolicy
from algorithms.critics.td_lambda import TDLambda
from algorithms.networks.layers import NormalisedLayers
from algorithms.objectives.imitation import Imitation, MeanSquaredError
from algorithms.objectives.mixed import Mixed
from algorithms.objectives.natural_gradient import NaturalPolicyGradient
from algorithms.objectives.reverse_kl import DeterministicPolicyGradient, NormalisedQ, ReverseKL
from algorithms.objectives.temperature import FixedTemperature, LearnedTemperature
from algorithms.objectives.values import LambdaAdvantage, LearnedValue, NoBaseline, PolicySamples
from algorithms.objectives.weighted_mle import BehaviorActions, PolicyActions, WeightedMLE
from algorithms.objectives.weights import Exponential, StateMean, Unnormalised, Weights
from algorithms.policies.clipped_gaussian import ClippedTanhMeanGaussian
from algorithms.policies.deterministic import DeterministicTanh
from algorithms.policies.free_gaussian import FreeGaussian
from algorithms.policies.initialisation import CloneDemonstrations, CloneMeans
from algorithms.policies.log_std import AffineLogStd, TanhLogStd
from algorithms.policies.perturbation import Perturbation
from algorithms.policies.squashed import SquashedGaussian
from algorithms.pretraining import NoPretraining
from algorithms.replay import Symmetric

# BRAC's network, for policy and behaviour model alike
_BRAC_POLICY = SquashedGaussian(log_std_min=-5.0, log_std_max=0.0, log_std=TanhLogStd())

_AWR_WEIGHTS = Weights(Exponential(lam=1.0, cap=20.0), Unnormalised())

METHODS: dict[str, Method] = {
    "AWAC": Method(
        critic=TD(),
        # V(s) is the text's expectation over the policy, by one sample as the authors took it
        # for MuJoCo and pushing
        objective=WeightedMLE(Weights(Exponential(lam=0.3), Unnormalised()), PolicySamples(1)),
        constraint=Implicit(),
    ),
    "SAC": Method(
        critic=TD(),
        objective=ReverseKL(),
        policy=SquashedGaussian(),
        initialisation=CloneDemonstrations(),
    ),
    "SAC+BC": Method(
        critic=TD(),
        objective=Mixed(),
        policy=SquashedGaussian(),
        initialisation=CloneDemonstrations(),
    ),
    "BC": Method(critic=NoCritic(), objective=Imitation("demonstrations")),
    "BCQ": Method(
        critic=TD(ensemble=SoftClipped(), next_value=BestCandidate(), actor=TargetPolicy()),
        objective=DeterministicPolicyGradient(),
        behavior=VAEBehavior(),
        constraint=InfinityNorm(phi=0.05),
        policy=Perturbation(),
        acting=BestOfSamples(act_candidates=100),
    ),
    "BEAR": Method(
        critic=TD(ensemble=SoftClipped(), next_value=BestCandidate()),
        objective=ReverseKL(FixedTemperature(0.0)),
        behavior=VAEBehavior(vae_learning_rate=3e-4),
        constraint=MMD(threshold=0.05),
        policy=SquashedGaussian(),
        acting=BestOfSamples(act_candidates=10),
    ),
    "AWR": Method(
        critic=TDLambda(),
        objective=WeightedMLE(_AWR_WEIGHTS, LambdaAdvantage()),
        constraint=Implicit(),
    ),
    "MPO": Method(
        critic=TD(),
        objective=WeightedMLE(
            Weights(Exponential(lam=0.3), StateMean()), NoBaseline(), PolicyActions(samples=20)
        ),
        behavior=OwnPolicy(),
        constraint=Prior(),
    ),
    "ABM-MPO": Method(
        critic=TD(),
        objective=WeightedMLE(
            Weights(Exponential(lam=0.3), StateMean()),
            PolicySamples(),
            BehaviorActions(samples=10),
        ),
        behavior=AdvantageWeightedBehavior(),
        constraint=LearnedPrior(),
    ),
    "DAPG": Method(
        critic=GAE(),
        objective=NaturalPolicyGradient(),
        policy=FreeGaussian(),
        initialisation=CloneMeans(),
        pretraining=NoPretraining(),
        acting=Unclipped(),
    ),
    "BRAC": Method(
        critic=TD(),
        # no entropy term beside the divergence, as in BRAC's own code: a learned temperature of
        # about 1 would outweigh the coefficient
        objective=ReverseKL(FixedTemperature(0.0)),
        behavior=GaussianBehavior(
            policy=_BRAC_POLICY, entropy=LearnedTemperature(alpha_learning_rate=5e-4)
        ),
        constraint=KLPenalty(coefficient=0.1, warm_start_steps=20_000),
        policy=_BRAC_POLICY,
    ),
    # Later work: not in the paper.
    "IQL": Method(
        critic=ExpectileTD(expectile=0.7),
        # inverse temperature 3, weights up to 100; its numbers for D4RL's dense rewards (0.5) would
        # leave the weights of these rewards in [-1, 0] near 1
        objective=WeightedMLE(
            Weights(Exponential(lam=1 / 3, cap=100.0), Unnormalised()),
            LearnedValue(),
        ),
        constraint=Implicit(),
        policy=ClippedTanhMeanGaussian(),
    ),
    "TD3+BC": Method(
        critic=TD(next_value=SmoothedAction(), actor=TargetPolicy(), updates_per_improvement=2),
        objective=Mixed(
            DeterministicPolicyGradient(q_scale=NormalisedQ(2.5)),
            Imitation("buffer", MeanSquaredError()),
        ),
        policy=DeterministicTanh(),
    ),
    "Cal-QL": Method(
        # its own numbers are 1 at rewards 10 r + 5, where values are 10 times these and a constant
        # (see Conservative): weight, softmax temperature and alpha are a tenth at r
        critic=TD(
            next_value=BestCandidate(),
            regulariser=Conservative(conservative_weight=0.1, softmax_temperature=0.1),
        ),
        objective=ReverseKL(LearnedTemperature(initial_alpha=0.1)),
        policy=SquashedGaussian(log_std=AffineLogStd()),
        replay=Symmetric(),
    ),
    "RLPD": Method(
        critic=TD(
            members=10,
            ensemble=RandomSubset(2),
            next_value=EntropyFreeAction(),
            layers=NormalisedLayers(),
        ),
        objective=ReverseKL(LearnedTemperature(entropy_per_dim=-0.5), Mean()),
        policy=SquashedGaussian(),
        pretraining=NoPretraining(),
        replay=Symmetric(),
    ),
}

LATER_WORK = ("IQL", "TD3+BC", "Cal-QL", "RLPD")
PAPER_METHODS = tuple(name for name in METHODS if name not in LATER_WORK)
