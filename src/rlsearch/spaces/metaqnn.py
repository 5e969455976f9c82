"""Convolutional networks as chains of layers that an agent appends until it ends them (MetaQNN, Baker et al. 2017)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from rlsearch import seeds
from rlsearch.errors import SettingsError
from rlsearch.files import digest
from rlsearch.layer_costs import Maps, Step, steps
from rlsearch.layer_notation import GROUPS, Layer, read, read_beginning, write
from rlsearch.spaces._metaqnn_controls import Thumb, costliest, hand_made, matched, widths_of
from rlsearch.spaces._metaqnn_effects import effects
from rlsearch.spaces._metaqnn_limits import Settings
from rlsearch.spaces._metaqnn_paths import Paths, spread
from rlsearch.spaces._metaqnn_rules import Place, Rules, bin_of
from rlsearch.spaces._metaqnn_settings import HAND_MADE, MetaQNNSettings
from rlsearch.spaces.base import Actions, Choice, Decision, Size, Space, Spec, planted_option

MOST_REMEMBERED = 100_000
"""Beginnings whose place is kept, so that a long search takes no ever growing memory."""


class MetaQNN(Space):
    """One choice a layer: a convolution, a pool, a fully connected layer, or one of two ends.

    >>> space = MetaQNN()
    >>> space.describe(space.decode((1, 14, 1, 19)))
    'C(64,3,1) - P(2,2) - C(64,3,1) - SM()'
    """

    networks: ClassVar[tuple[str, ...]] = ("metaqnn",)
    question: ClassVar[str] = "Which layers, one after the other, make a good convolutional network?"
    matchable: ClassVar[frozenset[str]] = frozenset({HAND_MADE})

    def __init__(self, settings: MetaQNNSettings | None = None) -> None:
        self.settings = settings or Settings()
        self.rules = Rules(self.settings)
        self.paths = Paths(self.rules)
        self._thumb = Thumb(self.paths)
        self._shape = (self.settings.channels, self.settings.size, self.settings.size)
        self._names = tuple(map(str, self.rules.options))
        self._groups = tuple(GROUPS[layer.kind] for layer in self.rules.options)
        self._places: dict[Actions, Place] = {(): self.rules.start}
        self._choices: dict[tuple[int, tuple[bool, ...]], Choice] = {}

    def next(self, prefix: Actions) -> Decision | None:
        """Return the layers that may come next, or None behind an end."""
        place = self._place(prefix)
        return None if place.ended else self._choice(place)

    def state(self, prefix: Actions) -> tuple[int, str, str, int]:
        """Return (layers, the last one, bin of its map's size, fully connected layers): the source's state.

        Baker et al. (2017, section 4.1) put maps of similar size into one bin, so states are few, and two prefixes of
        one state may allow different layers.
        """
        place = self._place(prefix)
        last = self._names[int(prefix[-1])] if prefix else ""
        return place.depth, last, bin_of(place.size), place.fc

    def decode(self, actions: Actions) -> Spec:
        """Return {"network": {"layers": "C(64,3,1) - SM()", "first": "same", "pools": "valid"}}."""
        if any(not 0 <= action < len(self.rules.options) for action in actions):
            raise ValueError(f"layers are options 0 to {len(self.rules.options) - 1}, got {list(actions)}")
        layers = [self.rules.options[int(action)] for action in actions]
        if [place for place, layer in enumerate(layers) if layer.ends] != [len(layers) - 1]:
            raise ValueError(f"a network has one end, its last layer, and this has not: {write(layers) or 'nothing'}")
        return self._spec(layers)

    def key(self, spec: Spec) -> str:
        """Return the digest of what the layers do: equal for networks that differ in their spelling alone."""
        return digest(effects(_steps(spec["network"], self._shape, self.settings.classes), self._shape))

    @cached_property
    def has_equal_sequences(self) -> bool:
        """Tell whether several sequences may mean one network: where maps shrink to one pixel, or pools are alike."""
        return self.paths.networks is None or self.paths.networks != self.paths.size

    def canonical(self, actions: Actions) -> Actions:
        """Return the first of the sequences that mean the same network."""
        return self.paths.canonical([int(action) for action in actions]) if self.has_equal_sequences else actions

    @cached_property
    def nominal_size(self) -> int | None:
        """Number of sequences; None where limits make it too long to count."""
        return self.paths.size

    @cached_property
    def distinct_size(self) -> Size | None:
        """Number of different networks: counted, but for large spaces with limits."""
        counted = self.paths.networks
        return super().distinct_size if counted is None else Size(counted)

    def encodings(self, spec: Spec) -> int:
        """Return how many sequences give the network of a spec, whatever the size of the space."""
        return self.paths.encodings(effects(_steps(spec["network"], self._shape, self.settings.classes), self._shape))

    def extent(self) -> tuple[int, int]:
        """Return (decisions of the longest network, its end included, and the number of layers to choose from)."""
        return self.paths.longest, len(self.rules.options)

    def spread(self, count: int) -> list[Actions]:
        """Return `count` networks at equal distances in the order of `enumerate`; drawn where they are not counted.

        Fewer where the space has no more.
        """
        rng = seeds.generator("spread", "metaqnn", count)
        return spread(self.paths, count, lambda: self.sample(rng), self.canonical)

    def largest(self) -> Actions:
        """Return the network of the most FLOPs; in a large space with limits, one of the costliest."""
        return costliest(self.paths)

    def rule_of_thumb(self, rng: np.random.Generator) -> Actions | None:
        """Draw a network with a pool and a fully connected layer; None where there is none."""
        return self._thumb.draw(rng)

    def baselines(self) -> Mapping[str, Spec]:
        """Return a VGG-like network (`matched` builds it after a network that was found) and the `known` ones."""
        first, pools = self.settings.known_padding
        known = {
            name: {"network": {"layers": text, "first": first, "pools": pools}}
            for name, text in self.settings.known.items()
        }
        return {HAND_MADE: self._spec(hand_made(self.settings, widths_of(self.settings))), **known}

    def matched(self, name: str, spec: Spec, shape: tuple[int, ...] = (3, 32, 32), outputs: int = 10) -> Spec | None:
        """Return the VGG-like network whose parameters come nearest to a network's for images of `shape`.

        None for any other name.
        """
        if name != HAND_MADE:
            return None
        channels, height, width = shape
        images = channels, height, width
        parameters = sum(step.parameters for step in _steps(spec["network"], images, outputs))
        return self._spec(matched(self.settings, parameters, images, outputs))

    def misfit(self, shape: tuple[int, ...], outputs: int | None = None) -> tuple[str, str] | None:
        """Return what is wrong for images of another size, or where limits count, of other channels or classes."""
        chosen = self.settings
        if shape[1:] != (chosen.size, chosen.size):
            return "size", f"must be the side of the images, which are {'x'.join(map(str, shape))}"
        counted = {"channels": shape[0], "classes": outputs or chosen.classes} if self.rules.limited else {}
        for name, count in counted.items():
            if getattr(chosen, name) != count:
                return name, f"must be {count}, the {name} of the images, for which the limits count"
        return None

    def unfit(self, spec: Spec, shape: tuple[int, ...]) -> str:
        """Return which layer is larger than its map on images of a shape; "" where none is."""
        channels, height, width = shape
        try:
            _steps(spec["network"], (channels, height, width), self.settings.classes)
        except ValueError as error:
            return str(error)
        return ""

    def describe(self, spec: Spec) -> str:
        """Return the layers in the source's notation."""
        return write(read(spec["network"]["layers"]))

    def read(self, text: str) -> Spec:
        """Return the network of a text, whether or not it obeys the rules: the inverse of `describe`.

        Raises:
            SettingsError: it is no chain of layers, or a layer is larger than its map.
        """
        try:
            spec = self._spec(read(text))
            _steps(spec["network"], self._shape, self.settings.classes)
        except ValueError as error:
            raise SettingsError(f"no candidate can be read from {text!r}: {error}") from None
        return spec

    def beginning(self, text: str) -> Actions:
        """Return the decisions that a text names, from the first layer; the network may be incomplete.

        Raises:
            SettingsError: a layer is unknown, or breaks a rule.
        """
        taken: Actions = ()
        try:
            layers = read_beginning(text)
        except ValueError as error:
            raise SettingsError(str(error), where=text) from None
        for number, layer in enumerate(layers, 1):
            if problem := self.rules.problem(self._place(taken), layer):
                raise SettingsError(f"layer {number} {layer} {problem}", where=text)
            taken = (*taken, self.rules.options.index(layer))
        return taken

    @cached_property
    def _planted_mean(self) -> float:
        total = self.paths.mean(self._gain) if self.has_equal_sequences else 0.0
        return super()._planted_mean if total is None else total / self.longest

    @cached_property
    def _planted_optimum(self) -> Actions | None:
        return self.paths.best(self._gain) or super()._planted_optimum

    def _gain(self, place: Place, option: int) -> float:
        """Return the term of `planted_by_choice` that an option adds."""
        choice, good = self._choice(place), self._good_options
        wanted = good[place.depth] if place.depth < len(good) else planted_option(place.depth, choice)
        return (option == wanted) - 1 / sum(choice.mask)

    def _choice(self, place: Place) -> Choice:
        depth, mask = key = place.depth, self.rules.mask(place)
        if key not in self._choices:
            self._choices[key] = Choice(f"layer {depth + 1}", self._names, mask, "layer", depth, groups=self._groups)
        return self._choices[key]

    def _place(self, prefix: Actions) -> Place:
        place = self._places.get(prefix)
        if place is None:
            place = self.rules.taken(self._place(prefix[:-1]), int(prefix[-1]))
            if len(self._places) >= MOST_REMEMBERED:
                self._places = {(): self.rules.start}
            self._places[prefix] = place
        return place

    def _spec(self, layers: Sequence[Layer]) -> Spec:
        return {"network": {"layers": write(layers), "first": self.settings.first, "pools": self.settings.pools}}


def _steps(network: Mapping[str, Any], shape: Maps, outputs: int) -> list[Step]:
    return steps(read(network["layers"]), shape, outputs, network["first"], network["pools"])


SETTINGS, SPACE = Settings, MetaQNN
TEST_SETTINGS = {"size": 16, "depth": 3, "filters": (4, 16), "fc": (32, 16)}
