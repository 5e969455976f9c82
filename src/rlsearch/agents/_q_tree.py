"""Candidates drawn from a table of action values, decision by decision."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import numpy as np

from rlsearch.agents._q_table import Node, Path, Step, Table
from rlsearch.errors import SettingsError
from rlsearch.plain import scalar
from rlsearch.spaces.base import Actions, Choice, Space, following


class Tree:
    """The decisions of a space, as far as candidates have come, each with the row of its state.

    Args:
        space: at the stage of which candidates are drawn.
        table: of the values; it outlives the tree where a space grows.
        state_of: the state of a prefix of the space.
    """

    def __init__(self, space: Space, table: Table, state_of: Callable[[Space, Actions], Hashable]) -> None:
        self.space, self.table, self.state_of = space, table, state_of
        self._words: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._root: Node | None = None

    @property
    def root(self) -> Node:
        """The first decision."""
        if self._root is None:
            self._root = self._node(())
        if self._root is None:
            raise SettingsError(
                "the space has no decision, so there is nothing of which a table could hold values",
                where=type(self.space).__name__,
            )
        return self._root

    def draw(self, epsilon: float, rng: np.random.Generator) -> tuple[Actions, Path]:
        """Draw a candidate: each option uniformly with probability `epsilon`, else one of the highest value.

        A decision takes two numbers of the generator, whatever the values are.
        """

        def choose(node: Node) -> int:
            explores, where = rng.random() < epsilon, rng.random()
            options = node.allowed if explores else highest(node)
            return options[int(where * len(options))]

        return self._walk(choose)

    def greedy(self) -> tuple[Actions, Path]:
        """Return the candidate of the highest values; of equal ones the first option counts."""
        return self._walk(lambda node: highest(node)[0])

    def follow(self, actions: Actions) -> Path:
        """Return the decisions of a candidate."""
        rest = iter(actions)
        return self._walk(lambda _: int(next(rest)))[1]

    def _walk(self, choose: Callable[[Node], int]) -> tuple[Actions, Path]:
        node: Node | None = self.root
        actions: Actions = ()
        path: list[Step] = []
        while node is not None:
            action = choose(node)
            actions = (*actions, action)
            path.append(Step.of(node, action))
            if action not in node.children:
                node.children[action] = self._node(actions)
            node = node.children[action]
        return actions, tuple(path)

    def _node(self, prefix: Actions) -> Node | None:
        decision = following(self.space, prefix)
        if decision is None:
            return None
        if not isinstance(decision, Choice):
            raise SettingsError(
                f"decision {decision.name!r} is continuous: a table has no row of options for it",
                where=type(self.space).__name__,
                allowed="spaces of choices",
            )
        state, words = self._state(prefix), self._in_words(decision)
        return Node.of(self.table.row(state, words, len(prefix)), decision.free)

    def _state(self, prefix: Actions) -> Hashable:
        state = _plain(self.state_of(self.space, prefix))
        try:
            hash(state)
        except TypeError:
            raise SettingsError(
                f"the state of {list(prefix)} is {state!r}, which cannot be the key of a row",
                where=f"state() of {type(self.space).__name__}",
                allowed="texts, numbers, and tuples of them",
            ) from None
        return state

    def _in_words(self, decision: Choice) -> tuple[str, ...]:
        """Return the options in words, one object for equal ones."""
        words = decision.words
        return self._words.setdefault(words, words)


def _plain(state: Hashable) -> Hashable:
    """Return a state without NumPy's scalars, which JSON does not hold."""
    return tuple(map(_plain, state)) if isinstance(state, tuple) else scalar(state)


def highest(node: Node) -> list[int]:
    """Return the options of the highest value, in ascending order."""
    tables = [node.pick(values) for values in node.row.values]
    worth = tables[0] if len(tables) == 1 else list(map(sum, zip(*tables, strict=True)))  # of two tables: their sum
    most = max(worth)
    return [option for option, value in zip(node.allowed, worth, strict=True) if value == most]
