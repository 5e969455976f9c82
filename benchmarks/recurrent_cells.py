"""What a recurrent cell that is a tree costs, beside one product a leaf and beside torch's LSTM.

    python benchmarks/recurrent_cells.py [--cells 6] [--rounds 9]

Forward and backward passes of a window of 24 tokens, batch 32, one thread, processor time: the cell that Zoph & Le
(2017) found and random trees of base 8, with a bias. All sides take turns within a round, and ratios are taken there; a
cell's ratio is the median of its rounds, a row the median of all cells. The LSTM (`nn.LSTM`) has the width at which its
parameters come nearest to the cell's, and inputs as wide.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from plain_tree import PlainTree
from table import Row, machine, show
from torch import Tensor, nn

from rlsearch import seeds
from rlsearch.networks._recurrent_cells import build
from rlsearch.tree_cell import ACTIVATIONS, COMBINATIONS, TreeCell
from rlsearch.tree_notation import NASCELL

BATCH, TIME, BASE = 32, 24, 8
PLAIN_GOAL, LSTM_GOALS = 1.8, {48: 5.0, 128: 3.0}
"""At least so many times faster than one product a leaf at width 48, at most so many times an LSTM's time by width."""


@dataclass(frozen=True)
class Ratios:
    """Of one cell: the time of its plain loop to ours, and ours to that of an LSTM; `ours` in milliseconds."""

    ours: float
    plain: float
    lstm: float


def trees(count: int) -> list[TreeCell]:
    """Return NASCell and so many random trees of the published combinations and activations."""
    rng = random.Random(seeds.integer("benchmark", "recurrent-cells"))  # noqa: S311

    def drawn() -> TreeCell:
        labels = [(rng.choice(COMBINATIONS[:2]), rng.choice(ACTIVATIONS[:4])) for _ in range(2 * BASE)]
        return TreeCell(BASE, tuple(labels[1:]), labels[0], *(rng.randrange(2 * BASE - 1) for _ in range(2)))

    return [NASCELL, *(drawn() for _ in range(count))]


def lstm_width(parameters: int) -> int:
    """Return the width of an `nn.LSTM` of so many parameters."""
    # 8 w^2 + 8 w: two matrices and two biases of four gates.
    near = round((parameters / 8) ** 0.5)
    return min(range(max(1, near - 2), near + 2), key=lambda width: abs(8 * width * (width + 1) - parameters))


def compared(cell: TreeCell, width: int, rounds: int) -> Ratios:
    """Measure one cell, after a round of warm-up."""
    layer = build(cell.plain(), width, width)
    wide = lstm_width(sum(weight.numel() for weight in layer.parameters()))
    lstm = nn.LSTM(wide, wide, batch_first=True)
    inputs, others = (torch.randn(BATCH, TIME, size, requires_grad=True) for size in (width, wide))
    sides: list[tuple[nn.Module, Tensor]] = [(layer, inputs), (PlainTree(cell, layer), inputs), (lstm, others)]
    taken = [[_taken(*side) for side in sides] for _ in range(rounds + 1)][1:]
    return Ratios(
        1000 * statistics.median(row[0] for row in taken),
        statistics.median(row[1] / row[0] for row in taken),
        statistics.median(row[0] / row[2] for row in taken),
    )


def _taken(module: nn.Module, inputs: Tensor) -> float:
    """Return the processor time of a forward and a backward pass; of three, the least disturbed."""
    times = []
    for _ in range(3):
        start = time.process_time()
        module(inputs)[0].sum().backward()
        times.append(time.process_time() - start)
    return min(times)


def measure(cells: int, rounds: int) -> list[Row]:
    """Return the rows of all widths."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seeds.integer("benchmark", "recurrent-cells"))
            found = {width: [compared(cell, width, rounds) for cell in trees(cells)] for width in LSTM_GOALS}
    finally:
        torch.set_num_threads(threads)
    return [row for width, ratios in found.items() for row in _rows(width, ratios)]


def _rows(width: int, ratios: Sequence[Ratios]) -> list[Row]:
    name = f"cell of base 8, width {width}"
    plain, lstm = sorted(one.plain for one in ratios), sorted(one.lstm for one in ratios)
    goal = PLAIN_GOAL if width == min(LSTM_GOALS) else None
    return [
        Row(f"{name}, a window", statistics.median(one.ours for one in ratios), "ms"),
        Row(
            f"{name}, one product a leaf to it",
            statistics.median(plain),
            "x",
            goal,
            at_least=True,
            note=f"{plain[0]:.2f} to {plain[-1]:.2f} of {len(plain)} cells",
        ),
        Row(
            f"{name}, to an LSTM of as many parameters",
            statistics.median(lstm),
            "x",
            LSTM_GOALS[width],
            note=f"{lstm[0]:.2f} to {lstm[-1]:.2f} of {len(lstm)} cells",
        ),
    ]


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--cells", type=int, default=6, help="random trees beside NASCell (6)")
    parser.add_argument("--rounds", type=int, default=9, help="rounds in which all sides take turns (9)")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> list[Row]:
    """Measure as the options ask."""
    return measure(options.cells, options.rounds)


def main() -> None:
    """Print the table."""
    options = parse()
    about = machine("cpu", 1)
    print(show(run(options), about))


if __name__ == "__main__":
    main()
