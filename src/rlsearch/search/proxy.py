"""What full trainings of a study's candidates cost, from candidates drawn by name all over the space."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rlsearch import seeds
from rlsearch.config.models import SearchSettings
from rlsearch.errors import RlsearchError, SettingsError
from rlsearch.files import canonical_json
from rlsearch.search.budget import Prices, rounded_mean
from rlsearch.search.out_of_memory import is_out_of_memory
from rlsearch.spaces.base import Space, Spec

DRAWN = 1000
"""Candidates from whose costs the mean cost of a space is taken: costs may differ by two orders of magnitude."""

Cost = Callable[[Spec], int]
"""Counts a training of a spec; an exception says that it cannot be built."""


@dataclass(frozen=True)
class Drawn:
    """Draws that cost the same: the first of them, and how many there are.

    Candidates of one network differ in what costs nothing (a scale), so the first represents them all.
    """

    spec: Spec
    times: int


def drawn(space: Space, trials: int) -> list[Drawn]:
    """Return candidates that the space's uniform policy draws, as deep as it is after `trials`."""
    stage, rng = space.at(trials), seeds.generator("prices")
    first, times = dict[str, Spec](), Counter[str]()
    for actions, count in Counter(stage.sample(rng) for _ in range(DRAWN)).items():
        spec = stage.decode(actions)
        costly = [part for name in ("network", "training") if (part := spec.get(name))]
        key = canonical_json(costly) if costly else ""
        first.setdefault(key, spec)
        times[key] += count
    return [Drawn(spec, times[key]) for key, spec in first.items()]


def prices(
    space: Space, settings: SearchSettings, cost: Cost, most: Cost | None = None, draws: Sequence[Drawn] | None = None
) -> Prices:
    """Return the prices of a study that trains its children.

    Args:
        cost: of one full training; most: of all tries that it may have, by default of one.
        draws: those of `drawn`, where they are known.

    Raises:
        SettingsError: no network of the space can be built for the study's data.
    """
    stage = space.at(settings.trials)
    largest = stage.largest()
    draws = draws or drawn(space, settings.trials)
    full = _of_all(draws, cost)
    if not full:
        raise _unbuildable(stage, draws, cost)
    asked = full if most is None else _of_all(draws, most)
    costliest = [] if largest is None else costs([stage.decode(largest)], most or cost)
    known = {*asked, *costliest}
    # Of unlike costs nobody knows the least: other candidates may cost less than those that were drawn.
    return Prices(rounded_mean(full), max(known), min(known) if len(known) == 1 else 0, rounded_mean(asked))


def _of_all(draws: Sequence[Drawn], cost: Cost) -> list[int]:
    return [price for draw in draws for price in costs([draw.spec], cost) * draw.times]


def _unbuildable(space: Space, draws: Sequence[Drawn], cost: Cost) -> SettingsError:
    spec = draws[0].spec
    error = counted(spec, cost)
    reason = str(error) or type(error).__name__
    tried = "the network" if len(draws) == 1 else f"none of {len(draws)} networks from all over the space"
    return SettingsError(
        f"{tried} {'cannot' if len(draws) == 1 else 'can'} be built for the study's dataset: {reason}",
        where=f"{space.describe(spec)} (key {space.key(spec)})"
        + ("" if len(draws) == 1 else ", the first that was tried"),
        remedy="give the study a dataset of larger samples, another network, or a space of smaller ones",
    )


def costs(specs: Sequence[Spec], cost: Cost) -> list[int]:
    """Return the costs of the networks that can be built."""
    return [answer for spec in specs if isinstance(answer := counted(spec, cost), int)]


def counted(spec: Spec, cost: Cost) -> int | Exception:
    """Return what a training costs, or why its network cannot be built.

    A network that is too small or too deep for its data says so by a ValueError; one with a mistake may raise anything,
    as its training will, which is recorded as failed. Faults of the machine and of the settings pass through.
    """
    try:
        return cost(spec)
    except (MemoryError, OSError, RlsearchError):
        raise
    except Exception as error:  # a network is anybody's code
        if is_out_of_memory(error):
            raise
        return error
