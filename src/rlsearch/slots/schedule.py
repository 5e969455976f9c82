"""The schedule that a learned policy took in its best search, to be followed without looking: `schedule-<agent>`."""

from __future__ import annotations

from rlsearch.config.artefacts import Slot, learns_policy
from rlsearch.config.models import StudySettings
from rlsearch.slots.base import SlotKind


class Schedule(SlotKind):
    """One slot for each agent that learns a policy which answers every step."""

    kind, order, role = "schedule", 20, "replay"

    def slots(self, study: StudySettings) -> list[Slot]:
        """Return a slot for each such agent."""
        learned = [label for label in study.agents if learns_policy(study, label)]
        return [self.slot(study, f"schedule-{label}", label) for label in learned]


SLOT = Schedule()
