"""The slots whose curves say which optimizer trained each epoch."""

from __future__ import annotations

from rlsearch.config.artefacts import Slot
from rlsearch.evidence.convergence import Arm
from rlsearch.report.study import StudyData


def arms_of(study: StudyData) -> list[tuple[Slot, Arm]]:
    return [(slot, study.trained[slot.name]) for slot in study.compared if slot.name in study.trained]
