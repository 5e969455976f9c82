"""The graph of operations that one forward pass of a network is, recorded at the level of torch's own operators."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from rlsearch.files import digest
from rlsearch.training.graph import COMMUTE, JOIN, OUTPUT, Graph, Node, Source
from rlsearch.training.quick_start import skip_compiler
from rlsearch.training.stacked_weights import StackedWeights

SAME = frozenset({"detach", "alias", "lift_fresh", "clone", "contiguous"})
"""Operators that hand on the numbers that they are given."""
_FILLED = ("zeros", "ones", "full", "empty")
MADE = frozenset([*(f"new_{what}" for what in _FILLED), *(f"{what}_like" for what in _FILLED)])
"""Operators that read no numbers of the tensor that they are given, only its form."""
ZEROS = frozenset({"zeros", "zeros_like", "new_zeros"})
ADDED = "[(_, _), {}]"
"""The arguments of an operator on two tensors and nothing else."""
NOWHERE = frozenset({"device", "layout", "pin_memory", "memory_format"})
"""Arguments that say where numbers lie, and not which."""


def traced(model: nn.Module, *example: Tensor) -> Graph:
    """Return the graph of a forward pass in evaluation mode.

    Nodes are labelled by operator, arguments and sizes, parameters and buffers by their sizes alone: two networks that
    differ in nothing but the values of their weights have equal graphs. Whole numbers are no weights, and count: they
    say which inputs are read. Dropout and what else training alone does is
    not in it.

    Args:
        model: any module; its mode is put back and nothing else changes.
        example: what it is called with, on its device; on torch's meta device nothing is computed.
    """
    skip_compiler(getattr(_Recorder, "__torch_dispatch__", None))
    recorder, was_training = _Recorder(), model.training
    for tensor in example:
        recorder.leaf(tensor, "input")
    for parameter in model.parameters():
        recorder.leaf(parameter, "parameter" if parameter.requires_grad else "frozen")
    for buffer in model.buffers():
        recorder.leaf(buffer, "buffer")
    model.eval()
    try:
        with torch.no_grad(), recorder:
            result = model(*example)
    finally:
        model.train(was_training)
    answers = tuple(recorder.source(tensor) for tensor in _tensors(result))
    recorder.graph.add(Node(OUTPUT, "", answers))
    recorder.stacked.read(answers)
    recorder.stacked.anonymous()
    return recorder.graph


class _Recorder(TorchDispatchMode):
    """Appends a node to `graph` for every operator that runs while it is entered."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.graph = Graph()
        self.stacked = StackedWeights(self.graph)
        self._sources: dict[int, Source] = {}
        # By their memory. They are kept, since ids only tell tensors apart that live.
        self._kept: dict[int, list[Tensor]] = defaultdict(list)

    def leaf(self, tensor: Tensor, name: str) -> None:
        """Add what no operator made."""
        self._name(tensor, (self.graph.add(Node(name, f"{_sizes(tensor)}{_whole_numbers(tensor, name)}")), 0))

    def source(self, tensor: Tensor) -> Source:
        """Return the node that made a tensor."""
        if id(tensor) not in self._sources:
            self.leaf(tensor, "constant")
        return self._sources[id(tensor)]

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = {key: value for key, value in (kwargs or {}).items() if key not in NOWHERE}
        tensors = list(_tensors([args, given]))
        sources = [self.source(tensor) for tensor in tensors]
        result = func(*args, **(kwargs or {}))
        name = func._schema.name.partition("::")[2]
        written = _written(func, args, kwargs or {})
        if written:
            name = name.removesuffix("_")
        made = list(_tensors(result))
        if (parts := self.stacked.parts(name, args, sources, made)) is not None:
            for tensor, part in zip(made, parts, strict=True):
                self._name(tensor, part)
            return result
        node = self._node(name, _text([args, given]), sources, made)
        if isinstance(node, Node):
            number = self.graph.add(node)
            self.stacked.note(name, args, sources, made, number)
            for place, tensor in enumerate(made):
                self._name(tensor, (number, place))
            for tensor in written:
                self._rewrite(tensor, (number, 0))
        else:
            self._name(made[0], node)
        return result

    def _node(self, name: str, arguments: str, sources: list[Source], made: list[Tensor]) -> Node | Source:
        """Return what an operator is, or what it hands on."""
        sizes = ", ".join(map(_sizes, made))
        if name in SAME and len(sources) == 1:
            return sources[0]
        if name == "add":
            # Zeros of a size that leaves the other operand's as it is; `sum` of Python begins with the number 0.
            sources = [source for source in sources if not self._is_zeros(source, sizes)] or sources[:1]
            if arguments in (ADDED, "[(_, 0), {}]", "[(0, _), {}]") and len(sources) == 1:
                return sources[0]
        if name in COMMUTE and arguments != ADDED:
            name = f"{name} by"  # a number, or a multiple: no two operands that could change places
        if name == JOIN and len(sources) == 1:
            return sources[0]
        if name == "sum" and self._is_stack(sources[0], arguments):
            name, arguments, sources = "add", ADDED, list(self.graph.nodes[sources[0][0]].inputs)
        if name in ZEROS:
            return Node("zeros", f"->{sizes}")
        # Behind the arrow: what follows from the inputs, so that joins of joins have equal arguments.
        listed = arguments.replace("_, ", "").replace("_", "") if name == JOIN else arguments
        return Node(name, f"{listed}->{sizes}", () if name in MADE else tuple(sources))

    def _is_zeros(self, source: Source, sizes: str) -> bool:
        node = self.graph.nodes[source[0]]
        return node.name == "zeros" and node.about == f"->{sizes}"

    def _is_stack(self, source: Source, arguments: str) -> bool:
        """Tell whether a sum adds up, over the axis along which they are stacked, what is stacked."""
        node = self.graph.nodes[source[0]]
        return (node.name, arguments) == ("stack", "[(_, [0]), {}]") and node.about.startswith("[([_")

    def _name(self, tensor: Tensor, source: Source) -> None:
        self._sources[id(tensor)] = source
        self._kept[_memory(tensor)].append(tensor)

    def _rewrite(self, tensor: Tensor, source: Source) -> None:
        """Note that a tensor was written to, and with it all that share its memory."""
        self._sources[id(tensor)] = source
        for other in {id(kept): kept for kept in self._kept[_memory(tensor)]}.values():
            if self._sources[id(other)] != source:
                inputs = self._sources[id(other)], source
                self._sources[id(other)] = self.graph.add(Node("rewritten", _sizes(other), inputs)), 0


