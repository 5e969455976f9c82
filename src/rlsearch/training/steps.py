"""What the steps of a run brought, one by one and together, wherever they were trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from rlsearch.measures import Measure
from rlsearch.training.outcome import Outcome


@dataclass(frozen=True)
class Step:
    """What one step brought: what was measured after it on the validation data, as in an outcome, and its cost.

    `curve` holds (training loss, training level of the measure) of every epoch of the step.
    """

    metrics: Mapping[str, float]
    samples: int
    flops: int
    diverged: bool
    curve: tuple[tuple[float, float], ...] = ()

    @property
    def epochs(self) -> int:
        """Epochs that the step began."""
        return len(self.curve)

    @property
    def loss(self) -> float:
        """Validation loss after the step (nats)."""
        return self.metrics["loss"]


class Taken(Protocol):
    """A step, trained now or read from a journal."""

    @property
    def metrics(self) -> Mapping[str, float]:
        """What was measured after it."""

    @property
    def epochs(self) -> int:
        """Epochs that it began."""

    @property
    def samples(self) -> int:
        """Training samples that it took."""

    @property
    def flops(self) -> int:
        """Its cost."""

    @property
    def diverged(self) -> bool:
        """Whether a loss was NaN or infinite."""


def outcome_of(steps: Sequence[Taken], labels: Sequence[str], best: Measure | None = None) -> Outcome:
    """Return what the steps of a run amount to: its last step, or the `best` by a measure (the first of equal ones)."""
    diverged = steps[-1].diverged
    stood = steps[-1] if best is None or diverged else max(steps, key=lambda step: best.key_of(step.metrics))
    return Outcome(
        "diverged" if diverged else "ok",
        stood.metrics,
        epochs=sum(step.epochs for step in steps),
        samples=sum(step.samples for step in steps),
        flops=sum(step.flops for step in steps),
        schedule=tuple(labels),
    )
