"""A point of the grid over which proxy and target are compared: `grid-<nn>`."""

from __future__ import annotations

from rlsearch.config.artefacts import Slot
from rlsearch.config.models import StudySettings
from rlsearch.slots.base import SlotKind


class Grid(SlotKind):
    """One slot for each point of the agent of `fidelity`, with the seeds that stand there."""

    kind, order, role = "grid", 40, "point"

    def slots(self, study: StudySettings) -> list[Slot]:
        """Return a slot for each point."""
        if study.fidelity is None:
            return []
        count: int = getattr(study.agents[study.fidelity.agent], "points", 0)
        seeds = study.fidelity.seeds
        return [Slot(f"grid-{i:02d}", self.kind, str(i), seeds, self.role, "fidelity") for i in range(count)]


SLOT = Grid()
