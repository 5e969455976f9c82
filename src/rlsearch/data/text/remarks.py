"""What is said of both kinds of text."""

from __future__ import annotations

from collections.abc import Mapping

PARTS = ("train", "validation", "test")
MANY_UNKNOWN = 0.1
"""The share of unknown tokens in a part from which a user is told of it."""


def unknown_remarks(unknown: Mapping[str, int], counts: Mapping[str, int], what: str) -> list[str]:
    """Return the parts in which many tokens are unknown, in sentences."""
    return [
        f"{100 * unknown[name] / counts[name]:.1f} % of the {name} {what} are <unk>; a larger `vocabulary` keeps more"
        for name in PARTS
        if unknown[name] > MANY_UNKNOWN * counts[name]
    ]
