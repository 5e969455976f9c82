"""A truth table answers: every network of its space was trained before."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from rlsearch import provenance
from rlsearch.config.models import RuntimeSettings
from rlsearch.data.digest import data_digest
from rlsearch.files import digest
from rlsearch.search.answers.base import Answers
from rlsearch.search.answers.oracle import Oracle
from rlsearch.search.budget import Prices
from rlsearch.search.run_control import StepwiseChild
from rlsearch.search.table_evaluator import TableEvaluator
from rlsearch.spaces.base import Space, Spec
from rlsearch.training.outcome import Outcome
from rlsearch.truth.table import TruthTable


class TableAnswers(Answers):
    """The validation part of a study's truth table."""

    @cached_property
    def table(self) -> TruthTable:
        """The trainings that searches may see.

        Raises:
            DataError: the table is not there, or does not fit its recipe.
        """
        return TruthTable.load(self._table, "validation", self.root)

    @property
    def _table(self) -> str:
        assert self.study.table is not None
        return self.study.table

    def identity(self, runtime: RuntimeSettings) -> str:
        """Return the digest of the table's name, its validation part, its recipe, and the code that looks things up."""
        recipe = self.table.recipe
        plugins = (
            provenance.plugin_module("spaces", recipe.space.type),  # which row a candidate is
            provenance.plugin_module("sources", recipe.dataset.source),  # what a training costs
            provenance.kind_module(recipe.proxy.network),
            *provenance.optimizer_modules(recipe.proxy, recipe.space),
        )
        return digest(
            {
                "table": self._table,
                "data": data_digest(self.files),
                "recipe": recipe.model_dump(mode="json"),
                "code": provenance.code_digest("rlsearch.search.table_evaluator", *plugins),
            }
        )

    def evaluator(self, seed: int, workers: int) -> TableEvaluator:
        """Return the evaluator that looks outcomes up."""
        search = self.study.search
        judge = self.table.judges("validation")
        renames = self.oracle.renames
        return TableEvaluator(self.table, self.name, seed, search.replicates, search.score_replicates, judge, renames)

    def prices(self) -> Prices:
        """Return the prices of the table's rows."""
        return Prices.of(self.table.flops.tolist())

    def price(self, spec: Spec) -> int:
        """Return what the candidate's row took.

        Raises:
            RlsearchError: the table has no row of it.
        """
        return int(self.table.flops[self.table.row(self.table.space.key(spec))])

    @cached_property
    def oracle(self) -> Oracle:
        """The table after its last epoch."""
        return oracle_of(self.table, self.space)

    @property
    def outputs(self) -> int:
        """Those of the table's data."""
        return self.table.outputs

    @property
    def step_flops(self) -> int:
        """The cost of one step, from that of the table's first row."""
        from rlsearch.search.stepwise import step_flops

        return step_flops(self.table)

    def stepwise_child(self, agent: str, seed: int, number: int) -> StepwiseChild:
        """Return the child of an episode: one training of the schedule tree, the same for all agents."""
        from rlsearch.search.stepwise import TableChild, table_column

        return TableChild(self.table, table_column(self.table, self.name, seed, number))

    def again(self, line: Mapping[str, Any], seed: int, *, learned: bool) -> Outcome:
        """Look the outcome up again."""
        from rlsearch.search.stepwise import played, table_column

        if not learned:
            return super().again(line, seed, learned=learned)
        column = table_column(self.table, self.name, seed, line["index"])
        return played(self.table, column, line["spec"]["training"], seed=0)


def oracle_of(table: TruthTable, space: Space | None = None) -> Oracle:
    """Return a part of a table as it is after its last epoch.

    Args:
        space: under whose names candidates are asked for, where it keeps sequences apart that are one row.
    """
    renames = space is not None and bool(space.kept_apart) and not table.space.kept_apart
    levels = table.levels[:, :, -1]
    return Oracle(space or table.space, table.rows_of, table.measure, levels, table.flops, renames)
