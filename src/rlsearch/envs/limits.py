"""How long and how wide a space is: what an environment must know before its first episode."""

from __future__ import annotations

from dataclasses import dataclass

from rlsearch.errors import SettingsError
from rlsearch.spaces.base import LAST_TRIAL, Action, Actions, Choice, Continuous, Decision, Space, following

MOST_PREFIXES = 20_000


@dataclass(frozen=True)
class Limits:
    """The extent of a space.

    Attributes:
        decisions: length of the longest candidate.
        options: options of the widest choice; 0 in a continuous space.
        continuous: whether every decision is a real number.
    """

    decisions: int
    options: int
    continuous: bool


def limits(space: Space, max_decisions: int | None = None, max_options: int | None = None) -> Limits:
    """Return the extent of a space at its last stage.

    A space that knows its extent is believed. Any other is walked through: all prefixes are visited, continuous
    decisions at both ends of their range. One of more than 20,000 prefixes is walked in part (always to the end of
    some candidates) and needs its extent stated.

    Args:
        max_decisions: stated length, at least the one found; pads the observation.
        max_options: stated number of options, at least the one found.

    Raises:
        SettingsError: a mixed space, an empty one, one too large to walk with nothing stated, or a stated extent
            that is too small.
    """
    extent, complete = _known(space)
    stated = max_options is not None or extent.continuous
    if not complete and (max_decisions is None or not stated):
        raise SettingsError(
            f"{type(space).__name__} has more than {MOST_PREFIXES} prefixes, too many to find its extent",
            remedy="state max_decisions (the longest candidate) and, for choices, max_options (the widest choice); or"
            " define Space.extent",
        )
    decisions = _at_least(extent.decisions, max_decisions, "max_decisions")
    # A stated number of options means nothing where there are none.
    options = extent.options if extent.continuous else _at_least(extent.options, max_options, "max_options")
    return Limits(decisions, options, extent.continuous)


def check_kind(space: Space, decision: Decision, continuous: bool) -> None:
    """Raise SettingsError when a decision is not of the kind (continuous or not) that the space began with."""
    if isinstance(decision, Continuous) is not continuous:
        raise SettingsError(
            f"{type(space).__name__} mixes choices and continuous decisions, which no single action space can hold",
            where=f"decision {decision.name!r}",
            allowed="only choices, or only continuous decisions",
            remedy="search it with a native agent (ask and tell), or split the space in two",
        )


def check_extent(space: Space, decision: Decision, place: int, extent: Limits) -> None:
    """Raise SettingsError for a decision beyond the extent that a space, or its user, has stated."""
    options = len(decision.options) if isinstance(decision, Choice) else 0
    if place >= extent.decisions or options > extent.options:
        raise SettingsError(
            f"decision {decision.name!r} of {type(space).__name__} is number {place + 1} and has {options} options",
            where=f"an environment made for {extent.decisions} decisions of at most {extent.options} options",
            remedy="state max_decisions and max_options, or correct Space.extent",
        )


def _known(space: Space) -> tuple[Limits, bool]:
    """Return what is known of the extent, and whether that is all of it."""
    first, stated = space.next(()), space.extent()
    if first is None:
        raise SettingsError(f"{type(space).__name__} has no decision to take")
    continuous = isinstance(first, Continuous)
    if stated is None:
        return _walk(space.at(LAST_TRIAL), continuous)
    return Limits(stated[0], 0 if continuous else stated[1], continuous), True


def _walk(space: Space, continuous: bool) -> tuple[Limits, bool]:
    """Visit prefixes depth first; the second value tells whether these were all."""
    longest, widest, visited = 0, 0, 0
    open_prefixes: list[Actions] = [()]
    while open_prefixes and visited < MOST_PREFIXES:
        # Depth first: a walk that is cut short has still seen some candidates to their end.
        prefix, visited = open_prefixes.pop(), visited + 1
        longest = max(longest, len(prefix))
        decision = following(space, prefix)
        if decision is None:
            continue
        check_kind(space, decision, continuous)
        widest = max(widest, len(decision.options) if isinstance(decision, Choice) else 0)
        open_prefixes += [(*prefix, action) for action in _branches(decision)]
    return Limits(longest, widest, continuous), not open_prefixes


def _branches(decision: Decision) -> list[Action]:
    if isinstance(decision, Continuous):
        # Both ends stand for the range: what follows may depend on the value.
        return [decision.clip(decision.low), decision.clip(decision.high)]
    return list(decision.free)


def _at_least(least: int, stated: int | None, name: str) -> int:
    if stated is not None and stated < least:
        raise SettingsError(f"{name} = {stated} is too small", allowed=f"at least {least}")
    return least if stated is None else stated
