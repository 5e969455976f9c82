"""What policies learned on a schedule tree are worth beside policies that had nothing to learn, from the controls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rlsearch.evidence.tables import finite
from rlsearch.evidence.worth import final, of_policies, truths
from rlsearch.statistics import intervals
from rlsearch.truth.table import TruthTable


@dataclass(frozen=True)
class PolicyControls:
    """One agent's runs on the tree.

    Attributes:
        regret, null_regret: by measure, one value a run: of real runs, and of runs in which every episode showed the
            progress of a schedule drawn at random.
        planted_shares: share of the best possible return that the greedy policy reached on the planted problem without
            noise, by run.
        planted_choices: share of best choices that it made on the planted problem with the tree's noise, by run;
            `planted_chance` is what choosing at random makes, `planted_effect` what best choices alone gain.
        random_shares: share of actions drawn at random, by run; empty for agents that do not count them.
        returns: mean return of each episode over the real runs.
    """

    regret: Mapping[str, Sequence[float]]
    null_regret: Mapping[str, Sequence[float]]
    planted_shares: Sequence[float]
    planted_choices: Sequence[float]
    planted_chance: float
    planted_effect: float
    random_shares: Sequence[float]
    returns: Sequence[float]

    def gain(self, measure: str) -> intervals.Difference:
        """Return how much lower the real regret is, null less real, with Welch's interval (the runs do not pair)."""
        return intervals.welch(self.null_regret[measure], self.regret[measure])


def evaluate(block: Mapping[str, Any], test: TruthTable) -> PolicyControls | None:
    """Return it from a `repetitions` block and the tree's test part; None for agents without a policy."""
    if of_policies(block) is None:
        return None
    truth_of, nulls = truths(test), block["null_answer_rows"]
    return PolicyControls(
        {measure: finite(final(block, truth).values) for measure, truth in truth_of.items()},
        {measure: [truth.regret_of_schedules(rows)[0] for rows in nulls] for measure, truth in truth_of.items()},
        finite(block["planted_shares"]),
        finite(block["planted_choices"]),
        float(block["planted_chance"]),
        float(block["planted_effect"]),
        finite(block["random_share"]),
        [float(value) for value in block["returns"]],
    )
