"""One profile of Hypothesis for all tests: the same examples everywhere, on machines of any speed.

A deadline asserts a time, which a busy machine breaks. Examples drawn at random fail for somebody
who changed nothing, and a folder of earlier examples makes two machines try different ones.
"""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("alike", deadline=None, derandomize=True, database=None)
settings.load_profile("alike")
