"""The report phase: reads the artefacts of all studies and writes the page, figures, tables and metrics.json."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from rlsearch.config import artefacts
from rlsearch.config.models import Params
from rlsearch.errors import RlsearchError, StorageError
from rlsearch.evidence import mixture, standing
from rlsearch.evidence.results import Files
from rlsearch.files import pretty_json, write_atomic
from rlsearch.report import curves, drawing, metrics, page, tables
from rlsearch.report.study import StudyData
from rlsearch.search.lock import flock


def run(params: Params, root: Path = Path("."), partial: bool = False, processes: int = 1) -> Path:
    """Write results/report/ and results/metrics.json; return the path of index.html.

    Equal artefacts give equal bytes, but for the wall-clock seconds that the page shows for information. All is written
    aside and put in place at the end: a fault, a full disk among them, leaves an earlier report as it is. One process
    at a time does so, from the reading of the artefacts on: `make partial` may begin beside a run, and waits here.

    Args:
        params: the validated settings.
        root: the project folder.
        partial: report what is there and name what is missing, instead of refusing.
        processes: how many draw figures side by side.

    Raises:
        RlsearchError: an artefact is missing (unless `partial`), cannot be read, or belongs to other settings.
    """
    with _turn(root):
        return _write(params, root, partial, processes)


@contextmanager
def _turn(root: Path) -> Iterator[None]:
    """Wait until no other process makes a report of this project, and keep others waiting meanwhile."""
    path = root / ".rlsearch" / "report.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        with suppress(StorageError):  # a file system without locks, which searches refuse with a message of their own
            flock(file, fcntl.LOCK_EX)
        yield


def _write(params: Params, root: Path, partial: bool, processes: int) -> Path:
    standing.check(params, root, standing.names(params))
    # During a run, what is selected may have changed already, and what is trained not yet: as if it were not there.
    files = Files(root, without=mixture.mixed(params, root, founded=True) if partial else ())
    studies = [StudyData(params, name, root, files) for name in params.studies]
    if not partial:
        if missing := [path for data in studies for path in data.missing]:
            raise _incomplete(missing)
        mixture.check(params, root)
    folder = root / artefacts.REPORT_FOLDER
    with _aside(folder) as new:
        drawn = drawing.draw_all(studies, new, processes)
        chapters = [_chapter(data, new, shown) for data, shown in zip(studies, drawn, strict=True)]
        curves.write(studies, new)
        write_atomic(new / "metrics.json", pretty_json(metrics.build(studies)))
        write_atomic(new / "index.html", page.render(params, chapters))
        folder.mkdir(parents=True, exist_ok=True)
        for part in ("figures", "tables"):
            (new / part).mkdir(exist_ok=True)  # a report may have no figure
            # What an earlier report drew and this one does not would otherwise stay and be taken for current.
            shutil.rmtree(folder / part, ignore_errors=True)
            (new / part).replace(folder / part)
        (new / "metrics.json").replace(root / artefacts.METRICS_FILE)
        # The page comes last: what it shows is in place by then.
        (new / "index.html").replace(folder / "index.html")
    return folder / "index.html"


@contextmanager
def _aside(folder: Path) -> Iterator[Path]:
    """Yield an empty folder beside the report, on the same disk; it is removed, even one that a killed report left."""
    new = folder.with_name(f".{folder.name}-unfinished")
    shutil.rmtree(new, ignore_errors=True)
    try:
        new.mkdir(parents=True)
        yield new
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _chapter(data: StudyData, folder: Path, drawn: list[drawing.Drawn]) -> page.Chapter:
    of_study = tables.build(data)
    for table in of_study:
        write_atomic(folder / "tables" / f"{data.name}-{table.name}.csv", table.to_csv())
    return page.Chapter(data, drawn, of_study)


def _incomplete(missing: Sequence[str]) -> RlsearchError:
    shown = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
    return RlsearchError(
        f"artefacts are missing ({len(missing)}), so that there is nothing complete to report on",
        where=shown,
        remedy="let the pipeline finish (`make run`), or ask for what is there (`make partial`)",
    )
