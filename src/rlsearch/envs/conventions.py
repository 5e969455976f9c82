"""What all environments share: infos that vectorized environments can join, actions that are options, no rendering."""

from __future__ import annotations

import operator
from collections import UserDict
from collections.abc import Mapping
from typing import Any

from rlsearch.errors import ActionError, SettingsError


class InfoSpec(UserDict[str, Any]):
    """A candidate's spec as it stands in an `info`; empty for an invalid candidate. Equal to the dict of its contents.

    Gymnasium's vectorized environments merge the dicts of their infos key by key into arrays of the first value's type,
    where a float can become an integer. This is no dict, so there `infos["spec"][i]` is the spec of environment i.

    >>> InfoSpec({"width": 32}) == {"width": 32}
    True
    """


def option(action: Any, name: str) -> int:
    """Return the index of an option that an action stands for.

    Args:
        name: of the decision.

    Raises:
        ActionError: the action is no whole number.
    """
    try:
        # Takes NumPy's integers too, and refuses 1.0, which is a value and no index.
        return operator.index(action)
    except TypeError:
        raise ActionError(
            f"the action {action!r} for {name!r} is no whole number", allowed="the index of an option, from 0"
        ) from None


def check_render_mode(mode: str | None, metadata: Mapping[str, Any]) -> None:
    """Raise SettingsError for a render mode that an environment's metadata do not list."""
    modes = [None, *metadata["render_modes"]]
    if mode not in modes:
        allowed = ", ".join(map(str, modes))
        raise SettingsError(f"render_mode = {mode!r}: there is nothing to draw", allowed=allowed)
