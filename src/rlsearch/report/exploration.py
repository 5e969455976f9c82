"""Agents that explore by a schedule: what they proposed at each epsilon, and what that earned.

Epsilon is the probability with which a decision is drawn at random. It comes with every proposal of such an agent, and
stays for a number of candidates. Where whole searches are repeated, they say what real ones, which are few, can not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from rlsearch.measures import ONE_CLASS
from rlsearch.report import repetitions, words
from rlsearch.report.repetitions import Band, Floats
from rlsearch.report.study import StudyData

WINDOW = 15
"""Trials in the centred rolling mean of rewards."""


@dataclass(frozen=True)
class Stages:
    """The rewards of an arm's searches, epsilon by epsilon.

    Attributes:
        epsilons: in the order in which they came, highest first.
        starts: trial (from 1) at which each begins, and at the end the one after the last to which half of the searches
            come; (epsilons + 1,).
        rewards: mean over the searches of their mean reward at each epsilon, with 95 % t interval; `x` is epsilon.
        rolling: mean reward over the searches by trial (from 1), averaged over WINDOW trials.
        searches: how many; repeated: whether they are repetitions, not the study's own searches.
        reached: how many of them came to each epsilon.
    """

    epsilons: list[float]
    starts: Floats
    rewards: Band
    rolling: pd.Series[float]
    searches: int
    repeated: bool
    reached: list[int]


def agents(study: StudyData) -> list[str]:
    """Return the agents that explore by a schedule, as far as they have searched."""
    own = {label for label in study.agents if label in study.exploring}
    return [label for label in study.agents if label in own or repetitions.block(study, label).get("explored")]


def trials(study: StudyData, label: str) -> pd.DataFrame:
    """Return the trials of an arm's own searches with the column `epsilon`; none of an arm that tells no epsilon."""
    rows = study.trials_with("epsilon")
    return rows[(rows["agent"] == label) & (label in study.exploring)]


def stages(study: StudyData, label: str) -> Stages | None:
    """Return the rewards of an arm by epsilon, of its repeated searches where there are any; None without searches."""
    return _repeated(study, label) or _own(study, label)


def _repeated(study: StudyData, label: str) -> Stages | None:
    block = repetitions.block(study, label)
    explored = block.get("explored")
    if not explored:
        return None
    means = repetitions.over_runs(explored["epsilon"], explored["rewards"])
    # Controls from before this was recorded have the trials that all searches came to.
    rewards = explored.get("by_trial") or block["rewards"]
    mean = pd.Series(rewards, index=np.arange(1, len(rewards) + 1), dtype="float64")
    begins = [start + 1 for start in explored["starts"]]
    used = sorted(block["trials_used"])
    starts = np.array([*begins, max(used[len(used) // 2], begins[-1]) + 1], float)
    reached = np.isfinite(repetitions.numbers(explored["rewards"])).sum(axis=0).tolist()
    return Stages(list(explored["epsilon"]), starts, means, _rolled(mean), int(block["runs"]), True, reached)


def _own(study: StudyData, label: str) -> Stages | None:
    rows = trials(study, label)
    if rows.empty:
        return None
    epsilons = sorted({float(value) for value in rows["epsilon"]}, reverse=True)
    by_search = rows.groupby(["seed", "epsilon"])["reward"].mean().unstack()[epsilons]
    begins = rows.groupby("epsilon")["index"].min()
    searches = int(rows["seed"].nunique())
    rewards = by_trial(rows, ["reward"])["reward"]
    first = [begins[epsilon] + 1 for epsilon in epsilons]
    starts = np.array([*first, max(rewards.index[-1], first[-1]) + 1], float)
    means = repetitions.over_runs(epsilons, by_search.to_numpy())
    reached = by_search.notna().sum().tolist()
    return Stages(epsilons, starts, means, _rolled(rewards), searches, False, reached)


def by_trial(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return means of columns over an arm's searches by trial (from 1), as long as half of the searches go on.

    Costs differ, so that searches end after different numbers of trials: where few are left, a mean over them would
    move because others ended.
    """
    of_trial = rows.groupby("index")
    sizes = of_trial.size()
    means = of_trial[list(columns)].mean().reindex(sizes.index[2 * sizes >= rows["seed"].nunique()])
    means.index += 1
    return means


def _rolled(rewards: pd.Series[float]) -> pd.Series[float]:
    return rewards.rolling(WINDOW, center=True, min_periods=1).mean()


def whose(study: StudyData) -> str:
    """Return of which searches the rewards are, e.g. "100 repeated searches of each agent"."""
    found = [found for label in agents(study) if (found := stages(study, label))]
    noun = "repeated search" if any(stage.repeated for stage in found) else "search"
    return f"{words.between_counts([stage.searches for stage in found], noun, f'{noun}es')} of each agent"


def searched(study: StudyData) -> str:
    """Return how many searches of their own the agents have, e.g. "1 search of each agent"."""
    rows = study.trials[study.trials["agent"].isin(agents(study))]
    counts = [int(count) for count in rows.groupby("agent")["seed"].nunique()]
    return f"{words.between_counts(counts, 'search', 'searches')} of each agent" if counts else "no search yet"


def one_class(rows: pd.DataFrame) -> float | None:
    """Return the share of these candidates that answer one class alone; None where that was not recorded."""
    known = rows[ONE_CLASS.metric].dropna() if ONE_CLASS.metric in rows else rows["level"][:0]
    return float(known.mean()) if len(known) else None
