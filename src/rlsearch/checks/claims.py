"""Claims that the settings can hold and decide: names that exist, seeds that suffice."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from rlsearch.boundary import at_most
from rlsearch.config import artefacts, plugins
from rlsearch.config.messages import Fault, unknown_name
from rlsearch.config.models import ClaimSettings, Params, StudySettings
from rlsearch.config.schema import KeyPath
from rlsearch.config.twins import compared, learns
from rlsearch.spaces.base import Continuous
from rlsearch.statistics.reach import SIGN_FLIP_PAIRS, smallest_p, smallest_paired_p

SMALLEST_SAMPLE = 3
"""Fewer searches than this cannot speak for an agent's convergence, however many null runs stand beside them."""

FEWEST_TRAININGS = 5
"""Fewer trainings or pairs than this give a t test too few degrees of freedom to be worth having."""


def claims(study: StudySettings) -> Iterator[Fault]:
    """Claims about agents and baselines that do not exist, do not learn, or are made twice."""
    agents, baselines = list(study.agents), list(study.baselines)
    seen: dict[tuple[str | None, ...], int] = {}
    for index, claim in enumerate(study.claims):
        path: KeyPath = ("claims", index)
        first = seen.setdefault((claim.claim, claim.agent, claim.against, claim.against_study), index)
        if first != index:
            yield Fault(path, f"the same claim as claims[{first}]; keep one")
        if claim.agent not in agents:
            yield Fault((*path, "agent"), unknown_name("agent in this study", claim.agent, agents), claim.agent)
        elif claim.claim in ("convergence", "learns") and not learns(study.agents[claim.agent]):
            problem = f"must be an agent that learns; here: {', '.join(_learners(study)) or 'none'}"
            yield Fault((*path, "agent"), problem, claim.agent)
        if claim.claim == "convergence" and study.controls.episodes < study.search.trials:
            problem = f"null runs shorter than the searches' {study.search.trials} trials cannot stand beside them"
            yield Fault(("controls", "episodes"), problem, study.controls.episodes)
        if claim.against_study is not None:
            continue  # see `elsewhere`
        on_agents = claim.claim != "selected-beats-baseline"
        others = [label for label in agents if label != claim.agent] if on_agents else baselines
        if claim.against is not None and claim.against not in others:
            kind = "other agent in this study" if on_agents else "baseline of this study"
            yield Fault((*path, "against"), unknown_name(kind, claim.against, others), claim.against)
        yield from (Fault((*path, *fault.path), fault.problem, fault.found) for fault in _claim_kind(study, claim))


def elsewhere(params: Params) -> Iterator[Fault]:
    """Claims against an agent of another study that is not there, or that trains on something else.

    Whether both spent the same is known when they have run: the verdict says where they did not.
    """
    for name, study in params.studies.items():
        for index, claim in enumerate(study.claims):
            if claim.against_study is None:
                continue
            path: KeyPath = ("studies", name, "claims", index)
            other = params.studies.get(claim.against_study)
            if claim.against_study == name:
                yield Fault((*path, "against_study"), "must be another study; leave it out for this one", name)
            elif other is None:
                problem = unknown_name("study", claim.against_study, list(params.studies))
                yield Fault((*path, "against_study"), problem, claim.against_study)
            elif claim.against not in other.agents:
                problem = unknown_name(f"agent in study {claim.against_study}", str(claim.against), list(other.agents))
                yield Fault((*path, "against"), problem, claim.against)
            elif (other.dataset, other.proxy) != (study.dataset, study.proxy):
                yield Fault((*path, "against_study"), "must have this study's dataset and proxy", claim.against_study)
            elif other.controls.repetitions is None:
                yield Fault((*path, "against_study"), "must have controls.repetitions", claim.against_study)
            elif other.controls.repetitions.runs < FEWEST_TRAININGS:
                problem = f"must be at least {FEWEST_TRAININGS}: too few to decide a claim of {name}"
                place: KeyPath = ("studies", claim.against_study, "controls", "repetitions", "runs")
                yield Fault(place, problem, other.controls.repetitions.runs)


def _claim_kind(study: StudySettings, claim: ClaimSettings) -> Iterator[Fault]:
    """What only one kind of claim needs."""
    if claim.claim == "beats-agent-on-table" and study.controls.repetitions is None:
        yield Fault(("claim",), "needs controls.repetitions: it compares whole searches repeated on the truth table")
    if claim.claim == "convergence" and not _continuous(study):
        yield Fault(("claim",), "is about one continuous decision, which the space does not have", claim.claim)
    if claim.claim != "lowers-gradient-variance":
        return
    if study.controls.gradient is None:
        yield Fault(("claim",), "needs controls.gradient: it compares estimates of the gradient at frozen policies")
    measured = study.controls.gradient.agents if study.controls.gradient else None
    if measured is not None and claim.agent in study.agents and claim.agent not in measured:
        yield Fault(("agent",), "is not measured: name it in controls.gradient.agents", claim.agent)
    able = gradient_agents(study)
    for key in ("agent", "against"):
        label = getattr(claim, key)
        if label in study.agents and label not in able:
            problem = f"must learn by policy gradient; here: {', '.join(able) or 'none'}"
            yield Fault((key,), problem, label)


