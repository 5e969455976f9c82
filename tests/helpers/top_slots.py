"""A study with `top` and `ensemble` slots, selected and retrained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tiny
from rlsearch.config import artefacts
from rlsearch.files import read_json

SLOTS = {
    "first": {"type": "top", "agent": "random", "count": 4},
    "joined": {"type": "ensemble", "agent": "random", "count": 2},
    "many": {"type": "ensemble", "agent": "random", "count": 4},
}

CHANGES: dict[str, Any] = {
    "agents": {"random": {"type": "random"}},
    "search": {**tiny.STUDY["search"], "seeds": 2},
    "retrain": {"seeds": 2, "slots": SLOTS},
}


def chosen(root: Path, slot: str) -> dict[str, Any]:
    return dict(read_json(root / artefacts.select_folder("tiny") / f"{slot}.json"))


def of_search(root: Path, seed: int) -> Path:
    return root / artefacts.search_folder("tiny", "random", seed)


def metrics(root: Path, slot: str) -> dict[str, Any]:
    return dict(read_json(root / artefacts.retrain_folder("tiny", slot) / "metrics.json"))
