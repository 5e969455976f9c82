"""What each repeated search proposed from one checkpoint to the next, by itself: bands over searches need it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rlsearch.controls.meetings import Trace
from rlsearch.controls.simulate import Floats, Integers
from rlsearch.measures import Measure

Means = list[float | None]


def block(traces: Sequence[Trace], points: Integers, below: Sequence[float], measure: Measure) -> dict[str, Any]:
    """Return the block `stretches`, or nothing where the settings name no level.

    Args:
        traces: the searches. points: checkpoints, (points,), ascending; stretches end there, but no trial is one alone.
        below: levels; what does not reach one falls short of it, and so does a training that diverged.

    Returns:
        `ends`, trial counts; `rewards`, of each search the mean reward in each stretch, None in those to which it did
        not come; and `below`, by each level the share of proposals that fell short of it.
    """
    if not below:
        return {}
    points = points[1:] if len(points) > 1 and points[0] == 1 else points
    short = {
        f"{level:g}": [means(~(measure.merit(trace.levels) >= measure.merit(level)), points) for trace in traces]
        for level in below
    }
    rewards = [means(trace.reward, points) for trace in traces]
    return {"stretches": {"ends": points.tolist(), "rewards": rewards, "below": short}}


def means(values: Floats | Any, points: Integers) -> Means:
    """Return the mean of the values (trials,) in each stretch.

    >>> means(np.array([1.0, 0.0, 1.0, 1.0, 0.0]), np.array([1, 3, 5, 7]))
    [1.0, 0.5, 0.5, None]
    """
    starts = [0, *points[:-1].tolist()]
    parts = [values[start:end] for start, end in zip(starts, points.tolist(), strict=True)]
    return [float(np.mean(part)) if len(part) else None for part in parts]
