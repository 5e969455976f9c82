"""Draws of single decisions."""

from __future__ import annotations

import numpy as np

from rlsearch.spaces.base import Choice, uniform


def test_options_are_drawn_as_numpy_draws_them() -> None:
    """To the last bit, and no number more is taken: searches of earlier versions go on as they began."""
    masks = np.random.Generator(np.random.PCG64(0)).random((200, 13)) < 0.5
    ours, theirs = (np.random.Generator(np.random.PCG64(1)) for _ in range(2))
    for mask in masks[masks.any(axis=1)]:
        drawn = uniform(Choice("layer", tuple(range(13)), tuple(mask.tolist())), ours)
        assert type(drawn) is int and drawn == theirs.choice(np.flatnonzero(mask))
    assert ours.random() == theirs.random()
