"""How a run is trained whose optimizer may change from step to step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rlsearch.config.optimizer_models import OptimizerSettings, optimizer_settings
from rlsearch.config.task_models import ScheduleSettings

CONSTANT = ScheduleSettings()


@dataclass(frozen=True)
class Plan:
    """How the steps of a run are trained, as a spec's "training" says (docs/artefacts.md).

    Attributes:
        optimizers: by label; steps: choices in a run; carry: optimizers keep their state while others work.
        patience: steps without a better measure after which a run ends; schedule: of the learning rate.
    """

    optimizers: Mapping[str, OptimizerSettings]
    steps: int
    carry: bool = True
    patience: int | None = None
    schedule: ScheduleSettings = CONSTANT

    @classmethod
    def of(cls, training: Mapping[str, Any]) -> Plan:
        """Read a spec's "training"."""
        optimizers = {label: optimizer_settings(**settings) for label, settings in training["optimizers"].items()}
        # Only spaces that choose a decay name one; keys of the others' specs must not change by a default.
        schedule = ScheduleSettings(type=training.get("decay", "constant"))
        return cls(optimizers, training["steps"], training["carry"], training["patience"], schedule)

    def epochs(self, whole: int) -> int:
        """Return the epochs of one step of a run of so many.

        Raises:
            ValueError: they do not divide into the steps.
        """
        epochs, rest = divmod(whole, self.steps)
        if rest or not epochs:
            raise ValueError(f"{whole} epochs do not divide into {self.steps} steps")
        return epochs
