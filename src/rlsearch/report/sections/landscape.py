"""How the reward depends on the choice, whoever made it."""

from __future__ import annotations

from rlsearch.report.study import StudyData

TITLE = "What there is to find"
ORDER = 20
NEEDS = ("search",)


def applies(study: StudyData) -> bool:
    """Tell whether the space is one continuous decision."""
    return study.decision is not None


def introduction(_: StudyData) -> str:
    """Return what the section is about."""
    return (
        "All trials together show how the reward depends on the choice, whoever made it. A flat curve means that the "
        "best search cannot find much."
    )
