"""Text as tensors: the streams that training reads, the state that passes on, and what a measurement counts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rlsearch.config.task_models import TaskSettings
from rlsearch.data.kinds.text import KIND
from rlsearch.data.text import stream, windows
from rlsearch.data.text.stream import Stream, detached
from rlsearch.data.text.vocabulary import unigram_loss
from rlsearch.measures import PERPLEXITY
from rlsearch.testing.tiny_text import CutSettings, TinyLM, text
from rlsearch.training.loop import fit, measure


def task(**changes: Any) -> TaskSettings:
    return TaskSettings(**{"network": "simple-cnn", "epochs": 1, "batch_size": 4, "bptt": 6, **changes})


def made(tokens: list[int], words: int = 8) -> Stream:
    numbers = torch.tensor(tokens)
    return Stream(numbers, np.bincount(tokens, minlength=words).astype(np.int64))


@pytest.mark.parametrize("count", [2, 3, 9, 10, 11, 64, 65, 100, 257, 1001])
def test_every_token_but_the_first_counts_once_in_a_measurement(count: int) -> None:
    for most in (1, 2, 3, 8):
        for shortest in (1, 4, 50):
            for warm in (0, 1, 5):
                plan = windows.reading(count, most=most, shortest=shortest, warm=warm)
                predicted = plan.positions[plan.counted] + 1
                assert sorted(predicted) == list(range(1, count))
                # Each stream reads on without a gap; none counts a token before it has read `warm` others.
                inside = plan.positions < count - 2
                assert (np.diff(plan.positions)[inside[:, 1:]] == 1).all() and len(plan.positions) <= most
                assert not plan.counted[1:, :warm].any()


@pytest.mark.parametrize("count", [2, 3, 25, 28, 29, 40, 200])
@pytest.mark.parametrize(("size", "window"), [(2, 1), (4, 6), (13, 5), (50, 3)])
def test_an_epoch_reads_as_many_tokens_whatever_its_offset(count: int, size: int, window: int) -> None:
    asked, generator = task(batch_size=size, bptt=window), torch.Generator().manual_seed(1)
    part, seen = made(list(range(count)), count), set()
    for _ in range(30):
        batches = list(part.batches(asked, generator, generator))
        assert sum(batch.size for batch in batches) == KIND.epoch_samples(part.form, count, asked)
        assert all(torch.equal(batch.following, batch.tokens + 1) for batch in batches)
        streams = torch.cat([batch.tokens for batch in batches], 1)
        assert (streams.diff(dim=1) == 1).all() and len(set(streams.flatten().tolist())) == streams.numel()
        assert [batch.tokens.shape[1] for batch in batches[:-1]] == [window] * (len(batches) - 1)
        seen.add(int(streams[0, 0]))
    plan = windows.plan(count, asked)
    assert seen <= set(range(plan.offsets)) and (len(seen) > 1) == (plan.offsets > 1)
    if KIND.too_few(count, asked) is None:
        assert (plan.streams, batches[0].size) == (size, KIND.step_samples(part.form, asked))


def test_fewer_tokens_than_a_batch_of_windows() -> None:
    assert KIND.too_few(28, task()) is None
    assert "27 tokens to train on are fewer than batch_size x (bptt + 1) = 4 x 7 = 28" in str(KIND.too_few(27, task()))
    assert "4 x 36 = 144" in str(KIND.too_few(27, task(bptt=None)))


class Uniform(nn.Module):
    """Gives all words one probability, and remembers how much it has read."""

    def forward(self, tokens: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        read = tokens.new_zeros(len(tokens)) if state is None else state
        return torch.zeros(*tokens.shape, 8), read + tokens.shape[1]


def test_a_uniform_model_has_the_perplexity_of_the_vocabulary() -> None:
    for count in (2, 300, 3000):
        part = made([3 * number % 8 for number in range(count)])
        assert PERPLEXITY.of(measure(Uniform(), part, task())) == pytest.approx(8.0)


def test_the_unigram_model_by_hand() -> None:
    """Counts 3, 1, 0 with one added to each: 4/7, 2/7, 1/7."""
    loss = unigram_loss(np.array([2, 1, 1]), np.array([3, 1, 0]))
    assert loss == pytest.approx(-(2 * math.log(4 / 7) + math.log(2 / 7) + math.log(1 / 7)) / 4)
    part = Stream(torch.tensor([1, 0, 0, 1, 2]), np.array([3, 1, 0]))
    assert part.guessed == pytest.approx(math.exp(-loss))
    assert PERPLEXITY.chance(part.guessed) == pytest.approx(math.exp(loss))
    # What is rare in training and frequent here is guessed better without having looked.
    assert Stream(torch.tensor([0, 2, 2]), np.array([3, 1, 0])).guessed == 1 / 3


def test_a_text_that_is_cut_in_two_equals_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    model, part = TinyLM((), 8).double(), made(torch.randint(8, (200,)).tolist())
    whole, _ = model(part.tokens[None, :-1])
    first, state = model(part.tokens[None, :70])
    second, _ = model(part.tokens[None, 70:-1], state)
    assert torch.allclose(torch.cat([first, second], 1), whole, atol=1e-12)
    expected = nn.functional.cross_entropy(whole[0], part.tokens[1:]).item()
    for longest in (1, 7, 64, 500):
        monkeypatch.setattr(stream, "LONGEST", longest)
        # Logits are rounded to float32 before their loss.
        assert measure(model, part, task())["loss"] == pytest.approx(expected, abs=1e-6)


def test_streams_of_a_measurement_have_read_something_before() -> None:
    """A long text is measured in streams; a network that needs one token of memory loses nothing by that."""

    class Before(nn.Module):
        def forward(self, tokens: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
            before = torch.cat([torch.zeros_like(tokens[:, :1]) if state is None else state, tokens], 1)
            # Certain of the token after next of the one before: right but at a beginning without memory.
            logits = 50.0 * nn.functional.one_hot((before[:, :-1] + 2) % 8, 8).float()
            return logits, before[:, -1:]

    part = made([(number + 3) % 8 for number in range(4000)])
    assert len(windows.reading(4000).positions) > 10
    # The first token of all has nothing before it: one miss of 50 nats.
    assert measure(Before(), part, task())["loss"] == pytest.approx(50 / 3999, abs=1e-4)


class Noting(nn.Module):
    """A weight, and the states with which it was called."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(8))
        self.seen: list[float] = []

    def forward(self, tokens: Tensor, state: tuple[Tensor, dict[str, Tensor]] | None = None) -> Any:
        total = tokens.new_zeros(len(tokens), dtype=torch.float32) if state is None else state[1]["sum"]
        assert state is None or not state[0].requires_grad
        self.seen.append(float(total[0]))
        logits = self.weight.expand(*tokens.shape, 8)
        return logits, (self.weight * 2, {"sum": total + tokens.shape[1]})


