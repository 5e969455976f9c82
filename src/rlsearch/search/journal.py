"""The journal: the only state of a search. Every line is appended once and never changed.

Kinds of line: `header` (environment of the first start), `trial` (a finished child, synced to disk the moment it
ends, in order of finishing), `tell` (the diagnostics of one update); in control problems `step` (what a child in
training answered to one choice, synced as well).
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from rlsearch.agents.base import Proposal
from rlsearch.files import canonical_json, naming
from rlsearch.training.outcome import Outcome


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


@dataclass(frozen=True)
class StepTaken:
    """One step of a control problem: the label that was chosen, and what the child answered.

    `accuracy` (0 to 1) and `loss` (nats) are NaN where nothing could be measured; `cost` is in steps of plain SGD;
    `early`: the run ended for want of progress; `error`: class of the exception that ended it.
    """

    trial: int
    step: int
    label: str
    accuracy: float
    loss: float
    epochs: int
    samples: int
    flops: int
    cost: float
    diverged: bool = False
    early: bool = False
    error: str | None = None
    seconds: float = 0.0


@dataclass
class Recorded:
    """What a journal holds: trials by asking index, diagnostics by the index of the batch's first trial.

    `steps` of control problems are by (trial, step).
    """

    header: Mapping[str, Any] | None = None
    trials: dict[int, Entry] = field(default_factory=dict)
    tells: dict[int, tuple[int, Mapping[str, float]]] = field(default_factory=dict)
    steps: dict[tuple[int, int], StepTaken] = field(default_factory=dict)


class Journal:
    """Appends to one file and reads it back; a torn last line is dropped.

    Args:
        path: the file; its folder must exist and be held by this process.
        environment: versions and processor, written into the header of a new journal.
    """

    def __init__(self, path: Path, environment: Mapping[str, Any]) -> None:
        self.path = path
        self.recorded = read(path)
        _cut_torn_line(path)
        self._file = path.open("ab")
        if self.recorded.header is None:
            self._append({"kind": "header", "environment": dict(environment)}, sync=True)
            self.recorded.header = dict(environment)

    def trial(self, entry: Entry) -> None:
        """Record a finished child; when this returns, it survives a power cut."""
        self._append(_trial_line(entry), sync=True)
        self.recorded.trials[entry.index] = entry

    def tell(self, start: int, count: int, diagnostics: Mapping[str, float]) -> None:
        """Record an update's diagnostics, unless they stand there already.

        They follow from the trials, so the next sync may carry them.
        """
        known = self.recorded.tells.get(start)
        if known is not None and known[0] == count:
            return
        self.recorded.tells[start] = (count, dict(diagnostics))
        self._append({"kind": "tell", "start": start, "count": count, "diagnostics": dict(diagnostics)}, sync=False)

    def step(self, taken: StepTaken) -> None:
        """Record a step of a control problem; when this returns, it survives a power cut."""
        measured = {"accuracy": _null(taken.accuracy), "loss": _null(taken.loss)}
        self._append({"kind": "step", **asdict(taken), **measured, "seconds": round(taken.seconds, 4)}, sync=True)
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
            self._file.write(canonical_json(line).encode() + b"\n")
            self._file.flush()
            if sync:
                os.fsync(self._file.fileno())


def read(path: Path) -> Recorded:
    """Read a journal, also one that another process is writing; a torn last line is left out."""
    recorded = Recorded()
    if not path.exists():
        return recorded
    content = path.read_bytes()
    for raw in content[: content.rfind(b"\n") + 1].splitlines():
        line = _parse(raw)
        if line is None:
            continue
        if line["kind"] == "header":
            recorded.header = line["environment"]
        elif line["kind"] == "trial":
            entry = _entry(line)
            recorded.trials[entry.index] = entry
        elif line["kind"] == "step":
            taken = _step(line)
            recorded.steps[taken.trial, taken.step] = taken
        else:
            recorded.tells[line["start"]] = (line["count"], line["diagnostics"])
    return recorded


def _parse(raw: bytes) -> dict[str, Any] | None:
    try:
        line = json.loads(raw)
    except ValueError:
        return None
    return line if isinstance(line, dict) and "kind" in line else None


def _cut_torn_line(path: Path) -> None:
    """Remove what follows the last complete line, so that the next append starts on a line of its own."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        content = file.read()
        end = content.rfind(b"\n") + 1
        if end != len(content):
            file.truncate(end)


def _trial_line(entry: Entry) -> dict[str, Any]:
    return {
        "kind": "trial",
        "index": entry.index,
        "actions": list(entry.proposal.actions),
        "replicate": entry.proposal.replicate,
        "info": dict(entry.proposal.info),
        "outcome": entry.outcome.to_json(),
        "seconds": round(entry.seconds, 4),
        "cached": int(entry.cached),
        "stage": entry.stage,
    }


def _step(line: Mapping[str, Any]) -> StepTaken:
    measured = {name: math.nan if line[name] is None else line[name] for name in ("accuracy", "loss")}
    return StepTaken(**{key: value for key, value in {**line, **measured}.items() if key != "kind"})


def _null(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _entry(line: Mapping[str, Any]) -> Entry:
    proposal = Proposal(tuple(line["actions"]), line["replicate"], line["info"])
    outcome, stage = Outcome.from_json(line["outcome"]), line.get("stage", line["index"])
    return Entry(line["index"], proposal, outcome, line["seconds"], bool(line["cached"]), stage)
