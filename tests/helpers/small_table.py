"""A truth table of 36 networks with made-up numbers, and a study that asks it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import yaml

import tiny
from rlsearch import checks, seeds
from rlsearch.config.models import Params
from rlsearch.files import write_atomic
from rlsearch.truth.recipe import Recipe

NAME = "made-up"
SEEDS, EPOCHS = 8, (1, 2)
SPACE: dict[str, Any] = {"type": "layered-cnn", "layers": 2, "kernels": [1, 3], "filters": [2, 4, 8], "strides": [1]}
TASK: dict[str, Any] = {"network": "layered-cnn", "epochs": 2, "batch_size": 32}
CONTROLS: dict[str, Any] = {"runs": 20, "episodes": 24, "replicates": 3, "actions": 2, "permuted_labels": False}
SEARCH: dict[str, Any] = {"seeds": 2, "budget": 30, "finalists": 2, "replicates": 2, "score_replicates": 3}
DATASET: dict[str, Any] = {"source": "digits", "test": 0.2, "validation": 0.25}


def recipe() -> dict[str, Any]:
    """Return the recipe as YAML holds it."""
    return {
        "name": NAME,
        "dataset": DATASET,
        "space": SPACE,
        "proxy": TASK,
        "epochs": list(EPOCHS),
        "seeds": SEEDS,
    }


def arrays(part: str, noise: float = 0.01) -> dict[str, np.ndarray]:
    """Return a part's arrays: each 3x3 layer earns 0.1, each step in width a little; noise by part, row and column."""
    space = Recipe.model_validate(recipe()).made_space
    actions = np.array(list(space.enumerate()))
    mean = 0.6 + 0.1 * actions[:, ::2].sum(1) + 0.01 * actions[:, 1::2].sum(1)
    rng = seeds.generator("made-up-table", part)
    drawn = mean[:, None, None] + noise * rng.standard_normal((len(mean), SEEDS, len(EPOCHS)))
    accuracy = np.clip(drawn, 0, 1).astype(np.float32)
    flops = 1000 * (1 + 8 * actions[:, ::2].sum(1)) * (1 + actions[:, 1::2].sum(1))
    costs = {"parameters": flops // 10, "flops": flops}
    return {"accuracy": accuracy, "cross_entropy": 1 - accuracy, "epochs": np.array(EPOCHS), **costs}


def write_part(root: Path, part: str, values: dict[str, np.ndarray]) -> Path:
    """Write one part below `root`."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **values)  # type: ignore[arg-type]
    path = root / "results" / "reference" / NAME / f"{part}.npz"
    write_atomic(path, buffer.getvalue())
    return path


def write(root: Path) -> None:
    """Write recipe and both parts."""
    for part in ("validation", "test"):
        write_part(root, part, arrays(part))
    write_atomic(root / "results" / "reference" / NAME / "recipe.yaml", yaml.safe_dump(recipe()))


def raw(**changes: Any) -> dict[str, Any]:
    """Return settings with one study, `tiny`, that asks the table; `changes` replace sections of the study."""
    study: dict[str, Any] = {
        **tiny.STUDY,
        "dataset": "digits",
        "evaluator": {"type": "table", "name": NAME},
        "space": SPACE,
        "proxy": TASK,
        "target": TASK,
        "agents": {"random": {"type": "random"}, "pairs": {"type": "random", "batch": 2}},
        "search": SEARCH,
        "baselines": [],
        "controls": CONTROLS,
        **changes,
    }
    return {
        "preset": "test",
        "datasets": {"digits": DATASET},
        "runtime": {"device": "cpu"},
        "studies": {"tiny": study},
    }


def params(**changes: Any) -> Params:
    """Return those settings, validated; the working directory must be the folder that `write` was given."""
    return checks.validate(raw(**changes))
