"""Agents whose library runs the loop itself: Stable-Baselines3's algorithms on the space's environment."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from rlsearch import seeds
from rlsearch.agents._choices import continuous, even_actions
from rlsearch.config.base import AgentSettings
from rlsearch.policies.frozen import FrozenPolicy
from rlsearch.spaces.base import Space

Floats = NDArray[np.float64]
Rewards = Callable[[NDArray[Any]], Floats]


class EnvAgent(ABC):
    """Builds an algorithm for an environment. Runs on the CPU with one thread.

    The algorithm's proposals must follow from the seed and the rewards alone. Its schedules must not depend on the
    number of steps that it is asked to learn for: the driver asks for a very large one and stops when the budget is
    spent.

    Args:
        space: what can be chosen.
        settings: of the agent.
        seed: of the search.
    """

    driver: ClassVar[Literal["ask-tell", "env"]] = "env"
    learns: ClassVar[bool] = True
    knows_horizon: ClassVar[bool] = False
    settings: AgentSettings

    def __init__(self, space: Space, settings: AgentSettings, seed: int) -> None:
        self.space, self.settings = space, settings
        self.learning: bool = getattr(settings, "learning", True)
        self.seed = seeds.integer("agent", settings.type, seed) % 2**32  # NumPy's global generator takes no more

    @abstractmethod
    def build(self, env: Any, seed: int) -> Any:
        """Return the algorithm, seeded, on the CPU.

        Args:
            env: a `gymnasium.Env`: a space's environment (`SpaceEnv`), or a closed loop of another kind.
        """

    def start(self, env: Any, seed: int) -> Any:
        """Return the algorithm that a search runs: `build`'s, which never updates where the settings say so.

        It acts, fills its buffers and follows its schedules as usual; only the updates are left out.
        """
        algorithm = self.build(env, seed)
        if not self.learning:
            # On this object alone: other searches of the process go on learning.
            algorithm.train = _no_update
        return algorithm

    @classmethod
    @abstractmethod
    def supports(cls, space: Space) -> bool:
        """Tell whether the algorithm can search this space."""

    def freeze(self, algorithm: Any) -> FrozenPolicy:
        """Return the greedy policy that an algorithm has learnt so far, as weights and settings.

        Raises:
            RlsearchError: an algorithm, a network or an observation that cannot be stored in this way.
        """
        from rlsearch.agents._frozen import freeze

        return freeze(algorithm)

    @classmethod
    def simulate(
        cls,
        space: Space,
        settings: Any,
        reward: Callable[[Floats, int], Floats],
        *,
        episodes: int,
        runs: int,
        seed: int = 0,
    ) -> tuple[Floats, Floats]:
        """Run many independent searches of a space of one continuous decision side by side, as `simulate_choices` does.

        Args:
            reward: maps the actions of all runs (runs,) and the replicate, always 0, to rewards (runs,).

        Returns:
            Actions and rewards, each float64 (runs, episodes).
        """
        actions, rewards = cls.simulate_choices(
            space, settings, lambda chosen: reward(chosen[:, 0], 0), episodes=episodes, runs=runs, seed=seed
        )
        return np.asarray(actions[:, :, 0]), rewards

    @classmethod
    def simulate_choices(
        cls, space: Space, settings: Any, reward: Rewards, *, episodes: int, runs: int, seed: int
    ) -> tuple[NDArray[Any], Floats]:
        """Run many independent searches side by side in memory, each of them as its library runs it.

        Args:
            reward: maps the actions of all runs, (runs, decisions), to rewards (runs,); called once an episode.

        Returns:
            Actions (runs, episodes, decisions), int64, or float64 in a continuous space; rewards float64 (runs,
            episodes).
        """
        from rlsearch.agents._side_by_side import side_by_side

        agents = [cls(space, settings, seeds.integer("simulate", settings.type, seed, run)) for run in range(runs)]
        return side_by_side(agents, reward, episodes)


class MasklessAgent(EnvAgent):
    """One whose algorithm reads no masks.

    In a space whose choices differ in width, each option has equally many actions (`_even_env.py`).
    """

    @classmethod
    def supports(cls, space: Space) -> bool:
        """Tell whether the space is continuous or made of choices without masks."""
        return continuous(space) or even_actions(space) is not None


def _no_update(*_: Any, **__: Any) -> None:
    """Stand in for an algorithm's `train`."""
