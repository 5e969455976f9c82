"""What repeated searches meet and find on their way, and what they answer: the numbers of the block `repetitions`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rlsearch.config.models import RepetitionSettings, SearchSettings
from rlsearch.controls import other_names, stretches
from rlsearch.controls.meetings import FIRST_SEED as FIRST_SEED
from rlsearch.controls.meetings import Answer, Meetings
from rlsearch.controls.meetings import SeedOrder as SeedOrder
from rlsearch.controls.meetings import Trace as Trace
from rlsearch.controls.simulate import Floats, Integers
from rlsearch.measures import Measure
from rlsearch.search.best import distinct, finalist_places

CHECKPOINTS = 40
"""A curve has a point after the first trial and after each 40th part of the trials of the settings."""


def block(
    traces: Sequence[Trace],
    seed_order: Meetings,
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
        **seed_order.named(traces, best, answers),
        **other_names.block(traces),
        **stretches.block(traces, points, control.below, seed_order.oracle.measure),
        "incumbent_flops": [trace.flops[last].tolist() for trace, last in zip(traces, held, strict=True)],
        "top": {str(k): [by_count[k] for by_count in tops] for k in control.top},
        "rewards": rewards.mean(axis=0).tolist(),
        "reward_sd": rewards.std(axis=0, ddof=1).tolist(),
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


def answer(trace: Trace, run: int, seed_order: Meetings, search: SearchSettings, *, earliest: bool = False) -> Answer:
    """Choose by the study's rule: the best finalists by mean reward are seen again, the best of those is the answer.

    `earliest`: the finalists are the first candidates.
    """
    trained = ~np.isnan(trace.levels)
    # A search knows candidates by their names alone: one network under two of them takes two places.
    first, means, position = distinct(trace.rows if trace.names is None else trace.names, trace.reward)
    # A candidate needs one training that did not diverge to become a finalist.
    able = np.bincount(position, trained) > 0
    finalists = trace.rows[first[finalist_places(means, first, search.finalists, able, earliest=earliest)]]
    if not finalists.size:
        return Answer(None, [], 0)
    # Positions 1 to `replicates`, which `search_places` keeps away from the search itself.
    columns = seed_order.columns(run, finalists[:, None], 1 + np.arange(search.replicates))
    best = int(np.argmax(seed_order.rewards_at(finalists[:, None], columns).mean(axis=1)))
    # All that took part in the choice: regret is measured on the other columns.
    seen = np.union1d(trace.columns[trace.rows == finalists[best]], columns[best])
    flops = int(seed_order.oracle.flops_of(finalists).sum()) * search.replicates
    return Answer(int(finalists[best]), seen.tolist(), flops)
