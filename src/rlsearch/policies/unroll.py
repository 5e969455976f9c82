"""Runs an LSTM policy along the decisions of candidates: to draw new ones, or to follow given ones with gradients.

A batch is asked step by step what its candidates have to decide: once for all rows where a space's questions are fixed,
else row by row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from rlsearch.policies.lstm import Critic, Follower, LSTMPolicy
from rlsearch.policies.vocabulary import Vocabulary, choice, walk
from rlsearch.spaces.base import Choice, Space, following


@dataclass(frozen=True)
class Unrolled:
    """Candidates and what the policy says about them.

    Attributes:
        actions: options taken (runs, batch, decisions), 0 after the end; lengths: decisions of each (runs, batch).
        log_prob, entropy: of each decision (runs, batch, decisions); active: 1.0 where there was one.
        value: the critic's prediction before each decision, if there is a critic.
    """

    actions: Tensor
    lengths: Tensor
    log_prob: Tensor
    entropy: Tensor
    active: Tensor
    value: Tensor | None


def unroll(
    policy: LSTMPolicy,
    space: Space,
    runs: int,
    batch: int,
    temperature: float,
    *,
    actions: Tensor | None = None,
    lengths: Tensor | None = None,
    generator: torch.Generator | None = None,
    uniform_rows: Tensor | None = None,
    critic: Critic | None = None,
) -> Unrolled:
    """Draw candidates with `generator`, or follow `actions` (runs, batch, decisions) up to their `lengths`.

    Args:
        temperature: divides the logits, in drawing and in following.
        uniform_rows: bool (runs, batch); these candidates are drawn uniformly instead.

    Raises:
        ValueError: the candidates of a batch answer different questions, some of them about what feeds what.
    """
    words = policy.words
    actor = Follower(policy.trunk, batch)
    judge = Follower(critic.trunk, batch) if critic is not None else None
    questions = Questions(space, words, runs, batch)
    columns: dict[str, list[Tensor]] = {"actions": [], "log_prob": [], "entropy": [], "active": [], "value": []}
    while (question := questions.next()) is not None:
        scores = policy.logits(question.decision, actor.ask(question.decision)) / temperature
        scores = scores if question.allowed is None else scores.masked_fill(~question.allowed, -torch.inf)
        log_probs = torch.log_softmax(scores, 2)
        if actions is None:
            assert generator is not None
            chosen = _draw(log_probs, question.allowed, uniform_rows, generator)
        else:
            chosen = torch.where(
                question.active > 0, actions[:, :, len(columns["actions"])] + question.shift, question.shift
            )
        columns["actions"].append(torch.where(question.active > 0, chosen - question.shift, 0))
        taken = torch.gather(log_probs, 2, chosen[..., None])[..., 0]
        # Not a product: what a complete candidate would take here may be forbidden, and -inf * 0 is not 0.
        columns["log_prob"].append(torch.where(question.active > 0, taken, 0.0))
        # A forbidden option adds 0 log 0 = 0; 0 times minus infinity would be NaN.
        columns["entropy"].append(-(log_probs.exp() * log_probs.clamp(min=-1e9)).sum(2) * question.active)
        columns["active"].append(question.active.expand(runs, batch))
        tokens = chosen + (0 if question.decision is None else words.begin(question.decision))
        if judge is not None and critic is not None:
            columns["value"].append(critic.value(judge.ask(question.decision)))
            judge.answer(tokens)
        actor.answer(tokens)
        questions.answer(columns["actions"][-1])
    joined = {name: torch.stack(steps, 2) for name, steps in columns.items() if steps}
    counts = joined["active"].sum(2).long() if lengths is None else lengths
    return Unrolled(
        joined["actions"], counts, joined["log_prob"], joined["entropy"], joined["active"], joined.get("value")
    )


def _draw(log_probs: Tensor, allowed: Tensor | None, uniform_rows: Tensor | None, generator: torch.Generator) -> Tensor:
    """Return options (runs, batch) by inverting the cumulative distribution; forbidden ones have no mass."""
    probs = log_probs.exp()
    if uniform_rows is not None:
        free = torch.ones_like(probs) if allowed is None else allowed.to(probs.dtype).expand_as(probs)
        probs = torch.where(uniform_rows[..., None], free / free.sum(2, keepdim=True), probs)
    cumulative = probs.cumsum(2)
    # One number a row, whatever the number of options, so that the noise of later decisions does not move.
    noise = torch.rand(probs.shape[:2], generator=generator)[..., None] * cumulative[..., -1:]
    below = (cumulative <= noise).sum(2)
    # Rounding may put the noise at the very end: then the last option that has any mass.
    last = (probs > 0).long().mul(torch.arange(1, probs.shape[2] + 1)).amax(2) - 1
    return torch.minimum(below, last)


@dataclass(frozen=True)
class Question:
    """One step of a batch.

    Attributes:
        decision: what all rows decide, or None where rows decide different things: these choose among all tokens.
        allowed: what may be chosen, bool (runs, batch, options or tokens); None = everything.
        active: 1.0 for the rows that have a decision here, (runs, batch) or (1, 1).
        shift: what to add to an option's index to get the choice's: where the row's kind begins, if decision is None.
    """

    decision: Choice | None
    allowed: Tensor | None
    active: Tensor
    shift: Tensor


class Questions:
    """Asks a space what follows, once for all rows where its questions are fixed, else row by row.

    Args:
        space: at its present stage; words: its tokens.
        runs, batch: shape of the rows.
    """

    def __init__(self, space: Space, words: Vocabulary, runs: int, batch: int) -> None:
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
        if any(decision.source is not None for decision in going):
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
        """Let every row choose among all tokens, of which only those of its own decision are allowed."""
        allowed = torch.zeros(len(self._now), self.words.size, dtype=torch.bool)
        shift = torch.zeros(len(self._now), dtype=torch.long)
        for row, decision in enumerate(self._now):
            # Complete rows pretend to answer the first one's; `active` leaves them out of every sum.
            question = decision or first
            begin = self.words.begin(question)
            allowed[row, begin : begin + len(question.options)] = torch.tensor(question.mask)
            shift[row] = begin
        return Question(None, allowed.view(*self.shape, -1), active, shift.view(self.shape))
