"""Runs an LSTM policy along the decisions of candidates: to draw new ones, or to follow given ones with gradients."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from rlsearch.policies.lstm import Critic, Follower, LSTMPolicy
from rlsearch.policies.questions import Questions
from rlsearch.spaces.base import Space


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
            choice = _draw(log_probs, question.allowed, uniform_rows, generator)
        else:
            choice = torch.where(
                question.active > 0, actions[:, :, len(columns["actions"])] + question.shift, question.shift
            )
        columns["actions"].append(torch.where(question.active > 0, choice - question.shift, 0))
        taken = torch.gather(log_probs, 2, choice[..., None])[..., 0]
        # Not a product: what a complete candidate would take here may be forbidden, and -inf * 0 is not 0.
        columns["log_prob"].append(torch.where(question.active > 0, taken, 0.0))
        # A forbidden option adds 0 log 0 = 0; 0 times minus infinity would be NaN.
        columns["entropy"].append(-(log_probs.exp() * log_probs.clamp(min=-1e9)).sum(2) * question.active)
        columns["active"].append(question.active.expand(runs, batch))
        tokens = choice + (0 if question.decision is None else words.begin(question.decision))
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
