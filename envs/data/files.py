"""Files that are written whole or not at all, and their checksums."""

from __future__ import annotations

import hashlib
import os
import secrets
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tokenize import TokenError
from typing import BinaryIO

DAMAGED_ARCHIVE: tuple[type[Exception], ...] = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ValueError,
    EOFError,
    OSError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    SyntaxError,
    TokenError,
    OverflowError,
    MemoryError,
)
"""What reading a damaged .npz or .hdf5 raises. The error depends on the place of the damage. A
flipped bit can claim encryption (RuntimeError), an unknown zip version (NotImplementedError, its
subclass), or a huge array (MemoryError)."""


@contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """Open ``path`` for writing so that it appears whole or not at all.

    The bytes go to a temporary file in the same folder, which is made if needed. When the block
    ends without an exception, they are flushed to the disk and the file takes its final name.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
