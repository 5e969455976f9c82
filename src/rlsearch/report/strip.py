"""A verdict's interval as a small drawing: where it lies against zero and against the margin."""

from __future__ import annotations

import math

from markupsafe import Markup

from rlsearch.evidence.verdict import Verdict
from rlsearch.report import words

WIDTH, HEIGHT, EDGE = 320.0, 46.0, 8.0


def draw(verdict: Verdict) -> Markup | None:
    """Return an SVG of the interval, the effect, zero and the margin; None when nothing was measured.

    An end without a bound runs to the edge of the drawing.
    """
    if verdict.effect is None or verdict.interval is None:
        return None
    ends = [end for end in (verdict.interval.low, verdict.interval.high) if math.isfinite(end)]
    values = [*ends, verdict.effect, 0.0, verdict.margin]
    low, high = min(values), max(values)
    room = 0.12 * (high - low) or 1.0
    scale = (WIDTH - 2 * EDGE) / (high - low + 2 * room)

    def place(value: float) -> float:
        return min(max(EDGE + (value - low + room) * scale, EDGE), WIDTH - EDGE)

    left, right, point = (place(v) for v in (verdict.interval.low, verdict.interval.high, verdict.effect))
    zero, margin = place(0.0), place(verdict.margin)
    effect, between = words.effect(verdict.effect, verdict.unit), words.between(verdict.interval, verdict.unit)
    label = f"Effect {effect}, interval {between}"
    # Two labels closer than this would run into each other; the margin's then moves to the far side of its line.
    anchor = "start" if 0 <= margin - zero < 44 else "middle"
    return Markup(
        '<svg class="strip" role="img" aria-label="{label}" viewBox="0 0 {width:g} {height:g}">'
        '<path class="strip-zero" d="M{zero:.1f} 6V30"/><path class="strip-margin" d="M{margin:.1f} 6V30"/>'
        '<path class="strip-interval" d="M{left:.1f} 18H{right:.1f}"/><circle cx="{point:.1f}" cy="18" r="5"/>'
        '<text x="{zero:.1f}" y="42" text-anchor="{zero_anchor}">0</text>'
        '<text x="{margin:.1f}" y="42" text-anchor="{anchor}">margin</text></svg>'
    ).format(
        label=label, width=WIDTH, height=HEIGHT, zero=zero, margin=margin, left=left, right=right, point=point,
        anchor=anchor, zero_anchor="end" if anchor == "start" else "middle",
    )  # fmt: skip
