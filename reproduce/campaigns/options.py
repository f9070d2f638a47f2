"""Options of the campaign."""

from __future__ import annotations

from dataclasses import dataclass

from reproduce.commandline.options import FigureOptions
from reproduce.specs.kinds import ChapterName, PresetName


@dataclass(frozen=True)
class CampaignOptions(FigureOptions):
    """Options of a figure's script, and how much of the campaign is done."""

    preset: PresetName | None = None
    """Size of the chapters that name none of their own (default: small)."""
    plan: bool = False
    """Print what is missing, in order, with claims and hours, and stop."""
    hours: float | None = None
    """Stop after so many hours, with everything resumable (default: at the end)."""
    chapters: tuple[ChapterName, ...] = ()
    """Parts of the campaign (default: all); --plan lists them."""
