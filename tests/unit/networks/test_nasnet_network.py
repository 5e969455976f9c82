"""The network of two cells: published counts, random pairs, what is built, and paths that are dropped.

`RLSEARCH_PAIRS=200 pytest tests/unit/networks/test_nasnet_network.py` tries as many random pairs of cells on images of
each size; the default keeps the suite short.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from drawn_cells import NORMAL, REDUCTION, options
from rlsearch.cell_costs import costs
from rlsearch.cell_notation import read
from rlsearch.networks import _registry as registry
from rlsearch.networks._nasnet_cell import NASNetCell
from rlsearch.networks._nasnet_operations import DropPath, FactorizedReduction
from rlsearch.networks.nasnet import NASNet
from rlsearch.training import forward_flops as counted

PAIRS = int(os.environ.get("RLSEARCH_PAIRS", "8"))
SHAPES = [(1, 64, 64), (3, 32, 32), (1, 8, 8), (2, 5, 9)]
PAPER = {"filters": 32, "cells": 6, "reductions": 2}
SMALL = {"normal": read("0.conv3+1.id").plain(), "reduction": read("0.max3+1.conv1").plain()}


def two(normal: str, reduction: str = "0.id+1.id") -> dict[str, Any]:
    return {"normal": read(normal).plain(), "reduction": read(reduction).plain()}


def parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize(
    ("outputs", "count", "width"),
    [((" > 1 2 3 4 5 6", " > 3 4 5 6"), 3_346_538, 768), (("", ""), 3_076_906, 640)],
    ids=["published output", "unused blocks"],
)
def test_nasnet_a_has_its_parameters(outputs: tuple[str, str], count: int, width: int) -> None:
    cells = two(NORMAL + outputs[0], REDUCTION + outputs[1])
    with torch.device("meta"):
        model = registry.build("nasnet", (3, 32, 32), 10, {**cells, **PAPER, "stem": 96})
    assert parameters(model) == count == costs((3, 32, 32), 10, **cells, **PAPER).parameters
    assert model.head[-1].in_features == width


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_random_pairs_train_and_cost_what_is_said(shape: tuple[int, int, int]) -> None:
    """Every parameter that is counted has a gradient: nothing is built that no output is made of."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    for _ in range(PAIRS):
        chosen = options(rng)
        model, cost = registry.build("nasnet", shape, 3, chosen), costs(shape, 3, **chosen)
        assert parameters(model) == cost.parameters, chosen
        assert counted.forward_flops(model, torch.zeros(1, *shape)) == cost.flops, chosen
        outputs = model(torch.randn(4, *shape))
        logits = outputs if isinstance(outputs, Tensor) else outputs[0] + outputs[2] * outputs[1]
        assert logits.shape == (4, 3)
        logits.square().sum().backward()
        grads = [parameter.grad for parameter in model.parameters()]
        assert all(grad is not None and torch.isfinite(grad).all() for grad in grads), chosen
        assert isinstance(model.eval()(torch.randn(1, *shape)), Tensor)


def test_a_cell_that_nothing_reads_is_not_built() -> None:
    """The last cell reads h_(i-1) alone, which is the reduction; this reads the stem."""
    model = NASNet((1, 8, 8), 3, **two("1.conv3+1.id", "1.max3+1.conv1"), filters=4)
    assert list(model.cells) == ["0", "2"]
    assert list(NASNet((1, 8, 8), 3, **two("1.conv3+1.id", "1.max3+0.conv1"), filters=4).cells) == ["0", "2"]
    headed = NASNet((1, 8, 8), 3, **two("0.conv3+1.id", "1.max3+1.id"), filters=4, auxiliary=0.4)
    assert list(headed.cells) == ["0", "1", "2"] and headed.head_after == 0


def test_a_cell_computes_what_its_text_says() -> None:
    """One pixel, so that pools and paddings do nothing: what is left is the wiring."""
    model = NASNet((3, 1, 1), 2, **two("0.max3+1.avg3, 2.id|1.max5 > 0 3"), filters=3, stem=3, reductions=0).eval()
    cell = model.cells["0"]
    assert isinstance(cell, NASNetCell)
    stem, before = torch.randn(2, 4, 3, 1, 1)
    own = cell.inputs["0"](stem)
    assert torch.equal(cell(stem, before), torch.cat([own, own + before, before], dim=1))
    assert model.head[-1].in_features == 9


def test_a_factorized_reduction_sees_every_second_pixel_from_either_corner() -> None:
    layer = FactorizedReduction(1, 2, activate=False).eval()
    with torch.no_grad():
        for half in (layer.even, layer.odd):
            half.weight.fill_(1)
    image = torch.arange(9.0).reshape(1, 1, 3, 3)
    even, odd = layer(image)[0] * (1 + layer.norm.eps) ** 0.5
    assert torch.allclose(even, torch.tensor([[0.0, 2], [6, 8]])) and torch.allclose(
        odd, torch.tensor([[4.0, 0], [0, 0]])
    )


