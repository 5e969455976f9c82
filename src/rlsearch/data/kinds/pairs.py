"""Pairs of sentences: networks translate, are measured by the perplexity of the translations, and give a BLEU."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from rlsearch.data.archive import npz
from rlsearch.data.kinds.base import Fault, Form, Kind
from rlsearch.data.text import cuts, sentences
from rlsearch.data.text.npz import arrays
from rlsearch.data.text.parts import RawPairs
from rlsearch.data.text.remarks import PARTS, unknown_remarks
from rlsearch.data.text.sentences import Side
from rlsearch.data.text.vocabulary import guess, smallest, unigram_loss
from rlsearch.measures import BLEU, PERPLEXITY, Measure
from rlsearch.word_numbers import STOP

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from rlsearch.config.dataset_models import DatasetSettings
    from rlsearch.config.task_models import TaskSettings
    from rlsearch.data.sources.base import Extent, Source
    from rlsearch.data.text.translations import Translations

ASSUMED_WORDS, ASSUMED_LENGTH = 10_000, 16
"""Of either language and of a sentence, until a dataset is fetched."""


@dataclass(frozen=True)
class PairPart:
    """One part of a corpus of pairs.

    Attributes:
        sources, targets: the sentences of both languages.
        length: mean tokens of a sentence of the training part, ends included, of both languages together.
        shared: how many of its source sentences are in the training part too; 0 of that part.
    """

    sources: Side
    targets: Side
    length: int
    shared: int

    def __len__(self) -> int:
        return len(self.sources.rows)

    @property
    def unigram(self) -> float:
        """The loss (nats) of a target token, ends included, of the training part's unigram model."""
        counted = self.targets.vocabulary.frequencies(self.targets.rows.ravel())
        counted[STOP] = len(self)
        return unigram_loss(counted, self.targets.frequencies)


