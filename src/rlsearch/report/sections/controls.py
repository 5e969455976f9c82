"""Searches where there is nothing to find, and where the answer is known."""

from __future__ import annotations

from rlsearch.report.study import StudyData

TITLE = "Would chance look the same?"
ORDER = 80
NEEDS = ("search", "controls")


def applies(_: StudyData) -> bool:
    """Tell whether the study has controls: all have."""
    return True


def introduction(study: StudyData) -> str:
    """Return what a search where there is nothing to find meets instead of rewards."""
    return (
        f"The same agents search where there is nothing to find{_null(study)}. Whatever they show there is no sign of "
        "learning. And they search where the answer is known, which shows what they can find."
    )


def _null(study: StudyData) -> str:
    if study.closed_loop:
        return (
            ". Those that learn a policy see the progress of a schedule drawn at random, whatever they choose; for "
            "others, where they are simulated, the reward is noise of the measured size"
        )
    return ": the reward is noise of the measured size"
