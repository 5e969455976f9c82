"""What a search of a MetaQNN space is compared with: the costliest network, a rule of thumb, a VGG-like network."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from rlsearch.layer_costs import Maps, padding_of, step, steps
from rlsearch.layer_notation import Layer
from rlsearch.spaces._matched_width import nearest_width
from rlsearch.spaces._metaqnn_paths import Paths, Rests, fold
from rlsearch.spaces._metaqnn_rules import FC_SIZE, Place
from rlsearch.spaces._metaqnn_settings import MetaQNNSettings

THUMB = frozenset({"P", "FC"})
"""The rule of thumb: a network with a pool and a fully connected layer."""

Kinds = frozenset[str]


def costliest(paths: Paths) -> tuple[int, ...]:
    """Return the sequence of the most forward FLOPs.

    Where limits make too many places: of the layers that are allowed, at each place the one that leads to the most
    without the limits, so that another one may take more.
    """
    rules = paths.rules
    if rules.limited:  # places then know their channels, so that a layer's FLOPs follow from them alone
        found = paths.best(lambda place, option: rules.step(place, rules.options[option]).flops)
        if found is not None:
            return found

    def after(place: Place, option: int) -> Place:
        layer = rules.options[option]
        channels = rules.step(place, layer).maps[0]
        return rules.after(place, layer)._replace(channels=channels, parameters=0, flops=0)

    def cost(place: Place, option: int) -> int:
        return rules.step(place, rules.options[option]).flops

    def join(place: Place, rests: Rests[int]) -> int:
        return max(cost(place, option) + rest for option, rest in rests)

    value = fold(rules.unbroken, after, 0, join)
    costed = rules.start._replace(channels=rules.settings.channels)

    def choose(place: Place) -> int:
        nonlocal costed
        option = max(paths.allowed(place), key=lambda option: cost(costed, option) + value(after(costed, option)))
        costed = after(costed, option)
        return option

    return paths.followed(choose)


class Thumb:
    """Draws networks with a pool and a fully connected layer, decision by decision.

    The limits do not count in what leads to one, so with limits a draw may miss it. What lies ahead of a place is
    looked through once for all draws.
    """

    def __init__(self, paths: Paths) -> None:
        self._paths, rules = paths, paths.rules
        self._ahead = fold(rules.unbroken, self._after, frozenset({Kinds()}), self._join)
        # With limits nearly every place is met once.
        self._leading = self._lead if rules.limited else functools.cache(self._lead)

    def draw(self, rng: np.random.Generator) -> tuple[int, ...] | None:
        """Return a network's options; None where the space has no such network."""
        held = Kinds()

        def choose(place: Place) -> int:
            nonlocal held
            option = int(rng.choice(self._leading(place, held)))
            held = held | self._kind(option)
            return option

        return self._paths.followed(choose) if THUMB in self._ahead(_bare(self._paths.rules.start)) else None

    def _lead(self, place: Place, held: Kinds) -> list[int]:
        """Return the allowed options that lead to such a network; all of them where none does."""
        free, leading = self._paths.allowed(place), list[int]()
        for option in free:
            rests = self._ahead(self._after(_bare(place), option))
            if any(held | self._kind(option) | rest >= THUMB for rest in rests):
                leading.append(option)
        return leading or free

    def _kind(self, option: int) -> Kinds:
        return THUMB & {self._paths.rules.options[option].kind}

    def _after(self, place: Place, option: int) -> Place:
        return _bare(self._paths.rules.taken(place, option))

    def _join(self, _: Place, rests: Rests[frozenset[Kinds]]) -> frozenset[Kinds]:
        return frozenset(held | self._kind(option) for option, rest in rests for held in rest)


def _bare(place: Place) -> Place:
    """Return a place without what only limits ask about."""
    return place._replace(channels=0, parameters=0, flops=0)


def hand_made(settings: MetaQNNSettings, widths: Sequence[int], side: int | None = None) -> tuple[Layer, ...]:
    """Return a VGG-like network (Simonyan & Zisserman 2015): pairs of 3x3 convolutions, each followed by a 2x2 pool.

    So it goes on until the space's depth is reached, or a map is smaller than a field; then come fully connected
    layers, as many as the space allows.

    Args:
        widths: filters of each pair, the last one for all that follow, and for the fully connected layers.
        side: of the images; None: the space's.
    """
    maps: Maps = (1, side or settings.size, side or settings.size)
    field, pool, layers = _usual(settings.fields, maps[1]), _pool(settings), list[Layer]()
    while len(layers) < settings.depth:
        place = len(layers) % (2 + len(pool))
        width = widths[min(len(layers) // (2 + len(pool)), len(widths) - 1)]
        layer = pool[0] if place == 2 else Layer("C", (width, field, 1))
        if layer.numbers[-2] > maps[1]:
            break
        maps = _after(layer, maps, len(layers), settings)
        layers.append(layer)
    if maps[1] <= FC_SIZE:
        layers += [Layer("FC", (widths[-1],))] * min(settings.max_fc, settings.depth - len(layers))
    return (*layers, Layer("SM"))


def widths_of(settings: MetaQNNSettings) -> list[int]:
    """Return the filters of the space, from few to many: those of one pair after the other."""
    return sorted(settings.filters)


def matched(settings: MetaQNNSettings, parameters: int, shape: Maps, outputs: int) -> tuple[Layer, ...]:
    """Return the hand-made network whose width makes its parameters come nearest to a number of them.

    The first pair has the whole number w that is looked for, the following ones 2 w, 4 w and 8 w.

    Args:
        shape: of one image; outputs: units of the classifier.
    """
    side = min(settings.size, *shape[1:])

    def made(width: int) -> tuple[Layer, ...]:
        return hand_made(settings, [width << place for place in range(4)], side)

    def size(width: int) -> int:
        chain = steps(made(width), shape, outputs, settings.first, settings.pools)
        return sum(step.parameters for step in chain)

    return made(nearest_width(size, parameters))


def _usual(fields: Sequence[int], side: int) -> int:
    """Return 3 where there is such a field, else the largest that fits into the images."""
    fitting = [field for field in fields if field <= side] or [min(fields)]
    return 3 if 3 in fitting else max(fitting)


def _pool(settings: MetaQNNSettings) -> list[Layer]:
    """Return the usual pool, 2x2 where there is one, else the smallest; none where the space has none."""
    sizes = sorted(settings.pool_sizes)
    return [Layer("P", (2, 2) if (2, 2) in sizes else sizes[0])] if sizes else []


def _after(layer: Layer, maps: Maps, number: int, settings: MetaQNNSettings) -> Maps:
    return step(layer, maps, padding_of(number, layer, settings.first, settings.pools), settings.classes).maps
