"""Cells whose edges are chosen: four nodes, an operation on each of six edges (NAS-Bench-201, Dong & Yang 2020)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from rlsearch.config.base import Distinct, SpaceSettings
from rlsearch.errors import SettingsError
from rlsearch.files import digest
from rlsearch.spaces.base import Actions, Choice, Decision, Space, Spec

GROUPS = {"none": "none", "skip": "skip", "conv-1x1": "conv", "conv-3x3": "conv", "avg-pool-3x3": "pool"}
"""What an edge can be, from the least to the most work, the pool last as in the source; and the kind of it."""
Operation = Literal["none", "skip", "conv-1x1", "conv-3x3", "avg-pool-3x3"]
NODES = 4
EDGES = tuple((source, node) for node in range(NODES) for source in range(node))
"""(from, to), in the order of the decisions. Node 0 is what the cell is given, node 3 what it makes."""


class Settings(SpaceSettings):
    """The operations that edges may have."""

    type: Literal["edge-cell"] = "edge-cell"
    operations: Annotated[tuple[Operation, ...], Field(strict=False, min_length=2), Distinct] = (
        "none",
        "skip",
        "conv-1x1",
        "conv-3x3",
        "avg-pool-3x3",
    )


class EdgeCell(Space):
    """One choice an edge. A node is the sum of what its edges bring; all cells of a network are the same.

    >>> space = EdgeCell()
    >>> space.describe(space.decode((3, 0, 1, 0, 0, 2)))
    '|none~0|+|conv-3x3~0|none~1|+|none~0|none~1|conv-1x1~2|'
    """

    networks: ClassVar[tuple[str, ...]] = ("edge-cell",)
    question: ClassVar[str] = "Which operations, edge by edge, make a good cell?"
    fixed: ClassVar[bool] = True

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.operations: tuple[str, ...] = self.settings.operations
        groups = tuple(GROUPS[name] for name in self.operations)
        mask = (True,) * len(self.operations)
        self.plan = [
            Choice(f"edge {source} to {node}", self.operations, mask, "edge", node, groups=groups)
            for source, node in EDGES
        ]

    def next(self, prefix: Actions) -> Decision | None:
        """Return the edge that follows."""
        return self.plan[len(prefix)] if len(prefix) < len(EDGES) else None

    def decode(self, actions: Actions) -> Spec:
        """Return {"network": {"edges": [operation, ...]}} of the sequence that stands for all that build the same."""
        return self.literal(self.canonical(actions))

    def literal(self, actions: Actions) -> Spec:
        """Return the edges as they were chosen."""
        if len(actions) != len(EDGES) or not all(0 <= action < len(self.operations) for action in actions):
            raise ValueError(
                f"a cell has {len(EDGES)} edges with operations 0 to {len(self.operations) - 1}, got {list(actions)}"
            )
        return {"network": {"edges": [self.operations[int(action)] for action in actions]}}

    def key(self, spec: Spec) -> str:
        """Return the digest of what the edges come to (`form`)."""
        return digest(form(spec["network"]["edges"]))

    def canonical(self, actions: Actions) -> Actions:
        """Return the first of the sequences that build the same."""
        return self._forms[form(self.literal(actions)["network"]["edges"])]

    def encodings(self, spec: Spec) -> int:
        """Return how many sequences build this cell; 0 for operations that the settings leave out."""
        return _encodings(self.operations)[form(spec["network"]["edges"])]

    @property
    def nominal_size(self) -> int:
        """Number of sequences."""
        return int(len(self.operations) ** len(EDGES))

    def extent(self) -> tuple[int, int]:
        """Return (edges, operations)."""
        return len(EDGES), len(self.operations)

    def baselines(self) -> Mapping[str, Spec]:
        """Return the cell of a residual network with two convolutions (He et al. 2016), and one of them alone."""
        residual = ["conv-3x3", "none", "conv-3x3", "skip", "none", "skip"]
        alone = ["none", "none", "none", "conv-3x3", "none", "none"]
        return {"residual": {"network": {"edges": residual}}, "conv-3x3": {"network": {"edges": alone}}}

    def largest(self) -> Actions:
        """Return the operation of most FLOPs on every edge."""
        work = ("none", "skip", "avg-pool-3x3", "conv-1x1", "conv-3x3")
        return (max(range(len(self.operations)), key=lambda option: work.index(self.operations[option])),) * len(EDGES)

    def rule_of_thumb(self, rng: np.random.Generator) -> Actions | None:
        """Draw a cell of convolutions alone; None where none is offered."""
        free = [option for option, name in enumerate(self.operations) if GROUPS[name] == "conv"]
        return tuple(free[rng.integers(len(free))] for _ in EDGES) if free else None

    def spread(self, count: int) -> list[Actions]:
        """Return `count` cells at equal distances in the order of `enumerate`, each another network."""
        cells = list(self._forms.values())
        return [cells[row * (len(cells) - 1) // max(count - 1, 1)] for row in range(count)]

    def describe(self, spec: Spec) -> str:
        """Return the source's notation: node by node, each edge with the node that it comes from."""
        chosen = dict(zip(EDGES, spec["network"]["edges"], strict=True))
        nodes = ["".join(f"{chosen[source, node]}~{source}|" for source in range(node)) for node in range(1, NODES)]
        return "+".join(f"|{edges}" for edges in nodes)

    def read(self, text: str) -> Spec:
        """Return the cell of a text: the inverse of `describe`.

        Raises:
            SettingsError: it is none.
        """
        edges = re.findall(r"([a-z0-9-]+)~\d\|", text)
        spec: Spec = {"network": {"edges": edges}}
        if len(edges) != len(EDGES) or not set(edges) <= GROUPS.keys() or self.describe(spec) != text:
            raise SettingsError(
                f"no candidate can be read from {text!r}",
                allowed=f"{self.describe({'network': {'edges': ['skip'] * len(EDGES)}})}, of {', '.join(GROUPS)}",
            )
        return spec

    @cached_property
    def _forms(self) -> Mapping[str, Actions]:
        return _first(self.operations)


