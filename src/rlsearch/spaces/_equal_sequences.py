"""Sequences of decisions that mean the same network, and how many different ones a space holds."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from rlsearch import seeds
from rlsearch.spaces._decisions import Actions, Choice
from rlsearch.spaces._sequences import ContinuousError, Sequences, Spec, decisions

MOST_COUNTED, MOST_WALKED, DRAWS = 100_000, 20_000, 2_000
"""Sequences of the largest space that is counted, of one whose number nobody knows before, and sequences drawn from a
larger one to estimate its size."""


FRACTION = 2**20
"""Parts of one, since a network of many encodings counts for little."""

Encodings = Callable[[Spec], int | None]


@dataclass(frozen=True)
class Size:
    """A number of networks: counted, or estimated with a standard error."""

    count: int
    error: int | None = None


def representatives(space: Sequences) -> Iterator[Actions]:
    """Yield one sequence for every key of a space of choices, in the order of `enumerate`."""
    apart = bool(space.kept_apart) or not space.has_equal_sequences
    return (actions for actions in space.enumerate() if apart or space.canonical(actions) == actions)


def encodings(space: Sequences) -> Mapping[str, int] | None:
    """Return how many sequences mean the network of every key; None where there are more than 100,000."""
    try:
        sequences = _listed(space)
    except ContinuousError:
        return None
    if sequences is None:
        return None
    stand_ins = list(map(space.canonical, sequences))
    counts = Counter(stand_ins)
    # Keys are of sequences where equal networks are kept apart.
    named = zip(sequences, stand_ins, strict=True) if space.kept_apart else ((actions, actions) for actions in counts)
    return {space.key(space.decode(actions)): counts[stands] for actions, stands in named}


def distinct_size(space: Sequences, encodings: Encodings) -> Size | None:
    """Return how many different networks a space holds; None where that is not known.

    Args:
        encodings: how many sequences give the network of a spec; None where that is not known.

    With equal sequences: counted in a space of at most 100,000 sequences (20,000 where their number is not known), else
    estimated from 2,000 that are drawn.
    """
    nominal = space.nominal_size
    if not space.has_equal_sequences:
        return None if nominal is None or space.kept_apart else Size(nominal)
    try:
        sequences = _listed(space)
    except ContinuousError:
        return None
    if sequences is None:
        return _estimated(space, encodings)
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


def _listed(space: Sequences) -> list[Actions] | None:
    """Return all sequences of a space; None where there are more than are counted, or may well be."""
    most = MOST_WALKED if space.nominal_size is None else space.nominal_size
    if most > MOST_COUNTED:
        return None
    # One more tells whether there are more.
    sequences = list(islice(space.enumerate(), most + 1))
    return None if len(sequences) > most else sequences


def _estimated(space: Sequences, encodings: Encodings) -> Size | None:
    """Return the number of networks, each draw weighted by how rare it is (Knuth 1975).

    A sequence counts for one over the number of those that mean its network, or where that is not known, as one if it
    is canonical and else as none. None where no draw counts: nearly all sequences then have equal ones, and so few
    draws do not say of how many.
    """
    rng = seeds.generator("distinct-size")
    drawn = [space.sample(rng) for _ in range(DRAWS)]
    weights = [_weight(space, actions, encodings) for actions in drawn]
    mean = sum(weights) // DRAWS  # whole numbers: there are more candidates than a float can hold
    # Sample variance of one draw; that of the mean is this over the number of draws.
    variance = sum((weight - mean) ** 2 for weight in weights) // (DRAWS - 1)
    count, error = mean // FRACTION, math.isqrt(variance // DRAWS) // FRACTION
    return Size(count, error) if count else None


def _weight(space: Sequences, actions: Actions, encodings: Encodings) -> int:
    """Return for how many networks a draw stands, in parts of `FRACTION`."""
    rarity = FRACTION * _rarity(space, actions)
    count = encodings(space.decode(actions))
    if count is None:
        return rarity if space.canonical(actions) == actions else 0
    return rarity // count


def _rarity(space: Sequences, actions: Actions) -> int:
    """Return one over the probability with which a sequence is drawn."""
    return math.prod(sum(decision.mask) for decision in decisions(space, actions) if isinstance(decision, Choice))


def _number(count: int) -> str:
    return f"{count:,}" if count < 10**9 else f"about 10^{len(str(count)) - 1}"
