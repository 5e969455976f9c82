"""Cutout: which pixels are hidden, that the network sees 0 there, and that others see what they saw."""

from __future__ import annotations

from typing import Literal

import pytest
import torch
from torch import Tensor, nn

from rlsearch.config.task_models import TaskSettings
from rlsearch.data.images.cutout import hidden
from rlsearch.data.images.tensors import ImageBatch, Split, scale


def squares(side: int, count: int = 400) -> Tensor:
    return hidden(torch.zeros(count, 1, 6, 9), [side], torch.Generator().manual_seed(0))


@pytest.mark.parametrize("side", [1, 4, 5])
def test_squares_lie_anywhere_and_are_cut_off_at_the_edge(side: int) -> None:
    drawn = squares(side)
    assert drawn.shape == (400, 1, 6, 9) and drawn.any((1, 2, 3)).all()
    for square in drawn[:, 0]:
        rows, columns = square.any(1), square.any(0)
        assert torch.equal(square, rows[:, None] & columns)
        assert rows.sum() <= side and columns.sum() <= side
        for covered in (rows, columns):
            places = covered.nonzero()[:, 0]
            inside = places[0] > 0 and places[-1] < len(covered) - 1
            assert len(places) == places[-1] - places[0] + 1 and (len(places) == side or not inside)
    assert drawn.float().mean(0).min() > 0


class Seen(nn.Module):
    def forward(self, images: Tensor) -> Tensor:
        self.images = images.clone()
        return images.flatten(1)[:, :3] * torch.ones(1, requires_grad=True)


@pytest.mark.parametrize("inputs", ["unit", "symmetric"])
def test_the_network_sees_0_there_at_every_pass(inputs: Literal["unit", "symmetric"]) -> None:
    generator = torch.Generator().manual_seed(0)
    split = Split(torch.randint(1, 255, (7, 2, 6, 6), dtype=torch.uint8), torch.arange(7) % 3, 3)
    task = TaskSettings(network="simple-cnn", epochs=1, batch_size=4, augment=("cutout-3",), inputs=inputs)
    model = Seen()
    for batch in split.batches(task, torch.Generator().manual_seed(1), generator):
        assert isinstance(batch, ImageBatch) and batch.hidden is not None
        for _ in range(2):
            batch.loss(model)
            wanted = scale(batch.images, inputs)
            assert torch.equal(model.images, wanted.where(~batch.hidden, torch.zeros(())))


def test_without_it_nothing_is_drawn() -> None:
    split = Split(torch.zeros(4, 1, 6, 6, dtype=torch.uint8), torch.arange(4) % 3, 3)
    generator = torch.Generator().manual_seed(0)
    before = generator.get_state()
    task = TaskSettings(network="simple-cnn", epochs=1, batch_size=4)
    assert [batch.hidden for batch in split.batches(task, torch.Generator(), generator)] == [None]
    assert torch.equal(generator.get_state(), before)
