"""Agents whose library runs the loop itself: Stable-Baselines3's algorithms on the space's environment."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from rlsearch import seeds
from rlsearch.config.base import AgentSettings
from rlsearch.spaces.base import Space

if TYPE_CHECKING:
    from rlsearch.envs.space_env import SpaceEnv

Rewards = Callable[[NDArray[np.int64]], NDArray[np.float64]]


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

    def __init__(self, space: Space, settings: AgentSettings, seed: int) -> None:
        self.space = space
        self.seed = seeds.integer("agent", settings.type, seed) % 2**32  # NumPy's global generator takes no more

    @abstractmethod
    def build(self, env: SpaceEnv, seed: int) -> Any:
        """Return the algorithm, seeded, on the CPU; `env` is the space's environment."""

    @classmethod
    @abstractmethod
    def supports(cls, space: Space) -> bool:
        """Tell whether the algorithm can search this space."""

    @classmethod
    def simulate_choices(
        cls, space: Space, settings: Any, reward: Rewards, *, episodes: int, runs: int, seed: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Run many independent searches side by side in memory, each of them as its library runs it.

        Args:
            reward: maps the actions of all runs, int64 (runs, decisions), to rewards (runs,); called once an episode.

        Returns:
            Actions int64 (runs, episodes, decisions) and rewards float64 (runs, episodes).
        """
        from rlsearch.agents._side_by_side import side_by_side

        agents = [cls(space, settings, seeds.integer("simulate", settings.type, seed, run)) for run in range(runs)]
        return side_by_side(agents, reward, episodes)
