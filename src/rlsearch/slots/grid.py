"""A point of the grid over which proxy and target are compared: `grid-<nn>`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from rlsearch.config.artefacts import Slot
from rlsearch.config.models import StudySettings
from rlsearch.measures import Measure
from rlsearch.slots.base import Row, Searched, SlotKind, candidate, filled


class Grid(SlotKind):
    """One slot for each point of the agent of `fidelity`, with the seeds that stand there."""

    kind, order, role = "grid", 60, "point"

    def slots(self, study: StudySettings) -> list[Slot]:
        """Return a slot for each point."""
        if study.fidelity is None:
            return []
        count, seeds = _points(study), study.fidelity.seeds
        return [Slot(f"grid-{i:02d}", self.kind, str(i), seeds, self.role, seeds_in="fidelity") for i in range(count)]

    def fill(self, slot: Slot, searched: Searched) -> dict[str, Any]:
        """Fill with the point itself, whatever the searches made of it."""
        study, space = searched.settings, searched.space
        assert study.fidelity is not None  # else there is no such slot
        point = candidate(space.decode(space.spread(_points(study))[int(slot.source)]), space)
        ledgers = (searched.trials(study.fidelity.agent, seed) for seed in range(study.search.seeds))
        # By key, so that every pass and every search seed adds its trainings of this point.
        trials = [trial for ledger in ledgers for trial in ledger if trial["key"] == point["key"]]
        return filled(slot, point, _proxy(trials, study.measure))


def _points(study: StudySettings) -> int:
    assert study.fidelity is not None
    return int(getattr(study.agents[study.fidelity.agent], "points", 0))


def _proxy(trials: Sequence[Row], measure: Measure) -> dict[str, Any]:
    """Return the validation levels of one grid point over search seeds and passes.

    A diverged child counts with the level it was measured at; a child without a finite one (failed, invalid, or
    diverged before any measurement) is left out and counted in `excluded`.
    """
    measured = [measure.of(trial["metrics"]) for trial in trials if trial["metrics"].get(measure.metric) is not None]
    values = [float(value) for value in measured if math.isfinite(value)]
    return {
        f"mean_{measure.name}": measure.mean(values) if values else None,
        f"sd_{measure.name}": measure.sd(values) if len(values) > 1 else None,
        "n": len(values),
        "excluded": len(trials) - len(values),
        "values": values,
    }


SLOT = Grid()
