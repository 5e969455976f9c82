"""Datasets that are cut from the same samples: whether one is tested on what another one trains on.

The test set is held out first. So two datasets whose settings differ in later cuts alone (`validation`, `train_size`)
have the same test samples: a study that searches on a part of the training data may carry what it found to all of them.
"""

from __future__ import annotations

from rlsearch.config.dataset_models import DatasetSettings

LATER = frozenset({"validation", "train_size"})
"""What is cut after the test set leaves it as it is."""


def one_test_set(one: DatasetSettings, other: DatasetSettings) -> bool:
    """Tell whether two datasets have the same test samples, by the construction of the cuts."""
    return one.source == other.source and not unlike(one, other)


def unlike(one: DatasetSettings, other: DatasetSettings) -> list[str]:
    """Return the keys, sorted, by which two datasets of one source have other samples or cut other test sets."""
    # The test set of a source that has its own is nobody's cut.
    later = LATER if one.test_share is not None else LATER | {"split_seed"}
    first, second = (settings.model_dump(exclude=set(later)) for settings in (one, other))
    return sorted(key for key in {**first, **second} if first.get(key) != second.get(key))


def may_overlap(one: DatasetSettings, other: DatasetSettings) -> bool:
    """Tell whether the test set of one may hold samples on which the other trains: one cannot tell that it does not."""
    drawn = (one.source, one.drawn_from) == (other.source, other.drawn_from) and one.drawn_from is not None
    return drawn and not one_test_set(one, other)


def published_test(one: DatasetSettings, other: DatasetSettings) -> bool:
    """Tell whether both have the test set that their source comes with, however its samples are resized."""
    mine, its = ((each.source, each.own_data, each.test_share) for each in (one, other))
    return mine == its and one.test_share is None
