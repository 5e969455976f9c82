"""Spaces by name."""

from __future__ import annotations

from rlsearch.config import plugins
from rlsearch.config.base import SpaceSettings
from rlsearch.spaces.base import Space


def space_of(settings: SpaceSettings) -> Space:
    """Return the space that settings name."""
    space: Space = plugins.load("spaces", settings.type).SPACE(settings)
    return space
