"""Optimizers and FLOP counts without the three seconds that their first use costs.

torch imports its compiler at an optimizer's first `step` and at the first counted operation, only to tell it to stay
away; a pipeline of short jobs would spend a third of its time on that. Nothing here is compiled, so these wrappers
are taken off, in this process, where they look as expected; where a version of torch looks different nothing is
changed, and the first use is merely slow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.optim import Optimizer

UNCOMPILED = "__dynamo_disable"
"""Where torch looks for the version of a method that its compiler leaves alone, before it imports the compiler."""


def without_compiler(kind: type[Optimizer]) -> type[Any]:
    """Return a subclass of an optimizer whose steps compute the same and do not import torch's compiler.

    Its type says nothing of the constructor, which each optimizer has its own of.
    """
    for name in ("add_param_group", "zero_grad", "state_dict", "load_state_dict"):
        skip_compiler(getattr(Optimizer, name))
    step = _inner_step(kind)
    # The wrapper that is left out switches gradients off unless `differentiable` is set, which nobody does here.
    return kind if step is None else type(kind.__name__, (kind,), {"step": torch.no_grad()(step)})


def skip_compiler(method: Any) -> None:
    """Mark a method that torch keeps away from its compiler as being so already."""
    plain = getattr(method, "__wrapped__", None)
    if plain is not None and not hasattr(plain, UNCOMPILED):
        setattr(plain, UNCOMPILED, plain)


def _inner_step(kind: type[Optimizer]) -> Callable[..., Any] | None:
    """Return the step function inside `_use_grad_for_differentiable`, or None when it is wrapped in another way."""
    outer: Any = kind.step
    while hasattr(outer, "__wrapped__"):
        if outer.__code__.co_name == "_use_grad":
            inner: Callable[..., Any] = outer.__wrapped__
            return inner
        outer = outer.__wrapped__
    return None
