"""Signals that ask for a stop, and to whom they belong afterwards."""

from __future__ import annotations

import os
import signal

import pytest

from reproduce.commandline.interruption import Interruption


def test_signals_ask_once_and_go_back_to_whom_they_belonged() -> None:
    seen: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: seen.append(number))
    try:
        with Interruption() as interruption:
            assert not interruption.asks()
            os.kill(os.getpid(), signal.SIGTERM)
            assert interruption.asks() and seen == []
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
        assert seen == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)
