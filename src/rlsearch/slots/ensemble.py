"""The best candidates of an agent as one: the mean of the probabilities that their networks give to each answer.

Its members are trained as they would be in slots of their own, with the same seeds; the work store makes that once.
The mean itself is taken in `training/ensemble.py`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field

from rlsearch.config.artefacts import Slot
from rlsearch.config.models import StudySettings
from rlsearch.files import digest
from rlsearch.slots._ranked import RankedSettings, place_name, ranked, too_few
from rlsearch.slots.base import Searched, SlotKind, filled


class EnsembleSettings(RankedSettings):
    """One slot with the `count` best candidates of an agent."""

    type: Literal["ensemble"] = "ensemble"
    count: Annotated[int, Field(ge=2, le=100)]


class Ensemble(SlotKind):
    """One slot for each entry of `retrain.slots` of this type, which bears its name."""

    kind, order, role = "ensemble", 50, "further"

    def slots(self, study: StudySettings) -> list[Slot]:
        """Return the slot of every such entry."""
        entries = {name: entry for name, entry in study.retraining.slots.items() if isinstance(entry, EnsembleSettings)}
        counted_slots = [(self.slot(study, name, entry.agent), entry.count) for name, entry in entries.items()]
        return [
            replace(slot, networks=count, same=tuple(place_name(slot.source, place) for place in range(1, count + 1)))
            for slot, count in counted_slots
        ]

    def fill(self, slot: Slot, searched: Searched) -> dict[str, Any]:
        """Fill with a spec of several `members`, each with key, label and spec as in a slot of its own."""
        candidates = ranked(searched, slot.source)
        if len(candidates) < slot.networks:
            return too_few(slot, len(candidates), slot.networks)
        chosen = candidates[: slot.networks]
        members = [{name: candidate[name] for name in ("key", "label", "spec")} for candidate in chosen]
        whole = {
            "spec": {"members": members},
            # Members in their order, and the kind, so that no single network has this key.
            "key": digest([self.kind, *(candidate["key"] for candidate in members)])[:16],
            "label": f"mean of {len(members)} networks",
        }
        return filled(slot, whole, {"members": [candidate["proxy"] for candidate in chosen]})


SETTINGS, SLOT = EnsembleSettings, Ensemble()
TEST_SETTINGS = {"agent": "random", "count": 2}
