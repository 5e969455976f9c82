"""Language models of recurrent cells: sizes, costs, options and what dropouts leave out."""

from __future__ import annotations

import random
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from rlsearch.config import plugin_source, plugins
from rlsearch.networks import _registry as registry
from rlsearch.networks._recurrent_layers import WordEmbedding, locked
from rlsearch.networks._recurrent_sizes import forward_flops
from rlsearch.networks.recurrent_lm import RecurrentLM
from rlsearch.training import forward_flops as counted
from tree_cells import tree

WORDS = 103
NAMES = ("lstm", "nascell", "gru", "rnn", "rhn", "rhn-3")


def cell_of_base(base: int) -> dict[str, Any]:
    return tree(random.Random(4), base).plain()


def parameters(model: nn.Module) -> int:
    return sum(weight.numel() for weight in model.parameters())


@pytest.mark.parametrize(("base", "expected"), [(2, 19_303), (8, 47_239)])
def test_sizes_of_the_small_model(base: int, expected: int) -> None:
    assert parameters(RecurrentLM((), WORDS, cell=cell_of_base(base), width=48)) == expected
    by_hand = WORDS * 48 + base * (48 * 48 + 48 * 48 + 48) + 48 * WORDS + WORDS
    assert by_hand == expected


def test_the_lstm_by_name_is_as_large_as_torchs() -> None:
    model = RecurrentLM((), WORDS, cell="lstm", width=7, embedding=5, layers=2)
    theirs = nn.LSTM(5, 7, 2)
    second_biases = 2 * 4 * 7
    own = parameters(model.embedding) + parameters(model.output)
    assert parameters(model) - own == parameters(theirs) - second_biases


@pytest.mark.parametrize("cell", [*NAMES, *map(cell_of_base, (2, 4, 8))])
@pytest.mark.parametrize(
    "options",
    [{}, {"layers": 2, "embedding": 5, "width": 9}, {"width": 6, "tied": True, "bias": "none", "output_dropout": 0.5}],
)
def test_flops_are_those_that_torch_counts(cell: Any, options: dict[str, Any]) -> None:
    model = RecurrentLM((), WORDS, cell=cell, **options)
    measured = counted.forward_flops(model, torch.zeros(1, 1, dtype=torch.int64))
    assert forward_flops((), WORDS, cell=cell, **options) == measured
    # As many for each token of a window.
    assert counted.forward_flops(model, torch.zeros(1, 4, dtype=torch.int64)) == 4 * measured


def test_flops_by_hand() -> None:
    found = forward_flops((), WORDS, cell=cell_of_base(8), layers=2, embedding=5, width=9)
    assert found == 2 * (8 * 9 * 5 + 8 * 9 * 9 + 8 * 9 * 9 + 8 * 9 * 9 + 9 * WORDS)


def test_options_can_be_read_without_torch() -> None:
    file = plugin_source.parsed(plugins.find("networks", "recurrent-lm").file)
    assert plugin_source.arguments(file, "NETWORK") == (
        *("input_shape", "outputs", "cell", "layers", "embedding", "width", "parameters", "tied", "bias"),
        *("embedding_dropout", "input_dropout", "output_dropout", "recurrent_dropout"),
    )
    assert plugins.takes("recurrent-lm") == "text"
    assert registry.forward_flops("recurrent-lm", (), WORDS, {"cell": "rnn"}) == 2 * (2 * 48 * 48 + 48 * WORDS)


@pytest.mark.parametrize("cell", [*NAMES, cell_of_base(8)])
@pytest.mark.parametrize("options", [{}, {"tied": True}, {"embedding": 10, "layers": 2, "bias": "none"}])
def test_the_width_is_fitted_to_a_number_of_parameters(cell: Any, options: dict[str, Any]) -> None:
    asked = 20_000
    width = RecurrentLM((), WORDS, cell=cell, parameters=asked, **options).layers.width
    near = {w: abs(parameters(RecurrentLM((), WORDS, cell=cell, width=w, **options)) - asked) for w in _around(width)}
    assert min(near, key=near.__getitem__) == width


def _around(width: int) -> range:
    return range(max(1, width - 2), width + 3)


