"""The driver of native agents: ask, evaluate, tell, until the limit; resumable at any moment.

The journal is the only state. A search that starts again asks its agent anew and answers recorded proposals from the
journal, so the agent passes through the same states as before; a snapshot now and then keeps that short. Results are
told in asking order, whatever order they finished in: the number of workers does not change a byte.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from rlsearch.agents.base import Agent, Proposal
from rlsearch.errors import ResumeError, SearchStopped
from rlsearch.files import write_atomic
from rlsearch.search.evaluators import Evaluator, Request
from rlsearch.search.journal import Entry, Journal
from rlsearch.search.reward import Reward
from rlsearch.spaces.base import Space
from rlsearch.training.outcome import Outcome

SNAPSHOT_EVERY = 1000
FAILURES_BEFORE_STOP = 5


class Limit(Protocol):
    """When a search ends."""

    def remaining(self, trials: int, flops: int) -> int:
        """Return how many more children may be asked for after so many trials at so much cost."""

    def charge(self, outcome: Outcome) -> int:
        """Return what an outcome takes from the budget."""


@dataclass(frozen=True)
class TrialLimit:
    """A fixed number of trials."""

    trials: int

    def remaining(self, trials: int, flops: int) -> int:
        """Return the trials left."""
        return self.trials - trials

    def charge(self, outcome: Outcome) -> int:
        """Return the outcome's FLOPs, which do not count here."""
        return outcome.flops


@dataclass(frozen=True)
class FlopLimit:
    """A common budget of training FLOPs, of which `reserve` is kept for the finalists.

    `unit` is the cost of one full child: another one is asked for only while a full one fits, so the budget is never
    overrun, and a child that diverged early leaves room for more.
    """

    total: int
    reserve: int
    unit: int

    def remaining(self, trials: int, flops: int) -> int:
        """Return how many full children still fit."""
        return (self.total - self.reserve - flops) // self.unit

    def charge(self, outcome: Outcome) -> int:
        """Return the FLOPs; a child that failed or could not be built takes a full one's, or it would be free."""
        return outcome.flops if outcome.status in ("ok", "diverged") else self.unit


class Ticker(Protocol):
    """Hears about every finished trial (a progress bar)."""

    def advance(self, best: float | None = None) -> None:
        """One more trial is done; `best` is the best reward so far."""


