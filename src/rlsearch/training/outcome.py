"""What training one child yields."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Status = Literal["ok", "diverged", "invalid", "failed"]


@dataclass(frozen=True)
class Outcome:
    """The result of one child: a pure function of (spec, task, data, seed).

    Attributes:
        status: ok; diverged (a NaN or infinite loss); invalid (the spec cannot be built); failed (an exception).
        metrics: validation measurements, e.g. {"accuracy": 0..1, "loss": nats}; empty unless measured.
        epochs: epochs begun; samples: training samples seen; flops: training cost (3 x forward x samples).
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

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; NaN and infinities become null."""
        values = asdict(self)
        # JSON has no NaN; Python's encoder would write one all the same, which other readers refuse.
        values["metrics"] = {k: v if math.isfinite(v) else None for k, v in self.metrics.items()}
        schedule = values.pop("schedule")
        return {**values, "schedule": list(schedule)} if schedule else values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Outcome:
        """Rebuild an outcome; null metrics come back as NaN."""
        metrics = {k: math.nan if v is None else float(v) for k, v in values["metrics"].items()}
        return cls(**{**values, "metrics": metrics, "schedule": tuple(values.get("schedule", ()))})
