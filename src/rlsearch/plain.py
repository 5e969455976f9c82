"""Plain Python values at the package's boundary: what NumPy, torch and a user's own code hand over becomes JSON-able.

Journals and ledgers hold JSON. What has no JSON form is refused where it comes in, not where it is written.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rlsearch.errors import RlsearchError


def scalar(value: Any) -> Any:
    """Return a NumPy or torch scalar, or an array without dimensions, as the Python scalar; anything else as it is.

    >>> import numpy as np
    >>> scalar(np.int64(3)), scalar(np.array(0.5)), scalar("text")
    (3, 0.5, 'text')
    """
    return value.item() if getattr(value, "shape", None) == () and hasattr(value, "item") else value


def finite(value: Any) -> float | None:
    """Return a real number as a float; None for NaN, infinities, true and false, text and all that is no number."""
    candidate = scalar(value)
    # A bool is an int in Python; here it is a slip.
    if isinstance(candidate, bool) or not isinstance(candidate, numbers.Real | Decimal):
        return None
    try:
        number = float(candidate)
    except (OverflowError, ValueError):
        return None
    return number if math.isfinite(number) else None


def whole(value: Any, name: str, least: int | None = None) -> int:
    """Return a whole number as an int.

    Raises:
        RlsearchError: 1.0 and True are none: elsewhere they would be another seed than 1.
    """
    number = scalar(value)
    if isinstance(number, bool) or not isinstance(number, int) or (least is not None and number < least):
        allowed = "a whole number" if least is None else f"a whole number from {least}"
        raise RlsearchError(f"{name} = {value!r}", allowed=allowed)
    return int(number)


def plain(value: Any, name: str) -> Any:
    """Return a value as JSON can hold it: arrays as lists, scalars of NumPy and torch as numbers; tuples stay tuples.

    Args:
        name: of the value, for the message.

    Raises:
        RlsearchError: something in it has no JSON form (NaN, an object, a key that is no text); the message says where.
    """
    item = scalar(value)
    if item is None or isinstance(item, str | bool | int):
        return item
    if isinstance(item, float):
        if not math.isfinite(item):
            raise _refused(name, item)
        return float(item)
    if isinstance(item, Mapping):
        return {_key(key, name): plain(child, f"{name}[{key!r}]") for key, child in item.items()}
    if isinstance(item, list | tuple):
        children = [plain(child, f"{name}[{place}]") for place, child in enumerate(item)]
        return tuple(children) if isinstance(item, tuple) else children
    if hasattr(item, "shape") and hasattr(item, "tolist"):
        return plain(item.tolist(), name)
    raise _refused(name, item)


def _key(key: Any, name: str) -> str:
    if not isinstance(key, str):
        raise RlsearchError(f"the key {key!r} of {name} is no text", allowed="text, as in JSON")
    return str(key)


def _refused(name: str, value: Any) -> RlsearchError:
    return RlsearchError(
        f"{name} is {value!r} ({type(value).__name__})",
        allowed="what JSON can hold: finite numbers, text, true, false, None, lists and dicts of these",
    )
