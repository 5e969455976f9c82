"""Training curves of the retrained candidates: one panel per candidate, all others faint behind it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rlsearch.config.artefacts import Slot
from rlsearch.report.plotting import looks, style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData
from rlsearch.statistics import intervals

TITLE = "Training on the target network"
SECTION = "target"
ORDER = 30


def applies(study: StudyData) -> bool:
    """Tell whether a best candidate or a baseline was retrained."""
    return bool(_shown(study))


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return training loss by epoch on a log axis: mean and t band of each candidate."""
    slots = _shown(study)
    tables = {slot.name: _table(study, slot) for slot in slots}
    figure, panels = looks.slot_panels(study, layout, slots, tables)
    for slot, axes in panels:
        _band(axes, tables[slot.name], looks.colour(study, slot))
        axes.set_yscale("log")
        style.numbers(axes.yaxis)
    figure.supxlabel("epoch")
    figure.supylabel("training loss (nats)")
    return figure


def _shown(study: StudyData) -> list[Slot]:
    with_curves = set(study.curves["slot"])
    return [slot for slot in study.compared if slot.name in with_curves]


def _table(study: StudyData, slot: Slot) -> pd.DataFrame:
    """Return the training loss of a slot: a row per epoch, a column per retraining seed."""
    rows = study.curves[study.curves["slot"] == slot.name]
    return rows.pivot(index="epoch", columns="seed", values="train_loss")


def _band(axes: Axes, table: pd.DataFrame, colour: str) -> None:
    means = table.mean(axis=1).to_numpy()
    _, low, high = intervals.t_bands(table.to_numpy().T, bounds=intervals.POSITIVE)
    # A log axis cannot show an interval that reaches zero; it is cut just below the smallest run.
    floor = np.nanmin(table.to_numpy(), axis=1) * 0.5
    axes.fill_between(table.index.to_numpy(), np.maximum(low, floor), high, color=colour, alpha=0.22, linewidth=0)
    # One epoch is a point, which a line alone would not show.
    axes.plot(table.index, means, color=colour, linewidth=1.8, marker="o" if len(means) == 1 else None, markersize=4)


def caption(study: StudyData) -> str:
    """Return n and what the bands are."""
    runs = study.settings.retraining.seeds
    band = f"mean and 95 % t interval over {runs} retraining seeds" if runs > 1 else "one retraining seed, no band"
    return f"Strong line and band: {band}. Grey: the means of the other candidates. Training {study.kind.noun} only."


def alt(study: StudyData) -> str:
    """Return the mean training loss after the last epoch."""
    parts = []
    for slot in _shown(study):
        parts.append(f"{slot.name} {_table(study, slot).mean(axis=1).iloc[-1]:.3g}")
    return f"Mean training loss after the last epoch: {'; '.join(parts)}."
