"""A point of the grid over which proxy and target are compared: `grid-<nn>`."""

from __future__ import annotations

from typing import Any

from rlsearch.config.artefacts import Slot
from rlsearch.config.models import StudySettings
from rlsearch.slots._trained import level_numbers, level_of
from rlsearch.slots.base import Searched, SlotKind, candidate, filled


class Grid(SlotKind):
    """One slot for each point of the agent of `fidelity`, with the seeds that stand there."""

    kind, order, role = "grid", 60, "point"
    noun = "grid point"

    def slots(self, study: StudySettings) -> list[Slot]:
        """Return a slot for each point."""
        agent = _agent(study)
        if study.fidelity is None or agent is None:
            return []
        count, seeds = _points(study, agent), study.fidelity.seeds
        return [Slot(f"grid-{i:02d}", self.kind, str(i), seeds, self.role, seeds_in="fidelity") for i in range(count)]

    def fill(self, slot: Slot, searched: Searched) -> dict[str, Any]:
        """Fill with the point itself, whatever the searches made of it.

        A diverged child counts with the level it was measured at; a child without a finite one (failed, invalid, or
        diverged before any measurement) is left out and counted in `excluded`.
        """
        study, space = searched.settings, searched.space
        agent = _agent(study)
        assert agent is not None  # else there is no such slot
        point = candidate(space.decode(space.spread(_points(study, agent))[int(slot.source)]), space)
        ledgers = (searched.trials(agent, seed) for seed in range(study.search.seeds))
        # By key, so that every pass and every search seed adds its trainings of this point.
        trials = [trial for ledger in ledgers for trial in ledger if trial["key"] == point["key"]]
        measured = [level_of(trial, study.measure) for trial in trials]
        levels = [level for level in measured if level is not None]
        return filled(slot, point, level_numbers(levels, len(trials) - len(levels), study.measure))


def _agent(study: StudySettings) -> str | None:
    return None if study.fidelity is None else study.fidelity.agent


def _points(study: StudySettings, agent: str) -> int:
    return int(getattr(study.agents[agent], "points", 0))


SLOT = Grid()
