"""The search spaces as Gymnasium environments: `import rlsearch`, then `gymnasium.make("rlsearch/InitScale-v0")`."""

from rlsearch.envs.space_env import SpaceEnv

__all__ = ["SpaceEnv"]
