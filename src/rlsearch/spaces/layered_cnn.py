"""Convolutional networks layer by layer (Zoph & Le 2017, section 3; the small space of Srivatsava & Duddu 2019)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from rlsearch import seeds
from rlsearch.files import digest
from rlsearch.spaces._layered_parameters import chain, matched_width, sources
from rlsearch.spaces._layered_settings import LayeredSettings
from rlsearch.spaces.base import LAST_TRIAL, Actions, Choice, Decision, Space, Spec

MORE_FILTERS = 40
"""What Zoph & Le (2017) added to every layer of their best network, for their lowest error."""


class LayeredCNN(Space):
    """For each layer its kernel, stride (where searched) and filters, then its inputs (where skips are searched).

    >>> space = LayeredCNN()
    >>> space.nominal_size
    1296
    >>> space.describe(space.decode((1, 0, 1, 0, 1, 2, 1, 2)))
    '3x3x32 3x3x32 3x3x64 3x3x64'
    """

    networks: ClassVar[tuple[str, ...]] = ("layered-cnn",)
    question: ClassVar[str] = "Which kernels and filters, layer by layer, make a good convolutional network?"
    fixed: ClassVar[bool] = True
    matchable: ClassVar[frozenset[str]] = frozenset({"hand-made", "all-skips", "no-skips", "more-filters"})

    def __init__(self, settings: LayeredSettings | None = None, layers: int | None = None) -> None:
        self.settings = settings or LayeredSettings()
        self.layers = layers or self.settings.layers
        self.plan = [decision for layer in range(self.layers) for decision in self._layer(layer)]
        self._stages = {self.layers: self}

    def next(self, prefix: Actions) -> Decision | None:
        """Return the decision that follows; the order of questions does not depend on the answers."""
        return self.plan[len(prefix)] if len(prefix) < len(self.plan) else None

    def at(self, trial: int) -> LayeredCNN:
        """Return the space at the depth that the schedule has reached."""
        depth = self.settings.depth
        if depth is None:
            return self
        layers = min(self.settings.layers + depth.step * (trial // depth.every), depth.most)
        if layers not in self._stages:
            self._stages[layers] = LayeredCNN(self.settings, layers)
            # One memory for all stages, so that each is built once, whichever is asked.
            self._stages[layers]._stages = self._stages
        return self._stages[layers]

    def extent(self) -> tuple[int, int]:
        """Return the number of decisions and the options of the widest one at the greatest depth."""
        last = self.at(LAST_TRIAL)
        return len(last.plan), max(len(decision.options) for decision in last.plan)

    def decode(self, actions: Actions) -> Spec:
        """Return {"network": {"layers": [{"kernel", "stride", "filters", ...}], "batch_norm"}}."""
        if len(actions) != len(self.plan):
            raise ValueError(f"a candidate of {self.layers} layers has {len(self.plan)} decisions, got {len(actions)}")
        chosen: list[dict[str, Any]] = [{} for _ in range(self.layers)]
        inputs: list[list[int]] = [[] for _ in range(self.layers)]
        for decision, action in zip(self.plan, actions, strict=True):
            if not 0 <= action < len(decision.options):
                raise ValueError(f"there is no option {action!r} of decision {decision.name!r}")
            option = decision.options[int(action)]
            if decision.source is None:
                chosen[decision.place][decision.kind] = option
            elif option:
                inputs[decision.place].append(decision.source)
        layers = [self._spec(number, options, inputs[number]) for number, options in enumerate(chosen)]
        return {"network": {"layers": layers, "batch_norm": self.settings.batch_norm}}

    def key(self, spec: Spec) -> str:
        """Return the digest of the network, whatever the order of its keys, its inputs and the types of its numbers.

        A layer that is fed by the one before it, and by no other, has the same key whether or not its spec says so.
        """
        network = spec["network"]
        layers = [
            [
                *(int(size) for size in (*layer["kernel"], *layer["stride"], layer["filters"])),
                bool(layer.get("pool", False)),
                # None for a chain, whether its spec names the inputs or not: the two are one network.
                None if (fed := sources(number, layer)) == chain(number) else fed,
            ]
            for number, layer in enumerate(network["layers"])
        ]
        return digest([layers, bool(network.get("batch_norm", False))])

    @property
    def kept_apart(self) -> str:
        """With skip connections a few pairs are one graph with its layers in another order."""
        return "layers count in the order in which they were chosen" if self.settings.skips else ""

    @cached_property
    def nominal_size(self) -> int:
        """Number of candidates at the space's present depth, each with a key of its own."""
        return math.prod(len(decision.options) for decision in self.plan)

    def baselines(self) -> Mapping[str, Spec]:
        """Return a hand-made network and, where skips are searched, three changes of it (`matched`).

        Hand-made: the largest usual kernel (3x3 where offered), filters that grow with depth, the depth that a search
        can reach. `matched` builds all of them from a network that was found.
        """
        counts, depth = self.settings.filters, self.settings.most_layers
        grown = [counts[layer * len(counts) // depth] for layer in range(depth)]
        plain = self._hand_made(grown, [chain(layer) for layer in range(depth)])
        if not self.settings.skips:
            return {"hand-made": plain}
        every = self._hand_made(grown, [list(range(layer)) for layer in range(depth)])
        wider = self._hand_made([count + MORE_FILTERS for count in grown], [chain(layer) for layer in range(depth)])
        return {"hand-made": plain, "all-skips": every, "no-skips": plain, "more-filters": wider}

    def matched(self, name: str, spec: Spec, shape: tuple[int, ...] = (3, 32, 32), outputs: int = 10) -> Spec | None:
        """Return a baseline of a found network, whose depth, strides, pooling and normalisation it keeps.

        `hand-made`: a chain of 3x3 layers of one width, the whole number whose parameters come nearest to the network's
        for images of `shape` and a head of `outputs`. `all-skips` and `no-skips`: the network itself, its layers
        joined in these two ways. `more-filters`: the network itself with 40 filters more in every layer. None for any
        other name.
        """
        network, skips = spec["network"], self.settings.skips
        layers = network["layers"]
        if name == "hand-made":
            width = matched_width(network, shape[0], outputs)
            layers = [{**layer, "kernel": [3, 3], "filters": width} for layer in layers]
        elif not skips or name not in self.matchable:
            return None
        if skips and name == "more-filters":
            layers = [{**layer, "filters": layer["filters"] + MORE_FILTERS} for layer in layers]
        elif skips:
            joined = [list(range(n)) if name == "all-skips" else chain(n) for n in range(len(layers))]
            layers = [{**layer, "inputs": inputs} for layer, inputs in zip(layers, joined, strict=True)]
        return {"network": {**network, "layers": layers}}

    def largest(self) -> Actions:
        """Return the largest option of every decision: kernels, filters and inputs; the smallest stride."""
        return tuple(
            int(np.argmin(d.options) if d.kind.startswith("stride") else np.argmax(d.options)) for d in self.plan
        )

    def rule_of_thumb(self, rng: np.random.Generator) -> Actions:
        """Draw a network whose kernels are all the largest, the rest uniformly: a rule read off RL-NAS-1296."""
        free = self.sample(rng)
        large = ("kernel", "height", "width")
        pairs = zip(self.largest(), free, self.plan, strict=True)
        return tuple(most if decision.kind in large else action for most, action, decision in pairs)

    def spread(self, count: int) -> list[Actions]:
        """Return `count` candidates at equal distances in the order of `enumerate`; drawn by name in large spaces."""
        size = self.nominal_size
        # Doubles hold whole numbers up to 2^53; beyond that equal distances could not be worked out in them.
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
        if not 0 <= index < self.nominal_size:
            raise ValueError(f"there is no candidate {index}: the space has {self.nominal_size}")
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

    def describe(self, spec: Spec) -> str:
        """Return height x width x filters of each layer, up to six layers; then the number of layers."""
        layers = spec["network"]["layers"]
        shown = ["x".join(str(int(n)) for n in (*layer["kernel"], layer["filters"])) for layer in layers[:6]]
        return " ".join(shown) + (f" ... ({len(layers)} layers, {self.key(spec)[:6]})" if len(layers) > 6 else "")

    def _layer(self, layer: int) -> list[Choice]:
        chosen = self.settings
        sizes = {"kernel": chosen.kernels} if chosen.kernels else {"height": chosen.heights, "width": chosen.widths}
        axes = {"stride-height": chosen.stride_options, "stride-width": chosen.stride_options}
        options_of = {**sizes, **(axes if chosen.stride_options else {}), "filters": chosen.filters}
        name = f"layer {layer + 1}"
        choices = [_choice(f"{name} {kind}", kind, layer, options or ()) for kind, options in options_of.items()]
        sources = range(layer) if chosen.skips else range(0)
        return choices + [_choice(f"{name} from {s + 1}", "skip", layer, (0, 1), s) for s in sources]

    def _spec(self, number: int, options: Mapping[str, int], inputs: Sequence[int]) -> dict[str, Any]:
        fixed = self.settings.strides or (1,)
        stride = fixed[number] if len(fixed) > 1 else fixed[0]
        spec: dict[str, Any] = {
            "kernel": [options.get("height", options.get("kernel")), options.get("width", options.get("kernel"))],
            "stride": [options.get("stride-height", stride), options.get("stride-width", stride)],
            "filters": options["filters"],
        }
        if self.settings.pools:
            spec["pool"] = number + 1 in self.settings.pools
        if self.settings.skips:
            spec["inputs"] = list(inputs)
        return spec

    def _hand_made(self, filters: Sequence[int], inputs: Sequence[Sequence[int]]) -> Spec:
        offered = self.settings
        height, width = (_usual(options or offered.kernels) for options in (offered.heights, offered.widths))
        chosen = [{"height": height, "width": width, "filters": count} for count in filters]
        layers = [self._spec(number, layer, inputs[number]) for number, layer in enumerate(chosen)]
        return {"network": {"layers": layers, "batch_norm": self.settings.batch_norm}}


def _usual(options: tuple[int, ...] | None) -> int:
    offered = options or (3,)
    return 3 if 3 in offered else max(offered)


def _choice(name: str, kind: str, place: int, options: Sequence[int], source: int | None = None) -> Choice:
    groups = tuple(f"{size}x{size}" for size in options) if kind == "kernel" else ()
    return Choice(name, tuple(options), (True,) * len(options), kind, place, source, groups)


SETTINGS, SPACE = LayeredSettings, LayeredCNN
