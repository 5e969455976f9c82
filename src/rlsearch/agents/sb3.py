"""Any other algorithm of Stable-Baselines3 or sb3-contrib, by name and keywords."""

from __future__ import annotations

from typing import Any

from rlsearch.agents._choices import continuous
from rlsearch.agents._env_agent import MasklessAgent
from rlsearch.agents._sb3_algorithms import ALGORITHMS
from rlsearch.agents._sb3_options import Settings
from rlsearch.errors import SettingsError
from rlsearch.spaces.base import Space

FROZEN = ("DQN", "PPO", "A2C", "TRPO")
"""Algorithms whose policies can be stored as weights and settings (`_frozen.py`), which closed loops need."""


class SB3(MasklessAgent):
    """An algorithm of the library as it is."""

    settings: Settings

    @classmethod
    def misfit(cls, space: Space, settings: Settings) -> tuple[str, str] | None:
        """Return the key and what is wrong with it where the chosen algorithm cannot search the space."""
        kind = "continuous" if continuous(space) else "choices"
        able = [name for name, about in ALGORITHMS.items() if getattr(about, kind)]
        if space.closed_loop and settings.algorithm not in FROZEN:
            return "algorithm", f"the policy of {settings.algorithm} cannot be stored; here use {', '.join(FROZEN)}"
        if settings.algorithm in able:
            return None
        taken = "continuous decisions" if kind == "continuous" else kind
        return "algorithm", f"{settings.algorithm} takes no {taken}; in this space use one of {', '.join(able)}"

    def build(self, env: Any, seed: int) -> Any:
        """Return the algorithm.

        Raises:
            SettingsError: the environment's actions, or the value of an option, are not what the algorithm takes.
        """
        from rlsearch.agents._even_env import evened
        from rlsearch.agents._sb3_build import build

        try:
            return build(self.settings, evened(env), seed)
        except (AssertionError, TypeError, ValueError) as error:
            raise SettingsError(
                f"{self.settings.algorithm} cannot be built: {error}", where="agents: sb3: algorithm, options"
            ) from error


SETTINGS, AGENT = Settings, SB3
