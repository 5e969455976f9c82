"""Runs a policy along the decisions of candidates: to draw new ones, or to follow given ones with gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from rlsearch.policies.questions import Question, Questions
from rlsearch.policies.vocabulary import Words
from rlsearch.spaces.base import Choice, Space


class Follower(Protocol):
    """Walks along the decisions of a batch of candidates of each run, and remembers what was taken."""

    def ask(self, decision: Choice | None) -> Any:
        """Return the state in which a decision is answered (None: rows answer different ones)."""
        ...

    def answer(self, tokens: Tensor) -> None:
        """Take note of the outputs (runs, batch) that were chosen."""
        ...


class Policy(Protocol):
    """A distribution over the options of each decision, of many runs, each with weights of its own."""

    @property
    def words(self) -> Words:
        """Which outputs mean the options of a decision."""
        ...

    def follow(self, batch: int) -> Follower:
        """Return what walks along `batch` candidates of each run."""
        ...

    def logits(self, decision: Choice | None, state: Any) -> Tensor:
        """Return the logits of a decision's options (runs, batch, options), or of all outputs where rows differ."""
        ...

    def unmasked(self, decision: Choice | None, state: Any, offered: Tensor | None) -> Tensor:
        """Return the logits that share a softmax before anything is forbidden; an option is found where it was.

        Args:
            offered: where rows differ, the outputs of each row's decision, bool (runs, batch, outputs).
        """
        ...


class Critic(Protocol):
    """Predicts the return before each decision."""

    def follow(self, batch: int) -> Follower:
        """Return what walks along `batch` candidates of each run."""
        ...

    def value(self, state: Any) -> Tensor:
        """Return the predicted return (runs, batch)."""
        ...


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
    policy: Policy,
    space: Space,
    runs: int,
    batch: int,
    temperature: float | Tensor,
    *,
    actions: Tensor | None = None,
    lengths: Tensor | None = None,
    generator: torch.Generator | None = None,
    uniform_rows: Tensor | None = None,
    critic: Critic | None = None,
    untempered: bool = False,
) -> Unrolled:
    """Draw candidates with `generator`, or follow `actions` (runs, batch, decisions) up to their `lengths`.

    Args:
        temperature: divides the logits, in drawing and in following; of all candidates, or (1 or runs, batch, 1).
        uniform_rows: bool (runs, batch); these candidates are drawn uniformly instead.
        untempered: `log_prob` is that before temperature and mask, all else as ever.

    Raises:
        ValueError: the candidates of a batch answer different questions, some of them about what feeds what.
    """
    words = policy.words
    actor = policy.follow(batch)
    judge = critic.follow(batch) if critic is not None else None
    questions = Questions(space, words, runs, batch)
    columns: dict[str, list[Tensor]] = {"actions": [], "log_prob": [], "entropy": [], "active": [], "value": []}
    while (question := questions.next()) is not None:
        state = actor.ask(question.decision)
        scores = policy.logits(question.decision, state) / temperature
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
        judged = _untempered(policy, question, state) if untempered else log_probs
        taken = torch.gather(judged, 2, chosen[..., None])[..., 0]
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


def _untempered(policy: Policy, question: Question, state: Any) -> Tensor:
    """Return log-probabilities (runs, batch, outputs) that know neither temperature nor mask."""
    return torch.log_softmax(policy.unmasked(question.decision, state, question.offered), 2)


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
