"""How the networks of a space's candidates are built, and the fingerprints of what comes of it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from typing import Any

import torch

from rlsearch.data.kinds import _registry as kinds
from rlsearch.data.kinds.base import Form, Kind
from rlsearch.data.sources.base import Extent
from rlsearch.networks import _registry as registry
from rlsearch.spaces.base import Space, Spec
from rlsearch.training.forward_flops import arguments
from rlsearch.training.graph import Graph, Refinement, View
from rlsearch.training.scope import child_scope
from rlsearch.training.traced import traced

SIDES = (8, 16, 28, 32, 64, 96, 128, 224, 256)
"""Roots of the sizes of samples that are tried for a space without a study, from the smallest."""

VIEWS = (View(), View(joins=True), View(joins=True, gathered=True))
"""What may count as the same, from the strictest to the loosest."""
Built = tuple[Hashable, ...]
"""The fingerprints of what is built, one for each of `VIEWS`."""


@dataclass(frozen=True)
class Recipe:
    """How the networks of candidates are built.

    Attributes:
        network, options: its name and the options of the settings; "": specs say nothing of networks, and none is
            built. kind, form: of the data that it is for.
        meta: trace on torch's meta device, which has shapes and no numbers. That pays for large networks: its first use
            in a process takes more than a second.
    """

    network: str
    kind: Kind
    form: Form
    options: Mapping[str, Any] = field(default_factory=dict)
    meta: bool = True

    def graphs(self, specs: Mapping[str, Spec]) -> dict[str, Built | str]:
        """Return what is built of each spec, or why it cannot be built."""
        if not self.network:
            return dict.fromkeys(specs, VIEWS)
        if self.meta:
            with suppress(NotImplementedError, RuntimeError):  # what looks at its numbers has no way without them
                return self._graphs(specs, torch.device("meta"))
        return self._graphs(specs, torch.device("cpu"))

    def _graphs(self, specs: Mapping[str, Spec], device: torch.device) -> dict[str, Built | str]:
        # One refinement and one device for all: only then can fingerprints be compared.
        refined, found = Refinement(), dict[str, Built | str]()
        with child_scope(0, torch.device("cpu"), 1):  # constructors draw from the global generators
            for text, spec in specs.items():
                try:
                    graph = self._graph({**self.options, **spec.get("network", {})}, device)
                    found[text] = tuple(refined(graph, *VIEWS))
                except ValueError as error:
                    found[text] = str(error)
        return found

    def _graph(self, options: Mapping[str, Any], device: torch.device) -> Graph:
        with device if device.type == "meta" else nullcontext():
            model = registry.build(self.network, self.form.shape, self.form.outputs, options)
            example = self.kind.example(self.form)
            if self.kind.windowed and isinstance(example, torch.Tensor):
                # Two steps: the first begins with a state of zeros, and what is added to zeros cannot be told apart.
                example = torch.cat([example, example], 1)
            return traced(model, *arguments(example, device))


def of_space(space: Space, *, meta: bool = True) -> Recipe:
    """Return how the candidates of a space are built that no study names: by its first network, with its defaults.

    On the smallest data that fit the space.
    """
    network = space.networks[0] if space.networks else ""
    kind = kinds.of_network(network)
    return Recipe(network, kind, smallest(space, kind), meta=meta)


def smallest(space: Space, kind: Kind) -> Form:
    """Return the smallest form of data of a kind, of a few that are tried, that fits a space; of none, the first."""
    forms = [kind.imagined(Extent(1, 1, side * side)) for side in SIDES]
    return next((form for form in forms if space.misfit(form.shape) is None), forms[0])
