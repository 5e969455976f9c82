"""Whether the proxy ranks candidates as the target does."""

from __future__ import annotations

from rlsearch.report.study import StudyData

TITLE = "Does the proxy rank like the target?"
ORDER = 70
NEEDS = ("search", "select", "retrain")


def applies(study: StudyData) -> bool:
    """Tell whether a grid is measured on both."""
    return study.settings.fidelity is not None


def introduction(_: StudyData) -> str:
    """Return what the section is about."""
    return "A search on a cheap proxy helps only if the proxy puts candidates in the same order as the target does."
