"""Environment ids: the space `init-scale` is `rlsearch/InitScale-v0`."""

from __future__ import annotations

import importlib.util
from typing import Any

import gymnasium
from pydantic import ValidationError

from rlsearch.config import plugins
from rlsearch.envs.space_env import Evaluate, Observation, SpaceEnv
from rlsearch.errors import SettingsError, check_keywords

NAMESPACE = "rlsearch"
ACRONYMS = {"cnn": "CNN", "nasnet": "NASNet", "metaqnn": "MetaQNN"}


def env_id(space: str) -> str:
    """Return the id of a space's environment.

    The version rises when the same actions no longer give the same observations and rewards.

    >>> env_id("init-scale"), env_id("layered-cnn")
    ('rlsearch/InitScale-v0', 'rlsearch/LayeredCNN-v0')
    """
    words = (ACRONYMS.get(part, part.capitalize()) for part in space.split("-"))
    return f"{NAMESPACE}/{''.join(words)}-v0"


def register_all() -> None:
    """Register every space of the package with Gymnasium; the space itself is imported by `gymnasium.make`.

    A space with an environment of its own has it in the file of its name in this folder.
    """
    for space in plugins.names("spaces"):
        if env_id(space) in gymnasium.registry:
            continue
        own = f"{__package__}.{space.replace('-', '_')}"
        if importlib.util.find_spec(own):
            gymnasium.register(env_id(space), entry_point=f"{own}:make")
        else:
            gymnasium.register(env_id(space), entry_point=f"{__name__}:make_space_env", kwargs={"space": space})


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