def gradient_agents(study: StudySettings) -> list[str]:
    """Return the agents that learn by policy gradient, whose estimates can be measured."""
    return [label for label in study.agents if _attribute(study, label, "gradient_estimator")]


def power(study: StudySettings) -> Iterator[Fault]:
    """Claims that no result could decide: the smallest p lies above Holm's strictest level, alpha / claims."""
    level = study.alpha / max(1, len(study.claims))
    yield from _trainings(study)
    needs: dict[KeyPath, tuple[int, int, str]] = {}
    for claim in study.claims:
        if claim.claim == "lowers-gradient-variance":
            continue  # A t test has no smallest p; see `_trainings`.
        key, seeds = seeds_of(study, claim)
        if not seeds:
            continue
        need = next(n for n in count(seeds) if _decides(study, claim, n, level))
        if seeds < need and (key not in needs or needs[key][1] < need):
            needs[key] = (seeds, need, f"{claim.claim} of {claim.agent}")
    for key, (seeds, need, claim_text) in needs.items():
        problem = (
            f"too few seeds to decide the claim {claim_text}: its level is alpha / claims = "
            f"{study.alpha:g} / {len(study.claims)} = {level:.3g}; must be at least {need} (or make fewer claims)"
        )
        yield Fault(key, problem, seeds)


def _trainings(study: StudySettings) -> Iterator[Fault]:
    """Too few trainings for the claims about the variance of the gradient, whose unit they are."""
    wanted, kind = study.controls.gradient, "lowers-gradient-variance"
    if wanted and wanted.searches < FEWEST_TRAININGS and any(claim.claim == kind for claim in study.claims):
        problem = f"too few trainings to decide {kind}, whose unit they are; must be at least {FEWEST_TRAININGS}"
        yield Fault(("controls", "gradient", "searches"), problem, wanted.searches)


def seeds_of(study: StudySettings, claim: ClaimSettings) -> tuple[KeyPath, int]:
    """Return the key that sets the sample size of a claim, and its value; 0 where that part of the settings lacks."""
    claim = compared(study, claim)
    if claim.claim == "lowers-gradient-variance":
        gradient = study.controls.gradient
        return ("controls", "gradient", "searches"), gradient.searches if gradient else 0
    if claim.claim == "selected-beats-baseline":
        return ("retrain", "seeds"), study.retrain.seeds
    if claim.claim == "beats-agent-on-table":
        repetitions = study.controls.repetitions
        return ("controls", "repetitions", "runs"), repetitions.runs if repetitions else 0
    return ("search", "seeds"), study.search.seeds


def _decides(study: StudySettings, claim: ClaimSettings, seeds: int, level: float) -> bool:
    if claim.claim == "convergence":
        return seeds >= SMALLEST_SAMPLE and at_most(smallest_p(seeds, study.controls.runs), level)
    if not paired(study, claim):
        return at_most(smallest_p(seeds, seeds), level)
    return at_most(smallest_paired_p(seeds), level) if seeds >= SIGN_FLIP_PAIRS else seeds >= FEWEST_TRAININGS


def paired(study: StudySettings, claim: ClaimSettings) -> bool:
    """Tell whether the values of a claim's two arms are pairs: known from the settings, before anything runs.

    Repetitions on a table are. Retraining runs are where candidates say how one network is trained, since these share
    the seeds of their runs (`retraining.run_seed`); other candidates are other networks and share none. Searches are
    not: two agents share the noise of a candidate only where they meet it in searches of the same seed.
    """
    claim = compared(study, claim)
    if claim.claim == "selected-beats-baseline":
        return artefacts.stepwise(study)
    return claim.claim in ("beats-agent-on-table", "lowers-gradient-variance")


def _continuous(study: StudySettings) -> bool:
    space = plugins.load("spaces", study.space.type).SPACE(study.space)
    return isinstance(space.next(()), Continuous)


def _learners(study: StudySettings) -> list[str]:
    return [label for label, settings in study.agents.items() if learns(settings)]


def _attribute(study: StudySettings, label: str, name: str) -> bool:
    """Return a yes or no of an agent's class; yes for a module that has no class yet."""
    agent = getattr(plugins.load("agents", study.agents[label].type), "AGENT", None)
    return agent is None or bool(getattr(agent, name, False))
