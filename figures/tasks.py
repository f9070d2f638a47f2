"""The tasks of each figure, in the order of its columns; it imports nothing."""

from __future__ import annotations

HAND: tuple[str, ...] = ("pen-binary-v0", "door-binary-v0", "relocate-binary-v0")
PUSH: tuple[str, ...] = ("SawyerPush-v0",)
LOCOMOTION: tuple[str, ...] = ("HalfCheetah-v2", "Ant-v2", "Walker2d-v2")
