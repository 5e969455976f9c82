"""Which optimizer trains the next stretch of epochs: a schedule of optimizers (Pham 2024)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator

from rlsearch.config.base import Count, Name, SpaceSettings
from rlsearch.config.optimizer_models import Optimizer, OptimizerSettings, optimizer_settings
from rlsearch.spaces.base import Action, Spec
from rlsearch.spaces.closed_loop import ClosedLoop

MOST_SWITCHES = 12
"""Labels spell a schedule out up to this many stretches."""


def _three() -> dict[str, OptimizerSettings]:
    return {
        "sgd": optimizer_settings(name="sgd", lr=0.01, momentum=0.9),
        "adam": optimizer_settings(name="adam", lr=0.001),
        "sam": optimizer_settings(name="sam", lr=0.01, momentum=0.9),
    }


class Settings(SpaceSettings):
    """Optimizers by label, and how often one of them is chosen.

    An episode is one training run of `steps` choices; in the proxy each holds for `epochs_per_step` epochs, on the
    target for as many as its epochs divide into. With `carry` an optimizer keeps its moments while others are at work;
    without it the optimizer state is reset at every epoch, as in the source's code. `patience`: early stopping, after
    so many steps in a row without a better validation level (null: never); the run then stands at its best step.
    """

    type: Literal["optimizer-selection"] = "optimizer-selection"
    optimizers: Annotated[dict[Name, Optimizer], Field(min_length=2)] = Field(default_factory=_three)
    steps: Annotated[int, Field(ge=2, le=1000)] = 4
    epochs_per_step: Count = 1
    carry: bool = True
    patience: Count | None = None

    @field_validator("optimizers")
    @classmethod
    def _distinct(cls, optimizers: dict[str, OptimizerSettings]) -> dict[str, OptimizerSettings]:
        seen: dict[str, str] = {}
        for label, settings in optimizers.items():
            first = seen.setdefault(settings.model_dump_json(), label)
            if first != label:
                raise ValueError(f"{first!r} and {label!r} are the same optimizer; keep one")
        return optimizers


class OptimizerSelection(ClosedLoop):
    """One choice a step. As an environment it is a true closed loop: the next choice may look at what the last did.

    >>> space = OptimizerSelection()
    >>> space.describe(space.decode((0, 0, 2, 2)))
    'sgd x2, sam x2'
    """

    question: ClassVar[str] = "Which optimizer should train the next epochs of a network?"
    option_kind: ClassVar[str] = "optimizer"

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The optimizers' labels, in the order of the options: by optimizer (`place`), then by label.

        The order of the keys in the settings does not count: these mean the same in any order.
        """
        optimizers = self.settings.optimizers
        return tuple(sorted(optimizers, key=lambda label: (optimizers[label].place, optimizers[label].name, label)))

    @property
    def steps(self) -> int:
        """Choices in one training run."""
        return self.settings.steps

    @property
    def epochs_per_step(self) -> int:
        """Epochs of the proxy for which a choice holds."""
        return self.settings.epochs_per_step

    @property
    def patience(self) -> int | None:
        """Steps without a better validation level after which a run ends."""
        return self.settings.patience

    def training(self, chooser: Mapping[str, Any]) -> Spec:
        """Return the spec of a run whose steps `chooser` decides: {"schedule": [...]} or {"policy": {...}}."""
        # An optimizer that a run never takes stays out of its spec, and so out of its key.
        used = chooser.get("schedule") or chooser.get("policy", {}).get("optimizers") or self.labels
        settings = {k: v.model_dump(mode="json") for k, v in self.settings.optimizers.items() if k in used}
        return {
            "training": {
                **chooser,
                "optimizers": settings,
                "steps": self.steps,
                "carry": self.settings.carry,
                "patience": self.patience,
            }
        }

    def baselines(self) -> Mapping[str, Spec]:
        """Return every optimizer alone, random switching (drawn in every run), and two optimizers, half a run each.

        `adam-then-sgd` (after Keskar & Socher 2017, SWATS, with a fixed point of switching) stands for every pair of
        labels, in the same form.
        """
        fixed = {label: self.decode((index,) * self.steps) for index, label in enumerate(self.labels)}
        half, pairs = self.steps // 2, [(a, b) for a in self.labels for b in self.labels if a != b]
        halves = {
            f"{a}-then-{b}": self.training({"schedule": [a] * half + [b] * (self.steps - half)}) for a, b in pairs
        }
        return {**fixed, "random-switching": self.training({"policy": {"kind": "random"}}), **halves}

    def passes(self, action: Action) -> int:
        """Return how often an optimizer passes over a batch in one of its steps: the ratio of costs."""
        return int(self.settings.optimizers[self.labels[int(action)]].passes)

    def describe(self, spec: Spec) -> str:
        """Return "sgd x2, sam x2", or what decides in place of a schedule."""
        training = spec["training"]
        if "schedule" not in training:
            policy = training["policy"]
            return "random switching" if policy["kind"] == "random" else f"learned policy {self.key(spec)[:6]}"
        runs: list[tuple[str, int]] = []
        for label in training["schedule"]:
            runs[-1:] = [(label, runs[-1][1] + 1)] if runs and runs[-1][0] == label else [*runs[-1:], (label, 1)]
        shown = ", ".join(f"{label} x{count}" for label, count in runs[:MOST_SWITCHES])
        return shown + (f" ... ({self.key(spec)[:6]})" if len(runs) > MOST_SWITCHES else "")

    def read(self, text: str) -> Spec:
        """Return the run of a schedule that is spelt out, or a baseline."""
        # Four digits: a run has at most 1,000 steps.
        runs = [re.fullmatch(r"(\S+) x(\d{1,4})", part) for part in text.split(", ")]
        labels = [run[1] for run in runs if run for _ in range(int(run[2]))]
        if all(runs) and len(labels) == self.steps and set(labels) <= set(self.labels):
            return self.training({"schedule": labels})
        return super().read(text)

    def lead(self, proxy_epochs: int, target_epochs: int) -> str:
        """Return what is chosen, and what an optimizer remembers while others are at work."""
        state = "keep their state while others are at work" if self.settings.carry else "are reset at every epoch"
        return f"{super().lead(proxy_epochs, target_epochs)} Optimizers {state}."


SETTINGS, SPACE = Settings, OptimizerSelection
