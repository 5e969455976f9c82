"""Random search: the control that every searching agent has to beat at equal cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rlsearch import seeds
from rlsearch.agents.base import FixedAgent, Proposal
from rlsearch.config.base import AgentSettings
from rlsearch.spaces.base import Actions, Choice, Space, decisions

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MOST_DRAWS = 100_000
"""Draws in a row that may bring nothing new before a space without a known size counts as used up."""


class Settings(AgentSettings):
    """Uniform sampling, decision by decision; without `replacement` no candidate is proposed twice."""

    type: Literal["random"] = "random"
    replacement: bool = True


class Random(FixedAgent):
    """Proposes uniformly and ignores rewards. Without replacement it stops when every candidate has been proposed.

    >>> from rlsearch.spaces.init_scale import InitScale
    >>> first, second = (Random(InitScale(), Settings(), seed=0) for _ in range(2))
    >>> first.ask(2) == second.ask(2)
    True
    """

    def __init__(self, space: Space, settings: Settings, seed: int) -> None:
        self.space = space
        self.rng = seeds.generator("agent", "random", seed)
        # A dictionary, since the order of a set of texts differs between processes and the state must not.
        self.seen = None if settings.replacement else dict[str, None]()

    def ask(self, count: int) -> list[Proposal]:
        """Return `count` uniform candidates; fewer when no more are left that have not been proposed."""
        if self.seen is None:
            return [Proposal(self.space.sample(self.rng)) for _ in range(count)]

        def draw() -> Actions:
            return self.space.sample(self.rng)

        return [Proposal(actions) for actions in _unseen(self.space, self.seen, draw, count)]

    def state_dict(self) -> dict[str, Any]:
        """Return the generator's state and, without replacement, the keys of what has been proposed."""
        return {"rng": self.rng.bit_generator.state, "seen": None if self.seen is None else list(self.seen)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore both."""
        self.rng.bit_generator.state = state["rng"]
        self.seen = None if state["seen"] is None else dict.fromkeys(state["seen"])

    @classmethod
    def simulate_choices(
        cls,
        space: Space,
        settings: Settings,
        reward: Callable[[Integers], Floats],
        *,
        episodes: int,
        runs: int,
        seed: int,
    ) -> tuple[Integers, Floats]:
        """Run many independent searches side by side on a space that is `fixed`.

        Args:
            reward: maps the actions of all runs (runs, decisions) to rewards (runs,); called once an episode.
            episodes: proposals of each run.

        Returns:
            Actions (runs, episodes, decisions) and rewards (runs, episodes).

        Raises:
            ValueError: without replacement, the space has fewer than `episodes` candidates.
        """
        rng, sizes = seeds.generator("simulate", "random", seed), _sizes(space)
        if settings.replacement:
            actions = rng.integers(sizes, size=(runs, episodes, len(sizes)))
        else:
            actions = np.stack([_distinct(space, sizes, episodes, rng) for _ in range(runs)])
        rewards = np.stack([reward(actions[:, episode]) for episode in range(episodes)], axis=1)
        return actions, rewards


def _unseen(space: Space, seen: dict[str, None], draw: Callable[[], Actions], count: int) -> Iterator[Actions]:
    """Yield up to `count` candidates whose keys are new, and note these keys; fewer when no more are left."""
    in_vain = 0
    # A network counts once, also in a space that keeps its sequences apart.
    apart, most = bool(space.kept_apart), space.most_networks
    while count and in_vain < MOST_DRAWS and (most is None or len(seen) < most):
        actions = draw()
        key = space.key(space.decode(space.canonical(actions) if apart else actions))
        # Rejection leaves the sampling among what is left as it was: uniform over sequences.
        if key in seen:
            in_vain += 1
            continue
        seen[key] = None
        count, in_vain = count - 1, 0
        yield actions


def _distinct(space: Space, sizes: Sequence[int], count: int, rng: np.random.Generator) -> Integers:
    """Return `count` different candidates (count, decisions) in the order in which they were drawn."""
    candidates = list(_unseen(space, {}, lambda: tuple(rng.integers(sizes).tolist()), count))
    if len(candidates) < count:
        raise ValueError(f"the space has {len(candidates)} candidates: {count} different ones cannot be drawn")
    return np.array(candidates, dtype=np.int64)


def _sizes(space: Space) -> list[int]:
    """Return the number of options of each decision of a fixed space."""
    first = space.spread(1)[0]
    return [len(decision.options) for decision in decisions(space, first) if isinstance(decision, Choice)]


SETTINGS, AGENT = Settings, Random
