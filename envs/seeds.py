"""Seeds of episodes: each use has a range of its own, so that no two episodes begin alike.

| range | use |
| --- | --- |
| 0 to 499,999 | free: examples and tests |
| `ROLLOUTS` on | rollouts of the clone on the hand, random data in pushing |
| `EXPERT` on | demonstrations by experts |
| `RANDOM_POLICY` on | the random policy, as a reference |
| `EVALUATION` on | evaluations, the same for all methods and all seeds of a run |
| `TRAINING` to 2^32 - 1 | training episodes, drawn from the run's seed (`algorithms/training.py`) |

The seed of a run (`--seed`) does more than begin episodes: `docs/architecture.md` follows it.
"""

from __future__ import annotations

ROLLOUTS = 500_000
EXPERT = 2_000_000
RANDOM_POLICY = 3_000_000
EVALUATION = 1_000_000_000
TRAINING = 1 << 31
EPISODES_AT_MOST = 1000
"""Episodes of one evaluation: the next evaluation's seeds follow."""


def evaluation_seed(number: int) -> int:
    """The seed of the first episode of a run's evaluation `number`; the others follow it.

    Every evaluation has start states of its own. They are the same for all methods and seeds.
    Number 0 is the evaluation at clock 0. Later evaluations count up, those of the offline phase
    count down from -1.

    Raises:
        ValueError: if the seeds would overlap with those of training.
    """
    place = 2 * number if number >= 0 else -2 * number - 1
    seed = EVALUATION + EPISODES_AT_MOST * place
    if seed + EPISODES_AT_MOST > TRAINING:
        raise ValueError(f"evaluation {number}: a run has no seeds for so many evaluations")
    return seed
