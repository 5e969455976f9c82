"""Transfers: what a study selected, trained with another task on another dataset."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from rlsearch.config.base import Count, Distinct, Extended, Name
from rlsearch.config.retrain_models import TrainOn
from rlsearch.config.task_models import TaskSettings


class TransferSettings(Extended):
    """The candidates of a study's `slots`, trained with `task` on `dataset` in `seeds` runs each.

    As in retraining, the test set is measured once, at the end. `weights: source` begins with the weights that the
    study's own retraining ended with (its first run), where names and shapes are the new network's; `none` begins with
    new ones. `train_on` is the transfer's own: the study's says nothing of it.
    """

    later: ClassVar[tuple[str, ...]] = ("train_on",)

    study: Name
    slots: Annotated[tuple[Name, ...], Field(strict=False, min_length=1), Distinct]
    dataset: Name
    task: TaskSettings
    seeds: Count
    weights: Literal["none", "source"] = "none"
    train_on: TrainOn = "train-and-validation"
