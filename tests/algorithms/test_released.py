"""Profile `released` computes what it always did: losses on fixed batches, recorded.

The numbers were printed by this file (`python -m tests.algorithms.test_released`) before weights
had a cap, policies a state-dependent std and observations statistics; those of pushing when its
settings became what the authors ran there; BRAC's when its behaviour model got the target entropy
of BRAC's code.
"""

from __future__ import annotations

import pytest

from algorithms.agent import Agent
from algorithms.catalogue.resolving import resolve
from tests.algorithms.conftest import (
    ACTION_DIM,
    AT_MOST,
    OBSERVATION_DIM,
    TINY,
    enlarge_values,
    learn,
)

STEADY = {"objective.damping": 0.1}
"""With DAPG's own damping conjugate gradients are left to the last bits of a processor."""
UPDATES = 4  # the fourth one is AWR's first of the policy
NAMES = (
    *("AWAC", "SAC", "SAC+BC", "BC", "AWR", "MPO", "ABM-MPO"),
    *("BCQ", "BEAR", "BRAC", "DAPG"),
)
# what each method computes first: its losses, the size of its constraint, DAPG's gradient
KINDS = ("_loss", "_log_prob", "_mmd", "_kl", "gradient_norm")
DOMAINS = ("hand", "push", "locomotion")
RECORDED: dict[tuple[str, str], dict[str, float]] = {
    ("AWAC", "hand"): {"policy_loss": 132.085, "critic_loss": 4.77194},
    ("AWAC", "push"): {"policy_loss": 229.132, "critic_loss": 4.87918},
    ("AWAC", "locomotion"): {"policy_loss": 125.824, "critic_loss": 4.75622},
    ("SAC", "hand"): {"policy_loss": 2.63478, "critic_loss": 4.75714},
    ("SAC", "push"): {"policy_loss": 1.79014, "critic_loss": 4.87909},
    ("SAC", "locomotion"): {"policy_loss": 6.14702, "critic_loss": 28.8926},
    ("SAC+BC", "hand"): {"policy_loss": 2.63547, "imitation_loss": 135.963, "critic_loss": 4.75987},
    ("SAC+BC", "push"): {"policy_loss": 1.79042, "imitation_loss": 120.541, "critic_loss": 4.88135},
    ("SAC+BC", "locomotion"): {
        "policy_loss": 6.14773,
        "imitation_loss": 135.963,
        "critic_loss": 28.9027,
    },
    ("BC", "hand"): {"policy_loss": 135.964},
    ("BC", "push"): {"policy_loss": 120.541},
    ("BC", "locomotion"): {"policy_loss": 135.964},
    ("AWR", "hand"): {"value_loss": 0.555095, "policy_loss": 3.95271},
    ("AWR", "push"): {"value_loss": 4.31016, "policy_loss": 247.181},
    ("AWR", "locomotion"): {"value_loss": 0.555095, "policy_loss": 3.95271},
    ("MPO", "hand"): {"policy_loss": -3.18892, "critic_loss": 4.78858},
    ("MPO", "push"): {"policy_loss": -3.17581, "critic_loss": 4.91372},
    ("MPO", "locomotion"): {"policy_loss": -3.18621, "critic_loss": 4.7862},
    ("ABM-MPO", "hand"): {
        "policy_loss": -3.21749,
        "critic_loss": 4.82532,
        "behavior_log_prob": -120.795,
    },
    ("ABM-MPO", "push"): {
        "policy_loss": -3.21244,
        "critic_loss": 4.99894,
        "behavior_log_prob": -120.415,
    },
    ("ABM-MPO", "locomotion"): {
        "policy_loss": -3.22189,
        "critic_loss": 4.82303,
        "behavior_log_prob": -120.795,
    },
    ("BCQ", "hand"): {"policy_loss": 1.76233, "critic_loss": 3.98747},
    ("BCQ", "push"): {"policy_loss": 1.71391, "critic_loss": 4.6747},
    ("BCQ", "locomotion"): {"policy_loss": 1.71391, "critic_loss": 4.6747},
    ("BEAR", "hand"): {"constraint_mmd": 0.112107, "critic_loss": 3.46266},
    ("BEAR", "push"): {"constraint_mmd": 0.112107, "critic_loss": 4.10779},
    ("BEAR", "locomotion"): {"constraint_mmd": 0.112107, "critic_loss": 4.10779},
    ("BRAC", "hand"): {
        "constraint_kl": 0.0010297,
        "critic_loss": 4.28672,
        "behavior_log_prob": -78.2917,
    },
    ("BRAC", "push"): {
        "constraint_kl": 0.0010297,
        "critic_loss": 5.00428,
        "behavior_log_prob": -78.2917,
    },
    ("BRAC", "locomotion"): {
        "constraint_kl": 0.0010297,
        "critic_loss": 5.00428,
        "behavior_log_prob": -78.2917,
    },
    ("DAPG", "hand"): {
        "policy_step_kl": 0.00376563,
        "gradient_norm": 0.0897276,
        "baseline_loss": 5.59095,
    },
    ("DAPG", "push"): {
        "policy_step_kl": 0.00412375,
        "gradient_norm": 0.0922609,
        "baseline_loss": 5.59095,
    },
    ("DAPG", "locomotion"): {
        "policy_step_kl": 0.00376563,
        "gradient_norm": 0.0897276,
        "baseline_loss": 5.59095,
    },
}


def losses_of(name: str, domain: str) -> dict[str, float]:
    settings = resolve(
        name, profile="released", domain=domain, preset=TINY | STEADY, at_most=AT_MOST
    )
    agent = Agent(settings.method, settings.config, OBSERVATION_DIM, ACTION_DIM, seed=0)
    enlarge_values(agent)
    metrics: dict[str, float] = {}
    for seed in range(UPDATES):
        metrics |= {key: float(value) for key, value in learn(agent, seed).items()}
    return {key: value for key, value in metrics.items() if key.endswith(KINDS)}


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("name", NAMES)
def test_losses_of_released_are_those_of_before(name: str, domain: str) -> None:
    assert losses_of(name, domain) == pytest.approx(RECORDED[name, domain], rel=1e-3, abs=1e-6)


if __name__ == "__main__":
    for name in NAMES:
        for domain in DOMAINS:
            found = {key: float(f"{value:.6g}") for key, value in losses_of(name, domain).items()}
            print(f"    ({name!r}, {domain!r}): {found},")
