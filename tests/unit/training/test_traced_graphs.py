"""Which networks have one graph: the order of operands, of sums and of concatenations, shared weights, dead code."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from rlsearch.training.graph import Refinement, View
from rlsearch.training.traced import traced

JOINS, GATHERED = View(joins=True), View(joins=True, gathered=True)
Body = Callable[["Net", Tensor], Tensor]


class Net(nn.Module):
    """Three convolutions of one size, and a function of them and of the input."""

    def __init__(self, body: Body) -> None:
        super().__init__()
        self.a, self.b, self.c = (nn.Conv2d(2, 2, 3, padding=1) for _ in range(3))
        self.drop, self.body = nn.Dropout(0.5), body

    def forward(self, maps: Tensor) -> Tensor:
        return self.body(self, maps)


def pair(first: Body, second: Body, view: View) -> bool:
    """Tell whether two networks have one fingerprint."""
    refined, example = Refinement(), torch.zeros(1, 2, 4, 4)
    one, other = (refined(traced(Net(body), example), view) for body in (first, second))
    return one == other


def in_place(net: Net, x: Tensor) -> Tensor:
    y = net.a(x)
    y += x
    return functional.relu_(y)


def half_written(net: Net, x: Tensor) -> Tensor:
    y = net.a(x)
    y[:, 0] = 0
    return y


SAME: dict[str, tuple[Body, Body, View]] = {
    "operands": (lambda n, x: n.a(x) + n.b(n.c(x)), lambda n, x: n.a(n.b(x)) + n.c(x), View()),
    "what nobody uses": (lambda n, x: n.a(x), lambda n, x: (n.b(n.c(x)), n.c(x))[1], View()),
    "dropout, copies and nothing added": (
        lambda n, x: n.a(x),
        lambda n, x: n.drop(n.b(x).clone() + 0) + torch.zeros_like(x),
        View(),
    ),
    "in place": (in_place, lambda n, x: torch.relu(x + n.b(x)), View()),
    "stacked and added up": (
        lambda n, x: torch.stack([n.a(x), x, n.b(n.c(x))]).sum(0),
        lambda n, x: torch.stack([n.a(n.b(x)), n.c(x), x]).sum(dim=0),
        View(),
    ),
    "joins": (lambda n, x: torch.cat([n.a(x), x], 1), lambda n, x: torch.cat([x, n.b(x)], 1), JOINS),
    "sums of sums": (lambda n, x: (n.a(x) + n.b(x)) + x, lambda n, x: n.a(x) + (x + n.b(x)), GATHERED),
    "joins of joins": (
        lambda n, x: torch.cat([torch.cat([n.a(x), x], 1), n.b(n.c(x))], 1),
        lambda n, x: torch.cat([x, n.a(x), n.b(n.c(x))], 1),
        GATHERED,
    ),
}
DIFFERENT: dict[str, tuple[Body, Body, View]] = {
    "one weight used twice": (lambda n, x: n.a(x) + n.a(x), lambda n, x: n.a(x) + n.b(x), GATHERED),
    "one result used twice": (
        lambda n, x: (lambda y: y + n.b(y))(n.a(x)),
        lambda n, x: n.a(x) + n.b(n.c(x)),
        GATHERED,
    ),
    "operands of a difference": (lambda n, x: n.a(x) - x, lambda n, x: x - n.a(x), GATHERED),
    "the order of joins": (*SAME["joins"][:2], View()),
    "axes of joins": (lambda n, x: torch.cat([n.a(x), x], 1), lambda n, x: torch.cat([n.a(x), x], 2), GATHERED),
    "sums of sums, not gathered": (*SAME["sums of sums"][:2], JOINS),
    "a sum that is used elsewhere": (
        lambda n, x: (lambda y: torch.cat([y, y + x], 1))(n.a(x) + n.b(x)),
        lambda n, x: torch.cat([n.a(x) + n.b(x), n.a(x) + n.b(x) + x], 1),
        GATHERED,
    ),
    "another stride": (lambda n, x: functional.avg_pool2d(x, 1), lambda n, x: functional.avg_pool2d(x, 1, 2), View()),
    "a part that is written over": (half_written, lambda n, x: n.a(x), View()),
}


@pytest.mark.parametrize("name", SAME)
def test_one_graph(name: str) -> None:
    assert pair(*SAME[name])


@pytest.mark.parametrize("name", DIFFERENT)
def test_two_graphs(name: str) -> None:
    assert not pair(*DIFFERENT[name])


def test_the_mode_of_a_network_is_put_back_and_numbers_do_not_count() -> None:
    net = Net(lambda n, x: n.a(x)).train()
    refined, example = Refinement(), torch.zeros(1, 2, 4, 4)
    before = refined(traced(net, example), View())
    nn.init.zeros_(net.a.weight)
    assert net.training and refined(traced(net, example + 1), View()) == before
    assert refined(traced(net.to("meta"), example.to("meta")), View()) == before
