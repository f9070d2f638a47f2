"""Whole files: each appears complete or not at all.

Data files have the same in ``envs.data.files``, since the two packages do not import each other.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def whole_file(target: Path) -> Iterator[BinaryIO]:
    """Open ``target`` for writing bytes so that a reader never sees half of it.

    The bytes go to a temporary file in the same folder (made if needed), are synced, and take the
    final name when the block ends without an exception; otherwise the previous version stays.
    OSError passes through.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(target: Path, text: str) -> None:
    """``whole_file`` with ``text`` in it, in UTF-8."""
    with whole_file(target) as file:
        file.write(text.encode())
