"""What a batch of candidates has to decide, step by step: all rows at once where a space is fixed, else row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from rlsearch.policies.vocabulary import Words, choice, walk
from rlsearch.spaces.base import Choice, Space, following


@dataclass(frozen=True)
class Question:
    """One step of a batch.

    Attributes:
        decision: what all rows decide, or None where rows decide different things: these choose among all outputs.
        allowed: what may be chosen, bool (runs, batch, options or outputs); None = everything.
        active: 1.0 for the rows that have a decision here, (runs, batch) or (1, 1).
        shift: what to add to an option's index to get the choice's: where the row's kind begins, if decision is None.
        offered: where rows differ, what their decisions offer, forbidden or not, bool (runs, batch, outputs).
    """

    decision: Choice | None
    allowed: Tensor | None
    active: Tensor
    shift: Tensor
    offered: Tensor | None = None


class Questions:
    """Asks a space what follows, once for all rows where its questions are fixed, else row by row.

    Args:
        space: at its present stage; words: the policy's outputs.
        runs, batch: shape of the rows.
    """

    def __init__(self, space: Space, words: Words, runs: int, batch: int) -> None:
        self.space, self.words, self.shape = space, words, (runs, batch)
        self.plan: Sequence[Choice] | None = walk(space) if space.fixed else None
        self._step = 0
        self._prefixes: list[tuple[int, ...]] = [] if space.fixed else [()] * (runs * batch)
        self._now: list[Choice | None] = []

    def next(self) -> Question | None:
        """Return the next step, or None when all candidates are complete."""
        if self.plan is not None:
            if self._step == len(self.plan):
                return None
            return Question(self.plan[self._step], None, torch.ones(1, 1), torch.zeros(1, 1, dtype=torch.long))
        self._now = [self._ask(prefix) for prefix in self._prefixes]
        going = [decision for decision in self._now if decision is not None]
        if not going:
            return None
        active = torch.tensor([float(decision is not None) for decision in self._now]).view(self.shape)
        asked = [replace(decision, mask=(True,) * len(decision.options)) for decision in going]
        if all(question == asked[0] for question in asked):
            # Complete rows get some mask, since one without an option would make their softmax NaN.
            masks = [(decision or going[0]).mask for decision in self._now]
            return Question(
                going[0], torch.tensor(masks).view(*self.shape, -1), active, torch.zeros(self.shape, dtype=torch.long)
            )
        if self.words.anchors and any(decision.source is not None for decision in going):
            raise ValueError(
                f"candidates of one batch answer different questions ({going[0].name!r} among them), some about what "
                "feeds what: this policy needs those to stand in the same order for all candidates"
            )
        return self._mixed(going[0], active)

    def answer(self, option: Tensor) -> None:
        """Take note of the options taken (runs, batch)."""
        self._step += 1
        if self.plan is None:
            rows = zip(self._prefixes, self._now, option.flatten().tolist(), strict=True)
            self._prefixes = [
                prefix if now is None else (*prefix, int(choice_taken)) for prefix, now, choice_taken in rows
            ]

    def _ask(self, prefix: tuple[int, ...]) -> Choice | None:
        decision = following(self.space, prefix)
        return None if decision is None else choice(decision)

    def _mixed(self, first: Choice, active: Tensor) -> Question:
        """Let every row choose among all outputs, of which only those of its own decision are allowed."""
        allowed = torch.zeros(len(self._now), self.words.size, dtype=torch.bool)
        offered = torch.zeros_like(allowed)
        shift = torch.zeros(len(self._now), dtype=torch.long)
        for row, decision in enumerate(self._now):
            # Complete rows pretend to answer the first one's; `active` leaves them out of every sum.
            question = decision or first
            begin = self.words.begin(question)
            allowed[row, begin : begin + len(question.options)] = torch.tensor(question.mask)
            offered[row, begin : begin + len(question.options)] = True
            shift[row] = begin
        shape = (*self.shape, -1)
        return Question(None, allowed.view(shape), active, shift.view(self.shape), offered.view(shape))
