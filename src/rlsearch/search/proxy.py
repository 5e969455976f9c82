"""What full trainings of a study's candidates cost, from candidates all over the space."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from rlsearch.config.models import SearchSettings
from rlsearch.errors import SettingsError
from rlsearch.files import digest
from rlsearch.search.stopping import Prices
from rlsearch.spaces.base import Space, Spec

PRICED = 16
"""Candidates from whose costs the mean cost of a space is taken."""


def typical(space: Space, trials: int) -> list[Spec]:
    """Return candidates that cover the space, as deep as it is after `trials`, each network and training once.

    Candidates of one network differ in what costs nothing (a scale), so the first represents them all.
    """
    stage = space.at(trials)
    specs = [stage.decode(actions) for actions in stage.spread(PRICED)]
    costly = [digest([spec.get("network", {}), spec.get("training", {})]) for spec in specs]
    return [spec for place, spec in enumerate(specs) if costly[place] not in costly[:place]]


def prices(space: Space, settings: SearchSettings, cost: Callable[[Spec], int]) -> Prices:
    """Return the prices of a study that trains its children; `cost` counts one full training.

    Raises:
        SettingsError: no network of the space can be built for the study's data.
    """
    stage = space.at(settings.trials)
    largest = stage.largest()
    specs = typical(space, settings.trials)
    typical_costs = costs(specs, cost)
    if not typical_costs:
        raise _unbuildable(stage, specs, cost)
    costliest = [] if largest is None else costs([stage.decode(largest)], cost)
    return replace(Prices.of(typical_costs), largest=max([*typical_costs, *costliest]))


def _unbuildable(space: Space, specs: Sequence[Spec], cost: Callable[[Spec], int]) -> SettingsError:
    reason = ""
    try:
        cost(specs[0])
    except ValueError as error:
        reason = str(error)
    tried = "the network" if len(specs) == 1 else f"none of {len(specs)} networks from all over the space"
    return SettingsError(
        f"{tried} {'cannot' if len(specs) == 1 else 'can'} be built for the study's dataset: {reason}",
        where=f"{space.describe(specs[0])} (key {space.key(specs[0])})"
        + ("" if len(specs) == 1 else ", the first that was tried"),
        remedy="give the study a dataset of larger samples, another network, or a space of smaller ones",
    )


def costs(specs: Sequence[Spec], cost: Callable[[Spec], int]) -> list[int]:
    """Return the costs of the networks that can be built."""
    buildable = []
    for spec in specs:
        # A network too small or too deep for its input says so by a ValueError; the others of the space count.
        with suppress(ValueError):
            buildable.append(cost(spec))
    return buildable
