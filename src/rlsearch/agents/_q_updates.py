"""How Q-learning moves its values after a candidate: the paper's update, and what may take its place.

Sources: Q-learning, SARSA, double Q-learning and n-step targets as in Sutton & Barto 2018, sections 6.4, 6.5, 6.7 and
7.1; from the last decision to the first as in Baker et al. 2017, section 4.2. The reward comes once a candidate is
complete, unless it is paid at every decision.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from rlsearch.agents._q_settings import Settings
from rlsearch.agents._q_table import NEVER, Path, Step

WORD = 64
"""Coins in one draw of the generator."""


class Target(NamedTuple):
    """What the value of the decision at `place` moves towards: gain x reward + discount x the value at `ahead`."""

    place: int
    gain: float
    discount: float
    ahead: int


class Update:
    """Learns one candidate at a time.

    Args:
        settings: of the agent.
        coins: decide which of two tables learns.
    """

    def __init__(self, settings: Settings, coins: np.random.Generator) -> None:
        self.settings, self.coins = settings, coins
        self._targets: dict[int, list[Target]] = {}
        other: dict[str, Callable[[Path, float], None]] = {"double": self._double, "max": self._best}
        self.learn = other.get(settings.update, self._towards)
        self._value = _of_taken if settings.update == "sarsa" else self._of_highest

    @property
    def replay(self) -> int:
        """Past candidates that are learnt once more after each new one: none where that could change nothing."""
        return 0 if self.settings.update == "max" else self.settings.replay

    def targets(self, length: int) -> list[Target]:
        """Return the targets of a candidate of so many decisions, in the order of the updates."""
        if length not in self._targets:
            targets = [self._target(place, length) for place in range(length)]
            self._targets[length] = targets[::-1] if self.settings.order == "reverse" else targets
        return self._targets[length]

    def _target(self, place: int, length: int) -> Target:
        gamma, ahead = self.settings.gamma, min(place + (self.settings.steps or length), length)
        paid = range(place, ahead) if self.settings.reward_at == "every" else range(length - 1, ahead)
        gain = sum(gamma ** (when - place) for when in paid)
        return Target(place, gain, gamma ** (ahead - place) if ahead < length else 0.0, ahead)

    def _towards(self, path: Path, reward: float) -> None:
        """Move the value of every decision by `alpha` towards its target."""
        alpha, keep = self.settings.alpha, 1 - self.settings.alpha
        for place, gain, discount, ahead in self.targets(len(path)):
            target = gain * reward + (discount * self._value(path[ahead]) if discount else 0.0)
            values, seen, action, _, _ = path[place]
            # Not value + alpha x (target - value), which rounds even where alpha is 1.
            values[action] = seen[action] = keep * values[action] + alpha * target

    def _of_highest(self, step: Step) -> float:
        """Return the highest value among the options that the prefix, not its state, allows."""
        highest = max(step.pick(step.seen))
        return highest if highest > NEVER else self.settings.q0

    def _double(self, path: Path, reward: float) -> None:
        """Do the same in one of two tables: it says which option is highest, and the other says how high."""
        alpha, keep, coins = self.settings.alpha, 1 - self.settings.alpha, self._tosses(len(path))
        for place, gain, discount, ahead in self.targets(len(path)):
            mine, coins = coins & 1, coins >> 1
            target = gain * reward
            if discount:
                target += discount * self._of_other(path[ahead], mine)
            action, row = path[place].action, path[place].node.row
            values = row.values[mine]
            values[action] = keep * values[action] + alpha * target
            if row.seen is not row.values:
                for seen, of_table in zip(row.seen, row.values, strict=True):
                    seen[action] = of_table[action]

    def _of_other(self, step: Step, mine: int) -> float:
        node = step.node
        tables = node.row.seen
        picked = node.pick(tables[mine])
        highest = max(picked)
        if highest == NEVER:
            return self.settings.q0
        return tables[1 - mine][node.allowed[picked.index(highest)]]

    def _tosses(self, count: int) -> int:
        """Return so many coins or more as the bits of a number."""
        tosses = 0
        for _ in range(0, count, WORD):
            tosses = tosses << WORD | int(self.coins.bit_generator.random_raw())
        return tosses

    def _best(self, path: Path, reward: float) -> None:
        """Keep the best reward of all candidates that took the decision, in this state."""
        for values, seen, action, _, _ in path:
            values[action] = seen[action] = max(seen[action], reward)


def _of_taken(step: Step) -> float:
    """Return the value of the option that was taken."""
    return step.values[step.action]
