"""What every dataset entry has: a source and a split. Keys of a single source are in the file of that source."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from rlsearch.config.base import LARGEST, Name, Settings, Share
from rlsearch.config.own_paths import text_fault

VALIDATION_SHARE = 0.2
"""Of the training data, where neither settings nor data say what validates."""

WHY_NOT = {
    "path": "raw files are looked up under RLSEARCH_DATA",
    "test": "it has a published test set",
    "image_size": "that is for sources whose files may differ in size",
}
"""Why a source takes no key that others have; null, which asks for nothing, is taken by all of them."""


class DatasetSettings(Settings):
    """What every dataset has: its source (a file in rlsearch/data/sources) and how the training data are split.

    The split belongs to the dataset, so that every search seed sees the same one. `validation` is the share of the
    training data held out for the reward, or `published-test` for protocols that reward on the test set (marked in
    every table); null: the data's own validation part, or 0.2 where it has none. `train_size` keeps a part of the
    training data, for trial runs.
    """

    source: Name
    validation: Share | Literal["published-test"] | None = None
    train_size: Annotated[int, Field(ge=1, le=LARGEST)] | None = None
    split_seed: Annotated[int, Field(ge=0, le=LARGEST)] = 0

    @model_validator(mode="before")
    @classmethod
    def _without_keys_of_others(cls, raw: Any) -> Any:
        if not isinstance(raw, Mapping):
            return raw
        others = {key: why for key, why in WHY_NOT.items() if key in raw and key not in cls.model_fields}
        for key, why in others.items():
            if raw[key] is not None:
                raise ValueError(f"source {raw.get('source')!r} takes no `{key}`; {why}")
        return {key: value for key, value in raw.items() if key not in others}

    @property
    def validation_share(self) -> float:
        """The share to hold out for the reward where the data have no validation part of their own."""
        # Else a word or null.
        return self.validation if isinstance(self.validation, float) else VALIDATION_SHARE

    @property
    def own_data(self) -> str | None:
        """The user's own file or folder; None for a source that reads none."""
        return None

    @property
    def test_share(self) -> float | None:
        """The share of the data to hold out first, as a test set; None: the source has a test set of its own."""
        return None

    @property
    def drawn_from(self) -> str | None:
        """What the samples are a part of, where it has no test set of its own: two datasets may share some of it.

        None: the source has a test set, or nothing is known.
        """
        return self.own_data if self.test_share is not None else None

    @property
    def place(self) -> str:
        """Where the data come from, for messages."""
        return self.own_data or self.source


class PathSettings(DatasetSettings):
    """Data that lie in a user's own file or folder."""

    path: Annotated[str, Field(description="the file or folder of your data")]

    @field_validator("path")
    @classmethod
    def _plain(cls, path: str) -> str:
        if fault := text_fault(path) if path else "must name the file or folder of your data":
            raise ValueError(fault)
        return str(PurePath(path))  # one spelling of ./pictures/ and pictures

    @property
    def own_data(self) -> str:
        """The user's own file or folder."""
        return self.path


class OwnDataSettings(PathSettings):
    """A user's own data: `test` is the share held out first where they have no test part."""

    test: Share | None = None

    @property
    def test_share(self) -> float | None:
        """The share of the data to hold out first, as a test set."""
        return self.test
