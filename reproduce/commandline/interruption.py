"""A request to stop, from the user or the system."""

from __future__ import annotations

import signal
import time
from types import FrameType

_SAME_S = 5.0


class Interruption:
    """Turns SIGTERM and Ctrl-C into a request to stop at the next resumable point.

    A second signal interrupts at once; the last checkpoint is then what remains. A second SIGTERM
    within five seconds of one is taken for the same request: a system that stops all processes
    sends one, and so does the launcher, which it stops as well. As a context it gives the signals
    back to whom they belonged before.
    """

    def __init__(self) -> None:
        self.requested = False
        self._first = (0, 0.0)  # signal, time
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
        now = time.monotonic()
        if not self.requested:
            self.requested, self._first = True, (number, now)
        elif not (number == self._first[0] == signal.SIGTERM and now - self._first[1] <= _SAME_S):
            raise KeyboardInterrupt
