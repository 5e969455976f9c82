"""The search spaces as Gymnasium environments: `gymnasium.make("rlsearch.envs:rlsearch/InitScale-v0")`.

Importing this package registers the ids; the part before the colon does that import for you.
"""

from rlsearch.envs.registration import register_all
from rlsearch.envs.space_env import SpaceEnv

__all__ = ["SpaceEnv"]

register_all()
