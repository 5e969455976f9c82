"""Recipes that are tried before slots are retrained: each must be one, and the validation data must be there for it."""

from __future__ import annotations

from collections.abc import Iterator

from rlsearch.checks import networks
from rlsearch.config import artefacts
from rlsearch.config.faults import NOTHING, Fault
from rlsearch.config.models import DatasetSettings, StudySettings
from rlsearch.config.recipes import recipes

PLACE = ("retrain", "tune")


def tune(study: StudySettings) -> Iterator[Fault]:
    """Yield what keeps a study's recipes from being tried, or from being recipes."""
    if study.target is None or study.retrain is None or study.retrain.tune is None:
        return
    if artefacts.stepwise(study):
        problem = f"must be null: candidates of space {study.space.type} say themselves how they are trained"
        yield Fault(PLACE, problem, NOTHING)
        return
    try:
        tried = recipes(study)
    except ValueError as error:
        yield Fault(PLACE, f"makes a target that cannot be: {_first_line(error)}", NOTHING)
        return
    # Recipes differ in values alone: what one has, all have.
    known = {fault.path for fault in (*networks.options(study), *networks.chosen(study))}
    one = study.model_copy(update={"target": tried[0].task})
    for fault in (*networks.options(one), *networks.chosen(one)):
        if fault.path[0] == "target" and fault.path not in known:
            yield Fault((*PLACE, *fault.path[1:]), fault.problem, NOTHING)


def validated(study: StudySettings, dataset: DatasetSettings) -> Iterator[Fault]:
    """Yield recipes that would be chosen on the test set."""
    if study.retrain is not None and study.retrain.tune is not None and dataset.validation == "published-test":
        problem = (
            f"must be null: the validation data of {study.dataset} are its test set (`validation: published-test`), by "
            "which recipes would be chosen and judged"
        )
        yield Fault(PLACE, problem, NOTHING)


def built(study: StudySettings, dataset: DatasetSettings) -> Iterator[Fault]:
    """Yield options with which a network cannot be built, as `networks.built` does for the target itself."""
    for recipe in recipes(study):
        if not recipe.options:
            return
        one = study.model_copy(update={"target": recipe.task})
        for fault in networks.built(one, dataset):
            if fault.path[0] == "target":
                yield Fault((*PLACE, *fault.path[1:]), fault.problem, recipe.options)


def _first_line(error: ValueError) -> str:
    errors = getattr(error, "errors", None)  # of pydantic, whose own text has many lines
    return str(errors()[0]["msg"]).removeprefix("Value error, ") if errors else str(error)
