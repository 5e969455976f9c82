"""Pairs of sentences: their parts, rows and batches, the loss of a target token, and the BLEU of translations."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rlsearch.config.task_models import TaskSettings
from rlsearch.data.kinds.pairs import KIND
from rlsearch.data.text import translations
from rlsearch.data.text.parts import RawPairs
from rlsearch.data.text.translations import Translations, in_sentences
from rlsearch.errors import DataError, RlsearchError
from rlsearch.measures import PERPLEXITY
from rlsearch.testing.tiny_text import CutSettings, TinyTranslator, pairs
from rlsearch.training.ensemble import Ensemble
from rlsearch.training.loop import fit, measure


def task(**changes: Any) -> TaskSettings:
    return TaskSettings(**{"network": "simple-cnn", "epochs": 1, "batch_size": 8, **changes})


def cut(raw: RawPairs, **settings: Any) -> Any:
    return KIND.split(raw, CutSettings(source="made-up", **settings))


def loaded(raw: RawPairs, folder: Path, name: str = "test", **settings: Any) -> Translations:
    (folder / f"{name}.npz").write_bytes(KIND.file(cut(raw, **settings)[name], raw))
    return KIND.load(folder / f"{name}.npz")


def test_pairs_are_drawn_by_name_and_equal_sources_stay_together() -> None:
    # Twenty sentences, five times each, with other translations.
    raw = RawPairs([([f"s{number % 20}", "x"], [f"t{number}"]) for number in range(100)])
    parts = cut(raw, test=0.1, validation=0.25)
    words = {name: part.sources.vocabulary.words for name, part in parts.items()}
    told = {name: {words[name][row[0]] for row in part.sources.rows} - {"<unk>"} for name, part in parts.items()}
    # 10 of 100 are two sentences; a quarter of 90 is 23, and 25 with the rest of the fifth sentence.
    assert [len(part) for part in parts.values()] == [65, 25, 10] and len(told["train"]) == 13
    assert [part.shared for part in parts.values()] == [0, 0, 0]
    again, other = cut(raw, test=0.1, validation=0.25), cut(raw, test=0.1, validation=0.25, split_seed=1)
    assert KIND.file(parts["train"], raw) == KIND.file(again["train"], raw) != KIND.file(other["train"], raw)
    smaller = cut(raw, test=0.1, validation=0.25, train_size=40)
    assert [len(part) for part in smaller.values()] == [30, 10, 10]


def test_source_sentences_in_two_parts_of_a_source_are_told() -> None:
    train = [(["a", "b"], ["c"]), (["b"], ["c"])]
    raw = RawPairs(train, validation=[(["b"], ["c"]), (["c"], ["c"])], test=[(["c"], ["c"]), (["d"], ["e"])])
    settings = CutSettings.model_construct(source="made-up", test=None)
    parts = KIND.split(raw, settings)
    counts = {name: len(part) for name, part in parts.items()}
    about = {**KIND.about(raw, parts, settings), "counts": counts}
    assert about["shared"] == {"validation": 1, "test": 0}
    assert about["unknown"] == {"train": 0, "validation": 0, "test": 1}
    assert KIND.remarks(about) == [
        "25.0 % of the test target tokens are <unk>; a larger `vocabulary` keeps more",
        "1 of the 2 validation pairs have a source sentence of the training part",
    ]
    assert about["unigram"]["train"] == pytest.approx(-math.log(3 / 7))  # two words, two ends, one <unk>; ones added


def test_a_sentence_that_holds_the_end_of_sentences() -> None:
    with pytest.raises(DataError, match="pair 2 holds the token <eos>"):
        cut(RawPairs([(["a"], ["b"]), (["a", "<eos>"], ["b"])] * 9))


def test_rows_begin_with_words_and_end_with_ends(tmp_path: Path) -> None:
    raw = RawPairs([(["a"] * length, ["b", "c"][: length % 3]) for length in range(1, 11)])
    part = loaded(raw, tmp_path, "train")
    assert part.form.length == KIND.form_of(tmp_path / "train.npz").length > 1
    lengths = (part.sources != 0).sum(1)
    assert (part.sources[:, -1] == 0).all() and sorted(lengths.tolist()) == lengths.tolist()
    assert in_sentences(torch.tensor([[3, 1, 0, 0], [0, 0, 0, 0]])).tolist() == [
        [True, True, True, False],
        [True, False, False, False],
    ]
    other = loaded(raw, tmp_path, "test")
    both = part.joined(other)
    assert both.sources.shape == (len(part) + len(other), max(part.sources.shape[1], other.sources.shape[1]))
    assert bool((both.sources[: len(part), part.sources.shape[1] :] == 0).all())
    assert torch.equal(both.sources[: len(part), : part.sources.shape[1]], part.sources)


class Uniform(nn.Module):
    """Gives all words one probability."""

    def forward(self, sources: Tensor, targets: Tensor) -> Tensor:
        return torch.zeros(*targets.shape, 9)


def test_a_uniform_model_has_the_perplexity_of_the_vocabulary(tmp_path: Path) -> None:
    part = loaded(pairs(), tmp_path)
    assert PERPLEXITY.of(measure(Uniform(), part, task())) == pytest.approx(9.0)


def test_the_loss_is_that_of_each_target_token_however_batches_are_filled_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = loaded(pairs(), tmp_path)
    torch.manual_seed(0)
    model, losses = TinyTranslator((9,), 9), []
    for source, target in zip(part.sources.tolist(), part.targets.tolist(), strict=True):
        words = target[: target.index(0)]
        logits = model(torch.tensor([source]), torch.tensor([[0, *words]]))
        losses += nn.functional.cross_entropy(logits[0], torch.tensor([*words, 0]), reduction="none").tolist()
    for size in (1, 7, 256):
        monkeypatch.setattr(translations, "MEASURE_BATCH", size)
        assert measure(model, part, task())["loss"] == pytest.approx(float(np.mean(losses)), abs=1e-6)


def test_bleu_rises_to_100_as_the_language_is_learnt(tmp_path: Path) -> None:
    raw = pairs()
    train, held_out = loaded(raw, tmp_path, "train"), loaded(raw, tmp_path)
    torch.manual_seed(0)
    model = TinyTranslator((9,), 9)
    before = measure(model, held_out, task(record=["bleu"]))
    fit(model, train, task(epochs=20, optimizer={"lr": 0.02}), seed=0)
    after = measure(model, held_out, task(), thorough=True)
    assert before["bleu"] < 5 and after["bleu"] > 99 and after["loss"] < 0.1


def test_an_unknown_word_is_never_right(tmp_path: Path) -> None:
    """Every translation is the reference, in which one word of eight is not in the vocabulary."""
    part = loaded(pairs(), tmp_path, vocabulary=7)
    assert part.unknown == 8

    class Cheat(nn.Module):
        def forward(self, sources: Tensor, targets: Tensor) -> Tensor:
            return torch.zeros(*targets.shape, 9)

        def translate(self, sources: Tensor, most: int) -> Tensor:
            assert most >= part.targets.shape[1]
            return part.targets

    assert 30 < measure(Cheat(), part, task(record=["bleu"]))["bleu"] < 90
    known = loaded(pairs(), tmp_path)
    part = known
    assert measure(Cheat(), known, task(record=["bleu"]))["bleu"] == pytest.approx(100.0)


def test_a_network_that_cannot_translate(tmp_path: Path) -> None:
    with pytest.raises(RlsearchError, match="has no method `translate`"):
        measure(Uniform(), loaded(pairs(), tmp_path), task(record=["bleu"]))


def test_an_ensemble_of_translators_gives_its_mean_probabilities(tmp_path: Path) -> None:
    part = loaded(pairs(), tmp_path)
    members = [TinyTranslator((9,), 9) for _ in range(2)]
    with torch.no_grad():
        found = Ensemble(members)(part.sources[:3], part.targets[:3]).exp()
        expected = sum(member(part.sources[:3], part.targets[:3]).softmax(-1) for member in members) / 2
    assert torch.allclose(found, expected, atol=1e-6)
