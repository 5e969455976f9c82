"""What a search of cells is compared with: published and hand-made cells of equal size, random ones, the costliest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rlsearch.cell_costs import costs
from rlsearch.cell_notation import INPUTS, Block, Cell, read
from rlsearch.cell_stack import LIMITS
from rlsearch.spaces._cells_plan import CELLS
from rlsearch.spaces._matched_width import nearest_width
from rlsearch.spaces.base import Actions, Choice, Spec

NASNET_A = (
    "0.sep5+1.sep3, 1.sep5+1.sep3, 0.avg3+1.id, 1.avg3+1.avg3, 0.sep3+0.id > 1 2 3 4 5 6",
    "0.sep5+1.sep7, 0.max3+1.sep7, 0.avg3+1.sep5, 3.id+2.avg3, 2.sep3+0.max3 > 3 4 5 6",
)
"""Normal and reduction cell of NASNet-A (Zoph et al. 2018, figure 4), with the outputs of the published code."""
HAND_MADE = {"resnet-like": "conv-3x3", "separable": "separable-conv-3x3"}
"""Cells of units x + operation(x), one after the other: residual networks (He et al. 2016), or those of separable
convolutions (Chollet 2017)."""
RANDOM = ("random-1", "random-2", "random-3")
NAMES = frozenset({"nasnet-a", *HAND_MADE, *RANDOM})


def fixed(blocks: int) -> Mapping[str, Spec]:
    """Return the baselines that are the same in every space of cells of so many blocks, whether or not it has them."""
    chains = {name: Cell(_chain(blocks, operation)) for name, operation in HAND_MADE.items()}
    return {"nasnet-a": _spec(*map(read, NASNET_A)), **{name: _spec(made, made) for name, made in chains.items()}}


def matched(baseline: Spec, spec: Spec, shape: tuple[int, ...], outputs: int, options: Mapping[str, Any]) -> Spec:
    """Return a baseline with the filters at which its parameters come nearest to those of a network.

    Args:
        spec: of the network. shape, outputs: of the data. options: of both networks, where their specs say nothing.
    """
    channels, height, width = shape

    def parameters(network: Mapping[str, Any], **further: int) -> int:
        return costs((channels, height, width), outputs, **{**options, **network, **further}).parameters

    least, _ = LIMITS["filters"]

    def size(width: int) -> int:
        return parameters(baseline["network"], filters=width + least - 1)

    filters = nearest_width(size, parameters(spec["network"])) + least - 1
    return {"network": {**baseline["network"], "filters": filters}}


def costliest(plan: Sequence[Choice], decode: Callable[[Actions], Spec]) -> Actions:
    """Return a candidate of so many forward FLOPs that no other option of one decision makes it more.

    It begins with the best of those whose blocks are alike. Which operation takes most depends on the width: separable
    ones of narrow maps, factorized ones of wide maps. It is that of the network's default filters.
    """

    def flops(actions: Sequence[int]) -> int:
        return costs((3, 32, 32), 10, **decode(tuple(actions))["network"]).flops

    sizes = [len(decision.options) for decision in plan]
    kinds = {decision.kind: len(decision.options) for decision in plan}
    alike = [
        [
            {"operation": operation, "combination": combination}.get(decision.kind, _spread(decision))
            for decision in plan
        ]
        for operation in range(kinds["operation"])
        for combination in range(kinds["combination"])
    ]
    best = max(alike, key=flops)
    most, before = flops(best), 0
    while most > before:
        before = most
        for place, size in enumerate(sizes):
            others = ([*best[:place], option, *best[place + 1 :]] for option in range(size))
            dearest = max(others, key=flops)
            if flops(dearest) > most:
                best, most = dearest, flops(dearest)
    return tuple(best)


def _spread(decision: Choice) -> int:
    """Return a state of those that were made last: the last one on the right, the one before it on the left."""
    return len(decision.options) - (2 if decision.name.endswith("left input") else 1)


def _chain(blocks: int, operation: str) -> tuple[Block, ...]:
    states = [0, *range(INPUTS, INPUTS + blocks - 1)]
    return tuple(Block(state, state, operation, "identity", "add") for state in states)


def _spec(normal: Cell, reduction: Cell) -> Spec:
    return {"network": dict(zip(CELLS, (normal.plain(), reduction.plain()), strict=True))}
