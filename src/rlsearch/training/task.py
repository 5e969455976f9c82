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
from rlsearch.config.models import RuntimeSettings, TaskSettings
from rlsearch.data.tensors import Split, concatenate, load_split, permute_labels, scale
from rlsearch.files import digest
from rlsearch.networks import registry
from rlsearch.networks.initialisation import initialise
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
    """

    settings: TaskSettings
    runtime: RuntimeSettings
    train: tuple[Path, ...]
    measure: Path
    permuted: bool = False

    @property
    def device(self) -> torch.device:
        """The device on which children train."""
        return torch.device(self.runtime.device)

    @property
    def data(self) -> tuple[Split, Split]:
        """The training and the measuring split, resident on the device as uint8."""
        return _load(self.train, self.measure, self.permuted, self.runtime.device)

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
        passes = self.settings.optimizer.passes
        return 3 * self.forward_flops(model, spec) * samples * self.settings.epochs * passes


@lru_cache(maxsize=4)
def _load(train: tuple[Path, ...], measure: Path, permuted: bool, device: str) -> tuple[Split, Split]:
    split = load_split(train[0])
    for path in train[1:]:
        split = concatenate(split, load_split(path))
    held_out = load_split(measure)
    if permuted:
        split, held_out = permute_labels(split, seed=0), permute_labels(held_out, seed=1)
    return split.to(torch.device(device)), held_out.to(torch.device(device))
