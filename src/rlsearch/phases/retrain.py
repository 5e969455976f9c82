"""The retrain phase: one slot's candidate on the target network, every retraining seed in one process.

Training uses the training and the validation data (where these are not the test set's) for a fixed number of
epochs, so nothing is chosen on the way; the test set is measured once, at the end. A candidate that says how its steps
are trained looks at the validation images on its way, and so trains on the training images only. Each finished seed
goes to the work store at once, and a seed in training is checkpointed, so a killed job loses at most a few seconds.
"""

from __future__ import annotations

import hashlib
import logging
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rlsearch import provenance
from rlsearch.config import artefacts
from rlsearch.config.artefacts import Slot
from rlsearch.config.models import Params, StudySettings
from rlsearch.data.digest import data_digest
from rlsearch.data.kinds import _registry as kinds
from rlsearch.errors import RlsearchError
from rlsearch.evidence.run_seed import run_seed
from rlsearch.evidence.tables import curve_columns, step_columns, tested
from rlsearch.files import digest, file_sha256, pretty_json, read_json, write_atomic
from rlsearch.measures import Measure
from rlsearch.progress import Progress
from rlsearch.search.identity import task_digest
from rlsearch.search.ledger import table
from rlsearch.search.lock import exclusive
from rlsearch.search.ready import device
from rlsearch.search.store import WORK, Store, outcome_key

if TYPE_CHECKING:
    from rlsearch.training.task import Task

log = logging.getLogger(__name__)


def run(params: Params, study: str, slot: str, root: Path = Path(".")) -> None:
    """Retrain a slot and write its folder; seeds that were trained before come from the work store."""
    selected = root / artefacts.select_folder(study) / f"{slot}.json"
    run_into(root / artefacts.retrain_folder(study, slot), params, study, slot, selected, root)


def run_into(
    folder: Path, params: Params, study: str, slot: str, selected: Path, root: Path, start: Path | None = None
) -> None:
    """Retrain the candidate that a file of the select phase holds, and write what came of it.

    Args:
        folder: for RETRAIN_FILES.
        params, study, slot: say target, dataset and seeds.
        selected: the file with the candidate; root: the project folder.
        start: weights to begin with; None: those of the candidate's own spec.
    """
    settings = params.studies[study]
    place, measure = _slot(settings, study, slot), settings.measure
    chosen = read_json(selected, "status", "spec", "key", "label")
    files = data_files(params, settings.dataset, root)
    identity = target_digest(params, study, files, start)
    block = provenance.record(
        params, data=data_digest(files), code=identity, settings=digest([identity, chosen["key"], place.seeds])
    )
    head = {"study": study, "slot": slot, "spec": chosen["spec"], "key": chosen["key"], "label": chosen["label"]}
    if chosen["status"] == "empty":
        found = {**head, **_empty(chosen["reason"], measure), "provenance": block}
        _write(folder, found, measure, [], None, _no_model(settings))
        return
    with exclusive(root / WORK / "retrain" / "locks" / study / slot):
        records = _records(params, study, place, chosen, identity, files, root, start)
    first = outcome_key(identity, chosen["key"], run_seed(study, settings, chosen["key"], 0))
    weights = _store(root).path(first, ".pt").read_bytes()
    model = _model(settings, chosen["spec"], files[-1])
    found = {**head, **_summary(records, measure), "provenance": block}
    _write(folder, found, measure, records, weights, model)


def target_digest(params: Params, study: str, files: Sequence[Path], start: Path | None = None) -> str:
    """Return the identity of a candidate's retraining besides the candidate itself.

    Where runs are measured on the validation images on their way, other things are done with the same files.
    """
    settings = params.studies[study]
    read, on_test = [*files, *([start] if start else [])], artefacts.stepwise(settings)
    return task_digest(settings.target, settings.space, params.runtime, read, on_test=on_test)


def _slot(settings: StudySettings, study: str, name: str) -> Slot:
    for slot in artefacts.slots(settings):
        if slot.name == name:
            return slot
    known = ", ".join(slot.name for slot in artefacts.slots(settings))
    raise RlsearchError(f"study {study!r} has no slot {name!r}", allowed=known)


def data_files(params: Params, dataset: str, root: Path) -> tuple[Path, ...]:
    """Return the files to train on, and last the test set.

    Where a protocol rewards on the published test set, the validation file is a copy of it: training leaves it out.
    """
    folder = root / artefacts.data_folder(dataset)
    published = params.datasets[dataset].validation == "published-test"
    names = ["train.npz", "test.npz"] if published else ["train.npz", "validation.npz", "test.npz"]
    return tuple(folder / name for name in names)


def _store(root: Path) -> Store:
    return Store(root / WORK / "retrain")


def _records(
    params: Params,
    study: str,
    slot: Slot,
    chosen: Mapping[str, Any],
    identity: str,
    files: tuple[Path, ...],
    root: Path,
    begin: Path | None,
) -> list[dict[str, Any]]:
    """Return one record a seed, from the store or from training now."""
    store, task = _store(root), None
    records = []
    with Progress(slot.seeds, f"{study} retrain {slot.name}") as progress:
        for seed in range(slot.seeds):
            child = run_seed(study, params.studies[study], chosen["key"], seed)
            key = outcome_key(identity, chosen["key"], child)
            record = store.read(key)
            # The weights of the first seed become an artefact; those of the others only rest in the store.
            cached = record is not None and (seed > 0 or _intact(store.path(key, ".pt"), record.get("weights")))
            start = time.perf_counter()
            if record is None or not cached:
                task = task or _task(params, study, files, begin)
                record = _train(task, chosen["spec"], child, store, key)
            seconds = 0.0 if cached else time.perf_counter() - start
            records.append({**record, "seed": seed, "seconds": seconds, "cached": int(cached)})
            progress.advance()
    return records


