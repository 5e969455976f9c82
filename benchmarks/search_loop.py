"""What the search loop itself costs a trial: the driver, the agent and the journal, with nothing to train.

    python benchmarks/search_loop.py [--agents random reinforce] [--trials 100000]

A constant evaluator answers at once. One long search is made by the agent itself, proposal by proposal, without syncing
to disk, which would take most of the time. In its last 1,000 trials it is stopped every 50 trials for a fresh search of
150, of which the last 100 count: trials at position 100 and at position 100,000 are so measured within milliseconds of
each other, and no disk can hide that one side is slower.

What a trial costs is measured on searches that sync every trial, as all real ones do: a fresh one, and the long one
continued. The seconds spent in `os.fsync` are counted apart, because they belong to the disk.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import torch
from table import Row, machine, show

from rlsearch.config import plugins
from rlsearch.search.ask_tell import SNAPSHOT_EVERY, AskTell
from rlsearch.search.evaluators import FunctionEvaluator
from rlsearch.search.journal import Journal
from rlsearch.search.stopping import TrialLimit
from rlsearch.search.store import WORK
from rlsearch.spaces.init_scale import InitScale
from rlsearch.training.outcome import Outcome

GOALS = {"random": 3.0, "reinforce": 6.0}
GROWTH_GOAL = 1.2
REWARD = 7.3
WINDOW, PART, SHORT, COUNTED = 1_000, 50, 150, 100
LATE = 200


class Disk:
    """Stands in for `os.fsync`: counts its seconds, and can leave it out."""

    def __init__(self) -> None:
        self.fsync = os.fsync
        self.on = True
        self.seconds = 0.0

    def __call__(self, handle: int) -> None:
        """Sync, if syncing is on."""
        if self.on:
            start = time.perf_counter()
            self.fsync(handle)
            self.seconds += time.perf_counter() - start


@dataclass
class Clock:
    """Hears of every trial and notes its milliseconds; `between` runs after the note and counts for no trial."""

    disk: Disk
    between: Callable[[int], None] | None = None
    whole: array[float] = field(default_factory=lambda: array("d"))
    synced: array[float] = field(default_factory=lambda: array("d"))

    def __post_init__(self) -> None:
        self._restart()

    def advance(self, best: float | None = None) -> None:
        """Note one trial."""
        self.whole.append(1e3 * (time.perf_counter() - self._start))
        self.synced.append(1e3 * (self.disk.seconds - self._disk))
        if self.between:
            self.between(len(self.whole))
        self._restart()

    def own(self, first: int, last: int) -> list[float]:
        """Return the milliseconds of trials first..last-1 without those of the disk."""
        return [whole - synced for whole, synced in zip(self.whole[first:last], self.synced[first:last], strict=True)]

    def _restart(self) -> None:
        self._disk = self.disk.seconds
        self._start = time.perf_counter()


@dataclass
class Bench:
    """One agent's measurement.

    Args:
        agent: its name; folder: on the disk to be measured; trials: length of the long search, at least 1,000.
    """

    agent: str
    folder: Path
    trials: int
    disk: Disk = field(default_factory=Disk)

    def __post_init__(self) -> None:
        self.space = InitScale()
        self.shorts: list[Clock] = []
        self.long = Clock(self.disk, self._alternate)

    def rows(self) -> list[Row]:
        """Measure and return the rows."""
        early, late = Clock(self.disk), Clock(self.disk)
        with mock.patch("os.fsync", self.disk):
            self.disk.on = False
            self._search("long", self.trials, self.long)
            self.disk.on = True
            self._search("synced", SNAPSHOT_EVERY - 1, early)
            resumed = [self._resume("synced", SNAPSHOT_EVERY - 1, "no snapshot yet: every trial is told again")]
            resumed += [self._resume("synced", SNAPSHOT_EVERY), self._resume("long", self.trials)]
            self._search("long", self.trials + LATE, late)
        return [*self._cost(early, late), self._growth(), *resumed]

    def _search(self, name: str, trials: int, clock: Clock | None = None) -> None:
        """Run a search of a folder to its end, or on from where it stands."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        module = plugins.load("agents", self.agent)
        journal = Journal(folder / "journal.jsonl", {})
        AskTell(
            space=self.space,
            agent=module.AGENT(self.space, module.SETTINGS(), 0),
            evaluator=FunctionEvaluator(lambda spec: REWARD),
            reward=_value,
            limit=TrialLimit(trials),
            journal=journal,
            ticker=clock,
        ).run()
        journal.close()

    def _alternate(self, position: int) -> None:
        """Measure a fresh search between two parts of the long one's last trials."""
        offset = position - (self.trials - WINDOW)
        if offset not in range(0, WINDOW, PART):
            return
        self.shorts.append(Clock(self.disk))
        self._search(f"fresh-{len(self.shorts)}", SHORT, self.shorts[-1])

    def _resume(self, name: str, trials: int, note: str = "journal read, agent from its snapshot") -> Row:
        """Time the start of a search that has nothing left to do."""
        self._search(name, trials)
        start = time.perf_counter()
        self._search(name, trials)
        return Row(f"{self.agent}: resume at trial {trials:,}", time.perf_counter() - start, "s", note=note)

    def _cost(self, early: Clock, late: Clock) -> list[Row]:
        """Judge a trial with its sync to disk; the two parts of it stand below without a goal."""
        whole, disk = statistics.median(early.whole), statistics.median(early.synced)
        own, after = statistics.median(early.own(0, len(early.whole))), statistics.median(late.whole[-LATE:])
        note = f"at trial {self.trials:,}: {after:.3f} ms"
        return [
            Row(f"{self.agent}: a trial", whole, "ms", GOALS.get(self.agent), note=note),
            Row(f"{self.agent}: the same without the disk", own, "ms"),
            Row(f"{self.agent}: the disk's part, one fsync", disk, "ms"),
        ]

    def _growth(self) -> Row:
        """Compare each part of the long search with the fresh search before it."""
        first = self.trials - WINDOW
        ratios = sorted(
            statistics.median(self.long.own(start, start + PART)) / statistics.median(clock.own(SHORT - COUNTED, SHORT))
            for start, clock in zip(range(first, self.trials, PART), self.shorts, strict=True)
        )
        tenth = self.trials // 10
        means = [statistics.fmean(self.long.own(a, a + tenth)) for a in (0, self.trials - WINDOW - tenth)]
        spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f} in {len(ratios)} pairs"
        note = f"{spread}; mean of a tenth {means[0]:.3f} -> {means[1]:.3f} ms"
        name = f"{self.agent}: trial {self.trials:,} against trial 100"
        return Row(name, statistics.median(ratios), "x", GROWTH_GOAL, note=note)


def _value(outcome: Outcome) -> float:
    return outcome.metrics["value"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add this benchmark's options."""
    parser.add_argument("--agents", nargs="+", default=list(GOALS), help="random reinforce")
    parser.add_argument("--trials", type=int, default=100_000, help="length of the long search (100000)")
    parser.add_argument("--folder", type=Path, default=WORK, help="on the disk to be measured (.rlsearch)")


def run(options: argparse.Namespace) -> list[Row]:
    """Measure as the options ask; agents run on one thread, as in every search."""
    options.folder.mkdir(parents=True, exist_ok=True)
    rows, threads = [], torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for agent in options.agents:
            with tempfile.TemporaryDirectory(dir=options.folder, prefix="bench-") as folder:
                rows += Bench(agent, Path(folder), options.trials).rows()
    finally:
        torch.set_num_threads(threads)
    return rows


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    add_options(parser)
    options = parser.parse_args()
    about = machine("cpu", 1)
    print(show(run(options), about))


if __name__ == "__main__":
    main()
