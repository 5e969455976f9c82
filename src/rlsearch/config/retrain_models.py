"""What a study retrains on its target, how often, and on which part of its data."""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, SerializeAsAny, field_validator, model_validator

from rlsearch.config.base import Count, Distinct, Extended, Name, Positive, Settings, SlotSettings
from rlsearch.config.task_models import ScheduleSettings
from rlsearch.units import counted

TrainOn = Literal["train-and-validation", "train"]
"""Where no search needs them any more, the data that validated one are more to train on; not where a corpus has a
published validation part, and published results rest on its training part alone."""


class FidelitySettings(Extended):
    """Proxy fidelity: what is retrained on the target network, with `seeds` seeds each. One of two says what that is.

    `agent`: every point of this grid agent. `sample`: so many of the networks that the searches trained, for spaces
    without a grid: one of each stratum of their levels on the proxy (slots/stratum.py).
    """

    later: ClassVar[tuple[str, ...]] = ("sample",)

    agent: Name | None = None
    # Two points have a rank correlation of 1 or -1, whatever they are.
    sample: Annotated[int, Field(ge=3, le=1000)] | None = None
    seeds: Count = 2

    @model_validator(mode="after")
    def _one_of_two(self) -> FidelitySettings:
        if (self.agent is None) == (self.sample is None):
            has = "neither" if self.agent is None else "both"
            raise ValueError(
                "must have one of `agent` (a grid, whose points are retrained) and `sample` (how many of the networks "
                f"that searches trained are), and has {has}: give one; for no comparison of proxy and target, null"
            )
        return self


MOST_RECIPES = 1000


class TuneSettings(Settings):
    """Recipes that every slot's network is tried with before it is retrained: all combinations of these values.

    Each is trained once on the training data, with one seed, and measured on the validation data; a slot's runs then
    have the recipe that was best for it. What is left out here stays as the target has it.
    """

    lr: Annotated[tuple[Positive, ...], Field(strict=False), Distinct] = ()
    schedule: Annotated[tuple[ScheduleSettings, ...], Field(strict=False), Distinct] = ()
    network_options: dict[str, Annotated[tuple[Any, ...], Field(strict=False, min_length=1)]] = Field(
        default_factory=dict
    )

    @property
    def values(self) -> dict[str, tuple[Any, ...]]:
        """What is varied, by its dotted key in the target."""
        own = {"optimizer.lr": self.lr, "schedule": self.schedule}
        options = {f"network_options.{name}": values for name, values in self.network_options.items()}
        return {key: values for key, values in {**own, **options}.items() if values}

    @field_validator("network_options")
    @classmethod
    def _different(cls, options: dict[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
        for name, values in options.items():
            # Lists have no hash, as those of dropouts by stage.
            if twice := [value for place, value in enumerate(values) if value in values[:place]]:
                raise ValueError(f"`{name}` holds a value twice: {twice[0]!r}; keep one")
        return options

    @model_validator(mode="after")
    def _some_recipes(self) -> TuneSettings:
        count = math.prod(map(len, self.values.values()))
        if not 2 <= count <= MOST_RECIPES:
            raise ValueError(
                f"makes {counted(count, 'recipe')}, of 2 to {MOST_RECIPES} that may be tried: give lists of values in "
                "`lr`, `schedule` or `network_options`, or null in its place"
            )
        return self


class RetrainSettings(Extended):
    """Retraining on the target network: `seeds` runs for each slot.

    `train_on: train` leaves the validation data out. `tune` chooses the recipe of each slot beforehand; null: that of
    the target. `slots` asks for more than the best of each agent, by names that the user chooses; their `type` is a
    file in rlsearch/slots.
    """

    later: ClassVar[tuple[str, ...]] = ("train_on", "tune")

    seeds: Count
    slots: dict[Name, SerializeAsAny[SlotSettings]] = Field(default_factory=dict)
    train_on: TrainOn = "train-and-validation"
    tune: TuneSettings | None = None
