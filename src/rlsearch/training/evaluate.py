"""evaluate(spec, task, seed) -> outcome: train one child and measure it.

The optimizer of a child may be chosen step by step: by a schedule, a frozen policy, or at random.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import nn

from rlsearch.training.checkpoint import Checkpoint
from rlsearch.training.choosing import chooser
from rlsearch.training.episode import Episode
from rlsearch.training.forward_flops import training_flops
from rlsearch.training.loop import measure
from rlsearch.training.outcome import Outcome, UnfitError, part
from rlsearch.training.plan import Plan
from rlsearch.training.progressed import Progressed
from rlsearch.training.scope import child_scope
from rlsearch.training.task import Task
from rlsearch.training.tries import build_and_fit

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trained:
    """A trained child: its outcome, its (loss, measure) per epoch on the training data, and the model itself.

    `rows` says more of each epoch where optimizers were chosen on the way (see `_rows`); `unfit` says why
    there is no model.
    """

    outcome: Outcome
    curve: list[tuple[float, float]]
    model: nn.Module | None
    parameters: int
    rows: tuple[Mapping[str, Any], ...] = ()
    unfit: UnfitError | None = None


def evaluate(spec: Mapping[str, Any], task: Task, seed: int, checkpoint: Checkpoint | None = None) -> Outcome:
    """Train a child on the task's training data and measure it; a pure function of (spec, task, data, seed).

    Returns an outcome `invalid` when the spec cannot be built and `diverged` when a loss was NaN or infinite,
    also the measured one, since the last step may have broken the weights.
    """
    return train(spec, task, seed, checkpoint, best=True).outcome


def train(
    spec: Mapping[str, Any], task: Task, seed: int, checkpoint: Checkpoint | None = None, *, best: bool = False
) -> Trained:
    """As `evaluate`, and return the model and its curve as well; without `best` it is measured once, at the end.

    Restarts and early stopping are then decided by the training data: the data to measure on are the test set's.
    """
    if "training" in spec:
        return _scheduled(spec, task, seed, checkpoint)
    settings, (split, held_out) = task.settings, task.data
    with child_scope(seed, task.device, task.runtime.child_threads):

        def late(model: nn.Module, epoch: int) -> dict[str, float] | None:
            return measure(model, held_out, settings) if epoch > settings.epochs - settings.best_of_last else None

        # With `best_of_last` 1 the last epoch counts, which is measured below in any case.
        hook = late if best and settings.best_of_last > 1 else None
        watched = held_out if best else split
        try:
            model, progress = build_and_fit(spec, task, seed, watched, checkpoint=checkpoint, after_epoch=hook)
        except UnfitError as error:
            return _invalid(error, spec)
        forward = task.forward_flops(model, spec)
        counted = _counted(progress, task) if best else []
        metrics = max(counted, key=settings.measure.key_of) if counted else measure(model, held_out, settings)
    epochs, samples = progress.spent
    outcome = Outcome(
        status="diverged" if progress.diverged or not math.isfinite(metrics["loss"]) else "ok",
        metrics=metrics,
        epochs=epochs,
        samples=samples,
        flops=training_flops(forward, samples) * settings.optimizer.passes,
        restarts=progress.restarts,
    )
    return Trained(outcome, progress.curve, model, sum(p.numel() for p in model.parameters() if p.requires_grad))


def _counted(progress: Progressed, task: Task) -> list[dict[str, float]]:
    """Return what was measured after the epochs of which the best one counts: the last few, with patience all."""
    # A child that diverged is judged by what it has become, not by a better moment before.
    if progress.diverged:
        return []
    settings = task.settings
    first = 1 if settings.patience is not None else settings.epochs - settings.best_of_last + 1
    return [metrics for epoch, metrics in progress.measured.items() if epoch >= first]


def _invalid(error: UnfitError, spec: Mapping[str, Any]) -> Trained:
    log.warning("a child cannot be made, by its %s: %s; spec %s", error.part, error, dict(spec))
    return Trained(Outcome("invalid", error=error.cause), [], None, 0, unfit=error)


def _scheduled(spec: Mapping[str, Any], task: Task, seed: int, checkpoint: Checkpoint | None) -> Trained:
    """Train a child whose optimizer is chosen step by step, and measure it where its training did not look."""
    try:
        episode = _played(spec, task, seed, checkpoint)
    except UnfitError as error:
        return _invalid(error, spec)
    outcome = episode.outcome
    if task.test is not None:
        with child_scope(seed, task.device, task.runtime.child_threads):
            # The steps were measured on the validation part; the test part is looked at once, here.
            metrics = measure(episode.model, task.test_data, task.settings, thorough=True)
            outcome = replace(outcome, metrics=metrics)
    curve = [point for step in episode.steps for point in step.curve]
    parameters = sum(p.numel() for p in episode.model.parameters() if p.requires_grad)
    return Trained(outcome, curve, episode.model, parameters, tuple(_rows(episode)))


def _played(spec: Mapping[str, Any], task: Task, seed: int, checkpoint: Checkpoint | None) -> Episode:
    """Train a child as its spec's "training" says, and return it as it then stands.

    Raises:
        UnfitError: the network cannot be built, the task's epochs do not divide into the steps, or a step of the
            training raised a ValueError.
    """
    training, measure = spec["training"], task.settings.measure
    with part("training"):
        episode = Episode(task, spec, Plan.of(training), seed)
        choose = chooser(training, measure, task.form.outputs, seed)
    state = checkpoint.load() if checkpoint else None
    if state is not None:
        episode.load(state)
    while not episode.ended:
        with part("training"):
            episode.step(choose([(measure.of(step.metrics), step.loss) for step in episode.steps], episode.labels))
        if checkpoint:
            checkpoint.save(episode.state())
    episode.restore_best()
    return episode


def _rows(episode: Episode) -> list[dict[str, Any]]:
    """Return one row an epoch: its optimizer, training values, and after the last epoch of a step the validation's."""
    table, measure = [], episode.task.settings.measure
    for label, step in zip(episode.labels, episode.steps, strict=True):
        for place, (loss, level) in enumerate(step.curve, 1):
            last = place == step.epochs
            table.append(
                {
                    "train_loss": loss,
                    f"train_{measure.name}": level,
                    "optimizer": label,
                    f"validation_{measure.name}": measure.of(step.metrics) if last else None,
                    "validation_loss": step.loss if last else None,
                    # Epochs of a step are not counted apart; they cost the same.
                    "cost": step.flops / step.epochs,
                }
            )
    return table
