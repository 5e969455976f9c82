"""Frozen policies: variance, ratio, the check that means agree, and what clipping distorts."""

from __future__ import annotations

from rlsearch.report import gradient, words
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Table, text

SECTION = "gradient"
ORDER = 26


def table(study: StudyData) -> Table:
    """One row per agent and frozen policy: variance, ratio, the check that means agree, and what clipping distorts."""
    rows = [
        {
            **{name: getattr(point, name) for name in _POINT},
            "ratio_low": point.interval.low if point.interval else None,
            "ratio_high": point.interval.high if point.interval else None,
        }
        for point in gradient.points(study)
    ]
    columns = (
        text("agent", "agent"),
        Column("updates", "after updates", words.count),
        Column("trace", "variance (trace)", words.number),
        Column("ratio", "ratio to no baseline", words.number),
        Column("ratio_low", "from", words.number),
        Column("ratio_high", "to", words.number),
        Column("mean_norm", "length of the mean", words.number),
        Column("mean_difference", "means apart (standard errors)", words.number),
        Column("mean_p", "p of equal means", words.number),
        Column("clip_bias", "bias when clipped", lambda share: words.percent(share, 1)),
    )
    note = (
        f"Mean over {gradient.searches(study)} searches, of ratios the geometric mean; {gradient.batches(study)} "
        "batches at each frozen policy. A baseline must not change what is estimated: its mean "
        "gradient has to agree with that of the plain estimator within chance. Clipping the reward does "
        "change it; the bias is the relative distance between the mean gradients with and without clipping. The p "
        "value is the smallest of all searches times their number. Intervals: 95 % t intervals over searches."
    )
    return Table("The policy gradient at frozen policies", columns, rows, note)


_POINT = ("agent", "updates", "trace", "ratio", "mean_norm", "mean_difference", "mean_p", "clip_bias")
