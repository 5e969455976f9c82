"""Progress of a long job: a bar on a terminal, plain log lines anywhere else."""

from __future__ import annotations

import fcntl
import logging
import os
import sys
import time
from pathlib import Path
from typing import IO, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

logger = logging.getLogger(__name__)

INTERVAL = 10.0


def reward_text(reward: float) -> str:
    """Return a reward as every command shows it.

    >>> reward_text(9.0), reward_text(8.97222)
    ('9.000', '8.972')
    """
    return f"{reward:.3f}"


class Progress:
    """Counts finished pieces of work, with the best reward so far and the remaining time.

    Nothing of it reaches an artefact. Jobs that run side by side on one terminal would overwrite each other's bars, so
    the first one takes the bar and the others log plain lines, at most one in ten seconds plus the first and the last.

    Args:
        total: pieces of work, as far as is known: where a budget ends it, there may be fewer or more.
        label: what is being done, e.g. "search init-scale/random/seed-0".

    Example:
        >>> with Progress(3, "search") as progress:
        ...     for reward in (1.0, 3.0, 2.0):
        ...         progress.advance(best=reward)
    """

    def __init__(self, total: int, label: str) -> None:
        self.total, self.label = total, label
        self.done = 0
        self.best: float | None = None
        self._terminal: IO[bytes] | None = None
        self._bar: Bar | None = None
        self._last = (0, 0.0)

    def __enter__(self) -> Self:
        self._terminal = _free_terminal()
        if self._terminal is not None:
            self._bar = _new_bar()
            self._bar.start()
            self._bar.add_task(self.label, total=self.total, best="")
        else:
            self._line(None)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()
        elif kind is None and self.done != self.total:
            self.total = self.done
            self._line(None)
        if self._terminal is not None:
            self._terminal.close()

    def advance(self, best: float | None = None) -> None:
        """Count one piece of work. `best` is the best reward so far; the highest one given is shown."""
        self.done += 1
        if best is not None:
            self.best = best if self.best is None else max(self.best, best)
        self.total = max(self.total, self.done)
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], advance=1, total=self.total, best=self._best_text())
            return
        count, when = self._last
        elapsed = time.monotonic() - when
        if self.done == self.total or elapsed >= INTERVAL:
            # The rate since the last line: work that was recorded before a restart passes in no time.
            self._line((self.total - self.done) * elapsed / (self.done - count))

    def _line(self, remaining: float | None) -> None:
        self._last = (self.done, time.monotonic())
        left = f"about {_duration(remaining)} left" if remaining else ""
        parts = [f"{self.label}: {self.done} of {self.total}", self._best_text(), left]
        logger.info(", ".join(part for part in parts if part))

    def _best_text(self) -> str:
        return "" if self.best is None else f"best {reward_text(self.best)}"


def _free_terminal() -> IO[bytes] | None:
    """Return the locked terminal behind stderr; None where there is none or another job shows its bar on it."""
    try:
        terminal = Path(os.ttyname(sys.stderr.fileno())).open("rb", buffering=0)  # noqa: SIM115 - open while locked
    except (OSError, ValueError):
        return None
    try:
        fcntl.flock(terminal, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        terminal.close()
        return None
    return terminal


def _new_bar() -> Bar:
    return Bar(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[best]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
