"""The variants of every space that the suites try."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rlsearch.cell_notation import OPERATIONS
from rlsearch.config import plugins
from rlsearch.spaces.base import (
    LAST_TRIAL,
    Actions,
    Space,
)
from rlsearch.testing import cases
from rlsearch.testing.cases import GROWING, WIDE
from rlsearch.tree_cell import ACTIVATIONS, COMBINATIONS

TINY = ("identity", "max-pool-3x3", "separable-conv-3x3")
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    **{name: (name, {}) for name in plugins.names("spaces")},
    "layered-cnn-full": ("layered-cnn", {**WIDE, "layers": 6, "strides": None, "stride_options": (1, 2, 3)}),
    "layered-cnn-growing": (
        "layered-cnn",
        {**GROWING, "pools": (2, 3), "batch_norm": True, "depth": {"every": 10, "most": 5}},
    ),
    # Maps shrink to one pixel, where layers of different names do the same.
    "metaqnn-deep": ("metaqnn", {"depth": 8, "initial_pool": True, "first": "valid", "pools": "same", "fc": (16, 4)}),
    # RL-NASNet-tiny.
    "nasnet-cells-tiny": ("nasnet-cells", {"blocks": 2, "operations": TINY, "combinations": ("add",)}),
    "nasnet-cells-large": ("nasnet-cells", {"blocks": 2, "operations": OPERATIONS, "cells": "both"}),
    # A strided identity is a 1x1 here, and equal networks have keys of their own.
    "nasnet-cells-apart": (
        "nasnet-cells",
        {"operations": ("identity", "conv-1x1"), "cells": "both", "canonical": False},
    ),
    "nasnet-cells-running": ("nasnet-cells", {"inputs": "running", "cells": "both", "canonical": False}),
    "nasnet-cells-as-published": ("nasnet-cells", {"blocks": 2, "wiring": "as-published"}),
    "recurrent-cell-injected": ("recurrent-cell", {"injection": None}),
    "recurrent-cell-large": (
        "recurrent-cell",
        {"base": 8, "combinations": COMBINATIONS, "activations": ACTIVATIONS, "injection": None},
    ),
    "metaqnn-limited": ("metaqnn", {"most_parameters": 1_000, "most_flops": 100_000, "known": {"line": "SM()"}}),
}

FIRST_AND_LAST = pytest.mark.parametrize("trial", [0, LAST_TRIAL], ids=["first", "last"])


def space_of(name: str) -> Space:
    """Return one of `VARIANTS`."""
    return cases.space(VARIANTS[name][0], **VARIANTS[name][1])


def drawn(space: Space, count: int) -> list[Actions]:
    """Return `count` random candidates, always the same."""
    rng = np.random.default_rng(0)
    return [space.sample(rng) for _ in range(count)]


def reordered(value: Any) -> Any:
    """Return a JSON value with the keys of its mappings in reverse order."""
    if isinstance(value, dict):
        return {key: reordered(value[key]) for key in reversed(value)}
    return [reordered(element) for element in value] if isinstance(value, list) else value
