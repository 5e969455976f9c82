"""Tabular Q-learning over sequences of decisions, with a replay of past candidates (MetaQNN; Baker et al. 2017)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, ClassVar

from rlsearch import seeds
from rlsearch.agents._choices import choices_alone
from rlsearch.agents._q_memory import Memory
from rlsearch.agents._q_report import learnt
from rlsearch.agents._q_settings import Settings
from rlsearch.agents._q_table import Path, Table
from rlsearch.agents._q_tree import Tree
from rlsearch.agents._q_unseen import Unseen
from rlsearch.agents._q_updates import Update
from rlsearch.agents.base import Agent, Proposal
from rlsearch.spaces.base import Actions, Space

MOST_VAIN = 1_000
"""Known candidates drawn in a row after which the uniform policy draws one that is not."""

STATES: Mapping[str, Callable[[Space, Actions], Hashable]] = {
    "space": lambda space, prefix: space.state(prefix),
    "prefix": lambda _, prefix: prefix,
    "place": lambda _, prefix: len(prefix),
}
"""What is one state to the table, by the setting `state`."""


class QLearning(Agent):
    """Algorithm 1 of the paper: epsilon-greedy by a table of action values, which learns from a memory of candidates.

    What is known is not proposed again: its reward is learnt once more inside `ask`, and the draw repeated. After 1,000
    such draws the uniform policy draws from what is left; a space of which nothing is left ends the search.

    `info` holds `epsilon`, `vain` (the known candidates drawn before) and `uniform` (1 after 1,000 of them, else 0);
    the diagnostics are the values of the first decision's options, `first_q_0` and so on.
    """

    learns: ClassVar[bool] = True
    tabular: ClassVar[bool] = True

    def __init__(self, space: Space, settings: Settings, seed: int) -> None:
        self.settings = settings
        self.rng, self.picks, coins = (
            seeds.generator("agent", "q-learning", use, seed) for use in ("draws", "replay", "coins")
        )
        self.update, self.memory = Update(settings, coins), Memory()
        visited = settings.bootstrap == "visited" or settings.update == "max"
        self.table = Table(settings.q0, 2 if settings.update == "double" else 1, visited=visited)
        self._stand(space)

    @classmethod
    def supports(cls, space: Space) -> bool:
        """Tell whether the space is made of choices."""
        return choices_alone(space)

    def enter(self, space: Space) -> None:
        """Draw from another stage of the space; the table and the memory stay."""
        if space is not self.space:
            self._stand(space)

    def _stand(self, space: Space) -> None:
        self.space, self.keys = space, dict[Actions, str]()
        self.tree = Tree(space, self.table, STATES[self.settings.state])
        self.unseen = Unseen(self.tree, lambda actions: self._key(actions) in self.memory.places)

    def ask(self, count: int) -> list[Proposal]:
        """Return `count` candidates; fewer where no more are left that have not been proposed."""
        proposals: list[Proposal] = []
        while len(proposals) < count and (proposal := self._candidate()) is not None:
            self.memory.places.setdefault(self._key(proposal.actions), None)
            proposals.append(proposal)
        return proposals

    def _candidate(self) -> Proposal | None:
        epsilon = self.settings.epsilon(len(self.memory.places))
        for vain in range(MOST_VAIN):
            actions, path = self.tree.draw(epsilon, self.rng)
            key = self._key(actions)
            if self.settings.again or key not in self.memory.places:
                return Proposal(actions, info={"epsilon": epsilon, "vain": vain, "uniform": 0})
            # Another candidate of the same batch may have no reward yet.
            if (reward := self.memory.reward(key)) is not None and self.settings.learning:
                self._learn(path, reward)
        left = self.unseen.draw(self.rng)
        return None if left is None else Proposal(left, info={"epsilon": epsilon, "vain": MOST_VAIN, "uniform": 1})

    def tell(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> Mapping[str, float]:
        """Learn each candidate, then `replay` of all that were told so far, drawn uniformly with replacement."""
        for proposal, reward in zip(proposals, rewards, strict=True):
            path = self.tree.follow(proposal.actions)
            self.memory.tell(self._key(proposal.actions), path, float(reward))
            self._learn(path, float(reward))
            for place in self.picks.integers(len(self.memory.told), size=self.update.replay).tolist():
                self.update.learn(*self.memory.told[place])
        first = self.tree.root
        return {f"first_q_{option}": first.row.worth(option) for option in first.allowed}

    def _learn(self, path: Path, reward: float) -> None:
        for step in path:
            step.node.row.visits[step.action] += 1
        self.update.learn(path, reward)

    def _key(self, actions: Actions) -> str:
        if actions not in self.keys:
            self.keys[actions] = self.space.key(self.space.decode(actions))
        return self.keys[actions]

    def learnt(self) -> Any:
        """Return the table, and the candidate of its highest values; a never-updated twin has learnt nothing."""
        if not self.settings.learning:
            return None
        prefixes = self.settings.state == "prefix" or type(self.space).state is Space.state
        return learnt(self.tree, self.memory, prefixes=prefixes)

    def state_dict(self) -> dict[str, Any]:
        """Return the generators' states, the table and the memory."""
        rngs = {"draws": self.rng, "replay": self.picks, "coins": self.update.coins}
        return {
            **{name: rng.bit_generator.state for name, rng in rngs.items()},
            "rows": self.table.state(),
            "memory": self.memory.state(list(self.table.rows.values())),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore them."""
        for name, rng in (("draws", self.rng), ("replay", self.picks), ("coins", self.update.coins)):
            rng.bit_generator.state = state[name]
        self.memory.load(state["memory"], self.table.load(state["rows"]))
        self._stand(self.space)


SETTINGS, AGENT = Settings, QLearning
TEST_SETTINGS: dict[str, Any] = {
    **{"alpha": 0.1, "q0": 0.0, "schedule": [[1.0, 10], [0.5, 10], [0.1, 10]]},
    "again": True,  # some spaces of the suites have few candidates
}
