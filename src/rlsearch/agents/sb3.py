"""Any other algorithm of Stable-Baselines3 or sb3-contrib, by name and with every keyword that the library takes."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from rlsearch.agents._choices import continuous
from rlsearch.agents._env_agent import MasklessAgent
from rlsearch.agents._sb3_algorithms import ALGORITHMS, OWNED, defaults, keywords, options
from rlsearch.agents._sb3_settings import Hidden, NotNegative, SB3Settings
from rlsearch.config import plugins
from rlsearch.config.base import Count, Options
from rlsearch.errors import SettingsError
from rlsearch.spaces.base import Space

FROZEN = ("DQN", "PPO", "A2C", "TRPO")
"""Algorithms whose policies can be stored as weights and settings (`_frozen.py`), which closed loops need."""

Algorithm = Literal["A2C", "CrossQ", "DDPG", "DQN", "PPO", "QRDQN", "RecurrentPPO", "SAC", "TD3", "TQC", "TRPO"]


class Settings(SB3Settings):
    """The algorithm's own defaults, but for what `options` sets; most are made for a million steps.

    `options` is completed by the installed library's defaults, so that the settings of a search show all of them, and a
    library that changes one makes another search of it.
    Numbers, texts, true and false can be options; objects cannot. What else an algorithm needs has a key of its own:
    `hidden` for its networks (null: the library's), `noise` on continuous actions, without which DDPG and TD3 do not
    explore, and `exploration_steps`, over which DQN's and QRDQN's epsilon falls linearly.
    """

    type: Literal["sb3"] = "sb3"
    algorithm: Algorithm = "TRPO"
    options: Options = Field(default_factory=dict)
    hidden: Hidden | None = None
    noise: NotNegative = 0.0
    exploration_steps: Count = 500

    @field_validator("options")
    @classmethod
    def _known(cls, chosen: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        """Refuse what the algorithm does not take, with the nearest keyword; no library is imported for that."""
        if "algorithm" in info.data:
            for key in chosen:
                _check_keyword(info.data["algorithm"], key)
        own = {key: _number(value) for key, value in chosen.items()}
        return {**defaults(info.data["algorithm"]), **own} if "algorithm" in info.data else own

    @model_validator(mode="after")
    def _noise_where_taken(self) -> Settings:
        if self.noise and "action_noise" not in keywords(self.algorithm):
            raise ValueError(f"noise {self.noise} is for algorithms of continuous actions; {self.algorithm} takes none")
        return self


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


def _check_keyword(algorithm: str, key: str) -> None:
    known = options(algorithm)
    if key in OWNED and key in keywords(algorithm):
        raise ValueError(f"{key} {OWNED[key]}; allowed: {', '.join(known)}")
    if key not in known:
        near = plugins.nearest(key, known)
        raise ValueError(f"{algorithm} has no keyword {key!r}{near}; allowed: {', '.join(known)}")


def _number(value: Any) -> Any:
    """Return text that is a number as one: YAML takes 1e-3 for text."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


SETTINGS, AGENT = Settings, SB3
