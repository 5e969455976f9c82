"""Settings: params.yaml as frozen, typed models, and the paths of every artefact.

The names below are imported on first use. What reads and checks the settings is so no part of the code that trains a
child, whose digest follows imports: settings enter every key by value, and an edited message recomputes nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rlsearch.config.load import check_places, dump, read, read_merged, validate, write_resolved
    from rlsearch.config.models import Params, StudySettings

_LOAD, _MODELS = "rlsearch.config.load", "rlsearch.config.models"
_EXPORTS = {
    "Params": _MODELS,
    "StudySettings": _MODELS,
    "check_places": _LOAD,
    "dump": _LOAD,
    "read": _LOAD,
    "read_merged": _LOAD,
    "validate": _LOAD,
    "write_resolved": _LOAD,
}

__all__ = ["Params", "StudySettings", "check_places", "dump", "read", "read_merged", "validate", "write_resolved"]


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module 'rlsearch.config' has no attribute {name!r}")
    return getattr(importlib.import_module(_EXPORTS[name]), name)
