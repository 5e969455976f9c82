"""A tree's loop and its backward pass are those of one product a leaf and of torch's own gradients."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch import Tensor

from rlsearch.networks._cell_program import of_tree
from rlsearch.networks._recurrent_cells import Recurrent, build
from rlsearch.tree_cell import TreeCell
from rlsearch.tree_notation import LSTM
from tree_cells import double, tree

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
NAMES = ("lstm", "nascell", "gru", "rnn", "rhn")


@pytest.fixture(scope="module")
def plain() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        import plain_tree

        yield plain_tree


def drawn(count: int, *shape: int) -> Tensor:
    torch.manual_seed(count)
    return torch.randn(count, *shape, dtype=torch.float64).requires_grad_()


def told(outputs: Tensor, state: tuple[Tensor, ...]) -> Tensor:
    """Return one number of all that a layer returns, in which no two parts weigh the same."""
    weights = torch.arange(1, outputs.numel() + 1, dtype=outputs.dtype).view_as(outputs).sin()
    return (outputs * weights).sum() + sum((part * (2 + k)).sum() for k, part in enumerate(state))


@pytest.mark.parametrize("part", range(10))
def test_300_random_trees_are_their_plain_loops(plain: ModuleType, part: int) -> None:
    rng = random.Random(part)
    for number in range(30):
        cell = tree(rng, (2, 4, 8)[number % 3], published=number % 2 == 0)
        layer = double(cell, 3, 4, ("none", "recurrent")[number // 2 % 2])
        reference = plain.PlainTree(cell, layer)
        inputs, h, c = drawn(2, 5, 3), drawn(2, 4), drawn(2, 4)
        ours, theirs = list[Tensor](), list[Tensor]()
        for found, module in ((ours, layer), (theirs, reference)):
            outputs, state = module(inputs, (h, c))
            inside = torch.autograd.grad(told(outputs, state), [inputs, h, c], retain_graph=module is reference)
            found += [outputs, *state, *inside]
        told(*reference(inputs, (h, c))).backward()
        told(*layer(inputs, (h, c))).backward()
        ours += [parameter.grad for parameter in layer.parameters()]
        theirs += reference.gradients()
        scale = max(1.0, *(float(value.detach().abs().max()) for value in theirs))
        for one, other in zip(ours, theirs, strict=True):
            assert bool(torch.isclose(one, other, rtol=1e-9, atol=1e-9 * scale).all()), cell


def test_300_random_trees_train_two_steps() -> None:
    rng = random.Random(3)
    for number in range(300):
        layer = build(tree(rng, (2, 4, 8)[number % 3], published=number % 2 == 0).plain(), 3, 4)
        before = copy.deepcopy(layer.state_dict())
        optimizer = torch.optim.Adam(layer.parameters(), lr=0.01)
        for _ in range(2):
            optimizer.zero_grad()
            outputs, _ = layer(torch.randn(2, 3, 3))
            (outputs - 1).square().mean().backward()
            optimizer.step()
        assert all(bool(torch.isfinite(weight).all()) for weight in layer.parameters())
        assert all(weight.grad is not None for weight in layer.parameters())
        moved = any(not torch.equal(before[name], weight) for name, weight in layer.state_dict().items())
        assert moved or not any(weight.grad.any() for weight in layer.parameters())


@pytest.mark.parametrize("cell", [*NAMES, *(tree(random.Random(seed), 8) for seed in range(5))])
def test_a_sequence_in_two_parts_is_one(cell: str | TreeCell) -> None:
    layer = double(cell, 3, 4)
    inputs = drawn(2, 9, 3).detach()
    whole, end = layer(inputs)
    first, state = layer(inputs[:, :4])
    second, after = layer(inputs[:, 4:], state)
    torch.testing.assert_close(torch.cat([first, second], 1), whole, rtol=0, atol=1e-12)
    torch.testing.assert_close(torch.stack(after), torch.stack(end), rtol=0, atol=1e-12)


@pytest.mark.parametrize("cell", [*NAMES, *(tree(random.Random(seed), 4) for seed in range(5))])
def test_without_gradients_nothing_changes(cell: str | TreeCell) -> None:
    layer, inputs = double(cell, 3, 4), drawn(2, 5, 3)
    outputs, state = layer(inputs)
    with torch.no_grad():
        again, same = layer(inputs)
    assert torch.equal(outputs, again)
    assert all(map(torch.equal, state, same))


@pytest.mark.parametrize("cell", [*NAMES, *(tree(random.Random(seed), 4) for seed in range(5))])
def test_states_after_as_many_steps_as_each_sequence_has(cell: str | TreeCell) -> None:
    layer, inputs = double(cell, 3, 4), drawn(3, 5, 3)
    lengths = torch.tensor([2, 5, 1])
    _, state = layer(inputs, None, lengths)
    for row, length in enumerate(lengths):
        _, alone = layer(inputs[row : row + 1, :length])
        torch.testing.assert_close(torch.stack(state)[:, row], torch.stack(alone)[:, 0], rtol=0, atol=1e-12)


def exchanged(cell: TreeCell, layer: Recurrent, rng: random.Random) -> tuple[TreeCell, Recurrent]:
    """Return the cell with random branches exchanged, and its layer with the weights where they belong now."""
    rows = [[2 * cell.base - 2]]
    while rows[-1][0] >= cell.base:
        pairs = [[2 * (node - cell.base), 2 * (node - cell.base) + 1] for node in rows[-1]]
        rows.append([node for pair in pairs for node in rng.sample(pair, 2)])
    order = [node for row in reversed(rows) for node in row]
    nodes = tuple(cell.nodes[node] for node in order)
    twin = TreeCell(cell.base, nodes, cell.inject, order.index(cell.c_from), order.index(cell.c_into))
    other = double(twin, 3, 4)
    with torch.no_grad():
        for name, weight in layer.named_parameters():
            getattr(other, name).copy_(torch.cat([weight.chunk(cell.base)[leaf] for leaf in order[: cell.base]]))
    return twin, other


def test_twins_give_equal_bits() -> None:
    rng, different = random.Random(5), 0
    for number in range(60):
        cell = tree(rng, (2, 4, 8)[number % 3], published=number % 2 == 0)
        layer = double(cell, 3, 4)
        twin, other = exchanged(cell, layer, rng)
        different += twin != cell
        inputs = drawn(2, 5, 3).detach()
        for one, same in zip(layer(inputs)[1], other(inputs)[1], strict=True):
            assert torch.equal(one, same)
    assert different > 30


def test_dropped_units_of_h_are_the_same_all_along_a_window(plain: ModuleType) -> None:
    cell = tree(random.Random(8), 4)
    layer, inputs = double(cell, 3, 4, dropout=0.5), drawn(2, 5, 3)
    torch.manual_seed(1)
    outputs, state = layer(inputs)
    torch.manual_seed(1)
    mask = torch.nn.functional.dropout(torch.ones(2, 4, dtype=torch.float64), 0.5)
    assert 0 < int((mask == 0).sum()) < 8
    reference = plain.PlainTree(cell, layer)
    h = c = torch.zeros(2, 4, dtype=torch.float64)
    expected = []
    for x in inputs.unbind(1):
        _, after = reference.step(x, h, c)
        h, c = reference.step(x, h * mask, c)[0], after if h is c else reference.step(x, h * mask, c)[1]
        expected.append(h)
    torch.testing.assert_close(outputs, torch.stack(expected, 1), rtol=0, atol=1e-12)
    told(outputs, state).backward()
    told(torch.stack(expected, 1), (h, c)).backward()
    for parameter, other in zip(layer.parameters(), reference.gradients(), strict=True):
        torch.testing.assert_close(parameter.grad, other, rtol=0, atol=1e-10)
    layer.eval()
    assert torch.equal(layer(inputs)[0], layer(inputs)[0])


def test_gradients_are_given_once() -> None:
    outputs, _ = double("lstm", 3, 4)(drawn(2, 5, 3))
    outputs.sum().backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="once"):
        outputs.sum().backward()


def test_leaves_can_be_left_out_below_sums_only() -> None:
    assert of_tree(LSTM, (1, 5, 6, 7)).gates == 4
    with pytest.raises(ValueError, match="only a sum"):
        of_tree(LSTM, (3,))
    with pytest.raises(ValueError, match="sigmoid"):
        of_tree(LSTM, (0, 1))
