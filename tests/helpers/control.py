"""A small closed loop that knows nothing of search spaces, for agents that drive an environment."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete


class Control(gymnasium.Env[Any, Any]):
    """Five steps an episode, seven numbers to see; the action at the place of the largest of the first ones earns 1.

    Args:
        actions: their number; 0: one real number in [-1, 1], which earns itself.
    """

    def __init__(self, actions: int = 3) -> None:
        self.observation_space = Box(-1.0, 1.0, (7,), np.float32)
        self.action_space = Discrete(actions) if actions else Box(-1.0, 1.0, (1,), np.float32)
        self.actions, self.taken, self.history = actions, 0, []  # type: ignore[var-annotated]

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.taken = 0
        return self._look(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.history.append(int(action) if self.actions else float(action[0]))
        best = int(np.argmax(self.seen[: max(self.actions, 1)]))
        reward = float(self.history[-1] == best) if self.actions else self.history[-1]
        self.taken += 1
        return self._look(), reward, False, self.taken == 5, {}

    def _look(self) -> Any:
        self.seen = self.np_random.uniform(-1.0, 1.0, 7).astype(np.float32)
        return self.seen
