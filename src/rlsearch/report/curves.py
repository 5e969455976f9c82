"""Training curves as tables: all of them in one file, and a small file a slot for `dvc plots`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from rlsearch.files import write_atomic
from rlsearch.report.frames import CURVE_COLUMNS, STEP_COLUMNS
from rlsearch.report.study import StudyData

FOLDER = Path("tables/curves")
"""Relative to the report. DVC draws one plot for each file of a folder, so that slots do not run into one line."""


def write(studies: Sequence[StudyData], report: Path) -> None:
    """Write tables/curves.csv (one row per epoch of a run) and tables/curves/<study>-<slot>.csv (means by epoch).

    The columns about optimizers are there if a study has them.
    """
    frames = [study.curves.assign(study=study.name) for study in studies]
    everything = pd.concat(frames) if len(frames) > 1 else frames[0]
    stepwise = [column for column in STEP_COLUMNS if column in everything]
    everything = everything[["study", *CURVE_COLUMNS, *stepwise]]
    write_atomic(report / "tables" / "curves.csv", _csv(everything.astype({"seed": int, "epoch": int})))
    for study in studies:
        for slot, rows in study.curves.groupby("slot", sort=False):
            means = rows.groupby("epoch")[["train_loss", "train_accuracy"]].mean().reset_index().astype({"epoch": int})
            write_atomic(report / FOLDER / f"{study.name}-{slot}.csv", _csv(means))


def _csv(frame: pd.DataFrame) -> str:
    return str(frame.to_csv(index=False, lineterminator="\n"))
