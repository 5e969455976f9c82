"""Searches: drivers, journal, ledger, outcome store. Also the call `rlsearch.search(space, agent, evaluate, ...)`.

The package and the function share the name that users expect of both, so the package can be called.
"""

import importlib
import sys
from types import ModuleType
from typing import Any


class _Callable(ModuleType):
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call `rlsearch.search.api.search`, which documents the arguments."""
        return importlib.import_module("rlsearch.search.api").search(*args, **kwargs)


sys.modules[__name__].__class__ = _Callable
