"""The recipes that a study tries on each slot before it is retrained (`retrain.tune`)."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from rlsearch.config.models import StudySettings
from rlsearch.config.task_models import TaskSettings


@dataclass(frozen=True)
class Recipe:
    """A target task with other values.

    Attributes:
        task: the whole of it; changes: what is varied, by dotted keys, as plain values.
    """

    task: TaskSettings
    changes: Mapping[str, Any]

    @property
    def options(self) -> dict[str, Any]:
        """The options of its network that are varied."""
        head = "network_options."
        return {key.removeprefix(head): value for key, value in self.changes.items() if key.startswith(head)}


def recipes(study: StudySettings) -> tuple[Recipe, ...]:
    """Return the recipes of a study, the last list of values running fastest; none where nothing is tuned.

    Raises:
        ValueError: the target's other keys do not allow one of them.
    """
    tune = study.retrain.tune if study.retrain is not None else None
    if tune is None:
        return ()
    target, varied = study.tasks["target"], tune.values
    return tuple(_recipe(target, dict(zip(varied, each, strict=True))) for each in itertools.product(*varied.values()))


def _recipe(target: TaskSettings, values: Mapping[str, Any]) -> Recipe:
    update: dict[str, Any] = {}
    if "optimizer.lr" in values:
        update["optimizer"] = target.optimizer.model_copy(update={"lr": values["optimizer.lr"]})
    if "schedule" in values:
        update["schedule"] = values["schedule"]
    changes = {key: _plain(value) for key, value in values.items()}
    varied = Recipe(target, changes).options
    if varied:
        update["network_options"] = {**target.network_options, **varied}
    # Validated once more: some keys do not go together.
    own = {name: getattr(target, name) for name in type(target).model_fields}
    return Recipe(TaskSettings.model_validate({**own, **update}), changes)


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value
