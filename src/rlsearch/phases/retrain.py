"""The retrain phase: what fills one slot on the target network, every retraining seed in one process."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rlsearch import export, provenance, stamps
from rlsearch.config import artefacts
from rlsearch.config.asked import Asked
from rlsearch.config.models import Params, StudySettings
from rlsearch.data.digest import data_digest
from rlsearch.data.kinds import _registry as kinds
from rlsearch.errors import RlsearchError
from rlsearch.evidence.tables import tested
from rlsearch.files import csv_text, digest, pretty_json, read_json, write_output
from rlsearch.measures import Measure
from rlsearch.progress import Progress
from rlsearch.search.lock import exclusive
from rlsearch.search.retraining import Retraining
from rlsearch.search.store import WORK


def run(params: Params, study: str, slot: str, root: Path = Path(".")) -> None:
    """Retrain a slot and write its folder; seeds that were trained before come from the work store."""
    selected = read_selected(study, slot, root)
    asked = Asked(params).digest("retrain", study, slot=_slot(params.studies[study], study, slot))
    run_into(root / artefacts.retrain_folder(study, slot), params, study, slot, selected, root, asked)


def read_selected(study: str, slot: str, root: Path) -> Mapping[str, Any]:
    """Return what the select phase says of a slot."""
    path = root / artefacts.select_folder(study) / f"{slot}.json"
    chosen: Mapping[str, Any] = read_json(path, "status", "spec", "key", "label")
    return chosen


def run_into(
    folder: Path,
    params: Params,
    study: str,
    slot: str,
    chosen: Mapping[str, Any],
    root: Path,
    asked: str,
    start: Path | None = None,
) -> None:
    """Retrain the candidate of a slot, and write what came of it.

    Args:
        folder: for RETRAIN_FILES.
        params, study, slot: say target, dataset and seeds.
        chosen: the candidate, as a file of the select phase holds it; `selected` names the `spec` and `key` that the
            file has, where these are others. root: the project folder.
        asked: digest of the settings of the job, for the stamp.
        start: weights to begin with, in the folder of a retraining; None: those of the candidate's own spec.
    """
    settings = params.studies[study]
    place, measure = _slot(settings, study, slot), settings.target_measure
    runs = Retraining(params, study, root, start)
    identity = runs.identity
    block = provenance.record(
        params,
        data=data_digest([*runs.files, *([start] if start else [])]),
        code=identity,
        settings=digest([identity, chosen["key"], place.seeds]),
    )
    head = {"study": study, "slot": slot, "spec": chosen["spec"], "key": chosen["key"], "label": chosen["label"]}
    head |= {"selected": chosen["selected"]} if "selected" in chosen else {}
    if chosen["status"] == "empty":
        nothing = {"status": "empty", "reason": chosen["reason"], "parameters": None, "runs": []}
        metrics = {**head, **nothing, **_means([], measure), "provenance": block}
        _write(folder, metrics, asked, measure, [], _no_weights(), _no_model(settings))
        return
    if start:
        export.card(start.parent)
    # One process a slot; `overview.state` tells by this lock that it is running.
    with exclusive(root / WORK / "retrain" / "locks" / study / slot):
        records = _records(runs, place, chosen)
    model = _model(settings, runs.built(chosen["spec"], chosen), runs.files[-1])
    measured = {
        **_summary(records, measure),
        **_members(runs, chosen["spec"], records, measure),
        **_tuned(runs, chosen),
    }
    metrics = {**head, **measured, "provenance": block}
    _write(folder, metrics, asked, measure, records, runs.weights(chosen), model)


def _slot(settings: StudySettings, study: str, name: str) -> artefacts.Slot:
    slots = {slot.name: slot for slot in artefacts.slots(settings)}
    if name not in slots:
        raise RlsearchError(f"study {study!r} has no slot {name!r}", allowed=", ".join(slots))
    return slots[name]


def _records(runs: Retraining, slot: artefacts.Slot, chosen: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one record a seed, from the store or from training now."""
    records: list[dict[str, Any]] = []
    with Progress(slot.seeds, f"{runs.study} retrain {slot.name}") as progress:
        for seed in range(slot.seeds):
            start = time.perf_counter()
            record, cached = runs.run(chosen, seed)
            seconds = 0.0 if cached else time.perf_counter() - start
            records.append({**record, "seed": seed, "seconds": seconds, "cached": int(cached)})
            progress.advance()
    return records


