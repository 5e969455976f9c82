"""How one network is trained: the task, the optimizer and the machine, as typed, frozen settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, field_validator, model_serializer, model_validator

from rlsearch.config import plugins
from rlsearch.config.base import MOST, Count, Name, Number, Options, Positive, Settings

Precision = Literal["float32", "bfloat16"]
SAM_ONLY = frozenset({"rho", "batch_norm_updates"})


class OptimizerSettings(Settings):
    """An optimizer with its learning rate; momentum is for SGD, RMSprop and SAM, Nesterov's for SGD and SAM.

    SAM is sharpness-aware minimisation (Foret et al. 2021) over SGD, within a radius `rho`. `batch_norm_updates` counts
    updates of BatchNorm's running statistics in one of its steps: 1 = in the first pass only; 2 = in both, which
    counts the perturbed weights in. Both keys are left out of the dump of other optimizers, which refuse them.
    """

    name: Literal["adam", "adamw", "sgd", "rmsprop", "sam", "adabelief", "lamb"] = "adam"
    lr: Positive = 1e-3
    momentum: Annotated[Number, Field(ge=0, lt=1)] = 0.0
    weight_decay: Annotated[Number, Field(ge=0)] = 0.0
    nesterov: bool = False
    rho: Positive = 0.05
    batch_norm_updates: Literal[1, 2] = 1

    @model_validator(mode="after")
    def _every_key_has_effect(self) -> OptimizerSettings:
        if self.nesterov and (self.name not in ("sgd", "sam") or self.momentum == 0):
            raise ValueError("`nesterov` is a form of momentum for sgd and sam: name one, with a `momentum` above 0")
        if self.momentum and self.name not in ("sgd", "rmsprop", "sam"):
            raise ValueError(f"optimizer {self.name!r} takes no `momentum`; it is for sgd, rmsprop and sam")
        for key in sorted(SAM_ONLY & self.model_fields_set):
            if self.name != "sam":
                raise ValueError(f"optimizer {self.name!r} takes no `{key}`; it is for sam")
        return self

    @model_serializer(mode="wrap")
    def _without_keys_of_others(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        kept: dict[str, Any] = dump(self)
        return kept if self.name == "sam" else {key: value for key, value in kept.items() if key not in SAM_ONLY}

    @property
    def passes(self) -> int:
        """Forward and backward passes in one step, to count its cost: 2 for SAM, otherwise 1."""
        return 2 if self.name == "sam" else 1


def passes_of(training: Mapping[str, Any]) -> dict[str, int]:
    """Return the passes of the optimizers in a spec's "training", by label."""
    return {label: OptimizerSettings.model_validate(one).passes for label, one in training["optimizers"].items()}


class TaskSettings(Settings):
    """How one network is trained. `inputs`: unit = [0, 1], symmetric = mean and standard deviation 0.5.

    `best_of_last`: a child is measured after each of its last k epochs and answers with the most accurate of them, as
    Zoph & Le (2017) reward it; 1 = after training only. Retraining always measures once, at the end.
    """

    network: Name
    network_options: Options = Field(default_factory=dict)
    epochs: Count
    best_of_last: Count = 1
    batch_size: Annotated[int, Field(ge=2, le=MOST)] = 128
    optimizer: OptimizerSettings = OptimizerSettings()
    inputs: Literal["unit", "symmetric"] = "symmetric"
    augment: Literal["none", "crop-flip"] = "none"
    precision: Precision = "float32"

    @field_validator("network")
    @classmethod
    def _known(cls, name: str) -> str:
        plugins.check("networks", name)
        return name

    @model_validator(mode="after")
    def _enough_epochs(self) -> TaskSettings:
        if self.best_of_last > self.epochs:
            raise ValueError(f"best_of_last {self.best_of_last} is more than the {self.epochs} epochs there are")
        return self


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
