"""A request to stop, from the user or the system."""

from __future__ import annotations

import signal
from types import FrameType


class Interruption:
    """Turns SIGTERM and Ctrl-C into a request to stop at the next resumable point.

    A second signal interrupts at once; the last checkpoint is then what remains. As a context it
    gives the signals back to whom they belonged before.
    """

    def __init__(self) -> None:
        self.requested = False
        self._before = {
            number: signal.signal(number, self._request)
            for number in (signal.SIGTERM, signal.SIGINT)
        }

    def __enter__(self) -> Interruption:
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def asks(self) -> bool:
        """Whether the run should stop at its next resumable point."""
        return self.requested

    def _request(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