def _intact(path: Path, sha256: str | None) -> bool:
    return path.exists() and file_sha256(path) == sha256


def _task(params: Params, study: str, files: tuple[Path, ...], start: Path | None) -> Task:
    """Return the target task; it trains on the training images alone where runs look at the others on their way."""
    from rlsearch.training.task import Task  # torch takes seconds to import; a job served by the store needs none

    device(params)
    settings = params.studies[study]
    if artefacts.stepwise(settings):
        # Where the published test set is the validation set, there is no other to look at.
        return Task(
            settings.target,
            params.runtime,
            files[:1],
            files[-2] if len(files) > 2 else files[-1],
            test=files[-1],
            start=start,
        )
    return Task(settings.target, params.runtime, files[:-1], files[-1], start=start)


def _train(task: Task, spec: Mapping[str, Any], seed: int, store: Store, key: str) -> dict[str, Any]:
    from rlsearch.training.checkpoint import Checkpoint, dump_state
    from rlsearch.training.evaluate import train

    checkpoint = Checkpoint(store.path(key, ".checkpoint"))
    trained = train(spec, task, seed, checkpoint)
    if trained.model is None:
        raise RlsearchError(
            "the target network cannot be built for this candidate",
            where=f"{task.settings.network} from {dict(spec)}",
            remedy=f"give the study another target network, or a dataset of larger {task.kind.noun}",
        )
    weights = dump_state({name: value.cpu() for name, value in trained.model.state_dict().items()})
    write_atomic(store.path(key, ".pt"), weights)
    curve = [list(map(_null, point)) for point in trained.curve]
    record = {"outcome": trained.outcome.to_json(), "curve": curve, "parameters": trained.parameters}
    record["weights"] = hashlib.sha256(weights).hexdigest()
    if trained.rows:
        record["steps"] = [[row[name] for name in step_columns(task.settings.measure)] for row in trained.rows]
    store.write(key, record)
    checkpoint.remove()
    return record


def _summary(records: Sequence[Mapping[str, Any]], measure: Measure) -> dict[str, Any]:
    runs = []
    for record in records:
        outcome = record["outcome"]
        measured = {f"test_{name}": value for name, value in outcome["metrics"].items()}
        kept = {name: outcome[name] for name in ("status", "flops", "samples", "epochs")}
        runs.append({"seed": record["seed"], **kept, **measured})
    known = {"status": "ok", "reason": None, "parameters": records[0]["parameters"], "runs": runs}
    return {**known, **_means(tested(known, measure), measure)}


def _empty(reason: str, measure: Measure) -> dict[str, Any]:
    return {"status": "empty", "reason": reason, "parameters": None, "runs": [], **_means([], measure)}


def _means(levels: Sequence[float], measure: Measure) -> dict[str, float | None]:
    return {
        f"mean_test_{measure.name}": measure.mean(levels) if levels else None,
        f"sd_test_{measure.name}": measure.sd(levels) if len(levels) > 1 else None,
    }


def _model(settings: StudySettings, spec: Mapping[str, Any], measured: Path) -> dict[str, Any]:
    """Return what it takes to build the network of the weights again, and to feed it (see `rlsearch.load_model`)."""
    kind = kinds.of_network(settings.target.network)
    return {
        "network": settings.target.network,
        "options": {**settings.target.network_options, **spec.get("network", {})},
        **kind.on_card(kind.form_of(measured), settings.target),
        "retraining_seed": 0,
    }


def _no_model(settings: StudySettings) -> dict[str, Any]:
    card = kinds.of_network(settings.target.network).card
    return dict.fromkeys(("network", "options", *card, "retraining_seed"))


def _write(
    folder: Path,
    metrics: Mapping[str, Any],
    measure: Measure,
    records: Sequence[Mapping[str, Any]],
    weights: bytes | None,
    model: Mapping[str, Any],
) -> None:
    steps = [record.get("steps", ()) for record in records]
    columns = curve_columns(measure) + (step_columns(measure) if any(steps) else ())
    points = [
        (record["seed"], epoch, *map(_cell, point), *(map(_cell, taken[epoch - 1]) if taken else ()))
        for record, taken in zip(records, steps, strict=True)
        for epoch, point in enumerate(record["curve"], 1)
    ]
    clock = [(record["seed"], f"{record['seconds']:.3f}", record["cached"]) for record in records]
    write_atomic(folder / "curves.csv", table(columns, points))
    write_atomic(folder / "times.csv", table(("seed", "seconds", "cached"), clock))
    state = weights if weights is not None else _no_weights()
    about = {name: metrics[name] for name in ("study", "slot", "label", "reason")}
    identity = {"sha256": hashlib.sha256(state).hexdigest(), "version": provenance.versions().get("rlsearch")}
    write_atomic(folder / "weights.pt", state)
    write_atomic(folder / "model.json", pretty_json({**about, **model, **identity}))
    write_atomic(folder / "metrics.json", pretty_json(metrics))


def _cell(value: float | str | None) -> str:
    """Return a value of a curve as text: nothing where it is not known or not finite."""
    if isinstance(value, str):
        return value
    return "" if value is None or not math.isfinite(value) else repr(value)


def _no_weights() -> bytes:
    from rlsearch.training.checkpoint import dump_state

    return dump_state({})


def _null(value: float) -> float | None:
    return value if math.isfinite(value) else None
