"""Transfers: what a study selected, trained with another task on another dataset."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from rlsearch.config.base import Count, Distinct, Name, Settings
from rlsearch.config.task_models import TaskSettings


class TransferSettings(Settings):
    """The candidates of a study's `slots`, trained with `task` on `dataset` in `seeds` runs each.

    As in retraining, the test set is measured once, at the end. `weights: source` begins with the weights that the
    study's own retraining ended with (its first run), where names and shapes are the new network's; `none` begins with
    new ones.
    """

    study: Name
    slots: Annotated[tuple[Name, ...], Field(strict=False, min_length=1), Distinct]
    dataset: Name
    task: TaskSettings
    seeds: Count
    weights: Literal["none", "source"] = "none"
