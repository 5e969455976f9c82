"""A stack of two searched cells, the normal and the reduction cell (Zoph et al. 2018)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from rlsearch.cell_costs import HEAD_FIELD, HEAD_FILTERS, HEAD_STRIDE, head_size
from rlsearch.cell_stack import Maps, Place, Wiring, build_of, places
from rlsearch.networks._nasnet_cell import NASNetCell
from rlsearch.networks._nasnet_flops import forward_flops as forward_flops
from rlsearch.networks._nasnet_operations import projection
from rlsearch.networks.base import Flatten, InputShape


class NASNet(nn.Module):
    """A stem, stages of normal cells with a reduction cell between them, global average pooling and a linear head.

    h_i goes into a cell through a 1x1 convolution, h_(i-1) through a factorized reduction if it is larger and through a
    1x1 convolution if it has other channels; in the first cell both are the stem's output, and h_(i-1) stays as it is.
    Operations on these two have the stride of a reduction, all others none. The output is the concatenation of the
    states that the cell lists, blocks as wide as they are. Where it lists an input of a reduction, this is halved by a
    factorized reduction without ReLU, and one of other channels goes through a 1x1 convolution, as in published code.
    What no output is made of is not built: states and whole cells that nothing reads.

    NASNet-A (6 @ 768) has 3,346,538 parameters:

    >>> from rlsearch.cell_notation import read
    >>> normal = "0.sep5+1.sep3, 1.sep5+1.sep3, 0.avg3+1.id, 1.avg3+1.avg3, 0.sep3+0.id > 1 2 3 4 5 6"
    >>> reduction = "0.sep5+1.sep7, 0.max3+1.sep7, 0.avg3+1.sep5, 3.id+2.avg3, 2.sep3+0.max3 > 3 4 5 6"
    >>> both = read(normal).plain(), read(reduction).plain()
    >>> network = NASNet((3, 32, 32), 10, *both, filters=32, cells=6, reductions=2)
    >>> sum(p.numel() for p in network.parameters())
    3346538

    Args:
        input_shape: (channels, height, width).
        classes: number of outputs.
        normal, reduction: the cells, as `cell_notation.Cell.plain` gives them.
        filters: of each operation in the first stage, at least 2; they double at each reduction.
        cells: normal cells in each stage, at least 1 (the paper's N).
        reductions: reduction cells, one between two stages.
        stem: filters of the 3x3 convolution before the first cell; null: 3 x `filters`. stem_stride: its stride.
        drop_path: the rate at which paths are left out in the last cell at the end of training (ScheduledDropPath): it
            grows from 0, linearly with progress and with the number of the cell. Identities are never left out.
        auxiliary: weight of the loss of a second classifier in training, which reads the last cell before the last
            reduction; 0: there is none.
        wiring: "published", or "as-published" as in code of Salvucci (2025): both operations of a block read the cell
            before, only the last block of a cell is used, and the reduction cell is never built. The network is one
            stage of `cells` such cells, whatever `reductions` says.

    Raises:
        ValueError: a cell is missing or none, a number out of its range, an auxiliary head without a reduction, or
            images that are too small for the reductions.
    """

    def __init__(
        self,
        input_shape: InputShape,
        classes: int,
        normal: Mapping[str, Any] | None = None,
        reduction: Mapping[str, Any] | None = None,
        filters: int = 8,
        cells: int = 1,
        reductions: int = 1,
        stem: int | None = None,
        stem_stride: int = 1,
        drop_path: float = 0.0,
        auxiliary: float = 0.0,
        wiring: Wiring = "published",
    ) -> None:
        super().__init__()
        build = build_of(
            normal,
            reduction,
            filters=filters,
            cells=cells,
            reductions=reductions,
            stem=stem,
            stem_stride=stem_stride,
            drop_path=drop_path,
            auxiliary=auxiliary,
            wiring=wiring,
        )
        placed = places(build, input_shape)
        self.most_dropped, self.weight = drop_path, auxiliary
        self.depth, self.head_after = len(placed), build.head_after
        self.stem = nn.Sequential(
            nn.Conv2d(input_shape[0], build.stem_filters, 3, stem_stride, padding=1, bias=False),
            nn.BatchNorm2d(build.stem_filters),
        )
        standing = {number: place for number, place in enumerate(placed) if place is not None}
        self.cells = nn.ModuleDict({str(number): NASNetCell(place) for number, place in standing.items()})
        self.head = _head(standing[self.depth - 1].output, classes)
        if self.head_after is not None:
            self.auxiliary_head = _auxiliary(standing[self.head_after], filters, classes)

    def set_progress(self, progress: float) -> None:
        """Set the rates of drop-path for the next step.

        Args:
            progress: steps done, of those of the whole training: 0 to 1.
        """
        for number, cell in self.cells.items():
            assert isinstance(cell, NASNetCell)
            cell.drop_path.rate = self.most_dropped * progress * (int(number) + 1) / self.depth

    def forward(self, images: Tensor) -> Tensor | tuple[Tensor, Tensor, float]:
        """Map images (n, channels, height, width) to logits (n, classes).

        With an auxiliary head, in training mode: to logits, its logits (n, classes), and the weight of its loss.
        """
        current = previous = self.stem(images)
        auxiliary = None
        for number in range(self.depth):
            name = str(number)
            # A cell that is not built has an output that nothing reads: anything may stand in for it.
            current, previous = self.cells[name](current, previous) if name in self.cells else current, current
            if number == self.head_after and self.training:
                auxiliary = self.auxiliary_head(current)
        logits: Tensor = self.head(current)
        return logits if auxiliary is None else (logits, auxiliary, self.weight)


def _head(maps: Maps, classes: int) -> nn.Module:
    return nn.Sequential(nn.ReLU(), nn.AdaptiveAvgPool2d(1), Flatten(), nn.Linear(maps[0], classes))


def _auxiliary(place: Place, filters: int, classes: int) -> nn.Module:
    """Return the second classifier: a pool, a 1x1 convolution, one over the whole map, and a linear layer."""
    maps, size = place.output, head_size(place.output)
    narrow, wide = (times * filters for times in HEAD_FILTERS)
    small = min(maps[1:]) < HEAD_FIELD
    pool = nn.AvgPool2d(maps[1:], 1) if small else nn.AvgPool2d(HEAD_FIELD, HEAD_STRIDE)
    whole = nn.Conv2d(narrow, wide, size, bias=False)
    return nn.Sequential(
        *(nn.ReLU(), pool, *projection(maps[0], narrow)),
        *(nn.ReLU(), whole, nn.BatchNorm2d(wide)),
        *(nn.ReLU(), Flatten(), nn.Linear(wide, classes)),
    )


NETWORK, NEEDS, FLOPS = NASNet, ("normal", "reduction"), "rlsearch.networks._nasnet_flops"
# Of one normal cell a stage, one that reads h_(i-1) alone leaves the reduction cell out: the same is built of several.
TEST_SETTINGS = {"cells": 2}
