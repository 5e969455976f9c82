"""How noisy the estimate of the policy gradient is."""

from __future__ import annotations

from rlsearch.report.study import StudyData

TITLE = "The noise of the policy gradient"
ORDER = 40
NEEDS = ("controls",)


def applies(study: StudyData) -> bool:
    """Tell whether it is measured."""
    return study.settings.controls.gradient is not None


def introduction(_: StudyData) -> str:
    """Return what the section is about."""
    return (
        "A baseline or a critic is there to make the estimate of the policy gradient less noisy without changing what "
        "it estimates. So the estimate itself is measured here, over many batches at policies that are held still, "
        "and not the rewards, whose spread says nothing about it."
    )
