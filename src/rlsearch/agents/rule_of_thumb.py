"""Random search among the candidates that follow the space's simplest known rule: what knowing it is worth.

The rule of `layered-cnn` was read off the truth table on which it is measured. So it shows what such knowledge would
save, and is not a competitor that could have been entered beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from rlsearch import seeds
from rlsearch.agents.base import FixedAgent, Proposal
from rlsearch.config.base import AgentSettings
from rlsearch.spaces.base import Space


class Settings(AgentSettings):
    """Nothing to set: the rule belongs to the space."""

    hindsight: ClassVar[bool] = True
    type: Literal["rule-of-thumb"] = "rule-of-thumb"


class RuleOfThumb(FixedAgent):
    """Draws candidates by the space's rule and ignores rewards.

    >>> from rlsearch.spaces.layered_cnn import LayeredCNN
    >>> space = LayeredCNN()
    >>> [proposal] = RuleOfThumb(space, Settings(), seed=0).ask(1)
    >>> [layer["kernel"] for layer in space.decode(proposal.actions)["network"]["layers"]]
    [[3, 3], [3, 3], [3, 3], [3, 3]]
    """

    def __init__(self, space: Space, settings: Settings, seed: int) -> None:
        self.space = space
        self.rng = seeds.generator("agent", "rule-of-thumb", seed)

    @classmethod
    def supports(cls, space: Space) -> bool:
        """Tell whether the space has such a rule."""
        return space.rule_of_thumb(seeds.generator("agent", "rule-of-thumb", "supports")) is not None

    def ask(self, count: int) -> list[Proposal]:
        """Return `count` independent candidates.

        Raises:
            TypeError: the space has no rule.
        """
        drawn = [self.space.rule_of_thumb(self.rng) for _ in range(count)]
        if any(actions is None for actions in drawn):
            raise TypeError(f"{type(self.space).__name__} has no rule of thumb")
        return [Proposal(actions) for actions in drawn if actions is not None]

    def state_dict(self) -> dict[str, Any]:
        """Return the generator's state."""
        return {"rng": self.rng.bit_generator.state}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore the generator."""
        self.rng.bit_generator.state = state["rng"]


SETTINGS, AGENT = Settings, RuleOfThumb
