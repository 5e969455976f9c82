"""Spaces of layer chains that tests share: the table's, the paper's, and variants of the first."""

from __future__ import annotations

from typing import Any

from rlsearch.spaces.base import Actions, Choice, decisions
from rlsearch.spaces.metaqnn import SETTINGS, TEST_SETTINGS, MetaQNN

TABLE = MetaQNN(SETTINGS(**TEST_SETTINGS))
PAPER = MetaQNN(SETTINGS())
PUBLISHED = (
    "P(2,2) - C(256,5,1) - C(128,1,1) - P(3,2) - C(64,3,1) - C(521,5,1) - C(128,3,1) - C(64,3,1) - P(3,3) - SM()"
)
"""The best network of Salvucci (2025)."""


def made(**settings: Any) -> MetaQNN:
    """Return the table's space with other settings."""
    return MetaQNN(SETTINGS(**{**TEST_SETTINGS, **settings}))


def texts(space: MetaQNN, *sequences: Actions) -> list[str]:
    """Return networks in the notation."""
    return [space.describe(space.decode(actions)) for actions in sequences]


def choices(space: MetaQNN, actions: Actions) -> list[Choice]:
    """Return the decisions that a network answers."""
    return [decision for decision in decisions(space, actions) if isinstance(decision, Choice)]
