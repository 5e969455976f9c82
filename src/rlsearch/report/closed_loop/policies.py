"""Agents that learn a policy, as figures and tables want them: returns and random actions."""

from __future__ import annotations

from statistics import fmean

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rlsearch.report import repetitions
from rlsearch.report.plotting import progress
from rlsearch.report.repetitions import Band
from rlsearch.report.study import StudyData

Floats = NDArray[np.float64]


def trials_of(study: StudyData, agent: str, column: str) -> pd.DataFrame:
    """Return a column of an agent's trials: a row per episode, a column per search; empty without values."""
    trials = study.trials_with(column)
    rows = trials[(trials["agent"] == agent) & trials[column].notna()]
    return rows.pivot(index="index", columns="seed", values=column)


def searches(study: StudyData, agent: str) -> int:
    """Return how many searches of an agent have episodes with a return."""
    return int(trials_of(study, agent, "return").shape[1])


def returns(study: StudyData, agent: str) -> Band | None:
    """Return mean return over the episodes with its 95 % t band over searches, up to the end of the shortest."""
    # Only episodes that every search reached: beyond them the mean would change because searches drop out of it.
    trials = trials_of(study, agent, "return").dropna()
    if trials.empty:
        return None
    smoothed = np.stack([smooth(column) for column in trials.to_numpy().T])
    return repetitions.over_runs((trials.index + 1).tolist(), smoothed)


def smooth(values: Floats) -> Floats:
    """Return the centred running mean over WINDOW episodes, of long series only."""
    if len(values) < progress.SHORT:
        return values
    # `min_periods`: at both ends the window is cut short, so that the line has no gap there.
    return pd.Series(values).rolling(progress.WINDOW, center=True, min_periods=1).mean().to_numpy(dtype=np.float64)


def random_share(study: StudyData, agent: str, part: float = 1.0) -> float | None:
    """Return the share of the last `part` of the steps whose action was drawn at random, mean over searches."""
    shares, trials = [], study.trials_with("random_actions", "steps")
    for _, rows in trials[trials["agent"] == agent].groupby("seed"):
        counted = rows.sort_values("index").dropna(subset=["random_actions", "steps"])
        if counted.empty:
            continue
        first = len(counted) - max(1, round(part * len(counted)))
        # The counter runs over the whole search, so what was counted before this part is subtracted.
        before = float(counted["random_actions"].iloc[first - 1]) if first else 0.0
        drawn = float(counted["random_actions"].iloc[-1]) - before
        shares.append(drawn / float(counted["steps"].iloc[first:].sum()))
    return fmean(shares) if shares else None
