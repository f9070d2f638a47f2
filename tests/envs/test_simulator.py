"""Whatever MUJOCO_GL says, what draws nothing works."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

STEP = """
import sys
import envs
import gymnasium
env = gymnasium.make(gymnasium.spec(sys.argv[1]))
env.reset(seed=0)
env.step(env.action_space.sample())
from envs.simulator import NO_GRAPHICS
import os
print(repr(os.environ["MUJOCO_GL"]), NO_GRAPHICS is None)
"""


def stepped(task: str, graphics: str) -> str:
    """What a new process prints that takes a step (MuJoCo looks at the variable only once)."""
    done = subprocess.run(
        [sys.executable, "-c", STEP, task],
        env=os.environ | {"MUJOCO_GL": graphics},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("task", ["pen-binary-v0", "SawyerPush-v0", "Ant-v2"])
def test_graphics_that_are_not_there_do_not_matter(task: str) -> None:
    """No MuJoCo has ever had a library of that name; it refuses it as it does a missing one."""
    assert stepped(task, "no-such-library") == "'no-such-library' False\n"


DRAW = """
import sys
import envs
import gymnasium
env = gymnasium.make(gymnasium.spec(sys.argv[1]), render_mode="rgb_array")
env.reset(seed=0)
try:
    env.render()
except ValueError as error:
    print(error)
"""


@pytest.mark.parametrize("task", ["pen-binary-v0", "SawyerPush-v0", "Ant-v2"])
@pytest.mark.parametrize("chosen", ["no-such-library", "disable"])
def test_drawing_without_graphics_says_why_and_what_helps(task: str, chosen: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DRAW, task],
        env=os.environ | {"MUJOCO_GL": chosen},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"MuJoCo cannot draw with MUJOCO_GL={chosen} (")
    assert "apt install libegl1" in done.stdout and done.stdout.count("\n") == 1


def test_an_empty_variable_counts_as_unset() -> None:
    assert stepped("Ant-v2", "") == "'' True\n"
