"""Which recipe a slot's network is retrained with: each is tried once, and measured on the validation data.

A try is a retraining on the training data alone: whether it begins again or stops early, these data decide, and the
validation data are measured once, at its end. All recipes of a candidate have one seed, which no retraining has. The
test set takes no part.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rlsearch.config.recipes import Recipe
from rlsearch.measures import Measure
from rlsearch.search.reserve import reserved
from rlsearch.search.store import Store, outcome_key
from rlsearch.seeds import integer

if TYPE_CHECKING:
    from rlsearch.training.task import Task

Chosen = Mapping[str, Any]


@dataclass(frozen=True)
class Tuned:
    """What came of a candidate's tries.

    Attributes:
        recipe: the best one; where none ended well, the first.
        block: for the slot's metrics: every try, and the place of the best.
        cached: whether the store had them all.
    """

    recipe: Recipe
    block: Mapping[str, Any]
    cached: bool


@dataclass(frozen=True)
class Trial:
    """A recipe with the task that tries it, and the identity of that task."""

    recipe: Recipe
    task: Task
    identity: str


def tuned(trials: Sequence[Trial], chosen: Chosen, study: str, measure: Measure, store: Store) -> Tuned:
    """Return the recipe that is best for a candidate, after trying those that the store does not have."""
    answers = [_tried(trial, chosen, integer("tune", study, chosen["key"]), store) for trial in trials]
    outcomes = [outcome for outcome, _ in answers]
    sound = [place for place, outcome in enumerate(outcomes) if _sound(outcome)]
    # Of equal ones the first.
    best = max(sound, key=lambda place: measure.key_of(outcomes[place]["metrics"]), default=0)
    tries = [_row(trial.recipe, outcome) for trial, outcome in zip(trials, outcomes, strict=True)]
    block = {"tries": tries, "chosen": best, "sound": bool(sound)}
    return Tuned(trials[best].recipe, block, all(stored for _, stored in answers))


def _sound(outcome: Mapping[str, Any]) -> bool:
    loss = outcome["metrics"].get("loss")
    return outcome["status"] == "ok" and loss is not None and math.isfinite(loss)


def _row(recipe: Recipe, outcome: Mapping[str, Any]) -> dict[str, Any]:
    measured = {f"validation_{name}": value for name, value in outcome["metrics"].items()}
    costs = {name: outcome[name] for name in ("status", "flops", "samples", "epochs")}
    return {"recipe": dict(recipe.changes), **costs, **measured}


def _tried(trial: Trial, chosen: Chosen, seed: int, store: Store) -> tuple[Mapping[str, Any], bool]:
    """Return the outcome of one try as JSON values, and whether the store had it."""
    key = outcome_key(trial.identity, chosen["key"], seed)
    if (record := store.read(key)) is not None:
        return record, True
    reservation = reserved(store.path(key, ".lock"))
    try:
        if (record := store.read(key)) is not None:
            return record, True  # another slot holds the same candidate, and has tried it meanwhile
        from rlsearch.training.checkpoint import Checkpoint
        from rlsearch.training.evaluate import train

        checkpoint = Checkpoint(store.path(key, ".checkpoint"))
        record = train(chosen["spec"], trial.task, seed, checkpoint).outcome.to_json()
        store.write(key, record)
        checkpoint.remove()
        return record, False
    finally:
        reservation.release()
