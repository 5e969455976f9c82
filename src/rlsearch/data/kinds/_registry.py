"""Kinds of data by name: `KIND = "tokens"` of a source, `TAKES = "tokens"` of a network are `data/kinds/tokens.py`."""

from __future__ import annotations

from rlsearch.config import plugins
from rlsearch.data.kinds.base import Kind


def load(name: str) -> Kind:
    """Return a kind by name.

    Raises:
        ValueError: there is no such kind; the message names the nearest one and all others.
    """
    kind: Kind = plugins.load("kinds", name).KIND
    return kind


def of_source(name: str) -> Kind:
    """Return the kind of data that a source yields."""
    return load(plugins.load("sources", name).SOURCE.KIND)


def of_network(name: str) -> Kind:
    """Return the kind of data that a network takes, without importing the network's file."""
    return load(plugins.takes(name))
