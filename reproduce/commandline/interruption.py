"""A request to stop, from the user or the system."""

from __future__ import annotations

import signal
from types import FrameType


class Interruption:
    """Turns SIGTERM and Ctrl-C into a request to stop at the next resumable point.

    A second signal interrupts at once; the last checkpoint is then what remains.
    """

    def __init__(self) -> None:
        self.requested = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._request)

    def asks(self) -> bool:
        """Whether the run should stop at its next resumable point."""
        return self.requested

    def _request(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
