"""Checks that a learnt policy still holds finite numbers; where it does not, one message says what to lower.

A learning rate or rewards too large make weights overflow, and then nothing need fail: the largest of action values
that are all NaN is the first. So every update is checked when it is done.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rlsearch.errors import PolicyError

if TYPE_CHECKING:
    from torch import Tensor

RATES = ("lr", "value_lr", "critic_lr")


def check(settings: Any, **tensors: Tensor) -> None:
    """Raise PolicyError for the first tensor that holds a number which is not finite; its keyword is its name."""
    for name, value in tensors.items():
        if not math.isfinite(float(value.detach().sum())):  # a fifth of the time that `isfinite().all()` takes
            raise lost(f"its {name.replace('_', ' ')} is not finite", settings)


def check_weights(settings: Any, weights: Iterable[Tensor]) -> None:
    """Raise PolicyError for weights that are not finite, or so large that their squares overflow (1e19)."""
    for weight in weights:
        if not math.isfinite(float(weight.detach().norm())):
            raise lost(f"its weights reach {float(weight.detach().abs().max()):g} in size", settings)


def lost(what: str, settings: Any) -> PolicyError:
    """Return the error of a policy that cannot be used any more; callers that know agent and trial add them."""
    fields = getattr(type(settings), "model_fields", {})
    rates = [f"{name} ({getattr(settings, name):g})" for name in RATES if name in fields]
    if "options" in fields:
        rate = settings.options.get("learning_rate", "the library's default")
        rates.append(f"options.learning_rate ({format(rate, 'g') if isinstance(rate, int | float) else rate})")
    return PolicyError(
        f"the policy has overflowed: {what}",
        remedy=f"lower {' or '.join(rates) or 'the learning rate'}, or the rewards (in a study: reward.scale)",
    )
