"""Searches of tabular Q-learning in small spaces, and its updates once more in plain dictionaries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rlsearch import seeds
from rlsearch.agents.base import Proposal
from rlsearch.agents.q_learning import QLearning, Settings
from rlsearch.spaces.base import Actions, Choice, Decision, Space
from toy_choices import Toy, worth

EXPLORE: dict[str, Any] = {"schedule": [[1.0, 1_000]]}
"""Settings under which all candidates are drawn uniformly."""


class Pairs(Toy):
    """Three choices of two options, of which nothing is forbidden."""

    def next(self, prefix: Actions) -> Decision | None:
        return Choice(f"choice {len(prefix)}", ("a", "b"), (True, True)) if len(prefix) < 3 else None


class Binned(Toy):
    """Up to three of four options; its states are coarser than its prefixes, and do not say what is allowed.

    A state is the number of decisions and the parity of the last. No option comes twice in a row, and 0 ends.
    """

    def next(self, prefix: Actions) -> Decision | None:
        if len(prefix) == 3 or (prefix and prefix[-1] == 0):
            return None
        last = prefix[-1] if prefix else 0
        return Choice("step", ("end", "a", "b", "c"), tuple(option != last for option in range(4)))

    def state(self, prefix: Actions) -> tuple[int, str]:
        return len(prefix), "odd" if prefix and prefix[-1] % 2 else "even"


def agent(space: Space, seed: int = 0, **settings: Any) -> QLearning:
    """Return an agent."""
    return QLearning(space, Settings(**settings), seed)


def teach(made: QLearning, actions: Actions, reward: float) -> None:
    """Tell one candidate, as if it had been proposed."""
    made.tell([Proposal(actions)], [reward])


def run(made: QLearning, trials: int, reward: Callable[[Actions], float] = worth, batch: int = 1) -> list[Proposal]:
    """Ask and tell; return all proposals."""
    told: list[Proposal] = []
    while len(told) < trials and (proposals := made.ask(batch)):
        made.tell(proposals, [reward(proposal.actions) for proposal in proposals])
        told += proposals
    return told


def values(made: QLearning, path: Sequence[int]) -> list[float]:
    """Return the values of a candidate's decisions."""
    return [step.node.row.worth(step.action) for step in made.tree.follow(tuple(path))]


class Plain:
    """The same updates, written down as the books have them: dictionaries from (state, option) to values."""

    def __init__(self, space: Space, settings: Settings, seed: int) -> None:
        self.space, self.settings = space, settings
        self.tables: list[dict[Any, float]] = [{}, {}]
        self.visited: set[Any] = set()
        self.coins = seeds.generator("agent", "q-learning", "coins", seed)

    def state(self, prefix: Actions) -> Any:
        return {"space": self.space.state(prefix), "prefix": prefix, "place": len(prefix)}[self.settings.state]

    def value(self, table: int, prefix: Actions, option: int) -> float:
        return self.tables[table].get((self.state(prefix), option), self.settings.q0)

    def allowed(self, prefix: Actions) -> list[int]:
        decision = self.space.next(prefix)
        assert isinstance(decision, Choice)
        free = [option for option, allowed in enumerate(decision.mask) if allowed]
        if self.settings.bootstrap == "visited":
            return [option for option in free if (self.state(prefix), option) in self.visited]
        return free

    def bootstrap(self, table: int, actions: Actions, place: int) -> float:
        prefix, free = actions[:place], self.allowed(actions[:place])
        if self.settings.update == "sarsa":
            return self.value(table, prefix, int(actions[place]))
        if not free:
            return self.settings.q0
        best = max(free, key=lambda option: (self.value(table, prefix, option), -option))
        return self.value(1 - table if self.settings.update == "double" else table, prefix, best)

    def learn(self, actions: Actions, reward: float) -> None:
        """Update every decision of a candidate."""
        length, gamma = len(actions), self.settings.gamma
        rewards = [reward if self.settings.reward_at == "every" else 0.0] * (length - 1) + [reward]
        coins = int(self.coins.bit_generator.random_raw()) if self.settings.update == "double" else 0
        places = range(length) if self.settings.order == "forward" else reversed(range(length))
        for number, place in enumerate(places):
            end = min(place + (self.settings.steps or length), length)
            target = sum(gamma ** (when - place) * rewards[when] for when in range(place, end))
            table = coins >> number & 1
            if end < length:
                target += gamma ** (end - place) * self.bootstrap(table, actions, end)
            entry = (self.state(actions[:place]), actions[place])
            old = self.tables[table].get(entry, self.settings.q0)
            self.tables[table][entry] = old + self.settings.alpha * (target - old)
            self.visited.add(entry)

    def worth(self, actions: Actions) -> list[float]:
        """Return the values of a candidate's decisions, of two tables the mean."""
        used = (0, 1) if self.settings.update == "double" else (0,)
        prefixes = [(actions[:place], int(action)) for place, action in enumerate(actions)]
        return [sum(self.value(table, *entry) for table in used) / len(used) for entry in prefixes]
