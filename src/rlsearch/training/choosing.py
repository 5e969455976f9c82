"""Chooses the optimizer of the next step when learning is over: by a schedule, by chance, or by a frozen policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rlsearch import seeds
from rlsearch.measures import Measure
from rlsearch.policies.frozen import FrozenPolicy
from rlsearch.training.observation import Measured, observe

Chooser = Callable[[Sequence[tuple[float, float]], Sequence[str]], str]
"""Maps (level, loss) after each step so far, and the steps' labels, to the label of the next step."""


def chooser(training: Mapping[str, Any], measure: Measure, outputs: int, seed: int) -> Chooser:
    """Return what decides the next step of a run, as its spec's "training" says.

    A random policy draws from the child's own seed, among the labels in alphabetical order, since equal specs may come
    with their keys in any order. A frozen one looks at the child, and chooses among the optimizers with which it was
    trained, in that order.

    Args:
        measure, outputs: of the task, for what a frozen policy sees.
    """
    if "schedule" in training:
        schedule = list(training["schedule"])
        return lambda measured, labels: str(schedule[len(labels)])
    policy = training["policy"]
    options = list(policy.get("optimizers") or sorted(training["optimizers"]))
    if policy["kind"] == "random":
        # All steps at once: a run that is resumed in its middle meets the same draws.
        drawn = seeds.generator("random-switching", seed).integers(len(options), size=training["steps"])
        return lambda measured, labels: str(options[int(drawn[len(labels)])])
    frozen = FrozenPolicy.from_json(policy["network"])

    def choose(measured: Sequence[tuple[float, float]], labels: Sequence[str]) -> str:
        before, now = history(measure, measured, [options.index(label) for label in labels], outputs)
        return str(options[frozen.choose(observe(measure, before, now, training["steps"], len(options)))])

    return choose


def history(
    measure: Measure, measured: Sequence[tuple[float, float]], actions: Sequence[int], outputs: int
) -> tuple[Measured, Measured]:
    """Return a child one step ago and now, from (level, loss) after each step and the actions taken."""
    points = [Measured.untrained(measure, outputs)]
    for number, ((level, loss), action) in enumerate(zip(measured, actions, strict=True), 1):
        points.append(Measured.of(measure, level, loss, number, action))
    return (points[-2] if len(points) > 1 else points[-1]), points[-1]
