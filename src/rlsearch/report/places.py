"""Which place in the palette an agent has: the same in every study of a report, and no two alike within a study."""

from __future__ import annotations

from collections.abc import Iterator

from rlsearch.config import twins
from rlsearch.config.base import AgentSettings
from rlsearch.config.models import Params

HUES, GREYS = 8, 4
"""How many colours the palette has for agents that use rewards, and for those that ignore them."""


def places(params: Params) -> dict[str, int]:
    """Return the place of every agent's label in the palette, over all studies in the order of the settings.

    Agents that use rewards take the hues, those that ignore them (random, grid, ...) the greys, which dashes and
    markers tell apart. A place is given away once while there are free ones; then it goes to an agent of studies in
    which it does not occur yet, and only where there is none either, twice within a study.
    """
    taken: dict[str, int] = {}
    together = {label: _companions(params, label) for label in _labels(params)}
    for label in together:
        # In order of preference: unused beside its companions, then least used at all, then the first.
        own = range(HUES) if heeds_rewards(_settings(params, label)) else range(HUES, HUES + GREYS)
        used = list(taken.values())
        beside = [taken[other] for other in together[label] if other in taken]
        taken[label] = min(own, key=lambda place: (beside.count(place), used.count(place), place))
    return taken


def _labels(params: Params) -> Iterator[str]:
    return iter(dict.fromkeys(label for study in params.studies.values() for label in study.agents))


def _companions(params: Params, label: str) -> set[str]:
    """Return the labels that occur in a study together with this one."""
    return {other for study in params.studies.values() if label in study.agents for other in study.agents} - {label}


def _settings(params: Params, label: str) -> AgentSettings:
    """Return an agent's settings in the first study that names it."""
    return next(study.agents[label] for study in params.studies.values() if label in study.agents)


def heeds_rewards(settings: AgentSettings) -> bool:
    """Tell whether rewards change what an agent proposes."""
    return twins.learns(settings)
