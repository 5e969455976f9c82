"""Whether the proxy ranks candidates as the target does."""

from __future__ import annotations

from rlsearch.config import plugins
from rlsearch.report.study import StudyData

TITLE = "Does the proxy rank like the target?"
ORDER = 70
NEEDS = ("search", "select", "retrain")


def applies(study: StudyData) -> bool:
    """Tell whether a grid or a sample is measured on both."""
    return study.settings.fidelity is not None


def introduction(study: StudyData) -> str:
    """Return what the section is about, and over which candidates it is asked."""
    text = "A search on a cheap proxy helps only if the proxy puts candidates in the same order as the target does."
    slots = study.of_role("point")
    files = [study.selected[slot.name] for slot in slots if slot.name in study.selected]
    about = plugins.load("slots", slots[0].kind).SLOT.about(files) if slots else ""
    return f"{text} {about}".rstrip()
