"""What a table of the report is: raw values for the CSV, the same rows in words for the page."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean, stdev
from typing import Any

from rlsearch.files import csv_text
from rlsearch.measures import Measure
from rlsearch.report import words
from rlsearch.statistics import intervals
from rlsearch.statistics.intervals import Interval

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """One column: `key` in the rows and in the CSV, `title` on the page, and how a cell reads there.

    `long`: its texts have several words, and get more room.
    """

    key: str
    title: str
    show: Callable[[Any], str] = str
    numeric: bool = True
    long: bool = False

    def cell(self, row: Row) -> str:
        """Return the cell as the page shows it; a missing value is a dash."""
        value = row.get(self.key)
        if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
            return "–"
        return self.show(value)


@dataclass(frozen=True)
class Table:
    """A table of a section.

    Attributes:
        title, note: the text above and below it.
        columns, rows: what the page and the CSV show.
        hidden: further columns of the CSV.
        folded: whether the page shows the table only on request.
        section: where it is not the `SECTION` of its file; name: that of its file. See `report.tables`.

    A row's own entry `greyed` names its cells that the page prints in grey.
    """

    title: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    note: str = ""
    hidden: Sequence[str] = ()
    folded: bool = False
    section: str = ""
    name: str = ""

    def to_csv(self) -> str:
        """Return all columns with raw values; empty where there is none."""
        names = [column.key for column in self.columns] + list(self.hidden)
        return csv_text(names, (["" if row.get(name) is None else row[name] for name in names] for row in self.rows))


def text(key: str, title: str) -> Column:
    """Return a column of words."""
    return Column(key, title, str, numeric=False)


def spread(name: str, values: Sequence[float], bounds: intervals.Bounds = intervals.ANY) -> dict[str, float | None]:
    """Return mean, 95 % t interval and standard deviation of some values, by keys that begin with `name`.

    `bounds`: the least and the greatest that the mean can be; the interval is cut there (shares: `SHARE`).
    """
    interval = intervals.t_interval(values, bounds=bounds)
    return {
        name: fmean(values) if values else None,
        f"{name}_low": interval.low if interval else None,
        f"{name}_high": interval.high if interval else None,
        f"{name}_sd": stdev(values) if len(values) > 1 else None,
    }


def level_interval(levels: Sequence[float], measure: Measure) -> Interval | None:
    """Return the 95 % t interval of the mean level, cut where no level can lie."""
    interval = intervals.t_interval([measure.merit(level) for level in levels], bounds=measure.merit_bounds)
    if interval is None:
        return None
    worse, better = measure.level_of(interval.low), measure.level_of(interval.high)
    return Interval(min(worse, better), max(worse, better), interval.confidence)


def level_spread(name: str, levels: Sequence[float], measure: Measure) -> dict[str, float | None]:
    """Return mean, 95 % t interval and standard deviation of levels, by keys that begin with `name`."""
    interval = level_interval(levels, measure)
    return {
        name: measure.mean(levels) if levels else None,
        f"{name}_low": interval.low if interval else None,
        f"{name}_high": interval.high if interval else None,
        f"{name}_sd": measure.sd(levels) if len(levels) > 1 else None,
    }


def level_columns(name: str, measure: Measure) -> tuple[Column, ...]:
    """Return the columns that show a `level_spread`."""
    titles = {"": name.replace("_", " "), "_low": "from", "_high": "to"}
    shown = partial(words.level, measure=measure)
    spread = Column(f"{name}_sd", "sd", lambda sd: words.minus(measure.show_sd(sd)))
    return (*(Column(f"{name}{end}", title, shown) for end, title in titles.items()), spread)


def spread_columns(name: str, title: str, show: Callable[[Any], str]) -> tuple[Column, ...]:
    """Return the columns that show mean and interval of a `spread`."""
    titles = {"": title, "_low": "from", "_high": "to"}
    return tuple(Column(f"{name}{end}", head, show) for end, head in titles.items())
