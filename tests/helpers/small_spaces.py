"""Small categorical, growing and mixed spaces for tests of environments."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np

from rlsearch.envs import SpaceEnv
from rlsearch.spaces.base import Actions, Choice, Decision, Space, Spec


class Layers(Space):
    """Up to three layers of a kind: none may follow itself, and "stop" ends the candidate but cannot come first."""

    kinds = ("conv", "pool", "stop")

    def next(self, prefix: Actions) -> Decision | None:
        if len(prefix) == 3 or 2 in prefix:
            return None
        mask = tuple(index != (prefix[-1] if prefix else 2) for index in range(3))
        return Choice(f"layer {len(prefix)}", self.kinds, mask)

    def decode(self, actions: Actions) -> Spec:
        return {"layers": [self.kinds[int(action)] for action in actions]}

    def spread(self, count: int) -> list[Actions]:
        raise NotImplementedError

    def planted(self, actions: Actions) -> float:
        return float(sum(action == 0 for action in actions))


class Wide(Layers):
    """Two choices, of two and of four options."""

    def next(self, prefix: Actions) -> Decision | None:
        count = (2, 4)[len(prefix)] if len(prefix) < 2 else 0
        return Choice(f"choice {len(prefix)}", tuple(range(count)), (True,) * count) if count else None

    def decode(self, actions: Actions) -> Spec:
        return {"choices": list(actions)}


def play(env: SpaceEnv, *actions: Any, seed: int | None = None) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
    env.reset(seed=seed)
    for action in actions:
        result = env.step(action)
    return result


def box(low: float, high: float) -> gymnasium.spaces.Box:
    return gymnasium.spaces.Box(np.asarray([low, -2], np.float32), np.asarray([high, 10], np.float32))
