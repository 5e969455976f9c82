"""A fixed candidate of the space, which a search has to beat: a slot of its own name."""

from __future__ import annotations

from rlsearch.config.artefacts import Slot
from rlsearch.config.models import StudySettings
from rlsearch.slots.base import SlotKind


class Baseline(SlotKind):
    """One slot for each of the study's `baselines`."""

    kind, order, role = "baseline", 30, "reference"

    def slots(self, study: StudySettings) -> list[Slot]:
        """Return a slot for each baseline."""
        return [self.slot(study, name, name) for name in study.baselines]


SLOT = Baseline()
