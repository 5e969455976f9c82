"""What no single key shows: names that must exist elsewhere, parts that must fit together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from rlsearch.checks import (
    budgets,
    claims,
    closed_loops,
    kinds,
    networks,
    points,
    slots,
    surrogates,
    tables,
    tasks,
    transfers,
    tuning,
)
from rlsearch.config import plugins
from rlsearch.config.base import AgentSettings, LearnerSettings
from rlsearch.config.faults import NOTHING, Fault, unknown, unknown_name
from rlsearch.config.models import DatasetSettings, Params, StudySettings
from rlsearch.config.twins import SUFFIX, is_twin
from rlsearch.controls.gradient_labels import measurable
from rlsearch.data.kinds import _registry as registry
from rlsearch.spaces._making import space_of

Check = Callable[[StudySettings], Iterator[Fault]]


def faults(params: Params) -> list[Fault]:
    """Return the faults between keys, in settings whose single keys are all valid."""
    if lacking := list(tasks.lacking(params)):
        return lacking  # what is null where it must not be, all that follows takes to be there
    if unknown := list(kinds.unknown_kinds(params)):
        return unknown  # all that follows asks the kinds themselves, which an unknown one cannot answer
    listed = [*_datasets(params), *tables.tables(params), *claims.claims(params), *transfers.faults(params)]
    misfits = {fault.path[1] for fault in listed if fault.path[2:] == ("proxy", "network")}
    for name, study in params.studies.items():
        # A network of the wrong kind of data has another measure: what fits its rewards is no advice.
        unasked = (_reward, networks.of_space) if name in misfits else ()
        for check in (check for check in CHECKS if check not in unasked):
            listed += [Fault(("studies", name, *fault.path), fault.problem, fault.value) for fault in check(study)]
    return [*listed, *claims.power(params)]


def before_work(params: Params) -> list[Fault]:
    """Return the faults that take seconds to find, in settings that have no other: `rlsearch.checks.check_work`."""
    listed = [*budgets.trained(params), *transfers.unbuilt(params)]
    for name, study in params.studies.items():
        dataset = params.datasets[study.dataset]
        faults = [*networks.built(study, dataset), *tuning.built(study, dataset)]
        listed += [Fault(("studies", name, *fault.path), fault.problem, fault.value) for fault in faults]
    return listed


def _datasets(params: Params) -> Iterator[Fault]:
    for name in params.datasets:
        if name not in transfers.used_datasets(params):
            yield Fault(("datasets", name), "no study uses this dataset: name it in a study, or take the entry out")
    for name, settings in params.datasets.items():
        yield from _cuts(name, settings)
    for name, study in params.studies.items():
        yield from unknown(("studies", name, "dataset"), "dataset", study.dataset, list(params.datasets))
        if study.dataset in params.datasets:
            dataset = params.datasets[study.dataset]
            yield from kinds.misfits(name, study, dataset)
            for fault in tuning.validated(study, dataset):
                yield Fault(("studies", name, *fault.path), fault.problem, fault.value)


def _cuts(name: str, settings: DatasetSettings) -> Iterator[Fault]:
    """Yield parts of a split that cannot be, as far as the kind of data can tell before they are read."""
    source, kind = plugins.load("sources", settings.source).SOURCE(settings), registry.of_source(settings.source)
    faults = [Fault(("datasets", name, key), problem, value) for key, problem, value in kind.faults(settings, source)]
    yield from faults
    if not faults and not settings.own_data:  # a user's own is read, and checked, when it is fetched
        counts = dict(zip(("training", "validation", "test"), kind.cuts(settings, source.extent()), strict=True))
        if empty := [part for part, count in counts.items() if count < 1]:
            problem = f"leaves nothing for {' and '.join(empty)}; change its test, validation or train_size"
            yield Fault(("datasets", name), problem, NOTHING)


def _published(study: StudySettings) -> Iterator[Fault]:
    names = sorted(plugins.published())
    if study.published is not None and study.published not in names:
        problem = unknown_name("set of published numbers", study.published, [*names, "null"])
        if study.published == "null":
            problem = "is a text here; for none, write null without quotes"
        yield Fault(("published",), problem, study.published)


def _baselines(study: StudySettings) -> Iterator[Fault]:
    names = list(space_of(study.space).baselines())
    for index, name in enumerate(study.baselines):
        yield from unknown(("baselines", index), "baseline in this space", name, names)


def _agents(study: StudySettings) -> Iterator[Fault]:
    """Agents that cannot search the space, and grids and schedules that the budget does not pay for."""
    space, search = space_of(study.space), study.search
    types = {settings.type: plugins.load("agents", settings.type).AGENT for settings in study.agents.values()}
    # Each type is asked once: some walk through a thousand prefixes.
    supported = {name: agent.supports(space) for name, agent in types.items()}
    for label, settings in study.agents.items():
        agent = types[settings.type]
        if not supported[settings.type]:
            problem = f"agent {settings.type} cannot search the space {study.space.type}"
            yield Fault(("agents", label, "type"), problem, settings.type)
        elif misfit := getattr(agent, "misfit", lambda *_: None)(space, settings):  # where settings decide that too
            key, problem = misfit
            yield Fault(("agents", label, key), problem, getattr(settings, key))
        yield from _twin(label, settings, agent)
        yield from _schedule(label, getattr(settings, "planned", 0), study)
        count = getattr(settings, "points", 0)
        if count:  # counting a large space's candidates takes a while
            yield from points.enough_candidates(space, count, ("agents", label, "points"))
        if count > search.trials:
            need = count + search.budget - search.trials
            problem = (
                f"pays for {search.trials} trials beside the finalists, but one pass over agent {label} takes "
                f"{count}; must be at least {need} (or lower agents.{label}.points)"
            )
            yield Fault(("search", "budget"), problem, search.budget)


def _schedule(label: str, planned: int, study: StudySettings) -> Iterator[Fault]:
    """Yield a schedule that counts more models than a search, a repeated one or a simulated one has trials."""
    search, controls, repeated = study.search, study.controls, study.controls.repetitions
    need = planned + search.finalists * search.replicates
    if planned > search.trials:
        capped = search.most_trials is not None and search.most_trials < planned
        paid = f"the budget pays for {search.trials} trials beside the finalists at their mean cost"
        has, more = paid, f"budget by {planned - search.trials}"
        if capped:
            has, more = f"a search has {search.most_trials} trials", f"most_trials to {planned}"
        problem = f"counts {planned} models, but {has}: few would come to its end; count fewer, or raise search.{more}"
        yield Fault(("agents", label, "schedule"), problem, NOTHING)
    elif planned and repeated is not None and repeated.trials < need:
        problem = (
            f"must be at least {need}: the schedule of agent {label} counts {planned} models, and would never end in "
            "searches that are repeated with fewer trials beside the finalists"
        )
        yield Fault(("controls", "repetitions", "trials"), problem, repeated.trials)
    elif short := [trials for trials in _varied(label, study) if planned and trials < need]:
        problem = (
            f"must be at least {need}: the schedule of agent {label} counts {planned} models, and would never end in "
            f"searches of {short[0]} trials, finalists included"
        )
        yield Fault(("controls", "sensitivity", "trials"), problem, list(short))
    elif planned > controls.episodes and label in (study.agents if controls.agents is None else controls.agents):
        problem = (
            f"must be at least {planned}: the schedule of agent {label} counts {planned} models, and would never end "
            "in the searches of the null and planted controls"
        )
        yield Fault(("controls", "episodes"), problem, controls.episodes)


def _varied(label: str, study: StudySettings) -> tuple[int, ...]:
    """Return the other budgets with which the searches of an agent are repeated."""
    varied = study.controls.sensitivity
    return varied.trials if varied is not None and label in varied.agents else ()


def _twin(label: str, settings: AgentSettings, agent: Any) -> Iterator[Fault]:
    """Labels that belong to never-updated twins, and agents that learn and cannot have one."""
    if is_twin(label):
        problem = f"must not end in {SUFFIX}: such names belong to the twins of agents that learn"
        yield Fault(("agents", label), problem, label)
    if getattr(agent, "learns", False) and not isinstance(settings, LearnerSettings):
        problem = f"agent {settings.type} learns: its settings must derive from rlsearch.config.base.LearnerSettings"
        yield Fault(("agents", label, "type"), problem, settings.type)


def _controls(study: StudySettings) -> Iterator[Fault]:
    """Agents to simulate or to measure that do not exist, or cannot be."""
    measured = (study.controls.gradient and study.controls.gradient.agents) or ()
    able = measurable(study) if measured else []
    for index, label in enumerate(measured):
        path = ("controls", "gradient", "agents", index)
        yield from unknown(path, "agent in this study that learns by policy gradient", label, able)
    yield from points.enough_candidates(space_of(study.space), study.controls.actions, ("controls", "actions"))
    for index, label in enumerate(study.controls.agents or ()):
        yield from unknown(("controls", "agents", index), "agent in this study", label, list(study.agents))


def _reward(study: StudySettings) -> Iterator[Fault]:
    """A failed child that beats one that trained, and a power that rewards the worse of two networks."""
    label, rises = study.measure.label, study.measure.higher_is_better
    # Where less is better all rewards are above 0, however near, and 0 is below them.
    if study.reward.failure > 0 or (rises and study.reward.failure == 0):
        least = "must be below 0, the least that any" if rises else "must be 0 or less, below what any"
        problem = f"{least} {label} earns: else a failed child would beat one that trained"
        yield Fault(("reward", "failure"), problem, study.reward.failure)
    if (study.reward.power > 0) != rises:
        fitting, better = ("1, 2 or 3", "higher") if rises else ("-2 or -1", "lower")
        problem = f"must be {fitting}, since {better} {label} is better: else the worse network would earn more"
        yield Fault(("reward", "power"), problem, study.reward.power)


CHECKS: tuple[Check, ...] = (
    _published,
    _baselines,
    _agents,
    points.fidelity,
    slots.names,
    slots.asked,
    slots.ensembles,
    _controls,
    _reward,
    networks.of_space,
    networks.options,
    networks.chosen,
    tuning.tune,
    surrogates.surrogate,
    tasks.nothing_retrained,
    tables.controls,
    closed_loops.control,
    closed_loops.nothing_to_learn,
)
