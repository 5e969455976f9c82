"""A small space, a branching one, and a walk through both, for the tests of agents."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rlsearch.agents.base import Agent, Proposal
from rlsearch.spaces.base import Actions, Choice, Continuous, Decision, Space, Spec
from rlsearch.spaces.layered_cnn import LayeredCNN, LayeredSettings
from rlsearch.training.checkpoint import dump_state, load_state

SMALL = LayeredCNN(LayeredSettings(layers=2, strides=(1,)))
"""36 networks of four decisions."""


class Branching(Space):
    """Shallow: (0, x), x real. Deep: (1, a, b) with a, b among three and b != a. Any (1, a, b) equals (1, b, a)."""

    def next(self, prefix: Actions) -> Decision | None:
        first = Choice("depth", (1, 2), (True, True))
        if not prefix:
            return first
        if prefix[0] == 0:
            return None if len(prefix) > 1 else Continuous("x", -1.0, 1.0, 2)
        if len(prefix) > 2:
            return None
        free = tuple(len(prefix) == 1 or option != prefix[1] for option in range(3))
        return Choice("ab"[len(prefix) - 1], (10, 20, 30), free)

    def decode(self, actions: Actions) -> Spec:
        return {"deep": sorted(actions[1:])} if actions[0] else {"x": actions[1]}

    def spread(self, count: int) -> list[Actions]:
        return [(0, 0.0), (1, 0, 1)]

    def planted(self, actions: Actions) -> float:
        return float(sum(actions))


def walk(agent: Agent, space: Space, trials: int, batch: int = 1) -> list[Proposal]:
    """Ask and tell with the planted reward; return all proposals."""
    asked: list[Proposal] = []
    while len(asked) < trials:
        proposals = agent.ask(batch)
        agent.tell(proposals, rewards(space, proposals))
        asked += proposals
    return asked


def rewards(space: Space, proposals: Sequence[Proposal]) -> list[float]:
    return [space.planted(proposal.actions) for proposal in proposals]


def reload(first: Agent, second: Agent, folder: Path) -> None:
    """Give the second agent the first one's state by way of a snapshot file, as a resumed search does."""
    (folder / "snapshot.pt").write_bytes(dump_state(first.state_dict()))
    second.load_state_dict(load_state(folder / "snapshot.pt"))
