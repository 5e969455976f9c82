"""The journal: the only state of a search. Every line is appended once and never changed.

Kinds of line: `header` (environment of the first start), `trial` (a finished child, synced to disk the moment it
ends, in order of finishing), `tell` (the diagnostics of one update); in closed loops `step` (what a child in
training answered to one choice, synced as well). Each ends with a checksum over itself and all lines above.
"""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from rlsearch.agents.base import Proposal
from rlsearch.errors import ResumeError
from rlsearch.files import naming, sealed, unsealed
from rlsearch.training.outcome import Outcome, Step, null

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """One finished trial as recorded. `seconds` and `cached` never reach the ledger.

    `stage` is the first trial of the batch in which it was proposed: a space that grows stood as it is at that trial.
    """

    index: int
    proposal: Proposal
    outcome: Outcome
    seconds: float
    cached: bool
    stage: int


@dataclass(frozen=True, kw_only=True)
class StepTaken(Step):
    """One step of a closed loop: the label that was chosen, and what the child answered.

    `cost` is in steps of plain SGD; `early`: early stopping triggered; `error`: class of the exception that ended it.
    """

    trial: int
    step: int
    label: str
    cost: float
    early: bool = False
    error: str | None = None
    seconds: float = 0.0


@dataclass
class Recorded:
    """What a journal holds: trials by asking index, diagnostics by the index of the batch's first trial.

    `steps` of closed loops are by (trial, step); `sum` is the checksum of the last line, over all lines.
    """

    header: Mapping[str, Any] | None = None
    trials: dict[int, Entry] = field(default_factory=dict)
    tells: dict[int, tuple[int, Mapping[str, float]]] = field(default_factory=dict)
    steps: dict[tuple[int, int], StepTaken] = field(default_factory=dict)
    sum: int = 0


class Journal:
    """Appends to one file and reads it back; a torn last line is dropped.

    Args:
        path: the file; its folder must exist and be held by this process.
        environment: versions and processor, written into the header of a new journal.

    Raises:
        ResumeError: the file is damaged elsewhere; nothing is changed then.
    """

    def __init__(self, path: Path, environment: Mapping[str, Any]) -> None:
        self.path = path
        # Read first: a journal that is damaged elsewhere stays as it is, torn line included.
        self.recorded = read(path)
        _cut_torn_line(path)
        self._file = path.open("ab")
        if self.recorded.header is None:
            self._append({"kind": "header", "environment": dict(environment)}, sync=True)
            self.recorded.header = dict(environment)

    def trial(self, entry: Entry) -> None:
        """Record a finished child; when this returns, it survives a power cut."""
        self._append(
            {
                "kind": "trial",
                "index": entry.index,
                "actions": list(entry.proposal.actions),
                "replicate": entry.proposal.replicate,
                "info": dict(entry.proposal.info),
                "outcome": entry.outcome.to_json(),
                "seconds": round(entry.seconds, 4),
                "cached": int(entry.cached),
                "stage": entry.stage,
            },
            sync=True,
        )
        self.recorded.trials[entry.index] = entry

    def tell(self, start: int, count: int, diagnostics: Mapping[str, float]) -> None:
        """Record an update's diagnostics, unless they are there already.

        They follow from the trials, so the next sync may carry them.
        """
        recorded = self.recorded.tells.get(start)
        if recorded is not None and recorded[0] == count:
            return
        self.recorded.tells[start] = (count, dict(diagnostics))
        self._append({"kind": "tell", "start": start, "count": count, "diagnostics": dict(diagnostics)}, sync=False)

    def step(self, taken: StepTaken) -> None:
        """Record a step of a closed loop; when this returns, it survives a power cut."""
        metrics = {name: null(value) for name, value in taken.metrics.items()}
        self._append(
            {"kind": "step", **asdict(taken), "metrics": metrics, "seconds": round(taken.seconds, 4)}, sync=True
        )
        self.recorded.steps[taken.trial, taken.step] = taken

    def sync(self) -> None:
        """Force everything written so far to disk."""
        with naming(self.path):
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        with naming(self.path):  # what a full disk did not take is tried once more, and may fail once more
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _append(self, line: Mapping[str, Any], *, sync: bool) -> None:
        with naming(self.path):
            content, self.recorded.sum = sealed(line, self.recorded.sum)
            self._file.write(content + b"\n")
            self._file.flush()
            if sync:
                os.fsync(self._file.fileno())


def read(path: Path) -> Recorded:
    """Read a journal, also one that another process is writing; a torn last line is left out.

    Raises:
        ResumeError: any other line is damaged, missing, doubled or not where it was written.
    """
    recorded = Recorded()
    content = path.read_bytes() if path.exists() else b""
    # After the last line end comes nothing, or a line whose writer was killed.
    for number, raw in enumerate(content.split(b"\n")[:-1], 1):
        try:
            line, recorded.sum = unsealed(raw, recorded.sum)
            _take(line, recorded)
        except KeyError as error:
            raise _damaged(path, number, f"it has no `{error.args[0]}`") from None
        except (ValueError, TypeError, AttributeError) as error:
            raise _damaged(path, number, str(error)) from None
    return recorded


def _take(line: Mapping[str, Any], recorded: Recorded) -> None:
    kind = line["kind"]
    if (kind == "header") != (recorded.header is None):
        raise ValueError("a journal has one header, its first line")
    if kind == "header":
        recorded.header = dict(line["environment"])
    elif kind == "trial":
        entry = _entry(line)
        recorded.trials[entry.index] = entry
    elif kind == "step":
        taken = _step(line)
        recorded.steps[taken.trial, taken.step] = taken
    elif kind == "tell":
        recorded.tells[line["start"]] = (line["count"], dict(line["diagnostics"]))
    else:
        raise ValueError(f"{kind!r} is no kind of line")


def _damaged(path: Path, number: int, why: str) -> ResumeError:
    return ResumeError(
        f"line {number} of the journal is damaged ({why}); nothing was changed",
        where=str(path),
        allowed="a torn last line, as a killed process leaves it, and no other damage",
        remedy="put the file back from a copy; or delete its folder: the search then starts again, and takes its"
        " finished children from the store",
    )


def _cut_torn_line(path: Path) -> None:
    """Remove what follows the last complete line, so that the next append starts on a line of its own."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        content = file.read()
        end = content.rfind(b"\n") + 1
        if end != len(content):
            log.warning("%s: a torn last line of %d bytes is dropped", path, len(content) - end)
            file.truncate(end)


def _step(line: Mapping[str, Any]) -> StepTaken:
    metrics = {name: math.nan if value is None else value for name, value in line["metrics"].items()}
    return StepTaken(**{key: value for key, value in {**line, "metrics": metrics}.items() if key != "kind"})


def _entry(line: Mapping[str, Any]) -> Entry:
    proposal = Proposal(tuple(line["actions"]), line["replicate"], line["info"])
    outcome, stage = Outcome.from_json(line["outcome"]), line["stage"]
    return Entry(line["index"], proposal, outcome, line["seconds"], bool(line["cached"]), stage)
