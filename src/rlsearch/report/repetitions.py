"""Many searches on a truth table, as curves: what the repetitions of the controls phase say, agent by agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rlsearch.config.control_models import LONGEST
from rlsearch.measures import Measure
from rlsearch.report import words
from rlsearch.report.study import StudyData
from rlsearch.statistics import intervals

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Band:
    """A line with its band: `x`, `mean`, `low` and `high` (points,)."""

    x: Floats
    mean: Floats
    low: Floats
    high: Floats


def agents(study: StudyData) -> list[str]:
    """Return the arms whose searches were repeated on the table: agents, then never-updated twins."""
    return [label for label in study.arms if block(study, label)]


def block(study: StudyData, agent: str) -> Mapping[str, Any]:
    """Return an agent's `repetitions` as the controls phase wrote them; empty where there are none."""
    return study.controls.get(agent, {}).get("repetitions") or {}


def runs(study: StudyData) -> int:
    """Return how many searches of each agent there are."""
    return max((int(block(study, agent)["runs"]) for agent in agents(study)), default=0)


def about_cap(study: StudyData) -> str:
    """Return which arms met the most trials of a repetition, and how much of the common budget they used."""
    capped = {agent: told for agent in agents(study) if (told := _capped(block(study, agent)))}
    if not capped:
        return ""
    trials = max(int(block(study, agent)["trials"]) for agent in capped)
    return (
        f" A repeated search ends after {words.count(LONGEST * trials)} trials at the latest, {LONGEST} times those of "
        "the settings, whatever is left of its budget. So did "
        f"{', '.join(f'{agent} ({told})' for agent, told in capped.items())}."
    )


def _capped(repeated: Mapping[str, Any]) -> str:
    """Return how many searches met the most trials, and which part of the budget they used; empty where none did."""
    most, runs = LONGEST * repeated["trials"], zip(repeated["trials_used"], repeated["flops"], strict=True)
    shares = [flops / repeated["budget_flops"] for used, flops in runs if used >= most]
    if not shares:
        return ""
    return f"{len(shares)} of {repeated['runs']} searches, which used {words.percent(fmean(shares), 1)} of it"


def tops(study: StudyData) -> list[int]:
    """Return the k of the best-k means, smallest first."""
    return sorted({int(k) for agent in agents(study) for k in block(study, agent)["top"]})


def top(study: StudyData, agent: str, k: int) -> Band | None:
    """Return the mean level of the best k networks so far over the trials, with its 95 % t band."""
    repeated = block(study, agent)
    values = repeated["top"].get(str(k))
    return None if values is None else over_levels(repeated["checkpoints"], values, study.measure)


def rewards(study: StudyData, agent: str) -> Band:
    """Return the mean reward over the trials, in the order of the proposals, plus and minus one standard deviation.

    Of an agent that explores by a schedule the mean goes on as long as half of its searches do; the band, and all of
    the others, end with the shortest search.
    """
    repeated = block(study, agent)
    mean, sd = numbers(repeated["rewards"]), numbers(repeated["reward_sd"])
    whole = numbers((repeated.get("explored") or {}).get("by_trial") or repeated["rewards"])
    mean = np.concatenate([mean, whole[len(mean) :]])
    sd = np.concatenate([sd, np.full(len(mean) - len(sd), np.nan)])
    return Band(np.arange(1.0, len(mean) + 1), mean, mean - sd, mean + sd)


def over_runs(x: Sequence[float], values: ArrayLike, bounds: intervals.Bounds = intervals.ANY) -> Band:
    """Return mean and 95 % t interval over the rows of `values` (runs, points); NaN where nothing is known."""
    # Runs stop at different points, and JSON's null is NaN by now: each point has an n of its own.
    return Band(np.asarray(x, dtype=float), *intervals.t_bands(numbers(values), bounds=bounds))


def over_levels(x: Sequence[float], levels: ArrayLike, measure: Measure) -> Band:
    """Return the same of levels, whose means are taken of their merits."""
    band = over_runs(x, measure.merit(numbers(levels)), measure.merit_bounds)
    ends = measure.level_of(band.low), measure.level_of(band.high)
    return Band(band.x, measure.level_of(band.mean), np.minimum(*ends), np.maximum(*ends))


def numbers(values: Any) -> Floats:
    """Return JSON lists as an array, null as NaN."""
    return np.array(values, dtype=np.float64)
