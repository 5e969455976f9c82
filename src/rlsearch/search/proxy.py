"""What answers for a study's children: the proxy task trained, or a truth table. Its files, identity and prices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from rlsearch import provenance
from rlsearch.config import artefacts
from rlsearch.config.models import Params, SearchSettings
from rlsearch.data.digest import data_digest
from rlsearch.errors import SettingsError
from rlsearch.files import digest
from rlsearch.search.budget import Prices
from rlsearch.search.identity import task_digest
from rlsearch.spaces.base import Space, Spec
from rlsearch.truth import recipe as recipes
from rlsearch.truth import table as tables

PRICED = 16
"""Candidates from whose costs the mean cost of a space is taken."""


def files(params: Params, study: str, root: Path) -> tuple[Path, ...]:
    """Return the data that a search reads: the table's validation part, or the parts to train and to validate on."""
    settings = params.studies[study]
    if settings.table is not None:
        return (tables.file(settings.table, "validation", root),)
    folder = root / artefacts.data_folder(settings.dataset)
    return folder / "train.npz", folder / "validation.npz"


def identity(params: Params, study: str, root: Path, *, permuted: bool = False) -> str:
    """Return the digest of all that shapes an outcome besides spec and seed.

    For a table: its name, its validation part, its recipe, and the code that looks things up.
    """
    settings, data = params.studies[study], files(params, study, root)
    if settings.table is None:
        return task_digest(settings.proxy, params.runtime, data, permuted=permuted)
    recipe = recipes.read(settings.table, root)
    plugins = (
        provenance.plugin_module("spaces", recipe.space.type),  # which row a candidate is
        provenance.plugin_module("sources", recipe.dataset.source),  # what a training costs
        provenance.kind_module(recipe.proxy.network),
        *provenance.optimizer_modules(),
    )
    return digest(
        {
            "table": settings.table,
            "data": data_digest(data),
            "recipe": recipe.model_dump(mode="json"),
            "code": provenance.code_digest("rlsearch.search.table_evaluator", *plugins),
        }
    )


def typical(space: Space, trials: int) -> list[Spec]:
    """Return candidates that cover the space, as deep as it stands after `trials`, each network and training once.

    Candidates of one network differ in what costs nothing (a scale), so the first stands for all.
    """
    stage = space.at(trials)
    specs = [stage.decode(actions) for actions in stage.spread(PRICED)]
    costly = [digest([spec.get("network", {}), spec.get("training", {})]) for spec in specs]
    return [spec for place, spec in enumerate(specs) if costly[place] not in costly[:place]]


def prices(space: Space, settings: SearchSettings, cost: Callable[[Spec], int]) -> Prices:
    """Return the prices of a study that trains its children; `cost` counts one full training.

    Raises:
        SettingsError: no network of the space can be built for the study's images.
    """
    stage = space.at(settings.trials)
    largest = stage.largest()
    specs = typical(space, settings.trials)
    found = costs(specs, cost)
    if not found:
        raise _unbuildable(stage, specs, cost)
    dearest = [] if largest is None else costs([stage.decode(largest)], cost)
    return replace(Prices.of(found), largest=max([*found, *dearest]))


def _unbuildable(space: Space, specs: Sequence[Spec], cost: Callable[[Spec], int]) -> SettingsError:
    reason = ""
    try:
        cost(specs[0])
    except ValueError as error:
        reason = str(error)
    tried = "the network" if len(specs) == 1 else f"none of {len(specs)} networks from all over the space"
    return SettingsError(
        f"{tried} {'cannot' if len(specs) == 1 else 'can'} be built for the images of the study's dataset: {reason}",
        where=f"{space.describe(specs[0])} (key {space.key(specs[0])})"
        + ("" if len(specs) == 1 else ", the first that was tried"),
        remedy="give the study a dataset of larger images, another network, or a space of smaller kernels and strides",
    )


def costs(specs: Sequence[Spec], cost: Callable[[Spec], int]) -> list[int]:
    """Return the costs of the networks that can be built."""
    found = []
    for spec in specs:
        with suppress(ValueError):
            found.append(cost(spec))
    return found
