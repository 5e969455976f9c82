"""Which files of results are compared, in families, and how closely."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatch

CLOSE = 1e-12
"""Relative difference of two statistics that are the same number: another library sums in another order."""


@dataclass(frozen=True)
class Family:
    """Files that are compared in the same way.

    Attributes:
        name: what its line is called.
        patterns: of paths below `results/`; `*` stands for slashes too.
        tolerance: the largest relative difference at which two numbers are equal.
        words: whether text that differs is a difference; a note if not.
    """

    name: str
    patterns: tuple[str, ...]
    tolerance: float = 0.0
    words: bool = True


FAMILIES = (
    Family("ledgers", ("search/*/trials.jsonl",)),
    Family("finalists", ("search/*/finalists.csv",)),
    Family("summaries", ("search/*/summary.json",)),
    Family("steps", ("search/*/steps.csv",)),
    Family("policies", ("search/*/policy.json",)),
    Family("what agents learnt", ("search/*/learnt.json", "search/*/q-table.csv")),
    Family("controls", ("controls/*.json",), CLOSE),
    Family("slots and searches", ("select/*",)),
    Family("retraining", ("retrain/*/metrics.json", "transfer/*/metrics.json")),
    Family("curves", ("retrain/*/curves.csv", "transfer/*/curves.csv")),
    Family("networks", ("retrain/*/model.json", "transfer/*/model.json")),
    Family("weights", ("retrain/*/weights.pt", "transfer/*/weights.pt")),
    Family("tables", ("report/tables/*.csv",), CLOSE, words=False),
    Family("metrics.json", ("metrics.json",), CLOSE),
    Family("page and figures", ("report/*",)),
    Family("seconds", ("*/times.csv",)),
    Family("other files", ("*",)),
)


def family_of(file: str) -> Family:
    """Return the family of a file below `results/`."""
    return next(family for family in FAMILIES if any(fnmatch(file, pattern) for pattern in family.patterns))
