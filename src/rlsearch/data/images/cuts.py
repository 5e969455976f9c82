"""How many images the fetch phase will cut for training, validation and test, known before anything is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rlsearch.boundary import rounded_up
from rlsearch.data.kinds.base import Fault

if TYPE_CHECKING:
    from rlsearch.config.dataset_models import DatasetSettings
    from rlsearch.data.sources.base import Source


def cuts(settings: DatasetSettings, train: int, test: int, validation: int = 0) -> tuple[int, int, int]:
    """Return the images to train on, to validate on and to test on, in the order of cuts of `split`.

    Copies of a picture, which stay together, can move a few more to one side.

    Args:
        train, test, validation: images of the source; 0 where it has no such part of its own.
    """
    # Rounded up, as the split itself rounds.
    held = test or rounded_up(settings.test_share or 0, train)
    left = train if test else train - held
    left = min(left, settings.train_size or left)
    if settings.validation == "published-test":
        return left, held, held
    if validation:
        return left, validation, held
    share = rounded_up(settings.validation_share, left)
    return left - share, share, held


def faults(settings: DatasetSettings, source: Source) -> Iterator[Fault]:
    """Yield a part that could not hold every class, where the size of the source is known."""
    if source.OUTPUTS is None:
        return
    classes, extent = source.OUTPUTS, source.extent()
    train, validation, _ = cuts(settings.model_copy(update={"train_size": None}), extent.train, extent.test)
    whole = train if settings.validation == "published-test" else train + validation
    size = settings.train_size
    if size is not None and size != whole and not classes <= size <= whole - classes:
        problem = f"must be {classes} to {whole - classes}, or {whole} (all), for the {whole} training images"
        yield "train_size", problem, size
        return
    train, validation, test = cuts(settings, extent.train, extent.test)
    validated = None if settings.validation == "published-test" else settings.validation_share
    shares = (("test", settings.test_share, test, whole), ("validation", validated, validation, train))
    for key, share, held, left in shares:
        if share is not None and min(held, left) < classes:
            problem = f"divides the images into {left} and {held}; each part needs one of all {classes} classes"
            yield key, problem, share
            return
