"""A truth table in memory: what every network of a space reached with every seed, and which seeds a search meets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rlsearch import seeds
from rlsearch.data import registry as sources
from rlsearch.data.kinds import _registry as kinds
from rlsearch.errors import DataError, RlsearchError
from rlsearch.measures import Measure, with_loss
from rlsearch.spaces._rows import Rows
from rlsearch.spaces.base import Actions, Space, Spec, representatives
from rlsearch.truth import recipe as recipes
from rlsearch.truth import stored
from rlsearch.truth.recipe import Recipe
from rlsearch.truth.stored import Arrays

if TYPE_CHECKING:
    from rlsearch.data.sources.base import Source

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

PARTS = ("validation", "test")


@dataclass(frozen=True, eq=False)
class TruthTable:
    """One part of a truth table; a row for every key, in the order of `space.enumerate()`.

    Attributes:
        recipe: how the rows were trained; part: "validation" or "test"; root: the project folder.
        values: by metric, as in an outcome ("accuracy", "loss"), float64 (networks, seeds, epochs); NaN after a
            divergence.
        epochs: int64 (epochs,), after which the networks were measured.
        parameters, flops: int64 (networks,): size, and cost of one full training (3 x forward x samples).
        arrays: what the part's file holds, all seeds of it.
    """

    recipe: Recipe
    part: str
    values: Mapping[str, Floats]
    epochs: Integers
    parameters: Integers
    flops: Integers
    root: Path = field(default=Path("."), repr=False)
    arrays: Arrays = field(default_factory=dict, repr=False)

    @classmethod
    def load(
        cls,
        name: str,
        part: str = "validation",
        root: Path = Path("."),
        *,
        judge: bool = False,
        recipe: Recipe | None = None,
    ) -> TruthTable:
        """Read a table from `results/reference/<name>/`; no other part's file is opened, and a known recipe not again.

        Where a recipe keeps seeds from the searches, the validation part is read without them, or with `judge` with
        them alone; the test part always has them alone.

        Raises:
            SettingsError: no such table, or a recipe that is not valid.
            DataError: the part's file is missing, damaged, or does not fit the recipe.
        """
        if part not in PARTS:
            raise DataError(f"a truth table has no part {part!r}", allowed=" or ".join(PARTS))
        recipe = recipe or recipes.read(name, root)
        return cls._cut(recipe, part, stored.read(recipe, stored.file(name, part, root)), root, judge)

    @classmethod
    def _cut(cls, recipe: Recipe, part: str, arrays: Arrays, root: Path, judge: bool) -> TruthTable:
        columns = slice(None)
        if recipe.judge:
            first = recipe.seeds - recipe.judge
            # The last columns judge, the first ones answer searches: no training does both.
            columns = slice(first, None) if judge or part == "test" else slice(0, first)
        values = {measure.metric: arrays[measure.name][:, columns].astype(np.float64) for measure in recipe.recorded}
        epochs, parameters, flops = (arrays[key].astype(np.int64) for key in ("epochs", *stored.COSTS))
        return cls(recipe, part, values, epochs, parameters, flops, root, arrays)

    def judges(self, part: str) -> TruthTable | None:
        """Return a part of the trainings that are kept from all searches; None where the recipe keeps none."""
        if not self.recipe.judge:
            return None
        if self.arrays and part == self.part:
            return self._cut(self.recipe, part, self.arrays, self.root, True)
        return TruthTable.load(self.recipe.name, part, self.root, judge=True)

    @property
    def measure(self) -> Measure:
        """What the networks are judged by."""
        return self.recipe.measure

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The measures in which networks are compared: their own, and the loss where that is another."""
        return with_loss(self.measure)

    @cached_property
    def levels(self) -> Floats:
        """What every training reached, in the measure: (networks, seeds, epochs)."""
        return self.measure.of(self.values)

    @property
    def networks(self) -> int:
        """Number of rows."""
        return int(self.levels.shape[0])

    @property
    def seeds(self) -> int:
        """Number of trainings of each network: the columns."""
        return int(self.levels.shape[1])

    @cached_property
    def space(self) -> Space:
        """The space whose candidates are the rows."""
        return self.recipe.made_space

    @cached_property
    def candidates(self) -> list[Actions]:
        """The actions of every row: of sequences that mean one network the canonical one."""
        return list(representatives(self.space))

    @cached_property
    def specs(self) -> list[Spec]:
        """The JSON-able description of every row's network."""
        return [self.space.decode(actions) for actions in self.candidates]

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """The row of every canonical key."""
        return {self.space.key(spec): row for row, spec in enumerate(self.specs)}

    @cached_property
    def outputs(self) -> int:
        """How many answers a network chooses from: classes, words."""
        return int(self._source.outputs or 0)

    @cached_property
    def samples(self) -> int:
        """Training samples that one full training sees, over all epochs."""
        kind, extent = kinds.of_source(self.recipe.dataset.source), self._source.extent()
        train, _, _ = kind.cuts(self.recipe.dataset, extent)
        per_epoch = kind.epoch_samples(kind.imagined(extent), train, self.recipe.proxy)
        return int(per_epoch * self.epochs[-1])

    @property
    def _source(self) -> Source:
        return sources.create(self.recipe.dataset, self.root)

    def row(self, key: str) -> int:
        """Return the row of a candidate's key.

        Raises:
            RlsearchError: there is none.
        """
        row = self.rows.get(key)
        if row is None:
            raise RlsearchError(
                f"candidate {key} is not in the truth table {self.recipe.name!r}",
                allowed=f"the {self.networks} networks of its recipe",
            )
        return row

    def row_of(self, actions: Actions) -> int:
        """Return the row of a candidate."""
        return int(self.rows_of(actions))

    def rows_of(self, actions: ArrayLike) -> Integers:
        """Return the rows (...) of candidates (..., decisions), of shorter ones padded with -1.

        Raises:
            ValueError: one of them is no candidate of the space.
        """
        return self._rows_of(actions)

    def columns(self, study: str, key: str, search_seed: int) -> Integers:
        """Return in which order a search meets a network's seeds: a permutation of the columns.

        Position 0 answers the search itself, 1 to R its R finalist replicates, the next S the scoring replicates, and
        further replicates within the search the others (`search_places`). All agents with the same search seed meet
        the same order, so they pair.
        """
        # By key, not by row: agents with one search seed meet the same training of a network, whatever else they try.
        return seeds.generator("table-row", study, key, search_seed).permutation(self.seeds)

    @cached_property
    def _rows_of(self) -> Rows:
        return Rows(self.space)


def search_places(seeds: int, replicates: int, scores: int) -> list[int]:
    """Return the positions that answer a search's own trials, replicate by replicate; after the last they repeat.

    Those of finalists and scores are left out, so that no answer is chosen or scored by a training that its search saw.

    >>> search_places(10, 3, 4)
    [0, 8, 9]
    """
    return [0, *range(1 + replicates + scores, seeds)]
