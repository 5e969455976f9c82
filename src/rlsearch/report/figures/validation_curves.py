"""Validation level of every arm during training: one panel per slot, all others faint behind it."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from rlsearch.config.artefacts import Slot
from rlsearch.report import repetitions, words
from rlsearch.report.plotting import looks, style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData

TITLE = "Validation results during training"
SECTION = "target"
ORDER = 29


def applies(study: StudyData) -> bool:
    """Tell whether curves hold validation levels."""
    return bool(_shown(study))


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return the validation level after each step over the epochs: mean and t band of each slot; dashed: the target."""
    slots, factor = _shown(study), study.target_measure.factor
    tables = {slot.name: _table(study, slot) for slot in slots}
    figure, panels = looks.slot_panels(study, layout, slots, tables)
    for slot, axes in panels:
        if study.target_level is not None:
            axes.axhline(factor * study.target_level, color=style.MUTED, linestyle="--", linewidth=0.8)
        own = tables[slot.name]
        # The table holds levels as they are shown; means are taken of levels as they are measured.
        band = repetitions.over_levels(own.index.tolist(), own.to_numpy().T / factor, study.target_measure)
        colour = looks.colour(study, slot)
        axes.fill_between(band.x, factor * band.low, factor * band.high, color=colour, alpha=0.22, linewidth=0)
        axes.plot(band.x, factor * band.mean, color=colour, linewidth=1.8, marker="o", markersize=2.5)
    low = min(float(table.min().min()) for table in tables.values())
    high = max(float(table.max().max()) for table in tables.values())
    room = 0.06 * (high - low) or 1.0
    least, most = (factor * bound for bound in study.target_measure.bounds)
    # The panels share this axis. It ends where levels end, with room for the width of a line there.
    figure.axes[0].set_ylim(max(low - room, least - room), min(high + room, most + room))
    figure.supxlabel("epoch")
    figure.supylabel(f"{study.split} {study.target_measure.axis}")
    return figure


def _shown(study: StudyData) -> list[Slot]:
    arms = study.trained
    return [slot for slot in study.compared if slot.name in arms and any(run.levels for run in arms[slot.name].runs)]


def _table(study: StudyData, slot: Slot) -> pd.DataFrame:
    """Return levels as they are shown: a row per end of a step, a column per retraining seed; NaN after a run's end."""
    runs = study.trained[slot.name].runs
    columns = {run.seed: pd.Series(run.levels, index=run.ends, dtype="float64") for run in runs}
    return study.target_measure.factor * pd.DataFrame(columns).sort_index()


def caption(study: StudyData) -> str:
    """Return n, what the bands are, and the target."""
    counts = [len(study.trained[slot.name].runs) for slot in _shown(study)]
    runs = words.between_counts(counts, "retraining run", "retraining runs")
    target = study.target_level
    line = (
        f" Dashed: {words.level(target, study.target_measure, 1)}, the target of the table below."
        if target is not None
        else ""
    )
    return (
        f"Measured after every step. Strong line and band: mean and 95 % t interval over {runs} (those still in "
        f"training). Grey: the means of the other slots.{line}"
    )


def alt(study: StudyData) -> str:
    """Return the mean at the last step."""
    measure = study.target_measure
    ends = {slot.name: _table(study, slot).iloc[-1].mean() / measure.factor for slot in _shown(study)}
    parts = [f"{name} {measure.show(end)}" for name, end in ends.items()]
    return f"Mean {study.split} {measure.label} after the last step: {'; '.join(parts)}."
