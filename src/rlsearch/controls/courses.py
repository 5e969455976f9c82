"""What repeated searches found on their way, and what they answer: the numbers of the block `repetitions`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rlsearch.config.models import RepetitionSettings, SearchSettings
from rlsearch.controls.luck import Luck
from rlsearch.controls.simulate import Floats, Integers
from rlsearch.measures import Measure
from rlsearch.search.best import distinct, finalist_places

CHECKPOINTS = 40
"""A curve has a point after the first trial and after each 40th part of the trials of the settings."""


@dataclass(frozen=True)
class Course:
    """One search, trial by trial; all arrays (trials,).

    Attributes:
        rows, columns: of the oracle: which network was trained, and which of its trainings the search saw.
        levels: of the measure on the validation data, NaN after a divergence; reward: what the agent was told.
        flops: cost so far, this trial included.
    """

    rows: Integers
    columns: Integers
    levels: Floats
    reward: Floats
    flops: Integers


def block(
    courses: Sequence[Course], luck: Luck, control: RepetitionSettings, search: SearchSettings, budget: int
) -> dict[str, Any]:
    """Return the block; the field names and their meaning are in docs/artefacts.md."""
    points = checkpoints(max(len(course.rows) for course in courses), control.trials)
    held = [np.minimum(points, len(course.rows)) - 1 for course in courses]
    best = [incumbents(course.reward)[last] for course, last in zip(courses, held, strict=True)]
    answers = [answer(course, run, luck, search) for run, course in enumerate(courses)]
    shortest = min(len(course.rows) for course in courses)
    rewards = np.stack([course.reward[:shortest] for course in courses])
    tops = [top(course, points, control.top, luck.oracle.measure) for course in courses]
    return {
        "runs": len(courses),
        "trials": control.trials,
        "budget_flops": budget,
        "checkpoints": points.tolist(),
        "incumbents": [course.rows[at].tolist() for course, at in zip(courses, best, strict=True)],
        "columns": [course.columns[at].tolist() for course, at in zip(courses, best, strict=True)],
        "incumbent_flops": [course.flops[last].tolist() for course, last in zip(courses, held, strict=True)],
        "top": {str(k): [found[k] for found in tops] for k in control.top},
        "rewards": rewards.mean(axis=0).tolist(),
        "reward_sd": rewards.std(axis=0, ddof=1).tolist(),
        "answers": [found.row for found in answers],
        "answer_columns": [found.columns for found in answers],
        "trials_used": [len(course.rows) for course in courses],
        "flops": [int(course.flops[-1]) + found.flops for course, found in zip(courses, answers, strict=True)],
    }


def checkpoints(longest: int, trials: int) -> Integers:
    """Return the trial counts at which curves have a point: 1, then multiples of trials / 40 up to the longest search.

    >>> checkpoints(12, 200).tolist()
    [1, 5, 10, 12]
    """
    step = max(1, trials // CHECKPOINTS)
    return np.unique([1, *range(step, longest, step), longest]).astype(np.int64)


def incumbents(rewards: Floats) -> Integers:
    """Return after each trial the trial with the best reward so far, the first of equal ones.

    >>> incumbents(np.array([2.0, 1.0, 2.0, 3.0])).tolist()
    [0, 0, 0, 3]
    """
    best = np.maximum.accumulate(rewards)
    rose = np.concatenate([[True], best[1:] > best[:-1]])
    return np.maximum.accumulate(np.where(rose, np.arange(len(rewards)), 0))


def top(course: Course, points: Integers, counts: Sequence[int], measure: Measure) -> dict[int, list[float | None]]:
    """Return the mean validation level of the best k different networks so far, None until there are k.

    A network counts with the first training of it that the search saw; diverged ones do not count.
    """
    new = np.zeros(len(course.rows), dtype=bool)
    new[np.unique(course.rows, return_index=True)[1]] = True
    new &= ~np.isnan(course.levels)
    merits = measure.merit(course.levels)
    found: dict[int, list[float | None]] = {k: [] for k in counts}
    for point in points:
        seen = np.sort(merits[:point][new[:point]])
        for k in counts:
            found[k].append(measure.level_of(float(seen[-k:].mean())) if len(seen) >= k else None)
    return found


@dataclass(frozen=True)
class Answer:
    """The row that a search answers (None if all its trainings diverged), the columns of it that it saw, the cost."""

    row: int | None
    columns: list[int]
    flops: int


def answer(course: Course, run: int, luck: Luck, search: SearchSettings) -> Answer:
    """Choose by the study's rule: the best finalists by mean reward are seen again, the best of those is the answer."""
    trained = ~np.isnan(course.levels)
    first, means, position = distinct(course.rows, course.reward)
    able = np.bincount(position, trained) > 0
    kept = course.rows[first[finalist_places(means, first, search.finalists, able)]]
    if not kept.size:
        return Answer(None, [], 0)
    again = luck.columns(run, kept[:, None], 1 + np.arange(search.replicates))
    best = int(np.argmax(luck.reward[kept[:, None], again].mean(axis=1)))
    seen = np.union1d(course.columns[course.rows == kept[best]], again[best])
    return Answer(int(kept[best]), seen.tolist(), int(luck.oracle.flops[kept].sum()) * search.replicates)
