"""What is chosen in a closed loop, in words."""

from __future__ import annotations

from typing import Any

from rlsearch.report import words
from rlsearch.report.study import StudyData


def choices(study: StudyData) -> str:
    """Return what is chosen in a closed loop and how often; nothing for other studies."""
    space: Any = study.settings.space
    if not study.closed_loop:
        return ""
    each = words.between_counts([study.settings.proxy.epochs // space.steps], "epoch", "epochs")
    later = words.between_counts([study.settings.target.epochs // space.steps], "epoch", "epochs")
    state = "keep their state while others are at work" if space.carry else "are made anew at every epoch"
    stop = f" A run ends after {space.patience} steps without progress." if space.patience else ""
    return (
        f"At each of {space.steps} steps of a run one of {', '.join(space.optimizers)} is chosen, for {each} on the "
        f"proxy and {later} on the target; optimizers {state}.{stop}"
    )
