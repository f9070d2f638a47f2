"""The paper's methods. Knows tensors; nothing of simulators, files or clusters."""

from __future__ import annotations

from importlib.util import find_spec

if find_spec("torch") is None:  # only drawing was installed: say what is to be done
    raise ModuleNotFoundError(
        "PyTorch is not installed, which the methods need; pip install '.[train]'", name="torch"
    )
