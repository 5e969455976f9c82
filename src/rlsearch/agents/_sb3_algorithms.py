"""What is known of the algorithms of Stable-Baselines3 and sb3-contrib without importing them, which takes seconds."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

LIBRARY, CONTRIB = "stable_baselines3", "sb3_contrib"


@dataclass(frozen=True)
class Algorithm:
    """Where an algorithm's class stands and what it can control.

    Attributes:
        library: the package that exports it.
        folder: of the package, and the name of the file in it.
        choices, continuous: the actions that it takes.
        policy: the name of its policy for observations that are vectors.
    """

    library: str
    folder: str
    choices: bool = True
    continuous: bool = True
    policy: str = "MlpPolicy"


ALGORITHMS: Mapping[str, Algorithm] = {
    "A2C": Algorithm(LIBRARY, "a2c"),
    "CrossQ": Algorithm(CONTRIB, "crossq", choices=False),
    "DDPG": Algorithm(LIBRARY, "ddpg", choices=False),
    "DQN": Algorithm(LIBRARY, "dqn", continuous=False),
    "PPO": Algorithm(LIBRARY, "ppo"),
    "QRDQN": Algorithm(CONTRIB, "qrdqn", continuous=False),
    "RecurrentPPO": Algorithm(CONTRIB, "ppo_recurrent", policy="MlpLstmPolicy"),
    "SAC": Algorithm(LIBRARY, "sac", choices=False),
    "TD3": Algorithm(LIBRARY, "td3", choices=False),
    "TQC": Algorithm(CONTRIB, "tqc", choices=False),
    "TRPO": Algorithm(CONTRIB, "trpo"),
}
"""All but MaskablePPO, which is an agent of its own, and ARS, whose loop does not ask whether to go on."""

NOT_HERE = "belongs to the package"
OWNED: Mapping[str, str] = {
    "policy": NOT_HERE,
    "env": NOT_HERE,
    "seed": "follows from the seed of the search",
    "device": NOT_HERE,
    "verbose": NOT_HERE,
    "tensorboard_log": NOT_HERE,
    "stats_window_size": NOT_HERE,
    "monitor_wrapper": NOT_HERE,
    "_init_setup_model": NOT_HERE,
    "policy_kwargs": "takes objects; the widths of the layers are `hidden`",
    "action_noise": "takes an object; its standard deviation is `noise`",
    "exploration_fraction": "is a share of the steps to learn for, which no search knows; use `exploration_steps`",
    "replay_buffer_class": "takes an object",
    "replay_buffer_kwargs": "takes objects",
    "rollout_buffer_class": "takes an object",
    "rollout_buffer_kwargs": "takes objects",
}
"""Keywords that cannot be options, and why."""


def keywords(name: str) -> tuple[str, ...]:
    """Return the keyword arguments of an algorithm's class, in its order, read from its source."""
    signature = _signature(name)
    return tuple(argument.arg for argument in [*signature.args[1:], *signature.kwonlyargs])


def options(name: str) -> list[str]:
    """Return the keywords of an algorithm that are a user's to set."""
    return [key for key in keywords(name) if key not in OWNED]


def defaults(name: str) -> dict[str, Any]:
    """Return what the library takes for each of them, where it is a number, a text, true, false or None."""
    signature, values = _signature(name), {}
    # A function's defaults belong to the last of its positional arguments.
    with_default = signature.args[len(signature.args) - len(signature.defaults) :]
    pairs = [
        *zip(with_default, signature.defaults, strict=True),
        *zip(signature.kwonlyargs, signature.kw_defaults, strict=True),
    ]
    for argument, value in pairs:
        if value is not None and argument.arg not in OWNED:
            with suppress(ValueError):  # an object: a class, a function
                values[argument.arg] = ast.literal_eval(value)
    return values


@cache
def _signature(name: str) -> ast.arguments:
    about = ALGORITHMS[name]
    spec = importlib.util.find_spec(about.library)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{about.library} is not installed")
    # Read, not imported: the packages bring torch, and settings are checked without it.
    source = Path(spec.origin).parent / about.folder / f"{about.folder}.py"
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            for method in node.body:
                if isinstance(method, ast.FunctionDef) and method.name == "__init__":
                    return method.args
    raise LookupError(f"{about.library} has no class {name} with arguments of its own")
