"""REINFORCE with a Gaussian policy over one continuous decision (Williams 1992; Yaman & Shondhani 2025)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from rlsearch import seeds
from rlsearch.agents._reinforce_settings import Settings
from rlsearch.agents.base import LearningAgent, Proposal
from rlsearch.errors import locating
from rlsearch.spaces.base import Continuous, Space

Floats = NDArray[np.float64]


class Reinforce(LearningAgent):
    """A Gaussian sample squashed to the range by a sigmoid; the log-density is that of the sample before squashing."""

    heeds_learning: ClassVar[bool] = True

    def __init__(self, space: Space, settings: Settings, seed: int) -> None:
        from rlsearch.agents._reinforce import Learner

        self.decision = _only_decision(space)
        agent_seed = seeds.integer("agent", "reinforce", seed)
        self.learner = Learner(settings, self.decision.low, self.decision.high, runs=1, seed=agent_seed)

    @classmethod
    def supports(cls, space: Space) -> bool:
        """Tell whether the space is one continuous decision."""
        first = space.next(())
        return isinstance(first, Continuous) and space.next((first.low,)) is None

    def ask(self, count: int) -> list[Proposal]:
        """Return `count` samples of the present policy; `info` carries what the update needs."""
        drawn = self.learner.sample(count)
        columns = (drawn.action, drawn.latent, drawn.mean, drawn.log_std.exp())
        rows = zip(*(column[0].tolist() for column in columns), strict=True)
        return [
            Proposal((self.decision.clip(action),), info={"latent": latent, "policy_mean": mean, "policy_std": std})
            for action, latent, mean, std in rows
        ]

    def tell(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> Mapping[str, float]:
        """Take one policy-gradient step on the batch."""
        import torch

        action = torch.tensor([[float(proposal.actions[0]) for proposal in proposals]])
        latent = torch.tensor([[proposal.info["latent"] for proposal in proposals]])
        diagnostics = self.learner.update(action, latent, torch.tensor([list(rewards)]))
        return {name: float(value) for name, value in diagnostics.items()}

    def watch(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> Mapping[str, float]:
        """Take note of the last action and its reward, at which the policy may look."""
        import torch

        action = torch.tensor([[float(proposals[-1].actions[0])]])
        self.learner.watch(action, torch.tensor([[float(rewards[-1])]]))
        return {}

    @classmethod
    def simulate(
        cls,
        space: Space,
        settings: Settings,
        reward: Callable[[Floats, int], Floats],
        *,
        episodes: int,
        runs: int,
        seed: int,
    ) -> tuple[Floats, Floats]:
        """Run many independent searches side by side on a reward function; return actions and rewards (runs, episodes).

        Args:
            reward: maps actions (runs,), rounded as in a search, and a replicate (0 here) to rewards (runs,).
            episodes: proposals of each run; the agent is told in batches of its settings.
        """
        import torch

        from rlsearch.agents._reinforce import Learner

        decision = _only_decision(space)
        # One learner with a leading dimension of runs: hundreds of searches take the time of a few.
        learner = Learner(settings, decision.low, decision.high, runs, seeds.integer("simulate", "reinforce", seed))
        actions, rewards = np.empty((runs, episodes)), np.empty((runs, episodes))
        for start in range(0, episodes, settings.batch):
            stop = min(start + settings.batch, episodes)
            with locating(f"trial {start}"):
                drawn = learner.sample(stop - start)
            # In double precision, as `Continuous.clip` rounds in a search.
            rounded = drawn.action.double().clamp(decision.low, decision.high).round(decimals=decision.digits)
            actions[:, start:stop] = rounded.numpy()
            for step in range(start, stop):
                rewards[:, step] = reward(actions[:, step], 0)
            earned = torch.from_numpy(rewards[:, start:stop]).float()
            with locating(f"trial {start}"):
                if settings.learning:
                    learner.update(rounded.float(), drawn.latent, earned)
                else:
                    learner.watch(rounded.float(), earned)
        return actions, rewards


def _only_decision(space: Space) -> Continuous:
    decision = space.next(())
    if not isinstance(decision, Continuous):
        raise TypeError(f"reinforce with a Gaussian policy needs one continuous decision, got {decision!r}")
    return decision


SETTINGS, AGENT = Settings, Reinforce