def form(edges: Sequence[str]) -> str:
    """Return what a cell computes of its input x: equal for cells of which the same is built, and only for these.

    An edge `none`, and whatever is made of nothing, brings nothing; `skip` brings its node; sums are written out.
    A star marks the operation whose result is used twice: with two of its kind there would be other weights.

    >>> form(["conv-3x3", "none", "skip", "none", "skip", "skip"])
    '*conv-3x3(x)+*conv-3x3(x)'
    """
    chosen = dict(zip(EDGES, edges, strict=True))
    # Only node 1 has two ways to the last node. It is a single term: what its one edge brings.
    twice = "none" not in (chosen[1, 2], chosen[1, 3], chosen[2, 3])
    values: list[list[str]] = [["x"]]
    for node in range(1, NODES):
        terms: list[str] = []
        for source in range(node):
            operation = chosen[source, node]
            if operation == "skip":
                terms += values[source]
            elif operation != "none" and values[source]:
                terms.append(f"{operation}({'+'.join(values[source])})")
        starred = node == 1 and twice and terms not in ([], ["x"])
        values.append([f"*{terms[0]}"] if starred else sorted(terms))
    return "+".join(values[-1])


def published(edges: Sequence[str], *, zeros: bool) -> str:
    """Return a cell's name under the rule by which the source counts different cells.

    The text of a node lists those of its edges in alphabetical order; `skip` gives the text of its node. With `zeros`,
    `none` and whatever is made of it is #. There are 12,751 such names of 15,625 cells, 6,466 with `zeros`. They tell
    cells apart of which the same is built (# stays in sums, sums of sums keep their order), and give one name to cells
    of different weights (see the star of `form`).
    """
    names = ["0"]
    for node in range(1, NODES):
        terms = []
        for (source, target), operation in zip(EDGES, edges, strict=True):
            if target == node and zeros and "#" in (names[source], "#" if operation == "none" else ""):
                terms.append("#")
            elif target == node:
                terms.append(names[source] if operation == "skip" else f"({names[source]})@{operation}")
        names.append("+".join(sorted(terms)))
    return names[-1]


@cache
def _first(operations: tuple[str, ...]) -> Mapping[str, Actions]:
    """Return the first sequence of each form, in the order of `enumerate`."""
    found: dict[str, Actions] = {}
    for actions in np.ndindex(*(len(operations),) * len(EDGES)):
        found.setdefault(form([operations[action] for action in actions]), actions)
    return found


@cache
def _encodings(operations: tuple[str, ...]) -> Counter[str]:
    every = np.ndindex(*(len(operations),) * len(EDGES))
    return Counter(form([operations[action] for action in actions]) for actions in every)


SETTINGS, SPACE = Settings, EdgeCell
TEST_SETTINGS = {"operations": ("none", "skip", "conv-3x3", "avg-pool-3x3")}
