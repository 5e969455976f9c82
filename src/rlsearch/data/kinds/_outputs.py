"""What a network returns in training: its outputs, or those of an auxiliary head besides."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


def with_auxiliary(outputs: Any, criterion: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
    """Return the loss of what a network returned, and its own outputs.

    In training mode a network may return (outputs, outputs of an auxiliary head, weight): its loss is the loss of the
    first and `weight` times that of the second, and it is judged by the first.
    """
    if not isinstance(outputs, tuple):
        return criterion(outputs), outputs
    own, auxiliary, weight = outputs
    return criterion(own) + weight * criterion(auxiliary), own
