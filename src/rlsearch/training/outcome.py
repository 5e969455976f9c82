"""What training one child yields: as a whole, step by step where its optimizers are chosen on the way, or nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from rlsearch.measures import Measure

Status = Literal["ok", "diverged", "invalid", "failed"]


@dataclass(frozen=True)
class Outcome:
    """The result of one child: a pure function of (spec, task, data, seed).

    Attributes:
        status: ok; diverged (a NaN or infinite loss); invalid (the spec cannot be built); failed (an exception).
        metrics: validation measurements, e.g. {"accuracy": 0..1, "loss": nats}; empty unless measured.
        epochs: epochs begun; samples: training samples seen; flops: training cost (3 x forward x samples); those of
            tries that were given up are among them.
        restarts: how often training began again, each time after one epoch.
        error: class name of the exception of a failed child.
        schedule: label of every step taken, where optimizers were chosen on the way; empty elsewhere.
    """

    status: Status
    metrics: Mapping[str, float] = field(default_factory=dict)
    epochs: int = 0
    samples: int = 0
    flops: int = 0
    error: str | None = None
    schedule: tuple[str, ...] = ()
    restarts: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; NaN and infinities become null. Steps and restarts stand there if there are any."""
        values = {key: value for key, value in asdict(self).items() if key not in ("schedule", "restarts")}
        values["metrics"] = {k: null(v) for k, v in self.metrics.items()}
        if self.schedule:
            values["schedule"] = list(self.schedule)
        if self.restarts:
            values["restarts"] = self.restarts
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Outcome:
        """Rebuild an outcome; null metrics come back as NaN."""
        metrics = {k: math.nan if v is None else float(v) for k, v in values["metrics"].items()}
        return cls(**{**values, "metrics": metrics, "schedule": tuple(values.get("schedule", ()))})


def null(value: float) -> float | None:
    """Return a number as JSON holds it: None for NaN and infinities, which it has none of.

    Python's encoder would write them all the same, and other readers refuse them.
    """
    return value if math.isfinite(value) else None


@dataclass(frozen=True)
class Step:
    """What one step of a run brought, wherever it was trained.

    Attributes:
        metrics: measured after it on the validation data, as in an outcome; empty where nothing could be.
        epochs, samples, flops: what it took, as in an outcome; diverged: whether a loss was NaN or infinite.
    """

    metrics: Mapping[str, float]
    epochs: int
    samples: int
    flops: int
    diverged: bool

    @property
    def loss(self) -> float:
        """Validation loss after the step (nats)."""
        return self.metrics["loss"]


def outcome_of(steps: Sequence[Step], labels: Sequence[str], best: Measure | None = None) -> Outcome:
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


class UnfitError(ValueError):
    """A part of a spec is not for this task: no child can be made of it. The text is what the part itself said.

    Attributes:
        part: which, in words; cause: the class of the error that it raised.
    """

    def __init__(self, text: str, part: str, cause: str) -> None:
        super().__init__(text)
        self.part, self.cause = part, cause

    def __reduce__(self) -> tuple[object, ...]:
        """Let the error cross a process pool with its parts intact."""
        return UnfitError, (str(self), self.part, self.cause)


@contextmanager
def part(name: str) -> Iterator[None]:
    """Say which part of a spec it was that raised a ValueError.

    Raises:
        UnfitError: it did.
    """
    try:
        yield
    except UnfitError:
        raise
    except ValueError as error:
        raise UnfitError(str(error), name, type(error).__name__) from error
