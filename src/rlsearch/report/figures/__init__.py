"""One module per figure. A new file in this folder is a new figure in every report: nothing else needs to know it.

A module has `TITLE`, `SECTION` (the id of the page's section it belongs to), `ORDER` (its place there, and
everywhere), and the four functions of `FigureModule`.
"""

from __future__ import annotations

from functools import cache
from typing import Protocol, cast

from matplotlib.figure import Figure

from rlsearch.report import parts
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData


class FigureModule(Protocol):
    """What a figure's module offers."""

    TITLE: str
    SECTION: str
    ORDER: int

    def applies(self, study: StudyData) -> bool:
        """Tell whether the study has what the figure shows."""

    def draw(self, study: StudyData, layout: Layout) -> Figure:
        """Return the figure at one width."""

    def caption(self, study: StudyData) -> str:
        """Return what is drawn: n, and what each band or bar is."""

    def alt(self, study: StudyData) -> str:
        """Return in words what a reader who sees the figure takes from it."""


@cache
def modules() -> dict[str, FigureModule]:
    """Return all figures by name, in the order of the page."""
    return {name: cast(FigureModule, module) for name, module in parts.in_sections("figures").items()}
