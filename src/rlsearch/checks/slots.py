"""Slots: each has a name of its own, and what is asked for can be found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rlsearch.config import artefacts
from rlsearch.config.faults import Fault, unknown_name
from rlsearch.config.models import StudySettings


def names(study: StudySettings) -> Iterator[Fault]:
    """Yield names that several slots would have."""
    # Reported by `whole`; without their agent the slots of the grid have no names.
    if study.fidelity is not None and study.fidelity.agent not in study.agents:
        return
    for name, times in Counter(slot.name for slot in artefacts.slots(study)).items():
        if times > 1:
            problem = (
                f"{times} slots would be called {name}: give baselines and entries of `retrain.slots` names that no "
                "other slot has (best-<agent>, grid-<nn>)"
            )
            yield Fault(("baselines",), problem, list(study.baselines))


def asked(study: StudySettings) -> Iterator[Fault]:
    """Yield entries of `retrain.slots` whose agent does not exist, or cannot yield that many candidates."""
    for name, settings in study.retrain.slots.items():
        agent, count = getattr(settings, "agent", None), getattr(settings, "count", 0)
        if agent is None:
            continue
        if agent not in study.agents:
            problem = unknown_name("agent in this study", agent, list(study.agents))
            yield Fault(("retrain", "slots", name, "agent"), problem, agent)
            continue
        searches, finalists = study.search.seeds, artefacts.search_of(study, agent).finalists
        if count > searches * finalists:
            problem = f"{searches} x {finalists} (searches x finalists of {agent}) candidates at most are trained again"
            yield Fault(("retrain", "slots", name, "count"), problem, count)
