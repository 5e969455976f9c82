"""What searching and retraining took."""

from __future__ import annotations

from rlsearch.report.study import StudyData

TITLE = "What it cost"
ORDER = 100
NEEDS = ("search", "retrain")


def applies(_: StudyData) -> bool:
    """Tell whether there is a cost: there always is."""
    return True


def introduction(_: StudyData) -> str:
    """Return what the section is about."""
    return (
        "Three axes, because each alone can flatter: how often an agent asked, how many different trainings that "
        "needed, and how much arithmetic."
    )
