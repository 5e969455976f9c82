"""What agents that learn a table of action values hold each kind of option to be worth, decision by decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from rlsearch.layer_notation import NUMBERS, read_beginning
from rlsearch.report import repetitions, words
from rlsearch.report.repetitions import Band
from rlsearch.report.study import StudyData

FIELD = "field"
AXIS = "mean Q (in units of the reward)"


def agents(study: StudyData) -> list[str]:
    """Return the agents of which a table is there."""
    return [label for label in study.agents if any(job[0] == label for job in study.q_tables)]


def searches(study: StudyData, label: str) -> int:
    """Return how many searches of an agent left a table."""
    return sum(job[0] == label for job in study.q_tables)


def by_depth(study: StudyData, label: str, kind: Callable[[str], str | None], kinds: Sequence[str]) -> dict[str, Band]:
    """Return the mean value of each kind of option over the decisions (from 1), over the agent's searches.

    In each search the mean is over all pairs of a state and an option at that depth that a candidate has taken. The
    band is the 95 % t interval over searches.

    Args:
        kind: tells of an option what it is; None = nothing of interest. kinds: what it may be, in order.
    """
    whole = [rows for job, rows in study.q_tables.items() if job[0] == label]
    # A table of an agent of the user's own may know no depth.
    tables = [[row for row in rows if "depth" in row] for rows in whole]
    depth = max((int(row["depth"]) for rows in tables for row in rows), default=-1) + 1
    by_kind = {name: np.full((len(tables), depth), np.nan) for name in kinds}
    for search, rows in enumerate(tables):
        values: dict[tuple[str, int], list[float]] = {}
        for row in rows:
            if (name := kind(row["option"])) is not None:
                values.setdefault((name, int(row["depth"])), []).append(row["q"])
        for (name, place), numbers in values.items():
            by_kind[name][search, place] = np.mean(numbers)
    bands = {name: repetitions.over_runs(list(range(1, depth + 1)), by_kind[name]) for name in kinds}
    return {name: band for name, band in bands.items() if np.isfinite(band.mean).any()}


def field(option: str) -> int | None:
    """Return the side of the field of an option that is a convolution in layer notation; None of any other.

    >>> field("C(64,3,1)"), field("P(2,2)"), field("kernel 3")
    (3, None, None)
    """
    try:
        layers = read_beginning(option)
    except ValueError:
        return None
    names = NUMBERS[layers[0].kind] if len(layers) == 1 else ()
    return layers[0].numbers[names.index(FIELD)] if FIELD in names else None


def whose(study: StudyData) -> str:
    """Return how many searches left the tables, e.g. "The tables of 3 searches of each agent"."""
    counts = [searches(study, label) for label in agents(study)]
    return f"The tables at the end of {words.between_counts(counts, 'search', 'searches')} of each agent"


def band(study: StudyData) -> str:
    """Return what the bands are, to follow "over the searches"; nothing where there is one search of each agent."""
    alone = all(searches(study, label) == 1 for label in agents(study))
    return (
        " (one of each agent, so that there is no interval)"
        if alone
        else " (band: 95 % t interval, cut at the edge of the panel)"
    )


def at_first(panels: Mapping[str, Mapping[str, Band]], show: Callable[[float], str]) -> str:
    """Return the values of the first layer in words, agent by agent."""
    return "; ".join(
        f"{agent}: {', '.join(f'{name} {show(float(line.mean[0]))}' for name, line in lines.items() if _known(line))}"
        for agent, lines in panels.items()
    )


def _known(line: Band) -> bool:
    return bool(np.isfinite(line.mean[0]))
