"""Graphs of networks whose layers lie in one weight: which block a layer has is no matter, unless something tells."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from rlsearch.training.graph import Refinement, View
from rlsearch.training.traced import traced

WIDTH = 3
Body = Callable[["Net", Tensor], Tensor]
Cut = Callable[[Tensor], list[Tensor]]


class Net(nn.Module):
    """Products with four blocks of one weight, a weight and a bias, and a function of them."""

    def __init__(self, body: Body) -> None:
        super().__init__()
        self.w, self.b = nn.Linear(2, 4 * WIDTH), nn.Linear(WIDTH, 4 * WIDTH)
        self.bare, self.shift = nn.Parameter(torch.zeros(2, 4 * WIDTH)), nn.Parameter(torch.zeros(4 * WIDTH))
        self.body = body

    def forward(self, x: Tensor) -> Tensor:
        return self.body(self, x)


def same(first: Body, second: Body) -> bool:
    refined, example = Refinement(), torch.zeros(5, 2)
    one, other = (refined(traced(Net(body), example), View()) for body in (first, second))
    return one == other


CUTS: dict[str, Cut] = {
    "chunk": lambda y: list(y.chunk(4, -1)),
    "split": lambda y: list(y.split(WIDTH, dim=1)),
    "slices": lambda y: [y[:, WIDTH * block : WIDTH * (block + 1)] for block in range(4)],
    "unbind": lambda y: list(y.unflatten(-1, (4, WIDTH)).unbind(-2)),
    "select": lambda y: [y.view(-1, 4, WIDTH)[:, block] for block in range(4)],
}
PRODUCTS: dict[str, Callable[[Net, Tensor], Tensor]] = {
    "linear": lambda net, x: net.w(x),
    "product and sum": lambda net, x: x @ net.bare + net.shift,
    "of steps": lambda net, x: net.w(x.unflatten(0, (5, 1)))[2],
}


def used(product: Callable[[Net, Tensor], Tensor], cut: Cut, order: list[int]) -> Body:
    """Return tanh(a) b + relu(c) - d of the parts in an order."""

    def body(net: Net, x: Tensor) -> Tensor:
        a, b, c, d = (cut(product(net, x))[block] for block in order)
        return torch.tanh(a) * b + torch.relu(c) - d

    return body


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("product", PRODUCTS)
def test_blocks_have_no_order(cut: str, product: str) -> None:
    make, parts = PRODUCTS[product], CUTS[cut]
    assert same(used(make, parts, [0, 1, 2, 3]), used(make, parts, [3, 0, 2, 1]))
    # One block used twice is not two blocks.
    assert not same(used(make, parts, [0, 1, 2, 3]), used(make, parts, [0, 1, 2, 2]))
    assert not same(used(make, parts, [0, 1, 2, 2]), used(make, parts, [0, 2, 2, 1]))
    assert same(used(make, parts, [0, 1, 2, 2]), used(make, parts, [3, 0, 1, 1]))


def step(net: Net, x: Tensor, h: Tensor, first: list[int], second: list[int]) -> Tensor:
    """Return a step of a cell: the parts of x and of h, in an order each."""
    mine, others = net.w(x).chunk(4, -1), net.b(h).chunk(4, -1)
    a, b, c, d = (mine[one] + others[other] for one, other in zip(first, second, strict=True))
    return torch.tanh(a) * torch.sigmoid(b) + torch.relu(c) - d


def test_blocks_are_the_same_from_step_to_step() -> None:
    order, other = [0, 1, 2, 3], [2, 0, 3, 1]

    def steps(*orders: tuple[list[int], list[int]]) -> Body:
        def body(net: Net, x: Tensor) -> Tensor:
            h = x.new_ones(5, WIDTH)
            for pair in orders:
                h = step(net, x, h, *pair)
            return h

        return body

    assert same(steps((order, order), (order, order)), steps((other, order), (other, order)))
    assert not same(steps((order, order), (order, order)), steps((order, order), (other, order)))


def both(number: int, read: Callable[[Net, Tensor], Tensor]) -> Body:
    """Return a function of one part of a product, and of what reads it or its weight in another way."""
    return lambda net, x: torch.tanh(CUTS["chunk"](net.w(x))[number]).sum() + read(net, x)


WHOLE: dict[str, Callable[[Net, Tensor], Tensor]] = {
    "the product as it is": lambda net, x: torch.cumsum(net.w(x), -1).sum(),
    "its answer": lambda net, x: net.w(x),
    "another product of it": lambda net, x: net.w(x) @ net.bare.t(),
    "the weight": lambda net, x: torch.cumsum(net.w.weight, 0).sum(),
    "other parts": lambda net, x: torch.cumsum(net.w(x)[:, : 2 * WIDTH], -1).sum(),
    "every second number": lambda net, x: net.w(x)[:, ::2].sum(),
    "parts that are no blocks": lambda net, x: net.w(x)[:, 1 : 1 + WIDTH].sum(),
    "columns of the weight": lambda net, x: torch.cumsum(net.w(x @ torch.eye(2)), -1).sum(),
}


@pytest.mark.parametrize("read", WHOLE)
def test_blocks_keep_their_numbers_where_something_tells_them_apart(read: str) -> None:
    assert same(both(0, WHOLE[read]), both(0, WHOLE[read]))
    assert not same(both(0, WHOLE[read]), both(1, WHOLE[read]))
