"""What a child of a study costs on average, before any data are there: FLOPs counted, seconds measured on a few."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from rlsearch.config.models import RuntimeSettings, StudySettings, TaskSettings
from rlsearch.config.recipes import recipes
from rlsearch.files import digest
from rlsearch.overview.sizes import Sizes
from rlsearch.search import proxy
from rlsearch.spaces._making import space_of
from rlsearch.spaces.base import Spec

if TYPE_CHECKING:
    from rlsearch.training.calibrate import ChildCost, ImaginedTask

TIMED = (1 / 6, 1 / 2, 5 / 6)
"""Shares of a space's draws that take no more FLOPs than a network whose training is timed."""
ARITHMETIC = 2 * 10**11
"""FLOPs of a batch on which a core works for seconds, whatever else it does: training is then arithmetic above all."""


def cost_of_child(
    study: StudySettings,
    settings: TaskSettings,
    runtime: RuntimeSettings,
    data: Sizes,
    counts: tuple[int, int],
    draws: Sequence[proxy.Drawn] | None = None,
) -> ChildCost:
    """Return the mean cost of a child; where the costs of networks differ, the time is that of a few (`TIMED`).

    Args:
        study: has the space; settings: the proxy or the target, which say how a child trains.
        runtime: device and threads to measure with.
        data: the dataset; counts: samples to train on and to measure on.
        draws: candidates of the space (`proxy.drawn`), where they are known already.
    """
    from rlsearch.training.calibrate import ChildCost, ImaginedTask, child_cost

    nowhere = (Path("train.npz"),), Path("measure.npz")
    task = ImaginedTask(settings, runtime, *nowhere, imagined=data.form, counts=counts)
    space = space_of(study.space)
    draws = draws or proxy.drawn(space, study.search.trials)
    prices = proxy.prices(space, study.search, task.full_cost, draws=draws)
    if len(draws) == 1:
        return child_cost(task, dict(draws[0].spec))
    priced = [(price, draw) for draw in draws for price in proxy.costs([draw.spec], task.full_cost)]
    drawn = [(price, draw.spec) for price, draw in sorted(priced, key=lambda one: one[0]) for _ in range(draw.times)]
    timed = list(_timed(task, [drawn[int(share * len(drawn))] for share in TIMED]))
    seconds, weights = fmean(cost.seconds for cost in timed), round(fmean(cost.weights for cost in timed))
    return ChildCost(prices.mean, seconds, weights, alike=prices.least == prices.largest)


def cost_of_recipes(
    study: StudySettings, runtime: RuntimeSettings, data: Sizes, draws: Sequence[proxy.Drawn]
) -> tuple[ChildCost, ...]:
    """Return the mean cost of trying each of a study's recipes on a network (`retrain.tune`); () where there are none.

    Learning rate and schedule leave it as it is: networks of the same options are timed once.
    """
    costs: dict[str, ChildCost] = {}
    tried = recipes(study)
    for recipe in tried:
        if (key := digest(recipe.options)) not in costs:
            costs[key] = cost_of_child(study, recipe.task, runtime, data, (data.train, data.validation), draws)
    return tuple(costs[digest(recipe.options)] for recipe in tried)


def _timed(task: ImaginedTask, networks: Sequence[tuple[int, Spec]]) -> Iterator[ChildCost]:
    """Yield the costs of networks, given with their FLOPs from few to many.

    Of small networks one of half the FLOPs takes much more than half the time. Where a batch takes
    seconds, larger networks take as much longer as they have more FLOPs, and are not timed.
    """
    from rlsearch.training.calibrate import ENOUGH, child_cost, state_bytes

    last, batches = None, task.settings.epochs * task.counts[0] / task.settings.batch_size
    for flops, spec in networks:
        if last is not None and last.flops > ARITHMETIC * batches:
            seconds = last.seconds * flops / last.flops
            yield replace(last, flops=flops, seconds=seconds, weights=state_bytes(task, spec))
        else:
            last = child_cost(task, spec, ENOUGH / len(TIMED))
            yield last
