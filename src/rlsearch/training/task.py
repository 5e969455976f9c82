"""A task owns network, data, recipe and budget: it turns a spec into a model and trains it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import nn

from rlsearch import seeds
from rlsearch.config.task_models import RuntimeSettings, TaskSettings
from rlsearch.data.kinds import _registry as kinds
from rlsearch.data.kinds.base import Form, Kind, Resident
from rlsearch.errors import DataError, RlsearchError
from rlsearch.files import digest
from rlsearch.networks import _registry as registry
from rlsearch.networks._initialisation import initialise
from rlsearch.training.checkpoint import load_state
from rlsearch.training.forward_flops import counted_forward, forward_flops, training_flops
from rlsearch.training.outcome import part

BUILT = 16
"""Networks of a task that are built to count their FLOPs; any more are counted on the meta device."""
INIT_BATCH = 256
"""Samples on which an initialiser that looks at the data (LSUV) sets its scales."""


@dataclass(frozen=True)
class Task:
    """How children of one kind are trained and on what they are measured. Cheap to pickle: data load on first use.

    Attributes:
        settings: network, epochs, optimizer, inputs, precision.
        runtime: device and threads of a child.
        train: the npz files to train on (several are joined); measure: the one to measure on.
        permuted: shuffle the answers to train and to measure on (a null control with real children).
        test: a file to measure on once, after a training that looked at `measure` on its way; else None.
        start: weights to begin with, where names and shapes are the network's; else None.
    """

    settings: TaskSettings
    runtime: RuntimeSettings
    train: tuple[Path, ...]
    measure: Path
    permuted: bool = False
    test: Path | None = None
    start: Path | None = None

    @property
    def device(self) -> torch.device:
        """The device on which children train."""
        return torch.device(self.runtime.device)

    @property
    def kind(self) -> Kind:
        """The kind of data that the network takes."""
        return kinds.of_network(self.settings.network)

    @property
    def data(self) -> tuple[Resident, Resident]:
        """The training and the measuring split, resident on the device.

        Raises:
            DataError: there are too few samples to train on for the task's batches.
        """
        parts = _load(self.kind.name, self.train, self.measure, self.permuted, self.runtime.device)
        if problem := self.kind.too_few(len(parts[0]), self.settings):
            raise DataError(problem, where=", ".join(map(str, self.train)))
        return parts

    @property
    def test_data(self) -> Resident:
        """The samples of `test`, on the device.

        Raises:
            ValueError: the task has none.
        """
        if self.test is None:
            raise ValueError("this task has no test set")
        return _load_test(self.kind.name, self.test, self.runtime.device)

    @property
    def form(self) -> Form:
        """What the network has to know of its data."""
        return self.data[0].form

    @cached_property
    def _forward_cache(self) -> dict[str, int]:
        return {}

    def build(self, spec: Mapping[str, Any], seed: int) -> nn.Module:
        """Return an initialised model on the device; equal (spec, seed) give equal weights on every device.

        Raises:
            UnfitError: the spec cannot be built for data of this form.
            RlsearchError: none of the weights to begin with fits.
        """
        form = self.form
        with part(f"network {self.settings.network}"):
            model = registry.build(self.settings.network, form.shape, form.outputs, self._options(spec))
        if "init" in spec:
            # On the CPU, whatever the device: a GPU's generator draws other numbers from the same seed.
            rng = torch.Generator().manual_seed(seeds.integer("weights", seed))
            with part("initialisation"):
                initialise(model, spec["init"], rng, self.data[0].inputs(INIT_BATCH, self.settings))
        if self.start is not None:
            _begin(model, self.start)
        return model.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]

    def forward_flops(self, model: nn.Module, spec: Mapping[str, Any]) -> int:
        """Return forward FLOPs per sample of the spec's network, counted once for each architecture."""
        key = self._costly(spec)
        if key not in self._forward_cache:
            told = self._told_flops(spec)
            self._forward_cache[key] = forward_flops(model, self.kind.example(self.form)) if told is None else told
        return self._forward_cache[key]

    def full_cost(self, spec: Mapping[str, Any]) -> int:
        """Return the FLOPs of one full training of the spec: the unit in which a search's budget is stated.

        Nothing is trained and no weights are made: what cannot be initialised is found out in its training.

        Raises:
            UnfitError: the network cannot be built for data of this form.
        """
        return self._cost(spec, self.settings.epochs)

    def most_cost(self, spec: Mapping[str, Any]) -> int:
        """Return the FLOPs that a training of the spec takes at most: with every restart, and to its last epoch.

        Raises:
            UnfitError: the network cannot be built for data of this form.
        """
        return self._cost(spec, self.settings.most_epochs)

    def _cost(self, spec: Mapping[str, Any], epochs: int) -> int:
        key = self._costly(spec)
        if key not in self._forward_cache:
            with part(f"network {self.settings.network}"):
                many = len(self._forward_cache) >= BUILT
                network = (self.settings.network, self.kind, self.form, self._options(spec))
                self._forward_cache[key] = counted_forward(*network, meta=many)
        # Whole numbers throughout: FLOPs go beyond the 2**53 up to which a float is exact.
        whole = training_flops(self._forward_cache[key], self._epoch_samples * epochs) * self.settings.passes(spec)
        return math.ceil(whole)

    def _told_flops(self, spec: Mapping[str, Any]) -> int | None:
        """Return what the network's file says, so that a trial's cost and its price are one number; None: nothing."""
        form = self.form
        with part(f"network {self.settings.network}"):
            return registry.forward_flops(self.settings.network, form.shape, form.outputs, self._options(spec))

    def _options(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        return {**self.settings.network_options, **spec.get("network", {})}

    @cached_property
    def _epoch_samples(self) -> int:
        return self.kind.epoch_samples(self.form, len(self.data[0]), self.settings)

    @staticmethod
    def _costly(spec: Mapping[str, Any]) -> str:
        """Return what a forward pass depends on: candidates that differ in their weights or training cost the same."""
        network = spec.get("network")
        return digest(dict(network)) if network else ""


def _begin(model: nn.Module, start: Path) -> None:
    """Take over the weights that fit a network by name and shape; a head for other answers keeps its new ones.

    Raises:
        RlsearchError: none of them fits.
    """
    own = model.state_dict()
    fitting = {key: value for key, value in load_state(start).items() if key in own and own[key].shape == value.shape}
    if not fitting:
        raise RlsearchError(
            "none of the weights to begin with has the name and the shape of one of the network's",
            where=str(start),
            remedy="give the transfer a network like the study's target, or set `weights: none`",
        )
    model.load_state_dict({**own, **fitting})


@lru_cache(maxsize=4)
def _load(kind: str, train: tuple[Path, ...], measure: Path, permuted: bool, device: str) -> tuple[Resident, Resident]:
    load = kinds.load(kind).load
    split, held_out = load(train[0]), load(measure)
    for path in train[1:]:
        split = split.joined(load(path))
    if permuted:
        # Fixed seeds: all children of a null control learn the same wrong answers.
        split, held_out = split.shuffled(seed=0), held_out.shuffled(seed=1)
    return split.to(torch.device(device)), held_out.to(torch.device(device))


@lru_cache(maxsize=2)
def _load_test(kind: str, path: Path, device: str) -> Resident:
    return kinds.load(kind).load(path).to(torch.device(device))
