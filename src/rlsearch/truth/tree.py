"""Tables of one network trained in different ways, step by step; a whole tree of schedules shares its trunk.

With n optimizers and s steps there are n^s schedules, but only n + n^2 + ... + n^s different steps to train: 120 for
3 optimizers and 4 steps, where training every schedule from the start would take 324.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rlsearch.config.task_models import RuntimeSettings
from rlsearch.data.kinds.base import Resident
from rlsearch.spaces.base import Actions, Spec
from rlsearch.spaces.closed_loop import loop_of
from rlsearch.training.choosing import chooser
from rlsearch.training.episode import Episode
from rlsearch.training.loop import measure
from rlsearch.training.plan import Plan
from rlsearch.training.scope import child_scope
from rlsearch.training.task import Task
from rlsearch.truth.recipe import Recipe
from rlsearch.truth.stored import Arrays
from rlsearch.truth.table import PARTS, Integers


def grow(recipe: Recipe, data: Path, seed: int) -> tuple[Arrays, Integers]:
    """Train all schedules of a tree with one seed.

    Returns:
        {part: float32 (schedules, metrics, steps)}, NaN after a divergence, and int64 (schedules, 2): parameters and
        FLOPs of the whole run.
    """
    space = loop_of(recipe.made_space)
    shape = (space.nominal_size, len(recipe.recorded), space.steps)
    metrics = {part: np.full(shape, np.nan, np.float32) for part in PARTS}
    costs = np.zeros((space.nominal_size, 2), np.int64)
    task = task_of(recipe, data)
    test = task.kind.load(data / "test.npz")
    plan = Plan.of(space.training({"schedule": []})["training"])

    def branch(trunk: Episode | None, prefix: Actions) -> None:
        for action, label in enumerate(space.labels):
            episode = Episode(task, {}, plan, seed) if trunk is None else trunk.fork()
            episode.step(label)
            here = (*prefix, action)
            # In the order of `enumerate` all schedules that begin in this way are neighbours.
            width = len(space.labels) ** (space.steps - len(here))
            first = space.rank(here) * width
            rows = slice(first, first + width)
            costs[rows, 0] = sum(p.numel() for p in episode.model.parameters() if p.requires_grad)
            costs[rows, 1] += episode.steps[-1].flops
            # What would follow stays NaN, is not trained and costs nothing.
            if episode.diverged:
                continue
            _note(metrics, recipe, rows, len(here) - 1, episode, test)
            if len(here) < space.steps:
                branch(episode, here)

    branch(None, ())
    return metrics, costs


def train_row(recipe: Recipe, data: Path, spec: Spec, seed: int) -> tuple[Arrays, int, int]:
    """Train one way from its beginning; return {part: (metrics, epochs)}, parameters and FLOPs."""
    task = task_of(recipe, data)
    test = task.kind.load(data / "test.npz")
    plan = Plan.of(spec["training"])
    metrics = {part: np.full((1, len(recipe.recorded), plan.steps), np.nan, np.float32) for part in PARTS}
    episode = Episode(task, spec, plan, seed)
    choose = chooser(spec["training"], recipe.measure, task.form.outputs, seed)
    while not episode.ended:
        # A fixed schedule does not look at what was measured.
        episode.step(choose([], episode.labels))
        if not episode.diverged:
            _note(metrics, recipe, slice(0, 1), len(episode.steps) - 1, episode, test)
    parameters = sum(p.numel() for p in episode.model.parameters() if p.requires_grad)
    return {part: values[0] for part, values in metrics.items()}, parameters, sum(step.flops for step in episode.steps)


def task_of(recipe: Recipe, data: Path) -> Task:
    """Return how each child is trained: once, to the last epoch, and measured on its way."""
    settings = recipe.proxy.model_copy(update={"epochs": max(recipe.epochs)})
    return Task(settings, RuntimeSettings(), (data / "train.npz",), data / "validation.npz")


def _note(arrays: Arrays, recipe: Recipe, rows: slice, step: int, episode: Episode, test: Resident) -> None:
    """Write down what the child stands at after a step, for all ways that lead through it."""
    with child_scope(episode.seed, episode.task.device, 1):
        tested = measure(episode.model, test, episode.task.settings)
    for part, values in (("validation", episode.steps[-1].metrics), ("test", tested)):
        arrays[part][rows, :, step] = [values[recorded.metric] for recorded in recipe.recorded]