def test_of_two_widths_equally_near_the_smaller_one() -> None:
    options: dict[str, Any] = {"cell": "rnn", "bias": "none"}
    small, large = (parameters(RecurrentLM((), 4, **options, width=width)) for width in (3, 4))
    middle, odd = divmod(small + large, 2)
    assert not odd
    assert RecurrentLM((), 4, **options, parameters=middle).layers.width == 3
    assert RecurrentLM((), 4, **options, parameters=middle + 1).layers.width == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "needs a cell"),
        ({"cell": "lsmt"}, "there is no cell 'lsmt'.*lstm, nascell, gru"),
        ({"cell": "rhn-0"}, "there is no cell 'rhn-0'"),
        ({"cell": {"base": 2}}, "nodes, inject, from, into missing"),
        ({"cell": "rnn", "width": 8, "embedding": 4, "tied": True}, "embedding 4 and width 8 must be equal"),
        ({"cell": "rnn", "parameters": 9000, "embedding": 4, "tied": True}, "leave `embedding` out"),
        ({"cell": "rnn", "parameters": 100}, "at least 312 parameters"),
        ({"cell": "rnn", "parameters": 9000, "width": 4}, "not both"),
        ({"cell": "rnn", "width": 0}, "width of a recurrent network is a whole number of at least 1, not 0"),
        ({"cell": "rnn", "layers": 1.5}, "layers of a recurrent network"),
        ({"cell": "rnn", "bias": "both"}, "there is no bias 'both'; allowed: none, recurrent"),
        ({"cell": "rnn", "input_dropout": 1.0}, "input_dropout is a rate from 0 to below 1, not 1.0"),
        ({"cell": "rnn", "embedding_dropout": True}, "embedding_dropout is a rate"),
    ],
)
def test_what_cannot_be_built_is_said_with_and_without_torch(options: dict[str, Any], message: str) -> None:
    for build in (RecurrentLM, forward_flops):
        with pytest.raises(ValueError, match=message):
            build((), WORDS, **options)


def test_the_least_number_of_parameters_is_that_of_width_1() -> None:
    assert parameters(RecurrentLM((), WORDS, cell="rnn", width=1)) == 312
    assert RecurrentLM((), WORDS, cell="rnn", parameters=312).layers.width == 1


def test_a_state_is_handed_on() -> None:
    model = RecurrentLM((), WORDS, cell="nascell", width=6, layers=2).eval()
    tokens = torch.randint(0, WORDS, (3, 9))
    whole, _ = model(tokens)
    first, state = model(tokens[:, :5])
    second, after = model(tokens[:, 5:], state)
    torch.testing.assert_close(torch.cat([first, second], 1), whole)
    assert [[tuple(part.shape) for part in layer] for layer in after] == 2 * [[(3, 6), (3, 6)]]


def test_a_tied_model_has_one_matrix() -> None:
    model = RecurrentLM((), WORDS, cell="rnn", width=6, tied=True)
    assert model.output.weight is model.embedding.weight
    assert parameters(model) == WORDS * 6 + 6 * 6 + 6 * 6 + 6 + WORDS
    assert float(model.embedding.weight.detach().abs().max()) <= 6**-0.5


def test_weights_depend_on_torchs_generator_alone() -> None:
    states = []
    for _ in range(2):
        torch.manual_seed(3)
        states.append(RecurrentLM((), WORDS, cell="nascell", width=6).state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    bias = states[0]["layers.0.bias_hh"]
    assert 0.05 < float(bias.abs().max()) <= 0.1


def test_word_dropout_leaves_a_word_out_wherever_it_stands() -> None:
    embedding = WordEmbedding(50, 4, 0.5)
    tokens = torch.arange(50).repeat(2, 2)
    found = embedding(tokens).detach()
    scale = found / embedding.weight.detach()[tokens]
    assert set(scale.unique().round(decimals=4).tolist()) == {0.0, 2.0}
    assert torch.equal(found[0, :50], found[1, 50:])
    assert torch.equal(embedding.eval()(tokens), functional.embedding(tokens, embedding.weight))


def test_locked_dropout_has_one_mask_a_sequence() -> None:
    found = locked(torch.ones(8, 5, 40), 0.5, training=True)
    assert set(found.unique().tolist()) == {0.0, 2.0}
    assert torch.equal(found, found[:, :1].expand_as(found))
    assert not torch.equal(found[0], found[1])
    assert torch.equal(locked(found, 0.5, training=False), found)


@pytest.mark.parametrize("name", ["embedding_dropout", "input_dropout", "output_dropout", "recurrent_dropout"])
def test_each_dropout_acts_in_training_alone(name: str) -> None:
    torch.manual_seed(5)
    model = RecurrentLM((), WORDS, cell="lstm", width=20, **{name: 0.4})
    tokens = torch.randint(0, WORDS, (2, 6))
    assert not torch.equal(model(tokens)[0], model(tokens)[0])
    model.eval()
    assert torch.equal(model(tokens)[0], model(tokens)[0])


def test_it_learns_a_cycle_of_words_in_bfloat16_too() -> None:
    for precision in (torch.float32, torch.bfloat16):
        torch.manual_seed(6)
        model = RecurrentLM((), 7, cell="nascell", width=12)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
        tokens, state = torch.arange(4 * 41).view(4, 41) % 7, None
        for _ in range(60):
            with torch.autocast("cpu", precision, enabled=precision is torch.bfloat16):
                logits, state = model(tokens[:, :40], state)
                loss = functional.cross_entropy(logits.float().flatten(0, 1), tokens[:, 1:].flatten())
            state = tuple(tuple(part.detach() for part in layer) for layer in state)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        assert float(loss.detach()) < 0.2
