"""The schedule that a learned policy took in its best search, to be followed without looking: `schedule-<agent>`."""

from __future__ import annotations

from typing import Any

from rlsearch.config.artefacts import Slot, learns_policy
from rlsearch.config.models import StudySettings
from rlsearch.slots import best
from rlsearch.slots.base import Searched, SlotKind, candidate, empty, filled
from rlsearch.spaces.closed_loop import loop_of


class Schedule(SlotKind):
    """One slot for each agent that learns a policy which answers every step."""

    kind, order, role = "schedule", 20, "replay"

    def slots(self, study: StudySettings) -> list[Slot]:
        """Return a slot for each such agent."""
        learned = [label for label in study.agents if learns_policy(study, label)]
        return [self.slot(study, f"schedule-{label}", label) for label in learned]

    def fill(self, slot: Slot, searched: Searched) -> dict[str, Any]:
        """Fill with what the agent's best policy did when it answered its search."""
        best_slot = best.SLOT.fill(slot, searched)
        if best_slot["spec"] is None:
            return best_slot
        loop, seed = loop_of(searched.space), best_slot["proxy"]["search_seed"]
        schedule = searched.of_agent(slot.source)[seed]["answer"]["schedule"]
        if not schedule:
            return empty(slot, f"the best search of {slot.source} names no schedule")
        # A run that ended early goes on with its last option.
        spec = loop.training({"schedule": schedule + schedule[-1:] * (loop.steps - len(schedule))})
        return filled(slot, candidate(spec, searched.space), {"search_seed": seed})


SLOT = Schedule()
