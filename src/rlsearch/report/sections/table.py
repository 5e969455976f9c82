"""Searches repeated on a truth table or a surrogate."""

from __future__ import annotations

from rlsearch.report.study import StudyData

TITLE = "Searches repeated many times"
ORDER = 30
NEEDS = ("controls", "reference")


def applies(study: StudyData) -> bool:
    """Tell whether searches are repeated."""
    return study.settings.controls.repetitions is not None


def introduction(study: StudyData) -> str:
    """Return what is repeated, and by what the answers are judged."""
    if study.closed_loop:
        return (
            "Every schedule has been trained many times, so that whole searches can be repeated at no cost and judged "
            "exactly. Some trainings are kept from all searches: a policy is frozen and plays those, and what it "
            "chooses there is its answer. All agents have the same budget of FLOPs. Grey lines say what needs no "
            "search."
        )
    if study.settings.surrogate:
        return (
            "A benchmark function replaces training here, so that whole searches can be repeated at no cost and "
            "judged exactly: by its value without noise. All agents have the same budget"
            f"{', and in each repetition they meet the same noise' if study.settings.surrogate.noise else ''}."
        )
    return (
        "Every network of this space has been trained many times, so that whole searches can be repeated at no cost "
        "and judged by what their choice is really worth: its mean over trainings that the search did not see. All "
        "agents have the same budget of FLOPs, and in each repetition they meet the same trainings."
    )
