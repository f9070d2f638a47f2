"""What a campaign says while it runs: which claims have all the runs that they ask for."""

from __future__ import annotations

from pathlib import Path

from reproduce.campaigns.ledger import with_all_runs


class News:
    """Says once of each claim, with its verdict, that all its runs are in a results folder."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._known = with_all_runs(out)

    def tell(self) -> None:
        """Print a line for every claim that was not known to have all its runs."""
        found = with_all_runs(self._out)
        for name, verdict in found.items():
            if name not in self._known:
                told = "they end too early" if verdict == "not run" else str(verdict)
                print(f"claim {name} has all its runs: {told}", flush=True)
        self._known = found
