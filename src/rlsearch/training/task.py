"""A task owns network, data, recipe and budget: it turns a spec into a model and trains it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import nn

from rlsearch import seeds
from rlsearch.config.task_models import RuntimeSettings, TaskSettings, passes_of
from rlsearch.data.tensors import Split, concatenate, load_split, permute_labels, scale
from rlsearch.files import digest
from rlsearch.networks import _registry as registry
from rlsearch.networks._initialisation import initialise
from rlsearch.training.flops import forward_flops
from rlsearch.training.scope import child_scope

INIT_BATCH = 256


@dataclass(frozen=True)
class Task:
    """How children of one kind are trained and on what they are measured. Cheap to pickle: data load on first use.

    Attributes:
        settings: network, epochs, optimizer, inputs, precision.
        runtime: device and threads of a child.
        train: the npz files to train on (several are joined); measure: the one to measure on.
        permuted: shuffle the training and the measuring labels (a null control with real children).
        test: a file to measure on once, after a training that looked at `measure` on its way; else None.
    """

    settings: TaskSettings
    runtime: RuntimeSettings
    train: tuple[Path, ...]
    measure: Path
    permuted: bool = False
    test: Path | None = None

    @property
    def device(self) -> torch.device:
        """The device on which children train."""
        return torch.device(self.runtime.device)

    @property
    def data(self) -> tuple[Split, Split]:
        """The training and the measuring split, resident on the device as uint8."""
        return _load(self.train, self.measure, self.permuted, self.runtime.device)

    @property
    def test_data(self) -> Split:
        """The images of `test`, on the device.

        Raises:
            ValueError: the task has none.
        """
        if self.test is None:
            raise ValueError("this task has no test set")
        return _load_test(self.test, self.runtime.device)

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(channels, height, width)."""
        _, channels, height, width = self.data[0].images.shape
        return channels, height, width

    @cached_property
    def _forward_cache(self) -> dict[str, int]:
        return {}

    def build(self, spec: Mapping[str, Any], seed: int) -> nn.Module:
        """Return an initialised model on the device; equal (spec, seed) give equal weights on every device.

        Raises:
            ValueError: the spec cannot be built for this input shape.
        """
        options = {**self.settings.network_options, **spec.get("network", {})}
        model = registry.build(self.settings.network, self.input_shape, self.data[0].classes, options)
        if "init" in spec:
            rng = torch.Generator().manual_seed(seeds.integer("weights", seed))
            images = self.data[0].images[:INIT_BATCH].cpu()
            initialise(model, spec["init"], rng, scale(images, self.settings.inputs))
        return model.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]

    def forward_flops(self, model: nn.Module, spec: Mapping[str, Any]) -> int:
        """Return forward FLOPs per sample of the spec's network, counted once for each architecture."""
        key = digest(dict(spec.get("network", {})))
        if key not in self._forward_cache:
            self._forward_cache[key] = forward_flops(model, self.input_shape)
        return self._forward_cache[key]

    def full_cost(self, spec: Mapping[str, Any]) -> int:
        """Return the FLOPs of one full training of the spec: the unit in which a search's budget is stated."""
        with child_scope(0, self.device, self.runtime.child_threads):
            model = self.build(spec, 0)
        count, batch = len(self.data[0].labels), self.settings.batch_size
        samples = count - (1 if count % batch == 1 and count > 1 else 0)
        return round(3 * self.forward_flops(model, spec) * samples * self.settings.epochs * self.passes(spec))

    def passes(self, spec: Mapping[str, Any]) -> float:
        """Return how often a training passes over each batch, the mean over its steps; a policy is taken to be dear."""
        training = spec.get("training")
        if training is None:
            return float(self.settings.optimizer.passes)
        of = passes_of(training)
        schedule = training.get("schedule")
        return sum(of[label] for label in schedule) / len(schedule) if schedule else float(max(of.values()))


@lru_cache(maxsize=4)
def _load(train: tuple[Path, ...], measure: Path, permuted: bool, device: str) -> tuple[Split, Split]:
    split = load_split(train[0])
    for path in train[1:]:
        split = concatenate(split, load_split(path))
    held_out = load_split(measure)
    if permuted:
        split, held_out = permute_labels(split, seed=0), permute_labels(held_out, seed=1)
    return split.to(torch.device(device)), held_out.to(torch.device(device))


@lru_cache(maxsize=2)
def _load_test(path: Path, device: str) -> Split:
    return load_split(path).to(torch.device(device))
