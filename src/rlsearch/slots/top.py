"""The best candidates of an agent over all its searches, each in a slot of its own: `<name>-1`, `<name>-2`, ..."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from rlsearch.config.artefacts import Slot
from rlsearch.config.models import StudySettings
from rlsearch.slots._ranked import RankedSettings, place_name, ranked, too_few
from rlsearch.slots.base import Searched, SlotKind, filled


class TopSettings(RankedSettings):
    """`count` slots: the best candidate of an agent, the second best and so on."""

    type: Literal["top"] = "top"


class Top(SlotKind):
    """`count` slots for each entry of `retrain.slots` of this type."""

    kind, order, role = "top", 40, "further"

    def slots(self, study: StudySettings) -> list[Slot]:
        """Return the slots of every such entry, best first."""
        entries = {name: entry for name, entry in study.retraining.slots.items() if isinstance(entry, TopSettings)}
        return [
            replace(self.slot(study, f"{name}-{place}", entry.agent), same=(place_name(entry.agent, place),))
            for name, entry in entries.items()
            for place in range(1, entry.count + 1)
        ]

    def fill(self, slot: Slot, searched: Searched) -> dict[str, Any]:
        """Fill with the candidate of this place."""
        place, candidates = int(slot.name.rpartition("-")[2]), ranked(searched, slot.source)
        if place > len(candidates):
            return too_few(slot, len(candidates), place)
        return filled(slot, candidates[place - 1], candidates[place - 1]["proxy"])


SETTINGS, SLOT = TopSettings, Top()
TEST_SETTINGS = {"agent": "random", "count": 2}
