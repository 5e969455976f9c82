"""Translators of recurrent cells: sizes, costs, padding that changes nothing, and the words they choose."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from rlsearch.config import plugin_source, plugins
from rlsearch.networks._beam import search
from rlsearch.networks._recurrent_sizes import translator_flops, translator_parameters, translator_stack
from rlsearch.networks.recurrent_translator import RecurrentTranslator
from rlsearch.training import forward_flops as counted
from rlsearch.word_numbers import STOP
from tree_cells import tree

SOURCE, TARGET = 11, 13
CELLS = ("lstm", "gru", "rhn", tree(random.Random(4), 4).plain())


def model_of(cell: Any, **options: Any) -> RecurrentTranslator:
    torch.manual_seed(1)
    return RecurrentTranslator((SOURCE,), TARGET, cell=cell, **options).eval()


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("options", [{"width": 6}, {"width": 5, "embedding": 3, "layers": 2, "bias": "none"}])
def test_parameters_and_flops_are_counted_without_building(cell: Any, options: dict[str, Any]) -> None:
    model = model_of(cell, **options)
    asked = {"layers": 1, "embedding": None, "parameters": None, "bias": "recurrent", **options}
    stack = translator_stack((SOURCE, TARGET), cell, **asked)
    assert sum(weight.numel() for weight in model.parameters()) == translator_parameters((SOURCE, TARGET), stack)
    wrapped = _Pair(model, torch.ones(1, 5, dtype=torch.int64), torch.ones(1, 3, dtype=torch.int64))
    found = counted.forward_flops(wrapped, torch.zeros(1))
    assert translator_flops((SOURCE, TARGET), stack, 5, 3) == found


class _Pair(nn.Module):
    """A network of two inputs, for a counter that gives one."""

    def __init__(self, model: nn.Module, *sentences: Tensor) -> None:
        super().__init__()
        self.model, self.sentences = model, sentences

    def forward(self, _: Tensor) -> Tensor:
        found: Tensor = self.model(*self.sentences)
        return found


def test_the_width_is_fitted() -> None:
    model = model_of("lstm", parameters=9_000)
    size = sum(weight.numel() for weight in model.parameters())
    others = [
        sum(weight.numel() for weight in model_of("lstm", width=model.encoder.width + step).parameters())
        for step in (-1, 1)
    ]
    assert abs(size - 9_000) <= min(abs(other - 9_000) for other in others)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cell": "lsmt"}, "there is no cell"),
        ({"cell": "rnn", "parameters": 10}, "a translator with these options has at least"),
        ({"cell": "rnn", "beam": 0}, "at least 1, not 0"),
        ({"cell": "rnn", "output_dropout": -0.1}, "output_dropout is a rate"),
    ],
)
def test_what_cannot_be_built_is_said(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RecurrentTranslator((SOURCE,), TARGET, **options)


def test_options_can_be_read_without_torch() -> None:
    file = plugin_source.parsed(plugins.find("networks", "recurrent-translator").file)
    found = plugin_source.arguments(file, "NETWORK")
    assert found is not None
    assert found[-1] == "beam"
    assert plugins.takes("recurrent-translator") == "pairs"


@pytest.mark.parametrize("cell", CELLS)
def test_padding_and_later_words_change_nothing(cell: Any) -> None:
    model = model_of(cell, width=6, layers=2)
    sources = torch.tensor([[3, 4, 5, STOP, STOP, STOP], [7, 8, 9, 2, 1, STOP]])
    targets = torch.randint(1, TARGET, (2, 4))
    logits = model(sources, targets)
    torch.testing.assert_close(logits[:1], model(sources[:1, :4], targets[:1]))
    torch.testing.assert_close(logits[:, :2], model(sources, targets[:, :2]))
    # Every word of the source counts.
    for place in range(3):
        other = sources.clone()
        other[0, place] = 6
        assert not torch.allclose(model(other, targets)[0], logits[0], atol=1e-6)


def test_gradients_reach_every_weight_through_state_and_attention() -> None:
    model = model_of("lstm", width=6, layers=2)
    sources = torch.tensor([[3, 4, STOP, STOP], [7, 8, 9, STOP]])
    functional.cross_entropy(
        model(sources, torch.ones(2, 3, dtype=torch.int64)).flatten(0, 1), torch.arange(6)
    ).backward()
    assert all(bool(weight.grad.any()) for weight in model.parameters())


@pytest.mark.parametrize("cell", CELLS)
def test_greedy_words_are_the_most_probable_ones(cell: Any) -> None:
    model = model_of(cell, width=6)
    sources = torch.randint(1, SOURCE, (5, 4))
    found = model.translate(sources, 7)
    assert found.shape[0] == 5
    assert found.shape[1] <= 7
    for row in range(5):
        said = [STOP]
        for word in found[row].tolist():
            expected = int(model(sources[row : row + 1], torch.tensor([said]))[0, -1].argmax())
            assert word == expected
            if word == STOP:
                break
            said.append(word)


def chain(words: int, seed: int) -> Tensor:
    """Return log-probabilities of the next word, given the one before."""
    return torch.randn(words, words, generator=torch.Generator().manual_seed(seed)).mul(1.5).log_softmax(1)


def searched(table: Tensor, most: int, beam: int) -> list[list[int]]:
    rows = search(
        lambda words, state: (table[words], state), lambda state, rows: state, None, 2, most, beam, torch.device("cpu")
    )
    return [row[: row.index(STOP)] if STOP in row else row for row in rows.tolist()]


@pytest.mark.parametrize("seed", range(8))
def test_a_wide_beam_finds_the_best_of_all(seed: int) -> None:
    table, most = chain(4, seed), 3
    every = [said for count in range(most + 1) for said in itertools.product(range(1, 4), repeat=count)]

    def mean(said: tuple[int, ...]) -> float:
        steps = list(itertools.pairwise((STOP, *said, STOP)))
        return sum(float(table[one, other]) for one, other in steps) / len(steps)

    best = list(max(every, key=mean))
    # What has not ended after `most` words and one step more is none of these: it competes with them all the same.
    open_ = list(itertools.product(range(1, 4), repeat=most + 1))
    unfinished = max(
        sum(float(table[a, b]) for a, b in itertools.pairwise((STOP, *said))) / (most + 1) for said in open_
    )
    found = searched(table, most, 200)
    assert found[0] == found[1]
    if mean(tuple(best)) > unfinished:
        assert found[0] == best


def test_two_beginnings_find_what_greedy_words_miss() -> None:
    # Greedily 1 and the end, a mean of sqrt(0.5 * 0.4); 2, 3 and the end have the cube root of 0.4 * 0.97 * 0.97.
    rows = [[0.05, 0.5, 0.4, 0.05], [0.4, 0.3, 0.2, 0.1], [0.01, 0.01, 0.01, 0.97], [0.97, 0.01, 0.01, 0.01]]
    table = torch.tensor(rows).log()
    assert searched(table, 3, 1) == [[1], [1]]
    assert searched(table, 3, 2) == [[2, 3], [2, 3]]


def test_it_learns_to_turn_sentences_around() -> None:
    torch.manual_seed(2)
    model = RecurrentTranslator((9,), 9, cell="gru", width=24, beam=2)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(150):
        words = torch.randint(1, 9, (64, 3))
        sources, wanted = functional.pad(words, (0, 1)), functional.pad(words.flip(1), (0, 1))
        loss = functional.cross_entropy(
            model(sources, functional.pad(wanted[:, :-1], (1, 0))).flatten(0, 1), wanted.flatten()
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    words = torch.randint(1, 9, (50, 3))
    right = (model.eval().translate(functional.pad(words, (0, 1)), 8)[:, :3] == words.flip(1)).all(1)
    assert float(right.float().mean()) > 0.8
