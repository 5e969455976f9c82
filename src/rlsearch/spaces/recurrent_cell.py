"""Recurrent cells as trees of sums, products and activations (Zoph & Le 2017, section 3.4)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Any, ClassVar

import numpy as np

from rlsearch import seeds
from rlsearch.errors import SettingsError
from rlsearch.files import digest
from rlsearch.plain import plain
from rlsearch.spaces._recurrent_baselines import NAMED, RANDOM
from rlsearch.spaces._recurrent_counting import different
from rlsearch.spaces._recurrent_dead import dead
from rlsearch.spaces._recurrent_plan import actions_of, cell_of_actions, plan
from rlsearch.spaces._recurrent_settings import RecurrentSettings
from rlsearch.spaces._recurrent_thumb import lstm_like
from rlsearch.spaces.base import Actions, Decision, Size, Space, Spec, representatives
from rlsearch.tree_cell import TreeCell, canonical, cell_of
from rlsearch.tree_notation import NASCELL, read, write

MOST_LISTED = 20_000
"""Sequences of the largest space whose cells are listed, so that some at equal distances can be named."""
MOST_REMEMBERED = 2**14
"""Cells whose canonical form is kept: agents that have learnt something propose the same ones again and again."""

_canonical = lru_cache(MOST_REMEMBERED)(canonical)


class RecurrentCell(Space):
    """A combination and an activation a node, leaves first; then how c goes in, where it is taken, where it goes in.

    >>> space = RecurrentCell(RecurrentSettings(base=2))
    >>> space.sizes()
    '36,864 sequences of decisions, 18,688 different cells'
    >>> space.describe(space.decode((0, 1, 1, 3, 1, 2, 0, 3, 1, 0)))
    '0:add tanh, 1:mult relu | 2:mult sigmoid; c 1 -> 0 (add relu)'
    """

    networks: ClassVar[tuple[str, ...]] = ("recurrent-lm", "recurrent-translator")
    noun: ClassVar[str] = "cell"
    question: ClassVar[str] = "Which tree of sums, products and activations makes a good recurrent cell?"
    fixed: ClassVar[bool] = True

    def __init__(self, settings: RecurrentSettings | None = None) -> None:
        self.settings = settings or RecurrentSettings()
        self.plan = plan(self.settings)

    def next(self, prefix: Actions) -> Decision | None:
        """Return the decision that follows; the order of questions does not depend on the answers."""
        return self.plan[len(prefix)] if len(prefix) < len(self.plan) else None

    def decode(self, actions: Actions) -> Spec:
        """Return {"network": {"cell": ...}} (`TreeCell.plain`) of the canonical form: twins train to equal bytes."""
        return _spec(_canonical(self._cell(actions))[0])

    def literal(self, actions: Actions) -> Spec:
        """Return the cell as it was decided."""
        return _spec(self._cell(actions))

    def key(self, spec: Spec) -> str:
        """Return the digest of the cell, whatever the order of branches, and of what else the spec says of a network.

        Of a cell that is no tree, of its name.
        """
        found = tree_of(spec)
        other = {name: value for name, value in spec["network"].items() if name != "cell"}
        cell = spec["network"]["cell"] if found is None else _canonical(found)[0].plain()
        return digest([cell, plain(other, "network")])

    def canonical(self, actions: Actions) -> Actions:
        """Return the decisions of the canonical form (`tree_cell.canonical`)."""
        found = actions_of(self.settings, _canonical(self._cell(actions))[0])
        assert found is not None, "branches in another order are of the same space"
        return found

    def encodings(self, spec: Spec) -> int:
        """Return how many sequences give a cell: the ways in which its branches can stand; 0 if none does."""
        cell = tree_of(spec)
        return 0 if cell is None or actions_of(self.settings, cell) is None else _canonical(cell)[1]

    @cached_property
    def nominal_size(self) -> int:
        """Number of sequences of decisions."""
        return math.prod(len(decision.options) for decision in self.plan)

    @cached_property
    def distinct_size(self) -> Size:
        """Number of different cells, counted."""
        labels = len(self.settings.combinations) * len(self.settings.activations)
        return Size(different(self.settings.base, labels, 1 if self.settings.injection else labels))

    def extent(self) -> tuple[int, int]:
        """Return the number of decisions and the options of the widest one."""
        return len(self.plan), max(len(decision.options) for decision in self.plan)

    def spread(self, count: int) -> list[Actions]:
        """Return `count` cells at equal distances in the order of `enumerate`; drawn by name in large spaces."""
        if self.nominal_size <= MOST_LISTED:
            known = list(representatives(self))
            return [known[index * (len(known) - 1) // max(count - 1, 1)] for index in range(count)]
        rng, found = seeds.generator("spread", "recurrent-cell", count), dict[Actions, None]()
        while len(found) < min(count, self.distinct_size.count):
            found[self.canonical(self.sample(rng))] = None
        return list(found)

    def baselines(self) -> Mapping[str, Spec]:
        """Return known cells, whatever the base of the space, and three random ones of its own."""
        named = {name: {"network": {"cell": name}} for name in NAMED}
        drawn = {name: self.decode(self.sample(seeds.generator("recurrent-cell", name))) for name in RANDOM}
        return {**named, "nascell": _spec(canonical(NASCELL)[0]), **drawn}

    def rule_of_thumb(self, rng: np.random.Generator) -> Actions:
        """Draw a cell whose c remembers as that of an LSTM does (`_recurrent_thumb.lstm_like`), the rest uniformly."""
        return lstm_like(self.plan, self.settings, self.sample(rng), rng)

    def traits(self, spec: Spec) -> Mapping[str, bool]:
        """Return whether c can carry something on, and whether nothing can be learnt from a state of zeros.

        Empty for cells that are no trees.
        """
        cell = tree_of(spec)
        if cell is None:
            return {}
        return {
            "can remember through c": cell.remembers,
            "are dead from a zero state without a bias": dead(cell),
            "are dead from a zero state with a bias": dead(cell, bias=True),
        }

    def describe(self, spec: Spec) -> str:
        """Return the cell in the notation of `rlsearch.tree_notation`, or its name."""
        cell = tree_of(spec)
        return str(spec["network"]["cell"]) if cell is None else write(cell)

    def read(self, text: str) -> Spec:
        """Return the cell of a text, whether or not the space has it: the inverse of `describe`.

        Raises:
            SettingsError: it names none.
        """
        if text.strip() in NAMED:
            return {"network": {"cell": text.strip()}}
        try:
            return _spec(read(text))
        except ValueError as error:
            allowed = f"a tree as in {self.describe(self.decode(self.spread(1)[0]))!r}, or one of {', '.join(NAMED)}"
            raise SettingsError(f"no candidate can be read from {text!r}: {error}", allowed=allowed) from None

    def lead(self, proxy_epochs: int, target_epochs: int) -> str:
        """Return what is chosen, and from how many."""
        leaves, how = self.settings.base, "" if self.settings.injection else " and how"
        nodes = f"{leaves} leaves and the {leaves - 1} nodes above them" if leaves > 2 else "2 leaves and the root"
        return (
            f"Chosen are combination and activation of {nodes}, then where the memory c is taken and where{how} it goes"
            f" in: {self.sizes()}."
        )

    def _cell(self, actions: Actions) -> TreeCell:
        """Return the cell as it was decided."""
        if len(actions) != len(self.plan):
            raise ValueError(f"a candidate has {len(self.plan)} decisions, got {len(actions)}")
        for decision, action in zip(self.plan, actions, strict=True):
            if not 0 <= action < len(decision.options):
                raise ValueError(f"there is no option {action!r} of decision {decision.name!r}")
        return cell_of_actions(self.settings, actions)


def tree_of(spec: Mapping[str, Any]) -> TreeCell | None:
    """Return the tree of a spec; None of a cell that is named.

    Raises:
        ValueError: it is neither.
    """
    cell = spec["network"]["cell"]
    if isinstance(cell, str):
        if cell not in NAMED:
            raise ValueError(f"there is no cell {cell!r}; it is a tree, or one of {', '.join(NAMED)}")
        return None
    return cell_of(cell)


def _spec(cell: TreeCell) -> Spec:
    return {"network": {"cell": cell.plain()}}


SETTINGS, SPACE = RecurrentSettings, RecurrentCell
TEST_SETTINGS = {"base": 2, "injection": ("add", "tanh")}