@dataclass
class AskTell:
    """One search.

    Args:
        space, agent, evaluator: what is chosen, who chooses, what answers.
        reward: what the agent is told about an outcome.
        limit: when to stop; batch: proposals asked for at a time.
        journal: the record; its folder also holds the agent's snapshot.
        max_failed_share: stop when more of the trials than this have failed.
        accept_recorded: continue from recorded proposals that this machine would not have made.
        ticker: told of every finished trial.
    """

    space: Space
    agent: Agent
    evaluator: Evaluator
    reward: Reward
    limit: Limit
    journal: Journal
    batch: int = 1
    max_failed_share: float = 0.5
    accept_recorded: bool = False
    ticker: Ticker | None = None
    environment: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        # Other versions or another processor than those that began the journal: its ledger is a mixture.
        self.bit_exact = self.environment is None or self.journal.recorded.header == self.environment
        self.best: float | None = None
        self._index = self._flops = self._failed = 0

    def run(self) -> list[Entry]:
        """Return all trials in asking order.

        Raises:
            SearchStopped: too many children failed.
            ResumeError: a recorded proposal differs from the agent's.
        """
        self._restore()
        while (room := self.limit.remaining(self._index, self._flops)) > 0:
            proposals = self.agent.ask(min(self.batch, room))
            if not proposals:
                break
            self._batch(self._as_recorded(proposals))
            # Never after a shortened last batch: a longer search would not have told it apart.
            if len(proposals) == self.batch and self._index % SNAPSHOT_EVERY < self.batch:
                self._snapshot()
        self.journal.sync()
        return [self.journal.recorded.trials[i] for i in range(self._index)]

    def _batch(self, proposals: list[Proposal]) -> None:
        start = self._index
        entries = self._outcomes(start, proposals)
        diagnostics = self.agent.tell(proposals, [self.reward(entry.outcome) for entry in entries])
        self.journal.tell(start, len(proposals), diagnostics)
        self._index += len(proposals)
        self._flops += sum(self.limit.charge(entry.outcome) for entry in entries)
        self._failed += sum(entry.outcome.status == "failed" for entry in entries)
        self._stop_if_hopeless(entries)

    def _outcomes(self, start: int, proposals: Sequence[Proposal]) -> list[Entry]:
        """Return the batch's entries in asking order; whatever is not recorded is evaluated and recorded."""
        recorded = self.journal.recorded.trials
        requests = []
        for index, proposal in enumerate(proposals, start):
            if index in recorded:
                self._advance(recorded[index])
            else:
                spec = self.space.decode(proposal.actions)
                requests.append(Request(index, spec, self.space.key(spec), proposal.replicate))
        for request, result in self.evaluator.run(requests) if requests else ():
            proposal = proposals[request.position - start]
            entry = Entry(request.position, proposal, result.outcome, result.seconds, result.cached)
            self.journal.trial(entry)
            self._advance(entry)
        return [recorded[index] for index in range(start, start + len(proposals))]

    def _advance(self, entry: Entry) -> None:
        reward = self.reward(entry.outcome)
        self.best = reward if self.best is None else max(self.best, reward)
        if self.ticker:
            self.ticker.advance(self.best)

    def _as_recorded(self, proposals: list[Proposal]) -> list[Proposal]:
        """Check proposals against the journal's; with `accept_recorded` the recorded ones win."""
        for offset, proposal in enumerate(proposals):
            entry = self.journal.recorded.trials.get(self._index + offset)
            if entry is None or _same(entry.proposal, proposal):
                continue
            if not self.accept_recorded:
                raise self._differs(entry, proposal)
            proposals[offset] = entry.proposal
            self.bit_exact = False
        return proposals

    def _differs(self, entry: Entry, proposal: Proposal) -> ResumeError:
        before, now = self.journal.recorded.header or {}, self.environment or {}
        changed = [
            f"{k}: {before.get(k)} -> {now.get(k)}" for k in sorted({*before, *now}) if before.get(k) != now.get(k)
        ]
        return ResumeError(
            f"trial {entry.index} was recorded as {list(entry.proposal.actions)}, but the agent now proposes "
            f"{list(proposal.actions)}: this run would not continue the recorded one",
            where=str(self.journal.path),
            allowed="changed since the journal was begun: " + ("; ".join(changed) or "nothing that is recorded"),
            remedy="go back to the recorded environment; or continue from the recorded proposals, marked not bit-exact,"
            " with RLSEARCH_ACCEPT_RECORDED=1; the old work is kept either way",
        )

    def _stop_if_hopeless(self, entries: Sequence[Entry]) -> None:
        if self._failed < FAILURES_BEFORE_STOP or self._failed <= self.max_failed_share * self._index:
            return
        names = sorted({entry.outcome.error or "" for entry in entries if entry.outcome.status == "failed"})
        raise SearchStopped(
            f"{self._failed} of {self._index} children failed ({', '.join(names)})",
            where=str(self.journal.path.parent),
            allowed=f"a failed share of at most {self.max_failed_share:g} (search.max_failed_share)",
            remedy="read the traceback in the log and mend the cause; if that changed no code of the package, delete"
            " this folder, which remembers the failures; then run the same command again (finished children are kept)",
        )

    def _snapshot(self) -> None:
        from rlsearch.training.checkpoint import dump_state

        self.journal.sync()
        counts = {"index": self._index, "flops": self._flops, "failed": self._failed, "bit_exact": self.bit_exact}
        write_atomic(self._snapshot_path, dump_state({**counts, "agent": self.agent.state_dict()}))

    def _restore(self) -> None:
        """Continue from the snapshot if the journal covers it; otherwise every recorded trial is told again."""
        if not self._snapshot_path.exists():
            return
        from rlsearch.training.checkpoint import load_state

        state = load_state(self._snapshot_path)
        index, recorded = int(state["index"]), self.journal.recorded
        told = sum(count for start, (count, _) in recorded.tells.items() if start < index)
        if told != index or any(i not in recorded.trials for i in range(index)):
            return
        if self.limit.remaining(index, state["flops"]) < 0:
            return
        self._index, self._flops, self._failed = index, state["flops"], state["failed"]
        self.bit_exact = self.bit_exact and state["bit_exact"]
        self.agent.load_state_dict(state["agent"])
        for i in range(index):
            self._advance(recorded.trials[i])

    @property
    def _snapshot_path(self) -> Path:
        return self.journal.path.with_name("snapshot.pt")


def _same(recorded: Proposal, proposal: Proposal) -> bool:
    return recorded.actions == proposal.actions and recorded.replicate == proposal.replicate
