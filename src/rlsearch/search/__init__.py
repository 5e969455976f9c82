"""Searches: drivers, journal, ledger, outcome store. Also the call `rlsearch.search(space, agent, evaluate, ...)`.

The package and the function share the name that users expect of both, so the package can be called.
"""

import importlib
import sys
from types import ModuleType
from typing import Any


# Python looks `__call__` up on the class of an object, so the module itself needs another class.
class _Callable(ModuleType):
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call `rlsearch.search.api.search`, which documents the arguments."""
        # Imported on the call: who needs a submodule must not load agents and all that they import.
        return importlib.import_module("rlsearch.search.api").search(*args, **kwargs)


sys.modules[__name__].__class__ = _Callable
