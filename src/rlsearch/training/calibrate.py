"""What one child costs before any data are there: FLOPs exactly, seconds by training a small part of it on noise."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from rlsearch.data.kinds.base import Form, Resident
from rlsearch.errors import RlsearchError
from rlsearch.training.loop import fit, measure
from rlsearch.training.scope import child_scope
from rlsearch.training.task import Task

ENOUGH = 0.5
"""Seconds of training from which the time of a step is taken."""


@dataclass(frozen=True)
class ChildCost:
    """The cost of one full child.

    Attributes:
        flops: training FLOPs (3 x forward x samples), what the ledger will say.
        seconds: building, training and measuring, on this machine, with the settings' device and threads.
        weights: bytes of its state.
        alike: whether all children of its study cost the same.
    """

    flops: int
    seconds: float
    weights: int
    alike: bool = True


EXAMPLE = Form((1, 8, 8), 10)


@dataclass(frozen=True)
class ImaginedTask(Task):
    """A task whose samples are noise of a dataset's form: network and training loop are the real ones.

    Attributes:
        imagined: the form; counts: samples to train on and to measure on.
    """

    imagined: Form = EXAMPLE
    counts: tuple[int, int] = (1, 1)

    @property
    def form(self) -> Form:
        """The form that is imagined."""
        return self.imagined

    @property
    def data(self) -> tuple[Resident, Resident]:
        """Both splits; a large dataset takes no memory."""
        train, held_out = (self.kind.noise(self.imagined, count, self.device) for count in self.counts)
        return train, held_out


def child_cost(task: ImaginedTask, spec: Mapping[str, Any], enough: float = ENOUGH) -> ChildCost:
    """Return the cost of one child; takes a second or two on a CPU, whatever the child's length.

    Args:
        enough: seconds of training from which the time of a step is taken.

    Raises:
        RlsearchError: the network cannot be built for data of this form.
    """
    try:
        flops = task.full_cost(spec)
    except ValueError as error:
        raise RlsearchError(
            str(error),
            where=f"network {task.settings.network!r} on {task.kind.describe(task.form)}",
            remedy=f"choose another network, or a dataset of larger {task.kind.noun}",
        ) from None
    return ChildCost(flops, _seconds(task, spec, enough), state_bytes(task, spec))


def state_bytes(task: Task, spec: Mapping[str, Any]) -> int:
    """Return the bytes of a child's state."""
    with child_scope(0, task.device, task.runtime.child_threads):
        state = task.build(spec, 0).state_dict()
    return sum(value.numel() * value.element_size() for value in state.values())


def _seconds(task: ImaginedTask, spec: Mapping[str, Any], enough: float) -> float:
    """Return base + steps x seconds of a step, from an epoch of one batch and from a longer one."""
    samples, measured = task.counts
    step_samples = task.kind.step_samples(task.form, task.settings)
    limit = math.ceil(samples / step_samples)
    # A pass over the measuring split is a third of a training pass over as many samples.
    passes = task.settings.passes(spec) / task.settings.optimizer.passes
    steps = limit * task.settings.epochs * passes + measured / (3 * step_samples)
    base = _timed(task, spec, 1)
    if base < enough:  # otherwise the one-off cost of the first kernels hardly counts
        base = _timed(task, spec, 1)
    batches, spent = 1, base
    while spent < enough and batches < limit:
        # Longer until the steps stand out from the one-off cost and from the clock's noise.
        batches = min(limit, 4 * batches)
        spent = _timed(task, spec, batches)
    # `base` holds the one-off cost and one batch, so the difference belongs to the other batches.
    step = (spent - base) / (batches - 1) if batches > 1 else base
    # Never below 0: on a busy machine the longer run may have been the faster one.
    return base + max(step, 0.0) * (steps - 1)


def _timed(task: ImaginedTask, spec: Mapping[str, Any], batches: int) -> float:
    """Return the seconds of a child with one epoch of so many batches."""
    samples = min(task.counts[0], batches * task.kind.step_samples(task.form, task.settings))
    settings = task.settings.model_copy(update={"epochs": 1})
    # One sample to measure on: only training is timed here, and `_seconds` adds measuring by its share of FLOPs.
    part = replace(task, settings=settings, counts=(samples, 1))
    split, held_out = part.data
    # Processor time, where it means anything, so that other work on this machine does not lengthen the estimate.
    alone = part.device.type == "cpu" and part.runtime.child_threads == 1
    clock = time.process_time if alone else time.perf_counter
    with child_scope(0, part.device, part.runtime.child_threads):
        start = clock()
        model = part.build(spec, 0)
        fit(model, split, settings, seed=0)
        measure(model, held_out, settings)
        return clock() - start
