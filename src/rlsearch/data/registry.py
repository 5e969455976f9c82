"""Dataset sources by name: `source: my-data` is `rlsearch/data/sources/my_data.py`, whose `SOURCE` is the class."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rlsearch.config import plugins
from rlsearch.errors import DataError

if TYPE_CHECKING:
    from rlsearch.config.models import DatasetSettings
    from rlsearch.data.sources.base import Source


def names() -> list[str]:
    """Return the names of all sources, sorted."""
    return plugins.names("sources")


def load(name: str) -> type[Source]:
    """Return the class of a source.

    Raises:
        DataError: no such source; the message names the nearest one and all others.
    """
    try:
        module = plugins.load("sources", name)
    except ValueError as error:
        raise DataError(str(error)) from None
    source: type[Source] = module.SOURCE
    return source


def settings(**entry: Any) -> DatasetSettings:
    """Return a dataset entry as the settings of its source.

    >>> settings(source="digits", test=0.2).test_share
    0.2

    Raises:
        DataError: no such source.
        ValidationError: a key is missing, unknown, or out of range.
    """
    load(entry["source"])
    validated: DatasetSettings = plugins.load("sources", entry["source"]).SETTINGS(**entry)
    return validated


def create(settings: DatasetSettings, root: Path = Path(".")) -> Source:
    """Return the source of a dataset entry; `root` is the project folder from which a relative `path` counts."""
    return load(settings.source)(settings, root)
