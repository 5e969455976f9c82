"""One line of a finished ledger, trained again alone and compared with what was recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rlsearch import provenance
from rlsearch.config import artefacts
from rlsearch.config.models import Params
from rlsearch.data.digest import data_digest
from rlsearch.errors import ResumeError, RlsearchError
from rlsearch.files import canonical_json, digest, read_json, read_jsonl
from rlsearch.search import ready
from rlsearch.search.answers import Answers, answers_of
from rlsearch.search.identity import search_identity
from rlsearch.search.store import WORK

FIELDS = ("reward", "status", "error", "epochs", "samples", "flops")
RUN_AGAIN = "run the search again (`make run`, or rlsearch search), or go back to what the ledger was made with"


@dataclass(frozen=True)
class Comparison:
    """A trial as recorded and as measured now.

    Attributes:
        index, label: position in the ledger, and the candidate in words.
        rows: (field, recorded, measured) of the reward, every metric and the cost, as plain JSON values.
        changed: (what, recorded, now) of versions, processor, device and threads that differ.
        bit_exact: False for a search that continued from proposals of another machine.
    """

    index: int
    label: str
    rows: tuple[tuple[str, Any, Any], ...]
    changed: tuple[tuple[str, str, str], ...]
    bit_exact: bool

    @property
    def equal(self) -> bool:
        """Whether every field is equal to the last bit."""
        return all(canonical_json(recorded) == canonical_json(measured) for _, recorded, measured in self.rows)


def rerun(params: Params, study: str, agent: str, seed: int, index: int, root: Path = Path(".")) -> Comparison:
    """Train trial `index` of a search alone, under its recorded seed; reads no stored outcome and writes none.

    Raises:
        RlsearchError: unknown search, no ledger, no such trial, or a ledger of other settings, code or data.
    """
    ready.check(params, study, agent, seed, root)
    folder = root / artefacts.search_folder(study, agent, seed)
    if not (folder / "summary.json").exists() or not (folder / "trials.jsonl").exists():
        raise RlsearchError(
            f"the search of {agent!r} with seed {seed} has no ledger yet",
            where=str(artefacts.search_folder(study, agent, seed)),
            remedy=f"rlsearch search {study} {agent} {seed}",
        )
    ledger, summary = read_jsonl(folder / "trials.jsonl"), read_json(folder / "summary.json", "provenance", "bit_exact")
    if not 0 <= index < len(ledger):
        raise RlsearchError(
            f"the ledger has no trial {index}",
            where=str(artefacts.search_folder(study, agent, seed) / "trials.jsonl"),
            allowed=f"0 to {len(ledger) - 1}",
        )
    answers, line = answers_of(params, study, root), ledger[index]
    _same_work(answers, agent, seed, summary["provenance"])
    outcome = answers.again(line, seed, learned=artefacts.learns_policy(answers.study, agent))
    rows = _compare(line, {**outcome.to_json(), "reward": answers.reward(outcome)})
    changed = _changed(params, summary["provenance"])
    return Comparison(index, answers.space.describe(line["spec"]), rows, changed, bool(summary["bit_exact"]))


def _compare(recorded: Mapping[str, Any], measured: Mapping[str, Any]) -> tuple[tuple[str, Any, Any], ...]:
    metrics = sorted({*recorded["metrics"], *measured["metrics"]})
    first, *rest = ((name, recorded[name], measured[name]) for name in FIELDS)
    values = [(name, recorded["metrics"].get(name), measured["metrics"].get(name)) for name in metrics]
    restarts = tuple(int(outcome.get("restarts", 0)) for outcome in (recorded, measured))
    again = [("restarts", *restarts)] if any(restarts) else []  # a ledger has the key where there are some
    return (first, *values, *rest, *again)


def _same_work(answers: Answers, agent: str, seed: int, recorded: Mapping[str, Any]) -> None:
    """Raise a ResumeError unless the ledger was made with these settings, this code and these data.

    Device and threads are taken as recorded, since a change of those is what a comparison is for. The version of torch
    is part of the digest too: where it differs the settings cannot be compared, and the comparison shows the rest.
    """
    params, folder = answers.params, artefacts.search_folder(answers.name, agent, seed)
    where = str(folder / "summary.json")
    if recorded["data"] != data_digest(answers.files):
        raise ResumeError("this ledger was made with other data", where=where, remedy=RUN_AGAIN)
    if answers.trains and recorded["versions"].get("torch") != provenance.versions().get("torch"):
        return
    threads = {"device": recorded["device"], "child_threads": recorded["threads"]}
    task = answers.identity(params.runtime.model_copy(update=threads))
    identity = search_identity(params, answers.name, agent, seed, task)
    if digest(identity) != recorded["settings"]:
        work = answers.root / WORK / folder.relative_to("results")
        parts = _parts_changed(work, recorded, identity)
        raise ResumeError(f"this ledger was made with other settings or code{parts}", where=where, remedy=RUN_AGAIN)


def _parts_changed(work: Path, recorded: Mapping[str, Any], identity: Mapping[str, Any]) -> str:
    """Name what differs, if the work store still has the identity under which the ledger was made."""
    for path in work.glob("*/identity.json"):
        # `drive` adds these two for readers; they are no part of the identity.
        before = {key: value for key, value in read_json(path).items() if key not in ("trials", "budget_flops")}
        if digest(before) == recorded["settings"]:
            names = {"task": "the proxy's settings or the training code", "code": "the search code"}
            parts = [names.get(key, key) for key in identity if before.get(key) != identity[key]]
            return f": {', '.join(parts)}"
    return ""


def _changed(params: Params, recorded: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    before = {**recorded["versions"], **{name: recorded.get(name) for name in ("cpu", "kernels", "device", "threads")}}
    runtime = {"device": params.runtime.device, "threads": params.runtime.child_threads}
    now = {**provenance.versions(), **provenance.machine(), **runtime}
    names = sorted({*before, *now})
    pairs = ((name, before.get(name), now.get(name)) for name in names)
    return tuple((name, str(old), str(new)) for name, old, new in pairs if old != new)
