"""SGD alone, its learning rate and how that falls: what tuning finds without switching (a control of Pham (2024))."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from rlsearch.config.base import Count, Distinct, Number, Positive, SpaceSettings
from rlsearch.config.optimizer_models import optimizer_settings
from rlsearch.config.task_models import ScheduleType
from rlsearch.spaces.base import Actions, Choice, Decision, Spec
from rlsearch.spaces.closed_loop import Stepwise

_LRS = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)


class Settings(SpaceSettings):
    """The learning rates and their courses over a run, each the type of a schedule (`ScheduleSettings`)."""

    type: Literal["sgd-sweep"] = "sgd-sweep"
    lrs: Annotated[tuple[Positive, ...], Field(strict=False, min_length=2), Distinct] = _LRS
    decays: Annotated[tuple[ScheduleType, ...], Field(strict=False, min_length=1), Distinct] = (
        "constant",
        "cosine",
        "step",
    )
    momentum: Annotated[Number, Field(ge=0, lt=1)] = 0.9
    weight_decay: Annotated[Number, Field(ge=0)] = 0.0
    steps: Count = 4


class SgdSweep(Stepwise):
    """Two choices: the learning rate and its course.

    >>> space = SgdSweep()
    >>> space.describe(space.decode((1, 1)))
    'sgd 0.01 cosine'
    """

    question: ClassVar[str] = "Which learning rate and decay is best for plain SGD?"
    fixed: ClassVar[bool] = True

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()

    @property
    def steps(self) -> int:
        """Measurements of a run, at equal distances."""
        return self.settings.steps

    @cached_property
    def plan(self) -> tuple[Choice, ...]:
        """The two decisions."""
        options = {"learning rate": self.settings.lrs, "decay": self.settings.decays}
        return tuple(Choice(name, tuple(values), (True,) * len(values)) for name, values in options.items())

    def next(self, prefix: Actions) -> Decision | None:
        """Return the learning rates, then their courses."""
        return self.plan[len(prefix)] if len(prefix) < len(self.plan) else None

    def decode(self, actions: Actions) -> Spec:
        """Return {"training": ...} of SGD with this learning rate; it is measured `steps` times in a run."""
        lr, decay = (decision.options[int(action)] for decision, action in zip(self.plan, actions, strict=True))
        chosen = self.settings
        sgd = optimizer_settings(name="sgd", lr=lr, momentum=chosen.momentum, weight_decay=chosen.weight_decay)
        return {
            "training": {
                "schedule": ["sgd"] * self.steps,
                "optimizers": {"sgd": sgd.model_dump(mode="json")},
                "steps": self.steps,
                "carry": True,
                "patience": self.patience,
                "decay": decay,
            }
        }

    @property
    def nominal_size(self) -> int:
        """Number of settings of SGD."""
        return len(self.settings.lrs) * len(self.settings.decays)

    def extent(self) -> tuple[int, int]:
        """Return (2, options of the wider choice)."""
        return 2, max(len(decision.options) for decision in self.plan)

    def baselines(self) -> Mapping[str, Spec]:
        """Return the middle learning rate with each course."""
        middle = len(self.settings.lrs) // 2
        return {f"middle-{decay}": self.decode((middle, place)) for place, decay in enumerate(self.settings.decays)}

    def spread(self, count: int) -> list[Actions]:
        """Return `count` settings at equal distances in the order of `enumerate`."""
        step, width = (self.nominal_size - 1) / max(count - 1, 1), len(self.settings.decays)
        # The decay varies fastest in `enumerate`, so (quotient, rest) are the two actions.
        return [divmod(round(index * step), width) for index in range(count)]

    def describe(self, spec: Spec) -> str:
        """Return "sgd 0.01 cosine"."""
        training = spec["training"]
        return f"sgd {training['optimizers']['sgd']['lr']:g} {training['decay']}"


SETTINGS, SPACE = Settings, SgdSweep
