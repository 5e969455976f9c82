"""The largest candidate, trained again and again: what size alone gives, without any search."""

from __future__ import annotations

from typing import Literal

from rlsearch.agents.base import CountingAgent, Proposal
from rlsearch.config.base import AgentSettings
from rlsearch.spaces.base import Space


class Settings(AgentSettings):
    """Nothing to set: the space says which of its candidates is the largest."""

    type: Literal["largest"] = "largest"


class Largest(CountingAgent):
    """Proposes the space's largest candidate each time, on fresh child seeds. The same for every search seed.

    >>> from rlsearch.spaces.layered_cnn import LayeredCNN
    >>> [(p.actions, p.replicate) for p in Largest(LayeredCNN(), Settings(), seed=0).ask(2)]
    [((1, 2, 1, 2, 1, 2, 1, 2), 0), ((1, 2, 1, 2, 1, 2, 1, 2), 1)]
    """

    def __init__(self, space: Space, settings: Settings, seed: int) -> None:
        self.space = space

    @classmethod
    def supports(cls, space: Space) -> bool:
        """Tell whether the space has a largest candidate."""
        return space.largest() is not None

    def ask(self, count: int) -> list[Proposal]:
        """Return the candidate `count` times; proposal i of the search asks for replicate i.

        Raises:
            TypeError: the space has no largest candidate.
        """
        actions = self.space.largest()
        if actions is None:
            raise TypeError(f"{type(self.space).__name__} has no largest candidate")
        replicates = range(self.position, self.position + count)
        self.position += count
        return [Proposal(actions, replicate) for replicate in replicates]


SETTINGS, AGENT = Settings, Largest
