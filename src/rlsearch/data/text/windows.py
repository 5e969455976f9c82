"""Where the streams of a text lie: worked out without the text, so that costs are known before it is fetched.

Training reads `batch_size` streams side by side, a window at a time. Measuring reads streams that overlap, so that no
token is predicted without some that stand before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from rlsearch.config.task_models import TaskSettings

BPTT = 35
"""Tokens of a window where a task does not say: those of Zaremba et al. (2014, section 4.1)."""
STREAMS, SHORTEST, WARM = 64, 256, 64
"""Of measuring: the most streams, the fewest tokens that each counts, and those that it reads before, to have a state.

None depends on a task: a network is measured alike whatever it was trained with.
"""


@dataclass(frozen=True)
class Plan:
    """An epoch: so many streams, each of so many predicted tokens; it begins at one of the first `offsets` tokens."""

    streams: int
    length: int
    offsets: int


def window(task: TaskSettings) -> int:
    """Return the tokens of a window."""
    return BPTT if task.bptt is None else task.bptt


def plan(count: int, task: TaskSettings) -> Plan:
    """Return how an epoch reads so many tokens, 2 at least: equally many, whatever its offset.

    The offset leaves each stream a whole window, where there are tokens enough for that.
    """
    size = window(task)
    streams = min(task.batch_size, count - 1)
    offsets = min(max(count - streams * size, 1), size)
    return Plan(streams, (count - offsets) // streams, offsets)


@dataclass(frozen=True)
class Reading:
    """The streams of a measurement.

    Attributes:
        positions: of the tokens that each stream reads, int64 (streams, length); the next one is predicted from each.
        counted: whether that prediction counts, bool (streams, length): each but the text's first token once.
    """

    positions: NDArray[np.int64]
    counted: NDArray[np.bool_]


def reading(count: int, *, most: int = STREAMS, shortest: int = SHORTEST, warm: int = WARM) -> Reading:
    """Return the streams in which a text of so many tokens, 2 at least, is measured.

    Each begins `warm` tokens before the first that it counts, but for the first stream, which has none before it.

    Args:
        most: streams; shortest: tokens that each counts, if there is more than one; warm: tokens read before.
    """
    predicted = count - 1
    streams = min(most, max(1, (predicted - warm) // shortest))
    stride = -(-(predicted - warm) // streams) if streams > 1 else predicted
    length = stride + warm if streams > 1 else predicted
    places, starts = np.arange(length), stride * np.arange(streams)[:, None]
    positions = starts + places
    counted = ((places >= warm) | (starts == 0)) & (positions < predicted)
    # What the last streams read past the end counts for nothing.
    return Reading(np.minimum(positions, predicted - 1), counted)
