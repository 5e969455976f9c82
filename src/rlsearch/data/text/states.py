"""What a network on text hands on from window to window: a tensor, or tuples, lists and mappings of such states."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from rlsearch.data.kinds._graph import Graph
from rlsearch.errors import RlsearchError

State = Any
"""A tensor, or tuples, lists and mappings of states; None at the beginning of a stream."""
NAME, NEXT = "state", "next_state"
"""What the names of its tensors begin with; in a graph, those of the state after a token."""


def mapped(state: State, change: Callable[[Tensor], Any]) -> State:
    """Return a state of the same build, each tensor changed."""
    if isinstance(state, Tensor):
        return change(state)
    if isinstance(state, dict):
        return {key: mapped(value, change) for key, value in state.items()}
    if isinstance(state, list | tuple):
        parts = [mapped(value, change) for value in state]
        # A named tuple takes its parts one by one.
        return type(state)(*parts) if hasattr(state, "_fields") else type(state)(parts)
    return state


def named(state: State, name: str = NAME) -> dict[str, Tensor]:
    """Return the tensors of a state by where they stand in it, in its order.

    >>> list(named(((torch.zeros(1), torch.zeros(1)), {"c": torch.zeros(1)})))
    ['state_0_0', 'state_0_1', 'state_1_c']
    """
    if isinstance(state, Tensor):
        return {name: state}
    if isinstance(state, list | tuple):
        state = dict(enumerate(state))
    parts = state.items() if isinstance(state, dict) else ()
    return {key: tensor for at, part in parts for key, tensor in named(part, f"{name}_{at}").items()}


@torch.no_grad()
def after_one(model: nn.Module, streams: int) -> State:
    """Return the state that a network in eval mode is in after one token of so many streams."""
    return model(torch.zeros(streams, 1, dtype=torch.int64), None)[1]


def shapes(model: nn.Module) -> dict[str, list[int]]:
    """Return the shapes of the tensors of a state, for one stream, by name."""
    return {name: list(tensor.shape) for name, tensor in named(after_one(model.eval(), 1)).items()}


class Step(nn.Module):
    """A network on text, one token further.

    Args:
        model: the network; like: a state of it.
    """

    def __init__(self, model: nn.Module, like: State) -> None:
        super().__init__()
        self.model, self.like = model, like

    def forward(self, token: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Map a token of each stream (streams,) and the tensors of a state to logits (streams, words) and those after.

        The tensors are those of `named`, in its order.
        """
        parts: Iterator[Tensor] = iter(state)
        logits, after = self.model(token[:, None], mapped(self.like, lambda _: next(parts)))
        return (logits[:, 0], *named(after).values())


def graph(model: nn.Module) -> Graph:
    """Return the graph of one step: `token` and the tensors of `named` become `logits` and those of the next state.

    Raises:
        RlsearchError: a stream of the network does not begin as one with a state of zeros does, which is all that a
            graph of a step can be given.
    """
    two, three = (named(after_one(model, streams)) for streams in (2, 3))
    axes = tuple(_axis(one, other) for one, other in zip(two.values(), three.values(), strict=True))
    token = torch.zeros(2, dtype=torch.int64)
    step = Step(model, after_one(model, 2)).eval()
    zeros = tuple(torch.zeros_like(tensor) for tensor in two.values())
    _check_beginning(step, token, zeros)
    names = ["logits", *(name.replace(NAME, NEXT, 1) for name in two)]
    return Graph(step, (token, zeros), (0, axes), ["token", *two], names)


@torch.no_grad()
def _check_beginning(step: Step, token: Tensor, zeros: tuple[Tensor, ...]) -> None:
    logits, state = step.model(token[:, None], None)
    begun = (logits[:, 0], *named(state).values())
    if any(not torch.equal(one, other) for one, other in zip(begun, step(token, zeros), strict=True)):
        raise RlsearchError(
            "ONNX export is for networks on text whose streams begin with a state of zeros, and this one's do not",
            remedy="export without --onnx, and use the folder with `rlsearch.load_model`",
        )


def _axis(two: Tensor, three: Tensor) -> int | None:
    """Return the axis along which streams lie, from the state of two and that of three; None: there is none."""
    unlike = [axis for axis, sizes in enumerate(zip(two.shape, three.shape, strict=True)) if len(set(sizes)) > 1]
    return unlike[0] if unlike else None
