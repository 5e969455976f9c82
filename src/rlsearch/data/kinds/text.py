"""Text: networks map (streams, window) tokens and a state to logits and a state, and are measured by perplexity."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rlsearch.data.archive import npz
from rlsearch.data.kinds.base import Fault, Form, Graph, Kind
from rlsearch.data.text import cuts, windows
from rlsearch.data.text.npz import arrays
from rlsearch.data.text.parts import RawText
from rlsearch.data.text.remarks import PARTS, unknown_remarks
from rlsearch.data.text.vocabulary import Numbers, Vocabulary, guess, of_training, smallest, unigram_loss
from rlsearch.measures import PERPLEXITY, Measure

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from rlsearch.config.dataset_models import DatasetSettings
    from rlsearch.config.task_models import TaskSettings
    from rlsearch.data.sources.base import Extent, Source
    from rlsearch.data.text.stream import Stream

ASSUMED_WORDS = 10_000
"""Until a dataset is fetched, where neither source nor settings say how many different tokens there are."""


@dataclass(frozen=True)
class TextPart:
    """One part of a text.

    Attributes:
        tokens: (n,), in order.
        vocabulary: what they number; frequencies: of the training part, int64 (words,).
    """

    tokens: Numbers
    vocabulary: Vocabulary
    frequencies: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def unknown(self) -> int:
        """How many of its tokens are `<unk>`."""
        number = self.vocabulary.unknown
        return 0 if number is None else int((self.tokens == number).sum())

    @property
    def unigram(self) -> float:
        """The loss (nats) of the training part's unigram model; the first token is not predicted."""
        return unigram_loss(self.vocabulary.frequencies(self.tokens[1:]), self.frequencies)


