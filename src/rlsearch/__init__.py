"""Reinforcement learning chooses how neural networks are initialised, built and trained.

The names below are imported on first use, so that `import rlsearch` costs nothing.
"""

import importlib
from typing import Any

__version__ = "0.1.0"

_EXPORTS = {
    "Space": "rlsearch.spaces.base",
    "Continuous": "rlsearch.spaces.base",
    "Choice": "rlsearch.spaces.base",
    "Agent": "rlsearch.agents.base",
    "Proposal": "rlsearch.agents.base",
    "Outcome": "rlsearch.training.outcome",
    "register_network": "rlsearch.networks.registry",
    "load_model": "rlsearch.export",
}

__all__ = [*sorted(_EXPORTS), "__version__", "search"]


def __getattr__(name: str) -> Any:
    if name == "search":
        return importlib.import_module("rlsearch.search")
    if name not in _EXPORTS:
        raise AttributeError(f"module 'rlsearch' has no attribute {name!r}")
    module = importlib.import_module(_EXPORTS[name])
    return getattr(module, "register" if name == "register_network" else name)