class Pairs(Kind):
    """Pairs of sentences. A sample is a pair; each token of its target, the end included, is predicted."""

    name: ClassVar[str] = "pairs"
    noun: ClassVar[str] = "pairs"
    measure: ClassVar[Measure] = PERPLEXITY
    records: ClassVar[Mapping[str, Measure]] = {"bleu": BLEU}
    closed_loops: ClassVar[bool] = False
    form_keys: ClassVar[tuple[str, ...]] = ("source_vocabulary", "vocabulary", "length")
    card: ClassVar[tuple[str, ...]] = ("kind", "source_vocabulary", "vocabulary", "length")

    def split(self, raw: RawPairs, settings: DatasetSettings) -> dict[str, PairPart]:
        """Draw the parts by name, and number both languages by the vocabularies of the training part."""
        parts, most = sentences.split(raw, settings), getattr(settings, "vocabulary", None)
        sources, targets = (sentences.side(parts, which, most, settings.place) for which in (0, 1))
        rows = [sentences.lengths(side["train"].rows) for side in (sources, targets)]
        length = max(1, round(float(np.mean(rows)))) if len(rows[0]) else 1
        shared = {"train": 0, **sentences.shared(parts)}
        return {name: PairPart(sources[name], targets[name], length, shared[name]) for name in PARTS}

    def file(self, part: PairPart, raw: RawPairs) -> bytes:
        """Return `sources` and `targets`, their vocabularies, the targets' `frequencies`, and the mean `length`."""
        return npz(
            {
                "sources": part.sources.rows,
                "targets": part.targets.rows,
                "source_words": part.sources.vocabulary.array(),
                "target_words": part.targets.vocabulary.array(),
                "frequencies": part.targets.frequencies,
                "length": np.array([part.length], np.int64),
            }
        )

    def about(self, raw: RawPairs, parts: Mapping[str, PairPart], settings: DatasetSettings) -> dict[str, Any]:
        """Return the vocabularies, unknown target tokens, the unigram model's loss (nats), and shared sentences."""
        train = parts["train"]
        return {
            "source_vocabulary": len(train.sources.vocabulary),
            "vocabulary": len(train.targets.vocabulary),
            "length": train.length,
            "unknown": {name: part.targets.unknown for name, part in parts.items()},
            "target_tokens": {name: int(sentences.lengths(part.targets.rows).sum()) for name, part in parts.items()},
            "unigram": {name: part.unigram for name, part in parts.items()},
            "shared": {name: parts[name].shared for name in ("validation", "test")},
        }

    def remarks(self, manifest: Mapping[str, Any]) -> list[str]:
        """Return where many tokens are unknown, and source sentences that are trained on and tested on."""
        told = [
            f"{count} of the {manifest['counts'][name]} {name} pairs have a source sentence of the training part"
            for name, count in manifest["shared"].items()
            if count
        ]
        return [*unknown_remarks(manifest["unknown"], manifest["target_tokens"], "target tokens"), *told]

    def facts(self, manifest: Mapping[str, Any]) -> dict[str, str]:
        """Return the sizes, and what is unknown."""
        words = f"{manifest['source_vocabulary']} source, {manifest['vocabulary']} target"
        return {
            "pairs": ", ".join(f"{manifest['counts'][name]} {name}" for name in PARTS),
            "vocabularies": words,
            "mean length": f"{manifest['length']} tokens",
            "unknown": ", ".join(f"{manifest['unknown'][name]} {name}" for name in PARTS),
            "perplexity of the unigram model": PERPLEXITY.show(float(PERPLEXITY.level(manifest["unigram"]["test"]))),
        }

    def cuts(self, settings: DatasetSettings, extent: Extent) -> tuple[int, int, int]:
        """Return the pairs of each part; pairs of one source sentence, which stay together, can move a few."""
        return cuts.cuts(settings, extent)

    def faults(self, settings: DatasetSettings, source: Source) -> Iterator[Fault]:
        """Yield a test part that the source has besides, or lacks."""
        return cuts.faults(settings, source)

    def imagined(self, extent: Extent) -> Form:
        """Return the vocabularies that the source tells of, or large ones, and sentences of usual length."""
        return Form((extent.source_words or ASSUMED_WORDS,), extent.words or ASSUMED_WORDS, ASSUMED_LENGTH)

    def form(self, manifest: Mapping[str, Any]) -> Form:
        """Return the sizes of both vocabularies, and the mean length."""
        return Form((int(manifest["source_vocabulary"]),), int(manifest["vocabulary"]), int(manifest["length"]))

    def form_of(self, path: Path) -> Form:
        """Return the same."""
        found = arrays(path, {"source_words": 1, "target_words": 1, "length": 1})
        return Form((len(found["source_words"]),), len(found["target_words"]), int(found["length"][0]))

    def describe(self, form: Form) -> str:
        """Return e.g. "pairs of sentences, 63 source and 63 target tokens"."""
        return f"pairs of sentences, {form.shape[0]} different source and {form.outputs} target tokens"

    def stored_bytes(self, form: Form, count: int) -> int:
        """Return about the bytes of the rows, which are as long as the longest sentence: taken as twice the mean."""
        return count * 2 * form.length * sum(smallest(words)().itemsize for words in (*form.shape, form.outputs))

    def on_card(self, form: Form, task: TaskSettings) -> dict[str, Any]:
        """Return the form."""
        sizes = {"source_vocabulary": form.shape[0], "vocabulary": form.outputs, "length": form.length}
        return {"kind": self.name, **sizes}

    def form_on_card(self, card: Mapping[str, Any]) -> Form:
        """Return the form."""
        return self.form(card)

    def guessed(self, manifest: Mapping[str, Any]) -> float:
        """Return it of the validation part."""
        return guess(manifest["unigram"]["validation"], self.form(manifest).outputs)

    def answers(self, path: Path) -> dict[str, Any]:
        """Return the tokens of both languages by their numbers."""
        found = arrays(path, {"source_words": 1, "target_words": 1})
        return {"source_words": found["source_words"].tolist(), "words": found["target_words"].tolist()}

    def load(self, path: Path) -> Translations:
        """Read a part."""
        from rlsearch.data.text.translations import load

        return load(path)

    def noise(self, form: Form, count: int, device: torch.device) -> Translations:
        """Return one pair of the mean length, seen many times."""
        from rlsearch.data.text.translations import noise

        return noise(form, count, device)

    def example(self, form: Form, count: int = 1) -> tuple[Tensor, Tensor]:
        """Return sentences of the mean length, (count, length) each: sources, and targets to go on from."""
        import torch

        return torch.ones(count, form.length, dtype=torch.int64), torch.ones(count, form.length, dtype=torch.int64)

    def epoch_samples(self, form: Form, count: int, task: TaskSettings) -> int:
        """Return all."""
        return count


KIND = Pairs()
