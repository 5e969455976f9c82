"""A verdict's interval as a small drawing: where it lies against zero and against the margin on both sides."""

from __future__ import annotations

import math

from markupsafe import Markup

from rlsearch.evidence.verdict import Verdict
from rlsearch.report import words

WIDTH, HEIGHT, EDGE = 320.0, 46.0, 8.0
CLOSE, DIGIT = 50.0, 6.0
"""Room that half a label and the digit beside it take; and the digit alone."""


def draw(verdict: Verdict) -> Markup | None:
    """Return an SVG of the interval, the effect, zero and the margin on both sides; None when nothing was measured.

    An end without a bound runs to the edge of the drawing.
    """
    if verdict.effect is None or verdict.interval is None:
        return None
    ends = [end for end in (verdict.interval.low, verdict.interval.high) if math.isfinite(end)]
    values = [*ends, verdict.effect, -verdict.margin, verdict.margin]
    # 0 lies between the margins, so it is always inside.
    low, high = min(values), max(values)
    room = 0.14 * (high - low)
    scale = (WIDTH - 2 * EDGE) / (high - low + 2 * room)

    def place(value: float) -> float:
        return min(max(EDGE + (value - low + room) * scale, EDGE), WIDTH - EDGE)

    left, right, point = (place(v) for v in (verdict.interval.low, verdict.interval.high, verdict.effect))
    zero, below, above = place(0.0), place(-verdict.margin), place(verdict.margin)
    effect, between = words.effect(verdict.effect, verdict.unit), words.between(verdict.interval, verdict.unit)
    # Labels closer than this would run into each other; those of the margin then move to the far sides of their lines.
    close = above - zero < CLOSE
    # At an edge there is no room for both: then the one inside names both lines.
    cut_left, cut_right = close and below < CLOSE, close and above > WIDTH - CLOSE
    return Markup(
        '<svg class="strip" role="img" aria-label="{label}" viewBox="0 0 {width:g} {height:g}">'
        '<path class="strip-zero" d="M{zero:.1f} 6V30"/>'
        '<path class="strip-margin" d="M{below:.1f} 6V30M{above:.1f} 6V30"/>'
        '<path class="strip-interval" d="M{left:.1f} 18H{right:.1f}"/><circle cx="{point:.1f}" cy="18" r="5"/>'
        '<text x="{zero:.1f}" y="42" text-anchor="middle">0</text>'
        '<text x="{below_text:.1f}" y="42" text-anchor="{below_anchor}">{below_name}</text>'
        '<text x="{above_text:.1f}" y="42" text-anchor="{above_anchor}">{above_name}</text></svg>'
    ).format(
        label=f"Effect {effect}, interval {between}", width=WIDTH, height=HEIGHT,
        zero=zero, below=below, above=above, left=left, right=right, point=point,
        below_text=min(below, zero - DIGIT), above_text=max(above, zero + DIGIT),
        below_name="" if cut_left else "±margin" if cut_right else f"{words.MINUS}margin",
        above_name="±margin" if cut_left else "" if cut_right else "margin",
        below_anchor="end" if close else "middle", above_anchor="start" if close else "middle",
    )  # fmt: skip
