"""A rule of thumb for recurrent cells: a memory that is added to, and gated where it goes in, as that of an LSTM."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rlsearch.spaces._recurrent_plan import FROM, INJECTION, INTO
from rlsearch.spaces._recurrent_settings import RecurrentSettings
from rlsearch.spaces.base import Actions, Choice
from rlsearch.tree_cell import above


def lstm_like(
    decisions: Sequence[Choice], settings: RecurrentSettings, free: Actions, rng: np.random.Generator
) -> Actions:
    """Return a candidate whose c is that of an LSTM: a gate times what it was, and something added.

    c goes into any node but the root, multiplied and as it is, so that the sigmoid of this node is its forget gate
    (Gers et al. 2000), and is taken from the node above, which adds. What a space does not offer, or has fixed, stays
    as it is in `free`.
    """
    into = int(rng.integers(2 * settings.base - 2))
    taken = above(settings.base, into)[0]
    wanted: dict[str, object] = {
        INTO: into,
        FROM: taken,
        f"node {taken} combination": "add",
        f"{INJECTION} combination": "mult",
        f"{INJECTION} activation": "identity",
    }
    # A gate is one where it is multiplied with.
    if (settings.injection is None and "mult" in settings.combinations) or settings.injection == ("mult", "identity"):
        wanted[f"node {into} activation"] = "sigmoid"
    return tuple(
        decision.options.index(wanted[decision.name]) if wanted.get(decision.name) in decision.options else action
        for decision, action in zip(decisions, free, strict=True)
    )
