"""Trains one child, and begins again at a lower learning rate where its first epoch taught it nothing.

Every try has a seed of its own, made by name from the child's: new weights, another order of the samples.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from rlsearch import seeds
from rlsearch.config.task_models import TaskSettings
from rlsearch.data.kinds.base import Resident
from rlsearch.training.checkpoint import Checkpoint
from rlsearch.training.loop import AfterEpoch, fit, learned_nothing, measure
from rlsearch.training.progressed import Progressed
from rlsearch.training.task import Task


def build_and_fit(
    spec: Mapping[str, Any],
    task: Task,
    seed: int,
    watched: Resident,
    *,
    checkpoint: Checkpoint | None = None,
    after_epoch: AfterEpoch | None = None,
) -> tuple[nn.Module, Progressed]:
    """Return a trained child and how it came to be; call it in a scope that is seeded by `seed`.

    Args:
        spec, task, seed: of the child.
        watched: the samples by which restarts and early stopping are decided.
        checkpoint: where the state is kept, and continued from; it says which try it belongs to.
        after_epoch: what else is measured after each epoch.

    Raises:
        UnfitError: the network cannot be built.
    """
    settings, restart = task.settings, task.settings.restart
    state = checkpoint.load() if checkpoint else None
    progress = Progressed(**state["progress"]) if state else Progressed()
    looks = _looks(settings, watched, after_epoch)
    worth = _threshold(settings, watched)
    while True:
        number = progress.restarts
        own = try_seed(seed, number)
        if number:
            # The scope belongs to the child, so its global generators may be seeded for each try.
            torch.manual_seed(own)
        model = task.build(spec, own)
        least = worth if restart and number < restart.most else None
        progress = fit(
            model,
            task.data[0],
            _slowed(settings, number),
            seed=own,
            progress=progress,
            state=state,
            checkpoint=checkpoint,
            after_epoch=looks,
            least=least,
        )
        if least is None or not learned_nothing(progress, settings, least):
            return model, progress
        progress, state = progress.again(), None


def try_seed(seed: int, number: int) -> int:
    """Return the seed of a try, by its number from 0: of the first one the child's own."""
    return seeds.integer("restart", seed, number) if number else seed


def _slowed(settings: TaskSettings, number: int) -> TaskSettings:
    """Return the settings of a try: the learning rate is lower in each."""
    if not number or settings.restart is None:
        return settings
    lr = settings.optimizer.lr * settings.restart.factor**number
    return settings.model_copy(update={"optimizer": settings.optimizer.model_copy(update={"lr": lr})})


def _threshold(settings: TaskSettings, watched: Resident) -> float | None:
    """Return the level that a first epoch must be better than; None where any will do."""
    if settings.restart is None:
        return None
    given = settings.restart.threshold
    return settings.measure.chance(watched.guessed) if given is None else given


def _looks(settings: TaskSettings, watched: Resident, after_epoch: AfterEpoch | None) -> AfterEpoch | None:
    """Return what measures `watched` after the epochs that decide something, where `after_epoch` has not done so."""
    if settings.patience is None and settings.restart is None:
        return after_epoch

    def look(model: nn.Module, epoch: int) -> dict[str, float] | None:
        noted = after_epoch(model, epoch) if after_epoch else None
        decides = settings.patience is not None or epoch == 1
        return measure(model, watched, settings) if decides and not noted else noted

    return look
