"""A contact sheet: the first training samples of each group, such as the classes of labelled pictures."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from numpy.typing import NDArray

from rlsearch.report import dataset
from rlsearch.report.plotting import style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData

TITLE = "What the data look like"
SECTION = "data"
ORDER = 5

ROWS = 2
TITLES, GAP = 0.32, 0.25
"""Inches: for a name above its pictures, and between the pictures of two groups."""
LETTERS = 20
"""The longest name that has room above its pictures on a phone."""
LARGEST = 96
"""Pixels of a picture's longer side; larger ones are drawn smaller, to keep the page small."""


def applies(study: StudyData) -> bool:
    """Tell whether the data are fetched and look like something."""
    return bool(dataset.pictures(study))


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return one panel a group, its name above its pictures."""
    groups = dataset.pictures(study)
    few = len(groups) <= dataset.FEW
    across, columns = (dataset.EACH // ROWS, 2) if few else (dataset.EACH_OF_MANY // ROWS, 5)
    columns = columns if layout is style.WIDE else 1 if few else 2
    columns = min(columns, len(groups))
    tall, wide = groups[0][1].shape[1:3]
    height = TITLES + (layout.width / columns - GAP) * ROWS / across * tall / wide
    figure, panels = style.panels(layout, len(groups), height=height, columns=columns)
    # Pictures have no axes, for which there would be room below the last row.
    figure.set_figheight(height * -(-len(groups) // columns))
    engine = figure.get_layout_engine()
    assert isinstance(engine, ConstrainedLayoutEngine)
    engine.set(wspace=GAP * columns / layout.width)
    for axes, (name, pictures) in zip(panels, groups, strict=True):
        # "none": every pixel as it is, also where an SVG is shown larger.
        axes.imshow(_sheet(_smaller(pictures), across), interpolation="none")
        axes.set_title(name if len(name) <= LETTERS else f"{name[: LETTERS - 3]}...")
        axes.set_axis_off()
        axes.set_anchor("NW")
    return figure


def _sheet(pictures: NDArray[np.uint8], across: int) -> NDArray[np.uint8]:
    """Return pictures (n, h, w, 1 or 3) in rows, as RGBA; the page shows through the gaps between them."""
    count, tall, wide, _ = pictures.shape
    gap = max(1, wide // 12)
    sheet = np.zeros((ROWS * (tall + gap) - gap, across * (wide + gap) - gap, 4), np.uint8)
    for place in range(count):
        top, left = place // across * (tall + gap), place % across * (wide + gap)
        sheet[top : top + tall, left : left + wide, :3] = pictures[place]
        sheet[top : top + tall, left : left + wide, 3] = 255
    return sheet


def _smaller(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return pictures of at most LARGEST pixels a side: means over blocks."""
    step = _step(pictures)
    count, tall, wide, channels = pictures.shape
    rows, columns = tall // step, wide // step
    blocks = pictures[:, : rows * step, : columns * step].reshape(count, rows, step, columns, step, channels)
    means: NDArray[np.float64] = blocks.mean(axis=(2, 4))
    return np.rint(means).astype(np.uint8)


def _step(pictures: NDArray[np.uint8]) -> int:
    _, tall, wide, _ = map(int, pictures.shape)
    return min(tall, wide, math.ceil(max(tall, wide) / LARGEST))


def caption(study: StudyData) -> str:
    """Return which samples these are, and what was left out or done to them."""
    groups = dataset.pictures(study)
    most, step = max(len(pictures) for _, pictures in groups), _step(groups[0][1])
    every = study.kind.form(study.manifest or {}).outputs
    more = f" {every - len(groups)} labels more are not shown." if every > len(groups) else ""
    smaller = f" Drawn smaller by a factor of {step}." if step > 1 else ""
    return (
        f"The first {most} training {study.kind.noun} under each label, as they are stored: neither scaled nor "
        f"augmented.{smaller}{more}"
    )


def alt(study: StudyData) -> str:
    """Return how many pictures of what there are."""
    groups = dataset.pictures(study)
    listed = ", ".join(f"{len(pictures)} of {name}" for name, pictures in groups)
    return f"A contact sheet of training {study.kind.noun}: {listed}."
