"""Budgets of searches: does each pay for any first trial, and for its trainings as a finalist?

`search.limits` asks the same when a search begins. Here it is asked before any work, without data and without torch, so
a study is left out whose images nobody has seen yet, or whose networks nobody can count without building them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from rlsearch.checks.kinds import form_of
from rlsearch.config import artefacts, network_flops
from rlsearch.config.faults import Fault, KeyPath
from rlsearch.config.models import Params, StudySettings
from rlsearch.data.kinds import _registry as kinds
from rlsearch.data.kinds.base import Form
from rlsearch.errors import SettingsError
from rlsearch.search import proxy, ready
from rlsearch.search.budget import Prices
from rlsearch.search.limits import Shortfall, shortfall
from rlsearch.spaces._making import space_of
from rlsearch.spaces.base import Actions, Spec
from rlsearch.spaces.closed_loop import ClosedLoop

SAMPLES = 10**9
"""Images of an epoch: as many for every network, so that any number will do. A large one makes no rounding count."""

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


def _prices(study: StudySettings, form: Form) -> tuple[Prices, Episode] | None:
    """Return the prices of a study in units of its own, and those of its episodes; None where nobody can tell."""
    space, task = space_of(study.space), study.proxy
    draws = proxy.drawn(space, study.search.trials)
    forward = _forward(study, draws, form)
    if forward is None:
        return None

    def cost(spec: Spec, epochs: int = task.epochs) -> int:
        return math.ceil(forward(spec) * SAMPLES * epochs * task.passes(spec))

    def most(spec: Spec) -> int:
        return cost(spec, task.most_epochs)

    try:
        prices = proxy.prices(space, study.search, cost, most if task.restart else None, draws)
    except SettingsError:
        return None  # none can be built for these data, which a plan and a search say in other words
    return prices, lambda actions: most(space.decode(actions))


def _forward(study: StudySettings, draws: Sequence[proxy.Drawn], form: Form) -> Callable[[Spec], int] | None:
    """Return what counts a forward pass of a candidate's network; None where that would take building it."""
    if len({str(draw.spec.get("network")) for draw in draws}) == 1:
        return lambda _: 1  # one network, whatever it takes
    counter = network_flops.counter(study.proxy.network)
    if counter is None:
        return None

    def count(spec: Spec) -> int:
        options: dict[str, Any] = {**study.proxy.network_options, **spec.get("network", {})}
        return counter(form.shape, form.outputs, **options)

    return count