@pytest.mark.parametrize("name", ["sgd", "sam"])
def test_the_state_is_handed_on_and_both_passes_begin_with_it(name: str) -> None:
    part, model = made([number % 8 for number in range(4 * 20 + 6)]), Noting()
    fit(model, part, task(epochs=2, optimizer={"name": name, "lr": 0.1}), seed=0)
    # 20 tokens a stream in windows of 6, from nothing in each epoch.
    once = [0.0, 6.0, 12.0, 18.0] * 2
    assert model.seen == ([step for step in once for _ in range(2)] if name == "sam" else once)


def test_states_of_any_shape_are_detached() -> None:
    weight = torch.ones(2, requires_grad=True)
    state = detached(((weight * 2, [weight * 3]), {"c": weight * 4}, None, 5))
    assert not state[0][0].requires_grad and not state[0][1][0].requires_grad and not state[1]["c"].requires_grad
    assert state[2:] == (None, 5) and weight.requires_grad


def test_nothing_but_frequencies_is_learnt_from_shuffled_tokens() -> None:
    tokens = KIND.split(text(), CutSettings(source="made-up"))["train"].tokens.tolist()
    # Uneven, so that the unigram model is better than none at all.
    uneven = [token if place % 2 else 0 for place, token in enumerate(tokens)]
    train, held_out = (made(uneven[part]) for part in (slice(2000), slice(2000, None)))
    train, held_out = train.shuffled(0), held_out.shuffled(1)
    torch.manual_seed(0)
    model = TinyLM((), 8)
    fit(model, train, task(epochs=8, bptt=16, optimizer={"lr": 0.01}), seed=1)
    level, chance = PERPLEXITY.of(measure(model, held_out, task())), PERPLEXITY.chance(held_out.guessed)
    assert 0.98 * chance < level < 1.1 * chance < 6.0
