"""A tiny study whose slots try recipes before they are retrained (`retrain.tune`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tiny
from rlsearch.config import artefacts
from rlsearch.config.models import Params
from rlsearch.data.kinds.base import Form
from rlsearch.data.kinds.images import KIND as IMAGES
from rlsearch.files import pretty_json, write_atomic
from rlsearch.overview.sizes import Sizes
from rlsearch.phases import retrain

SPEC: dict[str, Any] = {"init": {"scheme": "scaled-normal", "scale": 1.0}}
OTHER = {"init": {"scheme": "scaled-normal", "scale": 1.5}}
MEMBERS = {"members": [{"key": key, "label": key, "spec": spec} for key, spec in (("k", SPEC), ("other", OTHER))]}
DROPOUTS = [[0.0, 0.0, 0.0, 0.0], [0.5, 0.5, 0.5, 0.5]]
TUNE: dict[str, Any] = {"lr": [1e-6, 0.01], "network_options": {"dropout": DROPOUTS}}
TRAIN, VALIDATION, EPOCHS = 96, 64, 2
SIZE = Sizes(IMAGES, Form((1, 8, 8), 4), TRAIN, VALIDATION, 64, True)
TOGETHER = {"type": "ensemble", "agent": "random", "count": 2}


def made(root: Path, tune: Any = TUNE, **changes: Any) -> Params:
    """Return a tiny study whose slots are filled, as if searches had ended."""
    entry = {"seeds": 2, "slots": {"together": TOGETHER}, "tune": tune, **changes.pop("retrain", {})}
    params = tiny.study(root, retrain=entry, **changes)
    for slot in artefacts.slots(params.studies["tiny"]):
        chosen = {"status": "filled", "reason": None, "label": slot.name, "key": "k", "spec": SPEC, "proxy": None}
        chosen |= {"spec": MEMBERS, "key": "both"} if slot.networks > 1 else {}
        write_atomic(root / artefacts.select_folder("tiny") / f"{slot.name}.json", pretty_json(chosen))
    return params


def folder(root: Path, slot: str = "he") -> Path:
    return root / artefacts.retrain_folder("tiny", slot)


def written(root: Path, slot: str = "he") -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder(root, slot).iterdir() if path.name != "times.csv"}


def ran(root: Path) -> tuple[Path, Params]:
    """Retrain a baseline and an ensemble; return the project's folder and its settings."""
    params = made(root)
    for slot in ("he", "together"):
        retrain.run(params, "tiny", slot, root)
    return root, params
