"""Sequences of decisions that mean the same network, and how many different ones a space holds."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from rlsearch import seeds
from rlsearch.spaces._decisions import Actions, Choice
from rlsearch.spaces._sequences import ContinuousError, Sequences, decisions

MOST_COUNTED, DRAWS = 20_000, 2_000
"""Sequences of the largest space that is counted, and sequences drawn from a larger one to estimate its size."""


@dataclass(frozen=True)
class Size:
    """A number of networks: counted, or estimated with a standard error."""

    count: int
    error: int | None = None


def representatives(space: Sequences) -> Iterator[Actions]:
    """Yield one sequence for every key of a space of choices, in the order of `enumerate`."""
    apart = bool(space.kept_apart) or not space.has_equal_sequences
    return (actions for actions in space.enumerate() if apart or space.canonical(actions) == actions)


def distinct_size(space: Sequences) -> Size | None:
    """Return how many different networks a space holds; None where that is not known.

    With equal sequences: counted in a space of at most 20,000 sequences, else estimated from 2,000 that are drawn.
    """
    nominal = space.nominal_size
    if not space.has_equal_sequences:
        return None if nominal is None or space.kept_apart else Size(nominal)
    try:
        most = MOST_COUNTED if nominal is None else min(nominal, MOST_COUNTED)
        # One more than is counted tells whether there are more.
        sequences = list(islice(space.enumerate(), most + 1))
    except ContinuousError:
        return None
    if len(sequences) > MOST_COUNTED:
        return _estimated(space)
    return Size(sum(space.canonical(actions) == actions for actions in sequences))


def in_words(nominal: int | None, distinct: Size | None, noun: str) -> str:
    """Return how many sequences of decisions there are, and how many different networks (settings, ...) they mean.

    >>> in_words(36, Size(36), "network"), in_words(36, Size(21), "network")
    ('36 networks', '36 sequences of decisions, 21 different networks')
    """
    if distinct is not None and distinct == Size(nominal or 0):
        return f"{_number(distinct.count)} {noun}s"
    parts = [] if nominal is None else [f"{_number(nominal)} sequences of decisions"]
    if distinct is not None:
        error = "" if distinct.error is None else f" (estimated; standard error {_number(distinct.error)})"
        parts.append(f"{_number(distinct.count)} different {noun}s{error}")
    return ", ".join(parts) or f"{noun}s of unknown number"


def _estimated(space: Sequences) -> Size | None:
    """Return the number of sequences that are canonical, each draw weighted by how rare it is (Knuth 1975).

    None where no draw is canonical: nearly all sequences then have equal ones, and so few draws do not say of how many.
    """
    rng = seeds.generator("distinct-size")
    drawn = [space.sample(rng) for _ in range(DRAWS)]
    weights = [_rarity(space, actions) if space.canonical(actions) == actions else 0 for actions in drawn]
    mean = sum(weights) // DRAWS  # whole numbers: there are more candidates than a float can hold
    # Sample variance of one draw; that of the mean is this over the number of draws.
    variance = sum((weight - mean) ** 2 for weight in weights) // (DRAWS - 1)
    return Size(mean, math.isqrt(variance // DRAWS)) if mean else None


def _rarity(space: Sequences, actions: Actions) -> int:
    """Return one over the probability with which a sequence is drawn."""
    return math.prod(sum(decision.mask) for decision in decisions(space, actions) if isinstance(decision, Choice))


def _number(count: int) -> str:
    return f"{count:,}" if count < 10**9 else f"about 10^{len(str(count)) - 1}"
