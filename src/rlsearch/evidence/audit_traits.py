"""Which shares of a space's candidates have the traits that the space tells of."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from rlsearch.evidence.audit_candidates import Candidate
from rlsearch.spaces.base import Space
from rlsearch.statistics.intervals import proportion_interval


def block(space: Space, whole: Sequence[Candidate] | None, draws: Sequence[Candidate]) -> dict[str, Any]:
    """Return {"traits": rows} as `audit.json` has them; {} where the space tells of none.

    A row has the `name` of a trait and the `share` of candidates with it, drawn decision by decision: exact where
    there are all, else with a 95 % interval (Clopper & Pearson 1934).
    """
    some = draws if whole is None else whole
    names = list(space.traits(space.decode(some[0].actions)))
    if not names:
        return {}
    told = [space.traits(space.decode(candidate.actions)) for candidate in some]
    rows = [_drawn(name, told) if whole is None else _exact(name, told, whole) for name in names]
    return {"traits": rows}


def _exact(name: str, told: Sequence[Mapping[str, bool]], whole: Sequence[Candidate]) -> dict[str, Any]:
    share = math.fsum(candidate.probability for candidate, found in zip(whole, told, strict=True) if found[name])
    return {"name": name, "share": round(share, 12), "low": None, "high": None}


def _drawn(name: str, told: Sequence[Mapping[str, bool]]) -> dict[str, Any]:
    hits = sum(found[name] for found in told)
    interval = proportion_interval(hits, len(told))
    low, high = (None, None) if interval is None else (interval.low, interval.high)
    return {"name": name, "share": hits / len(told), "low": low, "high": high}
