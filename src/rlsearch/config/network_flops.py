"""The FLOPs of a network without importing its file: the module that the file names by `FLOPS` has the function.

Settings are checked without torch, which the files of networks import.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable

from rlsearch.config import plugin_errors, plugin_source, plugins

Counter = Callable[..., int]
"""Called as counter(input_shape, outputs, **options), as `forward_flops` beside a network's class."""


def counter(network: str) -> Counter | None:
    """Return what counts a network's forward pass; None where its file names no such module, or there is no file.

    Raises:
        PluginError: the module cannot be imported, or has no `forward_flops`.
    """
    plugin = plugins.by_name("networks").get(network)
    module = None if plugin is None else plugin_source.text(plugin_source.parsed(plugin.file), "FLOPS")
    if plugin is None or module is None:
        return None
    try:
        counts: Counter = importlib.import_module(module).forward_flops
    except Exception as error:  # a file of a user may raise anything
        raise plugin_errors.not_importable(plugin.file, plugin.place, error) from error
    return counts
