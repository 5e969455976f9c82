"""What a run of these settings costs, said before anything starts: children, FLOPs, time here, disk, downloads."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from rlsearch import processor, provenance
from rlsearch.config.models import Params, RuntimeSettings
from rlsearch.errors import RlsearchError
from rlsearch.overview import costs
from rlsearch.overview.measured import MeasuredStudy
from rlsearch.overview.sizes import Sizes, raw_bytes, sizes
from rlsearch.overview.state import StudyState, reported
from rlsearch.search import ready


@dataclass(frozen=True)
class Row:
    """One phase of one study (fetch and report: of all studies). `done` jobs have results of the present settings."""

    study: str
    phase: str
    jobs: int
    done: int
    children: int
    flops: int
    seconds: float


@dataclass(frozen=True)
class Plan:
    """The plan of a run.

    Attributes:
        preset: the settings' own name; rows: one a study and phase, in the order of a run.
        cores: assumed to be free; device: what the children were timed on.
        start_seconds: what starting one job takes, as measured; part of every row's seconds.
        download: bytes still to be downloaded; disk: bytes, by what they are for.
        notes: what was assumed.
    """

    preset: str
    rows: tuple[Row, ...]
    cores: int
    device: str
    start_seconds: float
    download: int
    disk: Mapping[str, int]
    notes: tuple[str, ...]

    @property
    def total(self) -> Row:
        """The sum of all rows."""
        jobs, done, children, flops = (
            sum(getattr(row, name) for row in self.rows) for name in ("jobs", "done", "children", "flops")
        )
        return Row("total", "", jobs, done, children, flops, sum(row.seconds for row in self.rows))

    @property
    def seconds_left(self) -> float:
        """The time of the jobs that are not done yet."""
        return sum(row.seconds * (row.jobs - row.done) / row.jobs for row in self.rows)

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
        RlsearchError: a user's own data cannot be read, or a network cannot be built for a study's images.
    """
    cores = cores or available_cores()
    runtime, notes = _usable(params.runtime)
    with _StartedJob(runtime) as starting:  # beside the measurements, which count processor time
        data = {name: sizes(params, name, root) for name in params.datasets}
        studies = {name: _measured(params, name, data, runtime, cores) for name in params.studies}
        start = starting.seconds()
    rows = _rows(params, studies, start, root)
    download, raw = raw_bytes(params.datasets.values(), root)
    disk = {
        "data": sum(one.bytes for one in data.values()),
        "raw files": raw,
        "weights": sum(study.weights for study in studies.values()),
        "work store": sum(study.store for study in studies.values()),
    }
    notes += [_assumed(name, one) for name, one in data.items() if not one.exact]
    return Plan(params.preset, rows, cores, _device(runtime), start, download, disk, tuple(notes))


def available_cores() -> int:
    """Return the number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _measured(
    params: Params, name: str, data: Mapping[str, Sizes], runtime: RuntimeSettings, cores: int
) -> MeasuredStudy:
    study = params.studies[name]
    size = data[study.dataset]
    published = params.datasets[study.dataset].validation == "published-test"
    return MeasuredStudy(study, size, runtime, cores, size.train + (0 if published else size.validation))


def _rows(params: Params, studies: Mapping[str, MeasuredStudy], start: float, root: Path) -> tuple[Row, ...]:
    fetched = sum(ready.fetched(params, name, root) for name in params.datasets)
    many = len(params.datasets)
    rows = [Row("", "fetch", many, fetched, 0, 0, costs.idle(many).seconds(start, 1))]
    for name, study in studies.items():
        for one in StudyState(params, name, root).phases():
            work = study.work[one.phase]
            seconds = study.seconds(one.phase, start)
            rows.append(Row(name, one.phase, len(work.jobs), one.done, work.children, work.flops, seconds))
    finished = reported(root) and all(row.done == row.jobs for row in rows)
    return (*rows, Row("", "report", 1, int(finished), 0, 0, start))


class _StartedJob:
    """A process that loads what a job loads, started at once and waited for later."""

    CODE = "import rlsearch.search.phase, rlsearch.training.evaluate, torch; torch.zeros(1, device={device!r})"

    def __init__(self, runtime: RuntimeSettings) -> None:
        self._before = self._used()
        package = str(provenance.PACKAGE.parent)
        paths = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH", "")]))
        command = [sys.executable, "-c", self.CODE.format(device=runtime.device)]
        self._process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": paths})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def seconds(self) -> float:
        """Return the processor time that it took."""
        if self._process.wait() != 0:
            raise RlsearchError("a job cannot be started: its modules fail to load", remedy="see the message above")
        return self._used() - self._before

    @staticmethod
    def _used() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime


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


def _assumed(name: str, data: Sizes) -> str:
    shape = "x".join(map(str, data.shape))
    return f"dataset {name!r} is not fetched yet: counted with images of {shape}, {data.classes} classes"
