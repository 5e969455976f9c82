"""What a space of choices holds: sequences, networks, decisions that change nothing, and how sampling favours some.

Read off the space alone, by the keys of its candidates, before anything is built. `evidence.built` compares with what
is built.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Any

import numpy as np

from rlsearch import seeds
from rlsearch.evidence import audit_counts as counts
from rlsearch.evidence import audit_traits as traits
from rlsearch.evidence.audit_candidates import Candidate, Meaning, drawn, everything, options
from rlsearch.spaces.base import LAST_TRIAL, Continuous, Space

FILE = "audit.json"
DRAWS = 2_000
"""Candidates that are drawn of a space with too many."""
MOST_KEYS, LEAST_LOOKED_AT = 12_000, 100
"""Keys that are worked out to tell which decisions of drawn candidates change nothing, as long as so many candidates
have been looked at."""

Name = tuple[str, int]
"""A decision by its name, and its number among those of that name in its candidate."""


def audit(space: Space) -> dict[str, Any]:
    """Return what an audit of a space says, as `audit.json` has it (docs/artefacts.md); of a growing one's last stage.

    Exact where there are at most 100,000 sequences of decisions, else estimated from draws, the same ones each time.
    """
    last = space.at(LAST_TRIAL)
    whole, rng = everything(last), seeds.generator("space-audit")
    draws = [] if whole else [drawn(last, rng) for _ in range(DRAWS)]
    meaning = Meaning(last, whole)
    looked_at, rows = _of_a_grid(whole, meaning) if whole and last.fixed else _decisions(whole, draws, meaning)
    dead = {name for name, row in rows.items() if not row["live"]}

    def live(candidate: Candidate) -> list[int]:
        return [place for place, name in enumerate(named(candidate)) if name not in dead]

    networks, uniform = counts.of_everything(whole, meaning) if whole else counts.of_draws(last, draws)
    return {
        "noun": last.noun,
        "grows": last is not space,
        "kept_apart": last.kept_apart,
        "sequences": counts.sequences(last, whole, draws).plain(),
        "encodings": (counts.left(last, whole, draws, live) if dead else counts.sequences(last, whole, draws)).plain(),
        "networks": counts.plain(networks),
        "uniform": uniform,
        "looked_at": {"candidates": looked_at, "all": whole is not None},
        "decisions": [_row(name, row, looked_at) for name, row in rows.items()],
        **traits.block(last, whole, draws),
    }


def named(candidate: Candidate) -> Iterator[Name]:
    """Yield the decisions of a candidate by name."""
    seen: Counter[str] = Counter()
    for decision in candidate.asked:
        seen[decision.name] += 1
        yield decision.name, seen[decision.name]


def _of_a_grid(whole: Sequence[Candidate], meaning: Meaning) -> tuple[int, dict[Name, Counter[str]]]:
    """Return the same as `_decisions` where all candidates answer the same questions and nothing is forbidden."""
    asked = whole[0].asked
    numbers: dict[Hashable, int] = {}
    found = [numbers.setdefault(meaning(candidate.actions), len(numbers)) for candidate in whole]
    grid = np.array(found).reshape([options(decision) for decision in asked])
    rows: dict[Name, Counter[str]] = {}
    for axis, (name, decision) in enumerate(zip(named(whole[0]), asked, strict=True)):
        same = (grid == grid.take([0], axis)).all(axis)
        dead, count = int(same.sum()) * grid.shape[axis], grid.shape[axis]
        idle = "dead" if count > 1 else "forced"
        rows[name] = Counter({"live": len(whole) - dead, idle: dead, "options": count})
        rows[name]["continuous"] = int(isinstance(decision, Continuous))
    return len(whole), rows


def _decisions(
    whole: Sequence[Candidate] | None, draws: Iterable[Candidate], meaning: Meaning
) -> tuple[int, dict[Name, Counter[str]]]:
    """Return how many candidates were looked at, and of each decision in how many it is what."""
    rows: dict[Name, Counter[str]] = defaultdict(Counter)
    number = keys = 0
    for number, candidate in enumerate(whole or draws, 1):
        own = meaning(candidate.actions, valid=True)
        for place, name in enumerate(named(candidate)):
            others, row = candidate.others(place), rows[name]
            told = (meaning(candidate.changed(place, action)) == own for action in others)
            alike = sum(takewhile(bool, told))
            row[("forced" if not others else "dead") if alike == len(others) else "live"] += 1
            row["continuous"] += isinstance(candidate.asked[place], Continuous)
            row["options"] = max(row["options"], len(others) + 1)
            keys += min(alike + 1, len(others))
        if not whole and keys >= MOST_KEYS and number >= LEAST_LOOKED_AT:
            break
    return number, rows


def _row(name: Name, row: Counter[str], candidates: int) -> dict[str, Any]:
    asked = row["live"] + row["dead"] + row["forced"]
    return {
        "name": name[0] if name[1] == 1 else f"{name[0]} ({name[1]})",
        "options": row["options"],
        "continuous": row["continuous"] > 0,
        "asked": asked / candidates,
        "forced": row["forced"] / asked,
        "dead": row["dead"] / asked,
        "always": not row["live"],
    }
