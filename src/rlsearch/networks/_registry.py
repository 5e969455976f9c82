"""Networks by name: a file of this folder, or a class that a user registered in plain Python."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from torch import nn

from rlsearch.config import plugins
from rlsearch.config.base import NAME_PATTERN
from rlsearch.errors import SettingsError

Network = Callable[..., nn.Module]
"""Called as network(input_shape, outputs, **options)."""

N = TypeVar("N", bound=Network)

_registered: dict[str, Network] = {}


def register(name: str) -> Callable[[N], N]:
    """Return a decorator that makes a class known under `name`, which no file has.

    Registering a name again replaces its class, so that a notebook cell can be run twice. Worker processes that
    are started afresh know the class only if the module that registers it is imported there too.

    >>> import math
    >>> @register("linear")
    ... class Linear(nn.Sequential):
    ...     def __init__(self, input_shape, classes):
    ...         super().__init__(nn.Flatten(), nn.Linear(math.prod(input_shape), classes))
    >>> build("linear", (1, 8, 8), 10)[1].out_features
    10

    Raises:
        SettingsError: the name does not match [a-z][a-z0-9-]*, or is that of a file.
    """
    if not re.fullmatch(NAME_PATTERN, name):
        raise SettingsError(
            f"{name!r} cannot name a network", allowed="small letters, digits and -, a letter first, e.g. my-net"
        )
    if name in plugins.names("networks"):
        raise SettingsError(
            f"there is a network {name!r} already",
            where=str(plugins.find("networks", name).file),
            remedy="give yours another name: results of the two could not be told apart",
        )

    def remember(network: N) -> N:
        _registered[name] = network
        return network

    return remember


def names() -> list[str]:
    """Return the names of all networks, registered ones included, sorted."""
    return sorted({*_registered, *plugins.names("networks")})


def build(name: str, input_shape: tuple[int, ...], outputs: int, options: Mapping[str, Any] | None = None) -> nn.Module:
    """Return a network with torch's default weights.

    Args:
        name: e.g. "simple-cnn".
        input_shape: of one sample, as the kind of data has it (`Form.shape`): of images (channels, height, width).
        outputs: answers to choose from: classes, words.
        options: further keyword arguments of the network's class.

    Raises:
        SettingsError: unknown name or option; the message names the nearest one and all others.
        ValueError: the network cannot be built, e.g. because images are too small for it.
    """
    network = _find(name)
    options = dict(options or {})
    _check_options(name, network, options)
    return network(input_shape, outputs, **options)


def forward_flops(
    name: str, input_shape: tuple[int, ...], outputs: int, options: Mapping[str, Any] | None = None
) -> int | None:
    """Return the FLOPs of one forward pass of one sample where a network's file can tell without building it.

    Such a file has a function `forward_flops` beside its class, with the same arguments. It counts what torch's counter
    counts: convolutions and matrix products, a multiply-add as two. None: it has none.

    Raises:
        SettingsError, ValueError: as `build`.
    """
    if name in _registered or name not in plugins.names("networks"):
        return None
    count = getattr(plugins.load("networks", name), "forward_flops", None)
    if count is None:
        return None
    options = dict(options or {})
    _check_options(name, _find(name), options)
    return int(count(input_shape, outputs, **options))


def _find(name: str) -> Network:
    if name in _registered:
        return _registered[name]
    if name not in plugins.names("networks"):
        all_names = names()
        raise SettingsError(
            f"there is no network {name!r}{plugins.nearest(name, all_names)}",
            allowed=", ".join(all_names),
            remedy="name one of these, or register a class with rlsearch.register_network",
        )
    network: Network = plugins.load("networks", name).NETWORK
    return network


def options_of(network: Network) -> list[str] | None:
    """Return the options that a network's class takes; None where it takes any."""
    # The first two are the input's shape and the number of outputs.
    parameters = list(inspect.signature(network).parameters.values())[2:]
    takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    return None if takes_any else [parameter.name for parameter in parameters]


def _check_options(name: str, network: Network, given: Mapping[str, Any]) -> None:
    taken = options_of(network)
    if taken is None:
        return
    for option in given:
        if option not in taken:
            raise SettingsError(
                f"network {name!r} has no option {option!r}{plugins.nearest(option, taken)}",
                allowed=", ".join(taken) or "no options",
            )
