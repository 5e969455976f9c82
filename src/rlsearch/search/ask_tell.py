"""The driver of native agents: ask, evaluate, tell, until the limit; resumable at any moment.

The journal is the only state. A search that starts again asks its agent again and answers recorded proposals from the
journal, so the agent passes through the same states as before; a snapshot now and then keeps that short. Results are
told in asking order, in whatever order they finish: the number of workers does not change a byte.

Batches are always asked for whole. Of the last one as many are evaluated, in order, as the limit pays for: where a
search ends does not depend on the size of its batches, and a longer search goes on in the batch that a shorter one cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rlsearch.agents.base import Agent, Proposal
from rlsearch.errors import locating
from rlsearch.plain import plain
from rlsearch.search.checked import numbers_of, proposals_of
from rlsearch.search.driver import Driver
from rlsearch.search.journal import Entry
from rlsearch.search.stopping import Account

SNAPSHOT_EVERY = 1000


@dataclass(kw_only=True)
class AskTell(Driver):
    """One search of a native agent.

    Args:
        agent: who chooses.
        batch: proposals asked for at a time.
    """

    agent: Agent
    batch: int = 1

    def run(self) -> list[Entry]:
        """Return all trials in asking order.

        Raises:
            SearchStopped: too many children failed.
            ResumeError: a recorded proposal differs from the agent's.
            RlsearchError: the agent breaks a rule: a proposal that is no candidate, a number that is not finite.
        """
        self.account = self.limit.account()
        self._restore()
        while self.account.open:
            proposals = self._asked()
            if not proposals or self._batch(proposals) < self.batch:
                break  # A longer search could not continue from several updates on parts of one batch.
            # Never after a part of a batch: a longer search would not have told it separately.
            if self._index % SNAPSHOT_EVERY < self.batch:
                self._snapshot()
        return self._recorded()

    @property
    def learnt(self) -> Any:
        """What the agent says that it has learnt, as plain JSON values; None where it says nothing.

        Raises:
            RlsearchError: something in it has no JSON form.
        """
        return plain(self.agent.learnt(), f"what learnt() of {self.label or type(self.agent).__name__} returned")

    def _asked(self) -> list[Proposal]:
        """Return the agent's next proposals as candidates of the space at its present stage."""
        stage = self.space.at(self._index)
        self.agent.enter(stage)
        with locating(self._where):
            answer = self.agent.ask(self.batch)
        return proposals_of(stage, answer, self.batch, self._where())

    def _batch(self, proposals: list[Proposal]) -> int:
        """Evaluate a batch, or the beginning that the limit pays for, and tell it at once; return its length."""
        proposals, entries = self._paid(proposals)
        if not entries:
            return 0
        with locating(self._where):
            # Recorded afterwards: killed in between, the search tells the recorded trials again, with the same result.
            diagnostics = self.agent.tell(proposals, [self._earned(entry) for entry in entries])
        self._told(entries, numbers_of(diagnostics, "what tell() returned", self._where()))
        return len(entries)

    def _paid(self, proposals: list[Proposal]) -> tuple[list[Proposal], list[Entry]]:
        """Return the proposals that the limit pays for, and their entries.

        As many as are sure to fit are evaluated side by side; what they really cost says how many more fit. So neither
        workers nor interruptions shape where a batch is cut.
        """
        paid: list[Proposal] = []
        entries: list[Entry] = []
        while len(paid) < len(proposals):
            start = self._index + len(paid)
            if not (chunk := self._fitting(start, proposals[len(paid) :])):
                break
            entries += self._outcomes(start, chunk)
            paid += [candidate.proposal for candidate in chunk]
        return paid, entries

    def _snapshot(self) -> None:
        from rlsearch.training.checkpoint import keep_state

        # A snapshot that is ahead of the journal on disk could not be continued after a power cut (`_restore`).
        self.journal.sync()
        counts = {"index": self._index, "failed": self._failed, "bit_exact": self.bit_exact}
        keep_state(self._snapshot_path, {**counts, "agent": self.agent.state_dict()})

    def _restore(self) -> None:
        """Continue from a whole snapshot that the journal covers; otherwise every recorded trial is told again."""
        if not self._snapshot_path.exists():
            return
        from rlsearch.training.checkpoint import kept_state

        state = kept_state(self._snapshot_path)
        if state is None:
            return
        index, recorded = int(state["index"]), self.journal.recorded
        covered = sum(count for start, (count, _) in recorded.tells.items() if start < index)
        if covered != index or any(i not in recorded.trials for i in range(index)):
            return
        # A search with a smaller budget may end before the snapshot: every trial must be one that it pays for.
        if (account := self._booked([recorded.trials[i] for i in range(index)])) is None:
            return
        self.account, self._index, self._failed = account, index, state["failed"]
        self.bit_exact = self.bit_exact and state["bit_exact"]
        # The state was taken while the agent stood at the stage of its last proposals.
        self.agent.enter(self.space.at(recorded.trials[index - 1].stage if index else 0))
        self.agent.load_state_dict(state["agent"])
        for i in range(index):
            self._advance(recorded.trials[i])

    def _booked(self, entries: Sequence[Entry]) -> Account | None:
        """Return the account of a search after these trials, or None where it would have ended before the last."""
        account = self.limit.account()
        for entry in entries:
            candidate = self._candidate(entry.proposal, entry.stage)
            if not account.fitting([(candidate.key, candidate.spec)]):
                return None
            account.book(candidate.key, candidate.spec, entry.outcome, self._earned(entry))
        return account

    @property
    def _snapshot_path(self) -> Path:
        return self.journal.path.with_name("snapshot.pt")