class Text(Kind):
    """Streams of tokens. A sample is a token; all but the first one of a part are predicted."""

    name: ClassVar[str] = "text"
    noun: ClassVar[str] = "tokens"
    measure: ClassVar[Measure] = PERPLEXITY
    windowed: ClassVar[bool] = True
    closed_loops: ClassVar[bool] = False
    form_keys: ClassVar[tuple[str, ...]] = ("vocabulary",)
    card: ClassVar[tuple[str, ...]] = ("kind", "vocabulary", "state")

    def split(self, raw: RawText, settings: DatasetSettings) -> dict[str, TextPart]:
        """Cut one part after the other, and number the tokens by the vocabulary of the training part."""
        parts = cuts.parts(raw, settings)
        others = (parts["validation"], parts["test"])
        vocabulary = of_training(parts["train"], others, getattr(settings, "vocabulary", None), settings.place)
        numbers = {name: vocabulary.numbers(tokens) for name, tokens in parts.items()}
        frequencies = vocabulary.frequencies(numbers["train"])
        return {name: TextPart(numbers[name], vocabulary, frequencies) for name in PARTS}

    def file(self, part: TextPart, raw: RawText) -> bytes:
        """Return `tokens`, `words` (the vocabulary) and `frequencies`."""
        return npz({"tokens": part.tokens, "words": part.vocabulary.array(), "frequencies": part.frequencies})

    def about(self, raw: RawText, parts: Mapping[str, TextPart], settings: DatasetSettings) -> dict[str, Any]:
        """Return the size of the vocabulary, unknown tokens, what a unigram model loses (nats), and the entropy."""
        return {
            "vocabulary": len(parts["train"].vocabulary),
            "unknown": {name: part.unknown for name, part in parts.items()},
            "unigram": {name: part.unigram for name, part in parts.items()},
            "entropy": raw.entropy,
        }

    def remarks(self, manifest: Mapping[str, Any]) -> list[str]:
        """Return where many tokens are unknown."""
        return unknown_remarks(manifest["unknown"], manifest["counts"], "tokens")

    def facts(self, manifest: Mapping[str, Any]) -> dict[str, str]:
        """Return the sizes, what is unknown, and the perplexities between which all networks lie."""
        counts = ", ".join(f"{manifest['counts'][name]} {name}" for name in PARTS)
        unknown = ", ".join(f"{manifest['unknown'][name]} {name}" for name in PARTS)
        worth = {"perplexity of the unigram model": manifest["unigram"]["test"]}
        if manifest["entropy"] is not None:
            worth["least perplexity"] = manifest["entropy"]
        shown = {what: PERPLEXITY.show(float(PERPLEXITY.level(loss))) for what, loss in worth.items()}
        return {"tokens": counts, "vocabulary": str(manifest["vocabulary"]), "unknown": unknown, **shown}

    def cuts(self, settings: DatasetSettings, extent: Extent) -> tuple[int, int, int]:
        """Return the tokens of each part."""
        return cuts.cuts(settings, extent)

    def faults(self, settings: DatasetSettings, source: Source) -> Iterator[Fault]:
        """Yield a test part that the source has besides, or lacks."""
        return cuts.faults(settings, source)

    def imagined(self, extent: Extent) -> Form:
        """Return the vocabulary that the source tells of, or one of many words."""
        return Form((), extent.words or ASSUMED_WORDS)

    def form(self, manifest: Mapping[str, Any]) -> Form:
        """Return the vocabulary's size."""
        return Form((), int(manifest["vocabulary"]))

    def form_of(self, path: Path) -> Form:
        """Return the vocabulary's size."""
        return Form((), len(arrays(path, {"words": 1})["words"]))

    def describe(self, form: Form) -> str:
        """Return e.g. "text of 72 different tokens"."""
        return f"text of {form.outputs} different tokens"

    def stored_bytes(self, form: Form, count: int) -> int:
        """Return the bytes of the tokens; a vocabulary is small beside them."""
        return count * smallest(form.outputs)().itemsize

    def on_card(self, form: Form, task: TaskSettings) -> dict[str, Any]:
        """Return the vocabulary's size, and how the network is called."""
        call = "logits (streams, window, vocabulary), state = network(tokens (streams, window), state); at first null"
        return {"kind": self.name, "vocabulary": form.outputs, "state": call}

    def form_on_card(self, card: Mapping[str, Any]) -> Form:
        """Return the vocabulary's size."""
        return Form((), int(card["vocabulary"]))

    def guessed(self, manifest: Mapping[str, Any]) -> float:
        """Return it of the validation part."""
        return guess(manifest["unigram"]["validation"], self.form(manifest).outputs)

    def answers(self, path: Path) -> dict[str, Any]:
        """Return the tokens by their numbers."""
        return {"words": arrays(path, {"words": 1})["words"].tolist()}

    def state_on_card(self, build: Callable[[], nn.Module]) -> dict[str, Any]:
        """Return the shapes of its tensors for one stream, by their places in it."""
        import torch

        from rlsearch.data.text.states import shapes

        with torch.random.fork_rng(devices=[]):  # what is drawn for these weights changes nothing that comes after
            return {"state_shape": shapes(build())}

    def too_few(self, count: int, task: TaskSettings) -> str | None:
        """Return why the streams of a batch would have no whole window."""
        need = task.batch_size * (windows.window(task) + 1)
        if count >= need:
            return None
        return (
            f"{count} tokens to train on are fewer than batch_size x (bptt + 1) = {task.batch_size} x "
            f"{windows.window(task) + 1} = {need}: lower batch_size or bptt, or give more text"
        )

    def load(self, path: Path) -> Stream:
        """Read a part."""
        from rlsearch.data.text.stream import load

        return load(path)

    def noise(self, form: Form, count: int, device: torch.device) -> Stream:
        """Return tokens that count up; two at least, of which one is predicted."""
        from rlsearch.data.text.stream import noise

        return noise(form, max(2, count), device)

    def example(self, form: Form, count: int = 1) -> Tensor:
        """Return single tokens of streams that begin, (count, 1)."""
        import torch

        return torch.zeros(count, 1, dtype=torch.int64)

    def graph(self, model: nn.Module) -> Graph:
        """Return one step: a token and a state, its tensors one by one, become logits and the next state."""
        from rlsearch.data.text.states import graph

        return graph(model)

    def epoch_samples(self, form: Form, count: int, task: TaskSettings) -> int:
        """Return the tokens that all streams of an epoch predict together."""
        plan = windows.plan(count, task)
        return plan.streams * plan.length

    def step_samples(self, form: Form, task: TaskSettings) -> int:
        """Return the tokens of one window of all streams."""
        return task.batch_size * windows.window(task)


KIND = Text()
