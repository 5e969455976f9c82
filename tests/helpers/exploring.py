"""A study of layer chains in which agents explore by a schedule, answered by the planted surrogate; nothing is trained.

What retraining and transfers would have measured is made up, from the key of a candidate and the seed.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rlsearch import checks, seeds
from rlsearch.config import artefacts
from rlsearch.config.models import Params
from rlsearch.config.twins import arms
from rlsearch.files import pretty_json, read_json, write_atomic
from rlsearch.phases import controls, search, select
from rlsearch.report.study import StudyData

STUDY = "chains"
SPACE: dict[str, Any] = {"type": "metaqnn", "size": 16, "depth": 2, "filters": [4, 16], "fc": [16]}
TASK: dict[str, Any] = {"network": "metaqnn", "epochs": 2, "batch_size": 64}
Q: dict[str, Any] = {"type": "q-learning", "alpha": 0.1, "replay": 20, "schedule": [[1.0, 12], [0.5, 6], [0.1, 6]]}
AGENTS: dict[str, Any] = {
    "q": Q,
    "q-forward": {**Q, "gamma": 0.01, "order": "forward"},
    "random": {"type": "random", "replacement": False},
}
SLOTS: dict[str, Any] = {
    "found": {"type": "top", "agent": "q", "count": 2},
    "joined": {"type": "ensemble", "agent": "q", "count": 2},
}
RAW: dict[str, Any] = {
    "preset": "test",
    "datasets": {
        "drawn": {"source": "leaves", "size": 16, "images": 200},
        "digits": {"source": "digits", "test": 0.2, "validation": 0.25},
    },
    "runtime": {"device": "cpu"},
    "studies": {
        STUDY: {
            "published": "metaqnn",
            "dataset": "drawn",
            "evaluator": {"type": "surrogate", "name": "planted", "noise": 0.01},
            "space": SPACE,
            "proxy": TASK,
            "target": {**TASK, "epochs": 4},
            "reward": {"scale": 1.0, "failure": -1.0},
            "agents": AGENTS,
            "search": {"seeds": 2, "budget": 30, "finalists": 2, "replicates": 2, "score_replicates": 2},
            "baselines": [],
            "fidelity": None,
            "retrain": {"seeds": 3, "slots": SLOTS},
            "controls": {
                "agents": [],
                "runs": 20,
                "episodes": 24,
                "replicates": 3,
                "actions": 3,
                "permuted_labels": False,
                "repetitions": {"runs": 4, "trials": 30, "top": [1, 3]},
            },
            "claims": [],
        }
    },
    "transfers": {
        "moved": {"study": STUDY, "slots": ["found-1"], "dataset": "digits", "task": {**TASK, "epochs": 2}, "seeds": 2}
    },
}


@dataclass
class Made:
    """A finished study where `root` is, and what the report knows of it."""

    root: Path
    params: Params
    data: StudyData


def settings(**changes: Any) -> dict[str, Any]:
    """Return the settings, sections of the study replaced."""
    raw = copy.deepcopy(RAW)
    raw["studies"][STUDY].update(changes)
    return raw


def build(
    root: Path, raw: Mapping[str, Any] = RAW, *, repeated: Iterable[str] | None = None, retrained: bool = True
) -> Made:
    """Search, repeat, select, and make up what retraining and transfers measured.

    `repeated`: the arms whose searches are repeated; None = all.
    """
    params = checks.validate(copy.deepcopy(dict(raw)))
    study = params.studies[STUDY]
    for agent, seed in artefacts.searches(params, STUDY):
        search.run(params, STUDY, agent, seed, root)
    for label in arms(study) if repeated is None else repeated:
        controls.run(params, STUDY, label, root)
    select.run(params, STUDY, root)
    for slot in artefacts.slots(study) if retrained else ():
        _retrained(root, slot.name, artefacts.retrain_folder(STUDY, slot.name), slot.seeds)
    for name, transfer in params.transfers.items() if retrained else ():
        for slot_name in transfer.slots:
            _retrained(root, slot_name, artefacts.transfer_folder(name, slot_name), transfer.seeds)
    return Made(root, params, StudyData(params, STUDY, root))


def _retrained(root: Path, slot: str, folder: Path, count: int) -> None:
    chosen = read_json(root / artefacts.select_folder(STUDY) / f"{slot}.json")
    runs = [
        {
            "seed": seed,
            "status": "ok",
            "test_accuracy": float(seeds.generator("exploring", folder.name, chosen["key"], seed).uniform(0.7, 0.9)),
            "test_loss": 0.5,
            "flops": 10**9,
            "samples": 640,
            "epochs": 4,
        }
        for seed in range(count)
    ]
    value = {
        "study": STUDY,
        "slot": slot,
        "status": "ok",
        "reason": None,
        **{key: chosen[key] for key in ("spec", "key", "label")},
        "parameters": 1234,
        "runs": runs,
        "mean_test_accuracy": sum(run["test_accuracy"] for run in runs) / count,
        "sd_test_accuracy": 0.05,
        "provenance": {},
    }
    write_atomic(root / folder / "metrics.json", pretty_json(value))
