"""The answer of an agent's best search: `best-<agent>`."""

from __future__ import annotations

from rlsearch.config.artefacts import Slot
from rlsearch.config.models import StudySettings
from rlsearch.slots.base import SlotKind


class Best(SlotKind):
    """One slot for each agent."""

    kind, order, role = "best", 10, "answer"

    def slots(self, study: StudySettings) -> list[Slot]:
        """Return a slot for each agent."""
        return [self.slot(study, f"best-{label}", label) for label in study.agents]


SLOT = Best()
