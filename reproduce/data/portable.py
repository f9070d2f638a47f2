"""Computing in a process whose arithmetic is the same on all x86-64 processors of the last decade.

Matrix products and vector loops choose their instructions by the processor, and round differently
with each choice. A clone that is trained for some thousand steps, and episodes with contacts,
enlarge such a difference to another data set: rollouts of one clone of relocate succeeded in 0.46,
0.49 and 0.51 of the episodes with three choices. The settings below take the choice away.

What is left is the C library: glibc has variants of sin or exp for processors with AVX2 and FMA,
which all of them have, and another version of it may round otherwise.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy

from envs.trajectory import DataError
from figures.files import whole_file

T = TypeVar("T")

_CHILD = "import sys; from reproduce.data.portable import answer; answer(*sys.argv[1:])"


def environment() -> dict[str, str]:
    """What such a process has in its environment beside that of this one."""
    found = numpy.show_config("dicts").get("SIMD Extensions", {}).get("found", [])
    disabled = os.environ.get("NPY_DISABLE_CPU_FEATURES", "").split()
    return {
        "MKL_CBWR": "COMPATIBLE",  # oneMKL: the same bits on every x86-64 processor
        "ATEN_CPU_CAPABILITY": "default",  # PyTorch: none of AVX2, AVX-512
        "NPY_DISABLE_CPU_FEATURES": " ".join([*disabled, *found]),  # NumPy: its baseline alone
        "OPENBLAS_CORETYPE": "Nehalem",  # NumPy's matrix products
        "OMP_NUM_THREADS": "1",  # the sums of several threads round differently
        "MKL_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }


def portably(make: Callable[[], T]) -> T:
    """What ``make`` returns, computed in a process of its own by instructions that all x86-64
    processors have (the C library's apart, see above).

    ``make`` and what it returns must be picklable: a function of a module, or a partial of one.

    Raises:
        Exception: what ``make`` raised.
        DataError: if the process ended without an answer, as when memory ran out.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "question").write_bytes(pickle.dumps(make))
        command = [sys.executable, "-c", _CHILD, name, str(os.getpid())]
        mine = {k: v for k, v in os.environ.items() if k != "NPY_ENABLE_CPU_FEATURES"}
        ended = subprocess.run(command, env={**mine, **environment()}, check=False)
        written = folder / "answer"
        if not written.exists():
            raise DataError(
                f"the process that makes prior data ended with status {ended.returncode} and "
                "without an answer: it was killed, memory ran out, or the folder for temporary "
                f"files, {folder.parent}, is full"
            )
        made, error = pickle.loads(written.read_bytes())
    if error is not None:
        raise error
    value: T = made
    return value


def answer(name: str, asker: str) -> None:
    """Compute what lies in the folder; called in the process that `portably` starts.

    It ends with the process ``asker``, also when that is killed.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks
    threading.Thread(target=_end_with, args=(int(asker),), daemon=True).start()
    folder = Path(name)
    result: tuple[Any, Exception | None]
    try:
        result = (pickle.loads((folder / "question").read_bytes())(), None)
    except Exception as error:
        error.add_note(traceback.format_exc())
        result = (None, error)
    with whole_file(folder / "answer") as file:
        file.write(pickle.dumps(result))


def _end_with(asker: int) -> None:
    while os.getppid() == asker:
        time.sleep(0.5)
    os._exit(1)
