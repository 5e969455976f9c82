"""When a search stops: the contract of limits, a number of trials, and too many failures. Budgets: `search.budget`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from rlsearch.boundary import share_of
from rlsearch.errors import SearchStopped
from rlsearch.search.journal import Entry
from rlsearch.training.outcome import Outcome
from rlsearch.units import counted

# Of very few trials the first failure would already be too large a share.
FAILURES_BEFORE_STOP = 5


class Account(Protocol):
    """What one search has used up. Keys are of candidates; `what` is what the limit prices, a spec as a rule."""

    @property
    def open(self) -> bool:
        """Whether another proposal may fit, as far as can be said before it is made."""

    def fitting(self, proposed: Sequence[tuple[Hashable, Any]]) -> int:
        """Return how many proposals (key, what), from the first on, fit whatever those before them bring."""

    def book(self, key: Hashable, what: Any, outcome: Outcome, reward: float) -> None:
        """Take in a finished trial."""


class Limit(Protocol):
    """When a search ends."""

    def account(self) -> Account:
        """Return the account of a search that begins."""


@dataclass(frozen=True)
class TrialLimit:
    """A fixed number of trials, whatever they cost."""

    trials: int

    def account(self) -> TrialAccount:
        """Return the account of a search that begins."""
        return TrialAccount(self.trials)


@dataclass
class TrialAccount:
    """Trials that are left."""

    left: int

    @property
    def open(self) -> bool:
        """Whether a trial is left."""
        return self.left > 0

    def fitting(self, proposed: Sequence[tuple[Hashable, Any]]) -> int:
        """Return how many of the proposals are within the number of trials."""
        return min(len(proposed), self.left)

    def book(self, key: Hashable, what: Any, outcome: Outcome, reward: float) -> None:
        """Count a finished trial."""
        self.left -= 1


def check_failures(entries: Sequence[Entry], failed: int, trials: int, most: float, where: Path) -> None:
    """Raise a SearchStopped where too large a share of the children has failed so far.

    Args:
        entries: of the last batch; failed, trials: so far, these included.
        most: the largest share that may fail; where: the search's work folder, which remembers them.
    """
    if failed < FAILURES_BEFORE_STOP or failed <= share_of(most, trials):
        return
    names = sorted({entry.outcome.error or "" for entry in entries if entry.outcome.status == "failed"})
    raise SearchStopped(
        f"{failed} of {trials} children failed ({', '.join(names)})",
        where=str(where),
        allowed=f"a failed share of at most {most:g} (search.max_failed_share)",
        remedy="read the traceback in the log and fix the cause; if that changed no code of the package, delete"
        " this folder, which remembers the failures; then run the same command again (finished children are kept)",
    )


def check_succeeded(entries: Sequence[Entry], where: Path) -> None:
    """Raise a SearchStopped unless a child ended with status ok: nothing else can be an answer.

    Args:
        entries: all trials of a search; where: its work folder, which remembers them.
    """
    if not entries:
        raise SearchStopped(
            "the search has no trial: what was proposed first costs more than its budget pays for beside the finalists,"
            " or nothing was proposed",
            where=str(where),
            remedy="raise search.budget, or lower search.finalists or search.replicates",
        )
    ends = Counter((entry.outcome.status, entry.outcome.error or "") for entry in entries)
    if any(status == "ok" for status, _ in ends):
        return
    (status, error), count = ends.most_common(1)[0]
    raise SearchStopped(
        f"of {counted(len(entries), 'trial')} none ended with status ok, so the search has no answer: {count} of them"
        f" {_ENDS[status]}{f' ({error})' if error else ''}",
        where=str(where),
        remedy="read this search's log (logs/search/, or above) for the reasons, and change the task's settings or the"
        " space; if neither was at fault, delete this folder, which remembers the failures; then run the same command"
        " again",
    )


_ENDS = {
    "diverged": "diverged: a loss was NaN or infinite, as with too large a learning rate",
    "invalid": "could not be built for the study's data",
    "failed": "failed with an exception",
}
