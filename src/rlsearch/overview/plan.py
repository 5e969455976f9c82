"""What a run of these settings costs, said before anything starts: children, FLOPs, time here, disk, downloads."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rlsearch import processor
from rlsearch.config.models import Params, RuntimeSettings
from rlsearch.overview import costs, transfers
from rlsearch.overview.measured import MeasuredStudy
from rlsearch.overview.sizes import raw_bytes, sizes
from rlsearch.overview.start import StartedJob, Starts
from rlsearch.overview.state import SearchState, StudyState, reported
from rlsearch.search import ready
from rlsearch.spaces._making import space_of
from rlsearch.units import counted

REPORT_STARTS = 0.7
"""Time of the report for each study, in starts of a job that loads everything itself: both scale with the core."""


@dataclass(frozen=True)
class Row:
    """One phase of one study (fetch and report: of all studies).

    Attributes:
        done: jobs that have results of the present settings; left: jobs to do, one that was interrupted by its rest.
        seconds: of this phase alone; shared: its share of a run, in which phases of other studies run beside it;
            longest: of its longest job.
    """

    study: str
    phase: str
    jobs: int
    done: int
    left: float
    children: int
    flops: int
    seconds: float
    shared: float
    longest: float


@dataclass(frozen=True)
class Plan:
    """The plan of a run.

    Attributes:
        preset: the settings' own name; rows: one a study and phase, in the order of a run.
        cores: assumed to be free; device: what the children were timed on.
        start_seconds: what starting one job takes, as measured; part of every row's seconds. load_seconds: what the
            process takes once a run that jobs are forked from, 0 where each job starts alone.
        download: bytes still to be downloaded; disk: bytes, by what they are for.
        notes: what was assumed.
    """

    preset: str
    rows: tuple[Row, ...]
    cores: int
    device: str
    start_seconds: float
    load_seconds: float
    download: int
    disk: Mapping[str, int]
    notes: tuple[str, ...]

    @property
    def total(self) -> Row:
        """The sum of all rows."""
        names = ("jobs", "done", "left", "children", "flops")
        jobs, done, left, children, flops = (sum(getattr(row, name) for row in self.rows) for name in names)
        seconds = self._seconds(lambda row: 1.0)
        longest = max(row.longest for row in self.rows)
        return Row("total", "", jobs, done, left, children, flops, seconds, seconds, longest)

    @property
    def seconds_left(self) -> float:
        """The time of what is not done yet."""
        return self._seconds(lambda row: row.left / row.jobs)

    def _seconds(self, part: Callable[[Row], float]) -> float:
        """Return the time of a part of every row. Fetch and report wait for all others; studies run side by side.

        It is no less than a study's longest search, selection and longest retraining, which wait for each other.
        """
        between = [row for row in self.rows if row.study and part(row)]
        ends = sum(part(row) * row.seconds for row in self.rows if not row.study)
        chains: defaultdict[tuple[str, bool], float] = defaultdict(float)
        for row in between:
            # Controls wait for no other phase of their study, and none waits for them but the report.
            chains[row.study, row.phase == "controls"] += row.longest
        shared = sum(part(row) * row.shared for row in between)
        return ends + (self.load_seconds if between else 0.0) + max([shared, *chains.values()])

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {**asdict(self), "total": asdict(self.total), "seconds_left": self.seconds_left}


def plan(params: Params, root: Path = Path("."), cores: int | None = None) -> Plan:
    """Return the plan; trains a little of each kind of child on noise to time it, and downloads nothing.

    Args:
        params: the validated settings.
        root: the project folder.
        cores: assumed to be free; by default all that this process may use.

    Raises:
        RlsearchError: a user's own data cannot be read, or a network cannot be built for a study's data.
    """
    cores = cores or available_cores()
    runtime, notes = _usable(params.runtime)
    with StartedJob(runtime) as starting:  # beside the measurements, which count processor time
        data = {name: sizes(params, name, root) for name in params.datasets}
        on_disk = {name: StudyState(params, name, root) for name in params.studies}
        studies = {
            name: MeasuredStudy(params, name, data, runtime, cores, state.finished) for name, state in on_disk.items()
        }
        moved = {name: transfers.measured(params, name, data, runtime) for name in params.transfers}
        start = starting.seconds()
    rows = _rows(params, studies, on_disk, moved, start, root, costs.side_by_side(runtime, cores))
    download, raw = raw_bytes(params.datasets.values(), root)
    spaces = {name: space_of(study.space) for name, study in params.studies.items()}
    disk = {
        "data": sum(size.bytes for size in data.values()),
        "raw files": raw,
        "weights": sum(one.weights for one in studies.values()) + sum(one.weights for one in moved.values()),
        "work store": sum(one.store for one in studies.values()) + sum(one.store for one in moved.values()),
    }
    notes += [
        f"dataset {name!r} is not fetched yet: counted with {size.kind.describe(size.form)}"
        for name, size in data.items()
        if not size.exact
    ]
    notes += [note for name, study in studies.items() for note in _about(name, study)]
    notes += [
        f"study {name!r} chooses from {space.sizes()}"
        for name, space in spaces.items()
        if space.has_equal_sequences or space.kept_apart
    ]
    return Plan(params.preset, rows, cores, _device(runtime), start.job, start.load, download, disk, tuple(notes))


def _about(name: str, study: MeasuredStudy) -> Iterator[str]:
    """Yield what nobody can know of a study's children before they are trained."""
    if study.unlike:
        yield f"study {name!r}: its networks cost different amounts, so its searches have about so many children"
    if study.tried:
        yield (
            f"study {name!r}: each slot tries {len(study.tried)} recipes before it is retrained; its runs are counted "
            "with the target's own, since which one is best is not known yet"
        )
    settings = study.settings
    trained = [task for name, task in settings.tasks.items() if name == "target" or settings.trains]
    again = max((task.restart.most for task in trained if task.restart), default=0)
    told = [f"begin again (each up to {counted(again, 'time')}, for an epoch)"] if again else []
    told += ["stop early"] if any(task.patience for task in trained) else []
    if told:
        yield (
            f"study {name!r}: trainings may {' or '.join(told)}: a search spends its budget on more or fewer children, "
            "retraining is counted in one try to its last epoch"
        )


