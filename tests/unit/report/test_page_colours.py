"""Every colour that a figure or the page asks for is defined: on the light page, on the dark one and on paper."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rlsearch.config import plugins
from rlsearch.report.plotting import style, svg

TEMPLATES = plugins.ROOT / "report" / "templates"
USED = re.compile(r"var\((--[\w-]+)\)")
DEFINED = re.compile(r"(--[\w-]+):")
PLACES = {"light": "", "dark": "@media (prefers-color-scheme: dark)", "paper": "@media print"}


def defined(place: str) -> set[str]:
    """Return the custom properties that a block `:root { ... }` of the style sheet sets."""
    text = (TEMPLATES / "style.css").read_text()
    start = text.index(":root {", text.index(place))
    return set(DEFINED.findall(text[start : text.index("}", start)]))


@pytest.mark.parametrize("place", PLACES)
def test_every_colour_of_a_figure_is_defined(place: str) -> None:
    drawn = "".join(f'<path style="stroke: {colour}"/>' for colour in (*style.COLOURS, style.MUTED, style.RULE))
    used = set(USED.findall(svg.inline(f"<svg {drawn}</svg>", "figure")))
    assert len(used) == len({*style.COLOURS, style.MUTED, style.RULE})
    assert used - defined(PLACES[place]) == set()


@pytest.mark.parametrize("place", ["light", "paper"])
def test_the_palette_of_the_page_is_that_of_the_figures(place: str) -> None:
    text = (TEMPLATES / "style.css").read_text()
    start = text.index(":root {", text.index(PLACES[place]))
    values = dict(re.findall(r"--series-(\d+): (#\w+)", text[start : text.index("}", start)]))
    assert values == {str(index): colour for index, colour in enumerate(style.COLOURS)}


def test_every_property_that_the_page_uses_is_defined() -> None:
    used = {name for path in sorted(TEMPLATES.glob("*")) for name in USED.findall(path.read_text())}
    whole = (TEMPLATES / "style.css").read_text()
    everywhere = set(DEFINED.findall(whole)) | _set_by_templates()
    assert used - everywhere == set()


def _set_by_templates() -> set[str]:
    """Return the properties that elements of the page set for themselves, such as the colour of a verdict."""
    paths: list[Path] = sorted(TEMPLATES.glob("*.html*"))
    return {name for path in paths for name in re.findall(r'style="(--[\w-]+):', path.read_text())}
