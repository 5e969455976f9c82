"""How a text is cut into parts: one after the other, in its own order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rlsearch.boundary import rounded_up
from rlsearch.data.kinds.base import Fault
from rlsearch.data.text.parts import RawPairs, RawText
from rlsearch.errors import DataError

if TYPE_CHECKING:
    from rlsearch.config.dataset_models import DatasetSettings
    from rlsearch.data.sources.base import Extent, Source


def cuts(settings: DatasetSettings, extent: Extent) -> tuple[int, int, int]:
    """Return the samples to train on, to validate on and to test on: tokens of a text, pairs of sentences.

    A test part where the source has none, then `train_size`, then a validation part out of what is left.
    """
    test = extent.test or rounded_up(settings.test_share or 0, extent.train)
    left = extent.train if extent.test else extent.train - test
    left = min(left, settings.train_size or left)
    if settings.validation == "published-test":
        return left, test, test
    if extent.validation:
        return left, extent.validation, test
    validation = rounded_up(settings.validation_share, left)
    return left - validation, validation, test


def faults(settings: DatasetSettings, source: Source) -> Iterator[Fault]:
    """Yield a test part that is asked of a source which has one, or has none."""
    extent = source.extent()
    if settings.validation == "published-test" and not extent.test:
        yield "validation", "must be a share, or null: this source has no test part of its own", settings.validation
    if settings.own_data is None and not extent.test and settings.test_share is None:
        yield "test", "must be a share, such as 0.1: this source has no test part of its own", None


def sizes(raw: RawText | RawPairs, settings: DatasetSettings, noun: str) -> tuple[int, int, int]:
    """Return `cuts` of what was read.

    Raises:
        DataError: shares and parts do not fit each other, or a part is left with fewer than two samples.
    """
    from rlsearch.data.sources.base import Extent

    validation, test = raw.validation, raw.test
    if validation is not None and settings.validation is not None:
        raise DataError(
            f"this source has a validation part of its own, and `validation: {settings.validation}` asks for another",
            where=settings.place,
            remedy="leave out `validation`",
        )
    if (test is None) == (settings.test_share is None):
        raise DataError(
            "this source has no test part of its own"
            if test is None
            else f"this source has a test part of its own, and `test: {settings.test_share}` asks for another",
            where=settings.place,
            remedy=f"give `test`, the share of the {noun} to hold out (0.1)" if test is None else "leave out `test`",
        )
    extent = Extent(len(raw.train), len(test or ()), 1, len(validation or ()))
    train, cut, held = cuts(settings, extent)
    # One of its own that is empty is none to cut anew, but a fault.
    counts = train, cut if validation is None else len(validation), held
    for name, count in zip(("training", "validation", "test"), counts, strict=True):
        if count < 2:
            raise DataError(
                f"the {name} part has {count} {noun}, of {len(raw.train)} to train on that were read",
                where=settings.place,
                allowed=f"at least 2 {noun} in every part",
                remedy="give more text, or change test, validation or train_size",
            )
    return counts


def parts(raw: RawText, settings: DatasetSettings) -> dict[str, Sequence[str]]:
    """Return the tokens of each part: what has to be cut is cut from the end of the training text.

    Raises:
        DataError: as `sizes`.
    """
    train, validation, test = sizes(raw, settings, "tokens")
    kept = len(raw.train) - (test if raw.test is None else 0)
    held = raw.train[kept:] if raw.test is None else raw.test
    if settings.validation == "published-test":
        return {"train": raw.train[:train], "validation": held, "test": held}
    own = raw.train[train : train + validation] if raw.validation is None else raw.validation
    return {"train": raw.train[:train], "validation": own, "test": held}
