"""An evenly spaced grid, walked through again and again on fresh child seeds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from rlsearch.agents.base import CountingAgent, Proposal
from rlsearch.config.base import AgentSettings
from rlsearch.spaces.base import Space


class Settings(AgentSettings):
    """`points` candidates at equal distances; pass r over them trains with replicate r."""

    type: Literal["grid"] = "grid"
    points: Annotated[int, Field(ge=2, le=100)] = 15


class Grid(CountingAgent):
    """Proposes the points in order; its answer is the point with the best mean over the passes.

    A space with fewer candidates than `points` gives each of them once in a pass.
    """

    def __init__(self, space: Space, settings: Settings, seed: int) -> None:
        self.space, self.settings = space, settings

    def ask(self, count: int) -> list[Proposal]:
        """Return the next `count` points; the second pass asks for other child seeds than the first."""
        # Each candidate once, in order: a small space repeats some among `points`.
        points = list(dict.fromkeys(self.space.spread(self.settings.points)))
        indices = range(self.position, self.position + count)
        self.position += count
        return [Proposal(points[i % len(points)], replicate=i // len(points)) for i in indices]


SETTINGS, AGENT = Settings, Grid
