"""How many images the fetch phase will cut for training, validation and test, known before anything is read."""

from __future__ import annotations

from rlsearch.boundary import rounded_up
from rlsearch.config.dataset_models import DatasetSettings


def cuts(settings: DatasetSettings, train: int, test: int, validation: int = 0) -> tuple[int, int, int]:
    """Return the images to train on, to validate on and to test on, in the order of cuts of `data/split.py`.

    Copies of a picture, which stay together, can move a few more to one side.

    Args:
        train, test, validation: images of the source; 0 where it has no such part of its own.
    """
    held = test or rounded_up(settings.test_share or 0, train)
    left = train if test else train - held
    left = min(left, settings.train_size or left)
    if settings.validation == "published-test":
        return left, held, held
    if validation:
        return left, validation, held
    share = rounded_up(settings.validation_share, left)
    return left - share, share, held
