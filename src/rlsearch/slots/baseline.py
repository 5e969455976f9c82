"""A fixed candidate of the space, which a search has to beat: a slot of its own name."""

from __future__ import annotations

from typing import Any

from rlsearch.config.artefacts import Slot
from rlsearch.config.models import StudySettings
from rlsearch.slots import best
from rlsearch.slots.base import Searched, SlotKind, candidate, empty, filled


class Baseline(SlotKind):
    """One slot for each of the study's `baselines`."""

    kind, order, role = "baseline", 30, "reference"

    def slots(self, study: StudySettings) -> list[Slot]:
        """Return a slot for each baseline."""
        return [self.slot(study, name, name) for name in study.baselines]

    def fill(self, slot: Slot, searched: Searched) -> dict[str, Any]:
        """Fill with the space's own spec, built to the size of the answer that scored best where the space can."""
        space, specs = searched.space, searched.space.baselines()
        if slot.source not in specs:
            names = ", ".join(sorted(specs)) or "none"
            return empty(slot, f"the space has no baseline {slot.source!r}; it has {names}")
        best_answer = _best_of_all(searched) if slot.source in space.matchable else None
        matched = None
        if best_answer is not None:
            target = searched.settings.target
            options = target.network_options if target else {}
            form = searched.form()
            matched = space.matched_with(options, slot.source, best_answer["spec"], form.shape, form.outputs)
        if best_answer is None or matched is None:
            return filled(slot, candidate(specs[slot.source], space), None)
        to = {name: best_answer[name] for name in ("slot", "label", "key")}
        return {**filled(slot, candidate(matched, space), None), "matched_to": to}


def _best_of_all(searched: Searched) -> dict[str, Any] | None:
    """Return the answer with the best score of all agents; of equal ones, the first by name."""
    # By name, so that the order of the agents in the settings does not decide between equal scores.
    slots = sorted(best.SLOT.slots(searched.settings), key=lambda slot: slot.name)
    files = [best.SLOT.fill(slot, searched) for slot in slots]
    measure = searched.settings.measure
    scored = [file for file in files if file["spec"] is not None]
    return max(scored, key=lambda file: measure.key(file["proxy"][f"mean_{measure.name}"]), default=None)


SLOT = Baseline()
