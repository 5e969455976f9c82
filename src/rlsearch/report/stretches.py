"""Repeated searches as they went on, each by itself: mean rewards, and the share of proposals that fell short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rlsearch.config.twins import is_twin
from rlsearch.report import repetitions
from rlsearch.report.repetitions import Band, Floats
from rlsearch.report.study import StudyData
from rlsearch.statistics.intervals import ANY, SHARE

PART = 8
"""Searches are compared in the first and in the last one of so many equal parts of the trials of the settings."""
REWARDS = "rewards"


@dataclass(frozen=True)
class Ends:
    """A quantity in the first and in the last part of each search that came to its end, (searches,)."""

    first: Floats
    last: Floats


def agents(study: StudyData) -> list[str]:
    """Return the agents whose searches were followed stretch by stretch, without twins."""
    return [label for label in repetitions.agents(study) if _block(study, label) and not is_twin(label)]


def levels(study: StudyData) -> list[str]:
    """Return the levels of which it is known how many proposals fell short, as the settings write them."""
    return list(dict.fromkeys(level for agent in agents(study) for level in _block(study, agent)["below"]))


def band(study: StudyData, label: str, of: str) -> Band | None:
    """Return mean and 95 % t band over an arm's searches, by trial; None where they were not followed.

    Args:
        of: REWARDS, or a level: the share of proposals that fell short of it.
    """
    values = _values(study, label, of)
    if values is None:
        return None
    found = repetitions.over_runs(_block(study, label)["ends"], values, ANY if of == REWARDS else SHARE)
    # As long as half of the searches go on: a mean over those that are left would move because others ended.
    there = 2 * np.isfinite(values).sum(axis=0) >= len(values)
    return Band(found.x[there], found.mean[there], found.low[there], found.high[there])


def ends(study: StudyData, label: str, of: str) -> Ends:
    """Return the same in the first and in the last part of the trials of the settings, for searches that have all."""
    values = _values(study, label, of)
    if values is None:
        return Ends(np.empty(0), np.empty(0))
    trials, points = _trials(study, label), np.array(_block(study, label)["ends"])
    weights, within = np.diff(points, prepend=0), points <= max(trials, points[0])
    # Whole stretches: as many from either end as an eighth of the trials holds.
    size, last = max(trials // PART, int(points[0])), points[within][-1]
    whole = values[np.isfinite(values[:, within]).all(axis=1)]
    parts = (points <= size, within & (points > last - size))
    first, end = (np.average(whole[:, part], axis=1, weights=weights[part]) for part in parts)
    return Ends(np.asarray(first), np.asarray(end))


def _trials(study: StudyData, label: str) -> int:
    """Return how many trials the searches of an arm have that the settings mean, beside the finalists."""
    search = study.settings.search
    return int(repetitions.block(study, label)["trials"]) - search.finalists * search.replicates


def _values(study: StudyData, label: str, of: str) -> Floats | None:
    """Return a quantity of each search in each stretch, (searches, stretches); NaN where it had ended."""
    block = _block(study, label)
    found: Sequence[Any] | None = block.get(REWARDS) if of == REWARDS else block.get("below", {}).get(of)
    return None if found is None else repetitions.numbers(found)


def _block(study: StudyData, label: str) -> Mapping[str, Any]:
    return repetitions.block(study, label).get("stretches") or {}
