"""What a truth table leaves to gain, for its data sheet: `python -m rlsearch.evidence.table_headroom rl-nas-1296`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rlsearch import seeds, truth
from rlsearch.agents.random import Settings as RandomSearch
from rlsearch.config.models import RepetitionSettings, RewardSettings, SearchSettings
from rlsearch.controls import repetitions, traces
from rlsearch.data.kinds import _registry as kinds
from rlsearch.evidence import ceilings
from rlsearch.evidence.headroom import Headroom
from rlsearch.evidence.worth import Truth, losses
from rlsearch.search.answers.table import oracle_of
from rlsearch.truth.about import TOP, command
from rlsearch.truth.table import PARTS, Floats, TruthTable, search_places

SEARCH = SearchSettings(seeds=1, budget=100, finalists=3, replicates=3, score_replicates=1)
CONTROL = RepetitionSettings(runs=100, trials=100, top=(1,))
TABLES = 1000
"""Simulated tables for each cell of "what it would need"."""
NOISES = {"as it is": 1.0, "half": 0.5, "none": 0.0}
NEEDS = {"spread x 1": (1, 1), "x 2": (2, 1), "x 4": (4, 1), "x 2, 16 times the rows": (2, 16)}
"""Factors of the spread of true means and of the number of rows."""
SMOOTH = 1.06
"""Silverman's (1986) factor for the width of a kernel: times standard deviation and fifth root of 1 / values."""


def random_search(table: TruthTable, test: TruthTable) -> Floats:
    """Return the test merits of random search's answers, (searches, judges), (searches, 1) where none are kept."""
    oracle = oracle_of(table)
    reward = RewardSettings(power=1 if table.measure.higher_is_better else -1)
    seed_order = traces.SeedOrder(oracle, reward, table.recipe.name, CONTROL.runs)
    limit = repetitions.budget(oracle, CONTROL, SEARCH)
    places = search_places(table.seeds, SEARCH.replicates, 0)
    answers = repetitions.searches(RandomSearch(), seed_order, limit, CONTROL.trials, places)
    return Truth(test).reached(traces.block(answers, seed_order, CONTROL, SEARCH, limit.total))


def headroom(validation: TruthTable, test: TruthTable) -> Headroom:
    """Return the headroom over random search at the cost of 100 trainings."""
    return ceilings.over(random_search(validation, test), ceilings.on_table(validation, test), "")


def components(values: Floats) -> tuple[float, float]:
    """Return two standard deviations of (rows, columns): between the true means of rows, and between trainings of one.

    The second is what neither the row nor the training explains (a two-way layout without interaction).
    """
    left = values - values.mean(1, keepdims=True) - values.mean(0) + values.mean()
    noise = float((left**2).sum()) / ((values.shape[0] - 1) * (values.shape[1] - 1))
    # Means of rows vary by their noise too; what is left of it can be negative by chance only.
    true = max(0.0, float(values.mean(1).var(ddof=1)) - noise / values.shape[1])
    return math.sqrt(true), math.sqrt(noise)


@dataclass(frozen=True)
class Spread:
    """How the best quarter of a table's rows differ, in merit.

    Attributes:
        means: test means of all rows; trainings: by which the best chooser chooses.
        true: standard deviation of the true means; noise: between trainings of one row.
    """

    means: Floats
    trainings: int
    true: float
    noise: float

    @classmethod
    def of(cls, validation: TruthTable, test: TruthTable) -> Spread:
        """Measure a table: variance components of the test values of the quarter best by validation, rows + columns."""
        # Stable: rows that are equal keep the order of the table on every machine.
        order = np.argsort(losses(validation).mean(1), kind="stable")
        worth = -losses(test)
        top = worth[order[: max(2, round(TOP * len(order)))]]
        true, noise = components(top)
        # Where no trainings are kept to judge, one of the chooser's has to.
        seen = validation.seeds - (not test.recipe.judge)
        return cls(worth.mean(1), seen, true, noise)

    def gain(self, spread: float, rows: int, noise: float) -> float:
        """Return the mean headroom over random search of simulated tables: true spread, rows and noise times these.

        True means are the table's, with the distances shrunk so that the best quarter has its true spread; more rows
        are drawn from a smoothed histogram of them. Noise is normal. A model, not a measurement.
        """
        # As text: seeds by name take no floats.
        rng = seeds.generator("table headroom", str(spread), str(rows), str(noise))
        sd, gains = noise * self.noise, []
        for _ in range(TABLES):
            true = spread * self._true(rows, rng)
            # The chooser sees a mean of this many trainings, whose noise is that much smaller.
            best = (true + sd / math.sqrt(self.trainings) * rng.standard_normal(true.size)).argmax()
            gains.append(float(true[best]) - _searched(true, sd, rng))
        return float(np.mean(gains))

    def _true(self, rows: int, rng: np.random.Generator) -> Floats:
        """Return true means of `rows` times as many rows as the table has."""
        quarter = np.sort(self.means)[-max(2, round(TOP * self.means.size)) :]
        true = self.means * (self.true / float(quarter.std(ddof=1)))
        if rows == 1:
            return true
        width = SMOOTH * self.true * quarter.size**-0.2
        drawn = rng.choice(true, rows * true.size)
        return np.asarray(drawn + width * rng.standard_normal(drawn.size))


def _searched(true: Floats, sd: float, rng: np.random.Generator) -> float:
    """Return the true mean of random search's answer; a row keeps its first training where it is drawn twice."""
    # The finalists' trainings come out of the same budget.
    drawn = np.unique(rng.integers(true.size, size=CONTROL.trials - SEARCH.finalists * SEARCH.replicates))
    seen = true[drawn] + sd * rng.standard_normal(drawn.size)
    finalists = drawn[np.argsort(-seen, kind="stable")[: SEARCH.finalists]]
    again = true[finalists] + sd / math.sqrt(SEARCH.replicates) * rng.standard_normal(finalists.size)
    return float(true[finalists[again.argmax()]])


def markdown(name: str, root: Path | None) -> str:
    """Return floor, ceiling and headroom, and what a table with headroom would need, as two Markdown tables."""
    validation, test = (truth.load(name, part, root) for part in PARTS)
    room, spread = headroom(validation, test), Spread.of(validation, test)
    measure, noun = test.measure, kinds.of_network(test.recipe.proxy.network).noun
    facts = {
        f"floor: random search, {CONTROL.runs} searches at the cost of {CONTROL.trials} trainings": measure.show_merit(
            room.floor or 0.0
        ),
        "ceiling: the best chooser that we tried": measure.show_merit(room.ceiling or 0.0),
        "headroom": measure.amount(room.gain or 0.0),
        "best quarter: sd between trainings of one row": measure.amount(spread.noise, sign=False),
        "best quarter: sd between the true means of rows": measure.amount(spread.true, sign=False),
    }
    needs = {
        words: " | ".join(measure.amount(spread.gain(*factors, noise)) for factors in NEEDS.values())
        for words, noise in NOISES.items()
    }
    head = [
        f"| test {noun}, after the last epoch | |",
        "|---|---|",
        *(f"| {key} | {cell} |" for key, cell in facts.items()),
    ]
    titles = f"| headroom, by noise between trainings | {' | '.join(NEEDS)} |"
    rows = [titles, "|---|" + "---|" * len(NEEDS), *(f"| {key} | {cells} |" for key, cells in needs.items())]
    return "\n".join([*head, "", *rows]) + "\n"


if __name__ == "__main__":
    command("Print what there is to gain on a table, and what a table with headroom would need.", markdown)