def test_as_published_is_a_stack_of_the_last_block_on_the_cell_before() -> None:
    cells = two("0.sep7+1.sep7, 2.conv3|1.id", "0.sep3+1.sep3")
    model = NASNet((1, 8, 8), 10, **cells, filters=4, cells=2, reductions=2, wiring="as-published")
    assert parameters(model) == costs((1, 8, 8), 10, **cells, filters=4, cells=2, wiring="as-published").parameters
    for cell in model.cells.values():
        assert [str(block) for block in cell.place.cell.blocks] == ["0.conv3|0.id"]
        assert (cell.place.filters, cell.place.output) == (4, (8, 8, 8)) and list(cell.inputs) == ["0"]
    assert len(model.cells) == 2
    assert model(torch.randn(2, 1, 8, 8)).shape == (2, 10)


def test_dropped_paths_keep_the_mean() -> None:
    torch.manual_seed(0)
    drop, count = DropPath(), 20_000
    drop.rate = 0.3
    dropped = drop(torch.ones(count, 2, 1, 1))
    assert torch.equal(dropped[:, 0], dropped[:, 1]) and set(dropped.unique().tolist()) == {0.0, np.float32(1 / 0.7)}
    error = (0.3 / 0.7) ** 0.5 / count**0.5
    assert abs(dropped[:, 0].mean().item() - 1) < 5 * error
    drop.eval()
    assert torch.equal(drop(torch.ones(3, 2, 1, 1)), torch.ones(3, 2, 1, 1))


def test_rates_grow_with_progress_and_with_depth_and_spare_identities() -> None:
    model = NASNet((1, 8, 8), 3, **SMALL, filters=4, cells=2, drop_path=0.5)
    images = torch.randn(64, 1, 8, 8)

    def rates() -> list[float]:
        return [cell.drop_path.rate for cell in model.cells.values()]

    assert rates() == [0] * 5
    model.set_progress(0.5)
    assert rates() == pytest.approx([0.05, 0.1, 0.15, 0.2, 0.25])
    model.set_progress(1.0)
    assert rates() == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5])
    plain = NASNet((1, 8, 8), 3, **SMALL, filters=4, cells=2)
    plain.load_state_dict(model.state_dict())
    assert torch.equal(model.eval()(images), plain.eval()(images))
    assert not torch.equal(model.train()(images), plain.train()(images))
    spared = NASNet((1, 8, 8), 3, **two("0.id+0.id"), filters=4, reductions=0, drop_path=0.9)
    spared.set_progress(1.0)
    torch.manual_seed(1)
    spared(images)
    drawn = torch.rand(1)
    torch.manual_seed(1)
    assert torch.equal(drawn, torch.rand(1)), "identities draw nothing"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"drop_path": 1.0}, r"drop_path from 0 to below 1, got 1\.0"),
        ({"drop_path": "0.3"}, "drop_path from 0 to below 1, got '0.3'"),
        ({"auxiliary": 0.4, "reductions": 0}, "set auxiliary to 0, or reductions to at least 1"),
        ({"auxiliary": 0.4, "wiring": "as-published"}, "set auxiliary to 0, or reductions to at least 1"),
        ({"auxiliary": -1}, "auxiliary, a weight, of at least 0, got -1"),
        ({"reductions": 4}, "4 reductions and a stem of stride 1 needs images of at least 16x16 pixels, got 8x8"),
        ({"reductions": 2, "stem_stride": 3}, "at least 10x10 pixels, got 8x8"),
        ({"cells": 0}, "cells as a whole number from 1 to 100, got 0"),
        ({"filters": 1}, "filters as a whole number from 2 to 10000, got 1"),
        ({"wiring": "mine"}, "no wiring 'mine'; allowed: published, as-published"),
        ({"normal": None}, "needs a spec with a normal and a reduction cell"),
        ({"normal": {"blocks": []}}, "a cell has 1 to 20 blocks, got 0"),
    ],
)
def test_what_makes_no_network(changes: dict[str, Any], message: str) -> None:
    chosen = {**SMALL, **changes}
    with pytest.raises(ValueError, match=message) as caught:
        registry.build("nasnet", (1, 8, 8), 3, chosen)
    with pytest.raises(ValueError, match=message) as counting:
        registry.forward_flops("nasnet", (1, 8, 8), 3, chosen)
    assert str(caught.value) == str(counting.value)


def test_the_smallest_image_is_large_enough() -> None:
    assert NASNet((1, 10, 10), 3, **SMALL, reductions=2, stem_stride=3).cells["4"].place.output[1:] == (1, 1)
