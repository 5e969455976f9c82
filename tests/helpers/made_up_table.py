"""A made-up truth table whose answers are known, and a study that asks it. Nothing in it was trained.

Nine networks: one layer of kernel 1, 3 or 5 and 8, 16 or 24 filters. Larger ones are better and cost more.
"""

from __future__ import annotations

import copy
import io
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from rlsearch import checks, seeds
from rlsearch.config.artefacts import table_folder
from rlsearch.config.models import Params
from rlsearch.files import write_atomic
from rlsearch.search.answers.table import TableAnswers
from rlsearch.truth.table import TruthTable

NAME, COLUMNS = "made-up", 6
SPACE: dict[str, Any] = {
    "type": "layered-cnn",
    "layers": 1,
    "kernels": [1, 3, 5],
    "filters": [8, 16, 24],
    "strides": [1],
}
TASK: dict[str, Any] = {"network": "layered-cnn", "epochs": 2, "batch_size": 64}
DATASET: dict[str, Any] = {"source": "digits", "test": 0.2, "validation": 0.25}
RECIPE: dict[str, Any] = {
    "name": NAME,
    "dataset": DATASET,
    "space": SPACE,
    "proxy": TASK,
    "epochs": [1, 2],
    "seeds": COLUMNS,
}
STUDY: dict[str, Any] = {
    "dataset": "digits",
    "evaluator": {"type": "table", "name": NAME},
    "space": SPACE,
    "proxy": TASK,
    "target": TASK,
    "reward": {"scale": 10.0, "failure": -2.0},
    "agents": {
        "random": {"type": "random"},
        "unique": {"type": "random", "replacement": False},
        "evolution": {"type": "regularized-evolution", "population": 8, "sample": 3},
        "largest": {"type": "largest"},
    },
    "search": {"seeds": 2, "budget": 40, "finalists": 2, "replicates": 2, "score_replicates": 1},
    "baselines": ["hand-made"],
    "fidelity": None,
    "retrain": {"seeds": 3},
    "controls": {
        "runs": 20,
        "episodes": 24,
        "replicates": 3,
        "actions": 3,
        "permuted_labels": False,
        "repetitions": {"runs": 12, "trials": 30, "top": [1, 3]},
    },
    "claims": [],
}
LEVELS = np.linspace(0.5, 0.9, 9)
"""Mean accuracy of each network, in the order of the rows."""
FLOPS = np.array([800, 900, 1000, 1000, 1000, 1000, 1000, 1100, 1200])


def write(root: Path, *, noise: float = 0.02, diverged: tuple[int, int] | None = None) -> None:
    """Write recipe, validation.npz and test.npz; `diverged` names a row and column whose training failed."""
    home = root / table_folder(NAME)
    write_atomic(home / "recipe.yaml", yaml.safe_dump(RECIPE))
    for part in ("validation", "test"):
        accuracy = LEVELS[:, None] + noise * seeds.generator("made-up", part).standard_normal((9, COLUMNS))
        if diverged:
            accuracy[diverged] = np.nan
        arrays = {
            "accuracy": np.stack([accuracy - 0.1, accuracy], axis=2).astype(np.float32),
            "cross_entropy": np.stack([2.1 - accuracy, 2 - 2 * accuracy], axis=2).astype(np.float32),
            "epochs": np.array([1, 2]),
            "parameters": np.arange(9),
            "flops": FLOPS,
        }
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)
        write_atomic(home / f"{part}.npz", buffer.getvalue())


def study(**changes: Any) -> Params:
    """Return settings with the study `layers`, whose sections `changes` replaces; the table has to be below "."."""
    return checks.validate(
        {
            "preset": "test",
            "datasets": {"digits": DATASET},
            "runtime": {"device": "cpu"},
            "studies": {"layers": {**copy.deepcopy(STUDY), **changes}},
        }
    )


def answers(params: Params, table: TruthTable) -> TableAnswers:
    """Return what answers for the study `layers`, from a table as it is in memory."""
    found = TableAnswers(params, "layers", Path())
    found.__dict__["table"] = table
    return found
