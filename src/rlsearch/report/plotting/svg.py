"""From a matplotlib figure to files that repeat byte for byte, and to SVG that takes on the colours of a page."""

from __future__ import annotations

import io
import re

from matplotlib import rc_context
from matplotlib.figure import Figure

from rlsearch.files import digest
from rlsearch.report.plotting import style
from rlsearch.report.plotting.compact import compact

_VARIABLES = {
    style.INK: "currentColor",
    style.MUTED: "var(--muted)",
    style.RULE: "var(--rule)",
    style.PAPER: "var(--card)",
    **{colour: f"var(--series-{index})" for index, colour in enumerate(style.COLOURS)},
}
_PROLOGUE = re.compile(r"^.*?(?=<svg )", re.DOTALL)
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
_STYLESHEET = re.compile(r"<style.*?</style>", re.DOTALL)
# matplotlib writes a turn by 0 degrees into every text.
_NO_TURN = re.compile(r' transform="rotate\(-?0 [^"]*\)"')
# A matrix stretches a picture, by hundreds of points: a hundredth in it is seen.
_COORDINATES = re.compile(r' (?:d|transform|points|width|height)="(?!matrix)[^"]*"', re.DOTALL)
_POSITIONS = re.compile(r' [xy]="[^"]*"')
_LONG_DECIMAL = re.compile(r"(\d+\.\d\d)\d+")
_DECIMAL = re.compile(r"(\d+\.\d)\d+")
_IDENTIFIER = re.compile(r' id="([^"]+)"')
_REFERENCE = re.compile(r'(xlink:href="#|url\(#)([^")]+)')
# Faint marks would vanish on a dark page, which sets --faint; elsewhere the fallback holds.
_FAINT = re.compile(r"(<[^>]* style=\"[^\">]*fill-opacity: )(0\.(?:3|45)\d*)")
_SIZE = re.compile(r' (?:width|height)="[^"]*pt"')
_MARKERS = re.compile(r"(<g clip-path=\"[^\"]*\")>((?:\s*<use [^>]*/>)+)\s*</g>")
_STYLE = re.compile(r' style="([^"]*)"')


def to_svg(figure: Figure, salt: str) -> str:
    """Return the figure as SVG text with its own colours: the same figure and salt give the same bytes.

    `salt` (the figure's name) keeps the identifiers of two figures on one page apart.
    """
    text = io.StringIO()
    # Without a salt matplotlib derives identifiers from a random one, and without "Date": None it writes the time.
    with rc_context({**style.RC, "svg.hashsalt": salt}):
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    svg = _NO_TURN.sub("", _METADATA.sub("", text.getvalue()))
    # A hundredth of a point cannot be seen; the longer decimals would make up most of the page.
    svg = _COORDINATES.sub(lambda match: _LONG_DECIMAL.sub(r"\1", match.group()), svg)
    svg = _POSITIONS.sub(lambda match: _DECIMAL.sub(r"\1", match.group()), svg)
    return _MARKERS.sub(_hoist, svg)


def _hoist(match: re.Match[str]) -> str:
    """Move the style that all marks of a group share to the group: it would be repeated thousands of times."""
    group, marks = match.groups()
    styles = set(_STYLE.findall(marks))
    if len(styles) != 1:
        return match.group()
    compact = re.sub(r"\s*(<use)", r"\1", _STYLE.sub("", marks))
    return f'{group} style="{styles.pop()}">{compact}</g>'


def to_png(figure: Figure, dots_per_inch: int = 160) -> bytes:
    """Return the figure as PNG bytes without the name of the software or a date."""
    data = io.BytesIO()
    with rc_context(style.RC):
        figure.savefig(data, format="png", dpi=dots_per_inch, metadata={"Software": None})
    return data.getvalue()


def inline(svg: str, name: str) -> str:
    """Return an SVG for use inside a page: no prologue or style sheet, the page's colours, identifiers unique there.

    Colours become `currentColor` and the custom properties --muted, --rule, --card and --series-<place in the
    palette>, which the style sheet has to define for the light page, the dark one and paper. It is as short as it can
    be without a change of what is seen: a page holds hundreds.
    """
    # The first two sizes in points are the width and the height of the whole: the page sets these itself.
    svg = _SIZE.sub("", _STYLESHEET.sub("", _PROLOGUE.sub("", svg)), count=2)
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, variable)
    wanted = dict.fromkeys(match.group(2) for match in _REFERENCE.finditer(svg))
    short = {old: f"f{digest(name)[:6]}-{number}" for number, old in enumerate(wanted)}
    svg = _IDENTIFIER.sub(lambda match: f' id="{short[match.group(1)]}"' if match.group(1) in short else "", svg)
    svg = _REFERENCE.sub(lambda match: f"{match.group(1)}{short[match.group(2)]}", svg)
    svg = compact(_FAINT.sub(r"\1var(--faint, \2)", svg))
    # Not read out: the element around it has a label in words (macros.html.j2).
    return svg.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)
