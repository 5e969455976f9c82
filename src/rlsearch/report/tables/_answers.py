"""What a search answered, in words."""

from __future__ import annotations

from rlsearch.report.study import StudyData
from rlsearch.report.table import Row


def answer_label(study: StudyData, answer: Row) -> str:
    """Return what an answer is; of a learned policy, the schedule that it chose: weights tell a reader nothing."""
    taken = answer.get("schedule")
    if not taken:
        return str(answer["label"])
    return study.space.describe({"training": {"schedule": taken}})
