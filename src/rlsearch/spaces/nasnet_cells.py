"""Two cells of blocks, of which a whole network is stacked (NASNet; Zoph et al. 2018, section 3)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from rlsearch import seeds
from rlsearch.cell_notation import unused
from rlsearch.errors import SettingsError
from rlsearch.files import digest
from rlsearch.spaces._cells_baselines import NAMES, RANDOM, costliest, fixed, matched
from rlsearch.spaces._cells_canonical import Form, Rows, form
from rlsearch.spaces._cells_counting import defective, defective_encodings, different
from rlsearch.spaces._cells_key import AS_PUBLISHED, as_built, as_decided, codes, last_block
from rlsearch.spaces._cells_labels import network_of, write
from rlsearch.spaces._cells_plan import CELLS, actions_of, plan, rows_of
from rlsearch.spaces._cells_settings import CellSettings
from rlsearch.spaces.base import Actions, Decision, Size, Space, Spec, representatives

MOST_LISTED = 20_000
"""Sequences of the largest space whose networks are listed, so that some at equal distances can be named."""


class NASNetCells(Space):
    """The blocks of the normal cell, then those of the reduction cell; five decisions a block.

    >>> space = NASNetCells()
    >>> space.sizes()
    'about 10^13 sequences of decisions, about 10^11 different networks'
    >>> space.describe(space.decode((0, 0, 9, 0, 0, 1, 2, 7, 8, 1) * 2))
    'normal 0.id+0.conv3, 1.max7|2.conv1; reduction 0.conv1+0.conv3, 1.max7|2.conv1'
    """

    networks: ClassVar[tuple[str, ...]] = ("nasnet",)
    unordered_joins: ClassVar[bool] = True
    matchable: ClassVar[frozenset[str]] = NAMES
    question: ClassVar[str] = "Which two cells, stacked again and again, make a good convolutional network?"
    fixed: ClassVar[bool] = True

    def __init__(self, settings: CellSettings | None = None) -> None:
        self.settings = settings or CellSettings()
        self.plan = plan(self.settings)
        chosen = self.settings.operations, self.settings.combinations
        # Of the cells that are decided: a shared one stands as a normal cell.
        self._codes = [codes(*chosen, strided) for strided in (False, True)]
        self._decided = 1 if self.settings.cells == "shared" else 2
        self._defective = self.settings.wiring == AS_PUBLISHED

    def next(self, prefix: Actions) -> Decision | None:
        """Return the decision that follows; the order of questions does not depend on the answers."""
        return self.plan[len(prefix)] if len(prefix) < len(self.plan) else None

    def decode(self, actions: Actions) -> Spec:
        """Return {"network": {"normal": {"blocks", "output"}, "reduction": {...}}} (`cell_notation.Cell.plain`).

        In the canonical form, so that equal networks train to equal bytes, unless `canonical` is off.
        """
        return self._spec(self._canonical(actions) if self.settings.canonical else self._rows(actions))

    def literal(self, actions: Actions) -> Spec:
        """Return the cells as they were decided."""
        return self._spec(self._rows(actions))

    def key(self, spec: Spec) -> str:
        """Return the digest of the network, whatever the order of operands and blocks and the name of a 1x1.

        With `canonical: false`, of the blocks as they are.
        """
        return digest((as_built if self.settings.canonical else as_decided)(spec["network"]))

    def canonical(self, actions: Actions) -> Actions:
        """Return the sequence of the canonical form (`_cells_canonical.form`)."""
        if not self.has_equal_sequences:
            return actions
        return tuple(digit for rows in self._canonical(actions)[: self._decided] for row in rows for digit in row)

    @property
    def has_equal_sequences(self) -> bool:
        """Tell whether several sequences may mean one network: always, where there is a network."""
        return self.unbuilt is None

    @property
    def kept_apart(self) -> str:
        """Why sequences that mean one network have keys of their own."""
        return "" if self.settings.canonical else "a candidate is its sequence of decisions (canonical: false)"

    @property
    def unbuilt(self) -> tuple[str, str] | None:
        """Tell that no network has blocks that count on through both cells."""
        if self.settings.inputs == "per-cell":
            return None
        return "inputs", (
            "names states that a reduction cell does not have, so that no network can be built: give per-cell, or let a"
            " surrogate answer (evaluator) and retrain nothing (target: null)"
        )

    @cached_property
    def nominal_size(self) -> int:
        """Number of sequences of decisions."""
        return math.prod(len(decision.options) for decision in self.plan)

    @cached_property
    def distinct_size(self) -> Size | None:
        """Number of different networks, counted; None where there are none."""
        if not self.has_equal_sequences:
            return None
        if self._defective:
            return Size(defective(self.settings))
        return Size(math.prod(different(self.settings, codes) for codes in self._codes[: self._decided]))

    def encodings(self, spec: Spec) -> int | None:
        """Return how many sequences give the network of a spec, 0 if none does; None where there are no networks."""
        if not self.has_equal_sequences:
            return None
        actions = actions_of(self.settings, spec["network"])
        if actions is None or self.key(self.decode(actions)) != self.key(spec):
            return 0
        cells = self._rows(actions)
        if self._defective:
            return defective_encodings(self.settings, self.nominal_size, last_block(cells[0]))
        return math.prod(self._form(cell, cells[cell]).encodings for cell in range(self._decided))

    def extent(self) -> tuple[int, int]:
        """Return the number of decisions and the options of the widest one."""
        return len(self.plan), max(len(decision.options) for decision in self.plan)

    def spread(self, count: int) -> list[Actions]:
        """Return `count` candidates at equal distances in the order of `enumerate`; drawn by name in large spaces."""
        if self.nominal_size <= MOST_LISTED:
            known = list(representatives(self))
            return [known[index * (len(known) - 1) // max(count - 1, 1)] for index in range(count)]
        rng, found = seeds.generator("spread", "nasnet-cells", count), dict[Actions, None]()
        while len(found) < min(count, self.different or count):
            drawn = self.sample(rng)
            found[drawn if self.kept_apart else self.canonical(drawn)] = None
        return list(found)

    def baselines(self) -> Mapping[str, Spec]:
        """Return NASNet-A, residual and separable cells and three random ones (`_cells_baselines`), wired as published.

        Empty where no network can be built.
        """
        if self.unbuilt:
            return {}
        # Word for word where the wiring is defective: its canonical form keeps one block alone.
        made = self.literal if self._defective else self.decode
        drawn = {name: made(self.sample(seeds.generator("nasnet-cells", name))) for name in RANDOM}
        cells = {name: {cell: spec["network"][cell] for cell in CELLS} for name, spec in drawn.items()}
        return {**fixed(self.settings.blocks), **{name: {"network": network} for name, network in cells.items()}}

    def matched(self, name: str, spec: Spec, shape: tuple[int, ...] = (3, 32, 32), outputs: int = 10) -> Spec | None:
        """Return a baseline with the filters at which its parameters come nearest to a network's; None for others."""
        return self.matched_with({}, name, spec, shape, outputs)

    def matched_with(
        self, options: Mapping[str, Any], name: str, spec: Spec, shape: tuple[int, ...], outputs: int
    ) -> Spec | None:
        """Return the same for networks of so many cells, filters and so on."""
        baseline = self.baselines().get(name)
        return None if baseline is None else matched(baseline, spec, shape, outputs, options)

    def largest(self) -> Actions | None:
        """Return a candidate that no other option of one decision makes dearer; None where no network can be built."""
        return None if self.unbuilt else self._costliest

    @cached_property
    def _costliest(self) -> Actions:
        return costliest(self.plan, self.decode)

    def rule_of_thumb(self, rng: np.random.Generator) -> Actions | None:
        """Draw cells of convolutions alone; None where there is none."""
        operations = [place for place, name in enumerate(self.settings.operations) if "conv" in name]
        if not operations:
            return None
        free = self.sample(rng)
        pairs = zip(free, self.plan, strict=True)
        return tuple(int(rng.choice(operations)) if d.kind == "operation" else action for action, d in pairs)

    def describe(self, spec: Spec) -> str:
        """Return the blocks of both cells, in the notation of `rlsearch.cell_notation`."""
        return write(spec["network"])

    def read(self, text: str) -> Spec:
        """Return the cells of a text, whether or not the space has them: the inverse of `describe`.

        Raises:
            SettingsError: it names no two cells.
        """
        try:
            if self.unbuilt:
                raise ValueError("{} {}".format(*self.unbuilt))
            return {"network": network_of(text)}
        except ValueError as error:
            raise SettingsError(f"no candidate can be read from {text!r}: {error}") from None

    def _rows(self, actions: Actions) -> tuple[Rows, Rows]:
        """Return the blocks of both cells, as they were decided."""
        if len(actions) != len(self.plan):
            raise ValueError(f"a candidate has {len(self.plan)} decisions, got {len(actions)}")
        for decision, action in zip(self.plan, actions, strict=True):
            if not 0 <= action < len(decision.options):
                raise ValueError(f"there is no option {action!r} of decision {decision.name!r}")
        return rows_of(self.settings, actions)

    def _canonical(self, actions: Actions) -> tuple[Rows, Rows]:
        """Return the blocks of both cells in their canonical forms."""
        normal, reduction = self._rows(actions)
        if self._defective:
            nothing: Rows = ((0, 0, 0, 0, 0),) * self.settings.blocks
            return (*nothing[1:], last_block(normal)), nothing
        return self._form(0, normal).rows, self._form(1, reduction).rows

    def _form(self, cell: int, rows: Rows) -> Form:
        return form(rows, unused([row[:2] for row in rows]), self._codes[cell])

    def _spec(self, cells: tuple[Rows, Rows]) -> Spec:
        spec: dict[str, Any] = {name: self._plain(rows) for name, rows in zip(CELLS, cells, strict=True)}
        return {"network": spec | ({"wiring": AS_PUBLISHED} if self._defective else {})}

    def _plain(self, rows: Rows) -> dict[str, Any]:
        operations, combinations = self.settings.operations, self.settings.combinations
        blocks = [
            [left, right, operations[first], operations[second], combinations[combination]]
            for left, right, first, second, combination in rows
        ]
        # Blocks that count on through both cells name states that their cell does not have.
        return {"blocks": blocks, "output": list(unused([row[:2] for row in rows])) if self.has_equal_sequences else []}


SETTINGS, SPACE = CellSettings, NASNetCells
TEST_SETTINGS = {
    "blocks": 1,
    "operations": ("identity", "max-pool-3x3", "conv-1x1", "separable-conv-3x3"),
    "cells": "shared",
}
