"""The environment of a space by its name and settings, as `gymnasium.make` asks for it."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from rlsearch.config import plugins
from rlsearch.envs.space_env import Evaluate, Observation, SpaceEnv
from rlsearch.errors import SettingsError, check_keywords
from rlsearch.gymnasium_ids import env_id


def make_space_env(
    space: str,
    evaluate: Evaluate | None = None,
    observation: Observation | None = None,
    failure_reward: float = -2.0,
    max_decisions: int | None = None,
    max_options: int | None = None,
    render_mode: str | None = None,
    **settings: Any,
) -> SpaceEnv:
    """Return the environment of a space of the package; see `SpaceEnv` for the arguments.

    Gymnasium copies what it is given whenever it is asked for `env.spec`: an `evaluate` that holds locks or pools
    cannot be copied and belongs in `SpaceEnv(space, evaluate)` instead.

    Args:
        space: name of the space, e.g. "init-scale".
        settings: settings of the space, e.g. low and high.

    Raises:
        SettingsError: a setting that the space does not take, or what `SpaceEnv` raises.
    """
    module = plugins.load("spaces", space)
    where = f"gymnasium.make({env_id(space)!r}, ...)"
    check_keywords(settings, module.SETTINGS.model_fields, where)
    try:
        chosen = module.SPACE(module.SETTINGS(**settings))
    except ValidationError as error:
        raise SettingsError(str(error), where=where) from None
    return SpaceEnv(
        chosen,
        evaluate,
        observation=observation,
        failure_reward=failure_reward,
        max_decisions=max_decisions,
        max_options=max_options,
        render_mode=render_mode,
    )
