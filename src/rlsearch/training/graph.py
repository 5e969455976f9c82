"""Graphs of operations, and whether two are the same: nodes with labels, refined by their neighbours until stable."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

Source = tuple[int, int]
"""A node by its number, and which of its results."""
COMMUTE = frozenset({"add", "mul", "maximum", "minimum"})
"""Operations whose operands may stand in any order."""
JOIN = "cat"
OUTPUT = "output"


@dataclass(frozen=True)
class Node:
    """An operation on what other nodes make.

    Attributes:
        name: of the operation, such as "convolution"; what has no inputs is a "parameter", the "input", ...
        about: what else tells it apart: arguments that are no tensors, and the sizes of what it makes.
        inputs: in the order of its arguments.
    """

    name: str
    about: str = ""
    inputs: tuple[Source, ...] = ()

    @property
    def label(self) -> str:
        """Name and arguments."""
        return f"{self.name} {self.about}"


@dataclass(frozen=True)
class View:
    """What counts as the same.

    Attributes:
        joins: concatenations in any order, since another one only names the channels differently.
        gathered: sums (and such) of any number of operands, however they are put together: (a + b) + c as a + (b + c).
    """

    joins: bool = False
    gathered: bool = False

    @property
    def free(self) -> frozenset[str]:
        """The operations whose operands have no order."""
        return COMMUTE | ({JOIN} if self.joins else frozenset())


@dataclass
class Graph:
    """Nodes by number; the last one is the `OUTPUT`, whose inputs are what the network returns."""

    nodes: dict[int, Node] = field(default_factory=dict)

    def add(self, node: Node) -> int:
        """Append a node and return its number."""
        self.nodes[len(self.nodes)] = node
        return len(self.nodes) - 1

    def simplified(self, view: View) -> Graph:
        """Return the graph without what nobody uses; with `gathered`, sums of sums (and such) are one node each.

        An intermediate sum that something else uses too stays a node.
        """
        nodes = _reached(self.nodes)
        while view.gathered and (changed := _gathered(nodes, view.free)):
            nodes = _reached(nodes | changed)
        return Graph(nodes)


def _reached(nodes: Mapping[int, Node]) -> dict[int, Node]:
    """Return the nodes on which the output rests."""
    waiting, live = [number for number, node in nodes.items() if node.name == OUTPUT], set[int]()
    while waiting:
        number = waiting.pop()
        if number not in live:
            live.add(number)
            waiting += [source for source, _ in nodes[number].inputs]
    return {number: node for number, node in nodes.items() if number in live}


def _gathered(nodes: Mapping[int, Node], gathers: frozenset[str]) -> dict[int, Node]:
    """Return the nodes that take in more than before: the operands of operands that nobody else uses."""
    uses = Counter(source for node in nodes.values() for source in node.inputs)
    changed: dict[int, Node] = {}
    for number, node in nodes.items():
        if node.name not in gathers:
            continue
        inputs: list[Source] = []
        for source in node.inputs:
            operand = nodes[source[0]]
            # Other arguments (along which axis is joined) have to be the same; sizes differ between joins.
            alike = operand.name == node.name and _arguments(operand) == _arguments(node)
            inputs += operand.inputs if alike and uses[source] == 1 and source[0] not in changed else [source]
        if len(inputs) != len(node.inputs):
            changed[number] = replace(node, inputs=tuple(inputs))
    return changed


def _arguments(node: Node) -> str:
    return node.about.partition("->")[0]


Fingerprint = frozenset[tuple[int, int]]


class Refinement:
    """Gives graphs a fingerprint each: equal ones for graphs that are the same but for the numbers of their nodes.

    Weisfeiler & Leman (1968): the colour of a node is its label; it is refined by the colours of its inputs and of its
    users, with the places at which they stand, until no more nodes are told apart. Fingerprints of one refinement can
    be compared with each other.
    """

    def __init__(self) -> None:
        self._colours: dict[object, int] = {}

    def __call__(self, graph: Graph, *views: View) -> list[Fingerprint]:
        """Return the fingerprint of a graph under each view of what counts as the same."""
        found: list[Fingerprint] = []
        before: tuple[Mapping[int, Node], frozenset[str]] | None = None
        for view in views:
            nodes = graph.simplified(view).nodes
            seen = nodes, view.free & {node.name for node in nodes.values()}
            # Most graphs look the same under several views.
            found.append(found[-1] if seen == before else self._of(*seen))
            before = seen
        return found

    def _of(self, nodes: Mapping[int, Node], free: frozenset[str]) -> Fingerprint:
        """Return how many nodes have which colour; `free`: operations whose operands have no order."""
        sources: dict[int, list[tuple[int, int, int]]] = {}
        users: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        for number, node in nodes.items():
            places = [0 if node.name in free else place for place in range(len(node.inputs))]
            sources[number] = [(place, *source) for place, source in zip(places, node.inputs, strict=True)]
            for place, source, result in sources[number]:
                users[source].append((place, number, result))
        colours = {number: self._colour(node.label) for number, node in nodes.items()}
        told_apart = 0
        while told_apart < (told_apart := len(set(colours.values()))):
            colours = {
                number: self._colour((colour, _seen(sources[number], colours), _seen(users[number], colours)))
                for number, colour in colours.items()
            }
        return frozenset(Counter(colours.values()).items())

    def _colour(self, sign: object) -> int:
        return self._colours.setdefault(sign, len(self._colours))


def _seen(neighbours: Sequence[tuple[int, int, int]], colours: Mapping[int, int]) -> tuple[tuple[int, int, int], ...]:
    return tuple(sorted((place, colours[number], result) for place, number, result in neighbours))
