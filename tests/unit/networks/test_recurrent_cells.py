"""Cells give the numbers of their sources: the paper's example, TensorFlow's NASCell, PyTorch's LSTM, GRU and RNN."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from rlsearch.tree_cell import TreeCell
from rlsearch.tree_notation import LSTM, NASCELL
from tree_cells import double, filled

EXAMPLE = TreeCell(2, (("add", "tanh"), ("mult", "relu"), ("mult", "sigmoid")), ("add", "relu"), 1, 0)
"""The worked example of Zoph & Le (2017), figure 5."""


def close(found: Tensor, expected: list[float], within: float = 5e-8) -> None:
    torch.testing.assert_close(found.flatten(), torch.tensor(expected, dtype=torch.float64), rtol=0, atol=within)


def test_the_papers_example() -> None:
    layer = filled(double(EXAMPLE, 1, 1, "none"), torch.tensor([0.5, -0.8]), torch.tensor([0.3, -1.2]))
    state = (torch.full((1, 1), 0.2, dtype=torch.float64), torch.full((1, 1), -0.1, dtype=torch.float64))
    outputs, cs = [], []
    for x in (1.0, -2.0, 0.5):
        output, state = layer(torch.full((1, 1, 1), x, dtype=torch.float64), state)
        outputs.append(output)
        cs.append(state[1])
    close(torch.cat(outputs), [0.5195729, 0.5, 0.5])
    close(torch.cat(cs), [0.192, -0.9975800, 0.24])


@pytest.mark.parametrize("cell", ["nascell", NASCELL])
def test_nascell_is_that_of_tensorflow(cell: str | TreeCell) -> None:
    layer = filled(double(cell, 4, 6, "none"), 0.5, 0.5)
    inputs = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64).view(3, 1, 1).expand(3, 1, 4)
    before = torch.full((3, 6), 0.1, dtype=torch.float64)
    outputs, (h, c) = layer(inputs, (before, before))
    # The test of TensorFlow Addons' cell; its numbers have float32's precision.
    for column in range(6):
        close(outputs[:, 0, column], [0.5767508, 0.6189358, 0.6273934], 1e-7)
        close(c[:, column], [0.7157977, 0.7804164, 0.7945765], 1e-7)
    assert torch.equal(outputs[:, -1], h)


def test_nascell_tells_its_gates_apart() -> None:
    count = torch.arange(1, 73, dtype=torch.float64)
    layer = filled(double("nascell", 2, 3, "none"), torch.sin(count[:48]), torch.cos(count))
    inputs = torch.tensor([[[1.0, -1.0], [0.5, 2.0]]], dtype=torch.float64)
    before = torch.full((1, 3), 0.1, dtype=torch.float64)
    _, (h, c) = layer(inputs, (before, -2 * before))
    close(h, [0.4039234, 0.1005671, -0.0085249])
    close(c, [0.5071468, 0.1140442, -0.0377487])


def lstm_weights(width: int, leaves: tuple[int, ...], built: int) -> tuple[nn.LSTM, list[Tensor]]:
    """Return torch's LSTM with one bias, and its weights in the places of a tree's leaves."""
    torch.manual_seed(1)
    theirs = nn.LSTM(5, width, batch_first=True).double()
    nn.init.zeros_(theirs.bias_ih_l0)
    found = []
    for weight in (theirs.weight_ih_l0, theirs.weight_hh_l0, theirs.bias_hh_l0):
        ours = weight.new_zeros(built, width, *weight.shape[1:])
        # Torch's order: input, forget, candidate, output.
        for leaf, part in zip(leaves, weight.detach().chunk(4), strict=True):
            ours[leaf] = part
        found.append(ours.flatten(0, 1))
    return theirs, found


@pytest.mark.parametrize(("cell", "leaves", "built"), [(LSTM, (2, 0, 3, 4), 8), ("lstm", (1, 0, 2, 3), 4)])
def test_the_lstm_is_a_tree(cell: str | TreeCell, leaves: tuple[int, ...], built: int) -> None:
    theirs, weights = lstm_weights(7, leaves, built)
    layer = double(cell, 5, 7)
    layer.load_state_dict(dict(zip(("weight_ih", "weight_hh", "bias_hh"), weights, strict=True)))
    inputs = torch.randn(3, 11, 5, dtype=torch.float64)
    h, c = torch.randn(2, 3, 7, dtype=torch.float64)
    expected, (last, memory) = theirs(inputs, (h[None], c[None]))
    outputs, state = layer(inputs, (h, c))
    torch.testing.assert_close(outputs, expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(torch.stack(state), torch.cat([last, memory]), rtol=0, atol=1e-12)


@pytest.mark.parametrize(("cell", "module"), [("gru", nn.GRU), ("rnn", nn.RNN)])
def test_gru_and_rnn_are_those_of_torch(cell: str, module: type[nn.Module]) -> None:
    torch.manual_seed(2)
    theirs = module(5, 7, batch_first=True).double()
    nn.init.zeros_(theirs.bias_ih_l0)
    layer = double(cell, 5, 7)
    mapped = {"weight_ih": theirs.weight_ih_l0, "weight_hh": theirs.weight_hh_l0, "bias_hh": theirs.bias_hh_l0}
    layer.load_state_dict(mapped)
    inputs, h = torch.randn(3, 11, 5, dtype=torch.float64), torch.randn(3, 7, dtype=torch.float64)
    expected, last = theirs(inputs, h[None])
    outputs, (state,) = layer(inputs, (h,))
    torch.testing.assert_close(outputs, expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(state, last[0], rtol=0, atol=1e-12)
    (outputs.sin().sum()).backward()
    (expected.sin().sum()).backward()
    for name, weight in mapped.items():
        torch.testing.assert_close(getattr(layer, name).grad, weight.grad, rtol=0, atol=1e-11)


def test_highway_layers_follow_their_equations() -> None:
    layer = double("rhn-3", 2, 4)
    x, s = torch.randn(3, 2, dtype=torch.float64), torch.randn(3, 4, dtype=torch.float64)
    outputs, (state,) = layer(x[:, None], (s,))
    w, r, b = layer.weight_ih, layer.weight_hh.view(3, 3, 4, 4), layer.bias_hh.view(3, 3, 4)
    for round_ in range(3):
        h, t, c = (
            (x @ w[4 * gate : 4 * gate + 4].t() if round_ == 0 else 0) + s @ r[round_, gate].t() + b[round_, gate]
            for gate in range(3)
        )
        s = torch.tanh(h) * torch.sigmoid(t) + s * torch.sigmoid(c)
    torch.testing.assert_close(state, s, rtol=0, atol=1e-12)
    assert torch.equal(outputs[:, 0], state)
