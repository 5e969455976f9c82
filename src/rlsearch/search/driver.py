"""What both drivers share: recorded trials are answered from the journal, others evaluated; the count, and the stops.

The journal is the only state of a search. A recorded proposal must be proposed again, by any agent.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NotRequired, Protocol, TypedDict

from rlsearch.agents.base import Proposal
from rlsearch.errors import ResumeError, RlsearchError
from rlsearch.plain import finite
from rlsearch.search.checked import key_of, spec_of
from rlsearch.search.evaluators import Evaluator, Request
from rlsearch.search.journal import Entry, Journal
from rlsearch.search.reward import RewardOf
from rlsearch.search.stopping import Account, Limit, check_failures
from rlsearch.spaces.base import Space, Spec

LARGEST_REWARD = 1e38  # float32 ends at 3.4e38


class Ticker(Protocol):
    """Hears about every finished trial (a progress bar)."""

    def advance(self, best: float | None = None) -> None:
        """One more trial is done; `best` is the best reward so far."""


class Parts(TypedDict):
    """The parts of every driver, for any agent; see `Driver`."""

    space: Space
    evaluator: Evaluator
    reward: RewardOf
    limit: Limit
    journal: Journal
    max_failed_share: NotRequired[float]
    accept_recorded: NotRequired[bool]
    ticker: NotRequired[Ticker]
    environment: NotRequired[Mapping[str, Any]]
    label: NotRequired[str]


@dataclass(frozen=True)
class Candidate:
    """A proposal with what it means: the spec of a network, and its key."""

    proposal: Proposal
    spec: Spec
    key: str


@dataclass(kw_only=True)
class Driver(ABC):
    """One search.

    Args:
        space, evaluator: what is chosen, what answers; a subclass adds who chooses.
        reward: of an outcome, as the agent receives it.
        limit: when to stop.
        journal: the record; its folder also holds the agent's snapshot.
        max_failed_share: stop when more of the trials than this have failed.
        accept_recorded: continue from recorded proposals that this machine would not have made.
        ticker: notified of every finished trial.
        label: the agent's name in messages.

    Attributes:
        account: what the search has used up, from the moment at which it runs.
    """

    space: Space
    evaluator: Evaluator
    reward: RewardOf
    limit: Limit
    journal: Journal
    max_failed_share: float = 0.5
    accept_recorded: bool = False
    ticker: Ticker | None = None
    environment: Mapping[str, Any] | None = None
    label: str = ""
    account: Account = field(init=False)

    def __post_init__(self) -> None:
        # Other versions or another processor than those that began the journal: its ledger is a mixture.
        self.bit_exact = self.environment is None or self.journal.recorded.header == self.environment
        self.best: float | None = None
        self.learned: Spec | None = None
        """The frozen policy as a candidate, once a search has learned one that answers every step."""
        self._index = self._failed = 0

    @property
    def learnt(self) -> Any:
        """What the agent says that it has learnt, as plain JSON values; None where it says nothing."""
        return None

    @abstractmethod
    def run(self) -> list[Entry]:
        """Return all trials in asking order.

        Raises:
            SearchStopped: too many children failed.
            ResumeError: a recorded proposal differs from the agent's.
        """

    def _where(self) -> str:
        """Return the agent and the trial that comes next, for messages."""
        return f"agent {self.label!r}, trial {self._index}" if self.label else f"trial {self._index}"

    def _earned(self, entry: Entry) -> float:
        """Return the reward of a trial.

        Raises:
            RlsearchError: it is no finite number up to 1e38: no agent could learn from it, and it could be the best.
        """
        reward = finite(self.reward(entry.outcome))
        if reward is None or abs(reward) > LARGEST_REWARD:
            raise RlsearchError(
                f"the reward of trial {entry.index} is {self.reward(entry.outcome)!r}",
                allowed=f"a finite number of at most {LARGEST_REWARD:g} in size: agents compute in float32",
                where=f"{entry.outcome.status!r} with {dict(entry.outcome.metrics)}",
                remedy="check the study's `reward`, or what the function returns",
            )
        return reward

    def _recorded(self) -> list[Entry]:
        """Return the trials so far, all of them safe on disk."""
        self.journal.sync()
        return [self.journal.recorded.trials[i] for i in range(self._index)]

    def _candidate(self, proposal: Proposal, stage: int) -> Candidate:
        """Return what a proposal means in the space as it stood at trial `stage`."""
        space = self.space.at(stage)
        spec = spec_of(space, proposal.actions)
        return Candidate(proposal, spec, key_of(space, spec))

    def _fitting(self, start: int, proposals: Sequence[Proposal]) -> list[Candidate]:
        """Return the candidates of trials from `start` on that the limit is sure to pay for.

        All proposals of a batch are of the stage of the space at its first trial, the first that was not told yet.
        """
        as_recorded = self._as_recorded(start, list(proposals))
        candidates = [self._candidate(proposal, self._index) for proposal in as_recorded]
        return candidates[: self.account.fitting([(candidate.key, candidate.spec) for candidate in candidates])]

    def _outcomes(self, start: int, candidates: Sequence[Candidate]) -> list[Entry]:
        """Return the entries of trials from `start` on, in asking order, and book them; new ones are evaluated."""
        recorded, requests = self.journal.recorded.trials, []
        for index, candidate in enumerate(candidates, start):
            if index in recorded:
                self._advance(recorded[index])
            else:
                requests.append(Request(index, candidate.spec, candidate.key, candidate.proposal.replicate))
        for request, result in self.evaluator.run(requests) if requests else ():
            proposal = candidates[request.position - start].proposal
            entry = Entry(request.position, proposal, result.outcome, result.seconds, result.cached, self._index)
            # On disk before it counts: a killed search must find every outcome that anybody has heard of.
            self.journal.trial(entry)
            self._advance(entry)
        entries = [recorded[index] for index in range(start, start + len(candidates))]
        for candidate, entry in zip(candidates, entries, strict=True):
            # In asking order, whatever the order in which they finished: the account is the same in every run.
            self.account.book(candidate.key, candidate.spec, entry.outcome, self._earned(entry))
        return entries

    def _told(self, entries: Sequence[Entry], diagnostics: Mapping[str, float]) -> None:
        """Record an update and count its trials; stop when too many of them have failed."""
        self.journal.tell(self._index, len(entries), diagnostics)
        self._index += len(entries)
        self._failed += sum(entry.outcome.status == "failed" for entry in entries)
        check_failures(entries, self._failed, self._index, self.max_failed_share, self.journal.path.parent)

    def _advance(self, entry: Entry) -> None:
        reward = self._earned(entry)
        self.best = reward if self.best is None else max(self.best, reward)
        if self.ticker:
            self.ticker.advance(self.best)

    def _as_recorded(self, start: int, proposals: list[Proposal]) -> list[Proposal]:
        """Check proposals of trials from `start` on; with `accept_recorded` the journal's win."""
        for offset, proposal in enumerate(proposals):
            entry = self.journal.recorded.trials.get(start + offset)
            made = (proposal.actions, proposal.replicate)
            if entry is None or (entry.proposal.actions, entry.proposal.replicate) == made:
                continue
            if not self.accept_recorded:
                raise self.differs(
                    f"trial {entry.index} was recorded as {list(entry.proposal.actions)}, but the agent now proposes "
                    f"{list(proposal.actions)}"
                )
            proposals[offset] = entry.proposal
            self.bit_exact = False
        return proposals

    def differs(self, what: str) -> ResumeError:
        """Return the error of a record that the agent no longer repeats; `what` says where they part."""
        before, now = self.journal.recorded.header or {}, self.environment or {}
        changed = [
            f"{k}: {before.get(k)} -> {now.get(k)}" for k in sorted({*before, *now}) if before.get(k) != now.get(k)
        ]
        return ResumeError(
            f"{what}: this run would not continue the recorded one",
            where=str(self.journal.path),
            allowed="changed since the journal was begun: " + ("; ".join(changed) or "nothing that is recorded"),
            remedy="go back to the recorded environment; or continue from the recorded proposals, marked not bit-exact,"
            " with RLSEARCH_ACCEPT_RECORDED=1; the old work is kept either way",
        )
