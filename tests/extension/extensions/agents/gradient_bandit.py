"""A gradient bandit for each decision (Sutton & Barto 2018, section 2.8): preferences, softmax, and a running mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from rlsearch import seeds
from rlsearch.agents.base import Agent, Proposal
from rlsearch.config.base import LearnerSettings, Positive, Share
from rlsearch.spaces.base import Choice, Space

Floats = NDArray[np.float64]


class Settings(LearnerSettings):
    """`rate`: how far a reward one standard deviation above the mean moves a preference; `decay`: of both."""

    type: Literal["gradient-bandit"] = "gradient-bandit"
    rate: Positive = 0.2
    decay: Share = 0.95


class GradientBandit(Agent):
    """Chooses each option by a preference of its own, whatever was chosen before."""

    learns: ClassVar[bool] = True

    def __init__(self, space: Space, settings: Settings, seed: int) -> None:
        self.space, self.settings = space, settings
        self.rng = seeds.generator("agent", "gradient-bandit", seed)
        self.preferences: dict[str, Floats] = {}
        self.mean: float | None = None
        self.variance = 0.0

    @classmethod
    def supports(cls, space: Space) -> bool:
        """Take spaces whose candidates all answer the same choices."""
        return space.fixed and isinstance(space.next(()), Choice)

    def ask(self, count: int) -> list[Proposal]:
        """Return so many draws of the present policy."""
        return [self._draw() for _ in range(count)]

    def tell(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> Mapping[str, float]:
        """Move the preferences of what was chosen, by how far its reward lies above the mean."""
        for proposal, reward in zip(proposals, rewards, strict=False):
            advantage = self._advantage(reward)
            for place, action in enumerate(proposal.actions):
                name, share = self._policy(proposal.actions[:place])
                step = -share
                step[int(action)] += 1
                self.preferences[name] = self.preferences[name] + self.settings.rate * advantage * step
        return {"baseline": self.mean or 0.0}

    def state_dict(self) -> dict[str, Any]:
        """Return generator, preferences, mean and variance."""
        kept = {name: found.tolist() for name, found in self.preferences.items()}
        return {"rng": self.rng.bit_generator.state, "preferences": kept, "mean": self.mean, "variance": self.variance}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""
        self.rng.bit_generator.state = state["rng"]
        self.preferences = {name: np.array(found) for name, found in state["preferences"].items()}
        self.mean, self.variance = state["mean"], state["variance"]

    def _draw(self) -> Proposal:
        actions: tuple[int, ...] = ()
        while isinstance(self.space.next(actions), Choice):
            _, share = self._policy(actions)
            actions = (*actions, int(self.rng.choice(len(share), p=share)))
        return Proposal(actions)

    def _policy(self, prefix: tuple[Any, ...]) -> tuple[str, Floats]:
        """Return the name of the decision that follows and the probability of each of its options."""
        decision = self.space.next(prefix)
        assert isinstance(decision, Choice)
        found = self.preferences.setdefault(decision.name, np.zeros(len(decision.options)))
        weights = np.where(decision.mask, np.exp(found - found.max()), 0.0)
        return decision.name, weights / weights.sum()

    def _advantage(self, reward: float) -> float:
        """Return a reward in standard deviations from the mean so far, and take it into both."""
        if self.mean is None:
            self.mean = reward
            return 0.0
        gap, kept = reward - self.mean, self.settings.decay
        self.variance = kept * self.variance + (1 - kept) * gap * gap
        self.mean += (1 - kept) * gap
        return float(np.clip(gap / self.variance**0.5, -3, 3)) if self.variance > 0 else 0.0


SETTINGS, AGENT = Settings, GradientBandit
