"""What every dataset of text has besides its source and its split."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from rlsearch.config.dataset_models import DatasetSettings


class TextSettings(DatasetSettings):
    """Settings of a text: what its tokens are, and how many different ones have a number.

    Attributes:
        tokens: words (what stands between blanks; a line ends with `<eos>`) or characters.
        vocabulary: the n most frequent tokens of the part to train on, of equal ones the first in the order of code
            points; all others are `<unk>`. null: every token of that part.
    """

    tokens: Literal["words", "characters"] = "words"
    vocabulary: Annotated[int, Field(ge=2, le=1_000_000)] | None = None
