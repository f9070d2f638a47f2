"""Signals that ask for a stop, and to whom they belong afterwards."""

from __future__ import annotations

import os
import signal
import time

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
            os.kill(os.getpid(), signal.SIGTERM)  # of the launcher, which was stopped as well
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        assert seen == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_second_request_later_interrupts_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    with Interruption() as interruption:
        os.kill(os.getpid(), signal.SIGTERM)
        now[0] += 5.0
        os.kill(os.getpid(), signal.SIGTERM)
        assert interruption.asks()
        now[0] += 0.1
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)


def test_two_times_ctrl_c_interrupt_at_once() -> None:
    with Interruption() as interruption:
        os.kill(os.getpid(), signal.SIGINT)
        assert interruption.asks()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