def _summary(records: Sequence[Mapping[str, Any]], measure: Measure) -> dict[str, Any]:
    runs = []
    for record in records:
        outcome = record["outcome"]
        measured = {f"test_{name}": value for name, value in outcome["metrics"].items()}
        costs = {
            name: outcome[name] for name in ("status", "flops", "samples", "epochs", "restarts") if name in outcome
        }
        runs.append({"seed": record["seed"], **costs, **measured})
    head = {"status": "ok", "reason": None, "parameters": records[0]["parameters"], "runs": runs}
    return {**head, **_means(tested(head, measure), measure)}


def _members(
    runs: Retraining, spec: Mapping[str, Any], records: Sequence[Mapping[str, Any]], measure: Measure
) -> dict[str, Any]:
    """Return what each network of an ensemble does alone; nothing of a single network."""
    members = []
    for place, member in enumerate(spec.get("members", ())):
        alone = _summary([{**record["members"][place], "seed": record["seed"]} for record in records], measure)
        members.append({"key": member["key"], "label": member["label"], **alone, **_tuned(runs, member)})
    return {"members": members} if members else {}


def _tuned(runs: Retraining, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was tried before, by network, of which an ensemble has several; nothing without `retrain.tune`."""
    networks = chosen["spec"].get("members", [chosen])
    return {"tuned": [{"key": one["key"], **(runs.tuned(one) or {})} for one in networks]} if runs.recipes else {}


def _means(levels: Sequence[float], measure: Measure) -> dict[str, float | None]:
    return {
        f"mean_test_{measure.name}": measure.mean(levels) if levels else None,
        f"sd_test_{measure.name}": measure.sd(levels) if len(levels) > 1 else None,
    }


def _model(settings: StudySettings, spec: Mapping[str, Any], measured: Path) -> dict[str, Any]:
    """Return what is needed to build the network of the weights again, and to feed it (see `rlsearch.load_model`)."""
    kind, members = kinds.of_network(settings.tasks["target"].network), spec.get("members")
    specs = [member["spec"] for member in members] if members else [spec]
    options = [{**settings.tasks["target"].network_options, **single.get("network", {})} for single in specs]
    card = {
        "network": settings.tasks["target"].network,
        "options": None if members else options[0],
        **({"members": options} if members else {}),
        **kind.on_card(kind.form_of(measured), settings.tasks["target"]),
    }
    state = kind.state_on_card(lambda: export.built(card))
    return {**card, **kind.answers(measured), **state, "retraining_seed": 0}


def _no_model(settings: StudySettings) -> dict[str, Any]:
    card = kinds.of_network(settings.tasks["target"].network).card
    return dict.fromkeys(("network", "options", *card, "retraining_seed"))


def _write(
    folder: Path,
    metrics: Mapping[str, Any],
    asked: str,
    measure: Measure,
    records: Sequence[Mapping[str, Any]],
    weights: bytes,
    model: Mapping[str, Any],
) -> None:
    steps = [record.get("steps", ()) for record in records]
    columns = artefacts.curve_columns(measure) + (artefacts.step_columns(measure) if any(steps) else ())
    points = [
        (record["seed"], epoch, *map(_cell, point), *(map(_cell, taken[epoch - 1]) if taken else ()))
        for record, taken in zip(records, steps, strict=True)
        for epoch, point in enumerate(record["curve"], 1)
    ]
    clock = [(record["seed"], f"{record['seconds']:.3f}", record["cached"]) for record in records]
    # Not covered by the stamp: times differ from run to run.
    write_output(folder / "times.csv", csv_text(("seed", "seconds", "cached"), clock))
    about = {name: metrics[name] for name in ("study", "slot", "label", "reason")}
    identity = {"sha256": hashlib.sha256(weights).hexdigest(), "version": provenance.versions().get("rlsearch")}
    files: dict[str, str | bytes] = {
        "curves.csv": csv_text(columns, points),
        "model.json": pretty_json({**about, **model, **identity}),
        "weights.pt": weights,
    }
    for name, content in files.items():
        write_output(folder / name, content)
    # Last, since its stamp vouches for the files before it: a killed job leaves none that does.
    write_output(folder / "metrics.json", pretty_json(stamps.stamped(metrics, asked, files)))


def _cell(value: float | str | None) -> str:
    """Return a value of a curve as text: nothing where it is not known or not finite."""
    if isinstance(value, str):
        return value
    return "" if value is None or not math.isfinite(value) else repr(value)


def _no_weights() -> bytes:
    from rlsearch.training.checkpoint import dump_state

    return dump_state({})
