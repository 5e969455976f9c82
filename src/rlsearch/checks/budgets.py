"""Budgets of searches: does each pay for any first trial, and for its trainings as a finalist?

`search.limits` asks the same when a search begins. Here it is asked before any work, without data and without torch, so
a study is left out whose images nobody has seen yet, or whose networks nobody can count without building them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rlsearch.checks.kinds import form_of
from rlsearch.config import artefacts, network_flops
from rlsearch.config.faults import Fault, KeyPath
from rlsearch.config.models import Params, StudySettings
from rlsearch.config.twins import learns
from rlsearch.data.kinds import _registry as kinds
from rlsearch.data.kinds.base import Form
from rlsearch.errors import SettingsError
from rlsearch.search import proxy, ready
from rlsearch.search.budget import Prices
from rlsearch.search.limits import Shortfall, shortfall
from rlsearch.search.proxy import Cost
from rlsearch.spaces._making import space_of
from rlsearch.spaces.base import Actions, Spec
from rlsearch.spaces.closed_loop import ClosedLoop

SAMPLES = 10**9
"""Images of an epoch: as many for every network, so that any number will do. A large one makes no rounding count."""

MANY_TIMES = 10
"""A search whose cheapest candidates cost less than one in this many of the mean may run away: its trials are not those
that the budget was made for, and what small networks take besides FLOPs is in no price."""

Episode = Callable[[Actions], int]
"""Maps a whole schedule to its price."""


def trained(params: Params) -> Iterator[Fault]:
    """Yield the budgets that are too small, of studies that train their children."""
    for name, study in params.studies.items():
        form = _form(params, study.dataset) if study.trains else None
        priced = None if form is None else _prices(study, form)
        if priced is None:
            continue
        if lacking := worst(study, *priced, study.search.budget):
            yield fault(("studies", name, "search", "budget"), lacking, study.search.budget)


def worst(study: StudySettings, prices: Prices, episode: Episode, trainings: int) -> Shortfall | None:
    """Return what is wrong with a budget for the agent of a study that needs the most; None where it will do for all.

    Args:
        episode: prices what a learned policy may choose.
    """
    lacking, space = list[Shortfall](), space_of(study.space)
    for label, settings in study.agents.items():
        price = None
        if artefacts.learns_policy(study, label) and isinstance(space, ClosedLoop):
            price = episode(space.largest(getattr(settings, "optimizers", None)))
        search = artefacts.search_of(study, label)
        lacking += filter(None, [shortfall(prices, search, trainings, episode=price)])
    return max(lacking, key=lambda one: one.fewest, default=None)


def warnings(params: Params, *, brief: bool = False) -> Iterator[str]:
    """Yield studies whose budget pays for many times the trials that it was made for, with no limit on their number.

    Agents that do not learn keep to the mean cost, and a schedule that counts models ends by itself.
    """
    for name, study in params.studies.items():
        free = [label for label, agent in study.agents.items() if learns(agent) and not getattr(agent, "planned", 0)]
        form = _form(params, study.dataset) if study.trains and study.search.most_trials is None and free else None
        ratio = None if form is None else _cheapest(study, form)
        if ratio is None or ratio * MANY_TIMES >= 1:
            continue
        search, cheap = study.search, f"{ratio:.2g} of the mean"
        trials = math.floor(search.budget / ratio) - search.finalists * search.replicates
        if brief:
            yield f"{name}: no `search.most_trials`, and networks that cost {cheap}; see `rlsearch validate`"
        else:
            yield (
                f"studies.{name}.search.most_trials = null: the cheapest of {proxy.DRAWN:,} networks drawn from the "
                f"space costs {cheap}, so that a search by {' or '.join(free)} which comes to prefer such networks has "
                f"up to {trials:,} trials, where the mean pays for {search.trials:,}; it lasts longer than planned, "
                f"since small networks take more time than their FLOPs say: set most_trials, such as {search.trials}"
            )


def fault(path: KeyPath, lacking: Shortfall, trainings: int) -> Fault:
    """Return the fault of a budget at a path."""
    problem = f"must be at least {lacking.fewest}: {lacking.problem}; raise it, {lacking.remedy}"
    return Fault(path, problem, trainings)


def _form(params: Params, dataset: str) -> Form | None:
    """Return the form of a dataset; None of a user's own before it is fetched."""
    settings = params.datasets[dataset]
    if settings.own_data:
        manifest = ready.manifest(dataset) if ready.fetched(params, dataset) else None
        return None if manifest is None else kinds.of_source(settings.source).form(manifest)
    return form_of(settings)


@dataclass(frozen=True)
class _Costs:
    """Candidates that a study's searches may draw, and what trainings of them cost, in units of its own."""

    draws: Sequence[proxy.Drawn]
    full: Cost
    most: Cost


def _costs(study: StudySettings, form: Form) -> _Costs | None:
    """Return the costs of a study's candidates; None where nobody can tell without building them."""
    task, draws = study.tasks["proxy"], proxy.drawn(space_of(study.space), study.search.trials)
    forward = _forward(study, draws, form)
    if forward is None:
        return None

    def cost(spec: Spec, epochs: int = task.epochs) -> int:
        return math.ceil(forward(spec) * SAMPLES * epochs * task.passes(spec))

    return _Costs(draws, cost, lambda spec: cost(spec, task.most_epochs))


def _prices(study: StudySettings, form: Form) -> tuple[Prices, Episode] | None:
    """Return the prices of a study, and those of its episodes; None where nobody can tell."""
    space, costs = space_of(study.space), _costs(study, form)
    if costs is None:
        return None
    most = costs.most
    try:
        restarts = most if study.tasks["proxy"].restart else None
        prices = proxy.prices(space, study.search, costs.full, restarts, costs.draws)
    except SettingsError:
        return None  # none can be built for these data, which a plan and a search say in other words
    return prices, lambda actions: most(space.decode(actions))


def _cheapest(study: StudySettings, form: Form) -> float | None:
    """Return what the cheapest of the drawn networks costs, as a share of their mean; None where nobody can tell."""
    if (costs := _costs(study, form)) is None:
        return None
    known = [(cost, draw.times) for draw in costs.draws for cost in proxy.costs([draw.spec], costs.full) if cost > 0]
    total, times = sum(cost * count for cost, count in known), sum(count for _, count in known)
    return min(cost for cost, _ in known) * times / total if known else None


def _forward(study: StudySettings, draws: Sequence[proxy.Drawn], form: Form) -> Callable[[Spec], int] | None:
    """Return what counts a forward pass of a candidate's network; None where that would take building it."""
    if len({str(draw.spec.get("network")) for draw in draws}) == 1:
        return lambda _: 1  # one network, whatever it takes
    counter = network_flops.counter(study.tasks["proxy"].network)
    if counter is None:
        return None

    def count(spec: Spec) -> int:
        options: dict[str, Any] = {**study.tasks["proxy"].network_options, **spec.get("network", {})}
        return counter(form.shape, form.outputs, **options)

    return count
