"""What no single key shows: names that must exist elsewhere, seeds that must suffice for the claims."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from math import comb

from rlsearch.config import plugins
from rlsearch.config.artefacts import slots
from rlsearch.config.cuts import cuts
from rlsearch.config.messages import Fault, unknown_name
from rlsearch.config.models import ClaimSettings, DatasetSettings, Params, StudySettings
from rlsearch.config.schema import KeyPath
from rlsearch.spaces.base import Space

SMALLEST_SAMPLE = 3
"""Fewer searches than this cannot speak for an agent's convergence, however many null runs stand beside them."""

Check = Callable[[StudySettings], Iterator[Fault]]


def faults(params: Params) -> list[Fault]:
    """Return the faults between keys, in settings whose single keys are all valid."""
    found = list(_datasets(params))
    for name, study in params.studies.items():
        for check in CHECKS:
            found += [Fault(("studies", name, *fault.path), fault.problem, fault.found) for fault in check(study)]
    return found


def smallest_p(n: int, m: int) -> float:
    """Return the smallest two-sided p that an exact unpaired permutation test of n against m values can reach.

    All C(n + m, n) ways to divide the values are equally likely under the null hypothesis (Ernst 2004, Statistical
    Science 19(4), section 2). Complete separation is one of them, and a two-sided test doubles it: 0.10 for 3 against
    3.

    >>> round(smallest_p(5, 5), 4)
    0.0079
    """
    return min(1.0, 2 / comb(n + m, n))


def _datasets(params: Params) -> Iterator[Fault]:
    used = {study.dataset for study in params.studies.values()}
    for name in params.datasets:
        if name not in used:
            yield Fault(("datasets", name), "no study uses this dataset: name it in a study, or take the entry out")
    for name, settings in params.datasets.items():
        yield from _cuts(name, settings)
    for name, study in params.studies.items():
        if study.dataset not in params.datasets:
            problem = unknown_name("dataset", study.dataset, list(params.datasets))
            yield Fault(("studies", name, "dataset"), problem, study.dataset)


def _cuts(name: str, settings: DatasetSettings) -> Iterator[Fault]:
    """Parts of a split that could not hold every class, where the size of the source is known."""
    source = plugins.load("sources", settings.source).SOURCE(settings)
    if source.CLASSES is None:
        return
    classes, extent = source.CLASSES, source.extent()
    train, validation, _ = cuts(settings.model_copy(update={"train_size": None}), extent.train, extent.test)
    whole = train if settings.validation == "published-test" else train + validation
    size = settings.train_size
    if size is not None and size != whole and not classes <= size <= whole - classes:
        problem = f"must be {classes} to {whole - classes}, or {whole} (all), for the {whole} training images"
        yield Fault(("datasets", name, "train_size"), problem, size)
        return
    train, validation, test = cuts(settings, extent.train, extent.test)
    for key, held, left in (("test", test, whole), ("validation", validation, train)):
        if min(held, left) < classes and isinstance(getattr(settings, key), float):
            problem = f"divides the images into {left} and {held}; each part needs one of all {classes} classes"
            yield Fault(("datasets", name, key), problem, getattr(settings, key))
            return


def _published(study: StudySettings) -> Iterator[Fault]:
    known = sorted(path.stem for path in (plugins.ROOT / "report" / "published").glob("*.yaml"))
    if study.published is not None and study.published not in known:
        problem = unknown_name("set of published numbers", study.published, [*known, "null"])
        yield Fault(("published",), problem, study.published)


def _baselines(study: StudySettings) -> Iterator[Fault]:
    known = list(_space(study).baselines())
    for index, name in enumerate(study.baselines):
        if name not in known:
            yield Fault(("baselines", index), unknown_name("baseline in this space", name, known), name)


def _agents(study: StudySettings) -> Iterator[Fault]:
    """Agents that cannot search the space, and grids that the budget does not pay for."""
    space, search = _space(study), study.search
    for label, settings in study.agents.items():
        agent = getattr(plugins.load("agents", settings.type), "AGENT", None)
        if agent is not None and not agent.supports(space):
            problem = f"agent {settings.type} cannot search the space {study.space.type}"
            yield Fault(("agents", label, "type"), problem, settings.type)
        points = getattr(settings, "points", 0)
        if points > search.trials:
            need = points + search.budget - search.trials
            problem = (
                f"pays for {search.trials} trials beside the finalists, but one pass over agent {label} takes "
                f"{points}; must be at least {need} (or lower agents.{label}.points)"
            )
            yield Fault(("search", "budget"), problem, search.budget)


def _fidelity(study: StudySettings) -> Iterator[Fault]:
    if study.fidelity is None:
        return
    name, grids = study.fidelity.agent, _grids(study)
    if name not in study.agents:
        yield Fault(("fidelity", "agent"), unknown_name("agent in this study", name, grids), name)
    elif name not in grids:
        problem = f"must be an agent with `points`, such as a grid; here: {', '.join(grids) or 'none'}"
        yield Fault(("fidelity", "agent"), problem, name)


