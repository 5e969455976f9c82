"""Waiting for what must come: on a busy machine nothing that another process does is there at once."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 120.0
"""Seconds: far more than anything takes beside other work, so that only what never comes ends here."""


def wait_for(condition: Callable[[], object], what: str, seconds: float = PATIENCE, every: float = 0.02) -> None:
    """Return as soon as a condition holds.

    Raises:
        AssertionError: it has not held within `seconds`; the message says `what` was waited for.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} seconds in vain for {what}"
        time.sleep(every)
