"""Which layer may follow which (Baker et al. 2017, section 4.1, table 1), from the true sizes of the maps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rlsearch.layer_costs import Maps, Step, padding_of, step
from rlsearch.layer_notation import ENDS, Layer
from rlsearch.spaces._metaqnn_settings import MetaQNNSettings

FC_SIZE = 8
"""Fully connected layers stand on maps of at most so many pixels a side."""
MOST_REMEMBERED = 100_000
"""Places of which something is kept. With limits nearly every beginning stands at a place of its own."""
BINS = ((8, "> 8"), (4, "(8,4]"), (0, "(4,1]"))
"""The paper's bins of the maps' sizes: the first whose lower end (exclusive) the size is above."""


class Place(NamedTuple):
    """Where a sequence stands: all that the rules ask of the layers before.

    `size` stays that of the last maps after a fully connected layer. `channels`, `parameters` and `flops` are counted
    only where there are limits, so that without them few places are different.
    """

    depth: int
    size: int
    last: str = ""
    fc: int = 0
    units: int = 0
    channels: int = 0
    parameters: int = 0
    flops: int = 0

    @property
    def ended(self) -> bool:
        """Whether the network is complete."""
        return self.last in ENDS


def bin_of(size: int) -> str:
    """Return the bin of a map's size."""
    return next(name for low, name in BINS if size > low)


class Rules:
    """The rules of a space: what its options are, and which of them a place allows.

    A place allows what breaks no rule and, where there are limits, what leads to a network that keeps to them.

    Attributes:
        options: convolutions (filters, then fields), pools, fully connected layers, GAP and SM.
        start: the place before the first layer.
    """

    def __init__(self, settings: MetaQNNSettings) -> None:
        self.settings = settings
        self.limited = settings.most_parameters is not None or settings.most_flops is not None
        self.options = (
            *(Layer("C", (filters, field, 1)) for filters in settings.filters for field in settings.fields),
            *(Layer("P", pool) for pool in settings.pool_sizes),
            *(Layer("FC", (units,)) for units in settings.fc),
            Layer("GAP"),
            Layer("SM"),
        )
        self.start = Place(0, settings.size, channels=settings.channels if self.limited else 0)
        self._masks: dict[Place, tuple[bool, ...]] = {}
        self._fits: dict[Place, bool] = {}

    def mask(self, place: Place) -> tuple[bool, ...]:
        """Return of each option whether it is allowed; at a start without a network no option is."""
        if place not in self._masks:
            if max(len(self._masks), len(self._fits)) >= MOST_REMEMBERED:
                self._masks.clear()
                self._fits.clear()
            self._masks[place] = tuple(self._allowed(place, layer) for layer in self.options)
        return self._masks[place]

    def after(self, place: Place, layer: Layer) -> Place:
        """Return the place behind a layer that is no larger than its maps."""
        made = self.step(place, layer)
        fc = layer.kind == "FC"
        size = place.size if fc or layer.ends else made.maps[1]
        counts = (made.maps[0], place.parameters + made.parameters, place.flops + made.flops)
        return Place(
            place.depth + 1,
            size,
            layer.kind,
            place.fc + 1 if fc else 0,
            layer.numbers[0] if fc else 0,
            *(counts if self.limited else ()),
        )

    def taken(self, place: Place, option: int) -> Place:
        """Return the place behind an option that is allowed."""
        return self.after(place, self.options[option])

    def step(self, place: Place, layer: Layer) -> Step:
        """Return what a layer makes of the maps of a place."""
        maps: Maps = (place.units, 1, 1) if place.fc else (place.channels or 1, place.size, place.size)
        padding = padding_of(place.depth, layer, self.settings.first, self.settings.pools)
        return step(layer, maps, padding, self.settings.classes)

    def broken(self, place: Place, layer: Layer) -> str:
        """Return the rule that a layer of the space's lists breaks at a place, but for the limits; "" for none."""
        if not layer.ends and place.depth >= self.settings.depth:
            return f"is beyond the depth of {self.settings.depth} layers"
        if place.last == "FC" and layer.kind not in ("FC", "SM"):
            return "follows a fully connected layer, after which only FC and SM may come"
        if layer.kind in ("C", "P") and layer.numbers[-2] > place.size:
            return f"is larger than its map of {place.size}x{place.size}"
        if layer.kind == "P":
            if place.last == "P":
                return "follows a pool"
            if place.depth == 0 and not self.settings.initial_pool:
                return "is a pool of the image itself (space.initial_pool)"
        return self._fc_broken(place, layer) if layer.kind == "FC" else ""

    def problem(self, place: Place, layer: Layer) -> str:
        """Return why a layer cannot come at a place; "" where it can."""
        if place.ended:
            return f"comes after the end, {place.last}()"
        fits = not self.limited or self.broken(place, layer) or self._leads_on(self.after(place, layer))
        beyond = "" if fits else "leads to no network within space.most_parameters and space.most_flops"
        return self._unlisted(layer) or self.broken(place, layer) or beyond

    def unbroken(self, place: Place) -> list[int]:
        """Return the options that break no rule at a place, whatever the limits: none behind an end."""
        return [] if place.ended else [o for o, layer in enumerate(self.options) if not self.broken(place, layer)]

    def broken_rules(self, layers: Sequence[Layer]) -> Iterator[str]:
        """Yield in words what a whole network breaks, layer by layer, then the limits.

        Raises:
            ValueError: a layer is larger than its map where nothing is padded, so that there is no such network.
        """
        place, parameters, flops = self.start._replace(channels=self.settings.channels), 0, 0
        for number, layer in enumerate(layers, 1):
            for problem in filter(None, (self._unlisted(layer), self.broken(place, layer))):
                yield f"layer {number} {layer} {problem}"
            made = self.step(place, layer)
            parameters, flops = parameters + made.parameters, flops + made.flops
            place = self.after(place, layer)._replace(channels=made.maps[0])
        for name, count in (("parameters", parameters), ("flops", flops)):
            most = getattr(self.settings, f"most_{name}")
            if most is not None and count > most:
                yield f"{count:,} {name} are more than the {most:,} of space.most_{name}"

    def _allowed(self, place: Place, layer: Layer) -> bool:
        return not self.broken(place, layer) and (not self.limited or self._leads_on(self.after(place, layer)))

    def _leads_on(self, place: Place) -> bool:
        """Tell whether a network that begins so, or is complete so, keeps to the limits."""
        most_parameters, most_flops = self.settings.most_parameters, self.settings.most_flops
        if most_parameters is not None and place.parameters > most_parameters:
            return False
        if most_flops is not None and place.flops > most_flops:
            return False
        if place.ended:
            return True
        if place not in self._fits:
            # From the last option: nearly always an end fits, and nothing else is tried.
            self._fits[place] = any(self._allowed(place, layer) for layer in reversed(self.options))
        return self._fits[place]

    def _fc_broken(self, place: Place, layer: Layer) -> str:
        if place.size > FC_SIZE:
            return f"stands on a map of {place.size}x{place.size}, larger than {FC_SIZE}x{FC_SIZE}"
        if place.fc >= self.settings.max_fc:
            return f"is fully connected layer number {place.fc + 1}, of at most {self.settings.max_fc} (space.max_fc)"
        if place.fc and layer.numbers[0] > place.units:
            return f"has more units than the {place.units} before it"
        return ""

    def _unlisted(self, layer: Layer) -> str:
        if layer in self.options:
            return ""
        names = {"C": ("filters", "fields"), "P": ("pool_sizes",), "FC": ("fc",)}[layer.kind]
        return f"is none of the layers of space.{' and space.'.join(names)}"
