"""From a matplotlib figure to files that repeat byte for byte, and to SVG that takes on the colours of a page."""

from __future__ import annotations

import io
import re

from matplotlib import rc_context
from matplotlib.figure import Figure

from rlsearch.report.figures import style

_VARIABLES = {
    style.INK: "currentColor",
    style.MUTED: "var(--muted)",
    style.RULE: "var(--rule)",
    style.PAPER: "var(--card)",
    **{colour: f"var(--series-{index})" for index, colour in enumerate(style.COLOURS)},
}
_PROLOGUE = re.compile(r"^.*?(?=<svg )", re.DOTALL)
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
_COORDINATES = re.compile(r' (?:d|x|y|transform|points|width|height)="[^"]*"', re.DOTALL)
_LONG_DECIMAL = re.compile(r"(\d+\.\d\d)\d+")
_IDENTIFIER = re.compile(r' id="([^"]+)"')
_REFERENCE = re.compile(r'(xlink:href="#|url\(#)([^")]+)')
_SIZE = re.compile(r' width="[^"]*pt" height="[^"]*pt"| height="[^"]*pt"| width="[^"]*pt"')


def to_svg(figure: Figure, salt: str) -> str:
    """Return the figure as SVG text with its own colours: the same figure and salt give the same bytes.

    `salt` (the figure's name) keeps the identifiers of two figures on one page apart.
    """
    text = io.StringIO()
    with rc_context({**style.RC, "svg.hashsalt": salt}):
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    svg = _METADATA.sub("", text.getvalue())
    return _COORDINATES.sub(lambda match: _LONG_DECIMAL.sub(r"\1", match.group()), svg)


def to_png(figure: Figure, dots_per_inch: int = 160) -> bytes:
    """Return the figure as PNG bytes without the name of the software or a date."""
    data = io.BytesIO()
    with rc_context(style.RC):
        figure.savefig(data, format="png", dpi=dots_per_inch, metadata={"Software": None})
    return data.getvalue()


def inline(svg: str, name: str) -> str:
    """Return an SVG for use inside a page: no prologue, colours from the page, identifiers that are unique there.

    Colours become `currentColor` and the custom properties --muted, --rule, --card and --series-0 to --series-5.
    """
    svg = _SIZE.sub("", _PROLOGUE.sub("", svg), count=2)
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, variable)
    wanted = {match.group(2) for match in _REFERENCE.finditer(svg)}
    svg = _IDENTIFIER.sub(lambda match: f' id="{name}-{match.group(1)}"' if match.group(1) in wanted else "", svg)
    svg = _REFERENCE.sub(lambda match: f"{match.group(1)}{name}-{match.group(2)}", svg)
    return svg.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)
