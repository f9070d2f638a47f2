"""Write a figure to disk: whole or not at all, and the same bytes for the same figure."""

from __future__ import annotations

import io
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from figures.files import whole_file
from figures.style import theme

DPI = 180

# None removes what Matplotlib would otherwise write: dates and its own version.
_METADATA: dict[str, dict[str, str | None]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
}


def save(fig: Figure, stem: Path) -> list[Path]:
    """Write ``<stem>.png`` (180 dpi) and ``<stem>.pdf`` and return their paths in that order.

    Each file is written under a temporary name in the same folder, synced and renamed, so a reader
    never sees half a file, and an interrupted call leaves the previous version in place. The folder
    is created if needed. OSError passes through.
    """
    stem = Path(stem)
    return [_save_one(fig, stem, kind) for kind in _METADATA]


def _save_one(fig: Figure, stem: Path, kind: str) -> Path:
    target = stem.parent / f"{stem.name}.{kind}"
    drawn = io.BytesIO()  # Matplotlib's PDF writer hides the OSError of a full disk
    with mpl.rc_context(theme()):
        fig.savefig(drawn, format=kind, dpi=DPI, metadata=_METADATA[kind])
    with whole_file(target) as file:
        file.write(drawn.getbuffer())
    return target
