"""Training curves as tables: all of them in one file, and a small file a slot for `dvc plots`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from rlsearch.config.artefacts import curve_columns, step_columns
from rlsearch.files import write_atomic
from rlsearch.report.study import StudyData

FOLDER = Path("tables/curves")
"""Relative to the report. DVC draws one plot for each file of a folder, so that slots do not run into one line."""


def write(studies: Sequence[StudyData], report: Path) -> None:
    """Write tables/curves.csv (one row per epoch of a run) and tables/curves/<study>-<slot>.csv (means by epoch).

    The columns about optimizers are there if a study has them.
    """
    frames = [study.curves.assign(study=study.name) for study in studies]
    everything = pd.concat(frames) if len(frames) > 1 else frames[0]
    measures = [study.target_measure for study in studies]
    columns = [column for of in (curve_columns, step_columns) for measure in measures for column in of(measure)]
    everything = everything[[column for column in dict.fromkeys(["study", "slot", *columns]) if column in everything]]
    # Frames hold all numbers as float64 (`frames.frame`); a seed is to read 3, not 3.0.
    write_atomic(report / "tables" / "curves.csv", _csv(everything.astype({"seed": int, "epoch": int})))
    for study in studies:
        values = [column for column in curve_columns(study.target_measure) if column.startswith("train_")]
        for slot, rows in study.curves.groupby("slot", sort=False):
            means = rows.groupby("epoch")[values].mean().reset_index().astype({"epoch": int})
            write_atomic(report / FOLDER / f"{study.name}-{slot}.csv", _csv(means))


def _csv(frame: pd.DataFrame) -> str:
    # pandas would end lines as the platform does: the same bytes everywhere.
    return str(frame.to_csv(index=False, lineterminator="\n"))
