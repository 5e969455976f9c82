"""Convolutional networks layer by layer (Zoph & Le 2017, section 3; the small space of Srivatsava & Duddu 2019)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from rlsearch import seeds
from rlsearch.config.base import Count, Settings, SpaceSettings
from rlsearch.files import digest
from rlsearch.spaces.base import Actions, Choice, Decision, Space, Spec, planted_by_choice

Odd = Annotated[int, Field(ge=1, le=31)]
Options = Annotated[tuple[Count, ...], Field(strict=False, min_length=1)]
Kernels = Annotated[tuple[Odd, ...], Field(strict=False, min_length=1)]

MOST_LAYERS = 60


class Depth(Settings):
    """How the depth grows during a search: `step` more layers after every `every` trials, up to `most` layers."""

    step: Count = 2
    every: Count = 1600
    most: Annotated[int, Field(ge=1, le=MOST_LAYERS)] = 20


class LayeredSettings(SpaceSettings):
    """Options of one layer, and how layers are joined. The defaults are the small space of 1,296 networks.

    `kernels` are square; with `kernels: null`, `heights` and `widths` are chosen apart. `strides` are fixed: one a
    layer, or a single one for all; with `strides: null`, `stride_options` are searched for each axis. `pools` names
    the layers (from 1) that are followed by 2x2 max pooling. With `skips` every layer chooses which earlier layers
    feed it. `depth` lets the number of layers grow; without it, `layers` is fixed.
    """

    type: Literal["layered-cnn"] = "layered-cnn"
    layers: Annotated[int, Field(ge=1, le=MOST_LAYERS)] = 4
    kernels: Kernels | None = (1, 3)
    heights: Kernels | None = None
    widths: Kernels | None = None
    filters: Options = (32, 48, 64)
    strides: Options | None = (2, 1, 2, 1)
    stride_options: Options | None = None
    pools: Annotated[tuple[Count, ...], Field(strict=False)] = ()
    skips: bool = False
    batch_norm: bool = False
    depth: Depth | None = None

    @property
    def most_layers(self) -> int:
        """The depth that a search can reach."""
        return self.layers if self.depth is None else self.depth.most

    @model_validator(mode="after")
    def _consistent(self) -> LayeredSettings:
        if (self.kernels is None) == (self.heights is None) or (self.heights is None) != (self.widths is None):
            raise ValueError("give either `kernels` (square ones), or `heights` and `widths` with `kernels: null`")
        if (self.strides is None) == (self.stride_options is None):
            raise ValueError("give either `strides` (fixed), or `stride_options` with `strides: null`")
        for name in ("kernels", "heights", "widths", "filters", "stride_options"):
            values: tuple[int, ...] = getattr(self, name) or ()
            if len(set(values)) < len(values):
                raise ValueError(f"`{name}` holds a value twice")
            if name in ("kernels", "heights", "widths") and any(value % 2 == 0 for value in values):
                raise ValueError(f"`{name}` must be odd: an even kernel cannot keep the size of its input")
        if self.depth is not None and self.depth.most < self.layers:
            raise ValueError(f"depth.most {self.depth.most} is below layers {self.layers}, where the search starts")
        if self.strides is not None and len(self.strides) not in (1, self.most_layers):
            raise ValueError(
                f"`strides` must hold 1 or {self.most_layers} values (one a layer), not {len(self.strides)}"
            )
        if any(pool > self.most_layers for pool in self.pools):
            raise ValueError(f"`pools` names a layer beyond the last, {self.most_layers}")
        return self


class LayeredCNN(Space):
    """For each layer its kernel, stride (where searched) and filters, then its inputs (where skips are searched).

    >>> space = LayeredCNN()
    >>> space.nominal_size
    1296
    >>> space.describe(space.decode((1, 0, 1, 0, 1, 2, 1, 2)))
    '3x3x32 3x3x32 3x3x64 3x3x64'
    """

    def __init__(self, settings: LayeredSettings | None = None, layers: int | None = None) -> None:
        self.settings = settings or LayeredSettings()
        self.layers = layers or self.settings.layers
        self.plan = [decision for layer in range(self.layers) for decision in self._layer(layer)]

    def next(self, prefix: Actions) -> Decision | None:
        """Return the decision that follows; the order of questions does not depend on the answers."""
        return self.plan[len(prefix)] if len(prefix) < len(self.plan) else None

    def at(self, trial: int) -> LayeredCNN:
        """Return the space at the depth that the schedule has reached."""
        depth = self.settings.depth
        if depth is None:
            return self
        layers = min(self.settings.layers + depth.step * (trial // depth.every), depth.most)
        return self if layers == self.layers else LayeredCNN(self.settings, layers)

    def decode(self, actions: Actions) -> Spec:
        """Return {"network": {"layers": [{"kernel", "stride", "filters", ...}], "batch_norm"}}."""
        if len(actions) != len(self.plan):
            raise ValueError(f"a candidate of {self.layers} layers has {len(self.plan)} decisions, got {len(actions)}")
        chosen: list[dict[str, Any]] = [{} for _ in range(self.layers)]
        inputs: list[list[int]] = [[] for _ in range(self.layers)]
        for decision, action in zip(self.plan, actions, strict=True):
            option = decision.options[int(action)]
            if decision.source is None:
                chosen[decision.place][decision.kind] = option
            elif option:
                inputs[decision.place].append(decision.source)
        layers = [self._spec(number, found, inputs[number]) for number, found in enumerate(chosen)]
        return {"network": {"layers": layers, "batch_norm": self.settings.batch_norm}}

    def key(self, spec: Spec) -> str:
        """Return the digest of the network, whatever the order of its keys, its inputs and the types of its numbers."""
        network = spec["network"]
        layers = [
            [
                *(int(size) for size in (*layer["kernel"], *layer["stride"], layer["filters"])),
                bool(layer.get("pool", False)),
                sorted(int(source) for source in layer["inputs"]) if "inputs" in layer else None,
            ]
            for layer in network["layers"]
        ]
        return digest([layers, bool(network.get("batch_norm", False))])

    @cached_property
    def nominal_size(self) -> int:
        """Number of candidates at the space's present depth; all of them are different networks."""
        return math.prod(len(decision.options) for decision in self.plan)

    def baselines(self) -> Mapping[str, Spec]:
        """Return a hand-made network and, where skips are searched, the same with all and with no skip connections.

        Hand-made: the largest usual kernel (3x3 where offered), filters that grow with depth. `matched` gives the one
        with as many parameters as a found network.
        """
        counts = self.settings.filters
        grown = [counts[layer * len(counts) // self.layers] for layer in range(self.layers)]
        chain = {"hand-made": self._hand_made(grown, [[layer - 1] if layer else [] for layer in range(self.layers)])}
        if not self.settings.skips:
            return chain
        every = self._hand_made(grown, [list(range(layer)) for layer in range(self.layers)])
        return {"hand-made": chain["hand-made"], "all-skips": every, "no-skips": chain["hand-made"]}

    def largest(self) -> Actions:
        """Return the largest option of every decision: kernels, filters and inputs; the smallest stride."""
        return tuple(
            int(np.argmin(d.options) if d.kind.startswith("stride") else np.argmax(d.options)) for d in self.plan
        )

    def rule_of_thumb(self, rng: np.random.Generator) -> Actions:
        """Draw a network whose kernels are all the largest, the rest uniformly."""
        free = self.sample(rng)
        large = ("kernel", "height", "width")
        pairs = zip(self.largest(), free, self.plan, strict=True)
        return tuple(most if decision.kind in large else action for most, action, decision in pairs)

    def spread(self, count: int) -> list[Actions]:
        """Return `count` candidates at equal distances in the order of `enumerate`; drawn by name in large spaces."""
        size = self.nominal_size
        if size > 2**50:
            rng = seeds.generator("spread", "layered-cnn", count)
            return [self.sample(rng) for _ in range(count)]
        step = (size - 1) / max(count - 1, 1)
        return [self.unrank(round(index * step)) for index in range(count)]

    def unrank(self, index: int) -> Actions:
        """Return the candidate at a position of `enumerate`.

        >>> space = LayeredCNN()
        >>> space.rank(space.unrank(777))
        777
        """
        digits: list[int] = []
        for decision in reversed(self.plan):
            index, digit = divmod(index, len(decision.options))
            digits.append(digit)
        return tuple(reversed(digits))

    def rank(self, actions: Actions) -> int:
        """Return the position of a candidate in `enumerate`."""
        index = 0
        for decision, action in zip(self.plan, actions, strict=True):
            index = index * len(decision.options) + int(action)
        return index

    def planted(self, actions: Actions) -> float:
        """Return the share of planted options among the decisions, less what chance would earn."""
        return planted_by_choice(self, actions)

    def describe(self, spec: Spec) -> str:
        """Return height x width x filters of each layer, up to six layers; then the number of layers."""
        layers = spec["network"]["layers"]
        shown = ["x".join(str(int(n)) for n in (*layer["kernel"], layer["filters"])) for layer in layers[:6]]
        return " ".join(shown) + (f" ... ({len(layers)} layers, {self.key(spec)[:6]})" if len(layers) > 6 else "")

    def _layer(self, layer: int) -> list[Choice]:
        chosen = self.settings
        sizes = {"kernel": chosen.kernels} if chosen.kernels else {"height": chosen.heights, "width": chosen.widths}
        axes = {"stride-height": chosen.stride_options, "stride-width": chosen.stride_options}
        asked = {**sizes, **(axes if chosen.stride_options else {}), "filters": chosen.filters}
        found = [_choice(f"layer {layer + 1} {kind}", kind, layer, options or ()) for kind, options in asked.items()]
        sources = range(layer) if chosen.skips else range(0)
        return found + [_choice(f"layer {layer + 1} from {s + 1}", "skip", layer, (0, 1), s) for s in sources]

    def _spec(self, number: int, found: Mapping[str, int], inputs: Sequence[int]) -> dict[str, Any]:
        fixed = self.settings.strides or (1,)
        stride = fixed[number] if len(fixed) > 1 else fixed[0]
        spec: dict[str, Any] = {
            "kernel": [found.get("height", found.get("kernel")), found.get("width", found.get("kernel"))],
            "stride": [found.get("stride-height", stride), found.get("stride-width", stride)],
            "filters": found["filters"],
        }
        if self.settings.pools:
            spec["pool"] = number + 1 in self.settings.pools
        if self.settings.skips:
            spec["inputs"] = list(inputs)
        return spec

    def _hand_made(self, filters: Sequence[int], inputs: Sequence[Sequence[int]]) -> Spec:
        side = [
            _usual(self.settings.heights or self.settings.kernels),
            _usual(self.settings.widths or self.settings.kernels),
        ]
        found = [{"height": side[0], "width": side[1], "filters": count} for count in filters]
        layers = [self._spec(number, layer, inputs[number]) for number, layer in enumerate(found)]
        return {"network": {"layers": layers, "batch_norm": self.settings.batch_norm}}


def _usual(options: tuple[int, ...] | None) -> int:
    found = options or (3,)
    return 3 if 3 in found else max(found)


def _choice(name: str, kind: str, place: int, options: Sequence[int], source: int | None = None) -> Choice:
    return Choice(name, tuple(options), (True,) * len(options), kind, place, source)


SETTINGS, SPACE = LayeredSettings, LayeredCNN
