"""Draws every figure of a study that applies: for the page at two widths, and as SVG and PNG files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.figure import Figure

from rlsearch.files import write_atomic
from rlsearch.report import figures, words
from rlsearch.report.figures import FigureModule, style, svg
from rlsearch.report.figures.style import Layout
from rlsearch.report.study import StudyData


@dataclass(frozen=True)
class Drawn:
    """A figure on the page: `file` is its path without suffix, relative to the page."""

    name: str
    section: str
    title: str
    caption: str
    alt: str
    file: str
    wide: Markup
    narrow: Markup


def draw_all(study: StudyData, folder: Path) -> list[Drawn]:
    """Draw the figures of a study into `folder`/figures and return them in the order of the page."""
    return [_draw(study, name, module, folder) for name, module in figures.modules().items() if module.applies(study)]


def _draw(study: StudyData, name: str, module: FigureModule, folder: Path) -> Drawn:
    full = f"{study.name}-{name}"
    wide, narrow = (lay_out(module, study, layout) for layout in (style.WIDE, style.NARROW))
    text = svg.to_svg(wide, full)
    write_atomic(folder / "figures" / f"{full}.svg", text)
    write_atomic(folder / "figures" / f"{full}.png", svg.to_png(wide))
    return Drawn(
        name=full,
        section=module.SECTION,
        title=module.TITLE,
        caption=words.minus(module.caption(study)),
        alt=words.minus(module.alt(study)),
        file=f"figures/{full}",
        wide=Markup(svg.inline(text, full)),
        narrow=Markup(svg.inline(svg.to_svg(narrow, f"{full}-narrow"), f"{full}-narrow")),
    )


def lay_out(module: FigureModule, study: StudyData, layout: Layout) -> Figure:
    """Draw a figure at one width, in the common style, with everything in its place."""
    with rc_context(style.RC):
        figure = module.draw(study, layout)
        # Once is enough: left switched on, the engine would lay out again for every file.
        engine = figure.get_layout_engine()
        if engine is not None:
            engine.execute(figure)
        figure.set_layout_engine("none")
    return figure
