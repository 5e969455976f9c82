"""Where a dataset comes from and how it is split: an entry of `datasets` as typed, frozen settings."""

from __future__ import annotations

from pathlib import PurePath
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from rlsearch.config import plugins
from rlsearch.config.base import LARGEST, Name, Settings, Share
from rlsearch.config.own_paths import text_fault

VALIDATION_SHARE = 0.2
"""Of the training images, where neither settings nor data say which validate."""


class DatasetSettings(Settings):
    """One dataset and its split. The split belongs to the dataset, so that every search seed sees the same one.

    `validation` is the share of the training images held out for the reward, or `published-test` for protocols
    that reward on the test set (marked in every table); null: the data's own validation part, or 0.2 where it has none.
    `test` is the share held out first where the source has no test set of its own. `train_size` keeps a stratified part
    of the training images, for trial runs.
    """

    source: Name
    path: str | None = None
    validation: Share | Literal["published-test"] | None = None
    test: Share | None = None
    train_size: Annotated[int, Field(ge=1, le=LARGEST)] | None = None
    image_size: Annotated[int, Field(ge=4, le=1024)] | None = None
    split_seed: Annotated[int, Field(ge=0, le=LARGEST)] = 0

    @field_validator("source")
    @classmethod
    def _known(cls, name: str) -> str:
        plugins.check("sources", name)
        return name

    @field_validator("path")
    @classmethod
    def _plain(cls, path: str | None) -> str | None:
        if not path:
            return path
        if fault := text_fault(path):
            raise ValueError(fault)
        return str(PurePath(path))  # one spelling of ./pictures/ and pictures

    @model_validator(mode="after")
    def _consistent(self) -> DatasetSettings:
        if self.source in ("npz", "image-folder") and not self.path:
            raise ValueError(f"source {self.source!r} needs `path`, the file or folder of your data")
        if self.source in ("digits", "fashion-mnist", "cifar-10") and self.path:
            raise ValueError(f"source {self.source!r} takes no `path`; raw files are looked up under RLSEARCH_DATA")
        if self.source in ("fashion-mnist", "cifar-10") and self.test is not None:
            raise ValueError(f"source {self.source!r} has a published test set; leave out `test`")
        if self.source == "digits" and self.test is None:
            raise ValueError("source 'digits' has no test set of its own; give `test`, the share to hold out (0.2)")
        if self.image_size is not None and self.source != "image-folder":
            raise ValueError("`image_size` is for source 'image-folder', whose files may differ in size")
        return self

    @property
    def validation_share(self) -> float:
        """The share to hold out for the reward where the data have no validation part of their own."""
        return self.validation if isinstance(self.validation, float) else VALIDATION_SHARE
