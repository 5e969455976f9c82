"""The most probable translations, word by word: greedily, or with several open at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor

from rlsearch.word_numbers import STOP

S = TypeVar("S")
Step = Callable[[Tensor, S], tuple[Tensor, S]]
"""Words (rows,) and a state to log-probabilities of the next word (rows, words) and the state after."""
Pick = Callable[[S, Tensor], S]
"""A state and numbers of rows (int64) to the state of these rows."""


def search(
    step: Step[S], pick: Pick[S], state: S, sentences: int, most: int, beam: int, device: torch.device
) -> Tensor:
    """Return the translation of each sentence, (sentences, at most `most`), filled up with `STOP`.

    A beam keeps the `beam` most probable beginnings of each sentence; one that ended stays as it is. The translation is
    the one whose mean log-probability of a word, its end included, is highest: by their sum short ones would win. With
    a beam of 1 each word is the most probable one.

    Args:
        step, pick: the model. state: of `sentences` rows.
        most: words, the end not counted.
    """
    rows = torch.arange(sentences, device=device).repeat_interleave(beam)
    state, words = pick(state, rows), torch.full((sentences * beam,), STOP, device=device)
    # At first all beginnings of a sentence are the same one: only the first counts.
    scores = torch.full((sentences, beam), -torch.inf, device=device)
    scores[:, 0] = 0.0
    done = torch.zeros(sentences, beam, dtype=torch.bool, device=device)
    lengths = torch.zeros(sentences, beam, device=device)
    found = torch.full((sentences, beam, 0), STOP, device=device)
    for _ in range(most + 1):
        chances, state = step(words, state)
        extended = _extended(scores, chances.float().view(sentences, beam, -1), done)
        count = extended.shape[2]
        scores, taken = extended.flatten(1).topk(beam, 1)
        parent, word = taken // count, taken % count
        done, lengths, found = done.gather(1, parent), lengths.gather(1, parent), _rows(found, parent)
        lengths = torch.where(done, lengths, lengths + 1)
        word = torch.where(done, torch.full_like(word, STOP), word)
        done, found = done | (word == STOP), torch.cat([found, word[..., None]], 2)
        if bool(done.all()):
            break
        offsets = beam * torch.arange(sentences, device=device)[:, None]
        state, words = pick(state, (parent + offsets).flatten()), word.flatten()
    best = (scores / lengths).argmax(1, keepdim=True)
    return _rows(found, best)[:, 0, :most]


def _extended(scores: Tensor, chances: Tensor, done: Tensor) -> Tensor:
    """Return the scores of all beginnings with one word more; one that ended goes on with its end, at no price."""
    ended = torch.full_like(chances, -torch.inf)
    ended[..., STOP] = 0.0
    return scores[..., None] + torch.where(done[..., None], ended, chances)


def _rows(values: Tensor, index: Tensor) -> Tensor:
    return values.gather(1, index[..., None].expand(-1, -1, values.shape[2]))
