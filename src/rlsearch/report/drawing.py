"""Draws every figure of a study that applies: for the page at two widths, and as SVG and PNG files."""

from __future__ import annotations

import gc
import multiprocessing
import signal
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.figure import Figure

from rlsearch.files import write_atomic
from rlsearch.report import figures, words
from rlsearch.report.figures import FigureModule
from rlsearch.report.plotting import style, svg
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData
from rlsearch.workers import die_with_parent

OBJECTS = 100_000
"""New objects after which Python looks for garbage."""


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


def draw_all(studies: Sequence[StudyData], folder: Path, processes: int = 1) -> list[list[Drawn]]:
    """Draw the figures of all studies into `folder`/figures and return those of each in the order of the page.

    Args:
        processes: how many draw side by side; the files are the same for any number.
    """
    jobs = [
        (place, name)
        for place, study in enumerate(studies)
        for name, module in figures.modules().items()
        if module.applies(study)
    ]
    # Windows has no fork, and on macOS it is unsafe (Python's documentation of multiprocessing).
    processes = min(processes, len(jobs)) if sys.platform == "linux" else 1
    with _seldom_collected():
        if processes < 2:
            drawings = [_draw(studies[place], name, folder) for place, name in jobs]
        else:
            # Forked, so that nothing is loaded or read again; the studies reach the workers with the fork.
            context = multiprocessing.get_context("fork")
            with ProcessPoolExecutor(processes, context, _keep, (studies, folder)) as pool:
                # `map` keeps the order of the jobs, so the page does not depend on which figure is finished first.
                drawings = list(pool.map(_draw_kept, jobs))
    by_study: list[list[Drawn]] = [[] for _ in studies]
    for (place, _), drawing in zip(jobs, drawings, strict=True):
        by_study[place].append(drawing)
    return by_study


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Let Python look for garbage about once a figure, among what figures leave: a tenth of the time went there.

    A figure makes a hundred thousand objects that live until it is written. What studies hold lives until the end.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


_kept: tuple[Sequence[StudyData], Path]


def _keep(studies: Sequence[StudyData], folder: Path) -> None:
    global _kept
    _kept = studies, folder
    # A fork inherits the handlers of a job; its end and Ctrl-C are the parent's to report.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent()


def _draw_kept(job: tuple[int, str]) -> Drawn:
    studies, folder = _kept
    return _draw(studies[job[0]], job[1], folder)


def _draw(study: StudyData, name: str, folder: Path) -> Drawn:
    full, module = f"{study.name}-{name}", figures.modules()[name]
    # A phone gets a drawing of its own: a scaled one would have letters too small to read.
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
        wide=Markup(svg.inline(text, full)),  # noqa: S704 - matplotlib escapes what it writes into an SVG
        narrow=Markup(svg.inline(svg.to_svg(narrow, f"{full}-narrow"), f"{full}-narrow")),  # noqa: S704 - as above
    )


def lay_out(module: FigureModule, study: StudyData, layout: Layout) -> Figure:
    """Draw a figure at one width, in the common style, with everything in its place."""
    with rc_context(style.RC):
        figure = module.draw(study, layout)
        # Once is enough: any engine, "none" included, would have every figure drawn twice for each of its files.
        engine = figure.get_layout_engine()
        if engine is not None:
            _place_empty_labels(figure)
            engine.execute(figure)
            if _part_from_titles(figure):
                engine.execute(figure)
        figure.set_layout_engine(None)
    return figure


def _place_empty_labels(figure: Figure) -> None:
    """Give axis labels without text a place: to find one, matplotlib computes all ticks twice more, each time."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            if not axis.get_label_text():
                axis.set_label_coords(0.5, 0.5)


def _part_from_titles(figure: Figure) -> bool:
    """Move what scales an axis ("1e-6") to the right, where it does not lie on the title; tell whether there is any.

    matplotlib would move titles instead, and for that look at all ticks before every drawing (style.RC, titley).
    """
    scaled = [axes for axes in figure.axes if axes.yaxis.get_offset_text().get_text() and axes.get_title(loc="left")]
    for axes in scaled:
        axes.yaxis.set_offset_position("right")
    return bool(scaled)
