"""How many networks a space holds, and how far sampling decision by decision is from sampling these uniformly."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rlsearch.evidence.audit_candidates import Candidate, Meaning
from rlsearch.spaces.base import Space

NORMAL = 1.959964
"""Half the width of a 95 % interval of a mean of many draws, in standard errors."""


@dataclass(frozen=True)
class Count:
    """A number of things: exact where it has no interval, else estimated with a 95 % interval."""

    count: float
    low: float | None = None
    high: float | None = None

    def plain(self) -> dict[str, float | None]:
        """Return the count as JSON has it."""
        return asdict(self)


@dataclass(frozen=True)
class Networks:
    """How many different networks there are, and how that is known.

    `how`: "counted" one by one; "space", which knows by rules of its own; "encodings" and "canonical", estimated from
    draws (`Space.encodings`, `Space.canonical`); "unknown".
    """

    number: Count | None
    how: str


Uniform = dict[str, Any]
"""How far drawing decision by decision is from drawing all networks alike.

`over`: "networks"; "sequences" of decisions, where nobody knows how likely the other sequences of a network are.
`total_variation`: half the sum of |p - 1/M| over all M of them, the share of draws that would have to be others; 0 to
1. `effective`: 1 / sum of p^2, the number of equally likely ones of which two draws would be the same as often (Simpson
1949). `ratio`: p of the likeliest over p of the least likely; in an estimate, of those that were drawn.
"""


def mean(terms: Sequence[float], least: float = 0.0) -> Count:
    """Return the mean of some draws with its 95 % interval, cut at what it is at least; exact where none differs."""
    if len(set(terms)) == 1:
        return Count(terms[0])
    number = len(terms)
    middle = math.fsum(terms) / number
    error = math.sqrt(math.fsum((term - middle) ** 2 for term in terms) / (number - 1) / number)
    return Count(middle, max(middle - NORMAL * error, least), middle + NORMAL * error)


def sequences(space: Space, whole: Sequence[Candidate] | None, draws: Sequence[Candidate]) -> Count:
    """Return how many sequences of decisions there are; estimated where nobody knows (Knuth 1975)."""
    if whole is not None:
        return Count(len(whole))
    return mean([candidate.rarity for candidate in draws]) if space.nominal_size is None else Count(space.nominal_size)


def of_everything(whole: Sequence[Candidate], meaning: Meaning) -> tuple[Networks, Uniform]:
    """Return number and distances of a space all of whose candidates are known."""
    likely: dict[Hashable, float] = defaultdict(float)
    for candidate in whole:
        likely[meaning(candidate.actions)] += candidate.probability
    shares, number = list(likely.values()), len(likely)
    uniform: Uniform = {
        "over": "networks",
        # Of a space without doubles the sum is 0 up to rounding, which nobody wants to read.
        "total_variation": round(math.fsum(abs(share - 1 / number) for share in shares) / 2, 12),
        "effective": 1 / math.fsum(share**2 for share in shares),
        "ratio": max(shares) / min(shares),
    }
    return Networks(Count(number), "counted"), uniform


def of_draws(space: Space, draws: Sequence[Candidate]) -> tuple[Networks, Uniform]:
    """Return number and distances of a larger space, as far as draws and the space's own counts tell them."""
    found = [space.encodings(space.decode(candidate.actions)) for candidate in draws]
    encodings = [number for number in found if number]  # 0: the space does not know its own candidate
    known, total = len(encodings) == len(found), sequences(space, None, draws)
    networks = _networks(space, draws, encodings if known else None, total)
    alike = known and max(encodings) == 1
    if known and networks.number and (alike or space.fixed):
        return networks, _estimated("networks", draws, encodings, networks.number.count)
    # How likely the other sequences of a network are is not told by their number, where candidates differ in length.
    return networks, _estimated("sequences", draws, [1] * len(draws), total.count)


def _networks(space: Space, draws: Sequence[Candidate], encodings: Sequence[int] | None, total: Count) -> Networks:
    if not space.has_equal_sequences:
        return Networks(total, "space")
    size = space.distinct_size
    if size is not None and size.error is None:
        return Networks(Count(size.count), "space")
    if encodings is not None:
        number = mean([candidate.rarity / count for candidate, count in zip(draws, encodings, strict=True)], 1.0)
        # Draws without doubles: 19 times in 20 so many miss what is rarer than 3 in their number (Hanley 1983).
        ends = (number.count * (1 - 3 / len(draws)), number.count) if max(encodings) == 1 else (number.low, number.high)
        return Networks(Count(number.count, *ends), "encodings")
    if size is None:
        return Networks(None, "unknown")
    width = NORMAL * (size.error or 0)
    return Networks(Count(size.count, max(size.count - width, 1), size.count + width), "canonical")


def _estimated(over: str, draws: Sequence[Candidate], encodings: Sequence[int], number: float) -> Uniform:
    shares = [candidate.probability * count for candidate, count in zip(draws, encodings, strict=True)]
    # Each is the mean of a term over draws by p: sum |p - 1/M| = E |1 - 1/(M p)|, sum p^2 = E p.
    return {
        "over": over,
        "total_variation": round(math.fsum(abs(1 - 1 / (number * share)) for share in shares) / len(shares) / 2, 12),
        "effective": len(shares) / math.fsum(shares),
        "ratio": max(shares) / min(shares),
    }


def left(
    space: Space,
    whole: Sequence[Candidate] | None,
    draws: Sequence[Candidate],
    live: Callable[[Candidate], Sequence[int]],
) -> Count:
    """Return how many sequences there are of the decisions that ever change the network.

    Args:
        live: the places of such decisions in a candidate.
    """
    if whole is not None and not space.fixed:
        rows = {tuple((place, candidate.actions[place]) for place in live(candidate)) for candidate in whole}
        return Count(len(rows))
    # Of a fixed space any candidate tells it, and exactly.
    some = draws if whole is None else whole[:1]
    kept = [Candidate((), tuple(candidate.asked[place] for place in live(candidate))) for candidate in some]
    return mean([candidate.rarity for candidate in kept])


def plain(networks: Networks) -> dict[str, Any] | None:
    """Return the number as JSON has it, None where it is not known."""
    return None if networks.number is None else {**networks.number.plain(), "how": networks.how}
