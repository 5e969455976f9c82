"""The report phase: reads the artefacts of all studies and writes the page, figures, tables and metrics.json."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from rlsearch.config import artefacts
from rlsearch.config.models import Params
from rlsearch.errors import RlsearchError
from rlsearch.files import pretty_json, write_atomic
from rlsearch.report import curves, drawing, metrics, page, published, published_arms, study, tables
from rlsearch.report.drawing import Drawn
from rlsearch.report.page import Chapter
from rlsearch.report.study import StudyData


def run(params: Params, root: Path = Path("."), partial: bool = False, processes: int = 1) -> Path:
    """Write results/report/ and results/metrics.json; return the path of index.html.

    Equal artefacts give equal bytes, but for the wall-clock seconds that the page shows for information.

    Args:
        params: the validated settings.
        root: the project folder.
        partial: report what is there and name what is missing, instead of refusing.
        processes: how many draw figures side by side.

    Raises:
        RlsearchError: an artefact is missing (unless `partial`) or cannot be read.
    """
    studies = [study.load(params, name, root) for name in params.studies]
    missing = [path for data in studies for path in data.missing]
    if missing and not partial:
        raise _incomplete(missing)
    folder = root / artefacts.REPORT_FOLDER
    for part in ("figures", "tables"):
        # What an earlier report drew and this one does not would otherwise stay and be taken for current.
        shutil.rmtree(folder / part, ignore_errors=True)
    drawn = drawing.draw_all(studies, folder, processes)
    chapters = [_chapter(data, folder, shown) for data, shown in zip(studies, drawn, strict=True)]
    curves.write(studies, folder)
    write_atomic(root / artefacts.METRICS_FILE, pretty_json(metrics.build(studies)))
    index = folder / "index.html"
    write_atomic(index, page.render(params, chapters))
    return index


def _chapter(data: StudyData, folder: Path, drawn: list[Drawn]) -> Chapter:
    entry = published.load(data.settings.published)
    made = tables.build(data)
    if entry:
        made += [one for one in (published.table(data, entry), published_arms.table(data, entry)) if one.rows]
    for table in made:
        write_atomic(folder / "tables" / f"{data.name}-{table.name}.csv", table.to_csv())
    return Chapter(data, drawn, made, entry)


def _incomplete(missing: Sequence[str]) -> RlsearchError:
    shown = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
    return RlsearchError(
        f"{len(missing)} artefacts are missing, so that there is nothing complete to report on",
        where=shown,
        remedy="let the pipeline finish (`make run`), or ask for what is there (`make partial`)",
    )
