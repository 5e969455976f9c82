"""Dataset sources by name: `source: my-data` is `rlsearch/data/sources/my_data.py`, whose `SOURCE` is the class."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import TYPE_CHECKING

from rlsearch.config.plugins import nearest
from rlsearch.errors import DataError

if TYPE_CHECKING:
    from rlsearch.config.models import DatasetSettings
    from rlsearch.data.sources.base import Source

FOLDER = Path(__file__).resolve().parent / "sources"


def names() -> list[str]:
    """Return the names of all sources, sorted."""
    found = (info.name for info in pkgutil.iter_modules([str(FOLDER)]))
    return sorted(name.replace("_", "-") for name in found if name != "base" and not name.startswith("_"))


def load(name: str) -> type[Source]:
    """Return the class of a source.

    Raises:
        DataError: no such source; the message names the nearest one and all others.
    """
    known = names()
    if name not in known:
        raise DataError(f"there is no dataset source {name!r}{nearest(name, known)}", allowed=", ".join(known))
    module = importlib.import_module(f"rlsearch.data.sources.{name.replace('-', '_')}")
    source: type[Source] = module.SOURCE
    return source


def create(settings: DatasetSettings, root: Path = Path(".")) -> Source:
    """Return the source of a dataset entry; `root` is the project folder from which a relative `path` counts."""
    return load(settings.source)(settings, root)