def _slots(study: StudySettings) -> Iterator[Fault]:
    if study.fidelity is not None and study.fidelity.agent not in study.agents:
        return
    for name, times in Counter(slot.name for slot in slots(study)).items():
        if times > 1:
            problem = (
                f"{times} slots would be called {name}: baselines stand once, and not as best-<agent> or grid-<nn>"
            )
            yield Fault(("baselines",), problem, list(study.baselines))


def _reward(study: StudySettings) -> Iterator[Fault]:
    if study.reward.failure >= 0:
        problem = "must be below 0, the reward of accuracy 0: else a failed child would beat one that trained"
        yield Fault(("reward", "failure"), problem, study.reward.failure)


def _network_options(study: StudySettings) -> Iterator[Fault]:
    for section, task in (("proxy", study.proxy), ("target", study.target)):
        if not task.network_options:
            continue  # importing a network takes seconds, because it imports torch
        known = _options(task.network)
        for option in task.network_options:
            if known is not None and option not in known:
                problem = unknown_name(f"option of network {task.network}", option, known)
                yield Fault((section, "network_options", option), problem, task.network_options[option])


def _claims(study: StudySettings) -> Iterator[Fault]:
    """Claims about agents and baselines that do not exist, do not learn, or are made twice."""
    agents, baselines = list(study.agents), list(study.baselines)
    seen: dict[tuple[str, str, str | None], int] = {}
    for index, claim in enumerate(study.claims):
        path: KeyPath = ("claims", index)
        first = seen.setdefault((claim.claim, claim.agent, claim.against), index)
        if first != index:
            yield Fault(path, f"the same claim as claims[{first}]; keep one")
        if claim.agent not in agents:
            yield Fault((*path, "agent"), unknown_name("agent in this study", claim.agent, agents), claim.agent)
        elif claim.claim == "convergence" and not _learns(study, claim.agent):
            problem = "must be an agent that learns: the others cannot converge"
            yield Fault((*path, "agent"), problem, claim.agent)
        if claim.claim == "convergence" and study.controls.episodes < study.search.trials:
            problem = f"null runs shorter than the searches' {study.search.trials} trials cannot stand beside them"
            yield Fault(("controls", "episodes"), problem, study.controls.episodes)
        others = [label for label in agents if label != claim.agent] if claim.claim == "beats-agent" else baselines
        if claim.against is not None and claim.against not in others:
            kind = "other agent in this study" if claim.claim == "beats-agent" else "baseline of this study"
            yield Fault((*path, "against"), unknown_name(kind, claim.against, others), claim.against)


def _power(study: StudySettings) -> Iterator[Fault]:
    """Claims that no result could support: the smallest p lies above Holm's strictest level, alpha / claims."""
    level = study.alpha / max(1, len(study.claims))
    needs: dict[KeyPath, tuple[int, int, str]] = {}
    for claim in study.claims:
        key, seeds = _seeds(study, claim)
        need = next(n for n in count(1) if _decides(study, claim, n, level))
        if seeds < need and (key not in needs or needs[key][1] < need):
            needs[key] = (seeds, need, f"{claim.claim} of {claim.agent}")
    for key, (seeds, need, claim_text) in needs.items():
        problem = (
            f"too few seeds to decide the claim {claim_text}: its level is alpha / claims = "
            f"{study.alpha:g} / {len(study.claims)} = {level:.3g}; must be at least {need} (or make fewer claims)"
        )
        yield Fault(key, problem, seeds)


def _seeds(study: StudySettings, claim: ClaimSettings) -> tuple[KeyPath, int]:
    """Return the key that sets the sample size of a claim, and its value."""
    if claim.claim == "selected-beats-baseline":
        return ("retrain", "seeds"), study.retrain.seeds
    return ("search", "seeds"), study.search.seeds


def _decides(study: StudySettings, claim: ClaimSettings, seeds: int, level: float) -> bool:
    if claim.claim == "convergence":
        return seeds >= SMALLEST_SAMPLE and smallest_p(seeds, study.controls.runs) <= level
    return smallest_p(seeds, seeds) <= level


def _space(study: StudySettings) -> Space:
    space: Space = plugins.load("spaces", study.space.type).SPACE(study.space)
    return space


def _grids(study: StudySettings) -> list[str]:
    return [label for label, settings in study.agents.items() if getattr(settings, "points", 0)]


def _learns(study: StudySettings, label: str) -> bool:
    agent = getattr(plugins.load("agents", study.agents[label].type), "AGENT", None)
    return agent is None or bool(agent.learns)


def _options(network: str) -> list[str] | None:
    """Return the options of a network's class, or None where it takes any."""
    parameters = list(inspect.signature(plugins.load("networks", network).NETWORK).parameters.values())
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return None
    return [parameter.name for parameter in parameters[2:]]  # the first two: input shape and number of classes


CHECKS: tuple[Check, ...] = (
    _published,
    _baselines,
    _agents,
    _fidelity,
    _slots,
    _reward,
    _network_options,
    _claims,
    _power,
)
