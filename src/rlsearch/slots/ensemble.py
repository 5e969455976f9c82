"""The best candidates of an agent as one: the mean of the probabilities that their networks give to each answer.

Its members are trained as they would be in slots of their own, with the same seeds; the work store makes that once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field

from rlsearch.config.artefacts import Slot
from rlsearch.config.models import StudySettings
from rlsearch.files import digest
from rlsearch.slots._found import FoundSettings, ranked, too_few
from rlsearch.slots.base import Searched, SlotKind, filled


class EnsembleSettings(FoundSettings):
    """One slot with the `count` best candidates of an agent."""

    type: Literal["ensemble"] = "ensemble"
    count: Annotated[int, Field(ge=2, le=100)]


class Ensemble(SlotKind):
    """One slot for each entry of `retrain.slots` of this type, which bears its name."""

    kind, order, role = "ensemble", 50, "further"

    def slots(self, study: StudySettings) -> list[Slot]:
        """Return the slot of every such entry."""
        entries = {name: one for name, one in study.retrain.slots.items() if isinstance(one, EnsembleSettings)}
        made = [(self.slot(study, name, entry.agent), entry.count) for name, entry in entries.items()]
        return [replace(slot, networks=count) for slot, count in made]

    def fill(self, slot: Slot, searched: Searched) -> dict[str, Any]:
        """Fill with a spec of several `members`, each with key, label and spec as in a slot of its own."""
        found = ranked(searched, slot.source)
        if len(found) < slot.networks:
            return too_few(slot, len(found), slot.networks)
        chosen = found[: slot.networks]
        members = [{name: one[name] for name in ("key", "label", "spec")} for one in chosen]
        whole = {
            "spec": {"members": members},
            "key": digest([self.kind, *(one["key"] for one in members)])[:16],
            "label": f"mean of {len(members)} networks",
        }
        return filled(slot, whole, {"members": [one["proxy"] for one in chosen]})


SETTINGS, SLOT = EnsembleSettings, Ensemble()
TEST_SETTINGS = {"agent": "random", "count": 2}
