"""How slots and optimizers look in every figure: an agent's slots have its colour, baselines the colour of text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rlsearch.config.artefacts import Slot
from rlsearch.report.plotting import style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData


def colour(study: StudyData, slot: Slot) -> str:
    """Return the colour of a slot."""
    return style.INK if slot.role == "reference" else style.colour(study.place(slot.source))


def mark(study: StudyData, slot: Slot) -> dict[str, Any]:
    """Return the marker of a slot: its agent's, hollow for a schedule that is followed blindly; baselines their own."""
    if slot.role == "reference":
        place = [baseline.name for baseline in study.of_role("reference")].index(slot.name)
        return {"marker": style.marker(place), "color": style.INK, "markeredgecolor": style.INK}
    edge = colour(study, slot)
    face = style.PAPER if slot.role == "replay" else edge
    return {"marker": style.marker(study.place(slot.source)), "color": face, "markeredgecolor": edge}


def optimizers(study: StudyData) -> dict[str, str]:
    """Return the colour of every optimizer that trained an epoch, in the order of the space."""
    seen = {label for arm in study.trained.values() for run in arm.runs for label in run.optimizers}
    order = list(getattr(study.settings.space, "optimizers", ()))
    ordered = [label for label in order if label in seen] + sorted(seen - set(order))
    # The place is the one in the space: a colour must not depend on which optimizers were ever chosen.
    return {label: style.colour((order or ordered).index(label)) for label in ordered}


def slot_panels(
    study: StudyData, layout: Layout, slots: Sequence[Slot], tables: Mapping[str, pd.DataFrame]
) -> tuple[Figure, Iterator[tuple[Slot, Axes]]]:
    """Return a figure of one panel per slot, and the panels: in each the means of all other slots lie faint behind.

    Args:
        tables: of each slot by its name: a row per epoch, a column per run.
    """
    height, columns = (1.75, 5) if layout is style.WIDE else (1.5, 2)
    figure, panels = style.panels(layout, len(slots), height=height, columns=columns, sharex=True, sharey=True)
    return figure, _behind(study, slots, panels, tables)


def _behind(
    study: StudyData, slots: Sequence[Slot], panels: Sequence[Axes], tables: Mapping[str, pd.DataFrame]
) -> Iterator[tuple[Slot, Axes]]:
    means = {name: (table.index.to_numpy(), table.mean(axis=1).to_numpy()) for name, table in tables.items()}
    for slot, axes in zip(slots, panels, strict=True):
        style.behind(axes, [line for name, line in means.items() if name != slot.name], linewidth=1.0)
        axes.set_title(textwrap.fill(study.short_title(slot), 19), fontsize=8)
        style.integer_ticks(axes, count=4)
        yield slot, axes