def available_cores() -> int:
    """Return the number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _rows(
    params: Params,
    studies: Mapping[str, MeasuredStudy],
    on_disk: Mapping[str, StudyState],
    moved: Mapping[str, transfers.MeasuredTransfer],
    start: Starts,
    root: Path,
    together: int,
) -> tuple[Row, ...]:
    fetched = sum(ready.fetched(params, name, root) for name in params.datasets)
    many = len(params.datasets)
    rows = [_row("", "fetch", costs.idle(many), fetched, many - fetched, costs.idle(many).times(start.alone, 1))]
    for name, study in studies.items():
        for state in on_disk[name].phases():
            work = study.work[state.phase]
            left = sum(map(_rest, on_disk[name].searches)) if state.phase == "search" else state.planned - state.done
            rows.append(_row(name, state.phase, work, state.done, left, study.times(state.phase, start.job)))
    for state in transfers.states(params, root):
        work = moved[state.study].work
        times = work.times(start.job, together)
        rows.append(_row(state.study, state.phase, work, state.done, state.planned - state.done, times))
    finished = reported(root) and all(row.done == row.jobs for row in rows)
    written = costs.Work(0, 0, (REPORT_STARTS * start.alone * len(studies),))
    return (*rows, _row("", "report", written, int(finished), int(not finished), written.times(start.alone, 1)))


def _row(study: str, phase: str, work: costs.Work, done: int, left: float, times: costs.Times) -> Row:
    return Row(study, phase, len(work.jobs), done, left, work.children, work.flops, *times)


def _rest(search: SearchState) -> float:
    """Return the part of a search that is still to do; the journal answers for the trials that it holds."""
    if search.state == "finished":
        return 0.0
    # By FLOPs where they are known: how many trials there will be is not.
    return max(0.0, 1 - (search.trials / search.planned if search.spent is None else search.spent))


def _usable(runtime: RuntimeSettings) -> tuple[RuntimeSettings, list[str]]:
    """Return the runtime to measure with: the settings', or this machine's CPU where there is no GPU."""
    if runtime.device == "cpu":
        return runtime, []
    import torch

    if torch.cuda.is_available():
        return runtime, []
    note = "runtime.device is cuda, which torch does not find here: the time is that of this machine's CPU"
    return runtime.model_copy(update={"device": "cpu"}), [note]


def _device(runtime: RuntimeSettings) -> str:
    if runtime.device == "cpu":
        return processor.cpu_model()
    import torch

    return str(torch.cuda.get_device_name())
