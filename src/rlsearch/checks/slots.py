"""Slots: each has a name of its own, and what is asked for can be found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from rlsearch.config import artefacts
from rlsearch.config.faults import Fault, KeyPath, unknown_name
from rlsearch.config.models import StudySettings
from rlsearch.config.task_models import TaskSettings


def names(study: StudySettings) -> Iterator[Fault]:
    """Yield names that several slots would have."""
    if not _grid_is_known(study):
        return
    for name, times in Counter(slot.name for slot in artefacts.slots(study)).items():
        if times > 1:
            problem = (
                f"{times} slots would be called {name}: give baselines and entries of `retrain.slots` names that no "
                "other slot has (best-<agent>, grid-<nn>, stratum-<nn>)"
            )
            yield Fault(("baselines",), problem, list(study.baselines))


def asked(study: StudySettings) -> Iterator[Fault]:
    """Yield entries of `retrain.slots` whose agent does not exist, or cannot yield that many candidates."""
    for name, settings in (study.retrain.slots if study.retrain else {}).items():
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


def ensembles(study: StudySettings) -> Iterator[Fault]:
    """Yield slots of several networks of which some are in slots of their own, and others are not.

    The report says of which slots an ensemble is made, and the networks of these are trained once for both.
    """
    if not _grid_is_known(study):
        return
    slots = artefacts.slots(study)
    alone = {place for slot in slots if slot.networks == 1 for place in slot.same}
    for slot in slots:
        members = set(slot.same) & alone if slot.networks > 1 else set()
        if members and len(members) < slot.networks:
            problem = (
                f"is above the {len(members)} of {slot.source} that have slots of their own (type top), of which it is "
                "made: lower it, or raise theirs"
            )
            yield Fault(("retrain", "slots", slot.name, "count"), problem, slot.networks)
    if study.target is not None:
        yield from translates_alone(("target", "record"), study.target, slots)


def translates_alone(path: KeyPath, task: TaskSettings, slots: Iterable[artefacts.Slot]) -> Iterator[Fault]:
    """Yield BLEU that is asked of an ensemble: it has the mean of probabilities, and translates nothing."""
    together = [slot.name for slot in slots if slot.networks > 1]
    if together and "bleu" in task.record:
        problem = f"asks for bleu, and {together[0]} is an ensemble, which translates nothing: leave out one of them"
        yield Fault(path, problem, list(task.record))


def _grid_is_known(study: StudySettings) -> bool:
    """Tell whether the grid's agent exists, without which its slots have no names; `points` reports it."""
    agent = study.fidelity and study.fidelity.agent
    return agent is None or agent in study.agents
