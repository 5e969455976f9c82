"""What repeated searches meet and find on their way, and what they answer: the numbers of the block `repetitions`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rlsearch import seeds
from rlsearch.config.models import RepetitionSettings, RewardSettings, SearchSettings
from rlsearch.controls.signs import quarter
from rlsearch.controls.simulate import Floats, Integers
from rlsearch.measures import Measure
from rlsearch.search.answers.oracle import Oracle
from rlsearch.search.best import distinct, finalist_places
from rlsearch.search.reward import Reward

FIRST_SEED = 1_000_000
"""Repetition i has this search seed plus i, so that no real search meets its trainings."""
CHECKPOINTS = 40
"""A curve has a point after the first trial and after each 40th part of the trials of the settings."""


@dataclass(frozen=True)
class Trace:
    """One search, trial by trial; all arrays (trials,).

    Attributes:
        rows, columns: of the oracle: which network was trained, and which of its trainings the search saw.
        levels: of the measure on the validation data, NaN after a divergence; reward: what the agent was told.
        flops: cost so far, this trial included.
        epsilon: with which probability each decision was drawn at random; None of agents that do not tell it.
    """

    rows: Integers
    columns: Integers
    levels: Floats
    reward: Floats
    flops: Integers
    epsilon: Floats | None = None


class SeedOrder:
    """Which training of a network a repetition meets, and what it earns there.

    Args:
        oracle: all candidates and trainings; settings: of the reward; study: its name; runs: repetitions.
    """

    def __init__(self, oracle: Oracle, settings: RewardSettings, study: str, runs: int) -> None:
        self.oracle, self.runs = oracle, runs
        self.levels = oracle.levels
        self.reward = Reward(settings, oracle.measure).of_levels(self.levels)
        # One generator a repetition: a generator for each network, as in real searches, takes a hundred times as long.
        columns = np.tile(np.arange(oracle.seeds, dtype=np.int8), (oracle.candidates, 1))
        generators = [seeds.generator("repetition", study, FIRST_SEED + run) for run in range(runs)]
        self.order = np.stack([rng.permuted(columns, axis=1) for rng in generators])

    def columns(self, runs: Integers | int, rows: Integers, position: Integers | int) -> Integers:
        """Return the columns that repetitions meet at a position of their order; it begins again at the end."""
        # Modulo: an agent that asks for more replicates than there are trainings meets the first ones again.
        return np.asarray(self.order[runs, rows, np.asarray(position) % self.oracle.seeds], dtype=np.int64)

    def trace(self, rows: Integers, columns: Integers, epsilon: Floats | None = None) -> Trace:
        """Return the search that met these trainings, all (trials,)."""
        flops = np.cumsum(self.oracle.flops[rows])
        return Trace(rows, columns, self.levels[rows, columns], self.reward[rows, columns], flops, epsilon)


def block(
    traces: Sequence[Trace],
    seed_order: SeedOrder,
    control: RepetitionSettings,
    search: SearchSettings,
    budget: int,
    *,
    earliest: bool = False,
) -> dict[str, Any]:
    """Return the block; the field names and their meaning are in docs/artefacts.md.

    `earliest`: the finalists of a search are its first candidates, not its best.
    """
    points = checkpoints(max(len(trace.rows) for trace in traces), control.trials)
    # A search that has ended holds its last incumbent at all later checkpoints.
    held = [np.minimum(points, len(trace.rows)) - 1 for trace in traces]
    best = [incumbents(trace.reward)[last] for trace, last in zip(traces, held, strict=True)]
    answers = [answer(trace, run, seed_order, search, earliest=earliest) for run, trace in enumerate(traces)]
    # Searches end after different numbers of trials, as their networks' costs do: a mean needs the shortest.
    shortest = min(len(trace.rows) for trace in traces)
    rewards = np.stack([trace.reward[:shortest] for trace in traces])
    tops = [top(trace, points, control.top, seed_order.oracle.measure) for trace in traces]
    return {
        "runs": len(traces),
        "trials": control.trials,
        "budget_flops": budget,
        "checkpoints": points.tolist(),
        "incumbents": [trace.rows[at].tolist() for trace, at in zip(traces, best, strict=True)],
        "columns": [trace.columns[at].tolist() for trace, at in zip(traces, best, strict=True)],
        "incumbent_flops": [trace.flops[last].tolist() for trace, last in zip(traces, held, strict=True)],
        "top": {str(k): [by_count[k] for by_count in tops] for k in control.top},
        "rewards": rewards.mean(axis=0).tolist(),
        "reward_sd": rewards.std(axis=0, ddof=1).tolist(),
        "answers": [chosen.row for chosen in answers],
        "answer_columns": [chosen.columns for chosen in answers],
        "late_rows": [trace.rows[-quarter(len(trace.rows)) :].tolist() for trace in traces],
        "explored": explored(traces),
        "trials_used": [len(trace.rows) for trace in traces],
        "flops": [int(trace.flops[-1]) + chosen.flops for trace, chosen in zip(traces, answers, strict=True)],
    }


def checkpoints(longest: int, trials: int) -> Integers:
    """Return the trial counts at which curves have a point: 1, then multiples of trials / 40 up to the longest search.

    >>> checkpoints(12, 200).tolist()
    [1, 5, 10, 12]
    """
    step = max(1, trials // CHECKPOINTS)
    return np.unique([1, *range(step, longest, step), longest]).astype(np.int64)


def explored(traces: Sequence[Trace]) -> dict[str, Any] | None:
    """Return the mean reward of each search at each epsilon, highest first; None where the agent tells none.

    Returns:
        `epsilon`; `starts`, the trial (from 0) at which the first search came to each; of each search `rewards`, None
        at an epsilon that it did not reach; and `by_trial`, see `_by_trial`.
    """
    told = [(trace.reward, trace.epsilon) for trace in traces if trace.epsilon is not None]
    levels = sorted({float(value) for _, epsilons in told for value in np.unique(epsilons)}, reverse=True)
    starts = [min(int(np.argmax(own == level)) for _, own in told if level in own) for level in levels]
    means = [
        [float(rewards[own == level].mean()) if level in own else None for level in levels] for rewards, own in told
    ]
    by_trial = _by_trial([rewards for rewards, _ in told])
    return {"epsilon": levels, "starts": starts, "rewards": means, "by_trial": by_trial} if told else None


def _by_trial(searches: Sequence[Floats]) -> list[float]:
    """Return the mean reward at each trial over the searches that come to it, as long as half of them do.

    Costs differ, so that the shortest search may end before epsilon has fallen at all.

    >>> _by_trial([np.array([0.0, 0.5]), np.array([1.0]), np.array([0.5, 1.0, 0.5])])
    [0.5, 0.75]
    """
    lengths = sorted(len(rewards) for rewards in searches)
    longest = lengths[len(lengths) // 2] if lengths else 0
    return [float(np.mean([rewards[at] for rewards in searches if len(rewards) > at])) for at in range(longest)]


def incumbents(rewards: Floats) -> Integers:
    """Return after each trial the trial with the best reward so far, the first of equal ones.

    >>> incumbents(np.array([2.0, 1.0, 2.0, 3.0])).tolist()
    [0, 0, 0, 3]
    """
    best = np.maximum.accumulate(rewards)
    rose = np.concatenate([[True], best[1:] > best[:-1]])
    return np.maximum.accumulate(np.where(rose, np.arange(len(rewards)), 0))


def top(trace: Trace, points: Integers, counts: Sequence[int], measure: Measure) -> dict[int, list[float | None]]:
    """Return the mean validation level of the best k different networks so far, None until there are k.

    A network counts with the first training of it that the search saw; diverged ones do not count.
    """
    new = np.zeros(len(trace.rows), dtype=bool)
    new[np.unique(trace.rows, return_index=True)[1]] = True
    new &= ~np.isnan(trace.levels)
    merits = measure.merit(trace.levels)
    means: dict[int, list[float | None]] = {k: [] for k in counts}
    for point in points:
        seen = np.sort(merits[:point][new[:point]])
        for k in counts:
            means[k].append(measure.level_of(float(seen[-k:].mean())) if len(seen) >= k else None)
    return means


@dataclass(frozen=True)
class Answer:
    """The row that a search answers (None if all its trainings diverged), the columns of it that it saw, the cost."""

    row: int | None
    columns: list[int]
    flops: int


def answer(trace: Trace, run: int, seed_order: SeedOrder, search: SearchSettings, *, earliest: bool = False) -> Answer:
    """Choose by the study's rule: the best finalists by mean reward are seen again, the best of those is the answer.

    `earliest`: the finalists are the first candidates.
    """
    trained = ~np.isnan(trace.levels)
    first, means, position = distinct(trace.rows, trace.reward)
    # A candidate needs one training that did not diverge to become a finalist.
    able = np.bincount(position, trained) > 0
    finalists = trace.rows[first[finalist_places(means, first, search.finalists, able, earliest=earliest)]]
    if not finalists.size:
        return Answer(None, [], 0)
    # Positions 1 to `replicates`, which `search_places` keeps away from the search itself.
    columns = seed_order.columns(run, finalists[:, None], 1 + np.arange(search.replicates))
    best = int(np.argmax(seed_order.reward[finalists[:, None], columns].mean(axis=1)))
    # All that took part in the choice: regret is measured on the other columns.
    seen = np.union1d(trace.columns[trace.rows == finalists[best]], columns[best])
    flops = int(seed_order.oracle.flops[finalists].sum()) * search.replicates
    return Answer(int(finalists[best]), seen.tolist(), flops)
