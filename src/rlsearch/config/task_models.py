"""How one network is trained: the task, the optimizer and the machine, as typed, frozen settings."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from rlsearch.config import plugins
from rlsearch.config.base import MOST, Count, Distinct, Name, Options, Positive, Settings
from rlsearch.config.optimizer_models import Optimizer, optimizer_settings
from rlsearch.measures import Measure

Precision = Literal["float32", "bfloat16"]
ScheduleType = Literal["constant", "step", "cosine"]


class ScheduleSettings(Settings):
    """How the learning rate falls over the epochs of a training.

    cosine: down to 0 (Loshchilov & Hutter 2017, equation 5, one period); step: a tenth after half and a hundredth after
    three quarters of the epochs (He et al. 2016, section 4.2).
    """

    type: ScheduleType = "constant"

    def factor(self, share: float) -> float:
        """Return the learning rate's factor after a share of the epochs (0 to below 1)."""
        if self.type == "cosine":
            return 0.5 * (1.0 + math.cos(math.pi * share))
        if self.type == "step":
            # Each boundary that is passed counts as one more factor of ten.
            return 0.1 ** ((share >= 0.5) + (share >= 0.75))
        return 1.0


class TaskSettings(Settings):
    """How one network is trained. `inputs`: unit = [0, 1], symmetric = mean and standard deviation 0.5.

    `best_of_last`: a child is measured after each of its last k epochs and answers with the best of them, as Zoph & Le
    (2017) reward it; 1 = after training only. Retraining always measures once, at the end. `clip_norm`: a
    gradient longer than this, over all weights together, is shortened to it (Pascanu et al. 2013); null: none is.
    `augment` names what is done to the samples of each batch, of what their kind of data knows.
    """

    network: Name
    network_options: Options = Field(default_factory=dict)
    epochs: Count
    best_of_last: Count = 1
    batch_size: Annotated[int, Field(ge=2, le=MOST)] = 128
    optimizer: Optimizer = Field(default_factory=optimizer_settings)
    schedule: ScheduleSettings = ScheduleSettings()
    clip_norm: Positive | None = None
    inputs: Literal["unit", "symmetric"] = "symmetric"
    augment: Annotated[tuple[Name, ...], Field(strict=False), Distinct] = ()
    precision: Precision = "float32"

    @field_validator("augment", mode="before")
    @classmethod
    def _list(cls, value: Any) -> Any:
        if isinstance(value, str):
            raise ValueError(f"is a list; write augment: {'[]' if value == 'none' else f'[{value}]'}")
        return value

    @field_validator("network")
    @classmethod
    def _known(cls, name: str) -> str:
        plugins.find("networks", name)
        return name

    @model_validator(mode="after")
    def _enough_epochs(self) -> TaskSettings:
        if self.best_of_last > self.epochs:
            raise ValueError(f"best_of_last {self.best_of_last} is more than the {self.epochs} epochs there are")
        return self

    @property
    def measure(self) -> Measure:
        """What a network that is trained so is judged by: the main measure of the data that it takes."""
        return _measure(self.network)


@lru_cache
def _measure(network: str) -> Measure:
    measure: Measure = plugins.load("kinds", plugins.takes(network)).KIND.measure
    return measure


class RuntimeSettings(Settings):
    """Where and with how many threads children train. `workers` is the number of processes in one search.

    `memory_mb` (for each worker) and `minutes` (for a job) are what jobs ask a cluster for; a run on one machine is not
    held to them.
    """

    device: Literal["cpu", "cuda"] = "cpu"
    child_threads: Annotated[int, Field(ge=1, le=256)] = 1
    workers: Annotated[int, Field(ge=1, le=256)] = 1
    memory_mb: Annotated[int, Field(ge=500, le=4_000_000)] = 4000
    minutes: Annotated[int, Field(ge=1, le=100_000)] = 1440
