"""What the source published beside what was measured here, and how the source measured."""

from __future__ import annotations

from markupsafe import Markup

from rlsearch.report import published
from rlsearch.report.study import StudyData

TITLE = "Published and measured"
ORDER = 90
NEEDS = ("search", "select", "retrain", "controls")


def applies(study: StudyData) -> bool:
    """Tell whether the study has a source whose numbers are known."""
    return study.published is not None


def introduction(study: StudyData) -> str:
    """Return whether the numbers of the source can be compared with ours."""
    entry = study.published
    different = published.differences(study, entry) if entry else []
    if entry and not any((entry.numbers, entry.networks, entry.arms, entry.reward_spread)):
        text = "The source gives no numbers that could stand beside ours."
        return f"{text} This study differs from it: {'; '.join(different)}." if different else text
    if not different:
        return (
            "Dataset, protocol, space, networks and training are those of the source, as far as it tells them, so that "
            "the numbers can be compared."
        )
    return Markup(
        "The numbers of the source are shown for orientation. They are grey because they are "
        "<strong>not comparable</strong> with ours: {}."
    ).format("; ".join(different))


def further(study: StudyData) -> tuple[str, tuple[str, ...]]:
    """Return what the reader can unfold below figures and tables: its title, and its lines."""
    entry = study.published
    lines = entry.conditions + published.notes(study, entry) if entry else ()
    return "How the source measured, and what to know about its text", lines
