"""Which place in the palette an agent has: the same in every study of a report, and no two alike within a study."""

from __future__ import annotations

from rlsearch.config import twins
from rlsearch.config.base import AgentSettings
from rlsearch.config.models import Params

HUES, GREYS = 8, 4
"""How many colours the palette has for agents that use rewards, and for those that ignore them."""
AGAIN = range(HUES + GREYS, HUES + GREYS + HUES)
"""The hues once more with a dash-dotted line, where a study has more agents that use rewards than there are hues."""


def places(params: Params) -> dict[str, int]:
    """Return the place of every agent's label in the palette, over all studies in the order of the settings.

    Agents that use rewards take the hues, those that ignore them (random, grid, ...) the greys, which dashes and
    markers tell apart. A place is given away once while there are free ones; then it goes to an agent of studies in
    which it does not occur yet. Where there is none either, an agent that uses rewards takes a hue that has another
    line and another marker, and only then a place is given away twice within a study.
    """
    taken: dict[str, int] = {}
    studies = [study.agents for study in params.studies.values()]
    for label in dict.fromkeys(label for agents in studies for label in agents):
        together = [agents for agents in studies if label in agents]
        heeds = heeds_rewards(together[0][label])
        # In order of preference: unused beside its companions, a solid hue, then least used at all, then the first.
        own = (*range(HUES), *AGAIN) if heeds else range(HUES, HUES + GREYS)
        used = list(taken.values())
        beside = [taken[other] for other in {other for agents in together for other in agents} if other in taken]
        taken[label] = min(own, key=lambda place: (beside.count(place), place in AGAIN, used.count(place), place))
    return taken


def heeds_rewards(settings: AgentSettings) -> bool:
    """Tell whether rewards change what an agent proposes."""
    return twins.learns(settings)
