"""Fetch a published file. It is accepted only with the right checksum."""

from __future__ import annotations

import hashlib
import http.client
import urllib.request
from pathlib import Path

from envs.data.files import atomic_file
from envs.trajectory import DataError

TIMEOUT_S = 20.0
_CHUNK_BYTES = 1 << 16


def download(url: str, sha256: str, path: Path) -> None:
    """Fetch ``url`` into ``path``, which appears only if the content has the given checksum.

    Raises:
        DataError: if the address cannot be reached, stalls for 20 s, breaks off, or serves other
            content.
    """
    digest = hashlib.sha256()
    try:
        with (
            atomic_file(path) as file,
            urllib.request.urlopen(url, timeout=TIMEOUT_S) as response,
        ):
            while chunk := response.read(_CHUNK_BYTES):
                digest.update(chunk)
                file.write(chunk)
            if digest.hexdigest() != sha256:
                raise DataError(
                    f"{url} served a file with sha256 {digest.hexdigest()}, expected {sha256}; "
                    "it was not kept"
                )
    # OSError covers URLError, timeouts, refused connections, a full disk. An answer that breaks off
    # or is no HTTP is none.
    except (OSError, http.client.HTTPException) as error:
        raise DataError(f"could not download {url} to {path}: {error}") from error
