"""Spaces of ways to train one network: chosen before a run begins, or step by step while it goes on."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from rlsearch.spaces.base import Action, Actions, Choice, Decision, Space, Spec
from rlsearch.units import counted


class Stepwise(Space):
    """Candidates say how one network is trained: a spec is {"training": ...}, as docs/artefacts.md describes it.

    A run of any of them has the same number of steps and is measured on the validation images after each. All runs of
    one seed begin with the same weights and meet the images in the same order, so the candidates of a study pair.
    """

    stepwise: ClassVar[bool] = True
    noun: ClassVar[str] = "setting"

    @property
    @abstractmethod
    def steps(self) -> int:
        """Steps of a run, after each of which it is measured."""

    @property
    def patience(self) -> int | None:
        """Steps without a better validation level after which a run ends and stands at its best; None: never."""
        return None


class ClosedLoop(Stepwise):
    """The decisions are the steps: the child answers each, and the next choice may look at what the last one did.

    One environment step is one training step (`envs.closed_loop`), and a policy learns from the reward of each. Agents
    without a policy propose whole schedules. A subclass says what the options are and how they train; the decisions are
    the same at every step.

    Attributes:
        option_kind: what the options are, as `Choice.kind` names it.
    """

    fixed: ClassVar[bool] = True
    closed_loop: ClassVar[bool] = True
    noun: ClassVar[str] = "schedule"
    option_kind: ClassVar[str] = "option"

    @property
    @abstractmethod
    def labels(self) -> tuple[str, ...]:
        """The options' labels, in the order of the actions."""

    @property
    def epochs_per_step(self) -> int:
        """Epochs of the proxy task that one step trains."""
        return 1

    @abstractmethod
    def passes(self, action: Action) -> int:
        """Return how often an option passes over a batch in one of its steps: the ratio of costs."""

    def price(self, actions: Sequence[Action]) -> int:
        """Return the cost of some steps, in steps of an option that passes once over each batch."""
        return sum(map(self.passes, actions))

    @abstractmethod
    def training(self, chooser: Mapping[str, Any]) -> Spec:
        """Return the spec of a run whose steps `chooser` decides.

        Args:
            chooser: {"schedule": [label, ...]}; {"policy": {"kind": "random"}}; or {"policy": {"kind": "learned",
                "optimizers": [label, ...], "network": ...}}, the labels in the order of the policy's actions.
        """

    @cached_property
    def plan(self) -> tuple[Choice, ...]:
        """The decisions, one a step; they mean the same wherever they stand."""
        labels, mask = self.labels, (True,) * len(self.labels)
        return tuple(Choice(f"step {step + 1}", labels, mask, self.option_kind, step) for step in range(self.steps))

    def next(self, prefix: Actions) -> Decision | None:
        """Return the options that may train the next step."""
        return self.plan[len(prefix)] if len(prefix) < self.steps else None

    def decode(self, actions: Actions) -> Spec:
        """Return {"training": ...}: the schedule, what it is made of and how that is handled."""
        return self.training({"schedule": [self.labels[int(action)] for action in actions]})

    def learned(self, labels: Sequence[str], network: Mapping[str, Any]) -> Spec:
        """Return the spec of a run steered by a frozen policy; `labels` in the order of its actions."""
        return self.training({"policy": {"kind": "learned", "optimizers": list(labels), "network": network}})

    def actions(self, labels: Sequence[str]) -> tuple[int, ...]:
        """Return the actions of a schedule's labels."""
        return tuple(self.labels.index(label) for label in labels)

    def completed(self, actions: Sequence[Action]) -> Actions:
        """Return a whole schedule that begins with these actions: all that do have had the same run so far."""
        # Any filling would do, so the first option stands for all.
        return (*actions, *(0,) * (self.steps - len(actions)))

    @property
    def nominal_size(self) -> int:
        """Number of schedules."""
        return int(len(self.labels) ** self.steps)

    def extent(self) -> tuple[int, int]:
        """Return (steps, options)."""
        return self.steps, len(self.labels)

    def rank(self, prefix: Actions) -> int:
        """Return the position of a beginning among all of its length, in the order of `enumerate`."""
        place = 0
        for action in prefix:
            place = place * len(self.labels) + int(action)
        return place

    def spread(self, count: int) -> list[Actions]:
        """Return `count` schedules at equal distances in the order of `enumerate`."""
        last = self.nominal_size - 1
        # Whole numbers throughout: a position may have more digits than a float holds.
        return [self._unrank(index * last // max(count - 1, 1)) for index in range(count)]

    def largest(self, labels: Sequence[str] | None = None) -> Actions:
        """Return the costliest schedule of these options, by default of all: that of most passes at every step."""
        return (max(self.actions(labels or self.labels), key=self.passes),) * self.steps

    def cheapest(self) -> Actions:
        """Return the cheapest schedule: the option of fewest passes at every step."""
        return (min(range(len(self.labels)), key=self.passes),) * self.steps

    def lead(self, proxy_epochs: int, target_epochs: int) -> str:
        """Return what is chosen at a step and for how long."""
        on_proxy, on_target = (counted(epochs // self.steps, "epoch") for epochs in (proxy_epochs, target_epochs))
        stop = (
            f" Early stopping: a run ends after {counted(self.patience, 'step')} without a better one."
            if self.patience
            else ""
        )
        return (
            f"At each of {self.steps} steps of a run one of {', '.join(self.labels)} is chosen, for {on_proxy} on the "
            f"proxy and {on_target} on the target.{stop} {super().lead(proxy_epochs, target_epochs)}"
        )

    def _unrank(self, index: int) -> Actions:
        digits: list[int] = []
        for _ in range(self.steps):
            index, digit = divmod(index, len(self.labels))
            digits.append(digit)
        return tuple(reversed(digits))


def loop_of(space: Space) -> ClosedLoop:
    """Return the space as a closed loop, for code that runs only in studies of one.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(space, ClosedLoop):
        raise TypeError(f"{type(space).__name__} is no closed loop: its children answer no steps")
    return space
