"""The children of closed loops: trained step by step, or looked up in the table of a whole schedule tree."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rlsearch import seeds
from rlsearch.spaces.closed_loop import loop_of
from rlsearch.training.choosing import chooser
from rlsearch.training.outcome import Outcome, Step, outcome_of
from rlsearch.truth.table import TruthTable

if TYPE_CHECKING:
    from rlsearch.training.checkpoint import Checkpoint
    from rlsearch.training.episode import Episode
    from rlsearch.training.task import Task


def episode_seed(study: str, search_seed: int, number: int) -> int:
    """Return the seed of an episode's child: its number takes the place of a candidate's key.

    Agents with the same search seed thus train the same networks on the same order of images, episode by episode.
    """
    return seeds.child_seed(study, "search", f"episode-{number}", search_seed, 0)


def trained_child(task: Task, spec: Mapping[str, Any], seed: int, path: Path) -> TrainedChild:
    """Return the child of an episode before its first step; its state will be kept at `path`."""
    from rlsearch.training.checkpoint import Checkpoint
    from rlsearch.training.episode import Episode
    from rlsearch.training.plan import Plan

    return TrainedChild(Episode(task, spec, Plan.of(spec["training"]), seed), Checkpoint(path))


@dataclass
class TrainedChild:
    """A child that is really trained; its state is kept between steps, so that a killed search loses little.

    Args:
        episode: the child; checkpoint: where its state is kept.
    """

    episode: Episode
    checkpoint: Checkpoint

    def catch_up(self, labels: list[str]) -> None:
        """Train the steps that were recorded before, from the checkpoint where that holds a part of them."""
        state = self.checkpoint.load()
        if state is not None and list(state["labels"]) == labels[: len(state["labels"])]:
            self.episode.load(state)
        for label in labels[len(self.episode.labels) :]:
            self.step(label)

    def step(self, label: str) -> Step:
        """Train one step and keep the state."""
        answer = self.episode.step(label)
        self.checkpoint.save(self.episode.state())
        return answer

    @property
    def out_of_patience(self) -> bool:
        """Whether early stopping ends the run here."""
        return self.episode.out_of_patience

    def end(self) -> None:
        """Forget the state."""
        self.checkpoint.remove()


class TableChild:
    """A child whose every possible run was trained before: all schedules of a space, measured after every step.

    Args:
        table: the validation part; its rows are the schedules and its epochs the ends of their steps.
        column: which training of the tree.
    """

    out_of_patience = False

    def __init__(self, table: TruthTable, column: int) -> None:
        self.table, self.column, self.space = table, column, loop_of(table.space)
        self.actions: list[int] = []

    def catch_up(self, labels: list[str]) -> None:
        """Take the steps that were recorded before."""
        self.actions = list(self.space.actions(labels))

    def step(self, label: str) -> Step:
        """Return what the step brought when the tree was trained; the cost is that of training it."""
        self.actions.append(self.space.labels.index(label))
        metrics = self.measured(len(self.actions))
        flops = step_flops(self.table) * self.space.passes(self.actions[-1])
        samples = self.table.samples // self.space.steps
        # A table holds NaN after a divergence; a loss that is infinite is one as well, as in a training.
        diverged = not all(map(math.isfinite, metrics.values()))
        return Step(metrics, self.space.epochs_per_step, samples, flops, diverged)

    def measured(self, steps: int) -> dict[str, float]:
        """Return the metrics after the first `steps` steps; equal for all schedules that begin alike."""
        # Whatever the rest of the schedule: after these steps all of its continuations are the same run.
        row = self.table.row_of(self.space.completed(self.actions[:steps]))
        at = (row, self.column, steps - 1)
        return {metric: float(values[at]) for metric, values in self.table.values.items()}

    def end(self) -> None:
        """Nothing is kept."""


def step_flops(table: TruthTable) -> int:
    """Return the cost of one step of an optimizer that passes once over each batch, from the table's first row."""
    return int(table.flops[0]) // loop_of(table.space).price(table.candidates[0])


def table_column(table: TruthTable, study: str, search_seed: int, number: int) -> int:
    """Return the column of an episode; agents with the same search seed have the same one, so they can be paired."""
    return int(seeds.generator("episode-column", study, search_seed, number).integers(table.seeds))


def played(table: TruthTable, column: int, training: Mapping[str, Any], seed: int) -> Outcome:
    """Return what a frozen or random policy reaches in one training of the table; nothing is trained, no torch needed.

    Args:
        seed: of a random policy.
    """
    child = TableChild(table, column)
    choose = chooser(training, table.measure, table.outputs, seed)
    labels, steps = list[str](), list[Step]()
    while len(steps) < child.space.steps and not (steps and steps[-1].diverged):
        labels.append(choose([(table.measure.of(step.metrics), step.loss) for step in steps], labels))
        steps.append(child.step(labels[-1]))
    return outcome_of(steps, labels)
