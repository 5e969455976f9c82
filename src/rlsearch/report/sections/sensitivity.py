"""What schedule trees say about other settings of a closed loop."""

from __future__ import annotations

from rlsearch.report.study import StudyData

TITLE = "What the result depends on"
ORDER = 60
NEEDS = ("reference",)


def applies(study: StudyData) -> bool:
    """Tell whether the study is a closed loop that a schedule tree answers."""
    return study.closed_loop and study.settings.table is not None


def introduction(_: StudyData) -> str:
    """Return what the section is about."""
    return (
        "The source gives no weights for its reward, and its code resets the optimizer state at each epoch. Both are "
        "worked out exactly from schedule trees here: which schedule a perfect learner would settle on under other "
        "weights, and what the same schedules reach when optimizers keep their state."
    )
