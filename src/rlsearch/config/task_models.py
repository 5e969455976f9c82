"""How one network is trained: the task, the optimizer and the machine, as typed, frozen settings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from rlsearch.config import plugins
from rlsearch.config.base import (
    MOST,
    WIDEST,
    Count,
    Distinct,
    Extended,
    Name,
    Number,
    Options,
    Positive,
    Settings,
    Share,
)
from rlsearch.config.optimizer_models import Optimizer, optimizer_settings, passes_of
from rlsearch.measures import Measure

Precision = Literal["float32", "bfloat16"]
ScheduleType = Literal["constant", "step", "cosine"]


TENTH = 0.1
"""The factor of a step of the learning rate where none is given."""


class ScheduleSettings(Extended):
    """How the learning rate falls over the epochs of a training.

    cosine: down to 0 (Loshchilov & Hutter 2017, equation 5, one period); step: times `factor` after every `every`
    epochs, or, where `every` is null, after half and after three quarters of them (He et al. 2016, section 4.2).
    """

    later: ClassVar[tuple[str, ...]] = ("factor", "every")

    type: ScheduleType = "constant"
    factor: Share = TENTH
    every: Count | None = None

    @model_validator(mode="after")
    def _only_of_steps(self) -> ScheduleSettings:
        if self.type != "step" and (self.factor != TENTH or self.every is not None):
            raise ValueError("`factor` and `every` are for steps: set `type: step`, or leave both out")
        return self

    def share(self, epoch: int, epochs: int) -> float:
        """Return the share of the learning rate in the epoch that follows `epoch` finished ones of `epochs`."""
        passed = epoch / epochs
        if self.type == "cosine":
            return 0.5 * (1.0 + math.cos(math.pi * passed))
        if self.type == "step":
            # Each boundary that is passed counts as one more factor.
            steps = (passed >= 0.5) + (passed >= 0.75) if self.every is None else epoch // self.every
            return float(self.factor**steps)
        return 1.0


class RestartSettings(Settings):
    """Training again where nothing was learned, at a lower learning rate (Baker et al. 2017, section 5).

    A training whose level after its first epoch is not better than `threshold` begins again: with new weights, another
    order of the samples and `factor` times the learning rate of the try before. After `most` restarts the last try goes
    on, whatever it has learned. `threshold` is a level of the task's measure; null: that of a network that has learned
    nothing (`Resident.guessed`), of images the share of the commonest class.
    """

    factor: Annotated[Number, Field(gt=0, le=1)] = 0.4
    most: Annotated[int, Field(ge=1, le=100)] = 5
    threshold: Number | None = None


class TaskSettings(Extended):
    """How one network is trained. `inputs`: unit = [0, 1], symmetric = mean and standard deviation 0.5.

    `best_of_last`: a child is measured after each of its last k epochs and answers with the best of them, as Zoph & Le
    (2017) reward it; 1 = after training only. Retraining always measures once, at the end. `clip_norm`: a
    gradient longer than this, over all weights together, is shortened to it (Pascanu et al. 2013); null: none is.
    `bptt`, of text: the tokens that are read between two steps, through which gradients flow back; null: 35.
    `augment` names what is done to the samples of each batch, and `record` what is measured besides, of what their kind
    of data knows.

    `patience`: early stopping, after so many epochs in a row without a better level (null: never); the network then
    stands at its best epoch. This and `restart` go by the validation data in searches and by the training data in
    retraining, which looks at no others.
    """

    later: ClassVar[tuple[str, ...]] = ("patience", "restart", "record", "bptt")

    network: Name
    network_options: Options = Field(default_factory=dict)
    epochs: Count
    best_of_last: Count = 1
    patience: Count | None = None
    restart: RestartSettings | None = None
    batch_size: Annotated[int, Field(ge=2, le=MOST)] = 128
    optimizer: Optimizer = Field(default_factory=optimizer_settings)
    schedule: ScheduleSettings = ScheduleSettings()
    clip_norm: Positive | None = None
    bptt: Annotated[int, Field(ge=1, le=WIDEST)] | None = None
    inputs: Literal["unit", "symmetric"] = "symmetric"
    augment: Annotated[tuple[Name, ...], Field(strict=False), Distinct] = ()
    record: Annotated[tuple[Name, ...], Field(strict=False), Distinct] = ()
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
        if (self.patience or 0) >= self.epochs:
            raise ValueError(f"patience {self.patience} must be below the {self.epochs} epochs, or null")
        if (self.schedule.every or 0) >= self.epochs:
            raise ValueError(f"schedule.every {self.schedule.every} must be below the {self.epochs} epochs, or null")
        return self

    @model_validator(mode="after")
    def _one_best(self) -> TaskSettings:
        if self.patience is not None and self.best_of_last > 1:
            raise ValueError(
                f"with `patience` the best of all epochs counts: best_of_last {self.best_of_last} must be 1"
            )
        return self

    @property
    def most_epochs(self) -> int:
        """Epochs of the longest training that there can be: every restart is needed, each after one epoch."""
        return self.epochs + (self.restart.most if self.restart else 0)

    def passes(self, spec: Mapping[str, Any]) -> Fraction:
        """Return how often a training of a spec passes over each batch, the mean over its steps.

        A policy is priced at its costliest optimizer.
        """
        training = spec.get("training")
        if training is None:
            return Fraction(self.optimizer.passes)
        passes_by_label = passes_of(training)
        schedule = training.get("schedule")
        if not schedule:
            return Fraction(max(passes_by_label.values()))
        return Fraction(sum(passes_by_label[label] for label in schedule), len(schedule))

    @property
    def measure(self) -> Measure:
        """What a network that is trained so is judged by: the main measure of the data that it takes."""
        return _measure(self.network)

    @property
    def recorded(self) -> tuple[Measure, ...]:
        """What `record` asks to be measured besides."""
        records: Mapping[str, Measure] = plugins.load("kinds", plugins.takes(self.network)).KIND.records
        return tuple(records[name] for name in self.record)


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
