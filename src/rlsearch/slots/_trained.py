"""The different networks that the searches of a study trained, and what each training reached on the proxy."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rlsearch.measures import Measure
from rlsearch.spaces.base import Space, Spec

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Trained:
    """A network, and the validation levels of its trainings.

    Attributes:
        spec, key: as a ledger has them; of several keys of one network, the first by the alphabet.
        levels: of the trainings that ended with status ok; other: how many did not, or have no finite level.
    """

    spec: Spec
    key: str
    levels: tuple[float, ...]
    other: int


def trained(ledgers: Iterable[tuple[int, Sequence[Row]]], space: Space, measure: Measure) -> list[Trained]:
    """Return every different network of some ledgers: by their mean levels, best first, and last those without any.

    Equal ones are in the order of their keys, so that agents and the order of searches decide nothing.

    Each training counts once: that of a candidate follows from the search seed and the replicate, whichever agent asks
    for it and how often. Names that a space keeps apart (`Space.kept_apart`) are one network here, and trainings under
    each of them count.

    Args:
        ledgers: (search seed, trials); space: of which they are; measure: of the levels.
    """
    networks: dict[Hashable, dict[tuple[str, int, int], Row]] = {}
    for seed, trials in ledgers:
        for trial in trials:
            trainings = networks.setdefault(_network(space, trial), {})
            trainings.setdefault((trial["key"], seed, trial["replicate"]), trial)
    found = [_summed(list(trainings.values()), measure) for trainings in networks.values()]

    def place(network: Trained) -> tuple[float, str]:
        level = measure.mean(network.levels) if network.levels else None
        return -measure.key(level), network.key

    return sorted(found, key=place)


def level_numbers(levels: Sequence[float], excluded: int, measure: Measure) -> dict[str, Any]:
    """Return what a slot's file says of levels on the proxy: mean, sd, n, values, and how many trainings have none."""
    return {
        f"mean_{measure.name}": measure.mean(levels) if levels else None,
        f"sd_{measure.name}": measure.sd(levels) if len(levels) > 1 else None,
        "n": len(levels),
        "excluded": excluded,
        "values": list(levels),
    }


def level_of(trial: Row, measure: Measure) -> float | None:
    """Return the finite level that a trial was measured at, if it was."""
    if trial["metrics"].get(measure.metric) is None:
        return None
    level = float(measure.of(trial["metrics"]))
    return level if math.isfinite(level) else None


def _network(space: Space, trial: Row) -> Hashable:
    return space.canonical(tuple(trial["actions"])) if space.kept_apart else str(trial["key"])


def _summed(trials: Sequence[Row], measure: Measure) -> Trained:
    first = min(trials, key=lambda trial: str(trial["key"]))
    measured = [level_of(trial, measure) for trial in trials if trial["status"] == "ok"]
    levels = tuple(level for level in measured if level is not None)
    return Trained(first["spec"], first["key"], levels, len(trials) - len(levels))
