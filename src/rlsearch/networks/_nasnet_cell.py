"""One NASNet cell where it stands in a network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rlsearch.cell_costs import adapted
from rlsearch.cell_notation import INPUTS
from rlsearch.cell_stack import Place
from rlsearch.networks._nasnet_operations import DropPath, FactorizedReduction, convolution, operation, projection


class NASNetCell(nn.Module):
    """Blocks of two operations on earlier states, whose outputs are concatenated.

    States 0 and 1 are the cell's inputs h_i and h_(i-1), brought to its filters, block b makes state b + 2. What the
    output is not made of has no modules and no parameters.

    Args:
        place: the cell, its sizes, and which states are needed.
    """

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        inputs = {0: place.current, 1: place.previous}
        self.inputs = nn.ModuleDict()
        for state in sorted(place.reached & inputs.keys()):
            larger = inputs[state][1:] != place.current[1:]
            channels = inputs[state][0]
            if larger:
                self.inputs[str(state)] = FactorizedReduction(channels, place.filters)
            elif adapted(place, state):
                self.inputs[str(state)] = convolution(channels, place.filters, (1, 1))
        self.operations, self.drop_path = nn.ModuleDict(), DropPath()
        for number, block in enumerate(place.cell.blocks):
            for half, (state, name) in enumerate(block.operands) if number + INPUTS in place.reached else ():
                made = operation(name, place.states[state][0], place.filters, place.stride_on(state))
                self.operations[f"{number + INPUTS}-{half}"] = made
        self.outputs = nn.ModuleDict(
            {str(state): _fitting(place, state) for state in place.cell.output if place.fitted(state)}
        )

    def forward(self, current: Tensor, previous: Tensor) -> Tensor:
        """Return the output of the cell, (n, *place.output).

        Args:
            current: h_i, (n, *place.current). previous: h_(i-1), (n, *place.previous).
        """
        states = [self._input(0, current), self._input(1, previous)]
        for number, block in enumerate(self.place.cell.blocks):
            if number + INPUTS not in self.place.reached:
                states.append(current)  # stands in for what nothing reads
                continue
            halves = [self._half(number, half, states[state]) for half, (state, _) in enumerate(block.operands)]
            states.append(halves[0] + halves[1] if block.combination == "add" else torch.cat(halves, dim=1))
        ends = [self._output(state, states[state]) for state in self.place.cell.output]
        return ends[0] if len(ends) == 1 else torch.cat(ends, dim=1)

    def _input(self, state: int, maps: Tensor) -> Tensor:
        return self.inputs[str(state)](maps) if str(state) in self.inputs else maps

    def _half(self, number: int, half: int, maps: Tensor) -> Tensor:
        made = self.operations[f"{number + INPUTS}-{half}"]
        # Where an identity is a 1x1 convolution, it is dropped as any other.
        return maps if isinstance(made, nn.Identity) else self.drop_path(made(maps))

    def _output(self, state: int, maps: Tensor) -> Tensor:
        return self.outputs[str(state)](maps) if str(state) in self.outputs else maps


def _fitting(place: Place, state: int) -> nn.Module:
    """Return what brings one of the cell's inputs to the size and the filters of its blocks, as the published code."""
    channels = place.states[state][0]
    if place.stride > 1:
        return FactorizedReduction(channels, place.filters, activate=False)
    return nn.Sequential(*projection(channels, place.filters))
