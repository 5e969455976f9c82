"""The number that means something in every vocabulary of sentences, to data and to networks alike."""

from __future__ import annotations

STOP = 0
"""The number of `<eos>` in both vocabularies: it ends a sentence, fills its row, and begins a translation."""
