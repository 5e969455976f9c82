"""What all controllers share that learn by policy gradient: ask and tell, many searches side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rlsearch import seeds
from rlsearch.agents.base import LearningAgent, Proposal
from rlsearch.errors import locating
from rlsearch.spaces.base import Choice, Space

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
RewardOfActions = Callable[[Ints], Floats]


class ControllerAgent(LearningAgent):
    """A controller under an update rule; its settings describe both."""

    gradient_estimator: ClassVar[bool] = True
    heeds_learning: ClassVar[bool] = True

    def __init__(self, space: Space, settings: Any, seed: int) -> None:
        from rlsearch.agents._controller_learner import Learner

        self.space, self.settings = space, settings
        self.learner = Learner(space, settings, runs=1, seed=seeds.integer("agent", settings.type, seed))

    @classmethod
    def supports(cls, space: Space) -> bool:
        """Tell whether the space begins with a choice."""
        return isinstance(space.next(()), Choice)

    def ask(self, count: int) -> list[Proposal]:
        """Return `count` samples of the present policy.

        Whole batches are drawn and the surplus is dropped: kernels round differently for other sizes, and a search that
        ends with a part of a batch must have proposed what a longer one proposes.
        """
        proposals: list[Proposal] = []
        while len(proposals) < count:
            drawn = self.learner.sample(self.space, self.settings.batch)
            rows = zip(drawn.actions[0], drawn.lengths[0].tolist(), drawn.log_prob[0].tolist(), strict=True)
            proposals += [
                Proposal(tuple(int(action) for action in actions[:length]), info={"log_prob": log_prob})
                for actions, length, log_prob in rows
            ]
        return proposals[:count]

    def tell(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> Mapping[str, float]:
        """Take one update on the batch."""
        longest = max(len(proposal.actions) for proposal in proposals)
        # One run; shorter candidates are padded with 0, and their lengths say where they end.
        actions = np.zeros((1, len(proposals), longest), np.int64)
        for row, proposal in enumerate(proposals):
            actions[0, row, : len(proposal.actions)] = proposal.actions
        lengths = np.array([[len(proposal.actions) for proposal in proposals]])
        diagnostics = self.learner.update(self.space, actions, lengths, np.array([list(rewards)]))
        return {name: float(value[0]) for name, value in diagnostics.items()}

    def watch(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> Mapping[str, float]:
        """Count the batch, by which the temperature falls."""
        self.learner.updates += 1
        return {}

    @classmethod
    def simulate_choices(
        cls, space: Space, settings: Any, reward: RewardOfActions, *, episodes: int, runs: int, seed: int
    ) -> tuple[Ints, Floats]:
        """Run many independent searches side by side on a space whose candidates all answer the same questions.

        Args:
            reward: maps the actions of one proposal of each run, int64 (runs, decisions), to rewards (runs,).
            episodes: proposals of each run, rounded up to whole batches while it searches.

        Returns:
            Actions int64 (runs, episodes, decisions) and rewards float64 (runs, episodes).
        """
        from rlsearch.agents._controller_learner import Learner

        learner = Learner(space, settings, runs, seeds.integer("simulate", settings.type, seed))
        actions, rewards = [], []
        for start in range(0, episodes, settings.batch):
            with locating(f"trial {start}"):
                drawn, earned = learner.episode(space, reward)
            actions.append(drawn)
            rewards.append(earned)
        # Whole batches were drawn, and the surplus is dropped, as `ask` does.
        return np.concatenate(actions, 1)[:, :episodes], np.concatenate(rewards, 1)[:, :episodes]

    @classmethod
    def gradient_samples(
        cls,
        space: Space,
        settings: Any,
        reward: RewardOfActions,
        *,
        updates: Sequence[int],
        batches: int,
        clip: float,
        seed: int,
    ) -> list[dict[str, Any]]:
        """Return policy-gradient estimates of many batches at frozen policies; see `_controller_gradient.samples`."""
        from rlsearch.agents._controller_gradient import samples

        return samples(space, settings, reward, updates=updates, batches=batches, clip=clip, seed=seed)
