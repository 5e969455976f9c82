"""Text over a few glyphs: a network sees the last few, predicts the next, and is measured by its perplexity."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rlsearch.data.archive import npz
from rlsearch.data.kinds.base import Fault, Form, Kind
from rlsearch.files import damaged
from rlsearch.measures import PERPLEXITY, Measure

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from rlsearch.config.dataset_models import DatasetSettings
    from rlsearch.config.task_models import TaskSettings
    from rlsearch.data.sources.base import Extent, Source

    from ._glyph_rows import GlyphRows

Part = NDArray[np.uint8]
"""Glyphs in rows, uint8 (n, window + 1): in each the last one is predicted from the others."""

PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class GlyphText:
    """A whole text, uint8 (n,), how many glyphs there are and are seen at a time, and its entropy (nats)."""

    text: NDArray[np.uint8]
    glyphs: int
    window: int
    entropy: float
    files: Mapping[str, Any] = field(default_factory=dict)


class Glyphs(Kind):
    """Rows of glyphs, cut in the order of the text. A sample is a glyph that is predicted."""

    name: ClassVar[str] = "glyphs"
    noun: ClassVar[str] = "glyphs"
    measure: ClassVar[Measure] = PERPLEXITY
    form_keys: ClassVar[tuple[str, ...]] = ("glyphs", "window")
    card: ClassVar[tuple[str, ...]] = ("glyphs", "window")

    def split(self, raw: GlyphText, settings: DatasetSettings) -> dict[str, Part]:
        """Cut one part after the other; no glyph is predicted in two of them."""
        rows = np.lib.stride_tricks.sliding_window_view(raw.text, raw.window + 1)
        sizes = _sizes(len(rows), settings)
        return dict(zip(PARTS, np.split(rows[: sum(sizes)], np.cumsum(sizes[:2])), strict=True))

    def file(self, part: Part, raw: GlyphText) -> bytes:
        """Return `rows` and `glyphs`."""
        return npz({"rows": np.ascontiguousarray(part), "glyphs": np.int64(raw.glyphs)})

    def about(self, raw: GlyphText, parts: Mapping[str, Part], settings: DatasetSettings) -> dict[str, Any]:
        """Return the form and the entropy."""
        return {"glyphs": raw.glyphs, "window": raw.window, "entropy": raw.entropy}

    def remarks(self, manifest: Mapping[str, Any]) -> list[str]:
        """Return nothing: the text has no flaws."""
        return []

    def facts(self, manifest: Mapping[str, Any]) -> dict[str, str]:
        """Return the sizes, and the least perplexity that there can be."""
        counts = ", ".join(f"{manifest['counts'][name]} {name}" for name in PARTS)
        return {"glyphs": f"{counts}; {manifest['glyphs']} of them differ", "least perplexity": _shown(manifest)}

    def cuts(self, settings: DatasetSettings, extent: Extent) -> tuple[int, int, int]:
        """Return the rows of each part."""
        return _sizes(extent.train, settings)

    def faults(self, settings: DatasetSettings, source: Source) -> Iterator[Fault]:
        """Yield what a text cannot be cut by."""
        if settings.validation == "published-test":
            yield "validation", "a text has no published test set; give the share that validates", settings.validation

    def imagined(self, extent: Extent) -> Form:
        """Return the form of the default chain."""
        return Form((4,), 4)

    def form(self, manifest: Mapping[str, Any]) -> Form:
        """Return how many glyphs are seen and differ."""
        return Form((int(manifest["window"]),), int(manifest["glyphs"]))

    def form_of(self, path: Path) -> Form:
        """Return the same from a part."""
        with np.load(path, allow_pickle=False) as file:
            return Form((file["rows"].shape[1] - 1,), int(file["glyphs"]))

    def describe(self, form: Form) -> str:
        """Return e.g. "4 of 6 glyphs in a row"."""
        return f"{form.shape[0]} glyphs in a row, of {form.outputs} different ones"

    def stored_bytes(self, form: Form, count: int) -> int:
        """Return the bytes of the rows."""
        return count * (form.shape[0] + 1)

    def on_card(self, form: Form, task: TaskSettings) -> dict[str, Any]:
        """Return the form."""
        return {"glyphs": form.outputs, "window": form.shape[0]}

    def form_on_card(self, card: Mapping[str, Any]) -> Form:
        """Return the form."""
        return Form((int(card["window"]),), int(card["glyphs"]))

    def load(self, path: Path) -> GlyphRows:
        """Read a part."""
        import torch

        from ._glyph_rows import GlyphRows

        try:
            with np.load(path, allow_pickle=False) as file:
                return GlyphRows(torch.from_numpy(file["rows"].astype(np.int64)), int(file["glyphs"]))
        except (OSError, ValueError, KeyError):
            raise damaged("this is no part of a text", path) from None

    def noise(self, form: Form, count: int, device: torch.device) -> GlyphRows:
        """Return rows that count up."""
        import torch

        from ._glyph_rows import GlyphRows

        width = form.shape[0] + 1
        counted = torch.arange(count * width, device=device).reshape(count, width)
        return GlyphRows(counted % form.outputs, form.outputs)

    def example(self, form: Form, count: int = 1) -> Tensor:
        """Return rows of the first glyph."""
        import torch

        return torch.zeros(count, *form.shape, dtype=torch.int64)

    def epoch_samples(self, form: Form, count: int, task: TaskSettings) -> int:
        """Return all."""
        return count


def _sizes(rows: int, settings: DatasetSettings) -> tuple[int, int, int]:
    """Return the rows of each part: those to validate on come out of the `train_size` that are kept."""
    test = math.ceil((settings.test_share or 0.0) * rows)
    left = min(rows - test, settings.train_size or rows)
    validation = math.ceil(settings.validation_share * left)
    return left - validation, validation, test


def _shown(manifest: Mapping[str, Any]) -> str:
    return PERPLEXITY.show(float(PERPLEXITY.level(manifest["entropy"])))


KIND = Glyphs()