def _whole_numbers(tensor: Tensor, name: str) -> str:
    """Return what tells whole numbers apart that a network holds: which inputs it reads is no matter of its weights."""
    if name == "input" or tensor.is_floating_point() or tensor.is_complex() or tensor.is_meta:
        return ""
    return f" {digest(tensor.tolist())}"


def _memory(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


def _written(func: Any, args: Any, kwargs: Any) -> list[Tensor]:
    """Return the arguments that an operator writes to."""
    named = [argument for argument in func._schema.arguments if argument.alias_info and argument.alias_info.is_write]
    if not named:
        return []
    places = {argument.name: place for place, argument in enumerate(func._schema.arguments)}
    given = [kwargs.get(a.name, args[places[a.name]] if places[a.name] < len(args) else None) for a in named]
    return list(_tensors(given))


def _tensors(value: Any) -> Iterator[Tensor]:
    """Yield the tensors in nested arguments or results."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict):
        for child in value.values():
            yield from _tensors(child)
    elif isinstance(value, list | tuple):
        for child in value:
            yield from _tensors(child)


def _text(value: Any) -> str:
    """Return arguments as text, with _ for every tensor."""
    if isinstance(value, Tensor):
        return "_"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_text(child)}" for key, child in value.items()) + "}"
    if isinstance(value, list | tuple):
        inside = ", ".join(map(_text, value))
        return f"({inside})" if isinstance(value, tuple) else f"[{inside}]"
    return repr(value)


def _sizes(tensor: Tensor) -> str:
    return f"{tuple(tensor.shape)} {tensor.dtype}"
