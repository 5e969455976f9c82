"""What Q-learning remembers of its search: which candidates it has proposed, and what those that were told earned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rlsearch.agents._q_table import Node, Path, Row, Step


@dataclass
class Memory:
    """Candidates by their keys.

    Attributes:
        told: path and reward of every candidate that was told, in the order of telling; each stands there once.
        places: where a proposed candidate stands in `told`; None until it is told.
    """

    told: list[tuple[Path, float]] = field(default_factory=list)
    places: dict[str, int | None] = field(default_factory=dict)

    def reward(self, key: str) -> float | None:
        """Return what a candidate earned; None where that is not known."""
        place = self.places.get(key)
        return None if place is None else self.told[place][1]

    def tell(self, key: str, path: Path, reward: float) -> None:
        """Keep what a candidate earned, the last time that it was trained."""
        place = self.places.get(key)
        if place is None:
            self.places[key] = len(self.told)
            self.told.append((path, reward))
        else:
            self.told[place] = (path, reward)

    def state(self, rows: Sequence[Row]) -> dict[str, Any]:
        """Return it as JSON values: a path as the numbers of row, action and set of allowed options, one by one.

        Args:
            rows: of the table, by number.
        """
        numbers = {id(row): number for number, row in enumerate(rows)}
        allowed: dict[tuple[int, ...], int] = {}
        paths = [
            [
                part
                for step in path
                for part in (
                    numbers[id(step.node.row)],
                    step.action,
                    allowed.setdefault(step.node.allowed, len(allowed)),
                )
            ]
            for path, _ in self.told
        ]
        return {
            "paths": paths,
            "rewards": [reward for _, reward in self.told],
            "allowed": [list(options) for options in allowed],
            "places": list(map(list, self.places.items())),
        }

    def load(self, state: Mapping[str, Any], rows: Sequence[Row]) -> None:
        """Restore it."""
        allowed = [tuple(options) for options in state["allowed"]]
        nodes: dict[tuple[int, int], Node] = {}

        def step(row: int, action: int, options: int) -> Step:
            if (row, options) not in nodes:
                nodes[row, options] = Node.of(rows[row], allowed[options])
            return Step.of(nodes[row, options], action)

        paths = [tuple(map(step, path[::3], path[1::3], path[2::3])) for path in state["paths"]]
        self.told = list(zip(paths, state["rewards"], strict=True))
        self.places = dict(state["places"])
