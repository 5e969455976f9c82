"""What there was to choose from: how many networks, and which decisions change nothing."""

from __future__ import annotations

from rlsearch.evidence import audit_words
from rlsearch.report import words
from rlsearch.report.study import StudyData

TITLE = "The space"
ORDER = 7
NEEDS = ("select",)


def applies(_: StudyData) -> bool:
    """Tell whether the study chooses from a space: all do."""
    return True


def introduction(study: StudyData) -> str:
    """Return what an audit of the space says, by the keys of its candidates."""
    return "" if study.audit is None else words.thousands(" ".join(audit_words.sentences(study.audit)))
