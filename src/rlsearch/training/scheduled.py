"""Play a whole training run whose optimizer is chosen step by step: by a schedule, a frozen policy, or at random."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlsearch.training.checkpoint import Checkpoint
from rlsearch.training.choosing import chooser
from rlsearch.training.episode import Episode
from rlsearch.training.plan import Plan
from rlsearch.training.task import Task
from rlsearch.training.unfit import part


def rows(episode: Episode) -> list[dict[str, Any]]:
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


def play(spec: Mapping[str, Any], task: Task, seed: int, checkpoint: Checkpoint | None = None) -> Episode:
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
